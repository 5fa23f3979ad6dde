//! The control interface's part for private chats.

use http::Method;
use serde_json::json;

use super::*;

async fn control(sandbox: &Sandbox, path: &str, params: Value) -> (u16, Value) {
    let body = Bytes::from(params.to_string());
    let json = Some("application/json");
    let answer = sandbox.control(&Method::POST, path, json, body).await;
    (answer.status, serde_json::from_slice(&answer.body).unwrap())
}

async fn state(sandbox: &Sandbox) -> Value {
    let answer = sandbox
        .control(&Method::GET, "state", None, Bytes::new())
        .await;
    serde_json::from_slice(&answer.body).unwrap()
}

#[tokio::test]
async fn the_page_writes_presses_and_blocks_as_a_person() {
    let (sandbox, _) = world(false).await;
    let hello = json!({"person": "Alice", "text": "/start", "language": "ru"});
    let (status, said) = control(&sandbox, "private/say", hello).await;
    assert_eq!(status, 200);
    let alice = said["chat_id"].as_i64().unwrap();
    for (place, text) in [("location", "sendLocation"), ("contact", "sendContact")] {
        let params = json!({"chat_id": alice, "latitude": 1, "longitude": 2,
            "phone_number": "+1", "first_name": "V"});
        assert_eq!(call(&sandbox, text, params).await.0, 200, "{place}");
    }
    let row = json!([{"text": "One", "callback_data": "a"}, {"text": "One", "callback_data": "b"}]);
    let post =
        json!({"chat_id": alice, "text": "which?", "reply_markup": {"inline_keyboard": [row]}});
    let (_, post) = call(&sandbox, "sendMessage", post).await;
    let id = &post["result"]["message_id"];
    for (by, button) in [("data", "b"), ("button", "One")] {
        let press = json!({"person": "Alice", "message_id": id, by: button});
        assert_eq!(control(&sandbox, "private/press", press).await.0, 200);
    }
    let reply = json!({"person": "Alice", "reply_to": id, "text": "the second"});
    assert_eq!(control(&sandbox, "private/say", reply).await.0, 200);
    let block = |blocked: bool| json!({"person": "Alice", "blocked": blocked});
    assert_eq!(control(&sandbox, "private/block", block(true)).await.0, 200);

    let state = state(&sandbox).await;
    let person = &state["people"][0];
    assert_eq!(
        (&person["id"], &person["name"], &person["blocked"]),
        (&json!(alice), &json!("Alice"), &json!(true))
    );
    let posts = state["private_posts"].as_array().unwrap();
    assert_eq!(posts[1]["location"]["latitude"], 1.0);
    assert_eq!(posts[2]["contact"]["phone_number"], "+1");
    assert_eq!(posts[4]["reply_to"], *id);
    let data: Vec<_> = sandbox.presses().into_iter().map(|p| p.data).collect();
    assert_eq!(data, ["b", "a"]);
    assert!(state["posts"].as_array().unwrap().is_empty());
    control(&sandbox, "private/block", block(false)).await;
    let message = json!({"chat_id": alice, "text": "welcome back"});
    assert_eq!(call(&sandbox, "sendMessage", message).await.0, 200);
}

#[tokio::test]
async fn an_agent_named_in_full_is_that_agent() {
    let (sandbox, _) = world(false).await;
    let admin = json!({"person": "Anna Petrova", "text": "/admin"});
    let (_, said) = control(&sandbox, "private/say", admin).await;
    assert_eq!(said["chat_id"], sandbox.agent().id);
    let (_, other) = control(
        &sandbox,
        "private/say",
        json!({"person": "Vera", "text": "x"}),
    )
    .await;
    assert_ne!(other["chat_id"], said["chat_id"]);
}

#[tokio::test]
async fn what_makes_no_sense_in_a_private_chat_is_told() {
    let (sandbox, _) = world(false).await;
    let group = sandbox.agent_writes(None, "in the group");
    for (path, params) in [
        ("private/say", json!({"text": "x"})),
        ("private/say", json!({"person": "Alice"})),
        (
            "private/say",
            json!({"person": "Alice", "text": "x", "reply_to": group}),
        ),
        ("private/press", json!({"person": "Alice", "data": "x"})),
        (
            "private/press",
            json!({"person": "Alice", "message_id": group, "data": "x"}),
        ),
        ("private/block", json!({"person": "Alice"})),
    ] {
        let (status, body) = control(&sandbox, path, params).await;
        assert_eq!(status, 400, "{path}");
        assert!(body["error"].is_string());
    }
    assert_eq!(control(&sandbox, "private/dance", json!({})).await.0, 404);
    assert_eq!(sandbox.updates_waiting(), 1);
}
