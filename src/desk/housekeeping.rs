//! What is looked after in the background: stray files, old updates, damage.

use std::collections::HashSet;
use std::time::Duration;

use super::Desk;
use super::health::Part;
use crate::domain::error::Error;

/// A file without a row is a stray when it is older than any upload may take.
const STRAY_AGE: Duration = Duration::from_secs(3600);
/// Telegram keeps updates for a day; handled ones are kept for a week, for whoever asks what happened.
const UPDATES_KEPT: chrono::Duration = chrono::Duration::days(7);

impl Desk {
    /// Removes files without a row and handled updates that can not come again.
    ///
    /// # Errors
    /// A failure of the store or of the folder.
    pub async fn clean_up(&self) -> Result<(), Error> {
        let known: HashSet<String> = self
            .store
            .read(|r| Ok(r.known_files()?.into_iter().collect()))
            .await?;
        let now = self.clock.now();
        let removed = self
            .uploads
            .sweep(&known, STRAY_AGE, now)
            .await
            .map_err(|error| Error::internal(format_args!("sweeping uploads: {error}")))?;
        let forgotten = self
            .store
            .write(move |tx| tx.forget_updates(now - UPDATES_KEPT))
            .await?;
        if removed + forgotten > 0 {
            tracing::info!(files = removed, updates = forgotten, "cleaned up");
        }
        Ok(())
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
