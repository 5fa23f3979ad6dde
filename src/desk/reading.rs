//! What a contact has read, and that it is typing.

use super::access::Caller;
use super::{Desk, tickets};
use crate::domain::error::Error;
use crate::domain::event::{Event, TicketChange};
use crate::domain::ids::{MessageId, UserId};
use crate::domain::message::Direction;
use crate::store::{ContactRow, Tx};

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
                    let up_to = up_to.min(newest);
                    if tx.mark_read(contact.id, up_to)? {
                        tell_staff(tx, &contact, up_to)?;
                    }
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

/// The mark is over all of the contact's tickets; staff looks at the open one.
fn tell_staff(tx: &mut Tx, contact: &ContactRow, up_to: MessageId) -> Result<(), Error> {
    if let Some(id) = tx.open_ticket(contact.id)? {
        let ticket = tickets::known(tx, id)?;
        tickets::tell(tx, &ticket, ticket.agent, TicketChange::ContactRead(up_to));
    }
    Ok(())
}
