//! Messages as programs store, change and delete them through the helpdesk interface: in the name of the
//! ticket's contact or of an admin, and a staff token in its own.

use super::Desk;
use super::answers::{AnswerPart, into_attachment};
use super::intake::{Said, contact_says};
use super::rights::{Action, Staff};
use super::tickets::{self, known};
use crate::domain::agent::Role;
use crate::domain::attachment::Attachment;
use crate::domain::content::ContentType;
use crate::domain::error::{Error, Kind};
use crate::domain::event::{Event, TicketChange};
use crate::domain::ids::{AgentId, ContactId, MessageId, TicketId};
use crate::domain::message::{Direction, Message};
use crate::domain::text;
use crate::domain::ticket::Ticket;
use crate::store::Tx;

/// Who a message is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    Contact(ContactId),
    Admin(AgentId),
}

/// A message about to be stored.
#[derive(Debug, Clone)]
pub struct NewEntry {
    pub ticket: TicketId,
    pub sender: Sender,
    /// What the file is to be taken for.
    pub content_type: Option<ContentType>,
    /// Cleaned; blank only with a place or a file.
    pub text: String,
    pub place: Option<Attachment>,
    /// The Bot API's name of a file.
    pub file: Option<String>,
}

impl Desk {
    /// A page of the messages of a ticket, or of all, oldest first; and how many there are.
    ///
    /// # Errors
    /// `not_allowed`, or a failure of the store.
    pub async fn messages_page(
        &self,
        staff: &Staff,
        ticket: Option<TicketId>,
        limit: u32,
        offset: u32,
    ) -> Result<(Vec<Message>, i64), Error> {
        staff.may(Action::ReadTickets)?;
        self.store
            .read(move |r| {
                let page = r.messages_page(ticket, limit, offset)?;
                Ok((page, r.count_messages(ticket)?))
            })
            .await
    }

    /// A message of a ticket.
    ///
    /// # Errors
    /// `message_not_found`, `not_allowed`.
    pub async fn message(&self, staff: &Staff, id: MessageId) -> Result<Message, Error> {
        staff.may(Action::ReadTickets)?;
        let found = self.store.read(move |r| r.message(id)).await?;
        let found = found.filter(|message| message.ticket.is_some());
        found.ok_or_else(|| Error::not_found("message_not_found"))
    }

    /// Stores a message: a contact's goes to the group, an admin's to the contact on its channel. A file is
    /// fetched before anything is stored.
    ///
    /// # Errors
    /// `ticket_not_found`, `wrong_sender`, `admin_not_found`, each on its field; `contact_blocked`, `not_yours`,
    /// `not_allowed`; those of fetching a file; `storage_full`.
    pub async fn store_entry(&self, staff: &Staff, entry: NewEntry) -> Result<Message, Error> {
        let speaker = self.speaker(staff, &entry).await?;
        let mut parts: Vec<AnswerPart> = entry.place.into_iter().map(AnswerPart::Plain).collect();
        if let Some(file_id) = entry.file {
            let stored = self.fetch_file(&file_id).await?;
            let kind = ContentType::attachment(entry.content_type, &stored.file().mime);
            parts.push(AnswerPart::FromTelegram(kind, stored, file_id));
        }
        match speaker {
            Some(admin) => {
                self.answer_as(&admin, entry.ticket, entry.text, parts)
                    .await
            }
            None => self.said(entry.ticket, entry.text, parts).await,
        }
    }

    /// Changes the words of a message; one's own, unless it is the service.
    ///
    /// # Errors
    /// `message_not_found`, `not_yours`, `not_allowed`, `empty_message` on `content`.
    pub async fn edit_entry(
        &self,
        staff: &Staff,
        id: MessageId,
        words: String,
    ) -> Result<Message, Error> {
        let staff = staff.clone();
        self.store
            .write(move |tx| {
                let (before, ticket) = entry(tx, id)?;
                if before.agent.is_some() && before.agent == staff.agent() {
                    staff.may_on(Action::AnswerTickets, ticket.agent)?;
                } else {
                    staff.may(Action::SpeakForOthers)?;
                }
                let attachments = &before.attachments;
                let first = attachments.first().map(|attachment| attachment.kind);
                if ContentType::of(first) == ContentType::Location {
                    // Its content is the place, and that is no text.
                    return Err(Error::bad("invalid_field", "content"));
                }
                if words.trim().is_empty() && attachments.is_empty() {
                    return Err(Error::bad("empty_message", "content"));
                }
                if before.text == words {
                    return Ok(before);
                }
                tx.edit_message(id, &words)?;
                let (after, _) = entry(tx, id)?;
                tx.emit(Event::MessageUpdated(after.clone()));
                Ok(after)
            })
            .await
    }

