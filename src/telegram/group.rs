//! What is known of the agents' groups, shared by those who post and those who listen. All of it can be asked for
//! again, so none of it is stored.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::client::{ChatInfo, Client, Me};
use super::failure::Failure;
use super::router::Context;
use super::settings::TelegramSettings;
use crate::delivery::Window;
use crate::desk::Desk;
use crate::desk::health::Part;
use crate::domain::error::Error;
use crate::domain::group::GroupRef;
use crate::domain::ids::TicketId;

/// Messages in a time: Telegram's own limit is 30 a second.
const IN_ALL: (u32, Duration) = (25, Duration::from_secs(1));
/// Sources of troubles in the health of the part.
const POSTING: &str = "posting";
const POLLING: &str = "polling";
const CHECK: &str = "check";

/// The groups as the adapter's tasks see them.
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

/// One of the groups, and where it lives today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    pub of: GroupRef,
    pub chat: i64,
}

#[derive(Default)]
struct Known {
    me: Option<Me>,
    forum: HashMap<GroupRef, bool>,
    titles: HashMap<GroupRef, String>,
    /// Tickets that are known to have a topic, so that a step's cost can be told without the store.
    topics: HashSet<(GroupRef, TicketId)>,
    /// Monotonic times until which nothing is sent but what must be.
    paused_until: HashMap<GroupRef, Duration>,
    /// Groups without an entry are well.
    checks: HashMap<GroupRef, CheckSays>,
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

impl Known {
    fn check(&self, of: GroupRef) -> CheckSays {
        self.checks.get(&of).copied().unwrap_or_default()
    }
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

    /// Where a group lives today.
    pub async fn room(&self, of: GroupRef) -> Result<Room, Error> {
        let named = of.named().unwrap_or(self.settings.group_chat_id);
        let chat = self.desk.group_chat(named).await?;
        Ok(Room { of, chat })
    }

    /// As Telegram told it, else as the token says.
    pub fn bot_id(&self) -> i64 {
        let told = self.known().me.as_ref().map(|me| me.id);
        told.or_else(|| self.settings.bot_id()).unwrap_or_default()
    }

    pub async fn context(&self) -> Result<Context, Error> {
        let groups = self.desk.group_chats(self.settings.group_chat_id).await?;
        let bot_username = self.known().me.as_ref().and_then(|me| me.username.clone());
        Ok(Context {
            bot_id: self.bot_id(),
            bot_username,
            groups,
        })
    }

    /// Whether the group has topics; Telegram is asked where nobody knows yet.
    pub async fn is_forum(&self, room: Room) -> Result<bool, Failure> {
        let known = self.known().forum.get(&room.of).copied();
        if let Some(forum) = known {
            return Ok(forum);
        }
        let info = self.client.get_chat(room.chat).await?;
        self.learn_chat(room.of, &info);
        Ok(info.is_forum)
    }

    /// Whether the group has topics, as far as anybody knows.
    pub fn known_forum(&self, of: GroupRef) -> Option<bool> {
        self.known().forum.get(&of).copied()
    }

    /// Whether any group is known to have topics.
    pub fn has_forum(&self) -> bool {
        self.known().forum.values().any(|forum| *forum)
    }

    pub fn learn_chat(&self, of: GroupRef, info: &ChatInfo) {
        let mut known = self.known();
        known.forum.insert(of, info.is_forum);
        if let Some(title) = &info.title {
            known.titles.insert(of, title.clone());
        }
    }

    /// What Telegram calls the group, as far as anybody knows.
    pub fn title(&self, of: GroupRef) -> Option<String> {
        self.known().titles.get(&of).cloned()
    }

    /// There is such a group, which was called so.
    pub fn learn_of(&self, of: GroupRef, title: String) {
        let mut known = self.known();
        known.titles.entry(of).or_insert(title);
        known.checks.entry(of).or_default();
    }

    pub fn learn_me(&self, me: Me) {
        self.desk.learn_bot_name(me.username.clone());
        self.known().me = Some(me);
    }

    /// What is known may be wrong: it is asked for again, and the bot checks itself.
    pub fn forget_forum(&self, of: GroupRef) {
        self.known().forum.remove(&of);
        self.doubt.notify_one();
    }

    /// What is known of the group in this chat may be wrong.
    pub async fn doubts(&self, chat: i64) -> Result<(), Error> {
        self.forget_forum(self.desk.group_of_chat(chat).await?);
        Ok(())
    }

