//! `/health`, `/ready`, the documentation, request ids and trailing slashes.

use std::collections::HashSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Raw, World};

#[tokio::test]
async fn a_well_server_says_so() {
    let world = World::start().await;
    let phone = world.phone("a");
    assert_eq!(phone.gets("/health").await.ok(), json!({"status": "ok"}));
    world
        .until("a ready server", async || {
            world.ready().await["status"] == "ok"
        })
        .await;
    assert_eq!(
        world.ready().await,
        json!({
            "status": "ok",
            "parts": {"database": {"state": "ok"}, "telegram": {"state": "ok"}, "push": {"state": "ok"}},
            "queue": {"waiting": 0, "oldest_seconds": 0, "dead": 0},
        })
    );
    world.ends().await;
}

#[tokio::test]
async fn parts_that_are_not_configured_are_off_and_nothing_queues_for_them() {
    let world = World::with(|options| (options.telegram, options.push) = (false, false)).await;
    let alice = world.phone("alice");
    alice.registers("t").await;
    alice.sends("hi").await;
    assert_eq!(
        world.ready().await,
        json!({
            "status": "ok",
            "parts": {"database": {"state": "ok"}, "telegram": {"state": "off"}, "push": {"state": "off"}},
            "queue": {"waiting": 0, "oldest_seconds": 0, "dead": 0},
        })
    );
    world.ends().await;
}

#[tokio::test]
async fn telegram_in_trouble_is_degraded_with_words_to_act_on() {
    let world = World::start().await;
    world.expects_warning("Telegram");
    world.expects_warning("telegram");
    world.sandbox.telegram_down().await;
    let alice = world.phone("alice");
    alice.sends("hi").await;
    world
        .until("a degraded server", async || {
            world.ready().await["status"] == "degraded"
        })
        .await;
    world.passes(std::time::Duration::from_secs(30)).await;
    let answer = world.phone("a").gets("/ready").await;
    assert_eq!(answer.status, 200);
    let ready = answer.body;
    assert_eq!(ready["parts"]["telegram"]["state"], "degraded");
    assert!(
        ready["parts"]["telegram"]["reason"].as_str().unwrap().len() > 20,
        "{ready}"
    );
    assert_eq!(
        (
            &ready["parts"]["database"]["state"],
            &ready["parts"]["push"]["state"]
        ),
        (&json!("ok"), &json!("ok"))
    );
    assert_eq!(ready["queue"]["waiting"], 1);
    assert!(
        ready["queue"]["oldest_seconds"].as_i64().unwrap() >= 30,
        "{ready}"
    );
    assert_eq!(
        world.phone("a").gets("/health").await.ok(),
        json!({"status": "ok"})
    );
    world.sandbox.telegram_up().await.unwrap();
    world.post_with("hi").await;
    world
        .until("a well server", async || {
            world.ready().await["status"] == "ok"
        })
        .await;
    world.ends().await;
}

#[tokio::test]
async fn fcm_in_trouble_is_degraded_with_words_to_act_on() {
    let world = World::start().await;
    world.expects_warning("ush");
    world.expects_warning("fcm");
    world.expects_warning("FCM");
    world.sandbox.fcm_down().await;
    let alice = world.phone("alice");
    alice.registers("alice-token").await;
    alice.sends("hi").await;
    world
        .sandbox
        .agent_replies(world.post_with("hi").await, "hello");
    world
        .until("a degraded server", async || {
            world.ready().await["parts"]["push"]["state"] == "degraded"
        })
        .await;
    let answer = world.phone("a").gets("/ready").await;
    assert_eq!(
        (answer.status, &answer.body["status"]),
        (200, &json!("degraded"))
    );
    assert!(
        answer.body["parts"]["push"]["reason"]
            .as_str()
            .unwrap()
            .len()
            > 20,
        "{}",
        answer.body
    );
    world.sandbox.fcm_up().await.unwrap();
    world
        .until("a push", async || world.sandbox.pushes().len() == 1)
        .await;
    world
        .until("a well server", async || {
            world.ready().await["status"] == "ok"
        })
        .await;
    world.ends().await;
}

#[tokio::test]
async fn a_server_that_can_store_nothing_is_unavailable() {
    let world = World::start().await;
    world.expects_warning("a request failed");
    world.expects_warning("database is locked");
    let alice = world.phone("alice");
    alice.sends("before").await;
    world.group_has(1).await;
    world.queue_is_empty().await;
    // Somebody holds the database; the server waits ten seconds for it.
    let sql = world.sql();
    sql.execute_batch("BEGIN IMMEDIATE").unwrap();
    let answer = alice.gets("/ready").await;
    assert_eq!(
        (answer.status, &answer.body["status"]),
        (503, &json!("unavailable"))
    );
    let database = &answer.body["parts"]["database"];
    assert_eq!(database["state"], "degraded");
    assert!(
        database["reason"].as_str().unwrap().contains("locked"),
        "{database}"
    );
    alice.gets("/health").await.ok();
    sql.execute_batch("ROLLBACK").unwrap();
    alice.sends("hi").await;
    assert_eq!(alice.gets("/ready").await.status, 200);
    world.ends().await;
}

