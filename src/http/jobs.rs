//! Deliveries that were given up, for owners.

use std::sync::Arc;

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};

use super::Tags;
use super::errors::{Failure, StaffReads, StaffWrites};
use super::staff::StaffAsking;
use super::wire::moment;
use crate::desk::Desk;
use crate::desk::jobs::DeadJob;
use crate::domain::ids::JobId;

pub struct Jobs {
    pub desk: Arc<Desk>,
}

/// A delivery that was given up.
#[derive(Debug, Object)]
#[oai(example)]
pub struct DeadJobItem {
    pub id: i64,
    /// The way it was to go: group or push.
    pub carrier: String,
    /// What it was to bring, such as message or reply.
    pub kind: String,
    /// The ticket's id.
    pub ticket: Option<i64>,
    /// The message's id.
    pub message: Option<i64>,
    /// How often it was tried.
    pub attempts: u32,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// Why it was given up.
    pub last_error: Option<String>,
}

impl Example for DeadJobItem {
    fn example() -> Self {
        Self {
            id: 71,
            carrier: "push".to_owned(),
            kind: "reply".to_owned(),
            ticket: Some(12),
            message: Some(12346),
            attempts: 1,
            created_at: "2026-03-01T12:00:05Z".to_owned(),
            last_error: Some("SENDER_ID_MISMATCH".to_owned()),
        }
    }
}

impl From<DeadJob> for DeadJobItem {
    fn from(job: DeadJob) -> Self {
        Self {
            id: job.id.0,
            carrier: job.carrier,
            kind: job.kind,
            ticket: job.ticket.map(|ticket| ticket.0),
            message: job.message.map(|message| message.0),
            attempts: job.attempts,
            created_at: moment(job.created_at),
            last_error: job.last_error,
        }
    }
}

/// What tries again.
#[derive(Debug, Object)]
pub struct ReplayAnswer {
    /// How many.
    pub replayed: u64,
}

#[OpenApi(tag = "Tags::Desk")]
impl Jobs {
    /// Deliveries that were given up
    ///
    /// For owners. Newest first.
    #[oai(
        path = "/support/jobs/dead",
        method = "get",
        operation_id = "dead_jobs"
    )]
    async fn dead(
        &self,
        asking: StaffAsking,
        /// How many at most.
        #[oai(
            default = "default_limit",
            validator(minimum(value = "1"), maximum(value = "1000"))
        )]
        limit: Query<u32>,
    ) -> Result<Json<Vec<DeadJobItem>>, Failure<StaffReads>> {
        let jobs = self.desk.dead_jobs(&asking.staff, limit.0).await?;
        Ok(Json(jobs.into_iter().map(DeadJobItem::from).collect()))
    }

    /// Let one try again
    ///
    /// For owners. 404 for a delivery that was not given up.
    #[oai(
        path = "/support/jobs/:id/replay",
        method = "post",
        operation_id = "replay_job"
    )]
    async fn replay(
        &self,
        asking: StaffAsking,
        /// The delivery's id.
        id: Path<i64>,
    ) -> Result<Json<ReplayAnswer>, Failure<StaffWrites>> {
        self.desk.replay_job(&asking.staff, JobId(id.0)).await?;
        Ok(Json(ReplayAnswer { replayed: 1 }))
    }

    /// Let all try again
    ///
    /// For owners. Also the updates of Telegram that could not be handled.
    #[oai(
        path = "/support/jobs/replay",
        method = "post",
        operation_id = "replay_all_jobs"
    )]
    async fn replay_all(
        &self,
        asking: StaffAsking,
    ) -> Result<Json<ReplayAnswer>, Failure<StaffWrites>> {
        let replayed = self.desk.replay_all(&asking.staff).await?;
        let replayed = u64::try_from(replayed).unwrap_or(u64::MAX);
        Ok(Json(ReplayAnswer { replayed }))
    }
}

fn default_limit() -> u32 {
    200
}
