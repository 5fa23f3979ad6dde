//! The world as JSON, for the page: the newest posts of a group, pushes, topics, people, faults and who is typing.

use std::time::Duration;

use serde_json::{Value, json};

use super::Sandbox;
use super::groups::{Group, Standing};
use super::people::Human;
use super::post::Post;
use super::world::World;

const SHOWN_POSTS: usize = 300;
const SHOWN_PUSHES: usize = 100;
const SHOWN_PRESSES: usize = 20;
/// Telegram shows a chat action for 5 seconds.
const TYPING: Duration = Duration::from_secs(5);

impl Sandbox {
    pub(super) async fn state(&self) -> Value {
        let faults = self.active_faults().await;
        let version = *self.inner.version.borrow();
        let mut state = self.look(|world| world_json(world, self.group(world)));
        if let Some(object) = state.as_object_mut() {
            object.insert("version".into(), json!(version));
            object.insert("faults".into(), faults);
        }
        state
    }

    pub(super) async fn active_faults(&self) -> Value {
        let open = self.inner.telegram.is_open().await;
        let slow = self.look(|world| world.faults.slow_down);
        let telegram = match (open, slow) {
            (false, _) => "down",
            (true, true) => "429",
            (true, false) => "up",
        };
        let fcm = match self.inner.fcm.is_open().await {
            true => "up",
            false => "down",
        };
        json!({ "telegram": telegram, "fcm": fcm })
    }
}

fn world_json(world: &World, group: &Group) -> Value {
    let now = world.clock.monotonic();
    let posts = newest(&world.posts, SHOWN_POSTS, |post: &Post| {
        post.chat_id == group.chat_id
    });
    let private = newest(&world.posts, SHOWN_POSTS, |post: &Post| {
        world.people.contains_key(&post.chat_id)
    });
    let private: Vec<Value> = private.into_iter().map(private_json).collect();
    let people: Vec<Value> = world
        .people
        .values()
        .map(|human| person_json(world, human))
        .collect();
    let typing: Vec<_> = world
        .typing
        .iter()
        .filter(|typing| typing.at + TYPING > now)
        .collect();
    json!({
        "forum": group.forum,
        "group": {"chat_id": group.chat_id, "title": group.title},
        "groups": world.groups.all().map(|group| group_json(world, group)).collect::<Vec<_>>(),
        "bot": {
            "user": World::bot(),
            "administrator": group.is_administrator(),
            "kicked": group.standing == Standing::Kicked,
            "can_manage_topics": group.can_manage_topics,
        },
        "topics": group.topics,
        "posts": posts,
        "private_posts": private,
        "people": people,
        "pushes": newest(&world.fcm.pushes, SHOWN_PUSHES, |_| true),
        "typing": typing,
        "agents": world.agents,
        "presses": newest_of(&world.presses, SHOWN_PRESSES),
    })
}

/// A group among the others, with its newest post.
fn group_json(world: &World, group: &Group) -> Value {
    let mut posts = world.posts.iter().rev();
    let newest = posts.find(|post| post.chat_id == group.chat_id && !post.deleted);
    json!({"chat_id": group.chat_id, "title": group.title, "newest": newest.map(|post| post.id)})
}

/// A post with what has no text and no file of its own.
fn private_json(post: &Post) -> Value {
    let mut json = json!(post);
    if let Some(object) = json.as_object_mut() {
        for name in ["location", "contact", "forward_origin"] {
            if let Some(value) = post.field(name) {
                object.insert(name.into(), value.clone());
            }
        }
    }
    json
}

fn person_json(world: &World, human: &Human) -> Value {
    let commands = world.offered(human.user.id, &human.user).into_iter();
    let commands = commands
        .map(|(command, description)| json!({"command": command, "description": description}));
    json!({
        "id": human.user.id,
        "name": human.user.full_name(),
        "wrote": human.wrote,
        "blocked": human.blocked,
        "keyboard": human.keyboard,
        "commands": commands.collect::<Vec<_>>(),
    })
}

fn newest_of<T>(all: &[T], count: usize) -> &[T] {
    all.get(all.len().saturating_sub(count)..)
        .unwrap_or_default()
}

fn newest<T>(
    all: &std::collections::VecDeque<T>,
    count: usize,
    wanted: impl Fn(&T) -> bool,
) -> Vec<&T> {
    let mut newest: Vec<&T> = all
        .iter()
        .rev()
        .filter(|item| wanted(item))
        .take(count)
        .collect();
    newest.reverse();
    newest
}
