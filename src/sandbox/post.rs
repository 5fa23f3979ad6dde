//! Posts: what is in a chat, and how the Bot API draws it as a `Message`.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::entities::{Entity, display};
use super::world::World;

/// One message of a chat, for assertions and for the page.
#[derive(Clone, Debug, Serialize)]
pub struct Post {
    /// Message id, unique within its chat only.
    pub id: i64,
    /// The chat it stands in.
    pub chat_id: i64,
    /// The forum topic it stands in.
    pub thread_id: Option<i64>,
    /// Full name of the sender.
    pub from: String,
    /// Whether the bot wrote it.
    pub by_bot: bool,
    /// `text`, `photo`, `document`, `location`, … or `service`.
    pub kind: String,
    /// Text or caption, plain.
    pub text: String,
    /// Entities of the text or caption.
    pub entities: Vec<Entity>,
    /// Text with its entities as HTML that is safe to show.
    pub html: String,
    /// Files it carries.
    pub files: Vec<PostFile>,
    /// Album it belongs to.
    pub media_group_id: Option<String>,
    /// The message it answers, in the same chat.
    pub reply_to: Option<i64>,
    /// When it was edited last.
    pub edited_at: Option<DateTime<Utc>>,
    /// Whether it was deleted; deleted posts stay listed for assertions.
    pub deleted: bool,
    /// Wall time of posting.
    pub at: DateTime<Utc>,
    /// Monotonic time of posting.
    pub at_monotonic: Duration,
    /// Inline keyboard, as sent.
    pub reply_markup: Option<Value>,
    /// It came without a sound.
    pub silent: bool,
    /// Who wrote it.
    #[serde(skip)]
    pub(super) sender: User,
    /// Fields of the Bot API `Message` beyond text and caption: `photo`, `location`, service fields.
    #[serde(skip)]
    pub(super) body: Map<String, Value>,
}

/// A file of a post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PostFile {
    /// `file_id`, good for [`super::Sandbox::file_bytes`] and `getFile`.
    pub id: String,
    /// `photo`, `document`, …
    pub kind: String,
    /// File name as sent.
    pub name: String,
    /// MIME type as sent.
    pub mime: String,
    /// Size in bytes, as claimed.
    pub size: u64,
    /// Where the control interface serves it, relative to its root.
    pub url: String,
}

/// A Telegram user: the bot, an agent, or somebody writing privately.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct User {
    /// Telegram id.
    pub id: i64,
    /// Whether it is a bot.
    pub is_bot: bool,
    /// First name; may be empty for deleted accounts only.
    pub first_name: String,
    /// Last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Name without `@`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Language of the app, as an IETF tag such as `ru`; not everybody tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language_code: Option<String>,
}

impl User {
    pub(super) fn json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    pub(super) fn full_name(&self) -> String {
        match &self.last_name {
            Some(last) => format!("{} {last}", self.first_name),
            None => self.first_name.clone(),
        }
    }
}

/// What is about to be posted.
pub(super) struct Draft {
    pub chat_id: i64,
    pub thread_id: Option<i64>,
    pub sender: User,
    pub kind: &'static str,
    pub text: String,
    pub entities: Vec<Entity>,
    pub files: Vec<PostFile>,
    pub media_group_id: Option<String>,
    pub reply_to: Option<i64>,
    pub reply_markup: Option<Value>,
    pub silent: bool,
    /// What stands below the input from now on.
    pub below: Option<Vec<String>>,
    pub body: Map<String, Value>,
}

impl Draft {
    pub fn new(chat_id: i64, sender: User, kind: &'static str) -> Self {
        Self {
            chat_id,
            thread_id: None,
            sender,
            kind,
            text: String::new(),
            entities: Vec::new(),
            files: Vec::new(),
            media_group_id: None,
            reply_to: None,
            reply_markup: None,
            silent: false,
            below: None,
            body: Map::new(),
        }
    }

