//! kill -9 in the middle of a broadcast: it goes on where it was, and nobody gets it twice.

use std::path::Path;
use std::time::Duration;

use relaydesk::app::App;
use relaydesk::domain::clock::Clock;
use relaydesk::sandbox::{Fault, Person, Sandbox, SandboxOptions};

use crate::broadcasts::{crowd, figures, times};
use crate::process_kill::settings;
use crate::world::{Binary, PATIENCE};

const PEOPLE: i64 = 2000;
/// Kills while it is just sending, after two in the middle of a call.
const ROUNDS: usize = 5;
const WORDS: &str = "hello all";

#[tokio::test]
async fn killed_again_and_again_a_broadcast_reaches_everybody_once() {
    let folder = tempfile::tempdir().unwrap();
    let options = SandboxOptions {
        clock: Clock::system(),
        forum: false,
        group_rate: 100_000,
        port: 0,
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let server = Binary::serves(folder.path(), Some(&sandbox), &[]);
    server.dies();
    let olga = sandbox.person("Olga", Some("olga"), Some("en"));
    let people = crowd(&sandbox, &mut sql(folder.path()), PEOPLE).await;
    let at = "2026-01-01T12:00:00.000000Z";
    let owner = "INSERT INTO agents (telegram_id, first_name, role, created_at, updated_at) VALUES (?1, 'Olga', 'owner', ?2, ?2)";
    sql(folder.path())
        .execute(owner, rusqlite::params![olga.id(), at])
        .unwrap();

    let mut server = Binary::serves(folder.path(), Some(&sandbox), &[]);
    let chat = |at: usize| people[at].id();
    sandbox.break_next_in(chat(30), Fault::HangAfterAccept, Some("sendMessage"), 1);
    sandbox.break_next_in(chat(50), Fault::Hang, Some("sendMessage"), 1);
    lets_go(&olga).await;
    // It arrived there, and nobody was told so.
    until("the first call hangs", || times(&people[30], WORDS) == 1).await;
    server = dies_and_starts(server, folder.path(), &sandbox);
    // It did not arrive there, and nobody knows.
    until("the second call hangs", || sandbox.faults_planned() == 0).await;
    server = dies_and_starts(server, folder.path(), &sandbox);
    for round in 0..ROUNDS {
        let before = sends(&sandbox);
        until("it goes on", || sends(&sandbox) > before + round).await;
        server = dies_and_starts(server, folder.path(), &sandbox);
        assert_eq!(figures(&sql(folder.path())).0, "running");
    }
    server.dies();
    the_rest_goes_quickly(folder.path(), &sandbox).await;

    let (state, [sent, out, failed, unknown, total]) = figures(&sql(folder.path()));
    assert_eq!((state.as_str(), out, failed, total), ("done", 0, 0, PEOPLE));
    assert_eq!(sent + unknown, PEOPLE, "the figures add up");
    let most = i64::try_from(ROUNDS).unwrap() + 3;
    assert!((2..=most).contains(&unknown), "{unknown} are unknown");
    let often: Vec<usize> = people.iter().map(|person| times(person, WORDS)).collect();
    assert!(
        often.iter().all(|times| *times <= 1),
        "somebody got it twice"
    );
    assert_eq!((often[30], often[50]), (1, 0));
    let got = i64::try_from(often.iter().sum::<usize>()).unwrap();
    assert!(
        (sent..=sent + unknown).contains(&got),
        "{got} got it, {sent} are said to"
    );
    sandbox.stop().await;
}

fn sql(folder: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(folder.join("support_bot.db")).unwrap()
}

fn dies_and_starts(server: Binary, folder: &Path, sandbox: &Sandbox) -> Binary {
    server.dies();
    Binary::serves(folder, Some(sandbox), &[])
}

fn sends(sandbox: &Sandbox) -> usize {
    let calls = sandbox.calls().into_iter();
    calls.filter(|call| call.method == "sendMessage").count()
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !holds() {
        let late = tokio::time::Instant::now() > deadline;
        assert!(!late, "in vain waited for: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn lets_go(olga: &Person) {
    let sees = |text: &str| {
        let posts = olga.sees().into_iter();
        let mut own = posts.filter(|post| post.by_bot);
        own.find(|post| post.text.contains(text))
            .map(|post| post.id)
    };
    olga.writes("/broadcast");
    until("it is asked for", || sees("Write what everybody").is_some()).await;
    olga.writes(WORDS);
    until("the question", || sees("Send it?").is_some()).await;
    let sure = sees("Send it?").unwrap();
    assert!(olga.presses(sure, "Send").is_some());
}

/// A last server, in this process and on a clock that hurries: at its pace the rest would take minutes.
async fn the_rest_goes_quickly(folder: &Path, sandbox: &Sandbox) {
    let clock = Clock::fake(Clock::system().now());
    let app = App::start(settings(folder, sandbox), clock.clone(), None)
        .await
        .unwrap();
    let deadline = tokio::time::Instant::now() + 3 * PATIENCE;
    while figures(&sql(folder)).0 != "done" {
        let late = tokio::time::Instant::now() > deadline;
        assert!(!late, "it does not end: {:?}", figures(&sql(folder)));
        clock.advance(Duration::from_millis(500));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    app.stop().await.unwrap();
}
