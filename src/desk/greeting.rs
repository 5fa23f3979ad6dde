//! The greeting of the day: at most one a contact and calendar day.

use super::Desk;
use crate::domain::error::Error;
use crate::domain::event::Event;
use crate::domain::greeting::day_of;
use crate::domain::locale::Locale;
use crate::domain::message::Direction;
use crate::store::{ContactRow, NewMessage, Tx};

/// The words of a greeting, worded outside the transaction that may need it.
pub(super) struct Greeting {
    day: chrono::NaiveDate,
    plain: String,
    /// With `{name}` where the name goes: the latest known one is read inside the transaction.
    named: String,
}

/// Stands for the name until it is known; no name holds a control character.
const NAME: &str = "\u{1}";

impl Desk {
    pub(super) fn greeting(&self, locale: Locale) -> Greeting {
        Greeting {
            day: day_of(self.clock.now(), self.settings.timezone),
            plain: self.texts.get(locale, "greeting-plain", &[]),
            named: self.texts.get(locale, "greeting-named", &[("name", NAME)]),
        }
    }
}

impl Greeting {
    pub fn day(&self) -> chrono::NaiveDate {
        self.day
    }

    /// Stores the greeting if the contact had none today; whether it did.
    pub fn greet(&self, tx: &mut Tx, contact: &ContactRow) -> Result<bool, Error> {
        if tx.greeted(contact.id, self.day)? {
            return Ok(false);
        }
        let text = match &contact.name {
            Some(name) => self.named.replace(NAME, name),
            None => self.plain.clone(),
        };
        let id = tx.insert_message(&NewMessage {
            contact: contact.id,
            ticket: None,
            direction: Direction::Support,
            text: &text,
            attachments: &[],
            agent_name: None,
            agent_telegram_id: None,
            agent: None,
            is_greeting: true,
            client_msg_id: None,
            content_hash: None,
            media_group: None,
        })?;
        tx.remember_greeting(contact.id, self.day, id)?;
        if let Some(message) = tx.message(id)? {
            tx.emit(Event::MessageCreated(message));
        }
        Ok(true)
    }
}
