//! Staff at the door: a bearer token, or the session cookie of the operator's page.

use std::sync::Arc;

use poem::http::{HeaderMap, Method, header};
use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaSecurityScheme, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use super::address::OwnAddress;
use super::asking::{bearer, locale};
use super::errors::as_poem;
use crate::desk::Desk;
use crate::desk::rights::Staff;
use crate::domain::error::{Error, Kind};
use crate::domain::locale::Locale;

/// The cookie that keeps an operator signed in.
pub const COOKIE: &str = "relaydesk_session";

/// A caller that is staff.
pub struct StaffAsking {
    pub staff: Staff,
    /// The language asked for, else the server's.
    pub locale: Locale,
    /// The token it came with, for signing out.
    pub token: String,
}

pub const SCHEME: &str = "staff_token";

impl<'a> ApiExtractor<'a> for StaffAsking {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        registry.create_security_scheme(
            SCHEME,
            MetaSecurityScheme {
                ty: "http",
                description: Some(
                    "A token from `POST /auth/login`, or the service's `API_TOKEN`. A browser may send the cookie `relaydesk_session` instead.",
                ),
                name: None,
                key_in: None,
                scheme: Some("bearer"),
                bearer_format: None,
                flows: None,
                openid_connect_url: None,
            },
        );
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![SCHEME]
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        ask(request).await.map_err(as_poem)
    }
}

/// The staff behind a request.
///
/// # Errors
/// `unauthorized` without a valid token or cookie, `cross_site` for a cookie that another site's page sent.
pub async fn ask(request: &Request) -> Result<StaffAsking, Error> {
    let desk = request
        .data::<Arc<Desk>>()
        .ok_or_else(|| Error::internal("no desk in the request"))?;
    let token = match bearer(request) {
        Some(token) => Some(token.to_owned()),
        None => match cookie(request.headers()) {
            Some(_) if !is_own_page(request) => {
                return Err(Error::new(Kind::Forbidden, "cross_site"));
            }
            cookie => cookie,
        },
    };
    Ok(StaffAsking {
        staff: desk.staff_of_token(token.as_deref()).await?,
        locale: locale(request, desk.locale()),
        token: token.unwrap_or_default(),
    })
}

/// The session cookie's value.
pub fn cookie(headers: &HeaderMap) -> Option<String> {
    let all = headers.get_all(header::COOKIE).into_iter();
    all.filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value.trim().to_owned())
}

/// A cookie travels by itself, so what changes something (and a websocket, which reads) must come from a page
/// of this server. Browsers say where a request comes from; what says nothing is no browser.
pub fn is_own_page(request: &Request) -> bool {
    let headers = request.headers();
    let safe = matches!(*request.method(), Method::GET | Method::HEAD);
    if safe && !headers.contains_key(header::UPGRADE) {
        return true;
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(origin) = text("origin") else {
        return matches!(text("sec-fetch-site"), None | Some("same-origin" | "none"));
    };
    // A proxy may hand on another host than the browser asked, but not another setting `PUBLIC_URL`.
    let OwnAddress(own) = OwnAddress::of(request);
    let host = origin.split_once("://").map(|(_, host)| host);
    host.is_some() && (host == text("host") || origin == own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::type_complexity)] // a table
    fn only_a_page_of_this_server_changes_something_with_a_cookie() {
        let cases: [(&str, &[(&str, &str)], bool); 8] = [
            ("GET", &[("origin", "https://evil.example")], true),
            ("POST", &[("origin", "https://evil.example")], false),
            ("POST", &[("origin", "null")], false),
            ("POST", &[("origin", "http://desk.example")], true),
            ("POST", &[("sec-fetch-site", "cross-site")], false),
            ("POST", &[("sec-fetch-site", "same-origin")], true),
            ("POST", &[], true),
            (
                "GET",
                &[("upgrade", "websocket"), ("origin", "https://evil.example")],
                false,
            ),
        ];
        for (method, headers, expected) in cases {
            let mut request = Request::builder()
                .method(method.parse().unwrap())
                .header("host", "desk.example");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            assert_eq!(
                is_own_page(&request.finish()),
                expected,
                "{method} {headers:?}"
            );
        }
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.insert("cookie", "a=b; relaydesk_session=xyz ;c=d".parse().unwrap());
        assert_eq!(cookie(&headers).as_deref(), Some("xyz"));
        headers.insert("cookie", "xrelaydesk_session=1".parse().unwrap());
        assert_eq!(cookie(&headers), None);
    }
}
