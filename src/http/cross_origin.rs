//! Pages of other origins: what their browsers are told. A page that is not let in is not refused: its
//! browser keeps the answer from it, while the server's own pages, which name their origin too, work.

use poem::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use poem::{Request, Response};

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
const HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, idempotency-key, accept-language, last-event-id, x-session-key",
);
const EXPOSED: HeaderValue =
    HeaderValue::from_static("x-request-id, retry-after, allow, content-range, etag");
/// Seconds a browser may remember the answer to its preflight.
const REMEMBERED: HeaderValue = HeaderValue::from_static("3600");

/// The setting `CORS_ORIGINS`; `*` is any.
pub struct Origins(pub Vec<String>);

/// A page that may read the answer, and how it is told so.
#[derive(Clone)]
pub struct Page(HeaderValue);

impl Origins {
    /// The page behind a request, where it may call.
    pub fn page(&self, request: &Request) -> Option<Page> {
        let origin = request.headers().get(header::ORIGIN)?;
        if self.any() {
            return Some(Page(HeaderValue::from_static("*")));
        }
        let named = self
            .0
            .iter()
            .any(|allowed| allowed.as_bytes() == origin.as_bytes());
        named.then(|| Page(origin.clone()))
    }

    /// Adds what a browser wants to see before it hands an answer to a page.
    pub fn tell(&self, page: Option<&Page>, headers: &mut HeaderMap) {
        if self.0.is_empty() {
            return;
        }
        if !self.any() {
            // The answer depends on who asks, so no cache may give it to others.
            headers.append(header::VARY, HeaderValue::from_static("origin"));
        }
        if let Some(Page(origin)) = page {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }

    fn any(&self) -> bool {
        self.0.iter().any(|origin| origin == "*")
    }
}

/// The answer to a browser that asks whether a page may call; None for every other request. Any header
/// may be sent: nothing here trusts one, and cookies never travel along.
pub fn preflight(request: &Request) -> Option<Response> {
    let asks = request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let wished: HeaderName = header::ACCESS_CONTROL_REQUEST_HEADERS;
    asks.then(|| {
        let headers = request.headers().get(wished).cloned().unwrap_or(HEADERS);
        Response::builder()
            .status(StatusCode::NO_CONTENT)
            .header(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS)
            .header(header::ACCESS_CONTROL_ALLOW_HEADERS, headers)
            .header(header::ACCESS_CONTROL_MAX_AGE, REMEMBERED)
            .finish()
    })
}
