//! The two webhook paths: Telegram's updates, and answers of a program.

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Answer, Phone, World};

const SUPPORT: &str = "/support/webhook/telegram/";
const TELEGRAM: &str = "/api/telegram/webhook/";
const SECRET_HEADER: &str = "X-Telegram-Bot-Api-Secret-Token";

async fn with_secrets() -> World {
    World::with(|options| {
        options
            .settings
            .push(("TG_WEBHOOK_SECRET", "tg_secret".to_owned()));
        options
            .settings
            .push(("TELEGRAM_WEBHOOK_API_KEY", "program key".to_owned()));
    })
    .await
}

async fn posts(
    world: &World,
    path: &str,
    header: Option<(&str, &str)>,
    body: impl Into<reqwest::Body>,
) -> Answer {
    let phone = world.phone("");
    let mut request = phone.request(Method::POST, path).body(body);
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    phone.answer(request).await
}

async fn program(world: &World, body: Value) -> Answer {
    posts(
        world,
        SUPPORT,
        Some(("X-API-Key", "program key")),
        body.to_string(),
    )
    .await
}

#[track_caller]
fn is(answer: &Answer, status: u16, body: Value) {
    assert_eq!((answer.status, &answer.body), (status, &body));
}

fn session(world: &World) -> String {
    world
        .sql()
        .query_row("SELECT session_id FROM tickets", [], |row| row.get(0))
        .unwrap()
}

/// An update nobody understands, with this id.
fn update(id: i64) -> String {
    json!({"update_id": id, "something_new": {}}).to_string()
}

