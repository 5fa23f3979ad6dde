//! What the carrier of broadcasts asks on the way: whose turn it is, how far it is, whether it is over.

use super::Desk;
use super::broadcasts::{Leaflet, Round, leaflet_of, over, progress, tell};
use super::private::Line;
use crate::domain::broadcast::{BroadcastState, Turn, turn};
use crate::domain::error::Error;
use crate::domain::ids::BroadcastId;
use crate::store::Reading;

fn next_turn(r: &Reading, round: Round, is_cut: bool) -> Result<(Turn, Option<Leaflet>), Error> {
    let Some(row) = r.broadcast(round.id())? else {
        return Ok((Turn::Over, None));
    };
    let next = r.next_chat(row.id, round.tally.after)?;
    let turn = turn(row.state, next, is_cut);
    Ok((turn, Some(leaflet_of(row))))
}

impl Desk {
    /// What the next turn of a broadcast is for, and what is sent.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn broadcast_turn(
        &self,
        round: Round,
        is_cut: bool,
    ) -> Result<(Turn, Option<Leaflet>), Error> {
        self.store.read(move |r| next_turn(r, round, is_cut)).await
    }

    /// Shows its owner how far it is.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn broadcast_told(&self, round: Round) -> Result<(), Error> {
        self.store
            .write(move |tx| {
                tx.keep_tally(round.id(), &round.tally)?;
                tell(tx, round.id())
            })
            .await
    }

    /// It has come to its end, or was stopped.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn broadcast_over(&self, round: Round) -> Result<(), Error> {
        self.store
            .write(move |tx| over(tx, round.id(), &round.tally))
            .await
    }

    /// Whether it is to end.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn broadcast_is_stopping(&self, round: Round) -> Result<bool, Error> {
        let row = self.store.read(move |r| r.broadcast(round.id())).await?;
        Ok(row.is_none_or(|row| row.state != BroadcastState::Running))
    }

    /// What a draft says; None where it was given up.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn draft_leaflet(&self, id: BroadcastId) -> Result<Option<Leaflet>, Error> {
        let row = self.store.read(move |r| r.broadcast(id)).await?;
        Ok(row.map(leaflet_of))
    }

    /// How far it is, in its owner's language, and the post that shows it.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn broadcast_progress(&self, id: BroadcastId) -> Result<Option<Line>, Error> {
        let found = self
            .store
            .read(move |r| {
                let Some(row) = r.broadcast(id)? else {
                    return Ok(None);
                };
                Ok(Some((r.language_of_chat(row.chat)?, row)))
            })
            .await?;
        Ok(found.map(|(language, row)| {
            let locale = language.unwrap_or(self.settings.locale);
            Line {
                edits: row.post,
                ..progress(&self.texts, locale, &row)
            }
        }))
    }

    /// Another post shows how far it is.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn broadcast_post(&self, id: BroadcastId, post: i64) -> Result<(), Error> {
        self.store.write(move |tx| tx.keep_post(id, post)).await
    }
}
