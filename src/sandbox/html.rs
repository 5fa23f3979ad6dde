//! Telegram's HTML: the parser the Bot API applies to `parse_mode=HTML`, with its error wording, and
//! what it does to a text afterwards (trimming, detected links and commands). Display is in `entities`.

use super::entities::{Entity, units};
use super::html_text::{checked_link, decode_all, decode_entity};

/// A text as Telegram keeps it: plain, with entities in UTF-16 units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Formatted {
    pub text: String,
    pub entities: Vec<Entity>,
}

struct OpenTag {
    name: String,
    entity: Option<Entity>,
    /// Byte position in the output where the tag's content starts.
    content_at: usize,
}

/// Parses Telegram HTML. The error is the part behind `can't parse entities: `.
pub(super) fn parse(source: &str) -> Result<Formatted, String> {
    let mut parser = Parser {
        source,
        at: 0,
        text: String::new(),
        open: Vec::new(),
        entities: Vec::new(),
    };
    parser.run()?;
    let mut formatted = Formatted {
        text: parser.text,
        entities: parser.entities,
    };
    sort(&mut formatted.entities);
    Ok(formatted)
}

pub(super) fn sort(entities: &mut [Entity]) {
    entities.sort_by_key(|entity| (entity.offset, std::cmp::Reverse(entity.length)));
}

struct Parser<'a> {
    source: &'a str,
    at: usize,
    text: String,
    open: Vec<OpenTag>,
    entities: Vec<Entity>,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn run(&mut self) -> Result<(), String> {
        while let Some(next) = self.rest().chars().next() {
            if self.rest().starts_with("</") {
                self.end_tag()?;
            } else if next == '<' {
                self.start_tag()?;
            } else if next == '&' {
                let (decoded, length) = decode_entity(self.rest()).unwrap_or(('&', 1));
                self.text.push(decoded);
                self.at += length;
            } else {
                self.text.push(next);
                self.at += next.len_utf8();
            }
        }
        match self.open.last() {
            Some(tag) => Err(format!(
                "Can't find end tag corresponding to start tag \"{}\"",
                tag.name
            )),
            None => Ok(()),
        }
    }

    fn start_tag(&mut self) -> Result<(), String> {
        let begin = self.at;
        self.at += 1;
        let name = self
            .take_while(|c| !c.is_whitespace() && c != '>')
            .to_lowercase();
        if self.rest().is_empty() {
            return Err(format!("Unclosed start tag at byte offset {begin}"));
        }
        if !supported(&name) {
            return Err(format!(
                "Unsupported start tag \"{name}\" at byte offset {begin}"
            ));
        }
        let attributes = self.attributes(&name, begin)?;
        let value = |wanted: &str| {
            attributes
                .iter()
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.clone())
        };
        if name == "span" && value("class").as_deref() != Some("tg-spoiler") {
            return Err(format!(
                "Tag \"span\" must have class \"tg-spoiler\" at byte offset {begin}"
            ));
        }
        self.open.push(OpenTag {
            entity: self.entity_of(&name, value),
            name,
            content_at: self.text.len(),
        });
        Ok(())
    }

    fn attributes(&mut self, tag: &str, begin: usize) -> Result<Vec<(String, String)>, String> {
        let mut attributes = Vec::new();
        loop {
            self.take_while(char::is_whitespace);
            match self.rest().chars().next() {
                None => {
                    return Err(format!(
                        "Unclosed start tag \"{tag}\" at byte offset {begin}"
                    ));
                }
                Some('>') => {
                    self.at += 1;
                    return Ok(attributes);
                }
                Some(_) => {}
            }
            let name = self
                .take_while(|c| !c.is_whitespace() && c != '=' && c != '>')
                .to_lowercase();
            if name.is_empty() {
                return Err(format!(
                    "Empty attribute name in the tag \"{tag}\" at byte offset {begin}"
                ));
            }
            self.take_while(char::is_whitespace);
            if !self.rest().starts_with('=') {
                // A bare attribute, such as `<blockquote expandable>`, is one without a value.
                attributes.push((name, String::new()));
                continue;
            }
            self.at += 1;
            self.take_while(char::is_whitespace);
            let value = self.attribute_value(tag, begin)?;
            attributes.push((name, value));
        }
    }

    fn attribute_value(&mut self, tag: &str, begin: usize) -> Result<String, String> {
        let raw = match self.rest().chars().next() {
            Some(quote @ ('"' | '\'')) => {
                self.at += 1;
                let raw = self.take_while(|c| c != quote);
                if self.rest().is_empty() {
                    return Err(format!("Unclosed start tag at byte offset {begin}"));
                }
                self.at += 1;
                raw
            }
            Some(_) => self.take_while(|c| !c.is_whitespace() && c != '>'),
            None => {
                return Err(format!(
                    "Unclosed start tag \"{tag}\" at byte offset {begin}"
                ));
            }
        };
        Ok(decode_all(raw))
    }

    fn end_tag(&mut self) -> Result<(), String> {
        let begin = self.at;
        self.at += 2;
        let name = self
            .take_while(|c| !c.is_whitespace() && c != '>')
            .to_lowercase();
        self.take_while(char::is_whitespace);
        if !self.rest().starts_with('>') {
            return Err(format!("Unclosed end tag at byte offset {begin}"));
        }
        self.at += 1;
        let Some(tag) = self.open.pop() else {
            return Err(format!("Unexpected end tag at byte offset {begin}"));
        };
        if !name.is_empty() && name != tag.name {
            return Err(format!(
                "Unmatched end tag at byte offset {begin}, expected \"</{}>\", found \"</{name}>\"",
                tag.name
            ));
        }
        self.close(tag);
        Ok(())
    }

    fn close(&mut self, tag: OpenTag) {
        let content = self.text.get(tag.content_at..).unwrap_or_default();
        let Some(mut entity) = tag.entity else { return };
        entity.length = units(content);
        if tag.name == "a" && entity.url.is_none() {
            // A link without an address is its own text, if that is one.
            entity.url = checked_link(content);
        }
        if entity.length == 0 || (entity.kind == "text_link" && entity.url.is_none()) {
            return;
        }
        // `<pre><code class="language-x">…</code></pre>` is one `pre` with a language.
        if entity.kind == "pre"
            && let Some(at) = self.entities.iter().position(|inner| {
                inner.kind == "code"
                    && inner.offset == entity.offset
                    && inner.length == entity.length
            })
        {
            entity.language = self.entities.remove(at).language;
        }
        if entity.kind == "code" && self.open.last().is_none_or(|outer| outer.name != "pre") {
            entity.language = None;
        }
        self.entities.push(entity);
    }

    fn entity_of(&self, tag: &str, value: impl Fn(&str) -> Option<String>) -> Option<Entity> {
        let kind = match tag {
            "b" | "strong" => "bold",
            "i" | "em" => "italic",
            "u" | "ins" => "underline",
            "s" | "strike" | "del" => "strikethrough",
            "a" => "text_link",
            "code" => "code",
            "pre" => "pre",
            "blockquote" if value("expandable").is_some() => "expandable_blockquote",
            "blockquote" => "blockquote",
            "tg-spoiler" | "span" => "spoiler",
            _ => return None,
        };
        let mut entity = Entity::new(kind, units(&self.text), 0);
        if tag == "a" {
            entity.url = value("href")
                .filter(|href| !href.is_empty())
                .map(|href| checked_link(&href))
                .unwrap_or_default();
        }
        if tag == "code" {
            entity.language =
                value("class").and_then(|class| class.strip_prefix("language-").map(str::to_owned));
        }
        Some(entity)
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }
}

