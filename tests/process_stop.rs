//! How the real binary ends: a first signal drains, a second ends at once, a dead task is a failure.

use std::sync::Arc;
use std::time::{Duration, Instant};

use relaydesk::domain::clock::Clock;
use relaydesk::sandbox::{Sandbox, SandboxOptions};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::world::{Binary, Ledger, binary, said};

/// What a stop may take, with some air for a busy machine.
const STOP: Duration = Duration::from_secs(12);

async fn sandbox() -> Sandbox {
    let options = SandboxOptions {
        clock: Clock::system(),
        forum: false,
        group_rate: 1000,
        port: 0,
    };
    Sandbox::start(options).await.unwrap()
}

/// A request that is begun and never ended.
async fn drips(server: &Binary) -> TcpStream {
    let address = server.url().replace("http://", "");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = "POST /send_message HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"user_id\": ";
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

#[allow(clippy::disallowed_methods)] // how long a process takes to end is the machine's time
fn took(ends: impl FnOnce() -> Option<i32>) -> (Option<i32>, Duration) {
    let began = Instant::now();
    (ends(), began.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_to_stop_under_load_it_ends_well_and_keeps_what_it_acknowledged() {
    let (folder, sandbox) = (tempfile::tempdir().unwrap(), sandbox().await);
    let ledger = Arc::new(Ledger::default());
    for round in 0..3 {
        let mut server = Binary::serves(folder.path(), Some(&sandbox), &[]);
        let users = ["u0", "u1", "u2", "u3", "u4", "u5"];
        let mut joined = server.phone("u0").joins(None).await;
        let mut silent = server.phone("u1").connects().await;
        // Once is enough: whoever drips is given eight seconds to end.
        let _dripping = if round == 0 {
            Some(drips(&server).await)
        } else {
            None
        };
        let phones = users.map(|user| server.phone(user)).to_vec();
        let before = ledger.count();
        let mut crowd = ledger.crowd(phones, &format!("r{round}"), &["shutting_down"]);
        ledger.grows(before, 20).await;
        server.asked_to_stop();
        let (code, time) = took(|| server.ends());
        assert_eq!(code, Some(0), "{}", server.log().join("\n"));
        assert!(time < STOP, "it took {time:?}");
        while crowd.join_next().await.is_some() {}
        joined.ends().await;
        silent.ends().await;
        let complaints: Vec<String> = server
            .log()
            .into_iter()
            .filter(|line| line.contains("ERROR") || line.contains("panicked"))
            .collect();
        assert!(complaints.is_empty(), "{complaints:#?}");
    }
    let server = Binary::serves(folder.path(), Some(&sandbox), &[]);
    ledger.is_kept_by(|user| server.phone(user)).await;
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Binary::serves(folder.path(), None, &[]);
    server.phone("alice").sends("kept").await;
    let _dripping = drips(&server).await;
    server.asked_to_stop();
    server.says("stopping").await;
    server.asked_to_stop();
    let (code, time) = took(|| server.ends());
    assert_eq!(code, Some(1), "{}", server.log().join("\n"));
    assert!(time < Duration::from_secs(3), "it took {time:?}");
    assert!(
        server
            .log()
            .join("\n")
            .contains("stopped at once by a second signal")
    );
    let next = Binary::serves(folder.path(), None, &[]);
    assert_eq!(next.phone("alice").reads().await, ["kept"]);
}

#[tokio::test]
async fn a_task_that_dies_ends_the_process_as_a_failure() {
    let (folder, sandbox) = (tempfile::tempdir().unwrap(), sandbox().await);
    let mut server = Binary::serves(folder.path(), Some(&sandbox), &[]);
    server.asked_to_stop();
    server.ends();
    // Behind the server's back, what the group's engine needs goes.
    let database = rusqlite::Connection::open(folder.path().join("support_bot.db")).unwrap();
    database.execute_batch("DROP TABLE outbox").unwrap();
    drop(database);
    let mut command = binary(folder.path());
    command
        .env("SERVER_PORT", "0")
        .env("BOT_TOKEN", sandbox.bot_token())
        .env("GROUP_CHAT_ID", sandbox.group_chat_id().to_string())
        .env("TELEGRAM_API_URL", sandbox.url());
    let output = command.output().unwrap();
    let words = said(&output);
    assert_eq!(output.status.code(), Some(1), "{words}");
    // Several need the outbox; the first to find it gone ends the process.
    let died = words
        .lines()
        .find(|line| line.starts_with("relaydesk: the task `"));
    assert!(
        died.is_some_and(|line| line.contains("no such table: outbox")),
        "{words}"
    );
    sandbox.stop().await;
}
