//! The small rules of Telegram's HTML: which character an entity stands for, which links are kept.

/// A link Telegram would keep: http, https or tg; a web address needs a host with a dot. Any other is
/// dropped without an error, only its text stays.
pub(super) fn checked_link(link: &str) -> Option<String> {
    let link = link.trim();
    let with_scheme = if link.contains("://") {
        link.to_owned()
    } else {
        format!("http://{link}")
    };
    let url = url::Url::parse(&with_scheme).ok()?;
    match url.scheme() {
        "http" | "https" if url.host_str()?.contains('.') => Some(url.into()),
        "tg" => Some(url.into()),
        _ => None,
    }
}

/// The character an HTML entity at the start of `source` stands for, and its length in bytes. Unknown
/// names are ordinary text to Telegram.
pub(super) fn decode_entity(source: &str) -> Option<(char, usize)> {
    for (name, character) in [
        ("&lt;", '<'),
        ("&gt;", '>'),
        ("&amp;", '&'),
        ("&quot;", '"'),
    ] {
        if source.starts_with(name) {
            return Some((character, name.len()));
        }
    }
    let body = source.strip_prefix("&#")?;
    let end = body
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(body.len());
    let digits = body.get(..end)?;
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    let character = char::from_u32(code).filter(|c| *c != '\0')?;
    let semicolon = usize::from(body.get(end..).is_some_and(|rest| rest.starts_with(';')));
    Some((character, 2 + end + semicolon))
}

pub(super) fn decode_all(raw: &str) -> String {
    let mut decoded = String::new();
    let mut rest = raw;
    while let Some(next) = rest.chars().next() {
        let (character, length) = decode_entity(rest).unwrap_or((next, next.len_utf8()));
        decoded.push(character);
        rest = rest.get(length..).unwrap_or_default();
    }
    decoded
}
