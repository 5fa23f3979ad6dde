//! How the parts are doing, in words an operator can act on.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::Desk;
use crate::domain::error::Error;
pub use crate::store::QueueState;

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

impl Desk {
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
