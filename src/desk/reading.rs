//! What a contact has read, and that it is typing.

use super::Desk;
use super::access::Caller;
use crate::domain::error::Error;
use crate::domain::event::Event;
use crate::domain::ids::{MessageId, UserId};
use crate::domain::message::Direction;

impl Desk {
    /// Moves the contact's mark forward; how many support messages are unread after it.
    ///
    /// # Errors
    /// `forbidden`, or a failure of the store.
    pub async fn mark_read(
        &self,
        caller: &Caller,
        user: UserId,
        up_to: MessageId,
    ) -> Result<i64, Error> {
        caller.may_act_as(&user)?;
        self.store
            .write(move |tx| {
                let Some(contact) = tx.contact(&user)? else {
                    return Ok(0);
                };
                // A mark beyond the newest would count messages as read that nobody has seen yet.
                if let Some(newest) = tx.newest_message_of(contact.id)? {
                    tx.mark_read(contact.id, up_to.min(newest))?;
                }
                tx.unread_count(contact.id)
            })
            .await
    }

    /// A contact is writing; staff is told.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn contact_types(&self, caller: &Caller, user: UserId) -> Result<(), Error> {
        caller.may_act_as(&user)?;
        self.publish(Event::Typing {
            user,
            ticket: None,
            by: Direction::User,
        });
        Ok(())
    }
}
