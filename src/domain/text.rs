//! Rules for text that people write: what is kept, and how it is measured and cut.

use super::error::Error;

/// Longest message text, in characters.
pub const MESSAGE_MAX_CHARS: usize = 16_000;
/// Longest name of a contact, in characters.
pub const NAME_MAX_CHARS: usize = 256;

/// The text as sent, less control characters other than newline and tab.
pub fn without_control(raw: &str) -> String {
    raw.chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect()
}

/// Cleans a message's text and checks its length.
///
/// # Errors
/// `message_too_long` on `field`, over [`MESSAGE_MAX_CHARS`].
pub fn message_text(raw: &str, field: &'static str) -> Result<String, Error> {
    checked(raw, field, MESSAGE_MAX_CHARS, "message_too_long")
}

/// Cleans a contact's name; blank means none was given.
///
/// # Errors
/// `name_too_long` on `field`, over [`NAME_MAX_CHARS`].
pub fn contact_name(raw: &str, field: &'static str) -> Result<Option<String>, Error> {
    let name = checked(raw, field, NAME_MAX_CHARS, "name_too_long")?;
    let name = name.replace(['\n', '\t'], " ").trim().to_owned();
    Ok((!name.is_empty()).then_some(name))
}

fn checked(
    raw: &str,
    field: &'static str,
    max: usize,
    code: &'static str,
) -> Result<String, Error> {
    if raw.chars().count() > max {
        return Err(Error::bad(code, field).with("max", max));
    }
    Ok(without_control(raw))
}

/// Length as Telegram counts it: UTF-16 code units.
pub fn utf16_len(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The longest start of `text` of at most `max` bytes that ends at a character boundary.
pub fn cut_bytes(text: &str, max: usize) -> &str {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// A title made of a text: its first 50 characters and an ellipsis when there is more; a camera when there is none.
pub fn title_of(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return "📷".to_owned();
    }
    let mut title: String = line.chars().take(50).collect();
    if line.chars().count() > 50 {
        title.push('…');
    }
    title
}

/// The part of a text that shows the first of these words (lower case) in their surroundings, on one line, at most
/// `max` characters and the ellipses where it was cut.
pub fn around(text: &str, words: &[String], max: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let letters: Vec<char> = line.chars().collect();
    // Character by character, so that places in one are places in the other.
    let lower: Vec<char> = letters
        .iter()
        .map(|letter| letter.to_lowercase().next().unwrap_or(*letter))
        .collect();
    let places = words.iter().filter_map(|word| {
        let word: Vec<char> = word.chars().collect();
        lower
            .windows(word.len().max(1))
            .position(|part| part == word)
    });
    let hit = places.min().unwrap_or(0);
    let begin = hit
        .saturating_sub(max / 3)
        .min(letters.len().saturating_sub(max));
    let part: String = letters.iter().skip(begin).take(max).collect();
    let before = if begin > 0 { "…" } else { "" };
    let after = if begin + max < letters.len() {
        "…"
    } else {
        ""
    };
    format!("{before}{part}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn newline_and_tab_stay_and_other_control_characters_go() {
        assert_eq!(without_control("a\u{0}b\r\n\tc\u{1b}\u{9f}"), "ab\n\tc");
    }

    #[test]
    fn a_title_is_the_first_fifty_characters() {
        assert_eq!(title_of("  "), "📷");
        assert_eq!(title_of("привет\nмир"), "привет мир");
        assert_eq!(title_of(&"я".repeat(50)), "я".repeat(50));
        assert_eq!(title_of(&"я".repeat(51)), format!("{}…", "я".repeat(50)));
    }

    #[test]
    fn a_snippet_shows_the_word_in_its_surroundings() {
        let text = format!("{} Ключ\nнайден {}", "а ".repeat(100), "б ".repeat(100));
        let snippet = around(&text, &["ключ".to_owned()], 30);
        assert!(snippet.contains("Ключ найден"), "{snippet}");
        assert!(snippet.starts_with('…') && snippet.ends_with('…'));
        assert_eq!(around("hello  there", &["x".to_owned()], 30), "hello there");
    }

    proptest! {
        #[test]
        fn a_snippet_is_a_part_of_the_text(text in ".{0,60}", word in ".{0,4}", max in 1usize..40) {
            let snippet = around(&text, &[word], max);
            prop_assert!(snippet.chars().count() <= max + 2);
            let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
            prop_assert!(line.contains(snippet.trim_matches('…')) || line.contains('…'));
        }

        #[test]
        fn cutting_never_splits_a_character(text in ".{0,80}", max in 0usize..200) {
            let cut = cut_bytes(&text, max);
            prop_assert!(cut.len() <= max);
            prop_assert!(text.starts_with(cut));
            prop_assert!(text.len() <= max || max - cut.len() < 4);
        }
    }
}
