//! `GET /widget.js`: the chat bubble for other people's sites. One script, put together once from the modules of
//! `web/widget/`, their style and the texts of all languages, because a site includes it with one line and no modules.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use flate2::Compression;
use poem::http::{HeaderValue, StatusCode, header};
use poem::{IntoResponse, Request, Response, handler};
use sha2::{Digest, Sha256};

use crate::domain::error::Error;
use crate::domain::locale::Locale;
use crate::http::errors::bare;
use crate::http::packed::{pack, takes_gzip};
use crate::http::range::names;
use crate::texts::Texts;

/// In the order in which they need each other.
const MODULES: [&str; 5] = [
    include_str!("../../../web/widget/make.js"),
    include_str!("../../../web/widget/calls.js"),
    include_str!("../../../web/widget/line.js"),
    include_str!("../../../web/widget/conversation.js"),
    include_str!("../../../web/widget/bubble.js"),
];
const STYLES: [&str; 2] = [
    include_str!("../../../web/widget/conversation.css"),
    include_str!("../../../web/widget/bubble.css"),
];
/// Keys of the texts in the bubble, which knows them without it.
pub const PREFIX: &str = "widget-";

/// Sites fetch it on every page: it may be ten minutes old, and while it is asked for anew the old one serves.
const KEPT: &str = "public, max-age=600, stale-while-revalidate=86400";

/// The script, plain and compressed.
pub struct Widget {
    script: Bytes,
    packed: Bytes,
    hash: String,
}

impl Widget {
    pub fn new(texts: &Texts, telegram: bool) -> Self {
        let script = script(texts, telegram);
        let hash = hex::encode(Sha256::digest(&script));
        Self {
            packed: pack(&script, Compression::best()).unwrap_or_default(),
            script: script.into(),
            hash: hash.chars().take(16).collect(),
        }
    }

    fn answer(&self, known: Option<&str>, packs: bool) -> Response {
        let packs = packs && !self.packed.is_empty();
        let (content, etag) = if packs {
            (&self.packed, format!("\"{}-gz\"", self.hash))
        } else {
            (&self.script, format!("\"{}\"", self.hash))
        };
        let mut answer = if known.is_some_and(|known| names(known, &etag)) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let mut whole = Response::builder().content_type("text/javascript; charset=utf-8");
            if packs {
                whole = whole.header(header::CONTENT_ENCODING, "gzip");
            }
            whole.body(content.clone())
        };
        let headers = answer.headers_mut();
        for (name, value) in [
            ("cache-control", KEPT),
            ("cross-origin-resource-policy", "cross-origin"),
            ("vary", "accept-encoding"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if let Ok(etag) = HeaderValue::from_str(&etag) {
            headers.insert(header::ETAG, etag);
        }
        answer
    }
}

/// One script that leaves nothing behind on the page but its element.
fn script(texts: &Texts, telegram: bool) -> String {
    let texts: BTreeMap<&str, BTreeMap<String, String>> = Locale::ALL
        .into_iter()
        .map(|locale| (locale.as_str(), words(texts, locale, telegram)))
        .collect();
    let style: String = STYLES.into_iter().flat_map(rules).collect();
    let modules: String = MODULES.into_iter().flat_map(statements).collect();
    format!(
        "(()=>{{'use strict';\n{modules}start(document.currentScript,{},{});\n}})();\n",
        serde_json::json!(texts),
        serde_json::json!(style),
    )
}

/// The bubble's texts in one language, by keys without the prefix; without Telegram there are no words about it.
pub fn words(texts: &Texts, locale: Locale, telegram: bool) -> BTreeMap<String, String> {
    let short = |(key, text): (String, String)| {
        let key = key.strip_prefix(PREFIX).unwrap_or(&key).to_owned();
        (key, text)
    };
    let found = texts.beginning_with(locale, PREFIX);
    let found = found.into_iter().map(short);
    found
        .filter(|(key, _)| telegram || !key.starts_with("telegram"))
        .collect()
}

/// A module's lines without indentation, comments and what joins modules. It works on lines alone: a statement that
/// imports stands on one, and no text of several lines has to keep its form.
fn statements(module: &str) -> impl Iterator<Item = String> {
    module
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("//") && !line.starts_with("import "))
        .map(|line| format!("{}\n", line.strip_prefix("export ").unwrap_or(line)))
}

fn rules(style: &str) -> impl Iterator<Item = String> {
    style
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("/*"))
        .map(|line| format!("{line}\n"))
}

/// The script, compressed for whoever takes that.
#[handler]
pub fn serve(request: &Request) -> Response {
    let Some(widget) = request.data::<Arc<Widget>>() else {
        return bare(Error::internal("no widget in the request"));
    };
    let packs = takes_gzip(request);
    widget.answer(request.header(header::IF_NONE_MATCH), packs)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compressed, bytes.
    const MOST: usize = 15 * 1024;

    fn widget() -> Widget {
        Widget::new(&Texts::load().unwrap(), true)
    }

    #[test]
    fn it_is_small() {
        let size = widget().packed.len();
        assert!(size > 0 && size <= MOST, "{size} bytes");
    }

    #[test]
    fn it_has_all_languages_and_no_joints() {
        let script = script(&Texts::load().unwrap(), true);
        for locale in Locale::ALL {
            let texts = words(&Texts::load().unwrap(), locale, true);
            let off = words(&Texts::load().unwrap(), locale, false);
            assert!(texts.contains_key("telegram") && !off.contains_key("telegram"));
            assert!(script.contains(texts["hello"].as_str()));
        }
        for line in script.lines() {
            let joint = line.starts_with("import") || line.starts_with("export");
            assert!(!joint, "{line}");
        }
        for danger in ["innerHTML", "insertAdjacentHTML", "eval(", "document.write"] {
            assert!(!script.contains(danger), "{danger}");
        }
    }

    #[test]
    fn every_text_that_a_module_names_is_there() {
        let texts = words(&Texts::load().unwrap(), Locale::En, true);
        for module in MODULES {
            let named =
                module.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '_'));
            for name in
                named.filter_map(|name| name.strip_prefix("t.").or(name.strip_prefix("this.t.")))
            {
                assert!(texts.contains_key(name), "{name}");
            }
        }
    }

    #[tokio::test]
    async fn it_is_served_compressed_and_plain_and_not_twice() {
        let widget = widget();
        let plain = widget.answer(None, false);
        let packed = widget.answer(None, true);
        let header = |answer: &Response, name: &str| {
            let value = answer.headers().get(name);
            value.map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(
            header(&plain, "cross-origin-resource-policy").as_deref(),
            Some("cross-origin")
        );
        assert_eq!(header(&packed, "content-encoding").as_deref(), Some("gzip"));
        for (answer, packs) in [(&plain, false), (&packed, true)] {
            let etag = header(answer, "etag").unwrap();
            let again = widget.answer(Some(&etag), packs);
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
            let other = widget.answer(Some(&etag), !packs);
            assert_eq!(other.status(), StatusCode::OK);
        }
        let mut unpacked = String::new();
        let content = packed.into_body().into_vec().await.unwrap();
        std::io::Read::read_to_string(
            &mut flate2::read::GzDecoder::new(content.as_slice()),
            &mut unpacked,
        )
        .unwrap();
        assert_eq!(plain.into_body().into_string().await.unwrap(), unpacked);
    }
}
