//! What agents do in the group: they answer, write, edit and send. Each act queues the updates Telegram
//! would. Private chats are in `person`.

use bytes::Bytes;
use serde_json::{Value, json};

use super::Sandbox;
use super::entities::settle;
use super::groups::Standing;
use super::html::Formatted;
use super::media::{self, FileKind};
use super::params::Upload;
use super::post::{Draft, Post, User, message_json};
use super::world::{BOT_ID, World};

/// First user id of agents and of other people.
const FIRST_AGENT_ID: i64 = 200_000_001;

/// A file an agent sends.
#[derive(Clone, Debug)]
pub struct AgentFile {
    /// How it is sent.
    pub kind: FileKind,
    /// File name.
    pub name: String,
    /// MIME type as Telegram will report it.
    pub mime: String,
    /// Content.
    pub bytes: Bytes,
    /// Size to claim instead of the content's, in bytes: over 20 MB it can not be fetched.
    pub claimed_size: Option<u64>,
}

impl Sandbox {
    /// The same sandbox, with this person acting. The same three names are the same person.
    pub fn as_agent(
        &self,
        first_name: &str,
        last_name: Option<&str>,
        username: Option<&str>,
    ) -> Self {
        let agent = self.look(|world| world.agent(first_name, last_name, username));
        Self {
            inner: self.inner.clone(),
            agent,
            group: self.group,
        }
    }

    /// The person acting through this handle.
    pub fn agent(&self) -> User {
        self.agent.clone()
    }

    /// Answers a message of the group, the bot's or another agent's, by text. Gives the answer's id.
    pub fn agent_replies(&self, post_id: i64, text: &str) -> i64 {
        self.says(Some(post_id), None, "text", plain(text), Vec::new())
    }

    /// Answers with files; the caption stands on the first. Several that may share an album do.
    pub fn agent_replies_with(
        &self,
        post_id: i64,
        files: Vec<AgentFile>,
        caption: &str,
    ) -> Vec<i64> {
        self.agent_sends_files(Some(post_id), None, files, caption)
    }

    /// Sends files, as an answer or not, into a topic or not.
    pub fn agent_sends_files(
        &self,
        reply_to: Option<i64>,
        thread_id: Option<i64>,
        files: Vec<AgentFile>,
        caption: &str,
    ) -> Vec<i64> {
        self.change(|world| {
            let base = self.agent_draft(world, reply_to, thread_id, "text");
            world.files_by_person(&base, files, caption)
        })
    }

    /// Writes without answering anything: free talk, or into a topic.
    pub fn agent_writes(&self, thread_id: Option<i64>, text: &str) -> i64 {
        self.says(None, thread_id, "text", plain(text), Vec::new())
    }

    /// Sends a place.
    pub fn agent_sends_location(
        &self,
        reply_to: Option<i64>,
        latitude: f64,
        longitude: f64,
    ) -> i64 {
        let place = json!({"latitude": latitude, "longitude": longitude});
        let body = vec![("location", place)];
        self.says(reply_to, None, "location", Formatted::default(), body)
    }

    /// Sends somebody's phone number.
    pub fn agent_sends_contact(&self, reply_to: Option<i64>, phone: &str, first_name: &str) -> i64 {
        let contact = json!({"phone_number": phone, "first_name": first_name});
        let body = vec![("contact", contact)];
        self.says(reply_to, None, "contact", Formatted::default(), body)
    }

    /// Edits text or caption. The same text again is an update too: Telegram sends one when, say, a
    /// link preview appears. False if there is no such message.
    pub fn agent_edits(&self, message_id: i64, new_text: &str) -> bool {
        let formatted = plain(new_text);
        self.change(|world| {
            let chat_id = self.group(world).chat_id;
            let now = world.clock.now();
            let Some(post) = world.post_mut(chat_id, message_id) else {
                return false;
            };
            post.set_text(formatted.text, formatted.entities, now);
            let edited = world.draw(chat_id, message_id);
            if world.bot_sees(chat_id, message_id) {
                world.updates.push("edited_message", edited);
            }
            true
        })
    }

    /// Deletes a message of the group. Telegram tells bots nothing of that.
    pub fn agent_deletes(&self, message_id: i64) -> bool {
        self.change(|world| {
            let chat_id = self.group(world).chat_id;
            let post = world.post_mut(chat_id, message_id);
            post.map(|post| post.deleted = true).is_some()
        })
    }

    /// Opens a topic by hand; gives its thread id.
    pub fn agent_opens_topic(&self, name: &str) -> i64 {
        self.change(|world| {
            let chat_id = self.group(world).chat_id;
            let thread = world.open_topic(chat_id, name, 7_322_096, self.agent.clone());
            world.announce(chat_id, thread);
            thread
        })
    }

    fn agent_draft(
        &self,
        world: &World,
        reply_to: Option<i64>,
        thread_id: Option<i64>,
        kind: &'static str,
    ) -> Draft {
        let chat_id = self.group(world).chat_id;
        let mut draft = Draft::new(chat_id, self.agent(), kind);
        // What was deleted can not be answered; Telegram's apps then send without.
        let answered = reply_to.and_then(|id| world.post(chat_id, id));
        draft.reply_to = answered.map(|post| post.id);
        draft.thread_id = thread_id.or(answered.and_then(|post| post.thread_id));
        draft
    }

