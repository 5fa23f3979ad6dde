//! kill -9 in the middle of a broadcast: it goes on where it was, and nobody gets it twice.

use std::time::Duration;

use chrono::{DateTime, Utc};
use relaydesk::app::App;
use relaydesk::domain::clock::Clock;
use relaydesk::sandbox::{Call, Fault, Person, Sandbox, SandboxOptions};

use crate::broadcasts::{crowd, figures};
use crate::process_kill::settings;
use crate::world::{Binary, PATIENCE};

const PEOPLE: i64 = 10_000;
/// Kills while it is just sending, after two in the middle of a call and before two while it rests.
const ROUNDS: usize = 5;
/// How long Telegram asks for a pause, seconds: longer than a start and an answer may take.
const PAUSE: u64 = 110;
const WORDS: &str = "hello all";

/// The people of a broadcast, and where it is sent from.
struct Story {
    folder: tempfile::TempDir,
    /// Stands still while the binary, which has the machine's, is at work.
    clock: Clock,
    sandbox: Sandbox,
    people: Vec<Person>,
}

#[tokio::test]
async fn killed_again_and_again_a_broadcast_reaches_ten_thousand_once() {
    let (story, olga) = begins().await;
    let people = &story.people;
    let mut server = story.serves();
    let chat = |at: usize| people[at].id();
    let sandbox = &story.sandbox;
    sandbox.break_next_in(chat(30), Fault::HangAfterAccept, Some("sendMessage"), 1);
    sandbox.break_next_in(chat(50), Fault::Hang, Some("sendMessage"), 1);
    lets_go(&olga).await;
    // It arrived there, and nobody was told so.
    until("the first call hangs", || people[30].received() == 1).await;
    server = story.dies_and_starts(server);
    // It did not arrive there, and nobody knows.
    until("the second call hangs", || sandbox.faults_planned() == 0).await;
    server = story.dies_and_starts(server);
    for round in 0..ROUNDS {
        let before = story.arrived();
        until("it goes on", || story.arrived() > before + round).await;
        server = story.dies_and_starts(server);
        assert_eq!(figures(&story.sql()).0, "running");
    }
    let (server, due) = story.has_to_wait(server).await;
    server.dies();
    story.the_rest_goes_quickly(due).await;

    let (state, [sent, out, failed, unknown, total]) = figures(&story.sql());
    assert_eq!((state.as_str(), out, failed, total), ("done", 0, 0, PEOPLE));
    assert_eq!(sent + unknown, PEOPLE, "the figures add up");
    let most = i64::try_from(ROUNDS).unwrap() + 3;
    assert!((2..=most).contains(&unknown), "{unknown} are unknown");
    let often: Vec<usize> = people.iter().map(Person::received).collect();
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

/// In memory, where the machine has a folder there: what a process wrote outlives it all the same, and thousands of
/// commits need not wait for a disk.
fn folder() -> tempfile::TempDir {
    let in_memory = tempfile::tempdir_in("/dev/shm");
    in_memory.or_else(|_| tempfile::tempdir()).unwrap()
}

/// Everybody is known, and an owner is there.
async fn begins() -> (Story, Person) {
    let clock = Clock::fake(Clock::system().now());
    let options = SandboxOptions {
        clock: clock.clone(),
        forum: false,
        group_rate: 100_000,
        port: 0,
    };
    let mut story = Story {
        folder: folder(),
        sandbox: Sandbox::start(options).await.unwrap(),
        clock,
        people: Vec::new(),
    };
    // The first start makes the database.
    story.serves().dies();
    let olga = story.sandbox.person("Olga", Some("olga"), Some("en"));
    story.people = crowd(&story.sandbox, &mut story.sql(), PEOPLE);
    let at = "2026-01-01T12:00:00.000000Z";
    let owner = "INSERT INTO agents (telegram_id, first_name, role, created_at, updated_at) VALUES (?1, 'Olga', 'owner', ?2, ?2)";
    let owned = story.sql().execute(owner, rusqlite::params![olga.id(), at]);
    owned.unwrap();
    (story, olga)
}

impl Story {
    fn serves(&self) -> Binary {
        Binary::serves(self.folder.path(), Some(&self.sandbox), &[])
    }

    fn dies_and_starts(&self, server: Binary) -> Binary {
        server.dies();
        self.serves()
    }

    fn sql(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.path().join("support_bot.db")).unwrap()
    }

    /// With how many it has arrived.
    fn arrived(&self) -> usize {
        self.people.iter().map(Person::received).sum()
    }

    /// One chat asks for a pause, and the server dies and starts meanwhile: others are answered, the broadcast waits.
    /// Gives the time until which it has to.
    async fn has_to_wait(&self, server: Binary) -> (Binary, DateTime<Utc>) {
        let last = self.people.iter().rposition(|it| it.received() > 0);
        let soon = self.people[last.unwrap() + 40].id();
        let pause = Fault::TooManyRequests { retry_after: PAUSE };
        self.sandbox
            .break_next_in(soon, pause, Some("sendMessage"), 1);
        let due = || {
            let query = "SELECT due_at FROM outbox WHERE carrier = 'broadcast'";
            let due: Option<String> = self.sql().query_row(query, [], |row| row.get(0)).unwrap();
            due.map(|due| due.parse::<DateTime<Utc>>().unwrap())
        };
        until("the pause", || due().is_some()).await;
        let (arrived, due) = (self.arrived(), due().unwrap());
        let server = self.dies_and_starts(server);
        let alice = self.sandbox.person("Alice", None, Some("en"));
        alice.writes("/help");
        until("an answer to others", || alice.received() == 1).await;
        assert_eq!(self.arrived(), arrived, "it rests after a start, too");
        (server, due)
    }

    /// A last server, in this process and on a clock that hurries: at its pace the rest would take many minutes.
    async fn the_rest_goes_quickly(&self, due: DateTime<Utc>) {
        let clock = &self.clock;
        let behind = (Clock::system().now() - clock.now()).to_std();
        clock.advance(behind.unwrap_or_default());
        let (began, arrived) = (clock.monotonic(), self.arrived());
        let app = App::start(
            settings(self.folder.path(), &self.sandbox),
            clock.clone(),
            None,
        )
        .await
        .unwrap();
        let second = Duration::from_secs(1);
        while clock.now() + second < due {
            clock.advance(second);
            tokio::time::sleep(Duration::from_millis(4)).await;
            assert_eq!(self.arrived(), arrived, "it was told to wait until {due}");
        }
        let deadline = tokio::time::Instant::now() + 5 * PATIENCE;
        let (database, changes) = (self.sql(), self.sandbox.changes());
        let mut before = 0;
        while figures(&database).0 != "done" {
            let late = tokio::time::Instant::now() > deadline;
            assert!(!late, "it does not end: {:?}", figures(&database));
            // The clock does not outrun the sending: only where that waits, time passes.
            let now = *changes.borrow();
            if now == before {
                clock.advance(second / 2);
            }
            before = now;
            tokio::time::sleep(Duration::from_millis(4)).await;
        }
        app.stop().await.unwrap();
        let calls = self.sandbox.calls().into_iter();
        let sent = calls.filter(|call| call.method == "sendMessage" && call.at > began);
        let sent: Vec<Duration> = sent.map(|Call { at, .. }| at).collect();
        assert!(sent.len() > 9_000, "{} are remembered", sent.len());
        let paced = sent.windows(21).all(|some| some[20] - some[0] >= second);
        assert!(paced, "more than twenty in a second");
    }
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
