//! What happens to a group and the bot, and updates of any kind: service messages, migration, rights,
//! raw and repeated updates.

use serde_json::{Map, Value, json};

use super::Sandbox;
use super::groups::{Group, Standing};
use super::post::{Draft, User};
use super::world::World;

impl Sandbox {
    /// A service message of the group with these fields, such as `{"new_chat_members": […]}`.
    pub fn service_message(&self, fields: Value) -> i64 {
        self.change(|world| {
            let chat_id = self.group(world).chat_id;
            let fields = fields.as_object().cloned().unwrap_or_default();
            world.service(chat_id, &self.agent, fields)
        })
    }

    /// An agent pins a message of the group.
    pub fn pinned_message(&self, message_id: i64) -> i64 {
        let pinned = self.look(|world| world.draw(self.group(world).chat_id, message_id));
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
            let old = self.group(world).chat_id;
            let new = old - 1_000_000;
            let by = &self.agent;
            world.service(old, by, one("migrate_to_chat_id", json!(new)));
            let group = self.group_mut(world);
            group.former.push(old);
            group.chat_id = new;
            for topic in &mut group.topics {
                topic.chat_id = new;
            }
            world.move_chat(old, new);
            world.service(new, by, one("migrate_from_chat_id", json!(old)));
            new
        })
    }

    /// Deletes a topic and all that stands in it; bots are told nothing.
    pub fn delete_topic(&self, thread_id: i64) {
        self.change(|world| {
            let group = self.group_mut(world);
            let chat_id = group.chat_id;
            for topic in &mut group.topics {
                topic.deleted |= topic.thread_id == thread_id;
            }
            for post in &mut world.posts {
                post.deleted |= post.chat_id == chat_id && post.thread_id == Some(thread_id);
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
        self.change_rights(|group| group.can_manage_topics = may);
    }

    /// Turns topics on or off.
    pub fn set_forum(&self, forum: bool) {
        self.change(|world| self.group_mut(world).forum = forum);
    }

    /// Privacy mode, which matters for a bot that is no administrator.
    pub fn set_privacy(&self, privacy: bool) {
        self.change(|world| world.privacy = privacy);
    }

    fn set_standing(&self, standing: Standing) {
        if self.look(|world| self.group(world).standing != standing) {
            self.change_rights(|group| group.standing = standing);
        }
    }

    fn change_rights(&self, how: impl FnOnce(&mut Group)) {
        self.change(|world| {
            let group = self.group_mut(world);
            let before = group.bot_member();
            how(group);
            let (chat_id, after) = (group.chat_id, group.bot_member());
            world.tell_membership(chat_id, before, after, &self.agent);
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
    pub(super) fn tell_membership(&mut self, chat_id: i64, before: Value, after: Value, by: &User) {
        let change = json!({
            "chat": self.chat_json(chat_id),
            "from": by.json(),
            "date": self.clock.now().timestamp(),
            "old_chat_member": before,
            "new_chat_member": after,
        });
        self.updates.push("my_chat_member", change);
    }
}
