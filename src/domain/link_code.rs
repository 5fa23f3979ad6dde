//! The code that links a contact, or an account of staff, with somebody in Telegram: short enough to be typed.

use sha2::{Digest, Sha256};

use super::ids::Chance;

/// Letters and digits that are not taken for each other; each stands for five bits.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 6;
/// Six letters or digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    pub fn new(chance: Chance) -> Self {
        let letters = chance.bytes::<LENGTH>().into_iter();
        let letters = letters.filter_map(|byte| LETTERS.get(usize::from(byte % 32)));
        Self(letters.map(|letter| char::from(*letter)).collect())
    }

    /// As somebody types it: in any case, with spaces or dashes, and with letters that look like digits.
    pub fn typed(text: &str) -> Option<Self> {
        let letters = text
            .chars()
            .filter(|letter| !matches!(letter, ' ' | '-' | '\u{a0}'));
        let letters = letters.map(|letter| match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            letter => letter,
        });
        let code: String = letters.take(LENGTH + 1).collect();
        let known = |byte: &u8| LETTERS.contains(byte);
        (code.len() == LENGTH && code.as_bytes().iter().all(known)).then_some(Self(code))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_code_is_known_however_it_is_typed() {
        let code = Code::typed("7K2M0Q").unwrap();
        for typed in ["7k2m0q", " 7K2-M0Q ", "7K2MOQ", "7 K 2 M o Q"] {
            assert_eq!(Code::typed(typed), Some(code.clone()), "{typed:?}");
        }
        assert_eq!(Code::typed("il1ill").unwrap().as_str(), "111111");
        for wrong in [
            "",
            "7K2M0",
            "7K2M0QQ",
            "7K2M0U",
            "7K2M0é",
            "７K2M0Q",
            "link_7K2M0Q",
        ] {
            assert_eq!(Code::typed(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_new_code_is_one_that_can_be_typed() {
        for _ in 0..1000 {
            let code = Code::new(Chance);
            assert_eq!(Code::typed(code.as_str()), Some(code));
        }
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_no_panic(text in ".{0,40}") {
            if let Some(code) = Code::typed(&text) {
                prop_assert_eq!(Code::typed(code.as_str()), Some(code));
            }
        }
    }
}
