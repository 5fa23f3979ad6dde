//! Settings and the command line, with the real binary: what it refuses, in which words, and what its
//! log keeps to itself.

use std::path::Path;
use std::process::Output;
use std::time::Duration;

use relaydesk::config::SETTINGS;
use relaydesk::domain::clock::Clock;
use relaydesk::sandbox::{Sandbox, SandboxOptions};
use serde_json::json;
use tempfile::TempDir;

use crate::world::{Binary, binary, jpeg, said};

const SECRET: &str = "a-jwt-secret-of-these-tests-0123456789";

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Runs a command that ends by itself.
fn runs(folder: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let mut command = binary(folder);
    command.args(arguments).envs(settings.iter().copied());
    command.output().unwrap()
}

#[track_caller]
fn refused(output: &Output, words: &[&str]) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for word in words {
        assert!(said.contains(word), "{word:?} is not in:\n{said}");
    }
}

async fn sandbox() -> Sandbox {
    let options = SandboxOptions {
        clock: Clock::system(),
        forum: false,
        group_rate: 1000,
        port: 0,
    };
    Sandbox::start(options).await.unwrap()
}

#[tokio::test]
async fn without_settings_it_serves_on_loopback_and_says_what_is_off() {
    let folder = folder();
    let mut server = Binary::serves(folder.path(), None, &[]);
    server.phone("alice").sends("hello").await;
    let log = server.log().join("\n");
    assert!(log.contains("address=127.0.0.1:"), "{log}");
    assert!(
        log.contains("telegram is off: set BOT_TOKEN and GROUP_CHAT_ID"),
        "{log}"
    );
    assert!(
        log.contains("push is off")
            && log.contains("FCM_SERVICE_ACCOUNT_PATH")
            && log.contains("firebase-service-account.json"),
        "{log}"
    );
    assert!(folder.path().join("support_bot.db").exists());
    server.asked_to_stop();
    assert_eq!(server.ends(), Some(0));
}

#[test]
fn all_problems_are_told_together_each_with_its_mend() {
    let folder = folder();
    std::fs::write(folder.path().join("broken.json"), "{}").unwrap();
    let output = runs(
        folder.path(),
        &[],
        &[
            ("SERVER_PORT", "70000"),
            ("TIMEZONE", "Mars/Base"),
            ("LOCALE", "fr"),
            ("USER_AUTH", "token"),
            ("JWT_SECRET", "short"),
            ("BOT_TOKEN", "1:abc"),
            ("TELEGRAM_MODE", "webhook"),
            ("FCM_SERVICE_ACCOUNT_PATH", "broken.json"),
        ],
    );
    refused(
        &output,
        &[
            "SERVER_PORT is `70000`: it must be a port from 0 to 65535",
            "TIMEZONE is `Mars/Base`: it must be an IANA zone",
            "LOCALE is `fr`: it must be ru, en or uz",
            "JWT_SECRET of at least 32 bytes: add one",
            "BOT_TOKEN is set without GROUP_CHAT_ID: add",
            "needs PUBLIC_URL: add",
            "needs TG_WEBHOOK_SECRET: add",
            "FCM_SERVICE_ACCOUNT_PATH is `broken.json`",
            "remove the setting to run without push",
        ],
    );
    let said = said(&output);
    assert!(
        said.lines().all(|line| line.starts_with("relaydesk: ")),
        "{said}"
    );
    assert!(!said.contains("short"), "a secret is shown: {said}");
    assert!(
        !folder.path().join("support_bot.db").exists(),
        "it touched the disk before it refused"
    );
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let folder = folder();
    let file =
        "LOCALE=from-file\nTIMEZONE=from-file\nUSER_AUTH=from-file\n# a comment\n\nLOG='info'\n";
    std::fs::write(folder.path().join(".env"), file).unwrap();
    let output = runs(
        folder.path(),
        &["serve", "--locale", "from-flag"],
        &[
            ("LOCALE", "from-environment"),
            ("TIMEZONE", "from-environment"),
        ],
    );
    refused(
        &output,
        &[
            "LOCALE is `from-flag`",
            "TIMEZONE is `from-environment`",
            "USER_AUTH is `from-file`",
        ],
    );
}

#[test]
fn a_file_that_is_no_list_of_settings_is_told_with_the_other_problems() {
    let folder = folder();
    std::fs::write(
        folder.path().join(".env"),
        "LOCALE=ru\nthis is no setting\n",
    )
    .unwrap();
    let output = runs(folder.path(), &[], &[("SERVER_PORT", "x")]);
    refused(
        &output,
        &[".env can not be read", "NAME=value", "SERVER_PORT is `x`"],
    );
}

