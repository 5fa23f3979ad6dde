//! A world to tell stories in: the real server in this process, Telegram and FCM of the sandbox, and a
//! clock that moves as fast as the story needs. `World::ends` proves calm: nothing waits, nothing is
//! dead, nobody warned.

mod binary;
mod chatter;
mod group;
mod ledger;
mod operator;
mod people;
mod raw;
mod rows;
mod socket;
mod staff;
mod warnings;
mod web;

use std::path::PathBuf;
use std::time::Duration;

use relaydesk::app::App;
use relaydesk::config::{Account, Config, Problems, Telegram, UserAuth, read_from};
use relaydesk::domain::clock::Clock;
use relaydesk::sandbox::{Sandbox, SandboxOptions};
use serde_json::Value;
use tempfile::TempDir;

pub use binary::{Binary, binary, said};
pub use chatter::Chatter;
pub use group::{ends, file};
pub use ledger::{Ledger, whole_history};
pub use operator::Operator;
pub use people::{Answer, Phone, gif, jpeg, png, webp};
pub use raw::Raw;
pub use rows::Beginning;
pub use socket::Socket;
pub use staff::API_TOKEN;
use warnings::Warnings;
pub use web::{Events, JWT_SECRET, token};

/// How long, in real time, a condition may take to come true.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How much of the story's time passes between two looks at a condition.
const PACE: Duration = Duration::from_millis(200);

/// What a story may set before it starts.
pub struct Options {
    pub forum: bool,
    pub telegram: bool,
    pub push: bool,
    /// Further settings, by their names.
    pub settings: Vec<(&'static str, String)>,
    /// Wall time at the start.
    pub now: &'static str,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            forum: false,
            telegram: true,
            push: true,
            settings: Vec::new(),
            now: "2026-03-01T12:00:00Z",
        }
    }
}

pub struct World {
    pub sandbox: Sandbox,
    pub clock: Clock,
    pub http: reqwest::Client,
    folder: TempDir,
    config: Config,
    app: Option<App>,
    warnings: Warnings,
}

impl World {
    pub async fn start() -> Self {
        Self::with(|_| ()).await
    }

