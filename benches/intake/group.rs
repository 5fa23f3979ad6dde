//! Many messages into one group that takes twenty posts a minute. The server runs in this process, on
//! a clock that is moved.

use std::collections::HashSet;
use std::time::Duration;

use relaydesk::app::App;
use relaydesk::config::{Account, Problems, Telegram, UserAuth, read_from};
use relaydesk::domain::clock::Clock;
use relaydesk::sandbox::Sandbox;
use serde_json::json;

use crate::Scale;
use crate::load::{self, Connection};
use crate::server;
use crate::table::Table;

const RATE: u32 = 20;
/// How much of Telegram's time passes between two looks, and how much real time the server gets for it.
const STEP: Duration = Duration::from_millis(200);
const REAL_STEP: Duration = Duration::from_millis(3);
/// Telegram's time after which nothing more is hoped for.
const PATIENCE: Duration = Duration::from_secs(3600);

pub async fn measure(scale: Scale, table: &mut Table) {
    let (users, messages_each) = scale.pick((50, 20), (10, 5));
    let clock = Clock::fake("2026-03-01T12:00:00Z".parse().unwrap());
    let sandbox = server::sandbox(clock.clone(), RATE).await;
    let folder = server::folder();
    let app = start(&clock, &sandbox, folder.path()).await;
    let mut waiting = HashSet::new();
    let mut connection = Connection::open(app.address()).await;
    let began = clock.monotonic();
    for turn in 0..messages_each {
        for user in 0..users {
            let text = format!("message {turn} of user {user}: where is my order 4711?");
            let body = json!({"user_id": format!("user-{user}"), "message": text});
            connection
                .ask(&load::post("/send_message", &body, ""))
                .await;
            assert!(waiting.insert(text));
        }
    }
    let mut seen = 0;
    while !waiting.is_empty() {
        clock.advance(STEP);
        tokio::time::sleep(REAL_STEP).await;
        assert!(
            clock.monotonic() - began < PATIENCE,
            "{} messages were not posted",
            waiting.len()
        );
        let posts = sandbox.posts();
        for post in &posts[seen..] {
            waiting.retain(|text| !post.text.contains(text.as_str()));
        }
        seen = posts.len();
    }
    let minutes = (clock.monotonic() - began).as_secs_f64() / 60.0;
    let calls = sandbox.calls();
    let refused = calls.iter().filter(|call| call.status == 429).count();
    let what = format!(
        "{} messages of {users} users at once into a group at {RATE} a minute: Telegram's time until all are posted",
        users * messages_each
    );
    table.most(&what, 4.0, "minutes", minutes, &format!(", {seen} posts"));
    table.most("429 answers meanwhile", 0.0, "answers", refused as f64, "");
    app.stop().await.unwrap();
    sandbox.stop().await;
}

async fn start(clock: &Clock, sandbox: &Sandbox, folder: &std::path::Path) -> App {
    let mut problems = Problems::new();
    let zero = |name: &str| {
        matches!(
            name,
            "SERVER_PORT" | "RATE_LIMIT_PER_ADDRESS" | "RATE_LIMIT_PER_USER"
        )
        .then(|| "0".to_owned())
    };
    let mut config = read_from(zero, &mut problems);
    assert_eq!(problems, Problems::new());
    config.database = server::database(folder);
    config.uploads = folder.join("uploads");
    config.auth = UserAuth::Open;
    config.push_account = Account {
        path: folder.join("none.json"),
        named: false,
    };
    config.telegram = Some(Telegram {
        token: sandbox.bot_token(),
        group_chat_id: sandbox.group_chat_id(),
        api_url: sandbox.url().parse().unwrap(),
        webhook: false,
        group_rate: RATE,
    });
    App::start(config, clock.clone(), None).await.unwrap()
}
