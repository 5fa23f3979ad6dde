//! kill -9 at any moment under load: what was acknowledged is kept, answers come once, and the group
//! gets everything.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use relaydesk::app::App;
use relaydesk::config::{Config, Problems, read_from};
use relaydesk::domain::clock::Clock;
use relaydesk::sandbox::{Sandbox, SandboxOptions};

use crate::world::{Binary, Ledger, PATIENCE, Phone, binary, said};

const ROUNDS: usize = 20;
const USERS: [&str; 6] = ["u0", "u1", "u2", "u3", "u4", "u5"];
const SETTINGS: [(&str, &str); 1] = [("TELEGRAM_GROUP_RATE", "1000")];

#[tokio::test]
async fn killed_at_any_moment_under_load_it_loses_nothing_that_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let options = SandboxOptions {
        clock: Clock::system(),
        forum: false,
        group_rate: 100_000,
        port: 0,
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let ledger = Arc::new(Ledger::default());
    let mut answers = Vec::new();
    for round in 0..ROUNDS {
        let server = Binary::serves(folder.path(), Some(&sandbox), &SETTINGS);
        ledger.is_kept_by(|user| server.phone(user)).await;
        let before = ledger.count();
        let phones = USERS.map(|user| server.phone(user)).to_vec();
        let mut crowd = ledger.crowd(phones, &format!("r{round}"), &[]);
        ledger.grows(before, 1).await;
        answers.extend(agent_answers(&sandbox, round));
        // Moments spread over what a server does: first commits, first posts, answers, the crowd in full swing.
        let moment = u64::try_from(round * 7 % ROUNDS).unwrap() * 20;
        tokio::time::sleep(Duration::from_millis(moment)).await;
        server.dies();
        while crowd.join_next().await.is_some() {}
    }
    let acknowledged = ledger.entries();
    assert!(
        acknowledged.len() > ROUNDS * USERS.len(),
        "hardly any load: {}",
        acknowledged.len()
    );
    assert!(acknowledged.iter().any(|entry| !entry.photos.is_empty()));
    assert!(
        answers.len() > ROUNDS / 2,
        "hardly any answers: {}",
        answers.len()
    );

    // What was cut twice in mid-send is put aside for the operator, who lets it go once more.
    let replayed = binary(folder.path())
        .args(["outbox", "replay"])
        .output()
        .unwrap();
    assert!(replayed.status.success(), "{}", said(&replayed));
    everything_arrives(folder.path(), &sandbox, &ledger, &answers).await;
    sandbox.stop().await;
}

/// An agent answers one of the users' posts, if there is any yet: the user and the words.
fn agent_answers(sandbox: &Sandbox, round: usize) -> Option<(String, String)> {
    let user = USERS[round % USERS.len()];
    let posts = sandbox.posts();
    let mut own = posts
        .iter()
        .rev()
        .filter(|post| post.by_bot && post.text.contains(&format!(".{user}.")));
    let post = own.nth(round % 2)?;
    let words = format!("answer {round}.");
    sandbox.agent_replies(post.id, &words);
    Some((user.to_owned(), words))
}

/// A last server, in this process and on a clock that hurries: uncertain sends wait a minute or two.
async fn everything_arrives(
    folder: &Path,
    sandbox: &Sandbox,
    ledger: &Ledger,
    answers: &[(String, String)],
) {
    let clock = Clock::fake(Clock::system().now());
    let app = App::start(settings(folder, sandbox), clock.clone(), None)
        .await
        .unwrap();
    let url = format!("http://{}", app.address());
    let phone = |user: &str| Phone::new(url.clone(), reqwest::Client::new(), user);
    let deadline = tokio::time::Instant::now() + 2 * PATIENCE;
    loop {
        clock.advance(Duration::from_millis(500));
        tokio::time::sleep(Duration::from_millis(10)).await;
        let ready = phone("u0").gets("/ready").await.body;
        if ready["queue"]["waiting"] == 0 && sandbox.updates_waiting() == 0 {
            assert_eq!(ready["queue"]["dead"], 0, "{ready}");
            break;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "still waiting: {ready}"
        );
    }
    let posts: Vec<String> = sandbox
        .posts()
        .into_iter()
        .filter(|post| post.by_bot)
        .map(|post| post.text)
        .collect();
    for entry in ledger.entries() {
        assert!(
            posts.iter().any(|post| post.contains(&entry.text)),
            "{entry:?} is not in the group"
        );
    }
    answers_arrive(&clock, ledger, &phone, answers).await;
    app.stop().await.unwrap();
}

async fn answers_arrive(
    clock: &Clock,
    ledger: &Ledger,
    phone: &impl Fn(&str) -> Phone,
    answers: &[(String, String)],
) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let histories = ledger.is_kept_by(phone).await;
        let times = |(user, words): &(String, String)| {
            histories[user]
                .iter()
                .filter(|item| item["message"] == **words)
                .count()
        };
        let arrived: Vec<usize> = answers.iter().map(times).collect();
        if arrived.iter().all(|times| *times == 1) {
            return;
        }
        let late = tokio::time::Instant::now() > deadline;
        assert!(
            !late && arrived.iter().all(|times| *times < 2),
            "answers arrived so often: {arrived:?}"
        );
        clock.advance(Duration::from_millis(500));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub fn settings(folder: &Path, sandbox: &Sandbox) -> Config {
    let mut problems = Problems::new();
    let own = [
        ("SERVER_PORT", "0".to_owned()),
        (
            "DATABASE_PATH",
            folder.join("support_bot.db").display().to_string(),
        ),
        ("UPLOADS_DIR", folder.join("uploads").display().to_string()),
        ("BOT_TOKEN", sandbox.bot_token()),
        ("GROUP_CHAT_ID", sandbox.group_chat_id().to_string()),
        ("TELEGRAM_API_URL", sandbox.url()),
        ("RATE_LIMIT_PER_ADDRESS", "0".to_owned()),
        ("RATE_LIMIT_PER_USER", "0".to_owned()),
    ];
    let given = |name: &str| {
        let found = own
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.clone());
        found.or_else(|| {
            SETTINGS
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    };
    let config = read_from(given, &mut problems);
    assert_eq!(problems, Problems::new());
    config
}
