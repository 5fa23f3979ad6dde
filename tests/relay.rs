//! The main job: a message reaches the group, the answer reaches the phone.

use serde_json::json;

use crate::world::{World, jpeg};

#[tokio::test]
async fn a_message_reaches_the_group_and_the_answer_the_phone() {
    let world = World::start().await;
    let alice = world.phone("alice");
    alice.registers("alice-token").await;
    let mut socket = alice.joins(None).await;
    socket.hears(&world, "joined").await;

    alice.sends("where is my order?").await;
    let own = socket.hears(&world, "new_message").await;
    assert_eq!(
        (&own["message"], &own["direction"], &own["user_id"]),
        (
            &json!("where is my order?"),
            &json!("user"),
            &json!("alice")
        )
    );
    let post = world.post_with("where is my order?").await;

    world.sandbox.agent_replies(post, "on its way");
    alice
        .sees(&world, &["where is my order?", "on its way"])
        .await;
    world
        .until("a push", async || !world.sandbox.pushes().is_empty())
        .await;
    let push = &world.sandbox.pushes()[0].message;
    assert_eq!(push["notification"]["title"], "Ответ от поддержки");
    assert_eq!(push["data"]["message"], "on its way");
    world.ends().await;
}

#[tokio::test]
async fn a_photo_reaches_the_group_and_an_album_of_the_agent_is_one_message() {
    let world = World::start().await;
    let alice = world.phone("alice");
    alice.sends_photos("broken", vec![jpeg(40, 30)]).await.ok();
    let post = world.post_with("broken").await;
    let parts = vec![photo(), photo()];
    world.sandbox.agent_replies_with(post, parts, "like this?");
    alice.sees(&world, &["broken", "like this?"]).await;
    let history = alice.history("").await;
    let answer = history["messages"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(
        answer["photo_urls"].as_array().unwrap().len(),
        2,
        "{answer}"
    );
    world.ends().await;
}

fn photo() -> relaydesk::sandbox::AgentFile {
    relaydesk::sandbox::AgentFile {
        kind: relaydesk::sandbox::FileKind::Photo,
        name: "photo.jpg".to_owned(),
        mime: "image/jpeg".to_owned(),
        bytes: jpeg(60, 40).into(),
        claimed_size: None,
    }
}
