//! Socket.IO on poem's port. Poem's tower adaptor loses the connection upgrade, so WebSocket requests
//! are answered here with their 101, and the raw connection is handed to the service.

use poem::endpoint::BoxEndpoint;
use poem::http::{HeaderMap, StatusCode, header};
use poem::web::headers::{HeaderMapExt, SecWebsocketAccept, SecWebsocketKey};
use poem::{Endpoint, Request, Response};
use socketioxide::service::SocketIoService;
use socketioxide::socket::Sid;
use tokio_util::sync::CancellationToken;
use tower::Service;

use super::line::{Cut, Line, Lines};
use crate::domain::error::{Error, Kind};

/// Where sockets connect.
pub struct SocketEndpoint<S: Clone> {
    pub polling: BoxEndpoint<'static, Response>,
    pub service: SocketIoService<S>,
    pub stopping: CancellationToken,
    pub lines: Lines,
}

impl<S> Endpoint for SocketEndpoint<S>
where
    S: Clone + Send + Sync + 'static,
{
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        if wants_websocket(request.headers()) {
            return Ok(self.upgrade(request).unwrap_or_else(refused));
        }
        tokio::select! {
            answer = self.polling.call(request) => answer,
            // A waiting poll of a socket that never joined anything would hold the stop up.
            () = self.stopping.cancelled() => Ok(refused(Error::new(Kind::ShuttingDown, "shutting_down"))),
        }
    }
}

impl<S> SocketEndpoint<S>
where
    S: Clone + Send + Sync + 'static,
{
    fn upgrade(&self, request: Request) -> Result<Response, Error> {
        check(&request)?;
        let bad = || Error::new(Kind::BadRequest, "invalid_request");
        let key: SecWebsocketKey = request.headers().typed_get().ok_or_else(bad)?;
        let upgrade = request.take_upgrade().map_err(|_| bad())?;
        let mut handed = plain(&request);
        let line = Line::new(&self.stopping);
        let upgraded = session(&request).map(|sid| self.lines.upgraded(sid, &line));
        if upgraded.is_none() {
            handed.extensions_mut().insert(line.clone());
        }
        let mut service = self.service.clone();
        tokio::spawn(async move {
            let connection = match upgrade.await {
                Ok(connection) => Cut::new(connection, line, upgraded),
                Err(error) => return tracing::debug!(%error, "a websocket did not come about"),
            };
            // The service's error type has no values: it answers 4xx instead, which nobody reads after a 101.
            let _ = service.call((connection, handed)).await;
        });
        let mut response = Response::builder()
            .status(StatusCode::SWITCHING_PROTOCOLS)
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .finish();
        response
            .headers_mut()
            .typed_insert(SecWebsocketAccept::from(key));
        Ok(response)
    }
}

fn refused(error: Error) -> Response {
    let status = match error.kind {
        Kind::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    };
    let mut response = Response::builder().status(status).finish();
    // The edge words it.
    response.extensions_mut().insert(error);
    response
}

fn wants_websocket(headers: &HeaderMap) -> bool {
    headers
        .get(header::UPGRADE)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

fn asked(request: &Request, name: &str) -> Option<String> {
    let query = request.uri().query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// The session that goes on by websocket, if it began by polling.
fn session(request: &Request) -> Option<Sid> {
    asked(request, "sid")?.parse().ok()
}

/// What the service would refuse after the 101, when nobody could read why.
fn check(request: &Request) -> Result<(), Error> {
    let get = |name: &str| asked(request, name);
    if !matches!(get("EIO").as_deref(), Some("3" | "4")) {
        return Err(Error::bad("invalid_field", "EIO"));
    }
    if get("transport").as_deref() != Some("websocket") {
        return Err(Error::bad("invalid_field", "transport"));
    }
    if get("sid").is_some_and(|sid| sid.parse::<Sid>().is_err()) {
        return Err(Error::bad("invalid_field", "sid"));
    }
    if request.header("sec-websocket-version") != Some("13")
        || request.method() != poem::http::Method::GET
    {
        return Err(Error::new(Kind::BadRequest, "invalid_request"));
    }
    Ok(())
}

/// The request without its body, with what was learned about it on the way.
fn plain(request: &Request) -> http::Request<()> {
    let mut plain = http::Request::new(());
    *plain.method_mut() = request.method().clone();
    *plain.uri_mut() = request.uri().clone();
    *plain.headers_mut() = request.headers().clone();
    *plain.extensions_mut() = request.extensions().clone();
    plain
}
