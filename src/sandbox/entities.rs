//! Message entities: UTF-16 arithmetic, what Telegram does to a text when it takes it in (trim, detect
//! links and commands), and safe display HTML. The `parse_mode` parser is in `html`.

use serde::{Deserialize, Serialize};

use super::html::{Formatted, sort};

/// One `MessageEntity`; offset and length in UTF-16 units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// Telegram's name for it: `bold`, `text_link`, `bot_command` and so on.
    #[serde(rename = "type")]
    pub kind: String,
    /// Start, in UTF-16 units.
    pub offset: usize,
    /// Length, in UTF-16 units.
    pub length: usize,
    /// Address of a `text_link`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Language of a `pre`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

impl Entity {
    pub(super) fn new(kind: &str, offset: usize, length: usize) -> Self {
        Self {
            kind: kind.to_owned(),
            offset,
            length,
            url: None,
            language: None,
        }
    }

    fn end(&self) -> usize {
        self.offset + self.length
    }
}

/// Length in UTF-16 units, the way Telegram counts.
pub(super) fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// What Telegram does to a text before it keeps it: no blanks at the end, none at
/// the start before the first entity; then links and commands are found.
pub(super) fn settle(formatted: Formatted) -> Formatted {
    let mut settled = trim(formatted);
    detect(&mut settled);
    settled
}

fn trim(formatted: Formatted) -> Formatted {
    let Formatted { text, mut entities } = formatted;
    let blank = |c: char| c == ' ' || c == '\n' || c == '\t';
    let first = entities.first().map_or(usize::MAX, |entity| entity.offset);
    let leading = text.chars().take_while(|c| blank(*c)).count().min(first);
    let text = text
        .get(leading..)
        .unwrap_or_default()
        .trim_end_matches(blank)
        .to_owned();
    let length = units(&text);
    for entity in &mut entities {
        entity.offset -= leading;
        entity.length = entity.end().min(length).saturating_sub(entity.offset);
    }
    entities.retain(|entity| entity.length > 0);
    Formatted { text, entities }
}

fn detect(formatted: &mut Formatted) {
    let mut found = Vec::new();
    let mut offset = 0;
    for word in formatted.text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        if let Some(length) = command_length(bare) {
            found.push(Entity::new("bot_command", offset, length));
        } else if (bare.starts_with("http://") || bare.starts_with("https://"))
            && url::Url::parse(bare).is_ok_and(|url| url.host_str().is_some())
        {
            let link = bare.trim_end_matches(['.', ',', '!', '?', ')', ':', ';']);
            found.push(Entity::new("url", offset, units(link)));
        }
        offset += units(word);
    }
    found.retain(|new| {
        formatted
            .entities
            .iter()
            .filter(|old| matches!(old.kind.as_str(), "text_link" | "code" | "pre" | "url"))
            .all(|old| new.end() <= old.offset || old.end() <= new.offset)
    });
    formatted.entities.extend(found);
    sort(&mut formatted.entities);
}

fn command_length(word: &str) -> Option<usize> {
    let name = word.strip_prefix('/')?;
    let length = name
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '@'))
        .count();
    (1..=64).contains(&length).then_some(length + 1)
}

/// HTML that is safe to put into a page: every character escaped, tags only from entities, links only
/// to http and https.
pub(super) fn display(text: &str, entities: &[Entity]) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut sorted = entities.to_vec();
    sort(&mut sorted);
    let mut out = String::new();
    render(&mut out, &units, &sorted, 0, units.len());
    out
}

fn render(out: &mut String, units: &[u16], entities: &[Entity], from: usize, to: usize) {
    let mut at = from;
    let mut rest = entities;
    while let Some((entity, behind)) = rest.split_first() {
        let end = entity.end().min(to);
        if entity.offset < at || entity.offset >= end {
            rest = behind;
            continue;
        }
        escape(out, units.get(at..entity.offset).unwrap_or_default());
        let inside = behind.iter().take_while(|inner| inner.offset < end).count();
        let (children, behind) = behind.split_at(inside);
        let (open, close) = tags(entity, units.get(entity.offset..end).unwrap_or_default());
        out.push_str(&open);
        render(out, units, children, entity.offset, end);
        out.push_str(close);
        at = end;
        rest = behind;
    }
    escape(out, units.get(at..to).unwrap_or_default());
}