    pub async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let warnings = Warnings::collect();
        let mut options = Options::default();
        change(&mut options);
        let clock = Clock::fake(options.now.parse().unwrap());
        let sandbox = Sandbox::start(SandboxOptions {
            clock: clock.clone(),
            forum: options.forum,
            group_rate: 20,
            port: 0,
        })
        .await
        .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let config = configure(&options, &sandbox, &folder);
        let mut world = Self {
            sandbox,
            clock,
            http: reqwest::Client::builder()
                .pool_max_idle_per_host(64)
                .build()
                .unwrap(),
            folder,
            config,
            app: None,
            warnings,
        };
        world.server_starts().await;
        world
    }

    /// Starts the server on what an earlier one left.
    pub async fn server_starts(&mut self) {
        let app = App::start(self.config.clone(), self.clock.clone(), None)
            .await
            .unwrap();
        // The next start takes the same port, as an operator's would.
        self.config.port = app.address().port();
        self.app = Some(app);
    }

    pub async fn server_stops(&mut self) {
        let app = self.app.take().expect("the server runs");
        app.stop().await.unwrap();
    }

    /// The operator sets another `GROUP_CHAT_ID` for the next start.
    pub fn default_group_is(&mut self, chat: i64) {
        if let Some(telegram) = &mut self.config.telegram {
            telegram.group_chat_id = chat;
        }
    }

    pub fn url(&self, path: &str) -> String {
        let port = self.config.port;
        format!("http://127.0.0.1:{port}{path}")
    }

    pub fn phone(&self, user_id: &str) -> Phone {
        Phone::new(self.url(""), self.http.clone(), user_id)
    }

    pub fn database(&self) -> PathBuf {
        self.config.database.clone()
    }

    pub fn uploads(&self) -> PathBuf {
        self.config.uploads.clone()
    }

    /// The server's database, to look into and to prepare what would take days.
    pub fn sql(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.database()).unwrap()
    }

    /// How many rows a table has.
    pub fn rows(&self, table: &str) -> i64 {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        self.sql().query_row(&sql, [], |row| row.get(0)).unwrap()
    }

    /// Files in the uploads folder.
    pub fn uploaded_files(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.uploads())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Lets the story's time pass until the condition holds; panics with `what` when it never does.
    pub async fn until(&self, what: &str, condition: impl AsyncFn() -> bool) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            if condition().await {
                return;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "in vain waited for: {what}\n{}",
                self.picture().await
            );
            self.breathe().await;
        }
    }

    /// A little of the story's time, and real time for the tasks it woke.
    async fn breathe(&self) {
        self.clock.advance(PACE);
        tokio::time::sleep(Duration::from_millis(4)).await;
    }

    /// Lets that much of the story's time pass, in small steps; larger ones where it is hours.
    pub async fn passes(&self, time: Duration) {
        let until = self.clock.monotonic() + time;
        while self.clock.monotonic() < until {
            self.clock.advance((time / 1000).saturating_sub(PACE));
            self.breathe().await;
        }
    }

    /// The texts of the group's posts by the bot, without the mark.
    pub fn group_posts(&self) -> Vec<String> {
        let posts = self.sandbox.posts();
        let own = posts
            .into_iter()
            .filter(|post| post.by_bot && post.kind != "service" && !post.deleted);
        own.map(|post| post.text.replace('\u{200b}', "")).collect()
    }

    /// Waits until the bot has posted this many messages into the group.
    pub async fn group_has(&self, count: usize) {
        self.until(&format!("{count} posts in the group"), async || {
            self.group_posts().len() >= count
        })
        .await;
        assert_eq!(self.group_posts().len(), count, "{:#?}", self.group_posts());
    }

    /// Waits for a post of the bot with this in it; its id.
    pub async fn post_with(&self, text: &str) -> i64 {
        let find = || {
            let posts = self.sandbox.posts();
            posts
                .into_iter()
                .rev()
                .find(|post| post.by_bot && post.text.contains(text))
                .map(|post| post.id)
        };
        self.until(&format!("a post with {text:?}"), async || find().is_some())
            .await;
        find().unwrap()
    }

    /// The same, where the server knows already which ticket the post is of: what comes next may say nothing of it.
    pub async fn known_post(&self, text: &str) -> i64 {
        let post = self.post_with(text).await;
        self.queue_is_empty().await;
        post
    }

    pub async fn ready(&self) -> Value {
        let answer = self.http.get(self.url("/ready")).send().await.unwrap();
        answer.json().await.unwrap()
    }

    /// Waits until nothing waits to leave.
    pub async fn queue_is_empty(&self) {
        self.until("an empty queue", async || {
            self.ready().await["queue"]["waiting"] == 0
        })
        .await;
    }

    /// A warning the story is about; anything else that warns fails it at the end.
    pub fn expects_warning(&self, part_of_it: &str) {
        self.warnings.expect(part_of_it);
    }

    /// The story is over: everything left, nobody warned, and the server stops cleanly.
    pub async fn ends(self) {
        self.ends_with_dead(0).await;
    }

    /// As [`World::ends`], where the story is about deliveries or updates that are dead now.
    pub async fn ends_with_dead(mut self, dead: i64) {
        if self.app.is_some() {
            self.queue_is_empty().await;
            let ready = self.ready().await;
            assert_eq!(ready["queue"]["dead"], dead, "{ready}");
            self.server_stops().await;
        }
        self.sandbox.stop().await;
        self.warnings.none_unexpected();
    }

    /// What there is to see, for a failed wait.
    async fn picture(&self) -> String {
        format!(
            "group: {:#?}\npushes: {:#?}\nready: {}\nwarnings: {:#?}",
            self.group_posts(),
            self.sandbox
                .pushes()
                .iter()
                .map(|push| push.message.to_string())
                .collect::<Vec<_>>(),
            if self.app.is_some() {
                self.ready().await.to_string()
            } else {
                "stopped".to_owned()
            },
            self.warnings.all(),
        )
    }
}

fn configure(options: &Options, sandbox: &Sandbox, folder: &TempDir) -> Config {
    let mut problems = Problems::new();
    let given = |name: &str| {
        let own = options.settings.iter().find(|(key, _)| *key == name);
        own.map(|(_, value)| value.clone()).or_else(|| match name {
            "SERVER_PORT" | "RATE_LIMIT_PER_ADDRESS" | "RATE_LIMIT_PER_USER" => {
                Some("0".to_owned())
            }
            "API_TOKEN" => Some(API_TOKEN.to_owned()),
            _ => None,
        })
    };
    let mut config = read_from(given, &mut problems);
    assert_eq!(problems, Problems::new());
    let account = folder.path().join("account.json");
    std::fs::write(&account, sandbox.service_account_json()).unwrap();
    config.database = folder.path().join("desk.db");
    config.uploads = folder.path().join("uploads");
    config.fcm_api_url = sandbox.fcm_url().parse().unwrap();
    config.push_account = Account {
        path: if options.push {
            account
        } else {
            folder.path().join("none.json")
        },
        named: options.push,
    };
    config.telegram = options.telegram.then(|| Telegram {
        token: sandbox.bot_token(),
        group_chat_id: sandbox.group_chat_id(),
        api_url: sandbox.url().parse().unwrap(),
        webhook: options
            .settings
            .iter()
            .any(|(name, value)| *name == "TELEGRAM_MODE" && value == "webhook"),
        group_rate: 20,
    });
    if !options
        .settings
        .iter()
        .any(|(name, _)| *name == "USER_AUTH")
    {
        config.auth = UserAuth::Open;
    }
    config
}
