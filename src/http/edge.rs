//! The outermost layer, once around everything: request id, client address, limits, panics, the
//! wording of errors, and the access log.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use ipnet::IpNet;
use percent_encoding::percent_decode_str;
use poem::error::{MethodNotAllowedError, NotFoundError};
use poem::http::{HeaderValue, Uri};
use poem::{Endpoint, Request, Response};
use poem_openapi::error::{ParseParamError, ParsePathError};
use tokio_util::sync::CancellationToken;

use super::address::{self, CameByHttps, OwnAddress};
use super::asking::locale;
use super::cross_origin::{Origins, Page, preflight};
use super::errors::{bare, status};
use super::methods::Methods;
use crate::desk::Desk;
use crate::domain::error::{Error, Kind};
use crate::domain::locale::Locale;

pub struct Edge<E> {
    pub inner: E,
    pub desk: Arc<Desk>,
    pub origins: Origins,
    pub trusted_proxies: Vec<IpNet>,
    pub public_url: Option<url::Url>,
    pub stopping: CancellationToken,
    pub methods: Methods,
}

/// What is known of a request before it is handled, for its answer and for the log.
struct Asked {
    id: String,
    method: poem::http::Method,
    path: String,
    locale: Locale,
    page: Option<Page>,
}

impl<E: Endpoint<Output = Response>> Endpoint for Edge<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let began = self.desk.clock().monotonic();
        let asked = Asked {
            id: self.desk.chance().uuid().simple().to_string(),
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            locale: locale(&request, self.desk.locale()),
            page: self.origins.page(&request),
        };
        let mut response = match self.admit(&mut request) {
            Ok(()) => match asked.page.as_ref().and_then(|_| preflight(&request)) {
                Some(answer) => answer,
                None => self.handle(request).await,
            },
            Err(error) => bare(error),
        };
        self.finish(&asked, &mut response);
        let took = self.desk.clock().monotonic().saturating_sub(began);
        self.count(&asked, &response, took);
        tracing::info!(
            request = asked.id,
            method = %asked.method,
            // Only the first part: what follows may name a user.
            route = asked.path.split('/').nth(1).unwrap_or_default(),
            status = response.status().as_u16(),
            micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            "answered"
        );
        Ok(response)
    }
}

impl<E: Endpoint<Output = Response>> Edge<E> {
    /// By documented path: anybody can make up others without end.
    fn count(&self, asked: &Asked, response: &Response, took: Duration) {
        let route = self.methods.route(&asked.path).unwrap_or("other");
        let labels = [
            ("route", route.to_owned()),
            ("status", response.status().as_str().to_owned()),
        ];
        metrics::counter!("relaydesk_http_requests_total", &labels).increment(1);
        metrics::histogram!("relaydesk_http_request_seconds", "route" => route.to_owned())
            .record(took);
    }

    fn admit(&self, request: &mut Request) -> Result<(), Error> {
        let address = address::of(request, &self.trusted_proxies);
        let own = OwnAddress::seen(request, self.public_url.as_ref(), &self.trusted_proxies);
        request.extensions_mut().insert(address);
        let https = CameByHttps::seen(request, &self.trusted_proxies);
        request.extensions_mut().insert(own);
        request.extensions_mut().insert(https);
        plain(request);
        let path = request.uri().path();
        if matches!(path, "/health" | "/ready") {
            return Ok(());
        }
        if self.stopping.is_cancelled() {
            return Err(Error::new(Kind::ShuttingDown, "shutting_down"));
        }
        self.desk.limits().request_from(address)
    }

    async fn handle(&self, request: Request) -> Response {
        let path = request.uri().path();
        if percent_decode_str(path).decode_utf8().is_err() {
            return bare(self.not_text(path));
        }
        match AssertUnwindSafe(self.inner.call(request))
            .catch_unwind()
            .await
        {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => from_poem(error),
            Err(_) => bare(Error::internal("a panic in a handler")),
        }
    }

