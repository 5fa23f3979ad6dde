//! Socket.IO: events out; join, leave, typing and read in. What a room may hear is the desk's to say. Beside it
//! the operators' websocket.

mod endpoint;
mod incoming;
mod line;
mod manager;
mod rooms;

use std::sync::Arc;
use std::time::Duration;

use poem::endpoint::{BoxEndpoint, TowerCompatExt};
use poem::{EndpointExt, Response};
use socketioxide::SocketIo;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::desk::Desk;
use crate::desk::access::Access;
use endpoint::SocketEndpoint;
use line::Lines;
pub use manager::Managers;
use rooms::Rooms;

/// Events that may wait for a client that does not read; then it is cut off, and comes back with `after_id`.
/// More than a client that catches up is told at once.
const UNREAD_EVENTS: usize = 1024;
/// The largest frame a client may send, bytes.
const LARGEST_FRAME: usize = 100_000;

/// The sockets of all contacts.
pub struct Realtime {
    io: SocketIo,
    desk: Arc<Desk>,
    rooms: Arc<Rooms>,
    stopping: CancellationToken,
}

impl Realtime {
    /// The sockets, and the endpoint where they connect.
    pub fn new(
        desk: Arc<Desk>,
        access: Access,
        stopping: CancellationToken,
    ) -> (Self, BoxEndpoint<'static, Response>) {
        let (service, io) = SocketIo::builder()
            .req_path("/socket.io")
            .max_buffer_size(UNREAD_EVENTS)
            .max_payload(LARGEST_FRAME as u64)
            .ws_max_message_size(LARGEST_FRAME)
            .ws_max_frame_size(LARGEST_FRAME)
            .ping_interval(Duration::from_secs(25))
            .ping_timeout(Duration::from_secs(20))
            .connect_timeout(Duration::from_secs(20))
            .build_svc();
        let lines = Lines::default();
        let rooms = Arc::new(Rooms::new(lines.clone()));
        incoming::listen(&io, &desk, &access, &rooms);
        let endpoint = SocketEndpoint {
            polling: service.clone().compat().boxed(),
            service,
            stopping: stopping.clone(),
            lines,
        };
        let realtime = Self {
            io,
            desk,
            rooms,
            stopping,
        };
        (realtime, endpoint.boxed())
    }

    /// Brings events to the rooms until the stop, then ends every socket.
    pub async fn run(self) {
        let mut events = self.desk.events();
        loop {
            let event = tokio::select! {
                () = self.stopping.cancelled() => break,
                event = events.recv() => event,
            };
            match event {
                Ok(event) => self.rooms.tell(&event),
                Err(RecvError::Lagged(missed)) => {
                    // Whoever was to hear them reads them back: a new connection resumes with `after_id`.
                    tracing::warn!(missed, "sockets fell behind; all are asked to reconnect");
                    self.rooms.cut_all();
                }
                Err(RecvError::Closed) => break,
            }
        }
        self.io.close().await;
    }
}
