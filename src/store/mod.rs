//! SQLite and nothing but. One writer thread owns the only read-write connection and commits in
//! groups; reads come from a pool. Nobody above sees rusqlite. No network, no rules of the desk.

mod agent_names;
mod agents;
mod backup;
mod broadcasts;
mod canned;
mod categories;
mod contact_book;
mod contacts;
mod dead;
mod desk_settings;
mod devices;
mod dialogues;
mod error;
mod groups;
mod helpdesk;
mod inbox;
mod links;
mod lock;
mod log;
mod mapping;
mod messages;
mod migrations;
mod open;
mod outbox;
#[cfg(test)]
mod plan_tests;
mod ratings;
mod reader;
mod reports;
mod search;
mod sessions;
mod staff_sessions;
mod ticket_list;
mod ticket_page;
mod tickets;
mod writer;

use std::path::Path;
use std::sync::Arc;

use tokio::sync::{Notify, broadcast, watch};

use crate::domain::clock::Clock;
use crate::domain::error::Error;
use crate::domain::event::Event;
use crate::domain::ids::Chance;

pub use agents::AgentChange;
pub use backup::{Copied, copy as copy_database};
pub use broadcasts::{BroadcastRow, NewBroadcast};
pub use canned::CannedRow;
pub use categories::{AgentCategory, CategoryChange};
pub use contact_book::ContactChange;
pub use contacts::{ContactRow, Profile};
pub use dead::DeadJob;
pub use desk_settings::LAST_BACKUP;
pub use devices::DeviceState;
pub use dialogues::{DialogueRow, TelegramPerson};
pub use groups::{DEFAULT_GROUP, TicketGroups};
pub use links::LinkTo;
pub use log::{NewEntry, NoteRow};
pub use messages::{HistoryCursor, NewMessage};
pub use outbox::{Head, JobRow, NewJob, QueueState};
pub use reader::Reading;
pub use reports::{AgentWork, Answered, ClosedTicket, CreatedTicket, FirstAnswer, Given, LogRow};
pub use search::Words;
pub use ticket_list::{TicketFilter, TicketOrder};
pub use tickets::{BeforeMessage, NewTicket, TicketTexts};
pub use writer::Tx;

/// Handle to the database; clones share it.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    writer: writer::Writer,
    readers: reader::Readers,
    signals: Arc<Signals>,
    /// Held for as long as the server runs, so that a second one refuses to start.
    _lock: Option<lock::Lock>,
}

/// What the store tells others after a commit.
pub struct Signals {
    pub events: broadcast::Sender<Arc<Event>>,
    /// Counts commits that added to the outbox; every engine watches it.
    pub outbox: watch::Sender<u64>,
    /// A row was added to the inbox.
    pub inbox: Notify,
}

/// Who opens the store: the server alone may hold it for long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Serve,
    Command,
}

impl Store {
    /// Opens or creates the database, brings its tables up to date and starts the writer.
    ///
    /// # Errors
    /// A sentence for the operator: no access, another instance, a newer database, corruption.
    pub fn open(
        path: &Path,
        purpose: Purpose,
        clock: Clock,
        chance: Chance,
    ) -> Result<Self, String> {
        let lock = match purpose {
            Purpose::Serve => Some(lock::Lock::take(path)?),
            Purpose::Command => None,
        };
        let mut connection = open::read_write(path)?;
        migrations::run(&mut connection)?;
        let signals = Arc::new(Signals {
            events: broadcast::Sender::new(4096),
            outbox: watch::Sender::new(0),
            inbox: Notify::new(),
        });
        let readers = reader::Readers::open(path)?;
        let writer = writer::Writer::start(connection, clock, chance, Arc::clone(&signals))?;
        Ok(Self(Arc::new(Inner {
            writer,
            readers,
            signals,
            _lock: lock,
        })))
    }

    /// Runs `work` in the next group commit; its result comes back once it is durable.
    ///
    /// # Errors
    /// What `work` returned (its changes are undone), or that the commit failed.
    pub async fn write<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx) -> Result<T, Error> + Send + 'static,
    {
        self.0.writer.run(work).await
    }

    /// Runs `work` on a read-only connection, on a blocking thread.
    ///
    /// # Errors
    /// What `work` returned.
    pub async fn read<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Reading) -> Result<T, Error> + Send + 'static,
    {
        self.0.readers.run(work).await
    }

    pub fn signals(&self) -> &Arc<Signals> {
        &self.0.signals
    }

    /// Waits until nothing can be written any more, which before [`Store::close`] should never be.
    pub async fn ended(&self) {
        self.0.writer.ended().await;
    }

    /// Stops the writer after what is queued, and moves the log into the database file.
    pub async fn close(&self) {
        self.0.writer.close().await;
    }
}
