//! A contact's message comes in: stored with everything that must follow from it, in one transaction.

use chrono::Duration;
use chrono_tz::Tz;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::access::Caller;
use super::{Desk, bells, groups, hours, tickets};
use crate::domain::attachment::{Attachment, AttachmentKind};
use crate::domain::error::{Error, Kind};
use crate::domain::event::Event;
use crate::domain::ids::{TicketId, UserId};
use crate::domain::locale::Locale;
use crate::domain::message::{Direction, Message};
use crate::domain::text;
use crate::domain::ticket::{Channel, REOPEN_DAYS};
use crate::media::Stored;
use crate::store::{ContactRow, NewMessage, NewTicket, Tx};

/// What an app sends, checked field by field.
pub struct Incoming {
    pub user: UserId,
    /// Cleaned; blank only with a photo.
    pub text: String,
    pub user_name: Option<String>,
    /// Photos that lie in the uploads folder and go with this value if it is not stored.
    pub photos: Vec<Stored>,
    pub photo_link: Option<String>,
    pub client_msg_id: Option<String>,
}

impl Desk {
    pub(super) fn house(&self) -> House {
        House {
            to_group: self.settings.group,
            zone: self.settings.timezone,
            locale: self.settings.locale,
        }
    }

    /// Stores a contact's message; the answer to a repeated `client_msg_id` is the first one.
    ///
    /// # Errors
    /// `forbidden`, `rate_limited`, `empty_message`, `client_msg_id_reused`, `storage_full`.
    pub async fn receive(&self, caller: &Caller, incoming: Incoming) -> Result<Message, Error> {
        caller.may_act_as(&incoming.user)?;
        self.limits.message_of(&incoming.user)?;
        let has_photo = !incoming.photos.is_empty() || incoming.photo_link.is_some();
        if incoming.text.trim().is_empty() && !has_photo {
            return Err(Error::bad("empty_message", "message"));
        }
        let house = self.house();
        // Everybody waits for the writer: what can be worked out before it, is.
        let hash = incoming
            .client_msg_id
            .is_some()
            .then(|| content_hash(&incoming));
        self.store
            .write(move |tx| store(tx, incoming, hash, house))
            .await
    }
}

fn store(
    tx: &mut Tx,
    incoming: Incoming,
    hash: Option<[u8; 32]>,
    house: House,
) -> Result<Message, Error> {
    if let Some(first) = answered_before(tx, &incoming, hash)? {
        return Ok(first);
    }
    let channel = Channel::Mobile;
    let contact = tx.touch_contact(&incoming.user, incoming.user_name.as_deref(), channel)?;
    let reopen_since = tx.now() - Duration::days(REOPEN_DAYS);
    let ticket = match tx.ticket_to_continue(contact.id, channel, reopen_since)? {
        Some(ticket) => ticket,
        None => {
            let title = text::title_of(&incoming.text);
            let new = NewTicket::titled(contact.id, channel, &title);
            tickets::open(tx, &new, house.to_group)?.id
        }
    };
    let attachments = attachments(tx, incoming.photos, incoming.photo_link);
    let said = Said {
        text: incoming.text,
        attachments,
        client_msg_id: incoming.client_msg_id,
        content_hash: hash,
    };
    contact_says(tx, &contact, ticket, said, house)
}

/// How the desk is set up, as far as a contact's message needs it.
#[derive(Debug, Clone, Copy)]
pub(super) struct House {
    /// Whether posts to the group have a way out.
    pub to_group: bool,
    /// Whose hours and days count.
    pub zone: Tz,
    /// The language where the contact has shown none.
    pub locale: Locale,
}

/// What a contact says, whatever the channel.
pub(super) struct Said {
    /// Cleaned.
    pub text: String,
    pub attachments: Vec<Attachment>,
    pub client_msg_id: Option<String>,
    pub content_hash: Option<[u8; 32]>,
}

