//! How the parts are doing, in words an operator can act on.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::broadcasts::BROADCAST;
use super::private::PRIVATE;
use super::rights::{Action, Staff};
use super::{Desk, GROUP, PUSH};
use crate::domain::error::Error;
pub use crate::store::QueueState;
use crate::store::{LAST_BACKUP, TicketFilter};

/// The parts that `/ready` tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Database,
    Telegram,
    Push,
}

/// Troubles by part and by who saw them; a part without any is fine.
#[derive(Default)]
pub struct Health(Mutex<BTreeMap<(Part, String), String>>);

impl Health {
    /// Sets or clears what `source` knows to be wrong with a part.
    pub fn set(&self, part: Part, source: impl Into<String>, trouble: Option<String>) {
        let source = source.into();
        let mut troubles = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match trouble {
            Some(words) => {
                if troubles.get(&(part, source.clone())) != Some(&words) {
                    tracing::warn!(?part, source, reason = words, "a part is in trouble");
                }
                troubles.insert((part, source), words);
            }
            None => {
                if troubles.remove(&(part, source.clone())).is_some() {
                    tracing::info!(?part, source, "a part is well again");
                }
            }
        }
    }

    /// All troubles of a part in one line.
    pub fn trouble(&self, part: Part) -> Option<String> {
        let troubles = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let words: Vec<&str> = troubles
            .iter()
            .filter(|((of, _), _)| *of == part)
            .map(|(_, words)| words.as_str())
            .collect();
        (!words.is_empty()).then(|| words.join("; "))
    }
}

/// How things stand, for who watches from afar.
pub struct Standing {
    /// By carrier.
    pub queues: Vec<(&'static str, QueueState)>,
    /// Updates of Telegram that wait, and those that could not be handled.
    pub inbox: (i64, i64),
    pub open_tickets: i64,
    pub database_bytes: i64,
    /// Seconds since 1970.
    pub last_backup: Option<i64>,
}

impl Desk {
    /// # Errors
    /// `not_allowed`, or a failure of the store.
    pub async fn standing(&self, staff: &Staff) -> Result<Standing, Error> {
        staff.may(Action::ReadMetrics)?;
        let now = self.clock.now();
        self.store
            .read(move |r| {
                let carriers = [GROUP, PRIVATE, BROADCAST, PUSH].into_iter();
                let queues = carriers.map(|carrier| Ok((carrier, r.queue_of(carrier, now)?)));
                let open = TicketFilter {
                    resolved: Some(false),
                    ..TicketFilter::default()
                };
                let backup = r.desk_setting(LAST_BACKUP)?;
                let backup: Option<DateTime<Utc>> = backup.and_then(|at| at.parse().ok());
                Ok(Standing {
                    queues: queues.collect::<Result<_, Error>>()?,
                    inbox: r.inbox_state()?,
                    open_tickets: r.count_tickets(&open)?,
                    database_bytes: r.database_bytes()?,
                    last_backup: backup.map(|at| at.timestamp()),
                })
            })
            .await
    }

    /// Proves that something can be stored: an empty commit through the writer.
    ///
    /// # Errors
    /// Why nothing can be stored.
    pub async fn can_store(&self) -> Result<(), Error> {
        self.store.write(|tx| tx.touch_disk()).await
    }

    /// How the queue stands.
    pub async fn queue(&self) -> Result<QueueState, Error> {
        let now = self.clock.now();
        self.store.read(move |r| r.queue_state(now)).await
    }
}
