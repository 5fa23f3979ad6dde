//! One turn: one step of one job, from the limit to the written result.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;

use super::engine::UNCERTAIN_WAIT;
use super::{Carrier, Job, Outcome, Receipt, Scope, Window};
use crate::domain::clock::Clock;
use crate::domain::error::{Error, Kind};
use crate::domain::ids::{Chance, JobId, MessageId, TicketId};
use crate::store::{Head, JobRow, Store};

/// The longest backoff between two tries, in seconds.
const LONGEST_BACKOFF: u64 = 60;
/// Between two tries to write down what happened.
const STORE_PAUSE: Duration = Duration::from_secs(2);

/// A turn that ended: its lane, and what it means for the rests.
pub(super) struct Turn {
    pub lane: String,
    pub key: i64,
    pub job: JobId,
    pub after: After,
}

pub(super) enum After {
    Nothing,
    RestJob(Duration),
    RestLane(Option<Duration>),
    RestCarrier(Duration),
    /// The store could not be written: try again later.
    StoreTrouble,
    Limited(Duration),
}

/// One step of one job, from the limit to the written result.
pub(super) struct OneTurn<C> {
    pub carrier: Arc<C>,
    pub store: Store,
    pub clock: Clock,
    pub chance: Chance,
    pub limit: Arc<Window>,
    pub head: Head,
    pub stop: CancellationToken,
}

impl<C: Carrier> OneTurn<C> {
    pub async fn run(self) -> Turn {
        let after = match self.step().await {
            Ok(after) => after,
            Err(error) => {
                tracing::error!(carrier = self.carrier.name(), job = %self.head.id, %error, "a delivery could not be written down");
                After::StoreTrouble
            }
        };
        Turn {
            lane: self.head.lane,
            key: self.head.key,
            job: self.head.id,
            after,
        }
    }

    async fn step(&self) -> Result<After, Error> {
        // Jobs are joined only when the way is free: what waits meanwhile goes together.
        let wait = self.limit.wait(1);
        if !wait.is_zero() {
            return Ok(After::Limited(wait));
        }
        let Some(job) = self.next_job().await? else {
            return Ok(After::Nothing);
        };
        let cost = self.carrier.cost(&job);
        let wait = self.limit.wait(cost);
        if !wait.is_zero() {
            return Ok(After::Limited(wait));
        }
        let id = job.id;
        let Some(row) = self.store.write(move |tx| tx.begin_job(id)).await? else {
            return Ok(After::Nothing);
        };
        self.limit.spend(cost);
        let outcome = self.carry(&row).await;
        self.limit.answered();
        self.count(&row, &outcome);
        self.write_down_surely(row, outcome).await
    }

    /// What happened outside must not be forgotten because the disk is full right now: without the note a sent
    /// post would wait for the next start as one that nobody knows about.
    async fn write_down_surely(&self, row: JobRow, outcome: Outcome) -> Result<After, Error> {
        loop {
            match self.write_down(row.clone(), outcome.clone()).await {
                Err(error) if error.kind != Kind::ShuttingDown && !self.stop.is_cancelled() => {
                    tracing::error!(carrier = self.carrier.name(), job = %row.id, %error, "a delivery could not be written down; tried again");
                    tokio::select! {
                        () = self.stop.cancelled() => {}
                        () = self.clock.sleep(STORE_PAUSE) => {}
                    }
                }
                written => return written,
            }
        }
    }

    /// The head, joined with what waits behind it where the carrier wishes so.
    async fn next_job(&self) -> Result<Option<Job>, Error> {
        let (name, lane, key) = (self.carrier.name(), self.head.lane.clone(), self.head.key);
        let mut jobs = self
            .store
            .read(move |r| r.fresh_jobs(name, &lane, key))
            .await?;
        if self.head.uncertain || jobs.first().is_none_or(|first| first.id != self.head.id) {
            // An uncertain head is repeated as it was.
            return self.stored_head().await;
        }
        let joined: Vec<Job> = jobs
            .iter()
            .map(hand_on)
            .take_while(|job| self.carrier.joins(job))
            .collect();
        let others: Vec<JobId> = joined.iter().skip(1).map(|job| job.id).collect();
        if !joined.is_empty()
            && let Some((kind, payload)) = self.carrier.join(joined).await
        {
            let first = self.head.id;
            self.store
                .write(move |tx| tx.join_jobs(first, &others, &kind, &payload))
                .await?;
            return self.stored_head().await;
        }
        Ok(Some(hand_on(&jobs.swap_remove(0))))
    }