/// Stores a contact's message in a ticket with everything that follows from it: the ticket is open and waits
/// for staff, the group gets its post, everybody who listens is told, and the contact hears if nobody is at work.
///
/// # Errors
/// `contact_blocked`, or a failure of the store.
pub(super) fn contact_says(
    tx: &mut Tx,
    contact: &ContactRow,
    ticket: TicketId,
    said: Said,
    house: House,
) -> Result<Message, Error> {
    if contact.is_blocked {
        return Err(Error::new(Kind::Forbidden, "contact_blocked"));
    }
    if house.to_group {
        // Before there is one more message: this one is posted anyway.
        groups::settle(tx, ticket)?;
    }
    let id = tx.insert_message(&NewMessage {
        contact: contact.id,
        ticket: Some(ticket),
        direction: Direction::User,
        text: &said.text,
        attachments: &said.attachments,
        agent_name: None,
        agent_telegram_id: None,
        agent: None,
        is_greeting: false,
        client_msg_id: said.client_msg_id.as_deref(),
        content_hash: said.content_hash,
        media_group: None,
    })?;
    let before = tx.contact_wrote(ticket, id)?;
    if before.was_resolved {
        let reopened = tickets::known(tx, ticket)?;
        tickets::log(tx, &reopened, None, "", "reopened", None)?;
        tickets::told_reopened(tx, &reopened, house.to_group)?;
    }
    if house.to_group {
        bells::contact_wrote(tx, ticket, id, before)?;
        groups::tell(tx, ticket, "message", Some(id), json!({}))?;
    }
    let message = tx
        .message(id)?
        .ok_or_else(|| Error::internal("a message that was just stored is not there"))?;
    tx.emit(Event::MessageCreated(message.clone()));
    hours::tell_away(tx, contact, ticket, house)?;
    Ok(message)
}

/// The message the same request stored before, if it did.
fn answered_before(
    tx: &Tx,
    incoming: &Incoming,
    hash: Option<[u8; 32]>,
) -> Result<Option<Message>, Error> {
    match tx.contact(&incoming.user)? {
        Some(contact) => sent_before(tx, &contact, incoming.client_msg_id.as_deref(), hash),
        None => Ok(None),
    }
}

/// What the contact stored under this id of its own, where it is the same again.
///
/// # Errors
/// `client_msg_id_reused` for something else under the same id.
pub(super) fn sent_before(
    tx: &Tx,
    contact: &ContactRow,
    client_msg_id: Option<&str>,
    hash: Option<[u8; 32]>,
) -> Result<Option<Message>, Error> {
    let Some(client_msg_id) = client_msg_id else {
        return Ok(None);
    };
    match tx.sent_before(contact.id, client_msg_id)? {
        Some((id, first)) if first.is_some() && first == hash => tx.message(id),
        Some(_) => Err(Error::new(Kind::Conflict, "client_msg_id_reused").on("client_msg_id")),
        None => Ok(None),
    }
}

/// What makes two requests the same: the text, the link, and the photos byte by byte.
fn content_hash(incoming: &Incoming) -> [u8; 32] {
    let mut hash = Sha256::new();
    let link = incoming.photo_link.as_deref().unwrap_or_default();
    for part in [incoming.text.as_bytes(), link.as_bytes()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    for photo in &incoming.photos {
        hash.update(photo.file().sha256);
    }
    hash.finalize().into()
}

fn attachments(tx: &mut Tx, photos: Vec<Stored>, link: Option<String>) -> Vec<Attachment> {
    let mut attachments: Vec<Attachment> = photos
        .into_iter()
        .map(|photo| from_file(tx, AttachmentKind::Photo, photo))
        .collect();
    if let Some(link) = link {
        let mut attachment = Attachment::of(AttachmentKind::Photo);
        attachment.link = Some(link);
        attachments.push(attachment);
    }
    attachments
}

/// The attachment that a stored file becomes; the file stays if, and only if, the row does.
pub(super) fn from_file(tx: &mut Tx, kind: AttachmentKind, stored: Stored) -> Attachment {
    let file = stored.file().clone();
    tx.when_durable(|| drop(stored.keep()));
    let mut attachment = Attachment::of(kind);
    attachment.file = Some(file.name);
    attachment.thumb = file.thumb;
    attachment.mime = Some(file.mime);
    attachment.size = Some(file.size);
    attachment.name = file.original_name;
    attachment
}
