//! The operators' websocket: what happened to tickets goes out, what operators do comes in. Each event is written
//! down once, whoever hears it. What an operator may do is the desk's to say.

mod endpoint;
mod frames;
mod hall;
mod incoming;
mod session;

use std::sync::Arc;
use std::time::Duration;

use poem::endpoint::BoxEndpoint;
use poem::{EndpointExt, Response};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::desk::Desk;
use endpoint::ManagerEndpoint;
use hall::Hall;

/// How long a stop waits for sockets to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

/// The sockets of all operators.
pub struct Managers {
    desk: Arc<Desk>,
    hall: Arc<Hall>,
    sessions: TaskTracker,
    stopping: CancellationToken,
}

impl Managers {
    /// The sockets, and the endpoint where they connect; who connects there is signed in already.
    pub fn new(
        desk: Arc<Desk>,
        stopping: CancellationToken,
    ) -> (Self, BoxEndpoint<'static, Response>) {
        let hall = Arc::new(Hall::default());
        let sessions = TaskTracker::new();
        let endpoint = ManagerEndpoint {
            desk: Arc::clone(&desk),
            hall: Arc::clone(&hall),
            sessions: sessions.clone(),
            stopping: stopping.clone(),
        };
        let managers = Self {
            desk,
            hall,
            sessions,
            stopping,
        };
        (managers, endpoint.boxed())
    }

    /// Brings events to the sockets until the stop, then waits a moment for their goodbyes.
    pub async fn run(self) {
        let mut events = self.desk.events();
        loop {
            let event = tokio::select! {
                () = self.stopping.cancelled() => break,
                event = events.recv() => event,
            };
            match event {
                Ok(event) => {
                    for (audience, frame) in frames::of(&self.desk, &self.hall, &event).await {
                        self.hall.tell(audience, &frame);
                    }
                }
                Err(RecvError::Lagged(missed)) => {
                    // Whoever was to hear them reads the lists anew after connecting again.
                    tracing::warn!(
                        missed,
                        "operators' sockets fell behind; all are asked to reconnect"
                    );
                    self.hall.cut_all();
                }
                Err(RecvError::Closed) => break,
            }
        }
        self.sessions.close();
        // What does not go by itself goes with the process.
        let _ = tokio::time::timeout(GOODBYE, self.sessions.wait()).await;
    }
}
