//! The languages people are spoken to in, and how a caller's wish is read.

/// A language the texts exist in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Locale {
    #[default]
    Ru,
    En,
    Uz,
}

impl Locale {
    pub const ALL: [Self; 3] = [Self::Ru, Self::En, Self::Uz];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ru => "ru",
            Self::En => "en",
            Self::Uz => "uz",
        }
    }

    /// Reads a language tag such as `uz`, `en-GB` or `RU_ru`.
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next()?;
        Self::ALL
            .into_iter()
            .find(|locale| locale.as_str().eq_ignore_ascii_case(primary))
    }

    /// The best known language of an `Accept-Language` header: highest weight first, earlier wins a tie.
    pub fn accepted(header: &str) -> Option<Self> {
        let mut best: Option<(f32, Self)> = None;
        for part in header.split(',') {
            let mut pieces = part.split(';');
            let Some(locale) = pieces.next().and_then(Self::parse) else {
                continue;
            };
            let weight = pieces
                .find_map(|piece| piece.trim().strip_prefix("q="))
                .map_or(1.0, |q| q.trim().parse::<f32>().unwrap_or(0.0));
            if weight > 0.0 && best.is_none_or(|(most, _)| weight > most) {
                best = Some((weight, locale));
            }
        }
        best.map(|(_, locale)| locale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wish_with_the_highest_weight_wins() {
        let cases = [
            ("en", Some(Locale::En)),
            ("en-US,en;q=0.9,ru;q=0.8", Some(Locale::En)),
            ("fr, uz;q=0.3, ru;q=0.7", Some(Locale::Ru)),
            ("ru;q=0.5,uz;q=0.5", Some(Locale::Ru)),
            ("uz;q=0", None),
            ("ru;q=nonsense", None),
            ("", None),
            ("*", None),
            (";;;,,,", None),
        ];
        for (header, expected) in cases {
            assert_eq!(Locale::accepted(header), expected, "{header:?}");
        }
    }
}