#[tokio::test]
async fn a_server_that_stops_says_so_to_who_still_asks() {
    let mut world = World::start().await;
    let mut waits = Vec::new();
    for _ in 0..3 {
        let mut raw = Raw::connect(&world).await;
        // A request under way when the stop begins.
        raw.says("GET ").await;
        waits.push(raw);
    }
    world.phone("a").gets("/health").await.ok(); // by now the server has read them
    let asking = async {
        let mut answers = Vec::new();
        for (raw, path) in waits
            .iter_mut()
            .zip(["/ready", "/health", "/check_device/a"])
        {
            raw.says(format!("{path} HTTP/1.1\r\nHost: relaydesk\r\n\r\n"))
                .await;
            answers.push(raw.hears().await);
        }
        answers
    };
    let (answers, ()) = tokio::join!(
        async {
            tokio::task::yield_now().await;
            asking.await
        },
        world.server_stops()
    );
    let [ready, health, other] = <[_; 3]>::try_from(answers).unwrap();
    let ready = ready.unwrap();
    assert_eq!(
        (ready.status, &ready.body["status"]),
        (503, &json!("unavailable"))
    );
    health.unwrap().ok();
    other.unwrap().refused(503, "shutting_down");
    world.server_starts().await;
    world.ends().await;
}

#[tokio::test]
async fn every_answer_has_a_request_id_of_its_own() {
    let world = World::start().await;
    let phone = world.phone("a");
    let mut seen = HashSet::new();
    for path in [
        "/health",
        "/nowhere",
        "/send_message",
        "/docs",
        "/uploads/x",
        "/message_history/a",
        "/message_history/a?limit=x",
    ] {
        let answer = phone.gets(path).await;
        let id = answer
            .header("x-request-id")
            .unwrap_or_else(|| panic!("{path}"))
            .to_owned();
        assert!(id.len() >= 16 && seen.insert(id), "{path}");
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
    }
    world.ends().await;
}

#[tokio::test]
async fn the_documentation_shows_every_path_of_the_contract() {
    let world = World::start().await;
    let phone = world.phone("a");
    let page = phone.gets("/docs").await;
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-type")
            .unwrap()
            .starts_with("text/html")
    );
    assert!(page.body.as_str().unwrap().contains("swagger"));
    let answer = phone.gets("/openapi.json").await;
    assert!(
        answer
            .header("content-type")
            .unwrap()
            .starts_with("application/json")
    );
    let document = answer.ok();
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    for (path, method) in [
        ("/send_message", "post"),
        ("/message_history/{user_id}", "get"),
        ("/register_device", "post"),
        ("/unregister_device", "post"),
        ("/check_device/{user_id}", "get"),
        ("/mark_read", "post"),
        ("/uploads/{filename}", "get"),
        ("/uploads/{filename}", "head"),
        ("/health", "get"),
        ("/ready", "get"),
    ] {
        let operation = &document["paths"][path][method];
        assert!(
            operation["summary"]
                .as_str()
                .is_some_and(|words| !words.is_empty()),
            "{method} {path}"
        );
    }
    world.ends().await;
}

#[tokio::test]
async fn every_path_works_with_and_without_a_slash_at_its_end() {
    let world = World::start().await;
    let phone = world.phone("alice");
    let document = phone.gets("/openapi.json").await.ok();
    let body = json!({"user_id": "alice", "message": "hi", "fcm_token": "t", "up_to_id": 1});
    let mut paths = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let mut statuses = Vec::new();
            for slash in ["", "/", "/?limit=5"] {
                let path = path
                    .replace("{user_id}", "alice")
                    .replace("{filename}", "x.jpg");
                let method: Method = method.to_uppercase().parse().unwrap();
                let request = phone.request(method.clone(), &format!("{path}{slash}"));
                let request = if method == Method::POST {
                    request.json(&body)
                } else {
                    request
                };
                statuses.push(phone.answer(request).await.status);
            }
            // Nobody is signed in here, and most ids lead nowhere; what counts is that a slash changes nothing.
            let first = statuses.first().copied().unwrap_or_default();
            assert_eq!(statuses, [first; 3], "{method} {path}");
            assert!(
                matches!(first, 200 | 201 | 400 | 401 | 404),
                "{method} {path}: {first}"
            );
            let file = path.starts_with("/uploads");
            let mobile = operations[method]["tags"][0] == "Mobile" && !file;
            // There is nothing to rate here, and nobody proves who it is.
            let mobile = mobile && path != "/rate_ticket" && !path.starts_with("/api/telegram");
            assert!(first == 200 || !mobile, "{method} {path}: {first}");
            paths += 1;
        }
    }
    assert!(paths >= 10);
    assert_eq!(world.rows("messages"), 4); // three, and the greeting
    for path in ["/docs/", "/openapi.json/"] {
        assert_eq!(phone.gets(path).await.status, 200, "{path}");
    }
    let head = phone.answer(phone.request(Method::HEAD, "/health/")).await;
    assert!(matches!(head.status, 200 | 405));
    assert_eq!(head.body, Value::String(String::new()));
    world.ends().await;
}
