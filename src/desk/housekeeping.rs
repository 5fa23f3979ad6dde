//! What is looked after in the background: stray files, old updates, ended sign-ins, damage.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::Desk;
use super::health::Part;
use super::signing_in::FAILURES_KEPT;
use crate::domain::error::Error;

/// A file without a row is a stray when it is older than any upload may take.
const STRAY_AGE: Duration = Duration::from_secs(3600);
/// Telegram keeps updates for a day; handled ones are kept for a week, for whoever asks what happened.
const UPDATES_KEPT: chrono::Duration = chrono::Duration::days(7);

impl Desk {
    /// Removes files without a row, handled updates that can not come again, and sign-ins that have ended.
    ///
    /// # Errors
    /// A failure of the store or of the folder.
    pub async fn clean_up(&self) -> Result<(), Error> {
        let now = self.clock.now();
        let removed = self.remove_strays(now).await?;
        let forgotten = self
            .store
            .write(move |tx| tx.forget_updates(now - UPDATES_KEPT))
            .await?;
        self.store
            .write(move |tx| {
                tx.forget_sign_ins(now - FAILURES_KEPT)?;
                tx.forget_link_codes()
            })
            .await?;
        if removed + forgotten > 0 {
            tracing::info!(files = removed, updates = forgotten, "cleaned up");
        }
        Ok(())
    }

    /// A batch at a time, so that a full folder does not fill the memory.
    async fn remove_strays(&self, now: DateTime<Utc>) -> Result<usize, Error> {
        let failed =
            |error: std::io::Error| Error::internal(format_args!("sweeping uploads: {error}"));
        let mut old = self
            .uploads
            .names_older_than(STRAY_AGE, now)
            .await
            .map_err(failed)?;
        let mut removed = 0;
        while let Some(names) = old.next_batch().await.map_err(failed)? {
            let strays = self.store.read(move |r| r.stray_files(names)).await?;
            for name in strays {
                removed += usize::from(self.uploads.remove(&name).await.map_err(failed)?);
            }
        }
        Ok(removed)
    }

    /// Looks at every page of the database and tells of damage in `/ready`.
    ///
    /// # Errors
    /// A failure to read at all.
    pub async fn look_for_damage(&self) -> Result<(), Error> {
        let damage = self.store.read(|r| r.damage()).await?;
        self.health.set(
            Part::Database,
            "damage",
            damage.map(|words| {
                format!("the database is damaged ({words}): stop the server and restore a backup")
            }),
        );
        Ok(())
    }
}
