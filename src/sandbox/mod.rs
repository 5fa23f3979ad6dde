//! A Telegram Bot API and an FCM of our own, in memory, over HTTP on loopback: the world of
//! `relaydesk demo`, of `relaydesk sandbox` and of the tests. It refuses what the real services refuse,
//! in their words, and plays their faults. Of the crate it knows the clock and nothing else, so it can
//! not share a mistake with the code it tests.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

mod agents;
mod answer;
mod buttons;
mod chats;
mod commands;
mod control;
mod control_private;
mod edits;
mod entities;
mod fault_calls;
mod faults;
mod fcm;
mod fetch;
mod files;
mod groups;
mod html;
mod html_text;
mod limit;
mod media;
mod page;
mod params;
mod people;
mod person;
mod polling;
mod port;
mod post;
mod routes;
mod send;
mod service_events;
mod telegram;
mod updates;
mod view;
mod webhook;
mod world;

pub use agents::AgentFile;
pub use buttons::Press;
pub use control::ControlAnswer;
pub use entities::Entity;
pub use faults::Fault;
pub use fcm::state::Push;
pub use media::FileKind;
pub use page::page_routes;
pub use person::{Origin, Person};
pub use post::{Post, PostFile, User};
pub use world::{Call, Topic, Typing};

use crate::domain::clock::Clock;
use port::{Port, Site};
use world::{BOT_ID, World};

/// How a sandbox is set up.
pub struct SandboxOptions {
    /// Time of posts and limits. Long polling and webhook retries wait in real time all the same.
    pub clock: Clock,
    /// Whether the group has topics.
    pub forum: bool,
    /// Messages the bot may send to the group in any 60 seconds of monotonic time; Telegram's is 20.
    pub group_rate: u32,
    /// Telegram's port on 127.0.0.1; FCM takes the next one and the control the one after. 0: any free ones.
    pub port: u16,
}

/// A handle to a running sandbox; clones share the world. What agents do through a handle is done by
/// its agent, see [`Sandbox::as_agent`], in its group, see [`Sandbox::in_group`].
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
    agent: User,
    /// Place of the group that is meant by "the group".
    group: usize,
}

struct Inner {
    world: Mutex<World>,
    /// Grows with every change; the page and waiting polls follow it.
    version: watch::Sender<u64>,
    /// A newer `getUpdates` tells older ones that they are over.
    polls: Notify,
    telegram: Port,
    fcm: Port,
    control: Port,
    stop: CancellationToken,
}

impl Sandbox {
    /// Starts to serve. Errors: no free port, or the given one taken.
    pub async fn start(options: SandboxOptions) -> std::io::Result<Self> {
        let next = |by: u16| match options.port {
            0 => 0,
            port => port.saturating_add(by),
        };
        let mut world = World::new(options.clock, options.forum, options.group_rate);
        let agent = world.agent("Anna", Some("Petrova"), Some("anna_support"));
        let sandbox = Self {
            inner: Arc::new(Inner {
                world: Mutex::new(world),
                version: watch::Sender::new(1),
                polls: Notify::new(),
                telegram: Port::reserve(next(0))?,
                fcm: Port::reserve(next(1))?,
                control: Port::reserve(next(2))?,
                stop: CancellationToken::new(),
            }),
            agent,
            group: 0,
        };
        sandbox.telegram_up().await?;
        sandbox.fcm_up().await?;
        sandbox.inner.control.open(sandbox.control_site()).await?;
        tokio::spawn(webhook::deliver(sandbox.clone()));
        Ok(sandbox)
    }

    /// Ends all connections and tasks.
    pub async fn stop(&self) {
        self.inner.stop.cancel();
        self.inner.telegram.shut().await;
        self.inner.fcm.shut().await;
        self.inner.control.shut().await;
    }

    /// Base of the Bot API, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.inner.telegram.address())
    }

    /// Base of FCM, without a slash at the end.
    pub fn fcm_url(&self) -> String {
        format!("http://{}", self.inner.fcm.address())
    }

    /// Base of the control interface on a port no fault touches; its paths are also under
    /// `/sandbox/` of the Bot API's port.
    pub fn control_url(&self) -> String {
        format!("http://{}/sandbox", self.inner.control.address())
    }

    /// The only token the Bot API takes.
    pub fn bot_token(&self) -> String {
        format!("{BOT_ID}:SANDBOX-not-a-secret")
    }

    /// What the group shows, in order, deleted posts included and marked.
    pub fn posts(&self) -> Vec<Post> {
        self.chat_posts(self.group_chat_id())
    }

    /// What one chat shows; a private chat has its user's id.
    pub fn chat_posts(&self, chat_id: i64) -> Vec<Post> {
        self.look(|world| {
            let here = world.posts.iter().filter(|post| post.chat_id == chat_id);
            here.cloned().collect()
        })
    }

    /// FCM messages that came in, accepted and refused.
    pub fn pushes(&self) -> Vec<Push> {
        self.look(|world| world.fcm.pushes.iter().cloned().collect())
    }

    /// The last calls, oldest first. A `getUpdates` that brought nothing is not among them.
    pub fn calls(&self) -> Vec<Call> {
        self.look(|world| world.calls.iter().cloned().collect())
    }

    /// Chat actions, oldest first.
    pub fn typing(&self) -> Vec<Typing> {
        self.look(|world| world.typing.iter().cloned().collect())
    }

    /// Content of a file of a post.
    pub fn file_bytes(&self, id: &str) -> Option<bytes::Bytes> {
        self.look(|world| world.files.by_id(id).map(|file| file.bytes.clone()))
    }

    /// Updates that were not confirmed or delivered yet.
    pub fn updates_waiting(&self) -> usize {
        self.look(|world| world.updates.waiting())
    }

    /// Number of the last change; wait on it to wait for something to happen.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.version.subscribe()
    }

    /// Waits, in real time and at most this long, until the sandbox looks as wanted; says whether it
    /// does. It looks again after every change, so there is nothing to poll for.
    pub async fn until(&self, patience: Duration, wanted: impl Fn(&Self) -> bool) -> bool {
        let mut changes = self.changes();
        let deadline = tokio::time::Instant::now() + patience;
        loop {
            changes.borrow_and_update();
            if wanted(self) {
                return true;
            }
            let changed = tokio::time::timeout_at(deadline, changes.changed()).await;
            if !matches!(changed, Ok(Ok(()))) {
                return wanted(self);
            }
        }
    }

    fn look<T>(&self, at: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self
            .inner
            .world
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        at(&mut world)
    }

    fn change<T>(&self, how: impl FnOnce(&mut World) -> T) -> T {
        let outcome = self.look(how);
        self.inner.version.send_modify(|version| *version += 1);
        outcome
    }

    fn telegram_site(&self) -> Site {
        let sandbox = self.clone();
        Arc::new(move |request| {
            let sandbox = sandbox.clone();
            Box::pin(async move { sandbox.serve_telegram(request).await })
        })
    }

    fn fcm_site(&self) -> Site {
        let sandbox = self.clone();
        Arc::new(move |request| {
            let sandbox = sandbox.clone();
            Box::pin(async move { sandbox.serve_fcm(request).await })
        })
    }

    fn control_site(&self) -> Site {
        let sandbox = self.clone();
        Arc::new(move |request| {
            let sandbox = sandbox.clone();
            Box::pin(async move { sandbox.serve_control(request).await })
        })
    }
}

#[cfg(test)]
mod tests;
