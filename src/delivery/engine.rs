//! The loop that claims heads, carries them and writes down what came of it.

use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Carrier, Job, Outcome, Receipt, Scope, Window};
use crate::domain::clock::Clock;
use crate::domain::error::Error;
use crate::domain::ids::{Chance, JobId};
use crate::store::{Head, JobRow, Store};

/// How long an uncertain send waits before its one repetition, in seconds.
const UNCERTAIN_WAIT: (u64, u64) = (60, 120);
/// The longest backoff between two tries, in seconds.
const LONGEST_BACKOFF: u64 = 60;
/// How often the outbox is looked at without a signal (a command line may have changed it).
const IDLE_LOOK: Duration = Duration::from_secs(15);

/// Empties a carrier's part of the outbox until it is stopped.
pub struct Engine<C> {
    carrier: Arc<C>,
    store: Store,
    clock: Clock,
    chance: Chance,
    limits: HashMap<String, Arc<Window>>,
    /// Monotonic times before which a job, a lane or everything rests.
    rest: Rest,
    in_flight: HashSet<String>,
    /// The key each lane served last; the next larger one has its turn.
    served: HashMap<String, i64>,
    lane_failures: HashMap<String, u32>,
}

#[derive(Default)]
struct Rest {
    jobs: HashMap<JobId, Duration>,
    lanes: HashMap<String, Duration>,
    carrier: Duration,
}

/// A turn that ended: its lane, and what it means for the rests.
struct Turn {
    lane: String,
    key: i64,
    job: JobId,
    after: After,
}

enum After {
    Nothing,
    RestJob(Duration),
    RestLane(Option<Duration>),
    RestCarrier(Duration),
    /// The store could not be written: try again later.
    StoreTrouble,
    Limited(Duration),
}

impl<C: Carrier> Engine<C> {
    pub fn new(carrier: Arc<C>, store: Store, clock: Clock, chance: Chance) -> Self {
        Self {
            carrier,
            store,
            clock,
            chance,
            limits: HashMap::new(),
            rest: Rest::default(),
            in_flight: HashSet::new(),
            served: HashMap::new(),
            lane_failures: HashMap::new(),
        }
    }

