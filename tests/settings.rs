//! Settings and the command line, with the real binary: what it refuses, and in which words.

use std::path::Path;
use std::process::Output;

use relaydesk::config::SETTINGS;
use tempfile::TempDir;

use crate::world::{Binary, binary, said};

pub const SECRET: &str = "a-jwt-secret-of-these-tests-0123456789";

pub fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Runs a command that ends by itself.
pub fn runs(folder: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
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
    type Given<'a> = &'a [(&'a str, &'a str)];
    let cases: [(&[&str], Given, &str); 5] = [
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
