//! The pages' own scripts, styles and texts, embedded, below `/support/static/`. An address with the version of
//! them all in it is for good; without it, or with an older one, it is asked for anew.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use poem::http::{HeaderValue, StatusCode, header};
use poem::{IntoResponse, Request, Response, handler};
use sha2::{Digest, Sha256};

use super::widget;
use crate::domain::error::Error;
use crate::domain::locale::Locale;
use crate::http::errors::bare;
use crate::http::range::names;
use crate::texts::Texts;

/// Keys of the texts that scripts are given.
const PREFIX: &str = "page-";

macro_rules! embedded {
    ($folder:literal: $($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../../../web/", $folder, "/", $name)))),+]
    };
}

const EMBEDDED: &[(&str, &str)] = &embedded![
    "desk":
    "alerts.js",
    "api.js",
    "base.css",
    "canned.js",
    "card.js",
    "composer.js",
    "dom.js",
    "i18n.js",
    "icon.svg",
    "keys.js",
    "link.js",
    "list.js",
    "live.js",
    "login.css",
    "login.js",
    "manager.css",
    "manager.js",
    "message.js",
    "messages.css",
    "page.js",
    "reports.css",
    "socket.js",
    "store.js",
    "talk.js",
    "talk_head.js",
    "theme.js",
    "view.js",
    "viewer.js",
];

const OWNERS: &[(&str, &str)] = &embedded![
    "desk":
    "admin.css",
    "admin.js",
    "admin_agents.js",
    "admin_canned.js",
    "admin_categories.js",
    "admin_devices.js",
    "admin_hours.js",
    "admin_jobs.js",
    "form.js",
];

/// What the chat page shares with the bubble on sites.
const CHAT: &[(&str, &str)] = &embedded![
    "widget":
    "calls.js",
    "chat.css",
    "chat.js",
    "conversation.css",
    "conversation.js",
    "line.js",
    "make.js",
];

fn embedded() -> impl Iterator<Item = (&'static str, &'static str)> {
    EMBEDDED.iter().chain(OWNERS).chain(CHAT).copied()
}

const FOR_GOOD: &str = "public, max-age=31536000, immutable";

struct File {
    content_type: &'static str,
    content: Bytes,
    etag: String,
}

/// Every file, by its name, and the version of them all.
pub struct Files {
    files: HashMap<String, File>,
    version: String,
}

impl Files {
    /// The embedded files, and the texts of each language.
    pub fn new(texts: &Texts, telegram: bool) -> Self {
        let mut all: Vec<(String, Bytes)> = embedded()
            .map(|(name, content)| (name.to_owned(), Bytes::from_static(content.as_bytes())))
            .collect();
        for locale in Locale::ALL {
            let language = locale.as_str();
            let pages = serde_json::json!(texts.beginning_with(locale, PREFIX)).to_string();
            let chat = serde_json::json!(widget::words(texts, locale, telegram)).to_string();
            all.push((format!("texts.{language}.json"), pages.into()));
            all.push((format!("widget.{language}.json"), chat.into()));
        }
        let mut version = Sha256::new();
        let mut files = HashMap::new();
        for (name, content) in all {
            let hash = Sha256::digest(&content);
            version.update(name.as_bytes());
            version.update(hash);
            let file = File {
                content_type: content_type(&name),
                etag: format!("\"{}\"", short(&hash)),
                content,
            };
            files.insert(name, file);
        }
        Self {
            files,
            version: short(&version.finalize()),
        }
    }

    /// The address of a file, with the version in it. Scripts import each other by relative names, so the
    /// version goes from one to the next.
    pub fn address(&self, name: &str) -> String {
        format!("/support/static/{}/{name}", self.version)
    }

    fn answer(&self, path: &str, known: Option<&str>) -> Option<Response> {
        let (version, name) = path.split_once('/').unwrap_or(("", path));
        if !version.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let file = self.files.get(name)?;
        let keep = if version == self.version {
            FOR_GOOD
        } else {
            "no-cache"
        };
        let mut answer = if known.is_some_and(|known| names(known, &file.etag)) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Response::builder()
                .content_type(file.content_type)
                .body(file.content.clone())
        };
        let headers = answer.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
        if let Ok(etag) = HeaderValue::from_str(&file.etag) {
            headers.insert(header::ETAG, etag);
        }
        super::guard(headers);
        Some(answer)
    }
}

/// Half a hash tells versions apart.
fn short(hash: &[u8]) -> String {
    hex::encode(hash).chars().take(16).collect()
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// `GET /support/static/{version}/{name}` and `/support/static/{name}`.
#[handler]
pub fn serve(request: &Request) -> Response {
    let Some(files) = request.data::<Arc<Files>>() else {
        return bare(Error::internal("no files in the request"));
    };
    let path = request.raw_path_param("path").unwrap_or_default();
    let known = request.header(header::IF_NONE_MATCH);
    files
        .answer(path, known)
        .unwrap_or_else(|| bare(Error::not_found("not_found")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Files {
        Files::new(&Texts::load().unwrap(), true)
    }

    fn header(answer: &Response, name: &str) -> String {
        let value = answer.headers().get(name).unwrap();
        value.to_str().unwrap().to_owned()
    }

    #[test]
    fn every_file_of_the_pages_is_embedded() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("web/desk");
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(embedded().any(|(known, _)| known == name), "{name}");
        }
    }

    #[test]
    fn an_address_with_the_version_is_for_good_any_other_is_asked_anew() {
        let files = files();
        let address = files.address("base.css");
        let path = address.strip_prefix("/support/static/").unwrap();
        let answer = files.answer(path, None).unwrap();
        assert_eq!(header(&answer, "cache-control"), FOR_GOOD);
        assert_eq!(header(&answer, "content-type"), "text/css; charset=utf-8");
        for path in ["base.css", "0123456789abcdef/base.css"] {
            let answer = files.answer(path, None).unwrap();
            assert_eq!(header(&answer, "cache-control"), "no-cache");
            let etag = header(&answer, "etag");
            let again = files.answer(path, Some(&etag)).unwrap();
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        }
        for absent in ["", "/", "x/y/base.css", "../base.css", "nothing.js"] {
            assert!(files.answer(absent, None).is_none(), "{absent}");
        }
    }

    #[tokio::test]
    async fn scripts_get_the_texts_of_pages_and_no_others() {
        let files = files();
        let answer = files.answer("texts.en.json", None).unwrap();
        let texts: HashMap<String, String> = answer.into_body().into_json().await.unwrap();
        assert!(texts.len() > 10);
        assert!(texts.keys().all(|key| key.starts_with(PREFIX)));
    }

    #[test]
    fn whatever_a_script_imports_is_served() {
        for (name, content) in embedded() {
            for quoted in content.split(['"', '\'']) {
                let Some(import) = quoted.strip_prefix("./") else {
                    continue;
                };
                let known = embedded().any(|(served, _)| served == import);
                assert!(known, "{name} names {import}");
            }
        }
    }

    #[test]
    fn no_script_makes_markup_of_text() {
        for (name, content) in embedded() {
            for danger in ["innerHTML", "insertAdjacentHTML", "eval(", "document.write"] {
                assert!(!content.contains(danger), "{name} has {danger}");
            }
        }
    }
}
