//! What is known of the agents' group, shared by those who post and those who listen. All of it can be asked for
//! again, so none of it is stored.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::client::{Client, Me};
use super::failure::Failure;
use super::router::Context;
use super::settings::TelegramSettings;
use crate::delivery::Window;
use crate::desk::Desk;
use crate::desk::health::Part;
use crate::domain::error::Error;
use crate::domain::ids::TicketId;

/// Messages in a time: Telegram's own limit is 30 a second.
const IN_ALL: (u32, Duration) = (25, Duration::from_secs(1));
/// Sources of troubles in the health of the part.
pub const POSTING: &str = "posting";
pub const POLLING: &str = "polling";

/// The group as the adapter's tasks see it.
pub struct Group {
    pub settings: TelegramSettings,
    pub client: Client,
    pub desk: Arc<Desk>,
    /// What the bot may send in all, whatever the chat.
    pub pace: Window,
    known: Mutex<Known>,
    /// Somebody met a trouble that a look at the bot's rights may explain.
    pub doubt: Notify,
}

#[derive(Default)]
struct Known {
    me: Option<Me>,
    forum: Option<bool>,
    /// Tickets that are known to have a topic, so that a step's cost can be told without the store.
    topics: HashSet<TicketId>,
    /// Monotonic time until which nothing is sent but what must be.
    paused_until: Duration,
    check: CheckSays,
}

/// What the bot's look at itself found last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CheckSays {
    #[default]
    Well,
    /// It got no answer.
    Unreachable,
    /// Something an operator must mend.
    Wrong,
}

impl Group {
    pub fn new(settings: TelegramSettings, client: Client, desk: Arc<Desk>) -> Self {
        Self {
            settings,
            client,
            pace: Window::new(desk.clock().clone(), Some(IN_ALL)),
            desk,
            known: Mutex::default(),
            doubt: Notify::new(),
        }
    }

    /// Where the group lives today.
    pub async fn chat(&self) -> Result<i64, Error> {
        self.desk.group_chat(self.settings.group_chat_id).await
    }

    /// As Telegram told it, else as the token says.
    pub fn bot_id(&self) -> i64 {
        let told = self.known().me.as_ref().map(|me| me.id);
        told.or_else(|| self.settings.bot_id()).unwrap_or_default()
    }

    pub async fn context(&self) -> Result<Context, Error> {
        let group = self.chat().await?;
        let bot_username = self.known().me.as_ref().and_then(|me| me.username.clone());
        Ok(Context {
            bot_id: self.bot_id(),
            bot_username,
            group,
        })
    }

    /// Whether the group has topics; Telegram is asked where nobody knows yet.
    pub async fn is_forum(&self, chat: i64) -> Result<bool, Failure> {
        let known = self.known().forum;
        if let Some(forum) = known {
            return Ok(forum);
        }
        let forum = self.client.get_chat(chat).await?.is_forum;
        self.known().forum = Some(forum);
        Ok(forum)
    }

    /// Whether the group has topics, as far as anybody knows.
    pub fn known_forum(&self) -> Option<bool> {
        self.known().forum
    }

    pub fn learn_forum(&self, forum: bool) {
        self.known().forum = Some(forum);
    }

    pub fn learn_me(&self, me: Me) {
        self.known().me = Some(me);
    }

    /// What is known may be wrong: it is asked for again, and the bot checks itself.
    pub fn forget_forum(&self) {
        self.known().forum = None;
        self.doubt.notify_one();
    }

    pub fn has_topic(&self, ticket: TicketId) -> bool {
        self.known().topics.contains(&ticket)
    }

    pub fn learn_topic(&self, ticket: TicketId, there: bool) {
        let mut known = self.known();
        if there {
            known.topics.insert(ticket);
        } else {
            known.topics.remove(&ticket);
        }
    }

    /// Nothing but posts is tried for this long.
    pub fn pause(&self, pause: Duration) {
        let until = self.desk.clock().monotonic() + pause;
        let mut known = self.known();
        known.paused_until = known.paused_until.max(until);
    }

    pub fn is_paused(&self) -> bool {
        self.desk.clock().monotonic() < self.known().paused_until
    }

    /// What the check found. Its words cover what posting and polling met meanwhile: one trouble is told once.
    pub fn check_says(&self, says: CheckSays, words: Option<String>) {
        self.known().check = says;
        self.desk.health().set(Part::Telegram, "check", words);
        if says != CheckSays::Well {
            self.desk.health().set(Part::Telegram, POSTING, None);
            self.desk.health().set(Part::Telegram, POLLING, None);
        }
    }

    /// Something failed that works else; `source` is [`POSTING`] or [`POLLING`].
    pub fn fails(&self, source: &'static str, words: String) {
        if self.known().check == CheckSays::Well {
            self.desk.health().set(Part::Telegram, source, Some(words));
        }
    }

    /// It worked, so Telegram can be reached (again).
    pub fn works(&self, source: &'static str) {
        self.desk.health().set(Part::Telegram, source, None);
        if self.known().check == CheckSays::Unreachable {
            self.doubt.notify_one();
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