    async fn stored_head(&self) -> Result<Option<Job>, Error> {
        let id = self.head.id;
        Ok(self
            .store
            .read(move |r| r.job(id))
            .await?
            .as_ref()
            .map(hand_on))
    }

    fn count(&self, row: &JobRow, outcome: &Outcome) {
        let carrier = self.carrier.name();
        let labels = [("carrier", carrier), ("outcome", outcome.word())];
        metrics::counter!("relaydesk_delivery_steps_total", &labels).increment(1);
        if matches!(outcome, Outcome::Delivered(_)) {
            let age = (self.clock.now() - row.created_at).as_seconds_f64();
            metrics::histogram!("relaydesk_delivery_seconds", "carrier" => carrier)
                .record(age.max(0.0));
        }
    }

    async fn carry(&self, row: &JobRow) -> Outcome {
        let carrying = self.carrier.carry(hand_on(row));
        AssertUnwindSafe(carrying)
            .catch_unwind()
            .await
            .unwrap_or_else(|_| {
                let reason = "a panic while sending; see the log".to_owned();
                match self.carrier.passes_over() {
                    true => Outcome::Uncertain { reason },
                    false => Outcome::Refused { reason },
                }
            })
    }

    async fn write_down(&self, row: JobRow, outcome: Outcome) -> Result<After, Error> {
        let (id, about) = (row.id, (row.ticket, row.message));
        let wall = self.clock.now();
        match outcome {
            Outcome::Delivered(receipt) => {
                self.store
                    .write(move |tx| {
                        keep_receipt(tx, about, receipt)?;
                        tx.end_job(id)
                    })
                    .await?;
                Ok(After::Nothing)
            }
            Outcome::Progress { receipt, payload } => {
                self.store
                    .write(move |tx| {
                        keep_receipt(tx, about, receipt)?;
                        tx.advance_job(id, &payload)
                    })
                    .await?;
                Ok(After::Nothing)
            }
            Outcome::Dropped { reason } => {
                tracing::info!(carrier = self.carrier.name(), job = %id, reason, "a delivery is no longer wanted");
                self.store.write(move |tx| tx.end_job(id)).await?;
                Ok(After::Nothing)
            }
            Outcome::Refused { reason } => self.kill(id, reason).await,
            Outcome::Uncertain { reason } if row.uncertain > 0 => {
                self.kill(id, format!("uncertain twice: {reason}")).await
            }
            Outcome::Uncertain { reason } => {
                let wait = self.seconds(UNCERTAIN_WAIT);
                tracing::warn!(carrier = self.carrier.name(), job = %id, reason, seconds = wait.as_secs(), "nobody knows whether this arrived; it is repeated once");
                self.store
                    .write(move |tx| tx.job_uncertain(id, wall + wait, &reason))
                    .await?;
                Ok(After::RestJob(wait))
            }
            Outcome::Retry {
                scope,
                after,
                reason,
            } => self.retry(row, scope, after, reason).await,
        }
    }

    async fn retry(
        &self,
        row: JobRow,
        scope: Scope,
        after: Option<Duration>,
        reason: String,
    ) -> Result<After, Error> {
        let age = (self.clock.now() - row.created_at)
            .to_std()
            .unwrap_or_default();
        if scope != Scope::Lane && age >= self.carrier.max_age() {
            return self
                .kill(
                    row.id,
                    format!("given up after {} h: {reason}", age.as_secs() / 3600),
                )
                .await;
        }
        let wait = after.unwrap_or_else(|| backoff(row.attempts, self.chance));
        tracing::warn!(carrier = self.carrier.name(), job = %row.id, reason, ?scope, seconds = wait.as_secs(), "a delivery failed and is tried again");
        let (id, due_at) = (row.id, self.clock.now() + wait);
        self.store
            .write(move |tx| tx.retry_job(id, due_at, &reason, scope == Scope::Job))
            .await?;
        Ok(match scope {
            Scope::Job => After::RestJob(wait),
            Scope::Lane => After::RestLane(after),
            Scope::Carrier => After::RestCarrier(wait),
        })
    }

