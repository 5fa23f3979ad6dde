//! How the control interface is served: on the sandbox's own ports, and as a poem route that the demo's
//! server nests where it likes.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Limited, StreamBody};
use hyper::body::{Frame, Incoming};

use super::Sandbox;
use super::port::{Body, Cut, full};
use super::telegram::{BODY_LIMIT, response};

/// A comment now and then keeps proxies from closing a quiet stream.
const QUIET: Duration = Duration::from_secs(15);

impl Sandbox {
    /// The control interface for poem: `state`, `state/{group}`, `events`, `reply`, `edit`, `say`, `press`, `group`,
    /// `private/say`, `private/press`, `private/block`, `faults`, `device`, `file/{id}`.
    pub fn control_routes(&self) -> poem::Route {
        poem::Route::new().at("/*path", ControlEndpoint(self.clone()))
    }

    pub(super) async fn serve_control(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Cut> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().trim_start_matches("/sandbox/").to_owned();
        if is_events(&parts.method, &path) {
            let frames = self.events().map(|event| Ok(Frame::data(event)));
            let body = StreamBody::new(frames).boxed_unsync();
            return Ok(response(200, "text/event-stream", body));
        }
        let Ok(body) = Limited::new(body, BODY_LIMIT).collect().await else {
            return Ok(response(
                413,
                "application/json",
                full("{\"error\":\"too large\"}"),
            ));
        };
        let content_type = header(&parts.headers);
        let body = body.to_bytes();
        let answer = self
            .control(&parts.method, &path, content_type.as_deref(), body)
            .await;
        Ok(response(
            answer.status,
            &answer.content_type,
            full(answer.body),
        ))
    }

    /// Server-sent events: `changed` with the version, at once and after every change, until the
    /// sandbox stops.
    fn events(&self) -> impl Stream<Item = Bytes> + Send + use<> {
        let mut changes = self.changes();
        changes.mark_changed();
        let stop = self.inner.stop.clone();
        futures_util::stream::unfold((changes, stop), |(mut changes, stop)| async move {
            let event = tokio::select! {
                () = stop.cancelled() => return None,
                changed = changes.changed() => {
                    changed.ok()?;
                    let version = *changes.borrow_and_update();
                    format!("event: changed\ndata: {version}\n\n")
                }
                () = tokio::time::sleep(QUIET) => ": quiet\n\n".to_owned(),
            };
            Some((Bytes::from(event), (changes, stop)))
        })
    }
}

fn is_events(method: &Method, path: &str) -> bool {
    *method == Method::GET && path.trim_start_matches('/') == "events"
}

fn header(headers: &http::HeaderMap) -> Option<String> {
    let value = headers.get(http::header::CONTENT_TYPE)?;
    value.to_str().ok().map(str::to_owned)
}

struct ControlEndpoint(Sandbox);

impl poem::Endpoint for ControlEndpoint {
    type Output = poem::Response;

    async fn call(&self, request: poem::Request) -> poem::Result<poem::Response> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().to_owned();
        if is_events(&parts.method, &path) {
            let events = self.0.events().map(Ok::<_, std::io::Error>);
            return Ok(poem::Response::builder()
                .content_type("text/event-stream")
                .header("Cache-Control", "no-cache")
                .body(poem::Body::from_bytes_stream(events)));
        }
        let body = body.into_bytes_limit(BODY_LIMIT).await?;
        let content_type = header(&parts.headers);
        let answer = self
            .0
            .control(&parts.method, &path, content_type.as_deref(), body)
            .await;
        let status = poem::http::StatusCode::from_u16(answer.status)
            .unwrap_or(poem::http::StatusCode::INTERNAL_SERVER_ERROR);
        Ok(poem::Response::builder()
            .status(status)
            .content_type(answer.content_type)
            .header("X-Content-Type-Options", "nosniff")
            .body(answer.body))
    }
}
