//! Private chats in: what an update of one means, and handing it to the desk's dialogue with its files fetched.

use std::sync::Arc;

use super::answering::{Answering, Part};
use super::group::Group;
use super::incoming::{Left, Membership, Message, Update, User};
use super::presses::left_for;
use super::tries::{Tries, is_passing};
use crate::desk::answers::Source;
use crate::desk::bot::{Heard, Spoken, TelegramPerson, What};
use crate::domain::error::Error;
use crate::domain::locale::Locale;

/// What an update of a private chat is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chat {
    Command {
        name: String,
        rest: String,
    },
    Said,
    /// A message has other words.
    Edited {
        words: String,
    },
    Pressed {
        callback: String,
        data: String,
        post: Option<i64>,
    },
    /// The user keeps the bot out, or lets it in again.
    Out(bool),
    /// Something that can not be passed on.
    Foreign,
    /// Service messages and the like.
    Nothing,
}

/// Tells what an update of a private chat is about, and whose it is; None for one of elsewhere.
pub fn of(update: &Update) -> Option<(i64, Chat)> {
    if let Some(message) = &update.message {
        return message.private().map(|chat| (chat, of_message(message)));
    }
    if let Some(message) = &update.edited_message {
        let words = message.words().unwrap_or_default().to_owned();
        let chat = message.private()?;
        return Some((chat, Chat::Edited { words }));
    }
    if let Some(query) = &update.callback_query {
        let post = query.message.as_deref();
        // A press in the group belongs to the group; one without a post can be anybody's.
        let here = post.filter(|post| post.chat.id == query.from.id)?;
        let pressed = Chat::Pressed {
            callback: query.id.clone(),
            data: query.data.clone().unwrap_or_default(),
            post: Some(here.message_id),
        };
        return (!query.from.is_bot).then_some((query.from.id, pressed));
    }
    let membership = update.my_chat_member.as_ref()?;
    let chat = membership.chat.id;
    let out = Chat::Out(membership.is_out());
    membership.chat.is_private().then_some((chat, out))
}

fn of_message(message: &Message) -> Chat {
    if let Some(command) = message.command() {
        let name = command.split('@').next().unwrap_or(command);
        let words = message.words().unwrap_or_default().trim_start();
        return Chat::Command {
            name: name.trim_start_matches('/').to_owned(),
            rest: words.get(command.len()..).unwrap_or_default().to_owned(),
        };
    }
    match (message.has_content(), message.is_foreign()) {
        (true, _) => Chat::Said,
        (false, true) => Chat::Foreign,
        (false, false) => Chat::Nothing,
    }
}

/// Hands what came from a private chat to the desk.
pub struct Chats {
    group: Arc<Group>,
    answering: Arc<Answering>,
}

impl Chats {
    pub fn new(group: Arc<Group>, answering: Arc<Answering>) -> Self {
        Self { group, answering }
    }

    /// A command, a press, or something that can not be passed on.
    pub async fn asks(&self, from: User, chat: Chat, update: i64) -> Vec<i64> {
        let mut tries = Tries::new(&self.group);
        loop {
            let (what, callback) = match chat.clone() {
                Chat::Command { name, rest } => (What::Command { name, rest }, None),
                Chat::Pressed {
                    callback,
                    data,
                    post,
                } => (What::Pressed { data, post }, Some(callback)),
                _ => (What::Foreign, None),
            };
            let heard = heard(&from, what, vec![update]);
            let left = move |told: &crate::desk::in_group::Told| {
                let left = left_for(callback.clone()?, &told.text, told.refused);
                Some(Left::of_update(&left, update))
            };
            match self.group.desk.heard(heard, left).await {
                Ok(()) => return vec![update],
                Err(error) => {
                    if !self.may_pass(&error, &[update], &mut tries).await {
                        return vec![update];
                    }
                }
            }
        }
    }

    /// What was said: one message, or the parts of an album.
    pub async fn said(&self, from: User, parts: Vec<Part>) -> Vec<i64> {
        let updates: Vec<i64> = parts.iter().map(|part| part.update).collect();
        let mut tries = Tries::new(&self.group);
        while let Err(error) = self.try_said(&from, &parts, &updates).await {
            if !self.may_pass(&error, &updates, &mut tries).await {
                break;
            }
        }
        updates
    }

    async fn try_said(&self, from: &User, parts: &[Part], updates: &[i64]) -> Result<(), Error> {
        let gathered = self.answering.gather(None, parts).await?;
        let words: Vec<&str> = parts
            .iter()
            .filter_map(|part| part.message.words())
            .filter(|words| !words.is_empty())
            .collect();
        let first = parts.first().map(|part| &part.message);
        let reply_to = first.and_then(|message| message.reply_to_message.as_deref());
        let sources = parts.iter().map(|part| Source {
            chat_id: part.message.chat.id,
            message_id: part.message.message_id,
        });
        let spoken = Spoken {
            names: first.and_then(named),
            forwarded_from: first.and_then(forwarded_from),
            text: words.join("\n"),
            attachments: gathered.attachments,
            sources: sources.collect(),
            reply_to: reply_to.map(|post| post.message_id),
            lacks: gathered.lacks.into_iter().map(of_contact).collect(),
        };
        let heard = heard(from, What::Said(spoken), updates.to_vec());
        self.group.desk.heard(heard, |_| None).await
    }