    /// A path that is no text: no such file, or an id that can not be.
    fn not_text(&self, path: &str) -> Error {
        match self.methods.parameter(path) {
            Some("filename") | None => Error::not_found("not_found"),
            Some(name @ "session_id") => Error::not_found("session_not_found").on(name),
            Some(name) => Error::bad("invalid_field", name),
        }
    }

    /// Words an error in the caller's language, and adds what every answer has.
    fn finish(&self, asked: &Asked, response: &mut Response) {
        if let Some(error) = response.extensions_mut().remove::<Error>() {
            self.word(asked, &error, response);
        }
        self.origins
            .tell(asked.page.as_ref(), response.headers_mut());
        if let Ok(id) = HeaderValue::from_str(&asked.id) {
            response.headers_mut().insert("x-request-id", id);
        }
        response
            .headers_mut()
            .entry("x-content-type-options")
            .or_insert(HeaderValue::from_static("nosniff"));
    }

    fn word(&self, asked: &Asked, error: &Error, response: &mut Response) {
        if matches!(error.kind, Kind::Internal | Kind::StorageFull) {
            tracing::error!(request = asked.id, %error, "a request failed");
        }
        let body = serde_json::json!({
            "error": self.desk.texts().error(asked.locale, error, &asked.id),
            "code": error.code,
            "field": error.field,
        });
        let mut body = body;
        if let (None, Some(map)) = (&error.field, body.as_object_mut()) {
            map.remove("field");
        }
        let mut worded = Response::builder()
            .status(status(error.kind))
            .content_type("application/json; charset=utf-8");
        if let Some(seconds) = error.arg("seconds") {
            worded = worded.header("retry-after", seconds);
        }
        if let (Kind::RangeNotSatisfiable, Some(size)) = (error.kind, error.arg("size")) {
            worded = worded.header("content-range", format!("bytes */{size}"));
        }
        if error.kind == Kind::Unauthorized {
            worded = worded.header("www-authenticate", "Bearer");
        }
        if error.kind == Kind::MethodNotAllowed {
            worded = worded.header("allow", self.methods.allowed(&asked.path));
        }
        *response = worded.body(body.to_string());
    }
}

/// Poem's own errors, in the house's words.
fn from_poem(error: poem::Error) -> Response {
    if error.is_from_response() {
        return error.into_response();
    }
    let ours = if error.is::<NotFoundError>() {
        Error::not_found("not_found")
    } else if error.is::<MethodNotAllowedError>() {
        Error::new(Kind::MethodNotAllowed, "method_not_allowed")
    } else if let Some(param) = error.downcast_ref::<ParseParamError>() {
        Error::bad("invalid_field", param.name)
    } else if let Some(param) = error.downcast_ref::<ParsePathError>() {
        Error::bad("invalid_field", param.name)
    } else {
        match error.status().as_u16() {
            404 => Error::not_found("not_found"),
            405 => Error::new(Kind::MethodNotAllowed, "method_not_allowed"),
            400..500 => Error::new(Kind::BadRequest, "invalid_request"),
            _ => Error::internal(error),
        }
    };
    bare(ours)
}

/// Addresses that mean the same become one: a slash at the end of a path is nothing, and so is a
/// parameter without a value.
fn plain(request: &mut Request) {
    let path = request.uri().path();
    let query = request.uri().query();
    let mut plain = path.trim_end_matches('/').to_owned();
    if plain.is_empty() {
        plain.push('/');
    }
    let told = query.map(|query| {
        let empty = |part: &str| matches!(part.split_once('='), Some((_, "")));
        let parts = query.split('&').filter(|part| !empty(part));
        parts.collect::<Vec<_>>().join("&")
    });
    if plain == path && told.as_deref() == query {
        return;
    }
    if let Some(told) = told.filter(|told| !told.is_empty()) {
        plain.push('?');
        plain.push_str(&told);
    }
    if let Ok(uri) = plain.parse::<Uri>() {
        *request.uri_mut() = uri;
    }
}
