//! The one writer: drains the queue, runs each piece of work in a savepoint of one transaction,
//! commits once, then answers all. One fsync serves everybody who waits for it.

use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::Signals;
use super::reader::Reading;
use crate::domain::clock::Clock;
use crate::domain::error::{Error, Kind};
use crate::domain::event::Event;
use crate::domain::ids::Chance;

/// The most pieces of work in one commit: bounds how long the first of them waits.
const GROUP: usize = 256;
/// How many may queue before callers wait.
const QUEUE: usize = 4096;

pub struct Writer {
    queue: mpsc::Sender<Box<dyn Work>>,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
    stop: tokio_util::sync::CancellationToken,
}

/// A transaction to work in: everything of [`Reading`], and what changes rows.
pub struct Tx<'a> {
    reading: Reading<'a>,
    now: DateTime<Utc>,
    chance: Chance,
    pub(super) effects: Effects,
}

/// What is told after the commit.
#[derive(Default)]
pub(super) struct Effects {
    pub events: Vec<Event>,
    pub outbox: bool,
    pub inbox: bool,
    pub committed: Vec<Box<dyn FnOnce() + Send>>,
}

impl<'a> Deref for Tx<'a> {
    type Target = Reading<'a>;
    fn deref(&self) -> &Reading<'a> {
        &self.reading
    }
}

impl Tx<'_> {
    /// Wall time of this piece of work.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    pub fn chance(&self) -> Chance {
        self.chance
    }

    /// Writes a page without changing anything, so that a full or read-only disk shows.
    pub fn touch_disk(&mut self) -> Result<(), Error> {
        let version: i64 = self
            .reading
            .prepare("PRAGMA application_id")?
            .query_row([], |row| row.get(0))?;
        self.reading
            .0
            .pragma_update(None, "application_id", version)?;
        Ok(())
    }

    /// Runs `then` once this is durable; drops it when the changes are undone.
    pub fn when_durable(&mut self, then: impl FnOnce() + Send + 'static) {
        self.effects.committed.push(Box::new(then));
    }

    /// Tells everybody who listens, once this is durable.
    pub fn emit(&mut self, event: Event) {
        self.effects.events.push(event);
    }
}

impl Writer {
    pub fn start(
        connection: Connection,
        clock: Clock,
        chance: Chance,
        signals: Arc<Signals>,
    ) -> Result<Self, String> {
        let (queue, incoming) = mpsc::channel(QUEUE);
        let stop = tokio_util::sync::CancellationToken::new();
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || {
                Loop {
                    connection,
                    clock,
                    chance,
                    signals,
                }
                .run(incoming);
            })
            .map_err(|error| format!("can not start the writer thread: {error}"))?;
        Ok(Self {
            queue,
            thread: Mutex::new(Some(thread)),
            stop,
        })
    }

    pub async fn run<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx) -> Result<T, Error> + Send + 'static,
    {
        let closed = || Error::new(Kind::ShuttingDown, "shutting_down");
        if self.stop.is_cancelled() {
            return Err(closed());
        }
        let (reply, answer) = oneshot::channel();
        let piece = Piece {
            work: Some(work),
            result: None,
            reply,
        };
        self.queue
            .send(Box::new(piece))
            .await
            .map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    /// Waits until the thread takes no more work, which before the stop should never be.
    pub async fn ended(&self) {
        self.queue.closed().await;
    }

    /// Finishes what is queued and closes the database.
    pub async fn close(&self) {
        self.stop.cancel();
        // Wakes the thread; whoever queued before this is still served.
        let last = Piece {
            work: Some(|_: &mut Tx| Ok(())),
            result: None,
            reply: oneshot::channel().0,
        };
        let _ = self.queue.send(Box::new(Last(Box::new(last)))).await;
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            let joined = tokio::task::spawn_blocking(move || thread.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!("the writer thread ended in a panic");
            }
        }
    }
}

/// A queued piece of work, whatever it returns.
trait Work: Send {
    /// Runs it; false when its changes must be undone.
    fn run(&mut self, tx: &mut Tx) -> bool;
    /// Answers the caller once the fate of the commit is known.
    fn answer(self: Box<Self>, commit: Result<(), Error>);
    fn is_last(&self) -> bool {
        false
    }
}

struct Piece<T, F> {
    work: Option<F>,
    result: Option<Result<T, Error>>,
    reply: oneshot::Sender<Result<T, Error>>,
}

