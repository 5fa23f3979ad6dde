//! The engine that empties the outbox: lanes, leases, retries, limits. It knows no Telegram and no
//! FCM: what a job means is its carrier's business.
//!
//! A *lane* is a way that takes one send at a time, in order (a group; a device). Within a lane
//! jobs queue by *key* (a ticket), and keys take turns, so one busy contact holds nobody else up.

mod engine;
pub mod limit;
mod turn;

use std::time::Duration;

use serde_json::Value;

use crate::domain::ids::{DeviceId, JobId, MessageId, TicketId};

pub use engine::Engine;
pub use limit::Window;

/// A row of the outbox, claimed.
#[derive(Debug, Clone)]
pub struct Job {
    pub id: JobId,
    pub lane: String,
    /// A word of the carrier's.
    pub kind: String,
    pub ticket: Option<TicketId>,
    pub message: Option<MessageId>,
    pub device: Option<DeviceId>,
    /// What the carrier needs to know, as it wrote it.
    pub payload: Value,
    /// Tries so far of the present step, this one counted.
    pub attempts: u32,
    /// Nobody knows whether the present step was sent before.
    pub uncertain: bool,
}

/// Where something ended up, in the other side's ids; kept so that a reply finds its ticket.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Receipt {
    pub chat_id: i64,
    pub message_ids: Vec<i64>,
    /// The first of them shows the words of the job's message, and is changed with them.
    pub shows: bool,
}

/// How widely a failure reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// This job only; its key waits behind it, other keys go on. Ends as dead after the carrier's `max_age`.
    Job,
    /// The whole lane pauses; the job is not to blame and its tries are not counted.
    Lane,
    /// Everything of this carrier pauses; ends as dead after the carrier's `max_age`.
    Carrier,
}

/// What came of carrying a job one step.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Done; the row goes.
    Delivered(Option<Receipt>),
    /// One step done, or replaced by another: the row stays with this payload and its turn comes again.
    Progress {
        receipt: Option<Receipt>,
        payload: Value,
    },
    /// Certainly did not happen; again after `after`, or after a backoff with jitter.
    Retry {
        scope: Scope,
        after: Option<Duration>,
        reason: String,
    },
    /// Nobody knows whether it happened: repeated once, 60 to 120 s later.
    Uncertain { reason: String },
    /// Never will: the row stays as dead, to be seen and replayed.
    Refused { reason: String },
    /// No longer wanted; the row goes.
    Dropped { reason: String },
}

impl Outcome {
    /// One word for it, for who counts them.
    fn word(&self) -> &'static str {
        match self {
            Self::Delivered(_) => "delivered",
            Self::Progress { .. } => "progress",
            Self::Retry { .. } => "retry",
            Self::Uncertain { .. } => "uncertain",
            Self::Refused { .. } => "refused",
            Self::Dropped { .. } => "dropped",
        }
    }
}

/// Carries jobs to one kind of place. Ticks are idempotent: a job may come again after a crash.
pub trait Carrier: Send + Sync + 'static {
    /// The word in the outbox's column `carrier`, such as `group` or `push`.
    fn name(&self) -> &'static str;

    /// How many lanes may be in flight at once.
    fn parallel(&self) -> usize;

    /// The most units a lane may spend in a time, if limited.
    fn lane_limit(&self) -> Option<(u32, Duration)> {
        None
    }

    /// Whether there are so few lanes that it pays to ask which of them have work before asking what it is.
    fn has_few_lanes(&self) -> bool {
        false
    }

    /// The lane of a chat that was posted to, so that a restart breaks no limit; None where that is not known.
    fn lane_of_chat(&self, _chat: i64) -> impl Future<Output = Option<String>> + Send {
        async { None }
    }

    /// Units the job's next step spends of its lane's limit.
    fn cost(&self, _job: &Job) -> u32 {
        1
    }

    /// Whether a send repeated after a crash does no harm; else it counts as uncertain.
    fn twice_is_harmless(&self) -> bool {
        false
    }

    /// Whether what was cut off by a crash is never sent again: such a job comes at once, as [`Job::uncertain`], for its
    /// carrier to leave that step behind. It then answers no [`Outcome::Uncertain`].
    fn passes_over(&self) -> bool {
        false
    }

    /// Retries with scope `Job` or `Carrier` end as dead when the job is older than this.
    fn max_age(&self) -> Duration {
        Duration::from_secs(24 * 3600)
    }

    /// Whether a job may be one of those that are joined.
    fn joins(&self, _job: &Job) -> bool {
        true
    }

    /// May turn what waits of a key, up to the first job that does not join, into one: `Some((kind,
    /// payload))` replaces them in one transaction, `None` leaves them to be carried one by one. Called
    /// when the way is free; the first may be one that was joined, tried and refused before.
    fn join(&self, jobs: Vec<Job>) -> impl Future<Output = Option<(String, Value)>> + Send;

    /// Carries the next step of a job. The try is counted and durable before this is called, and the lane's limit
    /// is charged with [`Carrier::cost`].
    fn carry(&self, job: Job) -> impl Future<Output = Outcome> + Send;
}
