//! Messages to everybody who speaks with the bot: drafted, let go, stopped, and how far they are in words. One at a time,
//! one job each, whose payload says how far it is; whom it goes to is fixed when it is let go. What the carrier asks on
//! the way is `broadcasting`'s.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answers::AnswerPart;
use super::bot::BotStaffButton;
use super::private::{self, Line, LineButton, PRIVATE};
use super::rights::{Action, Staff};
use crate::domain::attachment::AttachmentKind;
use crate::domain::broadcast::{BroadcastState, Tally};
use crate::domain::error::{Error, Kind};
use crate::domain::ids::BroadcastId;
use crate::domain::locale::Locale;
use crate::store::{BroadcastRow, NewBroadcast, NewEntry, NewJob, Reading, Tx};
use crate::texts::Texts;

/// The carrier of broadcasts.
pub const BROADCAST: &str = "broadcast";
/// The kind of job that shows how far a broadcast is.
pub const PROGRESS: &str = "progress";
/// UTF-16 units of a text, and of the words under a file, that Telegram takes.
const TEXT_UNITS: usize = 4096;
const CAPTION_UNITS: usize = 1024;

/// What everybody gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaflet {
    pub text: String,
    /// The Bot API's name of a file: it is uploaded once, by its owner.
    pub file: Option<(AttachmentKind, String)>,
}

/// The payload of a broadcast's job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    pub broadcast: i64,
    #[serde(flatten)]
    pub tally: Tally,
}

impl Round {
    pub fn to_value(self) -> Value {
        json!(self)
    }

    pub(super) fn id(self) -> BroadcastId {
        BroadcastId(self.broadcast)
    }
}

fn lane_of(id: BroadcastId) -> String {
    format!("broadcast:{id}")
}

/// What was said, as everybody would get it.
///
/// # Errors
/// `broadcast_one_file`, `broadcast_kind`, `broadcast_too_long`, `empty_message`.
pub(super) fn leaflet(text: &str, files: &[AnswerPart]) -> Result<Leaflet, Error> {
    let file = match files {
        [] => None,
        [AnswerPart::FromTelegram(kind, _, id)] if is_sendable(*kind) => Some((*kind, id.clone())),
        [_] => return Err(Error::bad("broadcast_kind", "text")),
        _ => return Err(Error::bad("broadcast_one_file", "text")),
    };
    let text = text.trim();
    if text.is_empty() && file.is_none() {
        return Err(Error::bad("empty_message", "text"));
    }
    let most = if file.is_some() {
        CAPTION_UNITS
    } else {
        TEXT_UNITS
    };
    if text.encode_utf16().count() > most {
        return Err(Error::bad("broadcast_too_long", "text").with("max", most));
    }
    Ok(Leaflet {
        text: text.to_owned(),
        file,
    })
}

/// What may have words under it.
fn is_sendable(kind: AttachmentKind) -> bool {
    matches!(
        kind,
        AttachmentKind::Photo
            | AttachmentKind::Video
            | AttachmentKind::Animation
            | AttachmentKind::Audio
            | AttachmentKind::Voice
            | AttachmentKind::Document
    )
}

/// Keeps what an owner wants to send, in the place of what it wanted before.
pub(super) fn draft(
    tx: &mut Tx,
    staff: &Staff,
    chat: i64,
    leaflet: &Leaflet,
) -> Result<BroadcastId, Error> {
    staff.may(Action::Broadcast)?;
    tx.drop_drafts(chat)?;
    let file = leaflet.file.as_ref();
    tx.insert_draft(&NewBroadcast {
        agent: staff.agent(),
        chat,
        text: &leaflet.text,
        file: file.map(|(kind, id)| (*kind, id.as_str())),
    })
}

/// A draft of this chat.
pub(super) fn draft_of(
    r: &Reading,
    chat: i64,
    id: BroadcastId,
) -> Result<Option<BroadcastRow>, Error> {
    let draft = |row: &BroadcastRow| row.chat == chat && row.state == BroadcastState::Draft;
    Ok(r.broadcast(id)?.filter(draft))
}

/// The draft of a chat goes to everybody; `post` will show how far it is. False where it is no draft any more.
///
/// # Errors
/// `not_allowed`, `broadcast_running`, `broadcast_nobody`.
pub(super) fn send(
    tx: &mut Tx,
    staff: &Staff,
    chat: i64,
    (id, post): (BroadcastId, Option<i64>),
) -> Result<bool, Error> {
    staff.may(Action::Broadcast)?;
    if draft_of(tx, chat, id)?.is_none() {
        return Ok(false);
    }
    if tx.running_broadcast()?.is_some() {
        return Err(Error::new(Kind::Conflict, "broadcast_running"));
    }
    let total = tx.begin_broadcast(id, post)?;
    if total == 0 {
        return Err(Error::new(Kind::Conflict, "broadcast_nobody"));
    }
    let round = Round {
        broadcast: id.0,
        tally: Tally::default(),
    };
    tx.add_job(&NewJob {
        carrier: BROADCAST,
        lane: &lane_of(id),
        key: 0,
        kind: "broadcast",
        ticket: None,
        message: None,
        device: None,
        payload: round.to_value(),
    })?;
    tx.log(&NewEntry {
        agent: staff.agent(),
        actor: staff.name(),
        action: "broadcast",
        ticket: None,
        contact: None,
        detail: Some(&total.to_string()),
    })?;
    tell(tx, id)?;
    Ok(true)
}