    async fn kill(&self, id: JobId, reason: String) -> Result<After, Error> {
        metrics::counter!("relaydesk_deliveries_dead_total", "carrier" => self.carrier.name())
            .increment(1);
        tracing::error!(carrier = self.carrier.name(), job = %id, reason, "a delivery is dead; `relaydesk outbox` shows and replays it");
        self.store.write(move |tx| tx.kill_job(id, &reason)).await?;
        Ok(After::Nothing)
    }

    fn seconds(&self, (low, high): (u64, u64)) -> Duration {
        Duration::from_millis(self.chance.between(low * 1000, high * 1000))
    }
}

fn hand_on(row: &JobRow) -> Job {
    Job {
        id: row.id,
        lane: row.lane.clone(),
        kind: row.kind.clone(),
        ticket: row.ticket,
        message: row.message,
        device: row.device,
        payload: row.payload.clone(),
        attempts: row.attempts,
        uncertain: row.uncertain > 0,
    }
}

fn keep_receipt(
    tx: &mut crate::store::Tx,
    (ticket, message): (Option<TicketId>, Option<MessageId>),
    receipt: Option<Receipt>,
) -> Result<(), Error> {
    let (Some(ticket), Some(receipt)) = (ticket, receipt) else {
        return Ok(());
    };
    for post in &receipt.message_ids {
        tx.map_post(receipt.chat_id, *post, ticket, None)?;
    }
    let first = receipt.message_ids.first().filter(|_| receipt.shows);
    match (message, first) {
        (Some(message), Some(post)) => tx.map_shown(receipt.chat_id, *post, ticket, message),
        _ => Ok(()),
    }
}

/// 1, 2, 4 … seconds up to a minute, half of it by chance, so that many do not come back as one.
pub(super) fn backoff(failures: u32, chance: Chance) -> Duration {
    let most = 1000u64
        .saturating_mul(1u64 << failures.saturating_sub(1).min(10))
        .min(LONGEST_BACKOFF * 1000);
    Duration::from_millis(chance.between(most / 2, most))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::delivery::Engine;
    use crate::store::{NewJob, Purpose};

    /// Delivers, and while it does so the database stops taking deletions.
    struct Clumsy {
        database: std::path::PathBuf,
    }

    impl Clumsy {
        fn behind_the_stores_back(&self, sql: &str) {
            let connection = rusqlite::Connection::open(&self.database).unwrap();
            connection.execute_batch(sql).unwrap();
        }
    }

    impl Carrier for Clumsy {
        fn name(&self) -> &'static str {
            "clumsy"
        }
        fn parallel(&self) -> usize {
            1
        }
        async fn join(&self, _: Vec<Job>) -> Option<(String, Value)> {
            None
        }
        async fn carry(&self, job: Job) -> Outcome {
            assert_eq!(job.attempts, 1, "carried twice");
            self.behind_the_stores_back(
                "CREATE TRIGGER full BEFORE DELETE ON outbox BEGIN SELECT RAISE(ABORT, 'no room'); END",
            );
            Outcome::Delivered(None)
        }
    }

    #[tokio::test]
    async fn what_could_not_be_written_down_is_written_down_later_and_not_sent_again() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("desk.db");
        let clock = Clock::fake("2026-03-01T12:00:00Z".parse().unwrap());
        let store = Store::open(&database, Purpose::Serve, clock.clone(), Chance).unwrap();
        let carrier = Arc::new(Clumsy { database });
        let add = |tx: &mut crate::store::Tx| {
            tx.add_job(&NewJob {
                carrier: "clumsy",
                lane: "lane",
                key: 1,
                kind: "kind",
                ticket: None,
                message: None,
                device: None,
                payload: Value::Null,
            })
        };
        store.write(add).await.unwrap();
        let stop = CancellationToken::new();
        let engine = Engine::new(Arc::clone(&carrier), store.clone(), clock.clone(), Chance);
        let running = tokio::spawn(engine.run(stop.clone()));
        let now = clock.now();
        let waiting = async || {
            store
                .read(move |r| r.queue_state(now))
                .await
                .unwrap()
                .waiting
        };
        for _ in 0..50 {
            clock.advance(Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert_eq!(waiting().await, 1, "it can not be written down yet");
        carrier.behind_the_stores_back("DROP TRIGGER full");
        let patience = tokio::time::Instant::now() + Duration::from_secs(20);
        while waiting().await > 0 {
            assert!(
                tokio::time::Instant::now() < patience,
                "it is never written down"
            );
            clock.advance(Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        stop.cancel();
        running.await.unwrap().unwrap();
    }
}
