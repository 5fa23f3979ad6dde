//! An owner writes to everybody: asked for the message, shown it as it will be, and asked again before it goes. What a
//! broadcast is, is `broadcasts`'.

use serde_json::json;

use super::staff_state::StaffButton;
use super::staff_talk::{StaffTalk, button};
use super::talk::Talk;
use crate::desk::broadcasts;
use crate::desk::private::{self, Line};
use crate::desk::rights::Action;
use crate::domain::error::{Error, Kind};
use crate::domain::ids::BroadcastId;
use crate::store::Tx;

impl StaffTalk {
    pub(super) fn ask_broadcast(&self, tx: &mut Tx, talk: &mut Talk) -> Result<(), Error> {
        self.staff.may(Action::Broadcast)?;
        if let Some(row) = tx.running_broadcast()? {
            let line = broadcasts::progress(&talk.house.texts, talk.locale, &row);
            talk.say(tx, line.text, line.buttons)?;
        }
        talk.line(tx, "bot-broadcast-ask")
    }

    pub(super) fn draft_broadcast(&self, tx: &mut Tx, talk: &mut Talk) -> Result<(), Error> {
        self.staff.may(Action::Broadcast)?;
        let Some(said) = talk.said.take() else {
            return Err(Error::internal("a broadcast without words"));
        };
        // A file that is missing would be missed by everybody.
        if !said.lacks.is_empty() {
            return said.lacks.iter().try_for_each(|lack| talk.line(tx, lack));
        }
        let leaflet = broadcasts::leaflet(&said.text, &said.attachments)?;
        let id = broadcasts::draft(tx, &self.staff, self.chat, &leaflet)?;
        let count = tx.count_everybody()?.to_string();
        let send = talk.text("bot-broadcast-button-send", &[]);
        let cancel = talk.text("bot-broadcast-button-cancel", &[]);
        let then = Line {
            text: talk.text("bot-broadcast-sure", &[("count", &count)]),
            buttons: vec![vec![
                button(send, StaffButton::SendBroadcast(id)),
                button(cancel, StaffButton::DropBroadcast(id)),
            ]],
            edits: None,
        };
        let payload = json!({ "broadcast": id.0, "then": then });
        private::queue(tx, self.chat, "preview", (None, None), payload)
    }

    pub(super) fn send_broadcast(
        &self,
        tx: &mut Tx,
        talk: &mut Talk,
        id: BroadcastId,
        current: bool,
    ) -> Result<(), Error> {
        self.staff.may(Action::Broadcast)?;
        let with = (id, talk.in_place.take());
        if !current || !broadcasts::send(tx, &self.staff, self.chat, with)? {
            return Err(outdated());
        }
        Ok(())
    }

    pub(super) fn drop_broadcast(
        &self,
        tx: &mut Tx,
        talk: &mut Talk,
        id: Option<BroadcastId>,
    ) -> Result<(), Error> {
        self.staff.may(Action::Broadcast)?;
        if let Some(id) = id {
            broadcasts::draft_of(tx, self.chat, id)?.ok_or_else(outdated)?;
        }
        tx.drop_drafts(self.chat)?;
        talk.line(tx, "bot-cancelled")
    }

    pub(super) fn stop_broadcast(
        &self,
        tx: &mut Tx,
        talk: &mut Talk,
        id: BroadcastId,
    ) -> Result<(), Error> {
        let Some(row) = broadcasts::stop(tx, &self.staff, id)? else {
            return Err(outdated());
        };
        let line = broadcasts::progress(&talk.house.texts, talk.locale, &row);
        talk.told.text = line.text.lines().next().unwrap_or_default().to_owned();
        // The post that shows the progress is changed anyway; this may be another.
        let other = row.chat != self.chat || row.post != talk.in_place;
        match other {
            true => talk.say(tx, line.text, line.buttons),
            false => Ok(()),
        }
    }
}

/// The chat stays what it is in the middle of.
fn outdated() -> Error {
    Error::new(Kind::Conflict, "outdated_button")
}