    fn says(
        &self,
        reply_to: Option<i64>,
        thread_id: Option<i64>,
        kind: &'static str,
        text: Formatted,
        body: Vec<(&str, Value)>,
    ) -> i64 {
        self.change(|world| {
            let mut draft = self.agent_draft(world, reply_to, thread_id, kind);
            set_text(&mut draft, text);
            let fields = body.into_iter();
            draft
                .body
                .extend(fields.map(|(name, value)| (name.to_owned(), value)));
            world.post_by_person(draft)
        })
    }
}

/// A text as a person types it: no markup, links and commands found.
pub(super) fn plain(text: &str) -> Formatted {
    settle(Formatted {
        text: text.to_owned(),
        entities: Vec::new(),
    })
}

pub(super) fn set_text(draft: &mut Draft, text: Formatted) {
    draft.text = text.text;
    draft.entities = text.entities;
}

/// Photos and films share an album; documents and music only with their own kind.
fn is_album(files: &[AgentFile]) -> bool {
    let film = |kind| matches!(kind, FileKind::Photo | FileKind::Video);
    let Some(first) = files.first().map(|file| file.kind) else {
        return false;
    };
    files.len() > 1
        && (files.iter().all(|file| film(file.kind))
            || (matches!(first, FileKind::Document | FileKind::Audio)
                && files.iter().all(|file| file.kind == first)))
}

impl World {
    /// The agent of these names, made when new.
    pub(super) fn agent(
        &mut self,
        first: &str,
        last: Option<&str>,
        username: Option<&str>,
    ) -> User {
        let known = self.agents.iter().find(|agent| {
            agent.first_name == first
                && agent.last_name.as_deref() == last
                && agent.username.as_deref() == username
        });
        if let Some(agent) = known {
            return agent.clone();
        }
        let agent = User {
            id: FIRST_AGENT_ID + i64::try_from(self.agents.len()).unwrap_or_default(),
            is_bot: false,
            first_name: first.to_owned(),
            last_name: last.map(str::to_owned),
            username: username.map(str::to_owned),
            language_code: None,
        };
        self.agents.push(agent.clone());
        agent
    }

    pub(super) fn next_album(&mut self) -> String {
        self.albums += 1;
        format!("{}", 13_000_000_000_000_000 + self.albums)
    }

    /// Puts a person's files, each like `base`, as one album where they may share one.
    pub(super) fn files_by_person(
        &mut self,
        base: &Draft,
        files: Vec<AgentFile>,
        caption: &str,
    ) -> Vec<i64> {
        let album = is_album(&files).then(|| self.next_album());
        let mut ids = Vec::new();
        for (index, file) in files.into_iter().enumerate() {
            let mut draft = Draft::new(base.chat_id, base.sender.clone(), file.kind.name());
            (draft.thread_id, draft.reply_to) = (base.thread_id, base.reply_to);
            let upload = Upload {
                name: file.name,
                mime: file.mime,
                bytes: file.bytes,
            };
            let attached = media::keep(&mut self.files, file.kind, upload, file.claimed_size);
            draft.files.push(attached.file);
            draft.body.extend(attached.body);
            draft.media_group_id.clone_from(&album);
            if index == 0 {
                set_text(&mut draft, plain(caption));
            }
            ids.push(self.post_by_person(draft));
        }
        ids
    }

    /// Puts a person's message and tells the bot of it.
    pub(super) fn post_by_person(&mut self, draft: Draft) -> i64 {
        let chat_id = draft.chat_id;
        let id = self.put(draft);
        self.announce(chat_id, id);
        id
    }

    /// Queues a `message` update, if the bot gets to see the message.
    pub(super) fn announce(&mut self, chat_id: i64, id: i64) {
        if self.bot_sees(chat_id, id) {
            let message = self.draw(chat_id, id);
            self.updates.push("message", message);
        }
    }

    /// Privacy mode hides from a bot that is no administrator all but commands, mentions of it,
    /// answers to it and service messages.
    pub(super) fn bot_sees(&self, chat_id: i64, id: i64) -> bool {
        let standing = self.groups.get(chat_id).map(|group| group.standing);
        match standing {
            None | Some(Standing::Administrator) => return true,
            Some(Standing::Kicked) => return false,
            Some(_) => {}
        }
        !self.privacy
            || self
                .post(chat_id, id)
                .is_some_and(|post| self.is_for_bot(post))
    }

    fn is_for_bot(&self, post: &Post) -> bool {
        let message = message_json(self, post);
        let answers_bot = message.pointer("/reply_to_message/from/id") == Some(&json!(BOT_ID));
        let name = World::bot().username.unwrap_or_default();
        post.kind == "service"
            || post.text.starts_with('/')
            || post.text.contains(&format!("@{name}"))
            || answers_bot
    }
}