    pub async fn edited(&self, source: Source, words: String, update: i64) -> Vec<i64> {
        let mut tries = Tries::new(&self.group);
        let desk = &self.group.desk;
        while let Err(error) = desk.contact_edited(source, words.clone(), update).await {
            if !self.may_pass(&error, &[update], &mut tries).await {
                break;
            }
        }
        vec![update]
    }

    pub async fn out(&self, chat: i64, out: bool, update: i64) -> Vec<i64> {
        let mut tries = Tries::new(&self.group);
        let desk = &self.group.desk;
        while let Err(error) = desk.bot_out(chat, out, Some(update)).await {
            if !self.may_pass(&error, &[update], &mut tries).await {
                break;
            }
        }
        vec![update]
    }

    /// Waits where waiting may help; else the updates are kept as dead.
    async fn may_pass(&self, error: &Error, updates: &[i64], tries: &mut Tries<'_>) -> bool {
        if is_passing(error) {
            tracing::error!(%error, "a private message could not be stored; it is tried again");
            tries.pause().await;
            return true;
        }
        for update in updates {
            tracing::error!(update, %error, "a private message could not be handled; it is kept as dead");
            if let Err(error) = self
                .group
                .desk
                .update_dead(*update, error.to_string())
                .await
            {
                tracing::error!(update, %error, "an update could not be kept as dead");
            }
        }
        false
    }
}

fn heard(from: &User, what: What, updates: Vec<i64>) -> Heard {
    Heard {
        person: person(from),
        language: from.language_code.as_deref().and_then(Locale::parse),
        what,
        updates,
    }
}

fn person(user: &User) -> TelegramPerson {
    TelegramPerson {
        telegram_id: user.id,
        first_name: user.first_name.clone(),
        last_name: user.last_name.clone(),
        username: user.username.clone(),
    }
}

/// Whose message was forwarded, or whose contact was shared.
fn named(message: &Message) -> Option<TelegramPerson> {
    let origin = message.forward_origin.as_ref();
    if let Some(user) = origin.and_then(|origin| origin.sender_user.as_ref()) {
        return (!user.is_bot).then(|| person(user));
    }
    let shared = message.contact.as_ref()?;
    Some(TelegramPerson {
        telegram_id: shared.user_id?,
        first_name: shared.first_name.clone(),
        last_name: shared.last_name.clone(),
        username: None,
    })
}

/// The chat in whose name a forwarded message was written. Of one by a person Telegram does not tell where it stood.
fn forwarded_from(message: &Message) -> Option<i64> {
    let origin = message.forward_origin.as_ref()?;
    let chat = origin.sender_chat.as_ref().or(origin.chat.as_ref())?;
    Some(chat.id)
}

/// What an agent is told of a file that is missing, in words for a contact.
fn of_contact(lack: &'static str) -> &'static str {
    match lack {
        "telegram-file-too-large" => "bot-file-too-large",
        _ => "bot-file-lost",
    }
}

impl Membership {
    fn is_out(&self) -> bool {
        let status = self
            .new_chat_member
            .as_ref()
            .map(|member| member.status.as_str());
        matches!(status, Some("kicked" | "left"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn update(body: Value) -> Update {
        serde_json::from_value(body).unwrap()
    }

    fn message(fields: Value) -> Update {
        let mut message = json!({
            "message_id": 5, "chat": {"id": 7, "type": "private"},
            "from": {"id": 7, "first_name": "Ann"},
        });
        for (key, value) in fields.as_object().unwrap() {
            message[key] = value.clone();
        }
        update(json!({ "update_id": 1, "message": message }))
    }

    #[test]
    fn messages_are_commands_words_or_nothing() {
        let command = |name: &str, rest: &str| Chat::Command {
            name: name.to_owned(),
            rest: rest.to_owned(),
        };
        for (fields, expected) in [
            (json!({"text": "/start c5"}), command("start", " c5")),
            (json!({"text": "/ask@our_bot"}), command("ask", "")),
            (json!({"text": "/etc/hosts is wrong"}), Chat::Said),
            (json!({"text": "hi"}), Chat::Said),
            (json!({"photo": [{"file_id": "f"}]}), Chat::Said),
            (json!({"poll": {}}), Chat::Foreign),
            (json!({"pinned_message": {}}), Chat::Nothing),
        ] {
            assert_eq!(
                of(&message(fields.clone())),
                Some((7, expected)),
                "{fields}"
            );
        }
    }

    #[test]
    fn what_is_of_a_group_or_of_another_is_not_a_private_chats() {
        let group = json!({"text": "hi", "chat": {"id": -1, "type": "supergroup"}});
        assert_eq!(of(&message(group)), None);
        let channel = json!({"text": "hi", "from": null});
        assert_eq!(of(&message(channel)), None);
        let press = |chat: i64| {
            update(json!({"update_id": 1, "callback_query": {
                "id": "9", "from": {"id": 7, "first_name": "Ann"}, "data": "ask",
                "message": {"message_id": 4, "chat": {"id": chat}},
            }}))
        };
        assert_eq!(of(&press(-1)), None);
        assert!(matches!(
            of(&press(7)),
            Some((7, Chat::Pressed { post: Some(4), .. }))
        ));
    }

    #[test]
    fn a_user_keeps_the_bot_out_and_lets_it_in() {
        let member = |status: &str| {
            update(json!({"update_id": 1, "my_chat_member": {
                "chat": {"id": 7, "type": "private"}, "new_chat_member": {"status": status},
            }}))
        };
        assert_eq!(of(&member("kicked")), Some((7, Chat::Out(true))));
        assert_eq!(of(&member("member")), Some((7, Chat::Out(false))));
    }
}
