//! Pages for people, made from `templates/` and `web/desk/`: what surrounds each (language, policy, sign-in),
//! and their addresses. What a page does once it is open lives in its scripts, over the same interfaces as
//! everybody else's.

mod chat;
mod desk;
mod files;
mod owners;
mod reports;
mod widget;

use std::sync::Arc;

use askama::Template;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use poem::http::{HeaderMap, HeaderValue, StatusCode, header};
use poem::{Request, Response, Route, get};

use super::errors::bare;
use super::staff;
use crate::desk::Desk;
use crate::domain::agent::Agent;
use crate::domain::error::{Error, Kind};
use crate::domain::locale::Locale;
pub use files::Files;
pub use widget::Widget;

/// Nothing inline, nothing from elsewhere; `blob:` is a file chosen but not sent yet.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self'; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Keeps the language a visitor chose.
const LANGUAGE_COOKIE: &str = "relaydesk_lang";
const YEAR_SECONDS: u32 = 31_536_000;

/// What a query's value may hold as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.');

/// Adds the pages to the paths.
pub fn with_pages(route: Route) -> Route {
    route
        .at("/support/static/*path", get(files::serve))
        .at("/support/login", get(desk::login))
        .at("/support/manager", get(desk::manager))
        .at("/support/admin", get(owners::admin))
        .at("/support/chat/:session_id", get(chat::read).post(chat::say))
        .at("/widget.js", get(widget::serve))
        .at("/support/manager/reports", get(reports::reports))
}

/// What surrounds a page: its language, and where its files are.
pub struct Frame<'a> {
    desk: &'a Desk,
    files: &'a Files,
    pub locale: Locale,
    /// The language was chosen by this very request, and is to be remembered.
    chosen: bool,
    /// The query without the language.
    query: String,
    path: &'a str,
}

/// An entry of the switch of languages.
pub struct Language {
    pub code: &'static str,
    /// In that language itself.
    pub name: &'static str,
    pub href: String,
    pub current: bool,
}

impl<'a> Frame<'a> {
    /// # Errors
    /// The server was put together without its parts.
    pub fn of(request: &'a Request) -> Result<Self, Error> {
        let missing = || Error::internal("a page without its parts");
        let desk: &Arc<Desk> = request.data().ok_or_else(missing)?;
        let files: &Arc<Files> = request.data().ok_or_else(missing)?;
        let asked = parameter(request, "lang").and_then(|tag| Locale::parse(&tag));
        let kept = || cookie(request.headers()).and_then(|tag| Locale::parse(&tag));
        let locale = asked
            .or_else(kept)
            .unwrap_or_else(|| super::asking::locale(request, desk.locale()));
        let query = request.uri().query().unwrap_or_default();
        let others = query
            .split('&')
            .filter(|part| !part.is_empty() && !part.starts_with("lang="));
        Ok(Self {
            desk,
            files,
            locale,
            chosen: asked.is_some(),
            query: others.collect::<Vec<_>>().join("&"),
            path: request.uri().path(),
        })
    }

    /// The text of a key.
    pub fn t(&self, key: &str) -> String {
        self.desk.texts().get(self.locale, key, &[])
    }

    pub fn lang(&self) -> &'static str {
        self.locale.as_str()
    }

    /// The address of a file of `web/desk/`, for good.
    pub fn file(&self, name: &str) -> String {
        self.files.address(name)
    }

    /// This page in each language.
    pub fn languages(&self) -> Vec<Language> {
        let names = [
            (Locale::Ru, "Русский"),
            (Locale::En, "English"),
            (Locale::Uz, "Oʻzbekcha"),
        ];
        let entry = |(locale, name): (Locale, &'static str)| {
            let mut query = format!("?lang={}", locale.as_str());
            if !self.query.is_empty() {
                query.push('&');
                query.push_str(&self.query);
            }
            Language {
                code: locale.as_str(),
                name,
                href: query,
                current: locale == self.locale,
            }
        };
        names.into_iter().map(entry).collect()
    }

    /// The page as an answer, under the policy. Pages tell of their reader, so nothing keeps them.
    pub fn show(&self, status: StatusCode, page: &impl Template) -> Response {
        let content = match page.render() {
            Ok(content) => content,
            Err(error) => return bare(Error::internal(format_args!("a page: {error}"))),
        };
        let mut answer = Response::builder()
            .status(status)
            .content_type("text/html; charset=utf-8")
            .header(header::CACHE_CONTROL, "no-store")
            .header(header::CONTENT_LANGUAGE, self.lang());
        if self.chosen {
            let kept = format!(
                "{LANGUAGE_COOKIE}={}; Path=/support; Max-Age={YEAR_SECONDS}; SameSite=Lax; HttpOnly",
                self.lang()
            );
            answer = answer.header(header::SET_COOKIE, kept);
        }
        let mut answer = answer.body(content);
        guard(answer.headers_mut());
        answer
    }

    /// The account that is signed in; anybody else is sent to sign in, and from there back to here.
    pub async fn account(&self, request: &Request) -> Result<Agent, Response> {
        let asked = match staff::ask(request).await {
            Ok(asking) => self.desk.own_account(&asking.staff).await,
            Err(error) => Err(error),
        };
        asked.map_err(|error| match error.kind {
            Kind::Unauthorized => self.to_login(),
            _ => bare(error),
        })
    }

    fn to_login(&self) -> Response {
        // The edge took the slash away; pages are known with it.
        let mut page = format!("{}/", self.path);
        if !self.query.is_empty() {
            page = format!("{page}?{}", self.query);
        }
        let next = utf8_percent_encode(&page, PLAIN);
        let mut answer = Response::builder()
            .status(StatusCode::SEE_OTHER)
            .header(header::LOCATION, format!("/support/login/?next={next}"))
            .header(header::CACHE_CONTROL, "no-store")
            .finish();
        guard(answer.headers_mut());
        answer
    }
}

/// What keeps a page from being used against its reader.
pub fn guard(headers: &mut HeaderMap) {
    let rules = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in rules {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// A parameter of the query, decoded.
pub fn parameter(request: &Request, name: &str) -> Option<String> {
    let query = request.uri().query()?;
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs
        .into_iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let all = headers.get_all(header::COOKIE).into_iter();
    all.filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == LANGUAGE_COOKIE)
        .map(|(_, value)| value.to_owned())
}

/// An address within this server's pages, or None: whoever signs in is never sent to another site.
pub fn own_page(address: &str) -> Option<&str> {
    let decoded = percent_decode_str(address).decode_utf8().ok()?;
    let harmless = |text: &str| {
        text.starts_with("/support/")
            && !text.contains(['\\', '\r', '\n', '\t'])
            && !text.contains("..")
            && !text.contains("//")
    };
    (harmless(address) && harmless(&decoded)).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_signs_in_stays_on_this_server() {
        for own in ["/support/manager/", "/support/admin/?tab=jobs#x"] {
            assert_eq!(own_page(own), Some(own));
        }
        for foreign in [
            "",
            "https://evil.example/support/",
            "//evil.example/support/",
            "/support/..//evil.example",
            "/support/%2e%2e/%2f/evil.example",
            "/\\evil.example",
            "/support/\\evil",
            "/auth/logout",
            "javascript:alert(1)",
        ] {
            assert_eq!(own_page(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn the_policy_makes_no_exceptions() {
        assert!(!POLICY.contains("unsafe") && !POLICY.contains("http"));
    }
}
