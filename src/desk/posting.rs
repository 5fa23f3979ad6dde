//! What the group's poster needs to know, and what it found out.

use serde_json::json;
use uuid::Uuid;

use super::{Desk, GROUP, groups};
use crate::domain::attachment::Attachment;
use crate::domain::error::Error;
use crate::domain::group::GroupRef;
use crate::domain::ids::{MessageId, TicketId, UserId};
use crate::domain::locale::Locale;
use crate::domain::message::Message;
use crate::domain::ticket::{Channel, TicketNumber};
use crate::store::{NewJob, Tx};

/// A message as it is posted.
#[derive(Debug, Clone)]
pub struct PostContent {
    pub message: MessageId,
    pub text: String,
    /// The name beside an agent's answer.
    pub agent_name: Option<String>,
    pub attachments: Vec<Attachment>,
}

/// A ticket as Telegram needs it, with the latest known names.
#[derive(Debug, Clone)]
pub struct TicketRef {
    pub id: TicketId,
    pub session: Uuid,
    pub channel: Channel,
    pub user: UserId,
    pub user_name: Option<String>,
    pub email: Option<String>,
    pub username: Option<String>,
    pub subject: Option<String>,
    pub page_url: Option<String>,
    /// Who has it.
    pub agent: Option<String>,
    pub is_over: bool,
    pub number: TicketNumber,
    /// What its contact speaks.
    pub language: Option<Locale>,
    /// The post that carries its buttons: chat and message.
    pub buttons: Option<(i64, i64)>,
    /// Where its posts go.
    pub group: GroupRef,
}

/// One short line to the agents.
#[derive(Debug, Clone)]
pub struct Note {
    /// The chat that is spoken to.
    pub chat: i64,
    pub text: String,
    pub reply_to: Option<i64>,
    pub thread_id: Option<i64>,
}

impl Desk {
    pub async fn post_contents(&self, ids: Vec<MessageId>) -> Result<Vec<PostContent>, Error> {
        self.store
            .read(move |r| {
                let mut contents = Vec::with_capacity(ids.len());
                for id in ids {
                    if let Some(message) = r.message(id)? {
                        contents.push(PostContent {
                            message: id,
                            text: message.text,
                            agent_name: message.agent_name,
                            attachments: message.attachments,
                        });
                    }
                }
                Ok(contents)
            })
            .await
    }

    /// These messages, as far as they are there still.
    pub async fn messages_of(&self, ids: Vec<MessageId>) -> Result<Vec<Message>, Error> {
        self.store
            .read(move |r| {
                let found = ids.into_iter().map(|id| r.message(id));
                let found: Vec<Option<Message>> = found.collect::<Result<_, _>>()?;
                Ok(found.into_iter().flatten().collect())
            })
            .await
    }

    pub async fn ticket(&self, id: TicketId) -> Result<Option<TicketRef>, Error> {
        self.store
            .read(move |r| {
                let Some(row) = r.ticket(id)? else {
                    return Ok(None);
                };
                let contact = r.contact_by_id(row.contact)?;
                let agent = match row.agent {
                    Some(agent) => r.agent(agent)?.map(|agent| agent.shown_name()),
                    None => None,
                };
                Ok(Some(TicketRef {
                    id,
                    session: row.session,
                    channel: row.channel,
                    is_over: row.is_over(),
                    number: row.number(),
                    language: match row.telegram_id {
                        Some(chat) => r.language_of_chat(chat)?,
                        None => contact.as_ref().and_then(|contact| contact.language),
                    },
                    user: row.user,
                    user_name: row.user_name,
                    email: contact.as_ref().and_then(|contact| contact.email.clone()),
                    username: contact.and_then(|contact| contact.username),
                    subject: row.subject,
                    page_url: row.page_url,
                    agent,
                    buttons: r.buttons_of(id)?,
                    group: row.group,
                }))
            })
            .await
    }

    /// The posts of private chats that show a message: chat and post.
    pub async fn shown_in(&self, message: MessageId) -> Result<Vec<(i64, i64)>, Error> {
        self.store.read(move |r| r.shown_in(message)).await
    }

    /// The post that carries the ticket's buttons; None forgets it.
    pub async fn remember_buttons(
        &self,
        ticket: TicketId,
        post: Option<(i64, i64)>,
    ) -> Result<(), Error> {
        self.store
            .write(move |tx| tx.set_buttons(ticket, post))
            .await
    }

    /// The ticket's topic in the forum with this id.
    pub async fn topic_of(&self, ticket: TicketId, chat_id: i64) -> Result<Option<i64>, Error> {
        self.store.read(move |r| r.topic_of(ticket, chat_id)).await
    }

    pub async fn remember_topic(
        &self,
        ticket: TicketId,
        chat_id: i64,
        thread_id: i64,
    ) -> Result<(), Error> {
        self.store
            .write(move |tx| tx.set_topic(ticket, chat_id, thread_id))
            .await
    }

    pub async fn forget_topic(&self, ticket: TicketId, chat_id: i64) -> Result<(), Error> {
        self.store
            .write(move |tx| {
                // What stood in it went with it.
                if tx
                    .buttons_of(ticket)?
                    .is_some_and(|(chat, _)| chat == chat_id)
                {
                    tx.set_buttons(ticket, None)?;
                }
                tx.drop_topic(ticket, chat_id)
            })
            .await
    }

    /// The newest open ticket of a contact, to show where it is typing.
    pub async fn open_ticket_of(&self, user: UserId) -> Result<Option<TicketId>, Error> {
        self.store
            .read(move |r| match r.contact(&user)? {
                Some(contact) => r.open_ticket(contact.id),
                None => Ok(None),
            })
            .await
    }

    /// Where the group with the configured id lives today.
    pub async fn group_chat(&self, configured: i64) -> Result<i64, Error> {
        self.store.read(move |r| r.current_chat(configured)).await
    }

    /// The group became a supergroup and has a new id.
    pub async fn group_migrated(&self, old: i64, new: i64) -> Result<(), Error> {
        tracing::info!(old, new, "the group has a new id; it is remembered");
        self.store
            .write(move |tx| {
                tx.remember_migration(old, new)?;
                groups::one_group_each(tx)
            })
            .await
    }

    /// Queues one short line to the agents.
    pub async fn note(&self, note: Note) -> Result<(), Error> {
        self.store.write(move |tx| queue_note(tx, &note)).await
    }

    /// Queues lines that are all that comes of an update.
    pub async fn notes_and_done(&self, notes: Vec<Note>, update: i64) -> Result<(), Error> {
        self.store
            .write(move |tx| {
                notes.iter().try_for_each(|note| queue_note(tx, note))?;
                tx.update_done(update)
            })
            .await
    }
}

pub(super) fn queue_note(tx: &mut Tx, note: &Note) -> Result<(), Error> {
    let group = tx.group_of_chat(note.chat)?;
    tx.add_job(&NewJob {
        carrier: GROUP,
        lane: &group.lane(),
        key: 0,
        kind: "note",
        ticket: None,
        message: None,
        device: None,
        payload: json!({"text": note.text, "reply_to": note.reply_to, "thread_id": note.thread_id}),
    })
}
