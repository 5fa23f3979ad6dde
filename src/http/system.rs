//! `/health` and `/ready`: for load balancers and for the one who runs the server.

use std::sync::Arc;

use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};
use tokio_util::sync::CancellationToken;

use super::Tags;
use super::payloads::{HealthAnswer, PartState, ReadyAnswer, ReadyParts, ReadyQueue};
use crate::desk::Desk;
use crate::desk::health::{Part, QueueState};

pub struct System {
    pub desk: Arc<Desk>,
    pub telegram: bool,
    pub push: bool,
    pub stopping: CancellationToken,
}

#[derive(ApiResponse)]
enum ReadyResponse {
    /// Messages can be stored; a way out may be in trouble.
    #[oai(status = 200)]
    Ready(Json<ReadyAnswer>),
    /// Nothing can be stored, or the server is stopping.
    #[oai(status = 503)]
    Unavailable(Json<ReadyAnswer>),
}

#[OpenApi(tag = "Tags::System")]
impl System {
    /// Whether requests can be served
    ///
    /// Outside the rate limits; needs no token.
    #[oai(path = "/health", method = "get", operation_id = "health")]
    async fn health(&self) -> Json<HealthAnswer> {
        Json(HealthAnswer {
            status: "ok".to_owned(),
        })
    }

    /// How the server and its ways out are doing
    ///
    /// 503 only when nothing can be stored or the server is stopping. Telegram or FCM in trouble is 200 and `degraded`,
    /// with a reason an operator can act on. Outside the rate limits; needs no token.
    #[oai(path = "/ready", method = "get", operation_id = "ready")]
    async fn ready(&self) -> ReadyResponse {
        let queue = self.desk.queue().await;
        let writable = self.desk.can_store().await;
        let mut database = part(true, self.desk.health().trouble(Part::Database));
        if let Err(error) = queue.as_ref().map(drop).and(writable.as_ref().map(drop)) {
            database = part(
                true,
                Some(format!("the database can not be written: {error}")),
            );
        }
        let unavailable = queue.is_err() || writable.is_err() || self.stopping.is_cancelled();
        let parts = ReadyParts {
            database,
            telegram: part(self.telegram, self.desk.health().trouble(Part::Telegram)),
            push: part(self.push, self.desk.health().trouble(Part::Push)),
        };
        let degraded = [&parts.database, &parts.telegram, &parts.push]
            .iter()
            .any(|part| part.state == "degraded");
        let status = match (unavailable, degraded) {
            (true, _) => "unavailable",
            (false, true) => "degraded",
            (false, false) => "ok",
        };
        let answer = Json(ReadyAnswer {
            status: status.to_owned(),
            parts,
            queue: ReadyQueue::from(queue.unwrap_or_default()),
        });
        if unavailable {
            ReadyResponse::Unavailable(answer)
        } else {
            ReadyResponse::Ready(answer)
        }
    }
}

impl From<QueueState> for ReadyQueue {
    fn from(queue: QueueState) -> Self {
        Self {
            waiting: queue.waiting,
            oldest_seconds: queue.oldest_seconds,
            dead: queue.dead,
        }
    }
}

fn part(on: bool, trouble: Option<String>) -> PartState {
    let state = match (on, &trouble) {
        (false, _) => "off",
        (true, Some(_)) => "degraded",
        (true, None) => "ok",
    };
    PartState {
        state: state.to_owned(),
        reason: trouble.filter(|_| on),
    }
}
