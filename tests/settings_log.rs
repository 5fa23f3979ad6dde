//! What the log keeps to itself, whatever its level.

use std::time::Duration;

use relaydesk::domain::clock::Clock;
use relaydesk::sandbox::{Sandbox, SandboxOptions};
use serde_json::json;

use crate::settings::{SECRET, folder, runs};
use crate::world::{Binary, jpeg};

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
