//! Private chats: who the bot knows, who has written to it, who has blocked it. What a person does is in
//! `person`, what the bot may send in `world`.

use super::answer::ApiError;
use super::groups::{Standing, bot_member};
use super::limit::RateLimit;
use super::post::User;
use super::world::World;

/// First user id of people made by name who are no agents.
const FIRST_PERSON_ID: i64 = 300_000_001;

/// Somebody the bot could have a private chat with.
pub(super) struct Human {
    pub user: User,
    /// Whether the person has written; before that the bot may not.
    pub wrote: bool,
    pub blocked: bool,
    /// Messages of the bot in the chat, also those no longer kept.
    pub received: usize,
    /// Buttons below the input, as the bot set them last.
    pub keyboard: Vec<String>,
    pub limit: RateLimit,
}

impl World {
    /// The person, from now on known to the world under this name.
    pub fn know(&mut self, user: &User) -> &mut Human {
        let human = self.people.entry(user.id).or_insert_with(|| Human {
            user: user.clone(),
            wrote: false,
            blocked: false,
            received: 0,
            keyboard: Vec::new(),
            limit: RateLimit::private(),
        });
        human.user = user.clone();
        human
    }

    /// The person of this name and username, made when new.
    pub fn person(&mut self, first: &str, username: Option<&str>, language: Option<&str>) -> User {
        let known = self.people.values_mut().find(|human| {
            human.user.first_name == first && human.user.username.as_deref() == username
        });
        if let Some(human) = known {
            human.user.language_code = language.map(str::to_owned);
            return human.user.clone();
        }
        let others = self.people.range(FIRST_PERSON_ID..).next_back();
        let user = User {
            id: others.map_or(FIRST_PERSON_ID, |(id, _)| id + 1),
            is_bot: false,
            first_name: first.to_owned(),
            last_name: None,
            username: username.map(str::to_owned),
            language_code: language.map(str::to_owned),
        };
        self.know(&user);
        user
    }

    /// Whoever has this id: somebody with a private chat, or an agent.
    pub fn user(&self, id: i64) -> Option<&User> {
        let human = self.people.get(&id).map(|human| &human.user);
        human.or_else(|| self.agents.iter().find(|agent| agent.id == id))
    }

    /// Whether the bot may write to a chat it can see.
    pub fn may_write(&self, chat_id: i64) -> Result<(), ApiError> {
        if self.is_group(chat_id) {
            return Ok(());
        }
        match self.people.get(&chat_id) {
            Some(human) if human.blocked => Err(ApiError::blocked()),
            Some(human) if human.wrote => Ok(()),
            _ => Err(ApiError::not_started()),
        }
    }

    /// Somebody is about to write to the bot: from here on it may write too. Who had blocked it lets it
    /// back in first, as Telegram's apps ask for.
    pub fn comes(&mut self, user: &User) {
        self.know(user).wrote = true;
        self.set_blocked(user, false);
    }

    pub fn set_blocked(&mut self, user: &User, blocked: bool) {
        let human = self.know(user);
        if human.blocked == blocked {
            return;
        }
        human.blocked = blocked;
        let member = |blocked: bool| match blocked {
            true => bot_member(Standing::Kicked, false),
            false => bot_member(Standing::Member, false),
        };
        self.tell_membership(user.id, member(!blocked), member(blocked), user);
    }
}
