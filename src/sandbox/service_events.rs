//! What happens to the group and the bot, and updates of any kind: service messages, migration, rights,
//! raw and repeated updates.

use serde_json::{Map, Value, json};

use super::Sandbox;
use super::post::{Draft, User};
use super::world::{Standing, World};

impl Sandbox {
    /// A service message of the group with these fields, such as `{"new_chat_members": […]}`.
    pub fn service_message(&self, fields: Value) -> i64 {
        self.change(|world| {
            let chat_id = world.group.chat_id;
            let fields = fields.as_object().cloned().unwrap_or_default();
            world.service(chat_id, &self.agent, fields)
        })
    }

    /// An agent pins a message of the group.
    pub fn pinned_message(&self, message_id: i64) -> i64 {
        let pinned = self.look(|world| world.draw(world.group.chat_id, message_id));
        self.service_message(json!({ "pinned_message": pinned }))
    }

    /// Somebody joins the group.
    pub fn new_chat_members(&self, user: &User) -> i64 {
        self.service_message(json!({ "new_chat_members": [user.json()] }))
    }

    /// Queues an update as it is. Without `update_id` it gets the next one. Gives its id.
    pub fn raw_update(&self, update: Value) -> i64 {
        self.change(|world| world.updates.push_raw(update))
    }

    /// Delivers the last update so many times more, though the bot has confirmed it.
    pub fn repeat_last_update(&self, times: usize) {
        self.change(|world| world.updates.repeat_last(times));
    }

    /// Leaves a gap in the ids of updates, as Telegram may.
    pub fn skip_update_ids(&self, count: u32) {
        self.change(|world| world.updates.skip_ids(i64::from(count)));
    }

    /// Upgrades the group: it goes on under a new id, which is given; the old one answers with the
    /// new. The history goes along with its ids, the two service messages are queued.
    pub fn migrate_group(&self) -> i64 {
        self.change(|world| {
            let old = world.group.chat_id;
            let new = old - 1_000_000;
            let by = &self.agent;
            world.service(old, by, one("migrate_to_chat_id", json!(new)));
            world.group.former.push(old);
            world.group.chat_id = new;
            world.move_chat(old, new);
            world.service(new, by, one("migrate_from_chat_id", json!(old)));
            new
        })
    }

    /// Deletes a topic and all that stands in it; bots are told nothing.
    pub fn delete_topic(&self, thread_id: i64) {
        self.change(|world| {
            for topic in &mut world.topics {
                topic.deleted |= topic.thread_id == thread_id;
            }
            for post in &mut world.posts {
                post.deleted |= post.thread_id == Some(thread_id);
            }
        });
    }

    /// Removes the bot from the group.
    pub fn kick_bot(&self) {
        self.set_standing(Standing::Kicked);
    }

    /// Takes the bot back in, as an administrator.
    pub fn let_bot_back(&self) {
        self.set_standing(Standing::Administrator);
    }

    /// Makes the bot an administrator, or an ordinary member.
    pub fn set_bot_admin(&self, admin: bool) {
        self.set_standing(match admin {
            true => Standing::Administrator,
            false => Standing::Member,
        });
    }

    /// Gives or takes the administrator's right to manage topics.
    pub fn set_can_manage_topics(&self, may: bool) {
        self.change(|world| {
            let before = world.bot_member(world.group.standing);
            world.group.can_manage_topics = may;
            world.tell_membership(before, &self.agent);
        });
    }

    /// Turns topics on or off.
    pub fn set_forum(&self, forum: bool) {
        self.change(|world| world.group.forum = forum);
    }

    /// Privacy mode, which matters for a bot that is no administrator.
    pub fn set_privacy(&self, privacy: bool) {
        self.change(|world| world.group.privacy = privacy);
    }

    fn set_standing(&self, standing: Standing) {
        self.change(|world| {
            if world.group.standing == standing {
                return;
            }
            let before = world.bot_member(world.group.standing);
            world.group.standing = standing;
            world.tell_membership(before, &self.agent);
        });
    }
}

fn one(name: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), value)])
}

impl World {
    fn service(&mut self, chat_id: i64, by: &User, fields: Map<String, Value>) -> i64 {
        let mut draft = Draft::new(chat_id, by.clone(), "service");
        draft.text = fields.keys().cloned().collect::<Vec<_>>().join(", ");
        draft.body = fields;
        self.post_by_person(draft)
    }

    /// `my_chat_member` comes even when the bot was just thrown out.
    fn tell_membership(&mut self, before: Value, by: &User) {
        let change = json!({
            "chat": self.chat_json(self.group.chat_id),
            "from": by.json(),
            "date": self.clock.now().timestamp(),
            "old_chat_member": before,
            "new_chat_member": self.bot_member(self.group.standing),
        });
        self.updates.push("my_chat_member", change);
    }
}