fn supported(tag: &str) -> bool {
    matches!(
        tag,
        "a" | "b"
            | "strong"
            | "i"
            | "em"
            | "s"
            | "strike"
            | "del"
            | "u"
            | "ins"
            | "tg-spoiler"
            | "span"
            | "pre"
            | "code"
            | "blockquote"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entity(kind: &str, offset: usize, length: usize) -> Entity {
        Entity::new(kind, offset, length)
    }

    #[test]
    fn offsets_count_utf16_units_so_an_emoji_is_two() {
        let formatted = parse("📱 <b>Жирный</b> и <i>курсив</i>").unwrap();
        assert_eq!(formatted.text, "📱 Жирный и курсив");
        assert_eq!(
            formatted.entities,
            [entity("bold", 3, 6), entity("italic", 12, 6)]
        );
    }

    #[test]
    fn a_zero_width_link_keeps_its_address() {
        let formatted =
            parse("<a href=\"https://t.example/7?a=1&amp;b=2\">\u{200b}</a>hi").unwrap();
        assert_eq!(formatted.text, "\u{200b}hi");
        assert_eq!(
            formatted.entities[0].url.as_deref(),
            Some("https://t.example/7?a=1&b=2")
        );
        assert_eq!(formatted.entities[0].length, 1);
    }

    #[test]
    fn nested_tags_come_outer_first() {
        let formatted = parse("<b>a<i>b</i></b><blockquote>c</blockquote>").unwrap();
        assert_eq!(
            formatted.entities,
            [
                entity("bold", 0, 2),
                entity("italic", 1, 1),
                entity("blockquote", 2, 1)
            ]
        );
    }

    #[test]
    fn a_code_block_takes_its_language_from_the_inner_tag() {
        let formatted = parse("<pre><code class=\"language-rust\">fn</code></pre>").unwrap();
        assert_eq!(formatted.entities.len(), 1);
        assert_eq!(formatted.entities[0].language.as_deref(), Some("rust"));
    }

    #[test]
    fn only_four_names_and_numbers_are_decoded() {
        let formatted = parse("&lt;&gt;&amp;&quot;&#33;&#x21;&nbsp;&copy;&").unwrap();
        assert_eq!(formatted.text, "<>&\"!!&nbsp;&copy;&");
    }

    #[test]
    fn links_telegram_would_not_keep_lose_their_address_but_not_their_text() {
        for href in [
            "javascript:alert(1)",
            "http://localhost/x",
            "ftp://a.example/",
        ] {
            let formatted = parse(&format!("<a href=\"{href}\">here</a>")).unwrap();
            assert_eq!(
                (formatted.text.as_str(), formatted.entities.len()),
                ("here", 0)
            );
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_byte_offset() {
        for (source, error) in [
            (
                "ж <div>x</div>",
                "Unsupported start tag \"div\" at byte offset 3",
            ),
            ("1 < 2", "Unsupported start tag \"\" at byte offset 2"),
            ("a<b", "Unclosed start tag at byte offset 1"),
            (
                "<b>x",
                "Can't find end tag corresponding to start tag \"b\"",
            ),
            ("x</b>", "Unexpected end tag at byte offset 1"),
            (
                "<b>x</i>",
                "Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\"",
            ),
            ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ] {
            assert_eq!(parse(source).unwrap_err(), error, "{source}");
        }
    }

    proptest! {
        #[test]
        fn an_escaped_text_comes_back_as_it_was(text in any::<String>()) {
            let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let formatted = parse(&escaped).unwrap();
            prop_assert_eq!(formatted.text, text);
            prop_assert!(formatted.entities.is_empty());
        }

        #[test]
        fn no_source_makes_the_parser_panic(source in "[<>/&;#a-zA-Z= \"'ж😀]{0,60}") {
            let _ = parse(&source);
        }
    }
}