    /// Runs until `stop`, then lets the turns in flight end.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), Error> {
        let mut commits = self.store.signals().outbox.subscribe();
        self.recover().await?;
        let mut turns: JoinSet<Turn> = JoinSet::new();
        loop {
            commits.borrow_and_update();
            let pause = self.start_turns(&mut turns).await;
            tokio::select! {
                () = stop.cancelled() => break,
                _ = commits.changed() => {}
                () = self.clock.sleep(pause) => {}
                Some(turn) = turns.join_next() => self.end_turn(turn),
            }
        }
        while let Some(turn) = turns.join_next().await {
            self.end_turn(turn);
        }
        Ok(())
    }

    /// Takes up what an earlier process left behind.
    async fn recover(&mut self) -> Result<(), Error> {
        let name = self.carrier.name();
        let harmless = self.carrier.twice_is_harmless();
        let wait = self.chance.between(UNCERTAIN_WAIT.0, UNCERTAIN_WAIT.1);
        let recovered = self
            .store
            .write(move |tx| {
                // A wall clock set back while the server was down must not put anything off for long.
                tx.clamp_due(name, chrono::Duration::seconds(120))?;
                let again_at = tx.now() + Duration::from_secs(wait);
                tx.recover_jobs(name, harmless, again_at)
            })
            .await?;
        if recovered > 0 {
            tracing::warn!(
                carrier = name,
                jobs = recovered,
                "sends were cut by the last stop; they are repeated once"
            );
        }
        let heads = self.heads().await?;
        let (wall, now) = (self.clock.now(), self.clock.monotonic());
        for head in heads {
            if let Some(due) = head.due_at {
                let wait = (due - wall).to_std().unwrap_or_default();
                self.rest.jobs.insert(head.id, now + wait);
            }
        }
        self.remember_spent().await
    }

    /// Fills the group's window with what was posted in the last stretch, so that a restart breaks no limit.
    async fn remember_spent(&mut self) -> Result<(), Error> {
        let Some((_, per)) = self.carrier.lane_limit() else {
            return Ok(());
        };
        let now = self.clock.now();
        let posted = self.store.read(move |r| r.posts_since(now - per)).await?;
        let window = self.limit(self.carrier.name());
        for at in posted {
            window.remember(1, (now - at).to_std().unwrap_or_default());
        }
        Ok(())
    }

    async fn heads(&self) -> Result<Vec<Head>, Error> {
        let name = self.carrier.name();
        self.store.read(move |r| r.heads(name)).await
    }

    fn limit(&mut self, lane: &str) -> Arc<Window> {
        let (clock, limit) = (self.clock.clone(), self.carrier.lane_limit());
        Arc::clone(
            self.limits
                .entry(lane.to_owned())
                .or_insert_with(|| Arc::new(Window::new(clock, limit))),
        )
    }

    /// Starts a turn in every lane that can take one; how long to rest at most until the next look.
    async fn start_turns(&mut self, turns: &mut JoinSet<Turn>) -> Duration {
        if turns.len() >= self.carrier.parallel() {
            return IDLE_LOOK;
        }
        let now = self.clock.monotonic();
        if self.rest.carrier > now {
            return self.rest.carrier - now;
        }
        // With one lane there is nothing to look for while it rests, however much comes in meanwhile.
        let resting = self.rest.lanes.values().filter(|until| **until > now).min();
        if let (1, Some(until)) = (self.carrier.parallel(), resting) {
            return *until - now;
        }
        let heads = match self.heads().await {
            Ok(heads) => heads,
            Err(error) => {
                tracing::error!(carrier = self.carrier.name(), %error, "the outbox can not be read");
                return Duration::from_secs(1);
            }
        };
        self.forget_rests(&heads, now);
        let mut pause = IDLE_LOOK;
        let mut ready: HashMap<&str, Vec<&Head>> = HashMap::new();
        for head in &heads {
            match self.rests_for(head, now) {
                Some(rest) => pause = pause.min(rest),
                None if self.in_flight.contains(&head.lane) => {}
                None => ready.entry(&head.lane).or_default().push(head),
            }
        }
        let mut lanes: Vec<_> = ready.into_values().collect();
        lanes.sort_by_key(|heads| heads.first().map(|head| head.id));
        for heads in lanes {
            if turns.len() >= self.carrier.parallel() {
                break;
            }
            if let Some(head) = self.next_in_turn(&heads) {
                self.start_turn(turns, head);
            }
        }
        pause
    }

    fn rests_for(&self, head: &Head, now: Duration) -> Option<Duration> {
        let job = self.rest.jobs.get(&head.id).copied().unwrap_or_default();
        let lane = self.rest.lanes.get(&head.lane).copied().unwrap_or_default();
        let until = job.max(lane);
        (until > now).then(|| until - now)
    }

    fn forget_rests(&mut self, heads: &[Head], now: Duration) {
        let alive: HashSet<JobId> = heads.iter().map(|head| head.id).collect();
        self.rest
            .jobs
            .retain(|id, until| *until > now && alive.contains(id));
        self.rest.lanes.retain(|_, until| *until > now);
    }

    /// Round robin: the smallest key above the one served last, else the smallest.
    fn next_in_turn<'h>(&self, heads: &[&'h Head]) -> Option<&'h Head> {
        let last = self.served.get(heads.first()?.lane.as_str()).copied();
        let above = heads
            .iter()
            .filter(|head| last.is_some_and(|last| head.key > last))
            .min_by_key(|head| head.key);
        above
            .or_else(|| heads.iter().min_by_key(|head| head.key))
            .copied()
    }

    fn start_turn(&mut self, turns: &mut JoinSet<Turn>, head: &Head) {
        self.in_flight.insert(head.lane.clone());
        let limit = self.limit(&head.lane);
        let turn = OneTurn {
            carrier: Arc::clone(&self.carrier),
            store: self.store.clone(),
            clock: self.clock.clone(),
            chance: self.chance,
            limit,
            head: head.clone(),
        };
        turns.spawn(turn.run());
    }

    fn end_turn(&mut self, turn: Result<Turn, tokio::task::JoinError>) {
        let Turn {
            lane,
            key,
            job,
            after,
        } = match turn {
            Ok(turn) => turn,
            Err(error) => {
                // A turn catches its carrier's panics; this one is the engine's own, and its lane is unknown.
                tracing::error!(%error, carrier = self.carrier.name(), "a delivery turn was lost; its lane rests until the restart");
                return;
            }
        };
        self.in_flight.remove(&lane);
        // Who was only stopped by the limit is still the next.
        if !matches!(after, After::Limited(_)) {
            self.served.insert(lane.clone(), key);
        }
        let now = self.clock.monotonic();
        if !matches!(after, After::RestLane(None)) {
            self.lane_failures.remove(&lane);
        }
        match after {
            After::Nothing => {}
            After::RestJob(wait) => {
                self.rest.jobs.insert(job, now + wait);
            }
            After::RestLane(Some(wait)) | After::Limited(wait) => {
                self.rest.lanes.insert(lane, now + wait);
            }
            After::RestLane(None) => {
                let failures = self.lane_failures.entry(lane.clone()).or_default();
                *failures += 1;
                let wait = backoff(*failures, self.chance);
                self.rest.lanes.insert(lane, now + wait);
            }
            After::RestCarrier(wait) => self.rest.carrier = now + wait,
            After::StoreTrouble => {
                self.rest.lanes.insert(lane, now + Duration::from_secs(5));
            }
        }
    }
}

