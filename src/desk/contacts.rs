//! Contacts as staff sees them: the card beside a conversation.

use super::Desk;
use super::rights::{Action, Staff};
use crate::domain::error::Error;
use crate::domain::ids::ContactId;
use crate::domain::ticket::Ticket;
pub use crate::store::{ContactRow, DeviceState};
use crate::store::{Reading, TicketFilter, TicketOrder};

/// Tickets on a card at most, the newest ones.
const TICKETS: u32 = 100;

/// What is known of a contact.
pub struct ContactCard {
    pub contact: ContactRow,
    /// Newest first.
    pub tickets: Vec<Ticket>,
    /// None for those who may not see them.
    pub devices: Option<Vec<DeviceState>>,
}

impl Desk {
    /// # Errors
    /// `not_allowed`, `contact_not_found`.
    pub async fn contact_card(&self, staff: &Staff, id: ContactId) -> Result<ContactCard, Error> {
        staff.may(Action::ReadContacts)?;
        let with_devices = staff.may(Action::ReadDevices).is_ok();
        self.store
            .read(move |r| {
                let filter = TicketFilter {
                    contact: Some(id),
                    ..TicketFilter::default()
                };
                Ok(ContactCard {
                    contact: known(r, id)?,
                    tickets: r.tickets(&filter, TicketOrder::Newest, TICKETS, 0)?,
                    devices: match with_devices {
                        true => Some(r.device_states(id)?),
                        false => None,
                    },
                })
            })
            .await
    }
}

/// The contact, or the error of one that is not there.
fn known(r: &Reading, id: ContactId) -> Result<ContactRow, Error> {
    r.contact_by_id(id)?
        .ok_or_else(|| Error::not_found("contact_not_found"))
}
