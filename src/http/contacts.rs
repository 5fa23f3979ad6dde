//! A contact's card for staff, and blocking.

use std::sync::Arc;

use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};

use super::Tags;
use super::errors::{Failure, StaffReads, StaffWrites};
use super::staff::StaffAsking;
use super::wire::moment;
use crate::desk::Desk;
use crate::desk::contacts::{ContactCard, DeviceState};
use crate::domain::error::Error;
use crate::domain::ids::ContactId;
use crate::domain::ticket::Ticket;

pub struct Contacts {
    pub desk: Arc<Desk>,
}

/// What is known of a contact.
#[derive(Debug, Object)]
#[oai(example)]
pub struct CardAnswer {
    /// `user.id` of the contact's tickets.
    pub id: i64,
    /// The id its app or site chose.
    pub user_id: String,
    pub name: Option<String>,
    pub email: Option<String>,
    pub username: Option<String>,
    pub telegram_id: Option<i64>,
    /// ru, en or uz; null until the contact has shown one.
    pub language: Option<String>,
    /// Where it came from first: mobile, web, telegram or api.
    pub channel: String,
    /// A blocked contact can not write.
    pub is_blocked: bool,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// The newest hundred, newest first.
    pub tickets: Vec<CardTicket>,
    /// For owners only, left out for others.
    #[oai(skip_serializing_if_is_none)]
    pub devices: Option<Vec<CardDevice>>,
}

/// A ticket of the contact.
#[derive(Debug, Object)]
pub struct CardTicket {
    pub id: i64,
    /// The number people say.
    pub number: String,
    pub title: String,
    /// open, waiting_admin, in_progress, waiting_user, replied, escalated, expired or closed.
    pub status: String,
    /// RFC 3339, UTC.
    pub created_at: String,
}

/// A device that pushes go to.
#[derive(Debug, Object)]
pub struct CardDevice {
    /// android, ios or web.
    pub platform: String,
    /// Why the last push was refused, in the words of the push service; null when it was not.
    pub last_error: Option<String>,
    /// When its app registered it last; RFC 3339, UTC.
    pub refreshed_at: String,
}

impl From<ContactCard> for CardAnswer {
    fn from(card: ContactCard) -> Self {
        let contact = card.contact;
        let devices = card
            .devices
            .map(|all| all.into_iter().map(CardDevice::from));
        Self {
            id: contact.id.0,
            user_id: contact.user.to_string(),
            name: contact.name,
            email: contact.email,
            username: contact.username,
            telegram_id: contact.telegram_id,
            language: contact
                .language
                .map(|language| language.as_str().to_owned()),
            channel: contact.channel.as_str().to_owned(),
            is_blocked: contact.is_blocked,
            created_at: moment(contact.created_at),
            tickets: card.tickets.into_iter().map(CardTicket::from).collect(),
            devices: devices.map(Iterator::collect),
        }
    }
}

impl From<Ticket> for CardTicket {
    fn from(ticket: Ticket) -> Self {
        Self {
            id: ticket.id.0,
            number: ticket.number().to_string(),
            status: ticket.status.as_str().to_owned(),
            created_at: moment(ticket.created_at),
            title: ticket.title,
        }
    }
}

impl From<DeviceState> for CardDevice {
    fn from(device: DeviceState) -> Self {
        Self {
            platform: device.platform,
            last_error: device.last_error,
            refreshed_at: moment(device.refreshed_at),
        }
    }
}

impl Example for CardAnswer {
    fn example() -> Self {
        Self {
            id: 5,
            user_id: "user-42".to_owned(),
            name: Some("Ann".to_owned()),
            email: Some("ann@example.com".to_owned()),
            username: None,
            telegram_id: None,
            language: Some("en".to_owned()),
            channel: "mobile".to_owned(),
            is_blocked: false,
            created_at: "2026-03-01T12:00:05Z".to_owned(),
            tickets: vec![CardTicket {
                id: 1,
                number: "TKT-9E3779B1".to_owned(),
                title: "Where is my order?".to_owned(),
                status: "replied".to_owned(),
                created_at: "2026-03-01T12:00:05Z".to_owned(),
            }],
            devices: None,
        }
    }
}

#[OpenApi(tag = "Tags::Desk")]
impl Contacts {
    /// A contact's card
    ///
    /// Who it is and what it asked before; for owners also its devices with the error of the last push.
    #[oai(
        path = "/support/contacts/:id",
        method = "get",
        operation_id = "contact_card"
    )]
    async fn card(
        &self,
        asking: StaffAsking,
        /// The contact's id, `user.id` of its tickets.
        id: Path<i64>,
    ) -> Result<Json<CardAnswer>, Failure<StaffReads>> {
        let card = self.desk.contact_card(&asking.staff, ContactId(id.0));
        Ok(Json(card.await?.into()))
    }

    /// Block a contact
    ///
    /// It can write no more, in no channel. What it wrote stays.
    #[oai(
        path = "/support/contacts/:id/block",
        method = "post",
        operation_id = "block_contact"
    )]
    async fn block(
        &self,
        asking: StaffAsking,
        /// The contact's id.
        id: Path<i64>,
    ) -> Result<Json<CardAnswer>, Failure<StaffWrites>> {
        Ok(self.set_blocked(&asking, ContactId(id.0), true).await?)
    }

    /// Unblock a contact
    ///
    /// It can write again.
    #[oai(
        path = "/support/contacts/:id/unblock",
        method = "post",
        operation_id = "unblock_contact"
    )]
    async fn unblock(
        &self,
        asking: StaffAsking,
        /// The contact's id.
        id: Path<i64>,
    ) -> Result<Json<CardAnswer>, Failure<StaffWrites>> {
        Ok(self.set_blocked(&asking, ContactId(id.0), false).await?)
    }
}

impl Contacts {
    async fn set_blocked(
        &self,
        asking: &StaffAsking,
        id: ContactId,
        blocked: bool,
    ) -> Result<Json<CardAnswer>, Error> {
        self.desk
            .set_contact_blocked(&asking.staff, id, blocked)
            .await?;
        Ok(Json(
            self.desk.contact_card(&asking.staff, id).await?.into(),
        ))
    }
}