    pub fn has_topic(&self, of: GroupRef, ticket: TicketId) -> bool {
        self.known().topics.contains(&(of, ticket))
    }

    pub fn learn_topic(&self, of: GroupRef, ticket: TicketId, there: bool) {
        let mut known = self.known();
        if there {
            known.topics.insert((of, ticket));
        } else {
            known.topics.remove(&(of, ticket));
        }
    }

    /// Nothing but posts is tried in the group for this long.
    pub fn pause(&self, of: GroupRef, pause: Duration) {
        let until = self.desk.clock().monotonic() + pause;
        let mut known = self.known();
        let paused = known.paused_until.entry(of).or_default();
        *paused = (*paused).max(until);
    }

    pub fn is_paused(&self, of: GroupRef) -> bool {
        let until = self.known().paused_until.get(&of).copied();
        self.desk.clock().monotonic() < until.unwrap_or_default()
    }

    /// What the check found of a group; the default one's includes the bot itself. Its words cover what posting and
    /// polling met meanwhile: one trouble is told once.
    pub fn check_says(&self, of: GroupRef, says: CheckSays, words: Option<String>) {
        self.known().checks.insert(of, says);
        let words = words.map(|words| self.named(of, words));
        let health = self.desk.health();
        health.set(Part::Telegram, source(CHECK, of), words);
        if says == CheckSays::Well {
            return;
        }
        health.set(Part::Telegram, source(POSTING, of), None);
        if of == GroupRef::Default {
            health.set(Part::Telegram, POLLING, None);
        }
        if (of, says) == (GroupRef::Default, CheckSays::Unreachable) {
            self.says_nothing_of_others(&HashSet::new());
        }
    }

    /// Takes back what was said of groups besides the default one and these.
    pub fn says_nothing_of_others(&self, but: &HashSet<GroupRef>) {
        let stale: Vec<GroupRef> = {
            let known = self.known();
            let named = known.checks.keys().filter(|of| **of != GroupRef::Default);
            named.filter(|of| !but.contains(of)).copied().collect()
        };
        for of in stale {
            self.known().checks.remove(&of);
            for what in [CHECK, POSTING] {
                let health = self.desk.health();
                health.set(Part::Telegram, source(what, of), None);
            }
        }
    }

    /// Posting into a group failed, which works else.
    pub fn posting_fails(&self, of: GroupRef, words: String) {
        let (check, bot) = {
            let mut known = self.known();
            // So that the trouble is taken back with the group.
            known.checks.entry(of).or_default();
            (known.check(of), known.check(GroupRef::Default))
        };
        if check == CheckSays::Well && bot != CheckSays::Unreachable {
            let words = Some(self.named(of, words));
            let health = self.desk.health();
            health.set(Part::Telegram, source(POSTING, of), words);
        }
    }

    /// It worked, so the group can be reached (again).
    pub fn posting_works(&self, of: GroupRef) {
        let health = self.desk.health();
        health.set(Part::Telegram, source(POSTING, of), None);
        self.is_reached(of);
    }

    pub fn polling_fails(&self, words: String) {
        if self.known().check(GroupRef::Default) == CheckSays::Well {
            self.desk.health().set(Part::Telegram, POLLING, Some(words));
        }
    }

    pub fn polling_works(&self) {
        self.desk.health().set(Part::Telegram, POLLING, None);
        self.is_reached(GroupRef::Default);
    }

    fn is_reached(&self, of: GroupRef) {
        if self.known().check(of) == CheckSays::Unreachable {
            self.doubt.notify_one();
        }
    }

    /// Words about a group that say which it is, where there are several.
    fn named(&self, of: GroupRef, words: String) -> String {
        let known = self.known();
        let several = known.checks.keys().any(|of| *of != GroupRef::Default);
        let title = known.titles.get(&of);
        match (of, title) {
            (GroupRef::Default, _) if !several => words,
            (GroupRef::Default, _) => format!("the default group: {words}"),
            (GroupRef::Named(id), Some(title)) => format!("the group \"{title}\" ({id}): {words}"),
            (GroupRef::Named(id), None) => format!("the group {id}: {words}"),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn source(what: &str, of: GroupRef) -> String {
    match of {
        GroupRef::Default => what.to_owned(),
        GroupRef::Named(_) => format!("{what} {}", of.lane()),
    }
}
