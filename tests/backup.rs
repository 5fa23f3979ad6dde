//! `relaydesk backup` beside a running server: what was acknowledged before it is in the copy, and a server starts on it.

use relaydesk::domain::clock::Clock;
use relaydesk::sandbox::{Sandbox, SandboxOptions};

use crate::world::{Binary, binary, jpeg, said, whole_history};

async fn sandbox() -> Sandbox {
    let options = SandboxOptions {
        clock: Clock::system(),
        forum: false,
        group_rate: 1000,
        port: 0,
    };
    Sandbox::start(options).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_beside_a_running_server_is_whole_and_a_server_starts_on_it() {
    let (folder, sandbox) = (tempfile::tempdir().unwrap(), sandbox().await);
    let copies = tempfile::tempdir().unwrap();
    let copy = copies.path().join("tonight");
    let server = Binary::serves(folder.path(), Some(&sandbox), &[]);
    let alice = server.phone("alice");
    for number in 0..20 {
        alice.sends(&format!("message {number}")).await;
    }
    alice.sends_photos("with a photo", vec![jpeg(40, 30)]).await;
    let backs_up = || {
        let output = binary(folder.path())
            .args(["backup", copy.to_str().unwrap()])
            .output()
            .unwrap();
        let words = said(&output);
        assert!(output.status.success(), "{words}");
        words
    };
    let words = backs_up();
    assert!(
        words.contains("21 messages") && words.contains("checked"),
        "{words}"
    );
    assert!(words.contains("new"), "{words}");
    // The second copy brings what came since, and no file twice.
    alice.sends("one more").await;
    let words = backs_up();
    assert!(
        words.contains("22 messages") && words.contains("0 of them new"),
        "{words}"
    );
    drop(server);
    let restored = tempfile::tempdir().unwrap();
    std::fs::copy(copy.join("desk.db"), restored.path().join("support_bot.db")).unwrap();
    let uploads = restored.path().join("uploads");
    std::fs::create_dir(&uploads).unwrap();
    for entry in std::fs::read_dir(copy.join("uploads")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), uploads.join(entry.file_name())).unwrap();
    }
    let server = Binary::serves(restored.path(), Some(&sandbox), &[]);
    let history = whole_history(&server.phone("alice")).await;
    let texts: Vec<&str> = history
        .iter()
        .filter_map(|message| message["message"].as_str())
        .collect();
    assert!(
        texts.contains(&"one more") && texts.contains(&"with a photo"),
        "{texts:?}"
    );
    let photo = history
        .iter()
        .find_map(|message| message["photo_url"].as_str())
        .unwrap();
    let found = reqwest::get(format!("{}{photo}", server.url()))
        .await
        .unwrap();
    assert_eq!(found.status(), 200);
    sandbox.stop().await;
}

#[test]
fn without_a_database_or_where_nothing_can_be_written_it_says_so_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let output = binary(folder.path())
        .args(["backup", "copy"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(
        said(&output).contains("there is no database"),
        "{}",
        said(&output)
    );
    assert!(!folder.path().join("copy").exists());
    std::fs::write(
        folder.path().join("support_bot.db"),
        "no database, for sure",
    )
    .unwrap();
    let output = binary(folder.path())
        .args(["backup", "copy"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let left: Vec<_> = std::fs::read_dir(folder.path().join("copy"))
        .unwrap()
        .collect();
    assert_eq!(left.len(), 1, "only the empty folder of uploads: {left:?}");
}
