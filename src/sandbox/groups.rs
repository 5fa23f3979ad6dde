//! The groups the bot is in: each with its own id, rights, topics and limit. What happens to them is in
//! `service_events`, what agents do there in `agents`.

use serde_json::{Value, json};

use super::Sandbox;
use super::limit::RateLimit;
use super::world::{Topic, World};

const FIRST_CHAT_ID: i64 = -1_001_000_000_001;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    Administrator,
    Member,
    Kicked,
    /// Not in it yet.
    Left,
}

pub(super) struct Group {
    pub chat_id: i64,
    /// Ids it had before it was upgraded.
    pub former: Vec<i64>,
    pub title: String,
    pub forum: bool,
    pub standing: Standing,
    pub can_manage_topics: bool,
    pub topics: Vec<Topic>,
    pub limit: RateLimit,
}

impl Group {
    fn new(chat_id: i64, title: &str, forum: bool, rate: u32) -> Self {
        Self {
            chat_id,
            former: Vec::new(),
            title: title.to_owned(),
            forum,
            standing: Standing::Administrator,
            can_manage_topics: true,
            topics: Vec::new(),
            limit: RateLimit::group(rate),
        }
    }

    pub fn is_administrator(&self) -> bool {
        self.standing == Standing::Administrator
    }

    pub fn may_topics(&self) -> bool {
        self.is_administrator() && self.can_manage_topics
    }

    /// The topic of that id which still stands.
    pub fn topic(&self, thread_id: i64) -> Option<&Topic> {
        let mut topics = self.topics.iter();
        topics.find(|topic| topic.thread_id == thread_id && !topic.deleted)
    }

    /// The bot as a `ChatMember` of the group.
    pub fn bot_member(&self) -> Value {
        bot_member(self.standing, self.can_manage_topics)
    }
}

/// All groups; there always is a first.
pub(super) struct Groups {
    first: Group,
    others: Vec<Group>,
    rate: u32,
}

impl Groups {
    pub fn new(forum: bool, rate: u32) -> Self {
        Self {
            first: Group::new(FIRST_CHAT_ID, "Support", forum, rate),
            others: Vec::new(),
            rate,
        }
    }

    fn add(&mut self, title: &str, forum: bool) -> &Group {
        let count = i64::try_from(self.others.len()).unwrap_or_default();
        let group = Group::new(FIRST_CHAT_ID - 1 - count, title, forum, self.rate);
        self.others.push(group);
        self.others.last().unwrap_or(&self.first)
    }

    pub fn all(&self) -> impl Iterator<Item = &Group> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// By place, the first is 0 and stands for what there is not.
    pub fn at(&self, place: usize) -> &Group {
        self.all().nth(place).unwrap_or(&self.first)
    }

    pub fn at_mut(&mut self, place: usize) -> &mut Group {
        match place.checked_sub(1).and_then(|i| self.others.get_mut(i)) {
            Some(group) => group,
            None => &mut self.first,
        }
    }

    fn place(&self, chat_id: i64) -> Option<usize> {
        self.all().position(|group| group.chat_id == chat_id)
    }

    pub fn get(&self, chat_id: i64) -> Option<&Group> {
        self.all().find(|group| group.chat_id == chat_id)
    }

    pub fn get_mut(&mut self, chat_id: i64) -> Option<&mut Group> {
        let place = self.place(chat_id)?;
        Some(self.at_mut(place))
    }

    /// Where a group went that had this id before.
    pub fn moved(&self, chat_id: i64) -> Option<i64> {
        let moved = self.all().find(|group| group.former.contains(&chat_id));
        moved.map(|group| group.chat_id)
    }
}

impl Sandbox {
    /// One more group with the same agents in it and the bot as an administrator, which it is told of.
    /// Gives its chat id; what happens there is seen and done through [`Sandbox::in_group`].
    pub fn add_group(&self, title: &str, forum: bool) -> i64 {
        self.change(|world| {
            let (chat_id, member) = {
                let group = world.groups.add(title, forum);
                (group.chat_id, group.bot_member())
            };
            let before = bot_member(Standing::Left, false);
            world.tell_membership(chat_id, before, member, &self.agent);
            chat_id
        })
    }

    /// The same sandbox, with everything that is said of "the group" meaning this one. The first, where
    /// there is no group of that id.
    pub fn in_group(&self, chat_id: i64) -> Self {
        let place = self.look(|world| world.groups.place(chat_id));
        Self {
            inner: self.inner.clone(),
            agent: self.agent.clone(),
            group: place.unwrap_or_default(),
        }
    }

    /// As [`Sandbox::in_group`]; None where there is no group of that id.
    pub(super) fn known_group(&self, chat_id: i64) -> Option<Self> {
        let known = self.look(|world| world.groups.get(chat_id).is_some());
        known.then(|| self.in_group(chat_id))
    }

    /// Id of the agents' group; another one after [`Sandbox::migrate_group`].
    pub fn group_chat_id(&self) -> i64 {
        self.look(|world| self.group(world).chat_id)
    }

    /// The group's topics, deleted ones included and marked.
    pub fn topics(&self) -> Vec<Topic> {
        self.look(|world| self.group(world).topics.clone())
    }

    /// The topics of one group.
    pub fn chat_topics(&self, chat_id: i64) -> Vec<Topic> {
        self.in_group(chat_id).topics()
    }

    pub(super) fn group<'a>(&self, world: &'a World) -> &'a Group {
        world.groups.at(self.group)
    }

    pub(super) fn group_mut<'a>(&self, world: &'a mut World) -> &'a mut Group {
        world.groups.at_mut(self.group)
    }
}

/// The bot as a `ChatMember`.
pub(super) fn bot_member(standing: Standing, can_manage_topics: bool) -> Value {
    let user = World::bot().json();
    match standing {
        Standing::Left => json!({"status": "left", "user": user}),
        Standing::Kicked => json!({"status": "kicked", "user": user, "until_date": 0}),
        Standing::Member => json!({"status": "member", "user": user}),
        Standing::Administrator => json!({
            "status": "administrator", "user": user, "can_be_edited": false,
            "is_anonymous": false, "can_manage_chat": true, "can_delete_messages": true,
            "can_manage_video_chats": true, "can_restrict_members": true,
            "can_promote_members": false, "can_change_info": true, "can_invite_users": true,
            "can_post_stories": false, "can_edit_stories": false, "can_delete_stories": false,
            "can_pin_messages": true, "can_manage_topics": can_manage_topics,
        }),
    }
}