/// No more of it leaves than what is leaving now. None where nothing is to be stopped.
///
/// # Errors
/// `not_allowed`.
pub(super) fn stop(
    tx: &mut Tx,
    staff: &Staff,
    id: BroadcastId,
) -> Result<Option<BroadcastRow>, Error> {
    staff.may(Action::Broadcast)?;
    let running = |row: &BroadcastRow| row.state == BroadcastState::Running;
    let Some(row) = tx.broadcast(id)?.filter(running) else {
        return Ok(None);
    };
    tx.stop_broadcast(id)?;
    tx.log(&NewEntry {
        agent: staff.agent(),
        actor: staff.name(),
        action: "broadcast_stopped",
        ticket: None,
        contact: None,
        detail: None,
    })?;
    match tx.only_job(BROADCAST, &lane_of(id))? {
        Some((_, true)) => tell(tx, id)?,
        // It rests, perhaps for long: nothing is leaving.
        Some((job, false)) => {
            let round = Round::deserialize(&job.payload).ok();
            let mut tally = round.map_or(row.tally, |round| round.tally);
            tally.unknown += i64::from(job.uncertain > 0);
            tx.end_job(job.id)?;
            over(tx, id, &tally)?;
        }
        None => over(tx, id, &row.tally)?,
    }
    tx.broadcast(id)
}

/// It has come to its end, or was stopped.
pub(super) fn over(tx: &mut Tx, id: BroadcastId, tally: &Tally) -> Result<(), Error> {
    let Some(row) = tx.broadcast(id)?.filter(|row| row.state.is_under_way()) else {
        return Ok(());
    };
    let all = tally.done() >= row.total;
    let end = match all {
        true => BroadcastState::Done,
        false => BroadcastState::Stopped,
    };
    tx.keep_tally(id, tally)?;
    tx.end_broadcast(id, end)?;
    tell(tx, id)
}

/// How far it is will be shown to its owner, once, however often that is asked for meanwhile.
pub(super) fn tell(tx: &mut Tx, id: BroadcastId) -> Result<(), Error> {
    let Some(row) = tx.broadcast(id)? else {
        return Ok(());
    };
    let is_out = match tx.contact_of_telegram(row.chat)? {
        Some(owner) => tx.keeps_bot_out(owner.id)?,
        None => true,
    };
    if is_out || tx.waits_in_lane(PRIVATE, &private::lane_of(row.chat), PROGRESS)? {
        return Ok(());
    }
    let payload = json!({ "broadcast": id.0 });
    private::queue(tx, row.chat, PROGRESS, (None, None), payload)
}

/// How far a broadcast is, in words.
pub(super) fn progress(texts: &Texts, locale: Locale, row: &BroadcastRow) -> Line {
    let (tally, total) = (row.tally, row.total.to_string());
    let figures = [tally.sent, tally.out, tally.failed, tally.unknown].map(|n| n.to_string());
    let [sent, out, failed, unknown] = &figures;
    let left = (row.total - tally.done()).max(0).to_string();
    let values = [
        ("total", total.as_str()),
        ("sent", sent),
        ("out", out),
        ("failed", failed),
        ("unknown", unknown),
        ("left", &left),
    ];
    let key = format!("bot-broadcast-{}", row.state.as_str());
    let text = [key.as_str(), "bot-broadcast-figures"].map(|key| texts.get(locale, key, &values));
    let stop = LineButton {
        text: texts.get(locale, "bot-broadcast-button-stop", &[]),
        data: BotStaffButton::StopBroadcast(row.id).data(),
    };
    Line {
        text: text.join("\n"),
        buttons: match row.state {
            BroadcastState::Running => vec![vec![stop]],
            _ => Vec::new(),
        },
        edits: None,
    }
}

pub(super) fn leaflet_of(row: BroadcastRow) -> Leaflet {
    Leaflet {
        text: row.text,
        file: row.file,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_survives_being_stored() {
        let round = Round {
            broadcast: 4,
            tally: Tally {
                after: 9,
                sent: 3,
                out: 2,
                failed: 1,
                unknown: 5,
            },
        };
        assert_eq!(Round::deserialize(round.to_value()).unwrap(), round);
    }

    #[test]
    fn words_under_a_file_are_short_and_a_text_is_what_telegram_takes() {
        let text = |units: usize| leaflet(&"x".repeat(units), &[]);
        assert!(text(4096).is_ok());
        let error = text(4097).unwrap_err();
        assert_eq!(error.code, "broadcast_too_long");
        assert_eq!(leaflet("  ", &[]).unwrap_err().code, "empty_message");
        // An emoji is two units.
        assert!(leaflet(&"😀".repeat(2049), &[]).is_err());
    }
}