/// One step of one job, from the limit to the written result.
struct OneTurn<C> {
    carrier: Arc<C>,
    store: Store,
    clock: Clock,
    chance: Chance,
    limit: Arc<Window>,
    head: Head,
}

impl<C: Carrier> OneTurn<C> {
    async fn run(self) -> Turn {
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
        self.write_down(row, outcome).await
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
        if let Some((kind, payload)) = self.carrier.join(jobs.iter().map(hand_on).collect()).await {
            let first = self.head.id;
            let others: Vec<JobId> = jobs.iter().skip(1).map(|job| job.id).collect();
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

    async fn carry(&self, row: &JobRow) -> Outcome {
        let carrying = self.carrier.carry(hand_on(row), Arc::clone(&self.limit));
        AssertUnwindSafe(carrying)
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Outcome::Refused {
                reason: "a panic while sending; see the log".to_owned(),
            })
    }

    async fn write_down(&self, row: JobRow, outcome: Outcome) -> Result<After, Error> {
        let (id, ticket) = (row.id, row.ticket);
        let wall = self.clock.now();
        match outcome {
            Outcome::Delivered(receipt) => {
                self.store
                    .write(move |tx| {
                        keep_receipt(tx, ticket, receipt)?;
                        tx.end_job(id)
                    })
                    .await?;
                Ok(After::Nothing)
            }
            Outcome::Progress { receipt, payload } => {
                self.store
                    .write(move |tx| {
                        keep_receipt(tx, ticket, receipt)?;
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
        kind: row.kind.clone(),
        ticket: row.ticket,
        message: row.message,
        device: row.device,
        payload: row.payload.clone(),
        attempts: row.attempts,
    }
}

fn keep_receipt(
    tx: &mut crate::store::Tx,
    ticket: Option<crate::domain::ids::TicketId>,
    receipt: Option<Receipt>,
) -> Result<(), Error> {
    if let (Some(ticket), Some(receipt)) = (ticket, receipt) {
        for message in receipt.message_ids {
            tx.map_post(receipt.chat_id, message, ticket, None)?;
        }
    }
    Ok(())
}

/// 1, 2, 4 … seconds up to a minute, half of it by chance, so that many do not come back as one.
fn backoff(failures: u32, chance: Chance) -> Duration {
    let most = 1000u64
        .saturating_mul(1u64 << failures.saturating_sub(1).min(10))
        .min(LONGEST_BACKOFF * 1000);
    Duration::from_millis(chance.between(most / 2, most))
}
