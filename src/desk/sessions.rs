//! Web chat sessions: a contact's tickets as its web page sees them. Who asks has proven it by a token, or holds
//! the link to one session; everything that is not its own is not there.

use chrono::Duration;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::intake::{House, Said, contact_says, from_file, sent_before};
use super::limits::ClientAddress;
use super::session_keys::{ChatCaller, ChatWho, SessionKeys};
use super::tickets::{self, Ending};
use super::{Desk, session_reading::owned};
use crate::domain::attachment::{Attachment, AttachmentKind};
use crate::domain::error::{Error, Kind};
use crate::domain::event::{Event, TicketChange};
use crate::domain::ids::UserId;
use crate::domain::message::{Direction, Message};
use crate::domain::text;
use crate::domain::ticket::{Channel, REOPEN_DAYS, Status, Ticket};
use crate::media::Stored;
use crate::store::{ContactRow, NewTicket, Profile, TicketTexts, Tx};

/// Where the desk keeps the secret it made up.
const SECRET: &str = "session_secret";

/// What a contact says on the web, checked field by field.
pub struct ChatMessage {
    /// None opens a session.
    pub session: Option<Uuid>,
    /// Cleaned; blank only with a file.
    pub text: String,
    /// Files that lie in the uploads folder and go with this value if it is not stored.
    pub files: Vec<Stored>,
    /// The page it is written from.
    pub page_url: Option<String>,
    /// What a new session is about.
    pub subject: Option<String>,
    pub client_msg_id: Option<String>,
}

/// How somebody proves who it is.
pub enum Proof<'a> {
    Token(&'a str),
    /// From a session's link.
    Key(&'a str),
}

impl Desk {
    /// Who stands behind a proof.
    ///
    /// # Errors
    /// `unauthorized`, or a failure of the store.
    pub async fn chat_caller(&self, proof: Option<Proof<'_>>) -> Result<ChatCaller, Error> {
        let nobody = || Error::new(Kind::Unauthorized, "unauthorized");
        let proof = proof.ok_or_else(nobody)?;
        let keys = self.session_keys().await?;
        match proof {
            Proof::Token(token) => keys.contact_of(token, &self.clock),
            Proof::Key(key) => keys.holder_of(key, &self.clock),
        }
        .ok_or_else(nobody)
    }

    /// The holder of a link, where its key is that of this session.
    ///
    /// # Errors
    /// `unauthorized`, or a failure of the store.
    pub async fn session_by_key(&self, session: Uuid, key: &str) -> Result<ChatCaller, Error> {
        let caller = self.chat_caller(Some(Proof::Key(key))).await?;
        match caller.who == ChatWho::Link(session) {
            true => Ok(caller),
            false => Err(Error::new(Kind::Unauthorized, "unauthorized")),
        }
    }

    /// The key for a link to a session, valid 30 days from now.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn session_key(&self, session: Uuid) -> Result<String, Error> {
        self.session_keys().await?.link_key(session, &self.clock)
    }

    /// An anonymous visitor: its id, which nobody guesses, and its token.
    ///
    /// # Errors
    /// `rate_limited`, or a failure of the store.
    pub async fn new_visitor(&self, address: ClientAddress) -> Result<(UserId, String), Error> {
        self.limits.visitor_from(address)?;
        let user = UserId::of_visitor(self.chance.uuid());
        let token = self
            .session_keys()
            .await?
            .visitor_token(&user, &self.clock)?;
        Ok((user, token))
    }

    /// Stores what a contact says, in a session of its own or in a new one; the answer to a repeated
    /// `client_msg_id` is the first one.
    ///
    /// # Errors
    /// `rate_limited`, `empty_message`, `session_not_found`, `session_closed`, `contact_blocked`,
    /// `client_msg_id_reused`, `storage_full`.
    pub async fn chat_says(
        &self,
        caller: &ChatCaller,
        said: ChatMessage,
    ) -> Result<(Message, Uuid), Error> {
        if said.text.trim().is_empty() && said.files.is_empty() {
            return Err(Error::bad("empty_message", "content"));
        }
        let (who, house) = (caller.who.clone(), self.house());
        match &who {
            ChatWho::Contact(contact) => self.limits.message_of(&contact.user)?,
            ChatWho::Link(session) => {
                let ticket = self.session_ticket(caller, *session).await?;
                self.limits.message_of(&ticket.user)?;
            }
        }
        let hash = said.client_msg_id.is_some().then(|| content_hash(&said));
        self.store
            .write(move |tx| say(tx, &who, said, hash, house))
            .await
    }

    /// The contact has read everything in a session.
    ///
    /// # Errors
    /// `session_not_found`, or a failure of the store.
    pub async fn chat_read(&self, caller: &ChatCaller, session: Uuid) -> Result<(), Error> {
        let who = caller.who.clone();
        self.store
            .write(move |tx| {
                let ticket = owned(tx, &who, session)?;
                let Some(newest) = ticket.last_message else {
                    return Ok(());
                };
                if tx.contact_read(ticket.id, newest)? {
                    tickets::tell(tx, &ticket, ticket.agent, TicketChange::ContactRead(newest));
                }
                Ok(())
            })
            .await
    }

    /// The contact ends a session; ending it twice changes nothing.
    ///
    /// # Errors
    /// `session_not_found`, or a failure of the store.
    pub async fn chat_close(&self, caller: &ChatCaller, session: Uuid) -> Result<(), Error> {
        let (who, to_group) = (caller.who.clone(), self.settings.group);
        self.store
            .write(move |tx| {
                let ticket = owned(tx, &who, session)?;
                let actor = ticket.user_name.clone();
                let ending = Ending {
                    status: Status::Closed,
                    by: None,
                    actor: actor.as_deref().unwrap_or(ticket.user.as_str()),
                    reason: None,
                };
                tickets::end(tx, &ticket, &ending, to_group)
            })
            .await
    }

    /// The contact is writing in a session; staff is told.
    ///
    /// # Errors
    /// `session_not_found`, `contact_blocked`, or a failure of the store.
    pub async fn chat_types(&self, caller: &ChatCaller, session: Uuid) -> Result<(), Error> {
        let who = caller.who.clone();
        let ticket = self
            .store
            .read(move |r| {
                let ticket = owned(r, &who, session)?;
                match r.contact_by_id(ticket.contact)? {
                    Some(contact) if contact.is_blocked => {
                        Err(Error::new(Kind::Forbidden, "contact_blocked"))
                    }
                    _ => Ok(ticket),
                }
            })
            .await?;
        self.publish(Event::Typing {
            user: ticket.user,
            ticket: Some(ticket.id),
            by: Direction::User,
        });
        Ok(())
    }

    pub(super) async fn session_keys(&self) -> Result<&SessionKeys, Error> {
        let made = self.session_keys.get_or_try_init(async || {
            if let Some(secret) = &self.settings.jwt_secret {
                return SessionKeys::new(secret);
            }
            if let Some(secret) = self.store.read(|r| r.desk_setting(SECRET)).await? {
                return SessionKeys::new(&secret);
            }
            let fresh = [self.chance.uuid(), self.chance.uuid()].map(|id| id.simple().to_string());
            let fresh = fresh.concat();
            let kept = self.store.write(move |tx| match tx.desk_setting(SECRET)? {
                Some(kept) => Ok(kept),
                None => tx.put_desk_setting(SECRET, &fresh).map(|()| fresh),
            });
            SessionKeys::new(&kept.await?)
        });
        made.await
    }
}

