//! Updates as Telegram sends them, as far as we read them.
//!
//! teloxide's types are not used for reading: one entity, media kind or missing optional field they do not know turns
//! the whole message into an empty one, and an agent's answer would vanish without a trace. These fields are few,
//! stable for years, and everything beside them is passed over.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::desk::in_group::Who;
use crate::domain::agent::NAMELESS;

#[derive(Debug, Clone, Deserialize)]
pub struct Update {
    pub message: Option<Message>,
    pub edited_message: Option<Message>,
    pub my_chat_member: Option<Membership>,
    pub callback_query: Option<CallbackQuery>,
    /// Of a press that is done: the answer that is still to be given. Never Telegram's.
    pub relaydesk_left: Option<Left>,
}

/// A button was pressed.
#[derive(Debug, Clone, Deserialize)]
pub struct CallbackQuery {
    pub id: String,
    pub from: User,
    /// The post with the button; of an old one only chat and id.
    pub message: Option<Box<Message>>,
    pub data: Option<String>,
}

/// What is left to do for a press after its effect: telling who pressed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    pub callback: String,
    pub text: String,
    pub alert: bool,
}

/// The bot's own standing in a chat has changed.
#[derive(Debug, Clone, Deserialize)]
pub struct Membership {
    pub chat: Chat,
    pub new_chat_member: Option<Standing>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Standing {
    pub status: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Chat {
    pub id: i64,
    /// Not told of a chat that is only named.
    #[serde(rename = "type", default)]
    pub kind: String,
}

impl Chat {
    pub fn is_private(&self) -> bool {
        self.kind == "private"
    }
}

#[derive(Debug, Clone, Deserialize)]
pub struct User {
    pub id: i64,
    #[serde(default)]
    pub is_bot: bool,
    #[serde(default)]
    pub first_name: String,
    pub last_name: Option<String>,
    pub username: Option<String>,
    /// What its app speaks.
    pub language_code: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Message {
    pub message_id: i64,
    pub message_thread_id: Option<i64>,
    #[serde(default)]
    pub is_topic_message: bool,
    pub from: Option<User>,
    /// Set when somebody writes as a chat: the group itself for an anonymous administrator.
    pub sender_chat: Option<Chat>,
    pub author_signature: Option<String>,
    #[serde(default)]
    pub is_automatic_forward: bool,
    pub chat: Chat,
    pub reply_to_message: Option<Box<Message>>,
    pub forward_origin: Option<Origin>,
    pub media_group_id: Option<String>,

    pub text: Option<String>,
    pub caption: Option<String>,
    #[serde(default)]
    pub entities: Vec<Entity>,
    #[serde(default)]
    pub caption_entities: Vec<Entity>,

    /// Sizes of one photo.
    pub photo: Option<Vec<FilePart>>,
    pub video: Option<FilePart>,
    pub video_note: Option<FilePart>,
    pub animation: Option<FilePart>,
    pub voice: Option<FilePart>,
    pub audio: Option<FilePart>,
    pub sticker: Option<FilePart>,
    pub document: Option<FilePart>,
    pub location: Option<Location>,
    pub contact: Option<Person>,

    pub migrate_to_chat_id: Option<i64>,
    pub migrate_from_chat_id: Option<i64>,
    pub forum_topic_created: Option<IgnoredAny>,

    // Content that a contact can not be given; the agent is told so.
    pub poll: Option<IgnoredAny>,
    pub dice: Option<IgnoredAny>,
    pub game: Option<IgnoredAny>,
    pub story: Option<IgnoredAny>,
    pub checklist: Option<IgnoredAny>,
    pub paid_media: Option<IgnoredAny>,
    pub invoice: Option<IgnoredAny>,
    pub giveaway: Option<IgnoredAny>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Entity {
    #[serde(rename = "type")]
    pub kind: String,
    /// Of a `text_link`.
    pub url: Option<String>,
}

/// A file on Telegram's side; for a photo, one of its sizes.
#[derive(Debug, Clone, Deserialize)]
pub struct FilePart {
    pub file_id: String,
    pub file_size: Option<u64>,
    pub file_name: Option<String>,
    pub width: Option<u64>,
    pub height: Option<u64>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Location {
    pub latitude: f64,
    pub longitude: f64,
}

/// A shared contact of an address book; not one of our contacts.
#[derive(Debug, Clone, Deserialize)]
pub struct Person {
    pub phone_number: String,
    #[serde(default)]
    pub first_name: String,
    pub last_name: Option<String>,
    /// Where the person is on Telegram.
    pub user_id: Option<i64>,
}

/// Where a forwarded message came from.
#[derive(Debug, Clone, Deserialize)]
pub struct Origin {
    /// None where its author hides who that is.
    pub sender_user: Option<User>,
    /// The group in whose name it was written.
    pub sender_chat: Option<Chat>,
    /// The channel it stood in.
    pub chat: Option<Chat>,
}

impl Left {
    /// As the update it takes the place of.
    pub fn of_update(&self, update: i64) -> Vec<u8> {
        let body = serde_json::json!({ "update_id": update, "relaydesk_left": self });
        body.to_string().into_bytes()
    }
}

impl Message {
    /// The private chat it is of, where a person wrote it there.
    pub fn private(&self) -> Option<i64> {
        let from = self.from.as_ref().filter(|from| !from.is_bot)?;
        (self.chat.is_private() && from.id == self.chat.id).then_some(from.id)
    }

    /// What was written: the text, or the words under a photo or file.
    pub fn words(&self) -> Option<&str> {
        self.text.as_deref().or(self.caption.as_deref())
    }

    /// The command the words begin with, such as `/reply` or `/reply@somebot`. A path such as `/etc/hosts` is none.
    pub fn command(&self) -> Option<&str> {
        let first = self.words()?.split_whitespace().next()?;
        let name = first.strip_prefix('/')?;
        let letters = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        name.split('@').all(letters).then_some(first)
    }

    /// The address of a link in the words that satisfies `wanted`.
    pub fn link<T>(&self, wanted: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.entities
            .iter()
            .chain(&self.caption_entities)
            .filter(|entity| entity.kind == "text_link")
            .find_map(|entity| wanted(entity.url.as_deref()?))
    }

    /// Whether there is something to pass on.
    pub fn has_content(&self) -> bool {
        self.words().is_some() || self.has_attachment()
    }

    /// Whether something hangs on it that is an attachment for the contact.
    pub fn has_attachment(&self) -> bool {
        let files = [
            &self.video,
            &self.video_note,
            &self.animation,
            &self.voice,
            &self.audio,
            &self.sticker,
            &self.document,
        ];
        self.photo.as_ref().is_some_and(|sizes| !sizes.is_empty())
            || files.iter().any(|file| file.is_some())
            || self.location.is_some()
            || self.contact.is_some()
    }

    /// Whether somebody sent something that can not be passed on (service messages are nobody's words).
    pub fn is_foreign(&self) -> bool {
        let foreign = [
            &self.poll,
            &self.dice,
            &self.game,
            &self.story,
            &self.checklist,
            &self.paid_media,
            &self.invoice,
            &self.giveaway,
        ];
        foreign.iter().any(|content| content.is_some())
    }

    /// The forum topic it was written in. In a plain group a thread is only a chain of replies.
    pub fn topic(&self) -> Option<i64> {
        self.message_thread_id.filter(|_| self.is_topic_message)
    }

    /// Whether an administrator wrote it in the group's own name.
    pub fn is_anonymous(&self) -> bool {
        self.sender_chat.is_some()
    }

    /// The name the contact sees. Of an anonymous administrator only the title they gave themselves is known.
    pub fn agent_name(&self) -> Option<String> {
        if self.is_anonymous() {
            return self
                .author_signature
                .clone()
                .filter(|name| !name.trim().is_empty());
        }
        self.from.as_ref()?.shown_name()
    }

    /// The agent who wrote it.
    pub fn who(&self) -> Who {
        let from = self.from.as_ref().filter(|_| !self.is_anonymous());
        Who {
            telegram_id: from.map(|from| from.id),
            name: self.agent_name().unwrap_or_else(|| NAMELESS.to_owned()),
        }
    }
}

impl User {
    /// Full name, else username.
    fn shown_name(&self) -> Option<String> {
        let last = self.last_name.as_deref().unwrap_or_default();
        let full = format!("{} {}", self.first_name.trim(), last.trim());
        let full = full.trim();
        if full.is_empty() {
            self.username.clone()
        } else {
            Some(full.to_owned())
        }
    }

    pub fn who(&self) -> Who {
        Who {
            telegram_id: Some(self.id),
            name: self.shown_name().unwrap_or_else(|| NAMELESS.to_owned()),
        }
    }
}