/// An agent's reply to a post, as Telegram sends it.
fn reply(world: &World, id: i64, post: i64, text: &str) -> String {
    let chat =
        json!({"id": world.sandbox.group_chat_id(), "type": "supergroup", "title": "Support"});
    let agent = json!({"id": 777, "is_bot": false, "first_name": "Olga", "username": "olga"});
    let bot_id: i64 = world
        .sandbox
        .bot_token()
        .split(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let bot = json!({"id": bot_id, "is_bot": true, "first_name": "Bot", "username": "bot"});
    json!({"update_id": id, "message": {
        "message_id": 100_000 + id, "date": 1_772_366_400, "chat": chat, "from": agent, "text": text,
        "reply_to_message": {"message_id": post, "date": 1_772_366_400, "chat": chat, "from": bot, "text": "post"},
    }})
    .to_string()
}

#[tokio::test]
async fn without_secrets_nobody_is_let_in() {
    let world = World::start().await;
    for path in [
        SUPPORT,
        TELEGRAM,
        "/support/webhook/telegram",
        "/api/telegram/webhook",
    ] {
        for header in [
            None,
            Some((SECRET_HEADER, "")),
            Some((SECRET_HEADER, "x")),
            Some(("X-API-Key", "")),
            Some(("X-API-Key", "x")),
        ] {
            let answer = posts(&world, path, header, update(1)).await;
            assert_eq!(
                (answer.status, &answer.body["error"]),
                (401, &json!("Unauthorized")),
                "{path} {header:?}"
            );
        }
    }
    assert_eq!(world.rows("inbox"), 0);
    world.ends().await;
}

#[tokio::test]
async fn only_the_right_secret_at_the_right_door_opens() {
    let world = with_secrets().await;
    for header in [
        None,
        Some((SECRET_HEADER, "wrong")),
        Some((SECRET_HEADER, "tg_secre")),
        Some((SECRET_HEADER, "tg_secretx")),
        Some((SECRET_HEADER, "program key")),
        Some(("X-API-Key", "tg_secret")),
        Some(("X-API-Key", "wrong")),
    ] {
        is(
            &posts(&world, SUPPORT, header, update(1)).await,
            401,
            json!({"error": "Unauthorized"}),
        );
        let answer = posts(&world, TELEGRAM, header, update(1)).await;
        assert_eq!(
            (answer.status, &answer.body["ok"]),
            (401, &json!(false)),
            "{header:?}"
        );
    }
    let program = posts(
        &world,
        TELEGRAM,
        Some(("X-API-Key", "program key")),
        update(1),
    )
    .await;
    assert_eq!(program.status, 401);
    assert_eq!(world.rows("inbox"), 0);
    for (number, path) in [
        SUPPORT,
        TELEGRAM,
        "/support/webhook/telegram",
        "/api/telegram/webhook",
    ]
    .into_iter()
    .enumerate()
    {
        let id = 900_000 + i64::try_from(number).unwrap();
        let answer = posts(&world, path, Some((SECRET_HEADER, "tg_secret")), update(id)).await;
        is(&answer, 200, json!({"ok": true}));
    }
    assert_eq!(world.rows("inbox"), 4);
    world.ends().await;
}

#[tokio::test]
async fn one_secret_alone_opens_one_door_alone() {
    let world = World::with(|options| {
        options
            .settings
            .push(("TG_WEBHOOK_SECRET", "tg_secret".to_owned()));
    })
    .await;
    let telegram = posts(
        &world,
        SUPPORT,
        Some((SECRET_HEADER, "tg_secret")),
        update(900_001),
    )
    .await;
    assert_eq!(telegram.status, 200);
    is(
        &program(&world, json!({})).await,
        401,
        json!({"error": "Unauthorized"}),
    );
    world.ends().await;
    let world = World::with(|options| {
        options
            .settings
            .push(("TELEGRAM_WEBHOOK_API_KEY", "program key".to_owned()));
    })
    .await;
    assert_eq!(program(&world, json!({})).await.status, 400);
    for path in [SUPPORT, TELEGRAM] {
        let answer = posts(&world, path, Some((SECRET_HEADER, "tg_secret")), update(1)).await;
        assert_eq!(answer.status, 401);
    }
    assert_eq!(world.rows("inbox"), 0);
    world.ends().await;
}

#[tokio::test]
async fn what_is_no_update_is_refused() {
    let world = with_secrets().await;
    for body in [
        "",
        "{",
        "nonsense",
        "[]",
        "{}",
        "{\"update_id\": \"x\"}",
        "null",
    ] {
        let answer = posts(&world, TELEGRAM, Some((SECRET_HEADER, "tg_secret")), body).await;
        is(&answer, 400, json!({"ok": false, "error": "Invalid JSON"}));
        let answer = posts(&world, SUPPORT, Some((SECRET_HEADER, "tg_secret")), body).await;
        assert_eq!(answer.status, 400, "{body}");
    }
    assert_eq!(world.rows("inbox"), 0);
    world.ends().await;
}

#[tokio::test]
async fn an_update_sent_five_times_on_both_paths_acts_once() {
    let world = with_secrets().await;
    let alice = world.phone("alice");
    alice.sends("hi").await;
    let post = world.known_post("hi").await;
    let body = reply(&world, 900_001, post, "once");
    for path in [TELEGRAM, SUPPORT, TELEGRAM, SUPPORT, TELEGRAM] {
        let answer = posts(
            &world,
            path,
            Some((SECRET_HEADER, "tg_secret")),
            body.clone(),
        )
        .await;
        is(&answer, 200, json!({"ok": true}));
    }
    alice.sees(&world, &["hi", "once"]).await;
    let stored: i64 = world
        .sql()
        .query_row(
            "SELECT COUNT(*) FROM inbox WHERE update_id = 900001",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(stored, 1);
    posts(
        &world,
        TELEGRAM,
        Some((SECRET_HEADER, "tg_secret")),
        reply(&world, 900_002, post, "next"),
    )
    .await;
    alice.sees(&world, &["hi", "once", "next"]).await;
    world.ends().await;
}

#[tokio::test]
async fn a_program_answers_into_history_socket_and_push() {
    let world = with_secrets().await;
    let alice = world.phone("alice");
    alice.registers("alice-token").await;
    alice.sends("hi").await;
    world.post_with("hi").await;
    let mut socket = alice.joins(None).await;
    socket.hears(&world, "joined").await;
    let body = json!({
        "session_id": session(&world), "content": "from a program", "support_agent_name": "Bot Olga",
        "telegram_user_id": 777, "message_type": "text", "further": 1,
    });
    let answer = program(&world, body).await;
    assert_eq!(
        (answer.status, &answer.body["success"]),
        (201, &json!(true))
    );
    assert!(
        answer.body["message_id"]
            .as_str()
            .is_some_and(|id| id.len() == 36),
        "{}",
        answer.body
    );
    socket.hears(&world, "new_message").await; // the greeting
    let heard = socket.hears(&world, "new_message").await;
    assert_eq!(
        (&heard["message"], &heard["agent_name"]),
        (&json!("from a program"), &json!("Bot Olga"))
    );
    alice.sees(&world, &["hi", "from a program"]).await;
    world
        .until("a push", async || world.sandbox.pushes().len() == 1)
        .await;
    world.group_has(2).await;
    let nameless =
        json!({"session_id": session(&world), "content": "again", "support_agent_name": null});
    assert_eq!(program(&world, nameless).await.status, 201);
    assert_eq!(last(&alice).await["agent_name"], "Support Team");
    world.ends().await;
}

async fn last(phone: &Phone) -> Value {
    let history = phone.history("").await;
    history["messages"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone()
}

#[tokio::test]
async fn what_a_program_gets_wrong_is_told_in_these_words() {
    let world = with_secrets().await;
    let alice = world.phone("alice");
    alice.sends("hi").await;
    let known = session(&world);
    for body in [
        json!({}),
        json!({"session_id": known}),
        json!({"content": "x"}),
        json!({"session_id": "", "content": "x"}),
        json!({"session_id": known, "content": ""}),
        json!({"session_id": known, "content": "  "}),
        json!({"session_id": known, "content": null}),
        json!({"session_id": known, "content": 5}),
        json!({"session_id": 5, "content": "x"}),
        json!([]),
    ] {
        is(
            &program(&world, body).await,
            400,
            json!({"error": "session_id and content are required"}),
        );
    }
    for unknown in ["00000000-0000-4000-8000-000000000000", "nonsense", "../etc"] {
        let answer = program(&world, json!({"session_id": unknown, "content": "x"})).await;
        assert_eq!(answer.status, 404, "{unknown}");
        assert!(answer.body["error"].is_string());
    }
    let answer = posts(&world, SUPPORT, Some(("X-API-Key", "program key")), "{").await;
    assert_eq!(answer.status, 400);
    for (field, value) in [
        ("message_type", json!("video")),
        ("message_type", json!(5)),
        ("support_agent_name", json!(["x"])),
        ("telegram_user_id", json!("olga")),
        ("telegram_user_id", json!(1.5)),
    ] {
        let mut body = json!({"session_id": known, "content": "x"});
        body[field] = value;
        let answer = program(&world, body).await;
        answer.refused(400, "invalid_field");
        assert_eq!(answer.body["field"], field);
    }
    let long = json!({"session_id": known, "content": "x".repeat(16_001)});
    assert_eq!(program(&world, long).await.status, 400);
    assert_eq!(alice.reads().await, ["hi"]);
    world.ends().await;
}

#[tokio::test]
async fn an_upper_case_session_id_is_the_same_session() {
    let world = with_secrets().await;
    let alice = world.phone("alice");
    alice.sends("hi").await;
    let body = json!({"session_id": session(&world).to_uppercase(), "content": "a\u{0}b\u{1b}c"});
    assert_eq!(program(&world, body).await.status, 201);
    assert_eq!(alice.reads().await, ["hi", "abc"]);
    world.ends().await;
}