impl<T, F> Work for Piece<T, F>
where
    T: Send + 'static,
    F: FnOnce(&mut Tx) -> Result<T, Error> + Send + 'static,
{
    fn run(&mut self, tx: &mut Tx) -> bool {
        let Some(work) = self.work.take() else {
            return false;
        };
        let result = catch_unwind(AssertUnwindSafe(|| work(tx)))
            .unwrap_or_else(|_| Err(Error::internal("a panic in a transaction")));
        let ok = result.is_ok();
        self.result = Some(result);
        ok
    }

    fn answer(mut self: Box<Self>, commit: Result<(), Error>) {
        let result = match (commit, self.result.take()) {
            (_, Some(Err(own))) => Err(own),
            (Err(failed), _) => Err(failed),
            (Ok(()), Some(done)) => done,
            (Ok(()), None) => Err(Error::internal("a piece of work did not run")),
        };
        // The caller may have gone away; what it asked for is done all the same.
        let _ = self.reply.send(result);
    }
}

struct Last(Box<dyn Work>);

impl Work for Last {
    fn run(&mut self, tx: &mut Tx) -> bool {
        self.0.run(tx)
    }
    fn answer(self: Box<Self>, commit: Result<(), Error>) {
        self.0.answer(commit);
    }
    fn is_last(&self) -> bool {
        true
    }
}

struct Loop {
    connection: Connection,
    clock: Clock,
    chance: Chance,
    signals: Arc<Signals>,
}

impl Loop {
    fn run(self, mut incoming: mpsc::Receiver<Box<dyn Work>>) {
        let mut group = Vec::with_capacity(GROUP);
        while incoming.blocking_recv_many(&mut group, GROUP) > 0 {
            let last = group.iter().any(|work| work.is_last());
            self.commit(group.drain(..));
            if last && incoming.is_empty() {
                break;
            }
        }
        incoming.close();
        // Moves the log into the database file, so that the file alone is a whole copy.
        if let Err(error) = self
            .connection
            .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
        {
            tracing::warn!(%error, "the last checkpoint failed; the next start will do it");
        }
    }

    /// One group: all of it is durable, or the caller of each piece is told why not.
    fn commit(&self, group: impl Iterator<Item = Box<dyn Work>>) {
        let mut done: Vec<Box<dyn Work>> = Vec::new();
        let mut effects = Effects::default();
        let mut begun = self.begin();
        for mut work in group {
            if begun.is_ok() {
                self.run_one(work.as_mut(), &mut effects);
                // A full disk or an I/O error makes SQLite undo the whole transaction by itself.
                if self.connection.is_autocommit() {
                    begun = Err(Error::new(Kind::StorageFull, "storage_full"));
                }
            }
            done.push(work);
        }
        let pieces = done.len();
        let began = self.clock.monotonic();
        let outcome = begun.and_then(|()| self.end());
        let took = self.clock.monotonic().saturating_sub(began);
        metrics::histogram!("relaydesk_commit_seconds").record(took);
        metrics::counter!("relaydesk_writes_total").increment(pieces as u64);
        if outcome.is_ok() {
            self.tell(effects);
        }
        for work in done {
            work.answer(outcome.clone());
        }
    }

    fn begin(&self) -> Result<(), Error> {
        Ok(self.connection.execute_batch("BEGIN IMMEDIATE")?)
    }

    fn end(&self) -> Result<(), Error> {
        self.connection.execute_batch("COMMIT").map_err(|error| {
            if !self.connection.is_autocommit() {
                let _ = self.connection.execute_batch("ROLLBACK");
            }
            tracing::error!(%error, "a commit failed; nothing of it was acknowledged");
            error.into()
        })
    }

    fn run_one(&self, work: &mut dyn Work, effects: &mut Effects) {
        let mut tx = Tx {
            reading: Reading(&self.connection),
            now: self.clock.now(),
            chance: self.chance,
            effects: Effects::default(),
        };
        if let Err(error) = self.savepoint("SAVEPOINT piece") {
            tracing::error!(%error, "no savepoint");
            return;
        }
        let ok = work.run(&mut tx);
        let own = std::mem::take(&mut tx.effects);
        if ok {
            effects.events.extend(own.events);
            effects.outbox |= own.outbox;
            effects.inbox |= own.inbox;
            effects.committed.extend(own.committed);
        } else if !self.connection.is_autocommit() {
            let _ = self.savepoint("ROLLBACK TO piece");
        }
        if !self.connection.is_autocommit() {
            let _ = self.savepoint("RELEASE piece");
        }
    }

    fn savepoint(&self, sql: &'static str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(drop)
    }

    fn tell(&self, effects: Effects) {
        effects.committed.into_iter().for_each(|then| then());
        for event in effects.events {
            if let Event::MessageCreated(message) = &event {
                let direction = message.direction.as_str();
                metrics::counter!("relaydesk_messages_total", "direction" => direction)
                    .increment(1);
            }
            // Nobody listening is no fault.
            let _ = self.signals.events.send(Arc::new(event));
        }
        if effects.outbox {
            self.signals.outbox.send_modify(|commits| *commits += 1);
        }
        if effects.inbox {
            self.signals.inbox.notify_one();
        }
    }
}

#[cfg(test)]
mod tests;
