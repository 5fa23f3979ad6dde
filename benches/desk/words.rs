//! Texts as people write them, as far as an index is concerned: a few words are in nearly every one, most in few.

/// Numbers that are the same in every run.
pub struct Dice(u64);

impl Dice {
    pub fn new() -> Self {
        Self(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    /// Small numbers far more often than large ones, as words are used.
    fn skewed(&mut self, end: u64) -> u64 {
        let share = self.below(1 << 20) as f64 / f64::from(1 << 20);
        (end as f64).powf(share) as u64 - 1
    }
}

pub struct Words(Vec<String>);

impl Words {
    pub fn new(dice: &mut Dice) -> Self {
        let known = [
            "the",
            "order",
            "parcel",
            "where",
            "thanks",
            "hello",
            "please",
            "refund",
            "delivery",
            "заказ",
            "посылка",
            "здравствуйте",
            "спасибо",
            "buyurtma",
            "rahmat",
        ];
        let mut words: Vec<String> = known.map(str::to_owned).into();
        let letters = [
            "ka", "lo", "mi", "ne", "pu", "ra", "so", "ti", "ve", "zo", "ша", "ни", "ро", "ле",
        ];
        while words.len() < 30_000 {
            let parts = (0..2 + dice.below(3)).map(|_| letters[dice.below(14) as usize]);
            words.push(parts.collect());
        }
        Self(words)
    }

    pub fn text(&self, dice: &mut Dice, count: u64) -> String {
        let words = (0..count).map(|_| {
            let number = dice.skewed(self.0.len() as u64) as usize;
            self.0[number.min(self.0.len() - 1)].as_str()
        });
        words.collect::<Vec<_>>().join(" ")
    }
}
