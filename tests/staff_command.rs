//! `relaydesk agent …` through the real binary.

use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::json;

use crate::world::{Answer, Binary, binary, said};

fn agent(folder: &Path, args: &[&str], stdin: Option<&str>) -> Output {
    let mut command = binary(folder);
    command.arg("agent").args(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input
        .write_all(stdin.unwrap_or_default().as_bytes())
        .unwrap();
    drop(input);
    child.wait_with_output().unwrap()
}

fn does(folder: &Path, args: &[&str], stdin: Option<&str>) -> String {
    let output = agent(folder, args, stdin);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    said(&output)
}

/// The password that was shown.
fn shown(words: &str) -> String {
    let (_, rest) = words.split_once("shown this once: ").expect(words);
    rest.trim().to_owned()
}

async fn login(server: &Binary, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password});
    server.phone("x").posts("/auth/login", body).await
}

#[tokio::test]
async fn an_owner_is_added_before_the_first_start_and_others_beside_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let words = does(
        folder,
        &[
            "add",
            "--email",
            "Anna@example.com",
            "--role",
            "owner",
            "--first-name",
            "Anna",
            "--last-name",
            "Kim",
            "--telegram-id",
            "700",
        ],
        None,
    );
    assert!(
        words.contains("owner\tactive\tanna@example.com\tAnna Kim"),
        "{words}"
    );
    let server = Binary::serves(folder, None, &[]);
    let anna = login(&server, "anna@example.com", &shown(&words))
        .await
        .ok();
    assert_eq!(
        (&anna["agent"]["role"], &anna["agent"]["telegram_id"]),
        (&json!("owner"), &json!(700))
    );

    let add = [
        "add",
        "--email",
        "olga@example.com",
        "--role",
        "agent",
        "--password-stdin",
    ];
    let words = does(folder, &add, Some("a good password\n"));
    assert!(!words.contains("password"), "{words}");
    let mut olga = server.phone("x");
    let answer = login(&server, "olga@example.com", "a good password")
        .await
        .ok();
    olga.token = Some(answer["token"].as_str().unwrap().to_owned());
    olga.gets("/auth/me").await.ok();

    does(folder, &["block", "olga@example.com"], None);
    olga.gets("/auth/me").await.refused(401, "unauthorized");
    let listed = does(folder, &["list"], None);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(
        listed.contains("agent\tblocked\tolga@example.com"),
        "{listed}"
    );
    does(folder, &["unblock", "OLGA@example.com"], None);
    let words = does(folder, &["password", "olga@example.com"], None);
    login(&server, "olga@example.com", "a good password")
        .await
        .refused(401, "invalid_credentials");
    login(&server, "olga@example.com", &shown(&words))
        .await
        .ok();
    assert!(!server.log().join("\n").contains(&shown(&words)));
}

#[test]
fn what_can_not_be_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let refused = |args: &[&str], stdin: Option<&str>, status: i32, words: &str| {
        let output = agent(folder, args, stdin);
        let found = said(&output);
        assert_eq!(output.status.code(), Some(status), "{args:?}: {found}");
        assert!(found.contains(words), "{args:?}: {found}");
    };
    let add = ["add", "--email", "anna@example.com", "--role", "owner"];
    does(folder, &add, None);
    refused(&add, None, 1, "already taken");
    refused(
        &["add", "--email", "anna", "--role", "owner"],
        None,
        2,
        "email",
    );
    refused(
        &["add", "--email", "x@example.com", "--role", "boss"],
        None,
        2,
        "boss",
    );
    refused(&["add", "--role", "owner"], None, 2, "--email");
    let short = [
        "add",
        "--email",
        "x@example.com",
        "--role",
        "agent",
        "--password-stdin",
    ];
    refused(&short, Some("short\n"), 2, "at least 8");
    refused(&["block", "anna@example.com"], None, 1, "last owner");
    refused(&["block", "nobody@example.com"], None, 1, "no such agent");
    refused(
        &["password", "nobody@example.com"],
        None,
        1,
        "no such agent",
    );
}
