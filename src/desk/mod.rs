//! What the product does, one file for each capability. The desk knows the store and the uploads;
//! it sees the outside only through events, jobs of the outbox and the types it owns.

pub mod access;
pub mod agents;
pub mod answers;
pub mod bells;
pub mod bot;
mod broadcasting;
pub mod broadcasts;
pub mod canned;
pub mod categories;
pub mod contact_book;
pub mod contacts;
pub mod devices;
mod each;
pub mod expiry;
mod figures;
pub mod files;
mod greeting;
pub mod groups;
pub mod health;
pub mod helpdesk;
pub mod helpdesk_messages;
pub mod history;
pub mod hours;
mod housekeeping;
pub mod in_group;
pub mod intake;
pub mod jobs;
pub mod limits;
pub mod linking;
pub mod operators;
mod passwords;
pub mod posting;
pub mod private;
pub mod pushing;
pub mod rating;
pub mod reading;
pub mod reports;
pub mod rights;
pub mod session_keys;
pub mod session_reading;
pub mod sessions;
pub mod signing_in;
pub mod staff;
pub mod tickets;
pub mod updates;
mod wanted;

use std::sync::{Arc, RwLock};

use chrono_tz::Tz;
use tokio::sync::{Notify, OnceCell, broadcast};

use crate::domain::clock::Clock;
use crate::domain::event::Event;
use crate::domain::ids::Chance;
use crate::domain::locale::Locale;
use crate::media::Uploads;
use crate::store::Store;
use crate::texts::Texts;
use files::FileSource;
use groups::GroupSource;
use health::Health;
use limits::Limits;
use passwords::Passwords;
use session_keys::SessionKeys;

/// The carrier of the agents' groups.
pub const GROUP: &str = "group";
/// The carrier of pushes.
pub const PUSH: &str = "push";

/// What the desk is set up with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The zone in which a day begins, for the greeting.
    pub timezone: Tz,
    /// The language where nobody asked for another.
    pub locale: Locale,
    /// Whether posts to the group have a way out; without one nothing queues up for it.
    pub group: bool,
    /// Whether pushes have a way out.
    pub push: bool,
    /// Where files lie that a request only names; without it no request may.
    pub files: Option<Arc<dyn FileSource>>,
    /// Who looks at a group that a category is to have; without it no category may have one.
    pub groups: Option<Arc<dyn GroupSource>>,
    /// How long a ticket without an answer waits before it may be ended as expired.
    pub ticket_expiry: chrono::Duration,
    /// What a service proves itself with; it then has an owner's rights.
    pub api_token: Option<String>,
    /// Telegram ids of people who are owners whatever their accounts say.
    pub super_admins: Vec<i64>,
    /// What signs contacts' tokens and links; without one the desk makes up its own.
    pub jwt_secret: Option<String>,
    /// Requests a minute and address; 0 is no limit.
    pub rate_per_address: u32,
    /// Messages a minute and user; 0 is no limit.
    pub rate_per_user: u32,
}

/// The one place where rights are checked and things happen.
pub struct Desk {
    store: Store,
    uploads: Uploads,
    clock: Clock,
    chance: Chance,
    texts: Arc<Texts>,
    health: Health,
    limits: Limits,
    passwords: Passwords,
    /// Made when they are first wanted.
    session_keys: OnceCell<SessionKeys>,
    /// The bot's, as Telegram told it.
    bot_name: RwLock<Option<String>>,
    settings: Settings,
}

impl Desk {
    pub fn new(
        store: Store,
        uploads: Uploads,
        clock: Clock,
        chance: Chance,
        texts: Arc<Texts>,
        settings: Settings,
    ) -> Self {
        Self {
            store,
            uploads,
            limits: Limits::new(
                settings.rate_per_address,
                settings.rate_per_user,
                clock.clone(),
            ),
            clock,
            chance,
            texts,
            health: Health::default(),
            passwords: Passwords::default(),
            session_keys: OnceCell::new(),
            bot_name: RwLock::default(),
            settings,
        }
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    pub fn chance(&self) -> Chance {
        self.chance
    }

    pub fn texts(&self) -> &Texts {
        &self.texts
    }

    pub fn uploads(&self) -> &Uploads {
        &self.uploads
    }

    pub fn health(&self) -> &Health {
        &self.health
    }

    pub fn locale(&self) -> Locale {
        self.settings.locale
    }

    /// What happens from now on, each after it is durable, in the order of commits.
    pub fn events(&self) -> broadcast::Receiver<Arc<Event>> {
        self.store.signals().events.subscribe()
    }

    /// Tells what is not stored: that somebody is typing.
    pub fn publish(&self, event: Event) {
        // Nobody listening is no fault.
        let _ = self.store.signals().events.send(Arc::new(event));
    }

    /// Wakes when updates were stored.
    pub fn updates_arrived(&self) -> &Notify {
        &self.store.signals().inbox
    }
}