#[test]
fn a_server_for_strangers_must_say_whom_it_believes() {
    let output = runs(
        folder().path(),
        &["--server-host", "0.0.0.0"],
        &[("SERVER_PORT", "0")],
    );
    refused(
        &output,
        &[
            "USER_AUTH=token (with JWT_SECRET",
            "the line USER_AUTH=open",
        ],
    );
}

#[test]
fn a_service_account_that_was_named_must_be_one() {
    for (content, words) in [
        (None, "FCM_SERVICE_ACCOUNT_PATH is `account.json`"),
        (
            Some("no json"),
            "FCM_SERVICE_ACCOUNT_PATH is `account.json`",
        ),
        (
            Some(r#"{"type": "authorized_user"}"#),
            "FCM_SERVICE_ACCOUNT_PATH is `account.json`",
        ),
    ] {
        let folder = folder();
        if let Some(content) = content {
            std::fs::write(folder.path().join("account.json"), content).unwrap();
        }
        let settings = [
            ("FCM_SERVICE_ACCOUNT_PATH", "account.json"),
            ("SERVER_PORT", "0"),
        ];
        refused(
            &runs(folder.path(), &[], &settings),
            &[words, "Download the key again"],
        );
    }
}

#[tokio::test]
async fn a_token_from_the_command_line_opens_just_its_own_user() {
    let folder = folder();
    let output = runs(
        folder.path(),
        &["token", "--user", "alice", "--ttl", "1h"],
        &[("JWT_SECRET", SECRET)],
    );
    assert!(output.status.success(), "{}", said(&output));
    let token = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    let server = Binary::serves(
        folder.path(),
        None,
        &[("USER_AUTH", "token"), ("JWT_SECRET", SECRET)],
    );
    let mut alice = server.phone("alice");
    alice
        .gets("/message_history/alice")
        .await
        .refused(401, "unauthorized");
    alice.token = Some(token);
    alice.sends("it is me").await;
    assert_eq!(alice.reads().await, ["it is me"]);
    alice
        .gets("/message_history/bob")
        .await
        .refused(403, "forbidden");
}

#[test]
fn a_token_needs_a_user_a_time_and_the_servers_secret() {
    let folder = folder();
    let cases: [(&[&str], &[(&str, &str)], &str); 5] = [
        (&["token"], &[("JWT_SECRET", SECRET)], "--user"),
        (&["token", "--user", "a"], &[], "JWT_SECRET is not set"),
        (
            &["token", "--user", "a"],
            &[("JWT_SECRET", "short")],
            "shorter than 32 bytes",
        ),
        (
            &["token", "--user", "a", "--ttl", "soon"],
            &[("JWT_SECRET", SECRET)],
            "--ttl must be",
        ),
        (
            &["token", "--user", ""],
            &[("JWT_SECRET", SECRET)],
            "--user",
        ),
    ];
    for (arguments, settings, words) in cases {
        refused(&runs(folder.path(), arguments, settings), &[words]);
    }
}

#[test]
fn help_names_every_setting_and_every_command() {
    let folder = folder();
    let help = runs(folder.path(), &["--help"], &[("JWT_SECRET", SECRET)]);
    assert!(help.status.success());
    let help = said(&help);
    for setting in SETTINGS {
        let flag = format!("--{}", setting.name.to_lowercase().replace('_', "-"));
        assert!(
            help.contains(&flag) && help.contains(setting.name),
            "{}\n{help}",
            setting.name
        );
    }
    assert!(!help.contains(SECRET), "help shows a secret");
    for command in [
        "serve", "demo", "sandbox", "token", "telegram", "push", "outbox",
    ] {
        assert!(help.contains(command), "{command}\n{help}");
        let own = runs(folder.path(), &[command, "--help"], &[]);
        assert!(own.status.success(), "{command}");
        assert!(said(&own).contains("Usage: relaydesk"), "{}", said(&own));
    }
    refused(&runs(folder.path(), &["dance"], &[]), &["dance"]);
    refused(
        &runs(folder.path(), &["--colour", "red"], &[]),
        &["--colour"],
    );
}

#[tokio::test]
async fn commands_for_what_is_off_say_how_to_turn_it_on() {
    let folder = folder();
    refused(
        &runs(folder.path(), &["telegram", "info"], &[]),
        &["BOT_TOKEN and GROUP_CHAT_ID"],
    );
    refused(
        &runs(folder.path(), &["push", "test", "--user", "a"], &[]),
        &["FCM_SERVICE_ACCOUNT_PATH"],
    );
    let none = runs(folder.path(), &["outbox", "list"], &[]);
    assert_eq!((none.status.code(), said(&none)), (Some(0), String::new()));
}

#[tokio::test]
async fn the_log_keeps_secrets_names_and_what_people_say_to_itself() {
    let (folder, sandbox) = (folder(), sandbox().await);
    let settings = [
        ("USER_AUTH", "token"),
        ("JWT_SECRET", SECRET),
        ("TG_WEBHOOK_SECRET", "webhook-secret-of-these-tests"),
        ("TELEGRAM_WEBHOOK_API_KEY", "api-key-of-these-tests"),
        ("LOG", "trace"),
    ];
    let mut server = Binary::serves(folder.path(), Some(&sandbox), &settings);
    let token = runs(
        folder.path(),
        &["token", "--user", "user-4711"],
        &[("JWT_SECRET", SECRET)],
    );
    let token = String::from_utf8(token.stdout).unwrap().trim().to_owned();
    let mut alice = server.phone("user-4711");
    alice.token = Some(token.clone());

    alice.registers("fcm-token-of-alice").await;
    alice.sends("words of alice").await;
    alice
        .posts(
            "/send_message",
            json!({"user_id": "user-4711", "message": "more words", "user_name": "Alice Smith"}),
        )
        .await
        .ok();
    alice
        .sends_photos("words with a photo", vec![jpeg(20, 20)])
        .await
        .ok();
    alice.history("?user_name=Alice%20Smith").await;
    let mut socket = alice.joins(None).await;
    socket
        .emits("join_chat", json!({"user_id": "user-4711", "token": token}))
        .await;
    socket
        .emits(
            "join_chat",
            json!({"user_id": "user-4711", "token": "forged-token"}),
        )
        .await;
    let patience = Duration::from_secs(30);
    let shown = |text: &'static str| {
        move |sandbox: &Sandbox| sandbox.posts().iter().any(|post| post.text.contains(text))
    };
    assert!(sandbox.until(patience, shown("words with a photo")).await);
    let post = sandbox
        .posts()
        .into_iter()
        .find(|post| post.by_bot && post.text.contains("words of alice"));
    sandbox.agent_replies(post.unwrap().id, "words of an agent");
    assert!(
        sandbox
            .until(patience, |sandbox| !sandbox.pushes().is_empty())
            .await
    );
    let wrong = alice
        .request(reqwest::Method::POST, "/api/telegram/webhook/")
        .header(
            "X-Telegram-Bot-Api-Secret-Token",
            "webhook-secret-of-these-tests",
        );
    alice.answer(wrong.body("{\"words\": broken")).await;
    let keyed = alice
        .request(reqwest::Method::POST, "/support/webhook/telegram/")
        .header("X-API-Key", "api-key-of-these-tests");
    alice
        .answer(keyed.json(&json!({"text": "words by a program"})))
        .await;
    // Telegram gone: the words of the failed calls would hold the address, and so the bot's token.
    sandbox.telegram_down().await;
    alice.sends("words in an outage").await;
    let warned = async || {
        while !server.log().iter().any(|line| line.contains("tried again")) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(patience, warned())
        .await
        .expect("a warning of the outage");
    server.asked_to_stop();
    server.ends();

    let log = server.log();
    assert!(log.len() > 20, "the log was not read: {log:#?}");
    let account = sandbox.service_account_json();
    let account: serde_json::Value = serde_json::from_str(&account).unwrap();
    let key = account["private_key"].as_str().unwrap();
    let bot_secret = sandbox.bot_token();
    let (_, bot_secret) = bot_secret.split_once(':').unwrap();
    let secrets = [
        bot_secret,
        SECRET,
        &token,
        "forged-token",
        "webhook-secret-of-these-tests",
        "api-key-of-these-tests",
        "fcm-token-of-alice",
        &key[40..90],
        "Bearer ey",
        "words",
        "Alice",
        "Smith",
    ];
    for secret in secrets {
        let told: Vec<&String> = log.iter().filter(|line| line.contains(secret)).collect();
        assert!(told.is_empty(), "{secret:?} is in the log:\n{told:#?}");
    }
    sandbox.stop().await;
}
