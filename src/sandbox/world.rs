//! The world of the sandbox: groups, the people, topics, posts, files, waiting updates. All of it is
//! behind one lock in `mod`; nothing here waits or touches the network.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::answer::ApiError;
use super::buttons::{Keyboard, Press, keyboard};
use super::commands::{Commands, Scope};
use super::faults::Faults;
use super::fcm::state::FcmState;
use super::files::Files;
use super::groups::{Groups, Standing};
use super::limit::RateLimit;
use super::params::Params;
use super::people::Human;
use super::post::{Draft, Post, User, message_json};
use super::updates::Updates;
use crate::domain::clock::Clock;

/// The bot's user id; the first part of its token.
pub(super) const BOT_ID: i64 = 100_000_001;
const KEEP_POSTS: usize = 20_000;
const KEEP_CALLS: usize = 20_000;

/// A forum topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Topic {
    /// The group it is in.
    pub chat_id: i64,
    /// Thread id: the id of the service message that created it.
    pub thread_id: i64,
    /// Its name, up to 128 characters.
    pub name: String,
    /// Whether it was closed.
    pub closed: bool,
    /// Whether it was deleted, with all that stood in it.
    pub deleted: bool,
}

/// One call the sandbox answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Call {
    /// Bot API method as called, or `fcm.send`, `fcm.token`, `file`.
    pub method: String,
    /// HTTP status answered; 0 when the connection was cut or left hanging.
    pub status: u16,
    /// Monotonic time of the answer.
    pub at: Duration,
}

/// A chat action somebody sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Typing {
    /// The chat it was sent to.
    pub chat_id: i64,
    /// The topic it was sent to.
    pub thread_id: Option<i64>,
    /// `typing`, `upload_photo`, …
    pub action: String,
    /// Monotonic time; Telegram shows it for 5 seconds.
    pub at: Duration,
}

pub(super) struct World {
    pub clock: Clock,
    pub groups: Groups,
    /// Privacy mode: a bot that is no administrator gets commands, mentions and replies to itself only.
    pub privacy: bool,
    pub posts: VecDeque<Post>,
    last_ids: HashMap<i64, i64>,
    pub files: Files,
    /// Whoever has or could have a private chat with the bot, by id.
    pub people: BTreeMap<i64, Human>,
    pub agents: Vec<User>,
    pub updates: Updates,
    /// What the bot sends to all chats together.
    pub overall: RateLimit,
    pub faults: Faults,
    pub typing: VecDeque<Typing>,
    pub calls: VecDeque<Call>,
    pub fcm: FcmState,
    pub albums: u64,
    pub presses: Vec<Press>,
    /// By scope and language.
    pub commands: BTreeMap<(Scope, String), Commands>,
}

impl World {
    pub fn new(clock: Clock, forum: bool, group_rate: u32) -> Self {
        Self {
            clock,
            groups: Groups::new(forum, group_rate),
            privacy: false,
            posts: VecDeque::new(),
            last_ids: HashMap::new(),
            files: Files::default(),
            people: BTreeMap::new(),
            agents: Vec::new(),
            updates: Updates::default(),
            overall: RateLimit::overall(group_rate),
            faults: Faults::default(),
            typing: VecDeque::new(),
            calls: VecDeque::new(),
            fcm: FcmState::default(),
            albums: 0,
            presses: Vec::new(),
            commands: BTreeMap::new(),
        }
    }

    pub fn bot() -> User {
        User {
            id: BOT_ID,
            is_bot: true,
            first_name: "Relaydesk Sandbox".to_owned(),
            last_name: None,
            username: Some("relaydesk_sandbox_bot".to_owned()),
            language_code: None,
        }
    }

    pub fn is_group(&self, chat_id: i64) -> bool {
        self.groups.get(chat_id).is_some()
    }

    pub fn chat_json(&self, chat_id: i64) -> Value {
        if let Some(user) = self.user(chat_id) {
            let mut chat = user.json();
            if let Some(object) = chat.as_object_mut() {
                object.remove("is_bot");
                object.remove("language_code");
                object.insert("type".into(), json!("private"));
            }
            return chat;
        }
        let group = self.groups.get(chat_id);
        let title = group.map(|group| group.title.as_str());
        let mut chat = json!({"id": chat_id, "title": title, "type": "supergroup"});
        if group.is_some_and(|group| group.forum)
            && let Some(object) = chat.as_object_mut()
        {
            object.insert("is_forum".into(), json!(true));
        }
        chat
    }

    /// The post of that id which still stands.
    pub fn post(&self, chat_id: i64, id: i64) -> Option<&Post> {
        self.posts
            .iter()
            .rev()
            .find(|post| post.chat_id == chat_id && post.id == id && !post.deleted)
    }

    pub fn post_mut(&mut self, chat_id: i64, id: i64) -> Option<&mut Post> {
        self.posts
            .iter_mut()
            .rev()
            .find(|post| post.chat_id == chat_id && post.id == id && !post.deleted)
    }

    /// Puts a draft into its chat and gives its id.
    pub fn put(&mut self, mut draft: Draft) -> i64 {
        if let Some(human) = self.people.get_mut(&draft.chat_id) {
            human.received += usize::from(draft.sender.id == BOT_ID);
            if let Some(below) = draft.below.take() {
                human.keyboard = below;
            }
        }
        let last = self.last_ids.entry(draft.chat_id).or_insert(0);
        *last += 1;
        let id = *last;
        let post = draft.into_post(id, self.clock.now(), self.clock.monotonic());
        self.posts.push_back(post);
        if self.posts.len() > KEEP_POSTS {
            self.posts.pop_front();
        }
        id
    }

