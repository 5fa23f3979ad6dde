//! `POST /mark_read`, the unread count, and the `read` flags of both sides.

use serde_json::{Value, json};

use crate::world::{Phone, World};

async fn marks(phone: &Phone, up_to: i64) -> Value {
    let body = json!({"user_id": phone.user_id, "up_to_id": up_to});
    let answer = phone.posts("/mark_read", body).await.ok();
    assert_eq!(answer["success"], true);
    answer["unread_count"].clone()
}

/// Texts with their `read` flags.
async fn flags(phone: &Phone) -> Vec<(String, bool)> {
    let history = phone.history("?limit=500").await;
    let items = history["messages"].as_array().unwrap();
    items
        .iter()
        .map(|item| {
            (
                item["message"].as_str().unwrap().to_owned(),
                item["read"].as_bool().unwrap(),
            )
        })
        .collect()
}

async fn id_of(phone: &Phone, text: &str) -> i64 {
    let history = phone.history("?limit=500").await;
    let items = history["messages"].as_array().unwrap();
    items.iter().find(|item| item["message"] == text).unwrap()["id"]
        .as_i64()
        .unwrap()
}

/// Alice wrote, was greeted, and has three answers.
async fn a_talk(world: &World) -> Phone {
    let alice = world.phone("alice");
    alice.sends("hi").await;
    let post = world.post_with("hi").await;
    for (number, text) in ["one", "two", "three"].into_iter().enumerate() {
        world.sandbox.agent_replies(post, text);
        let seen = ["hi", "one", "two", "three"];
        alice.sees(world, &seen[..number + 2]).await;
    }
    alice
}

#[tokio::test]
async fn the_mark_moves_forward_and_never_back() {
    let world = World::start().await;
    let alice = a_talk(&world).await;
    assert_eq!(marks(&alice, 0).await, 3);
    let two = id_of(&alice, "two").await;
    assert_eq!(marks(&alice, two).await, 1);
    assert_eq!(marks(&alice, id_of(&alice, "one").await).await, 1);
    assert_eq!(marks(&alice, 0).await, 1);
    let read: Vec<_> = flags(&alice)
        .await
        .into_iter()
        .filter(|(text, _)| text != "hi")
        .collect();
    assert_eq!(
        read,
        [
            ("Здравствуйте!", true),
            ("one", true),
            ("two", true),
            ("three", false)
        ]
        .map(|(text, read)| (text.to_owned(), read))
    );
    world.ends().await;
}

#[tokio::test]
async fn a_mark_beyond_the_newest_reads_nothing_that_is_still_to_come() {
    let world = World::start().await;
    let alice = a_talk(&world).await;
    assert_eq!(marks(&alice, i64::MAX).await, 0);
    alice.sends("thanks").await;
    world
        .sandbox
        .agent_replies(world.post_with("thanks").await, "welcome");
    alice
        .sees(&world, &["hi", "one", "two", "three", "thanks", "welcome"])
        .await;
    assert_eq!(marks(&alice, 0).await, 1);
    world.ends().await;
}

#[tokio::test]
async fn fetching_history_marks_nothing_and_greetings_are_not_counted() {
    let world = World::start().await;
    let bob = world.phone("bob");
    bob.history("").await;
    assert_eq!(marks(&bob, 0).await, 0);
    let alice = a_talk(&world).await;
    alice.history("").await;
    assert_eq!(marks(&alice, 0).await, 3);
    world
        .clock
        .advance(std::time::Duration::from_secs(24 * 3600));
    assert_eq!(alice.history("").await["greeting_sent"], true);
    assert_eq!(marks(&alice, 0).await, 3);
    world.ends().await;
}

#[tokio::test]
async fn the_contacts_messages_are_read_once_staff_has_answered() {
    let world = World::start().await;
    let alice = world.phone("alice");
    alice.sends("one").await;
    alice.sends("two").await;
    let read = |flags: Vec<(String, bool)>| {
        flags
            .into_iter()
            .filter(|(text, _)| !text.starts_with('З'))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        read(flags(&alice).await),
        [("one".to_owned(), false), ("two".to_owned(), false)]
    );
    let post = world.post_with("two").await;
    world.sandbox.agent_replies(post, "answer");
    alice.sees(&world, &["one", "two", "answer"]).await;
    alice.sends("three").await;
    assert_eq!(
        read(flags(&alice).await),
        [
            ("one", true),
            ("two", true),
            ("answer", false),
            ("three", false)
        ]
        .map(|(text, read)| (text.to_owned(), read))
    );
    world.ends().await;
}

#[tokio::test]
async fn the_badge_of_a_push_is_the_unread_count() {
    let world = World::start().await;
    let alice = world.phone("alice");
    alice.registers("alice-token").await;
    alice.sends("hi").await;
    let post = world.post_with("hi").await;
    for (count, text) in [(1, "one"), (2, "two")] {
        world.sandbox.agent_replies(post, text);
        world
            .until("a push", async || world.sandbox.pushes().len() == count)
            .await;
    }
    marks(&alice, id_of(&alice, "one").await).await;
    world.sandbox.agent_replies(post, "three");
    world
        .until("a third push", async || world.sandbox.pushes().len() == 3)
        .await;
    let badges: Vec<_> = world
        .sandbox
        .pushes()
        .iter()
        .map(|push| push.message["apns"]["payload"]["aps"]["badge"].clone())
        .collect();
    assert_eq!(badges, [1, 2, 2]);
    world.ends().await;
}

#[tokio::test]
async fn wrong_fields_are_named_and_strangers_have_nothing_unread() {
    let world = World::start().await;
    let alice = world.phone("alice");
    for (body, field) in [
        (json!({"up_to_id": 1}), "user_id"),
        (json!({"user_id": "", "up_to_id": 1}), "user_id"),
        (json!({"user_id": "alice"}), "up_to_id"),
        (json!({"user_id": "alice", "up_to_id": null}), "up_to_id"),
        (json!({"user_id": "alice", "up_to_id": "1"}), "up_to_id"),
        (json!({"user_id": "alice", "up_to_id": 1.5}), "up_to_id"),
        (json!({"user_id": "alice", "up_to_id": -1}), "up_to_id"),
        (json!({"user_id": "alice", "up_to_id": [1]}), "up_to_id"),
        (json!({"user_id": "alice", "up_to_id": 1e30}), "up_to_id"),
    ] {
        let answer = alice.posts("/mark_read", body.clone()).await;
        assert_eq!(
            (answer.status, &answer.body["field"]),
            (400, &json!(field)),
            "{body} {}",
            answer.body
        );
    }
    assert_eq!(marks(&alice, 5).await, 0);
    assert_eq!(world.rows("contacts"), 0);
    world.ends().await;
}