fn tags(entity: &Entity, content: &[u16]) -> (String, &'static str) {
    let simple = |open: &str, close| (open.to_owned(), close);
    match entity.kind.as_str() {
        "bold" => simple("<b>", "</b>"),
        "italic" => simple("<i>", "</i>"),
        "underline" => simple("<u>", "</u>"),
        "strikethrough" => simple("<s>", "</s>"),
        "code" => simple("<code>", "</code>"),
        "pre" => simple("<pre>", "</pre>"),
        "blockquote" | "expandable_blockquote" => simple("<blockquote>", "</blockquote>"),
        "spoiler" => simple("<span class=\"spoiler\">", "</span>"),
        "text_link" => link(entity.url.clone().unwrap_or_default()),
        "url" => link(String::from_utf16_lossy(content)),
        _ => simple("", ""),
    }
}

fn link(address: String) -> (String, &'static str) {
    if !(address.starts_with("http://") || address.starts_with("https://")) {
        return (String::new(), "");
    }
    let mut open = String::from("<a rel=\"noopener noreferrer\" target=\"_blank\" href=\"");
    escape(&mut open, &address.encode_utf16().collect::<Vec<_>>());
    open.push_str("\">");
    (open, "</a>")
}

fn escape(out: &mut String, units: &[u16]) {
    for c in char::decode_utf16(units.iter().copied()) {
        match c.unwrap_or(char::REPLACEMENT_CHARACTER) {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::html::parse;
    use super::*;
    use proptest::prelude::*;

    fn settled(source: &str) -> Formatted {
        settle(parse(source).unwrap())
    }

    #[test]
    fn blanks_around_a_text_go_and_entities_move_along() {
        let formatted = settled("  \n x <b>bold</b>  \n");
        assert_eq!(formatted.text, "x bold");
        assert_eq!(formatted.entities, [Entity::new("bold", 2, 4)]);
    }

    #[test]
    fn blanks_inside_a_leading_entity_stay() {
        assert_eq!(settled("<b> x</b>").text, " x");
        assert_eq!(settled(" <b> x </b>").entities[0].length, 2);
    }

    #[test]
    fn commands_and_links_are_found() {
        let formatted = settled("/reply@bot 1 see https://a.example/x.");
        assert_eq!(
            formatted.entities,
            [
                Entity::new("bot_command", 0, 10),
                Entity::new("url", 17, 19)
            ]
        );
    }

    #[test]
    fn nothing_is_found_inside_code() {
        let formatted = settled("<code>https://a.example</code>");
        assert_eq!(formatted.entities.len(), 1);
    }

    #[test]
    fn display_nests_and_escapes() {
        let formatted =
            settled("<b>a &lt;<i>b</i></b> <a href=\"https://e.example/?a&amp;b\">c</a>");
        assert_eq!(
            display(&formatted.text, &formatted.entities),
            "<b>a &lt;<i>b</i></b> <a rel=\"noopener noreferrer\" target=\"_blank\" href=\"https://e.example/?a&amp;b\">c</a>"
        );
    }

    #[test]
    fn display_never_links_to_a_script() {
        let mut entity = Entity::new("text_link", 0, 1);
        entity.url = Some("javascript:alert(1)".into());
        assert_eq!(display("x", &[entity]), "x");
    }

    proptest! {
        #[test]
        fn display_lets_no_markup_of_the_text_through(text in any::<String>(), offset in 0usize..9, length in 0usize..9) {
            let shown = display(&text, &[Entity::new("bold", offset, length)]);
            let bare = shown.replace("<b>", "").replace("</b>", "");
            prop_assert!(!bare.contains('<') && !bare.contains('>'));
        }
    }
}
