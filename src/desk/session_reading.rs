//! What a contact reads of its web chat sessions.

use std::collections::HashMap;

use uuid::Uuid;

use super::Desk;
use super::session_keys::{ChatCaller, ChatWho};
use crate::domain::error::Error;
use crate::domain::ids::{MessageId, TicketId};
use crate::domain::message::{Direction, Message};
use crate::domain::ticket::Ticket;
use crate::store::{HistoryCursor, Reading};

/// Messages that one session shows at most, the newest.
pub const MOST_MESSAGES: u32 = 500;
/// Sessions in a list at most, and messages that each of them shows there.
const MOST_SESSIONS: u32 = 100;
const MOST_MESSAGES_EACH: u32 = 50;

/// A ticket as its contact sees it.
pub struct Session {
    pub ticket: Ticket,
    /// Oldest first; the newest of them where there are many.
    pub messages: Vec<Message>,
    /// For a link to it.
    pub key: String,
}

impl Session {
    /// Messages of support among them that the contact has not read.
    pub fn unread(&self) -> usize {
        let unread = |message: &&Message| message.direction == Direction::Support && !message.read;
        self.messages.iter().filter(unread).count()
    }
}

/// Where somebody who follows a session stands.
pub struct Followed {
    pub ticket: Ticket,
    /// Everything up to this message was told, or is not wanted.
    pub told_up_to: MessageId,
}

impl Desk {
    /// The caller's sessions, newest first.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn chat_sessions(&self, caller: &ChatCaller) -> Result<Vec<Session>, Error> {
        let user = match &caller.who {
            ChatWho::Contact(contact) => contact.user.clone(),
            ChatWho::Link(session) => return Ok(vec![self.chat_session(caller, *session).await?]),
        };
        let (tickets, messages) = self
            .store
            .read(move |r| {
                let Some(contact) = r.contact(&user)? else {
                    return Ok((Vec::new(), Vec::new()));
                };
                let tickets = r.tickets_of_contact(contact.id, MOST_SESSIONS)?;
                let messages = match tickets.last() {
                    Some(oldest) => r.newest_of_each(contact.id, oldest.id, MOST_MESSAGES_EACH)?,
                    None => Vec::new(),
                };
                Ok((tickets, messages))
            })
            .await?;
        let mut of: HashMap<TicketId, Vec<Message>> = HashMap::new();
        for message in messages {
            if let Some(ticket) = message.ticket {
                of.entry(ticket).or_default().push(message);
            }
        }
        let keys = self.session_keys().await?;
        let session = |ticket: Ticket| {
            Ok(Session {
                messages: of.remove(&ticket.id).unwrap_or_default(),
                key: keys.link_key(ticket.session, &self.clock)?,
                ticket,
            })
        };
        tickets.into_iter().map(session).collect()
    }

    /// # Errors
    /// `session_not_found`, or a failure of the store.
    pub async fn chat_session(&self, caller: &ChatCaller, session: Uuid) -> Result<Session, Error> {
        let who = caller.who.clone();
        let (ticket, messages) = self
            .store
            .read(move |r| {
                let ticket = owned(r, &who, session)?;
                let messages =
                    r.ticket_messages(ticket.id, HistoryCursor::Newest, MOST_MESSAGES)?;
                Ok((ticket, messages))
            })
            .await?;
        Ok(Session {
            key: self.session_key(session).await?,
            ticket,
            messages,
        })
    }

    /// The ticket behind a session that is the caller's.
    ///
    /// # Errors
    /// `session_not_found`, or a failure of the store.
    pub async fn session_ticket(
        &self,
        caller: &ChatCaller,
        session: Uuid,
    ) -> Result<Ticket, Error> {
        let who = caller.who.clone();
        self.store.read(move |r| owned(r, &who, session)).await
    }

    /// The newest `limit` messages of a session, or the oldest ones after a message; oldest first.
    ///
    /// # Errors
    /// `session_not_found`, `unknown_cursor` on `after_id`, or a failure of the store.
    pub async fn chat_messages(
        &self,
        caller: &ChatCaller,
        session: Uuid,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Message>, Error> {
        let (who, after) = (caller.who.clone(), after.map(str::to_owned));
        self.store
            .read(move |r| {
                let ticket = owned(r, &who, session)?;
                let cursor = match after {
                    Some(id) => HistoryCursor::After(message_in(r, &ticket, &id)?),
                    None => HistoryCursor::Newest,
                };
                r.ticket_messages(ticket.id, cursor, limit)
            })
            .await
    }

    /// Where somebody begins who follows a session: after a message, or with what comes from now on.
    ///
    /// # Errors
    /// As [`Desk::chat_messages`].
    pub async fn chat_followed(
        &self,
        caller: &ChatCaller,
        session: Uuid,
        after: Option<String>,
    ) -> Result<Followed, Error> {
        let who = caller.who.clone();
        self.store
            .read(move |r| {
                let ticket = owned(r, &who, session)?;
                let told_up_to = match after {
                    Some(id) => message_in(r, &ticket, &id)?,
                    None => ticket.last_message.unwrap_or(MessageId(0)),
                };
                Ok(Followed { ticket, told_up_to })
            })
            .await
    }

    /// What was said in a ticket after a message, the oldest `limit`. For whoever was let in to follow it.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn said_after(
        &self,
        followed: TicketId,
        after: MessageId,
        limit: u32,
    ) -> Result<Vec<Message>, Error> {
        self.store
            .read(move |r| r.ticket_messages(followed, HistoryCursor::After(after), limit))
            .await
    }

    /// The UUID of a message, for whoever was let in to follow its ticket.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn public_id(&self, message: MessageId) -> Result<Option<String>, Error> {
        let found = self.store.read(move |r| r.message(message)).await?;
        Ok(found.map(|message| message.public_id))
    }
}

/// The ticket behind a session; one of somebody else is not there.
pub(super) fn owned(r: &Reading, who: &ChatWho, session: Uuid) -> Result<Ticket, Error> {
    let unknown = || Error::not_found("session_not_found").on("session_id");
    let id = r.ticket_of_session(session)?.ok_or_else(unknown)?;
    let ticket = r.ticket(id)?.ok_or_else(unknown)?;
    let own = match who {
        ChatWho::Contact(contact) => contact.user == ticket.user,
        ChatWho::Link(own) => *own == session,
    };
    own.then_some(ticket).ok_or_else(unknown)
}

/// The message with this UUID, in this ticket.
fn message_in(r: &Reading, ticket: &Ticket, public_id: &str) -> Result<MessageId, Error> {
    let unknown = || Error::bad("unknown_cursor", "after_id");
    let id = Uuid::try_parse(public_id).map_err(|_| unknown())?;
    let found = r.message_by_public_id(&id.to_string())?;
    let found = found.filter(|message| message.ticket == Some(ticket.id));
    Ok(found.ok_or_else(unknown)?.id)
}
