//! Cutting a long text into posts: at a line's end, else at a word's, else between two characters.

use crate::domain::text::utf16_len;

/// Cuts `text` into pieces of at most `first` units, then `next` units each (UTF-16, as Telegram counts).
/// The one white space it cuts at is dropped, and so are pieces of nothing but white space.
pub fn pieces(text: &str, first: usize, next: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut room = first;
    while !rest.trim().is_empty() {
        let (piece, after) = cut(rest, room.max(2));
        if !piece.trim().is_empty() {
            pieces.push(piece);
            room = next;
        }
        rest = after;
    }
    pieces
}

/// The first piece of at most `room` units, and what follows it.
fn cut(text: &str, room: usize) -> (&str, &str) {
    if utf16_len(text) <= room {
        return (text, "");
    }
    let fits = start_of(text, room);
    // The white space right behind what fits is an end as well.
    let next = text[fits.len()..].chars().next();
    let reach = fits.len() + next.map_or(0, char::len_utf8);
    let reached = &text[..reach];
    let half = start_of(text, room / 2).len();
    let line = reached.rfind('\n').filter(|at| *at >= half);
    let word = || {
        reached
            .char_indices()
            .rfind(|(at, c)| c.is_whitespace() && !text[..*at].trim().is_empty())
            .map(|(at, _)| at)
    };
    match line.or_else(word) {
        Some(at) => {
            let space = text[at..].chars().next().map_or(0, char::len_utf8);
            (&text[..at], &text[at + space..])
        }
        None => (fits, &text[fits.len()..]),
    }
}

/// The longest start of at most `room` units.
fn start_of(text: &str, room: usize) -> &str {
    let mut units = 0;
    for (at, c) in text.char_indices() {
        units += c.len_utf16();
        if units > room {
            return &text[..at];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_short_text_is_one_piece_and_a_blank_one_is_none() {
        assert_eq!(pieces("hello", 10, 10), ["hello"]);
        assert!(pieces(" \n\t ", 10, 10).is_empty());
        assert!(pieces("", 10, 10).is_empty());
    }

    #[test]
    fn lines_are_the_first_choice_words_the_second_characters_the_last() {
        assert_eq!(
            pieces("one two\nthree four", 12, 12),
            ["one two", "three four"]
        );
        assert_eq!(pieces("one two three", 9, 9), ["one two", "three"]);
        assert_eq!(pieces("abcdefghij", 4, 4), ["abcd", "efgh", "ij"]);
        // A line's end early in the room would waste most of it.
        assert_eq!(pieces("a\nbb cc dd ee", 10, 10), ["a\nbb cc dd", "ee"]);
        assert_eq!(pieces("abcd efgh", 4, 4), ["abcd", "efgh"]);
    }

    #[test]
    fn a_pair_of_surrogates_stays_together() {
        assert_eq!(pieces("a😀😀", 4, 4), ["a😀", "😀"]);
    }

    #[test]
    fn indentation_behind_a_cut_line_survives() {
        assert_eq!(
            pieces("first line\n  second", 12, 12),
            ["first line", "  second"]
        );
    }

    proptest! {
        #[test]
        fn nothing_but_white_space_is_lost_and_every_piece_fits(
            text in "([a-zя😀]{0,12}[ \\n\\t]{0,3}){0,20}", first in 2usize..20, next in 2usize..20,
        ) {
            let pieces = pieces(&text, first, next);
            let mut rest = text.as_str();
            for (index, piece) in pieces.iter().enumerate() {
                let room = if index == 0 { first } else { next };
                prop_assert!(utf16_len(piece) <= room);
                let at = rest.find(piece);
                prop_assert!(at.is_some(), "{piece:?} is not in order");
                let (gap, behind) = rest.split_at(at.unwrap_or_default());
                prop_assert!(gap.trim().is_empty(), "lost {gap:?}");
                rest = &behind[piece.len()..];
            }
            prop_assert!(rest.trim().is_empty(), "lost {rest:?}");
        }
    }
}
