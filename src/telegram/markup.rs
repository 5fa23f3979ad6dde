//! Telegram's HTML, and the invisible mark that says which ticket a post belongs to. Everything people
//! wrote goes through [`Html::text`]; nothing else may put their words into a post.

use uuid::Uuid;

use crate::domain::text::utf16_len;

/// A host that can never exist (RFC 2606), so nobody can own the address and no preview is made of it.
const MARK: &str = "https://relaydesk.invalid/ticket/";

/// Text with markup, and its length as Telegram counts it: UTF-16 units after the entities are parsed.
#[derive(Debug, Clone, Default)]
pub struct Html {
    html: String,
    units: usize,
}

impl Html {
    /// Begins a post: one zero-width space that links to the ticket. A user's text can not forge it, for a link
    /// needs markup, and theirs is escaped.
    pub fn marked(session: Uuid) -> Self {
        Self {
            html: format!("<a href=\"{MARK}{session}\">\u{200B}</a>"),
            units: 1,
        }
    }

    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        for c in text.chars() {
            match c {
                '&' => self.html.push_str("&amp;"),
                '<' => self.html.push_str("&lt;"),
                '>' => self.html.push_str("&gt;"),
                '"' => self.html.push_str("&quot;"),
                c => self.html.push(c),
            }
        }
        self.units += utf16_len(text);
        self
    }

    #[must_use]
    pub fn bold(mut self, text: &str) -> Self {
        self.html.push_str("<b>");
        let mut bold = self.text(text);
        bold.html.push_str("</b>");
        bold
    }

    /// Monospace: a tap on it copies it.
    #[must_use]
    pub fn code(mut self, text: &str) -> Self {
        self.html.push_str("<code>");
        let mut code = self.text(text);
        code.html.push_str("</code>");
        code
    }

    #[must_use]
    pub fn then(mut self, other: &Self) -> Self {
        self.html.push_str(&other.html);
        self.units += other.units;
        self
    }

    pub fn units(&self) -> usize {
        self.units
    }

    pub fn into_string(self) -> String {
        self.html
    }
}

/// The ticket's session, if a link is a post's mark.
pub fn session_in(link: &str) -> Option<Uuid> {
    Uuid::try_parse(link.strip_prefix(MARK)?.trim_end_matches('/')).ok()
}

/// What Telegram makes of a post, for tests: the plain text and the entities, or what it would refuse.
#[cfg(test)]
pub mod parsed {
    #[derive(Debug, Default, PartialEq, Eq)]
    pub struct Parsed {
        pub text: String,
        /// Tag (or the link's address), and the text it covers.
        pub entities: Vec<(String, String)>,
    }

    pub fn parse(html: &str) -> Result<Parsed, String> {
        let mut parsed = Parsed::default();
        let mut open: Vec<(String, usize)> = Vec::new();
        let mut rest = html;
        while let Some(c) = rest.chars().next() {
            rest = match c {
                '<' => {
                    let (tag, after) = rest[1..].split_once('>').ok_or("unclosed tag")?;
                    match tag {
                        "b" | "code" => open.push((tag.into(), parsed.text.len())),
                        "/b" | "/code" | "/a" => {
                            let (name, from) = open.pop().ok_or("unexpected end tag")?;
                            parsed.entities.push((name, parsed.text[from..].to_owned()));
                        }
                        link => {
                            let href = link
                                .strip_prefix("a href=\"")
                                .and_then(|l| l.strip_suffix('"'));
                            let href = href.ok_or(format!("unsupported tag {link}"))?;
                            open.push((href.into(), parsed.text.len()));
                        }
                    }
                    after
                }
                '&' => {
                    let (name, after) = rest[1..].split_once(';').ok_or("bare ampersand")?;
                    parsed.text.push(match name {
                        "lt" => '<',
                        "gt" => '>',
                        "amp" => '&',
                        "quot" => '"',
                        other => return Err(format!("entity {other}")),
                    });
                    after
                }
                '>' => return Err("bare >".into()),
                c => {
                    parsed.text.push(c);
                    &rest[c.len_utf8()..]
                }
            };
        }
        if open.is_empty() {
            Ok(parsed)
        } else {
            Err("tag left open".into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_mark_is_read_back_and_nothing_else_is() {
        let session = Uuid::from_u128(7);
        assert_eq!(
            session_in(&format!("https://relaydesk.invalid/ticket/{session}")),
            Some(session)
        );
        for other in [
            "",
            "https://relaydesk.invalid/ticket/",
            "https://relaydesk.invalid/ticket/12",
            "https://evil.example/ticket/00000000-0000-0000-0000-000000000007",
        ] {
            assert_eq!(session_in(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_an_entity_and_its_length_is_counted(text in "([<>&\"/ab;=😀я]|<b>|</b>|&lt;|<a href=\"){0,30}") {
            let html = Html::default().text(&text);
            let units = html.units();
            let parsed = parsed::parse(&html.into_string()).unwrap();
            prop_assert_eq!(units, utf16_len(&text));
            prop_assert_eq!(&parsed.text, &text);
            prop_assert!(parsed.entities.is_empty());
        }
    }
}
