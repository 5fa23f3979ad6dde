//! Working hours: owners set them, and a contact who writes outside of them is told so, once a day.

use serde_json::Value;

use super::intake::House;
use super::rights::{Action, Staff};
use super::{Desk, private};
use crate::domain::error::Error;
use crate::domain::event::Event;
use crate::domain::greeting::day_of;
pub use crate::domain::hours::Hours;
use crate::domain::ids::TicketId;
use crate::domain::locale::Locale;
use crate::domain::message::Direction;
use crate::store::{ContactRow, NewMessage, Tx};

/// Their name among the settings of the desk.
const HOURS: &str = "hours";

impl Desk {
    /// The hours as they are set; until somebody sets any, a usual week that is not enabled.
    ///
    /// # Errors
    /// `not_allowed`, or a failure of the store.
    pub async fn hours(&self, staff: &Staff) -> Result<Hours, Error> {
        staff.may(Action::ReadHours)?;
        let stored = self.store.read(|r| r.desk_setting(HOURS)).await?;
        match stored {
            Some(text) => read(&text),
            None => Ok(self.usual_hours()),
        }
    }

    /// # Errors
    /// `not_allowed`, or what [`Hours::parse`] finds.
    pub async fn set_hours(&self, staff: &Staff, value: &Value) -> Result<Hours, Error> {
        staff.may(Action::ManageHours)?;
        let hours = Hours::parse(value)?;
        let text = hours.to_json().to_string();
        self.store
            .write(move |tx| tx.put_desk_setting(HOURS, &text))
            .await?;
        Ok(hours)
    }

    /// Something to begin with: weekdays from nine to six, and a text in every language.
    fn usual_hours(&self) -> Hours {
        let texts = Locale::ALL.map(|language| self.texts.get(language, "away-text", &[]));
        Hours::usual(texts)
    }
}

/// Tells a contact who has just written that nobody is there, if that is so and it was not told today.
///
/// It is a message of the desk itself: no answer, so the group, phones and figures know nothing of it.
pub(super) fn tell_away(
    tx: &mut Tx,
    contact: &ContactRow,
    ticket: TicketId,
    house: House,
) -> Result<(), Error> {
    let zone = house.zone;
    let (now, day) = (tx.now(), day_of(tx.now(), zone));
    let Some(stored) = tx.hours_to_tell(contact.id, day)? else {
        return Ok(());
    };
    let hours = read(&stored)?;
    let language = contact.language.unwrap_or(house.locale);
    let Some(text) = hours.away_text(now, zone, language) else {
        return Ok(());
    };
    let id = tx.insert_message(&NewMessage {
        contact: contact.id,
        ticket: Some(ticket),
        direction: Direction::Support,
        text,
        attachments: &[],
        agent_name: None,
        agent_telegram_id: None,
        agent: None,
        is_greeting: false,
        client_msg_id: None,
        content_hash: None,
        media_group: None,
    })?;
    tx.desk_said(ticket, id)?;
    tx.away_told(contact.id, day)?;
    if let Some(ticket) = tx.ticket(ticket)? {
        let shown = (Some(id), private::parts(0, 0));
        private::tell_contact(tx, &ticket, "answer", shown, house.to_group)?;
    }
    if let Some(message) = tx.message(id)? {
        tx.emit(Event::MessageCreated(message));
    }
    Ok(())
}

fn read(stored: &str) -> Result<Hours, Error> {
    let value = serde_json::from_str(stored)
        .map_err(|error| Error::internal(format_args!("the stored hours: {error}")))?;
    Hours::parse(&value).map_err(|error| Error::internal(format_args!("the stored hours: {error}")))
}
