//! `POST /send_message` without photos: every rule of every field.

use reqwest::multipart::Form;
use serde_json::{Value, json};

use crate::world::{Answer, Phone, World};

async fn sent(phone: &Phone, body: &Value) -> Answer {
    phone.posts("/send_message", body.clone()).await
}

/// The same fields as a form, where a form can hold them.
async fn sent_as_form(phone: &Phone, body: &Value) -> Option<Answer> {
    let mut form = Form::new();
    for (name, value) in body.as_object().unwrap() {
        match value {
            Value::Null => {}
            Value::String(text) => form = form.text(name.clone(), text.clone()),
            _ => return None,
        }
    }
    Some(phone.sends_form(form).await)
}

#[tokio::test]
async fn a_message_is_answered_with_every_key_and_ids_that_grow() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let first = sent(&alice, &json!({"user_id": "alice", "message": "hi"}))
        .await
        .ok();
    let id = first["message_id"].as_i64().unwrap();
    assert_eq!(
        first,
        json!({"success": true, "message_id": id, "photo_url": null, "photo_urls": [], "photo_count": 0, "status": "queued"})
    );
    let form = Form::new()
        .text("user_id", "alice")
        .text("message", "again");
    let second = alice.sends_form(form).await.ok();
    assert!(second["message_id"].as_i64().unwrap() > id);
    assert_eq!(second["status"], "queued");
    assert_eq!(alice.reads().await, ["hi", "again"]);
    world.ends().await;
}

#[tokio::test]
async fn a_wrong_field_is_named_and_nothing_is_stored() {
    let world = World::start().await;
    let phone = world.phone("a");
    let long_user = "я".repeat(129);
    let long_text = "😀".repeat(16_001);
    let long_name = "я".repeat(257);
    let long_url = format!("https://h.example/{}", "x".repeat(2_031));
    let long_id = "я".repeat(129);
    let cases = [
        (json!({"message": "x"}), "user_id"),
        (json!({"user_id": null, "message": "x"}), "user_id"),
        (json!({"user_id": "", "message": "x"}), "user_id"),
        (json!({"user_id": 123, "message": "x"}), "user_id"),
        (json!({"user_id": ["a"], "message": "x"}), "user_id"),
        (json!({"user_id": long_user, "message": "x"}), "user_id"),
        (json!({"user_id": "a\u{0}", "message": "x"}), "user_id"),
        (json!({"user_id": "a\n", "message": "x"}), "user_id"),
        (json!({"user_id": "a\u{85}", "message": "x"}), "user_id"),
        (json!({"user_id": "a"}), "message"),
        (json!({"user_id": "a", "message": null}), "message"),
        (json!({"user_id": "a", "message": ""}), "message"),
        (json!({"user_id": "a", "message": " \n\t\u{a0}"}), "message"),
        (json!({"user_id": "a", "message": "\u{1}\u{7f}"}), "message"),
        (json!({"user_id": "a", "message": long_text}), "message"),
        (json!({"user_id": "a", "message": 5}), "message"),
        (json!({"user_id": "a", "message": true}), "message"),
        (json!({"user_id": "a", "message": {"x": 1}}), "message"),
        (
            json!({"user_id": "a", "message": "x", "user_name": long_name}),
            "user_name",
        ),
        (
            json!({"user_id": "a", "message": "x", "user_name": 1}),
            "user_name",
        ),
        (
            json!({"user_id": "a", "message": "x", "photo_url": 1}),
            "photo_url",
        ),
        (
            json!({"user_id": "a", "message": "x", "photo_url": "h.example/x.png"}),
            "photo_url",
        ),
        (
            json!({"user_id": "a", "message": "x", "photo_url": "ftp://h.example/x.png"}),
            "photo_url",
        ),
        (
            json!({"user_id": "a", "message": "x", "photo_url": "file:///etc/passwd"}),
            "photo_url",
        ),
        (
            json!({"user_id": "a", "message": "x", "photo_url": "javascript:alert(1)"}),
            "photo_url",
        ),
        (
            json!({"user_id": "a", "message": "x", "photo_url": "http:h.example/x"}),
            "photo_url",
        ),
        (
            json!({"user_id": "a", "message": "x", "photo_url": "https:///h.example/x"}),
            "photo_url",
        ),
        (
            json!({"user_id": "a", "message": "x", "photo_url": "https:\\\\h.example\\x"}),
            "photo_url",
        ),
        (
            json!({"user_id": "a", "message": "x", "photo_url": "https://"}),
            "photo_url",
        ),
        (
            json!({"user_id": "a", "message": "x", "photo_url": "https://h.example/a b"}),
            "photo_url",
        ),
        (
            json!({"user_id": "a", "message": "x", "photo_url": long_url}),
            "photo_url",
        ),
        (
            json!({"user_id": "a", "message": "x", "client_msg_id": ""}),
            "client_msg_id",
        ),
        (
            json!({"user_id": "a", "message": "x", "client_msg_id": 7}),
            "client_msg_id",
        ),
        (
            json!({"user_id": "a", "message": "x", "client_msg_id": long_id}),
            "client_msg_id",
        ),
        (
            json!({"user_id": "a", "message": "x", "client_msg_id": "a\u{0}"}),
            "client_msg_id",
        ),
    ];
    for (body, field) in cases {
        let mut answers = vec![sent(&phone, &body).await];
        answers.extend(sent_as_form(&phone, &body).await);
        for answer in answers {
            assert_eq!(answer.status, 400, "{body} {}", answer.body);
            assert_eq!(answer.body["field"], field, "{body} {}", answer.body);
        }
    }
    assert_eq!((world.rows("messages"), world.rows("contacts")), (0, 0));
    world.ends().await;
}