    pub fn into_post(self, id: i64, at: DateTime<Utc>, at_monotonic: Duration) -> Post {
        Post {
            id,
            chat_id: self.chat_id,
            thread_id: self.thread_id,
            from: self.sender.full_name(),
            by_bot: self.sender.is_bot,
            kind: self.kind.to_owned(),
            html: display(&self.text, &self.entities),
            text: self.text,
            entities: self.entities,
            files: self.files,
            media_group_id: self.media_group_id,
            reply_to: self.reply_to,
            edited_at: None,
            deleted: false,
            at,
            at_monotonic,
            reply_markup: self.reply_markup,
            silent: self.silent,
            sender: self.sender,
            body: self.body,
        }
    }
}

impl Post {
    pub(super) fn is_text(&self) -> bool {
        self.kind == "text"
    }

    /// Whether it was edited.
    pub fn edited(&self) -> bool {
        self.edited_at.is_some()
    }

    /// A field of its `Message` beyond text and caption, such as `location` or `contact`.
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.body.get(name)
    }

    pub(super) fn set_text(&mut self, text: String, entities: Vec<Entity>, at: DateTime<Utc>) {
        self.html = display(&text, &entities);
        self.text = text;
        self.entities = entities;
        self.edited_at = Some(at);
    }
}

/// The `Message` object of a post, with `reply_to_message` one level deep as Telegram gives it.
pub(super) fn message_json(world: &World, post: &Post) -> Value {
    let mut message = bare(world, post);
    if let Some(replied) = replied(world, post) {
        message.insert(
            "reply_to_message".into(),
            Value::Object(bare(world, replied)),
        );
    }
    Value::Object(message)
}

/// What a message shows as replied to. In a topic a message that answers nothing answers the topic's
/// creation message, a quirk every forum bot meets.
fn replied<'a>(world: &'a World, post: &Post) -> Option<&'a Post> {
    let id = match (post.reply_to, post.thread_id) {
        (Some(id), _) => id,
        (None, Some(thread)) if post.id != thread => thread,
        _ => return None,
    };
    world.post(post.chat_id, id)
}

fn bare(world: &World, post: &Post) -> Map<String, Value> {
    let mut message = Map::new();
    let mut put = |name: &str, value: Value| message.insert(name.to_owned(), value);
    put("message_id", json!(post.id));
    put("from", post.sender.json());
    put("chat", world.chat_json(post.chat_id));
    put("date", json!(post.at.timestamp()));
    match post.thread_id {
        Some(thread) => {
            put("message_thread_id", json!(thread));
            put("is_topic_message", json!(true));
        }
        // Outside forums a chain of replies is a thread too, named by its first message.
        None if post.reply_to.is_some() && world.is_group(post.chat_id) => {
            put("message_thread_id", json!(chain_root(world, post)));
        }
        None => {}
    }
    if let Some(at) = post.edited_at {
        put("edit_date", json!(at.timestamp()));
    }
    if let Some(album) = &post.media_group_id {
        put("media_group_id", json!(album));
    }
    if let Some(markup) = &post.reply_markup {
        put("reply_markup", markup.clone());
    }
    let (text, entities) = match post.is_text() {
        true => ("text", "entities"),
        false => ("caption", "caption_entities"),
    };
    if !post.text.is_empty() && post.kind != "service" {
        put(text, json!(post.text));
        if !post.entities.is_empty() {
            put(entities, json!(post.entities));
        }
    }
    message.extend(post.body.clone());
    message
}

fn chain_root(world: &World, post: &Post) -> i64 {
    let mut root = post.reply_to.unwrap_or(post.id);
    // Replies point backwards, so this ends; the bound is for a chain longer than anybody reads.
    for _ in 0..1000 {
        match world
            .post(post.chat_id, root)
            .and_then(|post| post.reply_to)
        {
            Some(earlier) => root = earlier,
            None => break,
        }
    }
    root
}
