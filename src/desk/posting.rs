//! What the group's poster needs to know, and what it found out.

use serde_json::json;
use uuid::Uuid;

use super::{Desk, GROUP};
use crate::domain::error::Error;
use crate::domain::ids::{MessageId, TicketId, UserId};
use crate::store::NewJob;

/// A message as it is posted.
#[derive(Debug, Clone)]
pub struct PostContent {
    pub message: MessageId,
    pub user: UserId,
    /// The latest known one.
    pub user_name: Option<String>,
    pub text: String,
    pub photos: Vec<PostPhoto>,
}

/// A photo of it: a file in the uploads folder, or an address Telegram fetches.
#[derive(Debug, Clone)]
pub struct PostPhoto {
    pub file: Option<String>,
    pub link: Option<String>,
}

/// A ticket as Telegram needs it.
#[derive(Debug, Clone)]
pub struct TicketRef {
    pub id: TicketId,
    pub session: Uuid,
    pub user: UserId,
    pub user_name: Option<String>,
}

/// One short line to the agents.
#[derive(Debug, Clone)]
pub struct Note {
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
                    let Some(message) = r.message(id)? else {
                        continue;
                    };
                    let contact = r.contact(&message.user)?;
                    contents.push(PostContent {
                        message: id,
                        user: message.user,
                        user_name: contact.and_then(|contact| contact.name),
                        text: message.text,
                        photos: message
                            .attachments
                            .into_iter()
                            .map(|photo| PostPhoto {
                                file: photo.file,
                                link: photo.link,
                            })
                            .collect(),
                    });
                }
                Ok(contents)
            })
            .await
    }

    pub async fn ticket(&self, id: TicketId) -> Result<Option<TicketRef>, Error> {
        let row = self.store.read(move |r| r.ticket(id)).await?;
        Ok(row.map(|row| TicketRef {
            id: row.id,
            session: row.session,
            user: row.user,
            user_name: row.user_name,
        }))
    }

    /// The ticket's topic in the forum with this id; one of another chat is none.
    pub async fn topic_of(&self, ticket: TicketId, chat_id: i64) -> Result<Option<i64>, Error> {
        let row = self.store.read(move |r| r.ticket(ticket)).await?;
        Ok(row
            .and_then(|row| row.topic)
            .and_then(|(chat, thread)| (chat == chat_id).then_some(thread)))
    }

    pub async fn remember_topic(
        &self,
        ticket: TicketId,
        chat_id: i64,
        thread_id: i64,
    ) -> Result<(), Error> {
        self.store
            .write(move |tx| tx.set_topic(ticket, Some((chat_id, thread_id))))
            .await
    }

    pub async fn forget_topic(&self, ticket: TicketId) -> Result<(), Error> {
        self.store.write(move |tx| tx.set_topic(ticket, None)).await
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
            .write(move |tx| tx.remember_migration(old, new))
            .await
    }

    /// Queues one short line to the agents.
    pub async fn note(&self, note: Note) -> Result<(), Error> {
        self.store
            .write(move |tx| {
                tx.add_job(&NewJob {
                    carrier: GROUP,
                    lane: GROUP,
                    key: 0,
                    kind: "note",
                    ticket: None,
                    message: None,
                    device: None,
                    payload: json!({"text": note.text, "reply_to": note.reply_to, "thread_id": note.thread_id}),
                })
            })
            .await
    }
}
