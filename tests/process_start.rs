//! What the real binary refuses to start on, in words an operator can act on, with status 2.

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use rusqlite::Connection;
use tempfile::TempDir;

use crate::world::{Binary, binary, said};

/// Starts a server that must refuse; what it said.
fn refused(folder: &Path, settings: &[(&str, &str)]) -> String {
    let mut command = binary(folder);
    command
        .env("SERVER_PORT", "0")
        .envs(settings.iter().copied());
    let output = command.output().unwrap();
    let words = said(&output);
    assert_eq!(output.status.code(), Some(2), "{words}");
    words
}

/// A folder with the database of a server that ran and stopped.
async fn used_folder(messages: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Binary::serves(folder.path(), None, &[]);
    for number in 0..messages {
        server
            .phone("alice")
            .sends(&format!("message {number} {}", "x".repeat(2000)))
            .await;
    }
    server.asked_to_stop();
    assert_eq!(server.ends(), Some(0), "{:#?}", server.log());
    folder
}

#[tokio::test]
async fn a_second_instance_on_the_same_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = Binary::serves(folder.path(), None, &[]);
    first.phone("alice").sends("before").await;
    let words = refused(folder.path(), &[]);
    assert!(
        words.contains("another relaydesk is running on this database"),
        "{words}"
    );
    assert!(
        words.contains("stop it, or set another DATABASE_PATH"),
        "{words}"
    );
    first.phone("alice").sends("after").await;
    assert_eq!(first.phone("alice").reads().await, ["before", "after"]);
    first.dies();
    // The lock goes with the process, however it ended.
    let next = Binary::serves(folder.path(), None, &[]);
    assert_eq!(next.phone("alice").reads().await, ["before", "after"]);
}

#[tokio::test]
async fn a_stopped_database_is_one_whole_file() {
    let folder = used_folder(3).await;
    let mut names: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["support_bot.db", "support_bot.db.lock", "uploads"]);
}

#[tokio::test]
async fn a_database_of_a_newer_relaydesk_is_refused_and_left_alone() {
    let folder = used_folder(1).await;
    let path = folder.path().join("support_bot.db");
    let database = Connection::open(&path).unwrap();
    database.pragma_update(None, "user_version", 999).unwrap();
    drop(database);
    let before = std::fs::read(&path).unwrap();
    let words = refused(folder.path(), &[]);
    assert!(words.contains("the database has version 999"), "{words}");
    assert!(words.contains("start the newer relaydesk"), "{words}");
    assert!(
        std::fs::read(&path).unwrap() == before,
        "the file was changed"
    );
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("support_bot.db");
    let text = "these are somebody's notes ".repeat(500);
    std::fs::write(&path, &text).unwrap();
    let words = refused(folder.path(), &[]);
    assert!(
        words.contains("support_bot.db is damaged or no database"),
        "{words}"
    );
    assert!(words.contains("restore a backup"), "{words}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn a_database_with_damaged_pages_is_told_in_the_log_and_in_ready() {
    let folder = used_folder(60).await;
    let path = folder.path().join("support_bot.db");
    // A page that nothing needs to start: one of the messages themselves.
    let sql = "SELECT MAX(pageno) FROM dbstat WHERE name = 'messages' AND pagetype = 'leaf'";
    let page: i64 = rusqlite::Connection::open(&path)
        .unwrap()
        .query_row(sql, [], |row| row.get(0))
        .unwrap();
    let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start((page as u64 - 1) * 4096))
        .unwrap();
    file.write_all(&[0xA5; 4096]).unwrap();
    drop(file);
    let server = Binary::serves(folder.path(), None, &[]);
    server.says("the database is damaged").await;
    let ready = server.phone("alice").gets("/ready").await.body;
    let database = &ready["parts"]["database"];
    assert_eq!(database["state"], "degraded", "{ready}");
    assert!(
        database["reason"]
            .as_str()
            .unwrap()
            .contains("restore a backup"),
        "{ready}"
    );
}

#[test]
fn a_port_in_use_is_told_together_with_the_other_problems() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("support_bot.db"),
        "no database, for sure",
    )
    .unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let words = refused(folder.path(), &[("SERVER_PORT", &port)]);
    assert!(
        words.contains(&format!("can not listen on 127.0.0.1:{port}")),
        "{words}"
    );
    assert!(words.contains("another SERVER_PORT"), "{words}");
    assert!(words.contains("no database"), "{words}");
}

#[test]
fn folders_that_can_not_be_used_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let words = refused(folder.path(), &[("DATABASE_PATH", "nowhere/desk.db")]);
    assert!(
        words.contains("nowhere/desk.db") && words.contains("DATABASE_PATH"),
        "{words}"
    );
    std::fs::write(folder.path().join("file"), "").unwrap();
    let words = refused(folder.path(), &[("UPLOADS_DIR", "file")]);
    assert!(
        words.contains("uploads folder file") && words.contains("UPLOADS_DIR"),
        "{words}"
    );
}