fn say(
    tx: &mut Tx,
    who: &ChatWho,
    said: ChatMessage,
    hash: Option<[u8; 32]>,
    house: House,
) -> Result<(Message, Uuid), Error> {
    let (contact, known) = match who {
        ChatWho::Contact(web) => {
            let told = Profile {
                name: web.name.as_deref(),
                email: web.email.as_deref(),
                username: web.username.as_deref(),
            };
            let contact = tx.touch_profile(&web.user, told, Channel::Web)?;
            let known = said.session.map(|session| owned(tx, who, session));
            (contact, known.transpose()?)
        }
        // The link leads into its session, also where the message does not name it.
        ChatWho::Link(own) => {
            let ticket = owned(tx, who, said.session.unwrap_or(*own))?;
            let contact = tx.contact_by_id(ticket.contact)?;
            let contact = contact.ok_or_else(|| Error::internal("a ticket without a contact"))?;
            (contact, Some(ticket))
        }
    };
    if let Some(first) = sent_before(tx, &contact, said.client_msg_id.as_deref(), hash)? {
        let ticket = first.ticket.map(|id| tx.ticket(id)).transpose()?.flatten();
        let ticket = ticket.ok_or_else(|| Error::not_found("session_not_found"))?;
        return Ok((first, ticket.session));
    }
    let ticket = match known {
        Some(ticket) => continued(tx, ticket, said.page_url)?,
        None => opened(tx, &contact, &said, house.to_group)?,
    };
    let files = said.files.into_iter();
    let message = Said {
        text: said.text,
        attachments: files.map(|file| attachment(tx, file)).collect(),
        client_msg_id: said.client_msg_id,
        content_hash: hash,
    };
    let message = contact_says(tx, &contact, ticket.id, message, house)?;
    Ok((message, ticket.session))
}

/// A new session, called by its subject or by the first words.
fn opened(
    tx: &mut Tx,
    contact: &ContactRow,
    said: &ChatMessage,
    to_group: bool,
) -> Result<Ticket, Error> {
    let title = match &said.subject {
        Some(subject) => subject.clone(),
        None => text::title_of(&said.text),
    };
    let mut new = NewTicket::titled(contact.id, Channel::Web, &title);
    new.subject = said.subject.as_deref();
    new.page_url = said.page_url.as_deref();
    tickets::open(tx, &new, to_group)
}

/// A session that is written on in: one that ended long ago stays as it is.
fn continued(tx: &mut Tx, ticket: Ticket, page_url: Option<String>) -> Result<Ticket, Error> {
    let reopen_since = tx.now() - Duration::days(REOPEN_DAYS);
    let over_for_good = ticket.closed_at.is_some_and(|closed| closed < reopen_since);
    if ticket.is_over() && over_for_good {
        return Err(Error::new(Kind::Conflict, "session_closed").on("session_id"));
    }
    if page_url.is_some() && page_url != ticket.page_url {
        let change = TicketTexts {
            page_url,
            ..TicketTexts::default()
        };
        tx.describe_ticket(ticket.id, &change)?;
        tickets::tell(tx, &ticket, ticket.agent, TicketChange::Changed);
    }
    Ok(ticket)
}

/// Pictures that could be read are photos, everything else is a document.
fn attachment(tx: &mut Tx, stored: Stored) -> Attachment {
    let kind = match stored.file().width {
        Some(_) => AttachmentKind::Photo,
        None => AttachmentKind::Document,
    };
    from_file(tx, kind, stored)
}

/// What makes two requests the same: the text, and the files byte by byte.
fn content_hash(said: &ChatMessage) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update((said.text.len() as u64).to_be_bytes());
    hash.update(&said.text);
    for file in &said.files {
        hash.update(file.file().sha256);
    }
    hash.finalize().into()
}
