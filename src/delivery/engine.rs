//! The loop: whose turn it is, and who rests. What happens in a turn is `turn`'s.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::turn::{After, OneTurn, Turn, backoff};
use super::{Carrier, Window};
use crate::domain::clock::Clock;
use crate::domain::error::Error;
use crate::domain::ids::{Chance, JobId};
use crate::store::{Head, Store};

/// How long an uncertain send waits before its one repetition, in seconds.
pub(super) const UNCERTAIN_WAIT: (u64, u64) = (60, 120);
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
    /// What the last look found ready and had no place for yet, the oldest first, at most one of a lane: looking
    /// again after each turn would cost the square of what waits.
    ready: VecDeque<Head>,
    /// The key each lane served last; the next larger one has its turn.
    served: HashMap<String, i64>,
    lane_failures: HashMap<String, u32>,
    stop: CancellationToken,
}

#[derive(Default)]
struct Rest {
    jobs: HashMap<JobId, Duration>,
    lanes: HashMap<String, Duration>,
    carrier: Duration,
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
            ready: VecDeque::new(),
            served: HashMap::new(),
            lane_failures: HashMap::new(),
            stop: CancellationToken::new(),
        }
    }

    /// Runs until `stop`, then lets the turns in flight end.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), Error> {
        self.stop = stop.clone();
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
        let passes_over = self.carrier.passes_over();
        let wait = self.chance.between(UNCERTAIN_WAIT.0, UNCERTAIN_WAIT.1);
        let recovered = self
            .store
            .write(move |tx| {
                // A wall clock set back while the server was down must not put anything off for long.
                tx.clamp_due(name, chrono::Duration::seconds(120))?;
                if passes_over {
                    return tx.recover_to_pass_over(name);
                }
                let again_at = tx.now() + Duration::from_secs(wait);
                tx.recover_jobs(name, harmless, again_at)
            })
            .await?;
        if recovered > 0 {
            tracing::warn!(
                carrier = name,
                jobs = recovered,
                passes_over,
                "sends were cut by the last stop; they are repeated once, or passed over where nothing may come twice"
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

    /// Fills each group's window with what was posted there in the last stretch, so that a restart breaks no limit.
    async fn remember_spent(&mut self) -> Result<(), Error> {
        let Some((_, per)) = self.carrier.lane_limit() else {
            return Ok(());
        };
        let now = self.clock.now();
        let posted = self.store.read(move |r| r.posts_since(now - per)).await?;
        let mut lanes: HashMap<i64, Option<String>> = HashMap::new();
        for (chat, at) in posted {
            if let Entry::Vacant(unknown) = lanes.entry(chat) {
                unknown.insert(self.carrier.lane_of_chat(chat).await);
            }
            if let Some(Some(lane)) = lanes.get(&chat) {
                let window = self.limit(lane);
                window.remember(1, (now - at).to_std().unwrap_or_default());
            }
        }
        Ok(())
    }

    async fn heads(&self) -> Result<Vec<Head>, Error> {
        let name = self.carrier.name();
        self.store.read(move |r| r.heads(name)).await
    }

    fn limit(&mut self, lane: &str) -> Arc<Window> {
        let (clock, limit) = (self.clock.clone(), self.carrier.lane_limit());
        if limit.is_none() {
            return Arc::new(Window::new(clock, None));
        }
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
            self.ready.clear();
            return self.rest.carrier - now;
        }
        self.start_ready(turns, now);
        if turns.len() >= self.carrier.parallel() {
            return IDLE_LOOK;
        }
        if let Some(pause) = self.all_rest(now).await {
            return pause;
        }
        let heads = match self.heads().await {
            Ok(heads) => heads,
            Err(error) => {
                tracing::error!(carrier = self.carrier.name(), %error, "the outbox can not be read");
                return Duration::from_secs(1);
            }
        };
        let pause = self.find_ready(&heads, now);
        self.start_ready(turns, now);
        pause
    }

    /// How long to rest where every lane that has work rests or is busy: there is nothing to look for then, however
    /// much comes in meanwhile.
    async fn all_rest(&self, now: Duration) -> Option<Duration> {
        // Only while something rests; else the heads are asked for anyway.
        let rests = self.rest.lanes.values().any(|until| *until > now);
        let idle = !rests && self.in_flight.is_empty();
        if !self.carrier.has_few_lanes() || idle {
            return None;
        }
        let name = self.carrier.name();
        let lanes = self.store.read(move |r| r.lanes(name)).await.ok()?;
        let mut pause = IDLE_LOOK;
        for lane in lanes {
            let until = self.rest.lanes.get(&lane).copied().unwrap_or_default();
            match until > now {
                true => pause = pause.min(until - now),
                false if self.in_flight.contains(&lane) => {}
                false => return None,
            }
        }
        Some(pause)
    }

    /// Starts what is ready for as long as there is place.
    fn start_ready(&mut self, turns: &mut JoinSet<Turn>, now: Duration) {
        while turns.len() < self.carrier.parallel() {
            let Some(head) = self.ready.pop_front() else {
                return;
            };
            if !self.in_flight.contains(&head.lane) && self.rests_for(&head, now).is_none() {
                self.start_turn(turns, &head);
            }
        }
    }

    /// Picks whose turn it is in each free lane; how long the soonest of the others rests.
    fn find_ready(&mut self, heads: &[Head], now: Duration) -> Duration {
        self.forget_rests(heads, now);
        let mut pause = IDLE_LOOK;
        let mut ready: HashMap<&str, Vec<&Head>> = HashMap::new();
        for head in heads {
            match self.rests_for(head, now) {
                Some(rest) => pause = pause.min(rest),
                None if self.in_flight.contains(&head.lane) => {}
                None => ready.entry(&head.lane).or_default().push(head),
            }
        }
        let mut lanes: Vec<_> = ready.into_values().collect();
        lanes.sort_by_key(|heads| heads.first().map(|head| head.id));
        let next = lanes.iter().filter_map(|heads| self.next_in_turn(heads));
        self.ready = next.cloned().collect();
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
        // Devices come and go: a lane where nothing waits is not remembered.
        let waiting: HashSet<&str> = heads.iter().map(|head| head.lane.as_str()).collect();
        self.served
            .retain(|lane, _| waiting.contains(lane.as_str()));
        // Nor what was sent there, once it no longer counts.
        let in_flight = &self.in_flight;
        self.limits.retain(|lane, window| {
            waiting.contains(lane.as_str()) || in_flight.contains(lane) || !window.is_empty()
        });
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
            stop: self.stop.clone(),
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