    /// Puts a draft and gives its `Message`.
    pub fn put_and_draw(&mut self, draft: Draft) -> Value {
        let chat_id = draft.chat_id;
        let id = self.put(draft);
        self.draw(chat_id, id)
    }

    pub fn draw(&self, chat_id: i64, id: i64) -> Value {
        self.post(chat_id, id)
            .map(|post| message_json(self, post))
            .unwrap_or_default()
    }

    /// A chat goes on under another id, with its history and its count of ids.
    pub fn move_chat(&mut self, from: i64, to: i64) {
        for post in self.posts.iter_mut().filter(|post| post.chat_id == from) {
            post.chat_id = to;
        }
        if let Some(last) = self.last_ids.remove(&from) {
            self.last_ids.insert(to, last);
        }
    }

    pub fn log(&mut self, method: &str, status: u16) {
        self.calls.push_back(Call {
            method: method.to_owned(),
            status,
            at: self.clock.monotonic(),
        });
        if self.calls.len() > KEEP_CALLS {
            self.calls.pop_front();
        }
    }

    /// The chat a call is about, if the bot may act there.
    pub fn chat_of(&self, params: &Params) -> Result<i64, ApiError> {
        let given = params
            .text("chat_id")
            .ok_or_else(|| ApiError::bad("Bad Request: chat_id is empty"))?;
        let not_found = || ApiError::bad("Bad Request: chat not found");
        let chat_id = given.trim().parse::<i64>().map_err(|_| not_found())?;
        self.reachable(chat_id)
    }

    /// The chat of that id, if the bot may act there.
    pub fn reachable(&self, chat_id: i64) -> Result<i64, ApiError> {
        let not_found = || ApiError::bad("Bad Request: chat not found");
        if let Some(now) = self.groups.moved(chat_id) {
            return Err(ApiError::migrated(now));
        }
        if let Some(group) = self.groups.get(chat_id) {
            return match group.standing {
                Standing::Kicked => Err(ApiError::kicked()),
                _ => Ok(chat_id),
            };
        }
        match self.user(chat_id).is_some() {
            true => Ok(chat_id),
            false => Err(not_found()),
        }
    }

    /// The topic a call is about, if it names one.
    pub fn thread_of(&self, chat_id: i64, params: &Params) -> Result<Option<i64>, ApiError> {
        let Some(thread) = params.number("message_thread_id") else {
            return Ok(None);
        };
        let forum = self.groups.get(chat_id).filter(|group| group.forum);
        match forum.and_then(|group| Some((group, group.topic(thread)?))) {
            // Only who may manage topics writes into a closed one.
            Some((group, topic)) if topic.closed && !group.may_topics() => {
                Err(ApiError::bad("Bad Request: TOPIC_CLOSED"))
            }
            Some(_) => Ok(Some(thread)),
            None => Err(ApiError::bad("Bad Request: message thread not found")),
        }
    }

    /// The message a call answers, if it names one.
    pub fn reply_of(&self, chat_id: i64, params: &Params) -> Result<Option<i64>, ApiError> {
        let (id, lenient) = match params.json("reply_parameters") {
            Some(Ok(reply)) if reply.is_object() => (
                reply.get("message_id").and_then(Value::as_i64),
                reply
                    .get("allow_sending_without_reply")
                    .and_then(Value::as_bool)
                    .unwrap_or(false),
            ),
            Some(_) => {
                return Err(ApiError::bad(
                    "Bad Request: object expected as reply parameters",
                ));
            }
            None => (
                params.number("reply_to_message_id"),
                params.flag("allow_sending_without_reply"),
            ),
        };
        match id {
            Some(id) if self.post(chat_id, id).is_some() => Ok(Some(id)),
            Some(_) if !lenient => Err(ApiError::bad(
                "Bad Request: message to be replied not found",
            )),
            _ => Ok(None),
        }
    }

    /// A draft of the bot's with chat, topic, reply and keyboard from the call.
    pub fn bot_draft(&self, params: &Params, kind: &'static str) -> Result<Draft, ApiError> {
        let chat_id = self.chat_of(params)?;
        let mut draft = Draft::new(chat_id, Self::bot(), kind);
        draft.thread_id = self.thread_of(chat_id, params)?;
        draft.reply_to = self.reply_of(chat_id, params)?;
        if draft.thread_id.is_none() {
            draft.thread_id = draft
                .reply_to
                .and_then(|id| self.post(chat_id, id))
                .and_then(|post| post.thread_id);
        }
        draft.silent = params.flag("disable_notification");
        match keyboard(params)? {
            Some(Keyboard::Inline(markup)) => draft.reply_markup = Some(markup),
            Some(Keyboard::Below(buttons)) => draft.below = Some(buttons),
            None => {}
        }
        Ok(draft)
    }

    /// Lets `parts` messages into a chat and counts them against its limit and the bot's, or tells why
    /// not. What is refused counts nowhere.
    pub fn admit(&mut self, chat_id: i64, parts: usize) -> Result<(), ApiError> {
        self.may_write(chat_id)?;
        let now = self.clock.monotonic();
        let group = self.groups.get_mut(chat_id).map(|group| &mut group.limit);
        let human = self.people.get_mut(&chat_id).map(|human| &mut human.limit);
        let own = group.into_iter().chain(human);
        let mut limits: Vec<_> = own.chain([&mut self.overall]).collect();
        let waits = limits.iter_mut().map(|limit| limit.wait(now, parts));
        match waits.max() {
            Some(wait) if wait > 0 => return Err(ApiError::too_many(wait)),
            _ => {}
        }
        for limit in limits {
            limit.count(now, parts);
        }
        Ok(())
    }
}