    /// Deletes a message of a ticket.
    ///
    /// # Errors
    /// `message_not_found`, `not_allowed`.
    pub async fn remove_entry(&self, staff: &Staff, id: MessageId) -> Result<(), Error> {
        let staff = staff.clone();
        staff.may(Action::DeleteTickets)?;
        self.store
            .write(move |tx| {
                let (message, ticket) = entry(tx, id)?;
                tx.delete_message(ticket.id, id)?;
                let detail = Some("message");
                tickets::log(tx, &ticket, staff.agent(), staff.name(), "deleted", detail)?;
                tx.emit(Event::MessageDeleted(message));
                tickets::tell(tx, &ticket, ticket.agent, TicketChange::Changed);
                Ok(())
            })
            .await
    }

    /// The admin who speaks, None for the contact. Asked before a file is fetched for nothing; what changes
    /// meanwhile is found again when the message is stored.
    async fn speaker(&self, staff: &Staff, entry: &NewEntry) -> Result<Option<Staff>, Error> {
        let (staff, sender, ticket) = (staff.clone(), entry.sender, entry.ticket);
        let in_own_name = matches!(sender, Sender::Admin(id) if Some(id) == staff.agent());
        if !in_own_name {
            staff.may(Action::SpeakForOthers)?;
        }
        self.store
            .read(move |r| {
                let ticket = r
                    .ticket(ticket)?
                    .ok_or_else(|| Error::bad("ticket_not_found", "ticket"))?;
                match sender {
                    Sender::Contact(id) if id != ticket.contact => {
                        Err(Error::bad("wrong_sender", "sender_user"))
                    }
                    Sender::Contact(id) => match r.contact_by_id(id)? {
                        Some(contact) if contact.is_blocked => {
                            Err(Error::new(Kind::Forbidden, "contact_blocked"))
                        }
                        _ => Ok(None),
                    },
                    Sender::Admin(_) if in_own_name => {
                        staff.may_on(Action::AnswerTickets, ticket.agent)?;
                        Ok(Some(staff))
                    }
                    Sender::Admin(id) => {
                        let admin = r.agent(id)?.filter(|admin| !admin.is_blocked);
                        let admin =
                            admin.ok_or_else(|| Error::bad("admin_not_found", "sender_admin"))?;
                        // The admin's name, with the rights of the service that uses it.
                        Ok(Some(Staff::Agent {
                            id,
                            role: Role::Owner,
                            name: admin.shown_name(),
                        }))
                    }
                }
            })
            .await
    }

    async fn said(
        &self,
        ticket: TicketId,
        text: String,
        parts: Vec<AnswerPart>,
    ) -> Result<Message, Error> {
        let house = self.house();
        self.store
            .write(move |tx| {
                let found = known(tx, ticket)?;
                let contact = tx
                    .contact_by_id(found.contact)?
                    .ok_or_else(|| Error::internal("a ticket of no contact"))?;
                let parts = parts.into_iter();
                let said = Said {
                    text,
                    attachments: parts.map(|part| into_attachment(tx, part)).collect(),
                    client_msg_id: None,
                    content_hash: None,
                };
                contact_says(tx, &contact, ticket, said, house)
            })
            .await
    }
}

/// A message of a ticket, with the ticket.
fn entry(tx: &Tx, id: MessageId) -> Result<(Message, Ticket), Error> {
    let not_found = || Error::not_found("message_not_found");
    let message = tx.message(id)?.ok_or_else(not_found)?;
    let ticket = known(tx, message.ticket.ok_or_else(not_found)?)?;
    Ok((message, ticket))
}

/// Checks and cleans what a message says.
///
/// # Errors
/// `message_too_long` on `content`.
pub fn words(raw: &str) -> Result<String, Error> {
    text::message_text(raw, "content")
}

/// Whose message it is: exactly one of the two, or neither for somebody of the group without an account.
pub fn sender(message: &Message) -> Option<Sender> {
    match message.direction {
        Direction::User => Some(Sender::Contact(message.contact)),
        Direction::Support => message.agent.map(Sender::Admin),
    }
}
