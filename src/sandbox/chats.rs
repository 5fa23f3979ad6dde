//! The Bot API methods about the bot, chats, topics, files and the webhook; the table of all methods.

use serde_json::{Value, json};

use super::answer::{ApiError, Outcome};
use super::fetch::is_loopback;
use super::groups::{Group, Standing, bot_member};
use super::media::FileKind;
use super::params::Params;
use super::post::{Draft, User};
use super::updates::Webhook;
use super::world::{Topic, World};

/// Characters of a topic's name; a longer one is cut.
const TOPIC_NAME: usize = 128;

impl World {
    /// Answers one call; `method` in lower case. `getUpdates` is not here, it waits.
    pub(super) fn call(&mut self, method: &str, params: &Params) -> Outcome {
        match method {
            "getme" => Ok(self.me()),
            "getchat" => self.get_chat(params),
            "getchatmember" => self.get_chat_member(params),
            "sendmessage" => self.send_message(params),
            "sendphoto" => self.send_file(params, FileKind::Photo),
            "senddocument" => self.send_file(params, FileKind::Document),
            "sendvideo" => self.send_file(params, FileKind::Video),
            "sendaudio" => self.send_file(params, FileKind::Audio),
            "sendvoice" => self.send_file(params, FileKind::Voice),
            "sendanimation" => self.send_file(params, FileKind::Animation),
            "sendvideonote" => self.send_file(params, FileKind::VideoNote),
            "sendsticker" => self.send_file(params, FileKind::Sticker),
            "sendlocation" => self.send_location(params),
            "sendcontact" => self.send_contact(params),
            "sendmediagroup" => self.send_media_group(params),
            "sendchataction" => self.send_chat_action(params),
            "editmessagetext" => self.edit_message_text(params),
            "editmessagecaption" => self.edit_message_caption(params),
            "editmessagemedia" => self.edit_message_media(params),
            "editmessagereplymarkup" => self.edit_reply_markup(params),
            "deletemessage" => self.delete_message(params),
            "deletemessages" => self.delete_messages(params),
            "createforumtopic" => self.create_forum_topic(params),
            "editforumtopic" => self.edit_forum_topic(params),
            "closeforumtopic" => self.close_forum_topic(params, true),
            "reopenforumtopic" => self.close_forum_topic(params, false),
            "getfile" => self.get_file(params),
            "setwebhook" => self.set_webhook(params),
            "deletewebhook" => self.delete_webhook(params),
            "getwebhookinfo" => Ok(self.webhook_info()),
            "answercallbackquery" => self.answer_callback_query(params),
            "setmycommands" => self.set_my_commands(params),
            "getmycommands" => self.get_my_commands(params),
            "deletemycommands" => self.delete_my_commands(params),
            _ => Err(ApiError::new(404, "Not Found: method not found")),
        }
    }

    fn me(&self) -> Value {
        let mut me = Self::bot().json();
        if let Some(object) = me.as_object_mut() {
            object.insert("can_join_groups".into(), json!(true));
            let reads_all = !self.privacy;
            object.insert("can_read_all_group_messages".into(), json!(reads_all));
            object.insert("supports_inline_queries".into(), json!(false));
            object.insert("can_connect_to_business".into(), json!(false));
            object.insert("has_main_web_app".into(), json!(false));
        }
        me
    }

    fn get_chat(&mut self, params: &Params) -> Outcome {
        let chat_id = self.chat_of(params)?;
        let mut chat = self.chat_json(chat_id);
        if let Some(object) = chat.as_object_mut() {
            object.insert("accent_color_id".into(), json!(0));
            object.insert("max_reaction_count".into(), json!(11));
            object.insert(
                "accepted_gift_types".into(),
                json!({"unlimited_gifts": false, "limited_gifts": false, "unique_gifts": false,
                    "premium_subscription": false, "gifts_from_channels": false}),
            );
        }
        Ok(chat)
    }

    fn get_chat_member(&mut self, params: &Params) -> Outcome {
        let chat_id = self.chat_of(params)?;
        let id = params
            .number("user_id")
            .ok_or_else(|| ApiError::bad("Bad Request: invalid user_id specified"))?;
        if let Some(user) = self.user(chat_id) {
            return match id == user.id {
                true => Ok(json!({"status": "member", "user": user.json()})),
                false if id == super::world::BOT_ID => Ok(bot_member(Standing::Member, false)),
                false => Err(ApiError::bad("Bad Request: member not found")),
            };
        }
        if id == super::world::BOT_ID {
            let group = self.groups.get(chat_id);
            return Ok(group.map(Group::bot_member).unwrap_or_default());
        }
        match self.agents.iter().find(|agent| agent.id == id) {
            Some(agent) => Ok(json!({"status": "member", "user": agent.json()})),
            None => Err(ApiError::bad("Bad Request: member not found")),
        }
    }

    fn may_topics(&self, chat_id: i64) -> bool {
        self.groups.get(chat_id).is_some_and(Group::may_topics)
    }

    fn forum_of(&self, params: &Params) -> Result<i64, ApiError> {
        let chat_id = self.chat_of(params)?;
        match self.groups.get(chat_id).is_some_and(|group| group.forum) {
            true => Ok(chat_id),
            false => Err(ApiError::bad("Bad Request: the chat is not a forum")),
        }
    }

    fn create_forum_topic(&mut self, params: &Params) -> Outcome {
        let chat_id = self.forum_of(params)?;
        if !self.may_topics(chat_id) {
            return Err(ApiError::bad(
                "Bad Request: not enough rights to create a topic",
            ));
        }
        let name = topic_name(params)?;
        let color = params.number("icon_color").unwrap_or(7_322_096);
        let thread_id = self.open_topic(chat_id, &name, color, Self::bot());
        Ok(json!({"message_thread_id": thread_id, "name": name, "icon_color": color}))
    }