#[tokio::test]
async fn lengths_are_counted_in_characters_and_the_limits_themselves_are_fine() {
    let world = World::start().await;
    let user = "я".repeat(128);
    let phone = world.phone(&user);
    let text = "😀".repeat(16_000);
    let body = json!({
        "user_id": user, "message": text, "user_name": "я".repeat(256), "client_msg_id": "я".repeat(128),
        "photo_url": format!("https://h.example/{}", "x".repeat(2_030)),
    });
    sent(&phone, &body).await.ok();
    let history = phone.history("").await;
    assert_eq!(
        history["messages"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|item| item["message"] == *text)
            .count(),
        1
    );
    let again = json!({"user_id": user, "message": text});
    sent_as_form(&phone, &again).await.unwrap().ok();
    world.expects_warning("photo"); // no such host: the text goes with the link in it
    world.ends().await;
}

#[tokio::test]
async fn text_is_kept_as_sent_less_control_characters() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let cases = [
        ("a\u{0}b\u{7}c\u{1b}[31m\u{9f}d", "abc[31md"),
        ("line\r\nline\ttab\n", "line\nline\ttab\n"),
        ("  spaces stay  ", "  spaces stay  "),
        (
            "<b>not bold</b> & *not* {$name}",
            "<b>not bold</b> & *not* {$name}",
        ),
        ("שלום \u{202e}x 👨‍👩‍👧 é", "שלום \u{202e}x 👨‍👩‍👧 é"),
    ];
    let mut expected = Vec::new();
    for (raw, kept) in cases {
        alice.sends(raw).await;
        expected.push(kept);
    }
    assert_eq!(alice.reads().await, expected);
    world.ends().await;
}

#[tokio::test]
async fn null_is_absent_and_unknown_keys_are_nobodys_business() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let body = json!({
        "user_id": "alice", "message": "hi", "user_name": null, "photo_url": null, "client_msg_id": null,
        "photo": "x", "whatever": {"deep": [1, null]},
    });
    let answer = sent(&alice, &body).await.ok();
    assert_eq!(answer["photo_count"], 0);
    let form = Form::new()
        .text("user_id", "alice")
        .text("message", "form")
        .text("whatever", "x".repeat(600 * 1024))
        .text("whatever", "twice");
    alice.sends_form(form).await.ok();
    assert_eq!(alice.reads().await, ["hi", "form"]);
    world.ends().await;
}

#[tokio::test]
async fn a_field_that_comes_twice_in_a_form_is_wrong() {
    let world = World::start().await;
    let alice = world.phone("alice");
    for field in ["user_id", "message", "user_name", "client_msg_id"] {
        let mut form = Form::new();
        for name in ["user_id", "message", "user_name", "client_msg_id", field] {
            form = form.text(name, "x");
        }
        let answer = alice.sends_form(form).await;
        answer.refused(400, "invalid_field");
        assert_eq!(answer.body["field"], field);
    }
    assert_eq!(world.rows("messages"), 0);
    world.ends().await;
}

#[tokio::test]
async fn a_link_to_a_photo_is_told_back_and_may_go_without_text() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let link = "https://photos.example/a%20b.jpg?x=1#y";
    for message in [json!("look"), json!(""), json!("  "), Value::Null] {
        let body = json!({"user_id": "alice", "message": message, "photo_url": link});
        let answer = sent(&alice, &body).await.ok();
        assert_eq!(
            (
                &answer["photo_url"],
                &answer["photo_urls"],
                &answer["photo_count"]
            ),
            (&json!(link), &json!([link]), &json!(1))
        );
    }
    let history = alice.history("").await;
    let item = &history["messages"][0];
    assert_eq!(
        (&item["photo_url"], &item["photo_urls"]),
        (&json!(link), &json!([link]))
    );
    assert_eq!(item["attachments"][0]["url"], link);
    assert_eq!(item["attachments"][0]["kind"], "photo");
    world.post_with("photos.example").await; // Telegram can not fetch it: it goes as text
    world.expects_warning("photo");
    world.ends().await;
}

#[tokio::test]
async fn a_name_is_remembered_as_the_latest_one_given() {
    let world = World::start().await;
    let alice = world.phone("alice");
    for (name, text) in [
        (json!("Алиса"), "one"),
        (Value::Null, "two"),
        (json!("  "), "three"),
    ] {
        let body = json!({"user_id": "alice", "message": text, "user_name": name});
        sent(&alice, &body).await.ok();
    }
    let name: String = world
        .sql()
        .query_row("SELECT name FROM contacts", [], |row| row.get(0))
        .unwrap();
    assert_eq!(name, "Алиса");
    world.ends().await;
}
