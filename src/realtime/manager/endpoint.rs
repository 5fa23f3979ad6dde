//! Where operators connect: the upgrade, and the task that then serves the socket.

use std::sync::Arc;

use poem::http::{Method, StatusCode, header};
use poem::web::headers::{HeaderMapExt, SecWebsocketAccept, SecWebsocketKey};
use poem::{Endpoint, Request, Response};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::hall::Hall;
use super::session::Session;
use crate::desk::Desk;
use crate::desk::limits::ClientAddress;
use crate::desk::operators::SignedIn;
use crate::domain::error::{Error, Kind};

/// The largest frame an operator may send, bytes: a text of 4096 characters fits however it is escaped.
const LARGEST_FRAME: usize = 128 * 1024;
/// What a socket keeps to read into; the library's own would cost a thousand operators 128 MB.
const READ_BUFFER: usize = 2 * 1024;

pub struct ManagerEndpoint {
    pub desk: Arc<Desk>,
    pub hall: Arc<Hall>,
    pub sessions: TaskTracker,
    pub stopping: CancellationToken,
}

impl Endpoint for ManagerEndpoint {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        Ok(self.upgrade(&request).unwrap_or_else(|error| {
            let mut response = Response::builder().status(StatusCode::BAD_REQUEST).finish();
            // The edge words it.
            response.extensions_mut().insert(error);
            response
        }))
    }
}

impl ManagerEndpoint {
    fn upgrade(&self, request: &Request) -> Result<Response, Error> {
        let bad = || Error::new(Kind::BadRequest, "invalid_request");
        let wants = request.headers().get(header::UPGRADE);
        let wants = wants.is_some_and(|name| name.as_bytes().eq_ignore_ascii_case(b"websocket"));
        let version = request.header("sec-websocket-version") == Some("13");
        if !wants || !version || request.method() != Method::GET {
            return Err(bad());
        }
        let key: SecWebsocketKey = request.headers().typed_get().ok_or_else(bad)?;
        let signed_in = request.extensions().get::<SignedIn>().cloned();
        let signed_in = signed_in.ok_or_else(|| Error::internal("nobody asked who comes"))?;
        let address = request.extensions().get::<ClientAddress>().copied();
        let upgrade = request.take_upgrade().map_err(|_| bad())?;
        let (desk, hall) = (Arc::clone(&self.desk), Arc::clone(&self.hall));
        let stopping = self.stopping.clone();
        self.sessions.spawn(async move {
            let connection = match upgrade.await {
                Ok(connection) => connection,
                Err(error) => {
                    return tracing::debug!(%error, "an operator's websocket did not come about");
                }
            };
            let config = WebSocketConfig::default()
                .read_buffer_size(READ_BUFFER)
                .write_buffer_size(0)
                .max_message_size(Some(LARGEST_FRAME))
                .max_frame_size(Some(LARGEST_FRAME));
            let stream =
                WebSocketStream::from_raw_socket(connection, Role::Server, Some(config)).await;
            let session = Session {
                desk,
                hall,
                signed_in,
                address,
                stopping,
            };
            Box::pin(session.serve(stream)).await;
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