    /// Opens a topic: its creation message is its first, and gives it its id.
    pub(super) fn open_topic(&mut self, chat_id: i64, name: &str, color: i64, by: User) -> i64 {
        let mut draft = Draft::new(chat_id, by, "service");
        draft.text = name.to_owned();
        draft.body.insert(
            "forum_topic_created".into(),
            json!({"name": name, "icon_color": color}),
        );
        let thread_id = self.put(draft);
        if let Some(post) = self.post_mut(chat_id, thread_id) {
            post.thread_id = Some(thread_id);
        }
        if let Some(group) = self.groups.get_mut(chat_id) {
            group.topics.push(Topic {
                chat_id,
                thread_id,
                name: name.to_owned(),
                closed: false,
                deleted: false,
            });
        }
        thread_id
    }

    fn topic_of(&mut self, params: &Params) -> Result<&mut Topic, ApiError> {
        let chat_id = self.forum_of(params)?;
        if !self.may_topics(chat_id) {
            return Err(ApiError::bad(
                "Bad Request: not enough rights to edit a topic",
            ));
        }
        let thread = params.number("message_thread_id").unwrap_or(0);
        let group = self.groups.get_mut(chat_id);
        let mut topics = group.into_iter().flat_map(|group| &mut group.topics);
        topics
            .find(|topic| topic.thread_id == thread && !topic.deleted)
            .ok_or_else(|| ApiError::bad("Bad Request: TOPIC_ID_INVALID"))
    }

    fn edit_forum_topic(&mut self, params: &Params) -> Outcome {
        // Without a name only the icon changes.
        let name = params
            .text("name")
            .map(|_| topic_name(params))
            .transpose()?;
        let topic = self.topic_of(params)?;
        if name.as_ref().is_none_or(|name| *name == topic.name) {
            return Err(not_modified());
        }
        if let Some(name) = name {
            topic.name = name;
        }
        Ok(json!(true))
    }

    fn close_forum_topic(&mut self, params: &Params, closed: bool) -> Outcome {
        let topic = self.topic_of(params)?;
        if topic.closed == closed {
            return Err(not_modified());
        }
        topic.closed = closed;
        let (chat_id, thread) = (topic.chat_id, topic.thread_id);
        let (field, words) = match closed {
            true => ("forum_topic_closed", "The topic was closed"),
            false => ("forum_topic_reopened", "The topic was opened again"),
        };
        let mut draft = Draft::new(chat_id, Self::bot(), "service");
        draft.thread_id = Some(thread);
        draft.text = words.to_owned();
        draft.body.insert(field.into(), json!({}));
        self.put(draft);
        Ok(json!(true))
    }

    fn get_file(&mut self, params: &Params) -> Outcome {
        let id = params
            .text("file_id")
            .ok_or_else(|| ApiError::bad("Bad Request: file_id not specified"))?;
        let file = self.files.by_id(id).ok_or_else(|| {
            ApiError::bad("Bad Request: wrong file_id or the file is temporarily unavailable")
        })?;
        file.fetchable()
    }

    fn set_webhook(&mut self, params: &Params) -> Outcome {
        let Some(address) = params.text("url") else {
            return self.delete_webhook(params);
        };
        let url = url::Url::parse(address)
            .map_err(|_| ApiError::bad("Bad Request: invalid webhook URL specified"))?;
        // The real service has a local mode that takes http; loopback is as harmless.
        if url.scheme() != "https" && !is_loopback(&url) {
            return Err(ApiError::bad(
                "Bad Request: bad webhook: An HTTPS URL must be provided for webhook",
            ));
        }
        let secret = params.text("secret_token").map(str::to_owned);
        check_secret(secret.as_deref().unwrap_or_default())?;
        self.updates.take_allowed(params)?;
        if params.flag("drop_pending_updates") {
            self.updates.clear();
        }
        self.updates.webhook = Some(Webhook {
            url: address.to_owned(),
            secret,
            last_error: None,
        });
        Ok(json!(true))
    }

    fn delete_webhook(&mut self, params: &Params) -> Outcome {
        if params.flag("drop_pending_updates") {
            self.updates.clear();
        }
        self.updates.webhook = None;
        Ok(json!(true))
    }

    fn webhook_info(&self) -> Value {
        let hook = self.updates.webhook.clone().unwrap_or_default();
        let mut info = json!({
            "url": hook.url,
            "has_custom_certificate": false,
            "pending_update_count": self.updates.waiting(),
        });
        if let Some(object) = info.as_object_mut() {
            if let Some((at, message)) = hook.last_error {
                object.insert("last_error_date".into(), json!(at));
                object.insert("last_error_message".into(), json!(message));
            }
            if !hook.url.is_empty() {
                object.insert("max_connections".into(), json!(40));
            }
            if !self.updates.allowed().is_empty() {
                object.insert("allowed_updates".into(), json!(self.updates.allowed()));
            }
        }
        info
    }
}

fn not_modified() -> ApiError {
    ApiError::bad("Bad Request: TOPIC_NOT_MODIFIED")
}

fn topic_name(params: &Params) -> Result<String, ApiError> {
    let name = params.text("name").unwrap_or_default().trim();
    match name.is_empty() {
        true => Err(ApiError::bad("Bad Request: title must be non-empty")),
        false => Ok(name.chars().take(TOPIC_NAME).collect()),
    }
}

fn check_secret(secret: &str) -> Result<(), ApiError> {
    if secret.len() > 256 {
        return Err(ApiError::bad("Bad Request: secret token is too long"));
    }
    match secret
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
    {
        true => Ok(()),
        false => Err(ApiError::bad(
            "Bad Request: secret token contains unallowed characters",
        )),
    }
}
