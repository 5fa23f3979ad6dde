//! The disk is full: 507, nothing acknowledged is lost, and all goes on when there is room again. A limit on
//! the size of files stands for the disk: it needs no rights, and room can come back while the server runs.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use relaydesk::domain::clock::Clock;
use relaydesk::sandbox::{Sandbox, SandboxOptions};
use serde_json::Value;

use crate::world::{Binary, Ledger, PATIENCE};

/// No file of the server may grow beyond this; None takes the limit away.
fn room(server: &Binary, bytes: Option<u64>) {
    let soft = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
    let status = Command::new("prlimit")
        .args([
            "--pid",
            &server.id().to_string(),
            &format!("--fsize={soft}:"),
        ])
        .status()
        .unwrap();
    assert!(status.success());
}

/// The largest file of the database.
fn largest(folder: &Path) -> u64 {
    let size = |name: &str| std::fs::metadata(folder.join(name)).map_or(0, |file| file.len());
    size("support_bot.db").max(size("support_bot.db-wal"))
}

async fn sandbox() -> Sandbox {
    let options = SandboxOptions {
        clock: Clock::system(),
        forum: false,
        group_rate: 100_000,
        port: 0,
    };
    Sandbox::start(options).await.unwrap()
}

/// Waits until `/ready` is as wanted.
async fn becomes(server: &Binary, what: &str, wanted: impl Fn(u16, &Value) -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let ready = server.phone("x").gets("/ready").await;
        if wanted(ready.status, &ready.body) {
            return;
        }
        let late = tokio::time::Instant::now() > deadline;
        assert!(
            !late,
            "in vain waited for {what}: {}\n{}",
            ready.body,
            server.log().join("\n")
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_full_disk_refuses_keeps_and_recovers() {
    let (folder, sandbox) = (tempfile::tempdir().unwrap(), sandbox().await);
    let server = Binary::serves(
        folder.path(),
        Some(&sandbox),
        &[("TELEGRAM_GROUP_RATE", "1000")],
    );
    let ledger = Arc::new(Ledger::default());
    let phones = || ["u0", "u1", "u2"].map(|user| server.phone(user)).to_vec();

    let mut crowd = ledger.crowd(phones(), "filling", &["storage_full"]);
    ledger.grows(0, 20).await;
    room(&server, Some(largest(folder.path()) + 100_000));
    let refusals = || ledger.refusals().len();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while refusals() < 30 {
        assert!(
            tokio::time::Instant::now() < deadline,
            "the disk does not fill up"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    crowd.shutdown().await;

    // Full: told in both answers, and what was acknowledged can be read.
    let refused = server
        .phone("u0")
        .sends_photos("too much", vec![noise()])
        .await;
    refused.refused(507, "storage_full");
    becomes(&server, "unavailable", |status, body| {
        status == 503 && body["status"] == "unavailable"
    })
    .await;
    let health = server.phone("u0").gets("/health").await;
    assert_eq!(health.status, 200);
    ledger.is_kept_by(|user| server.phone(user)).await;

    room(&server, None);
    let before = ledger.count();
    let mut crowd = ledger.crowd(phones(), "again", &[]);
    ledger.grows(before, 20).await;
    crowd.shutdown().await;
    becomes(&server, "an empty queue", |status, body| {
        status == 200 && body["queue"]["waiting"] == 0
    })
    .await;
    let posts: Vec<String> = sandbox.posts().into_iter().map(|post| post.text).collect();
    for entry in ledger.entries() {
        assert!(
            posts.iter().any(|post| post.contains(&entry.text)),
            "{entry:?} is not in the group"
        );
    }

    // A crash now finds the same: nothing was acknowledged from memory.
    server.dies();
    let server = Binary::serves(folder.path(), None, &[]);
    let histories = ledger.is_kept_by(|user| server.phone(user)).await;
    assert_eq!(
        uploaded(folder.path()),
        named_in(histories.into_values().flatten())
    );
    sandbox.stop().await;
}

fn uploaded(folder: &Path) -> BTreeSet<String> {
    let files = std::fs::read_dir(folder.join("uploads")).unwrap();
    files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// The files that messages speak of, thumbnails included.
fn named_in(messages: impl Iterator<Item = Value>) -> BTreeSet<String> {
    let attachments = messages.flat_map(|item| item["attachments"].as_array().unwrap().clone());
    let urls = attachments
        .flat_map(|attachment| [attachment["url"].clone(), attachment["thumb_url"].clone()]);
    urls.filter_map(|url| Some(url.as_str()?.strip_prefix("/uploads/")?.to_owned()))
        .collect()
}

/// A picture that no compression makes small.
fn noise() -> Vec<u8> {
    let mut seed = 1u32;
    let picture = image::RgbImage::from_fn(500, 500, |_, _| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        image::Rgb([(seed >> 24) as u8, (seed >> 16) as u8, (seed >> 8) as u8])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}
