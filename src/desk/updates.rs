//! Updates from Telegram: stored before they are acknowledged, handled once.

use super::Desk;
use crate::domain::error::Error;

impl Desk {
    /// Stores updates, each once; they are durable when this returns.
    pub async fn take_updates(&self, updates: Vec<(i64, Vec<u8>)>) -> Result<(), Error> {
        self.store
            .write(move |tx| {
                updates
                    .iter()
                    .try_for_each(|(id, body)| tx.put_update(*id, body))
            })
            .await
    }

    /// Updates nobody handled yet, in the order they came.
    pub async fn waiting_updates(&self, limit: u32) -> Result<Vec<(i64, Vec<u8>)>, Error> {
        self.store.read(move |r| r.waiting_updates(limit)).await
    }

    pub async fn update_done(&self, update_id: i64) -> Result<(), Error> {
        self.store.write(move |tx| tx.update_done(update_id)).await
    }

    /// Keeps an update that could not be handled, so that it can be seen and replayed.
    pub async fn update_dead(&self, update_id: i64, reason: String) -> Result<(), Error> {
        self.store
            .write(move |tx| tx.update_dead(update_id, &reason))
            .await
    }
}
