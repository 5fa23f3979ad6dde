//! `client_msg_id` and `Idempotency-Key`: a message sent again is stored once.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::world::{Answer, Phone, World, jpeg, png};

async fn sends(phone: &Phone, id: &str, text: &str) -> Answer {
    let body = json!({"user_id": phone.user_id, "message": text, "client_msg_id": id});
    phone.posts("/send_message", body).await
}

async fn sends_with_header(phone: &Phone, header: &[u8], body: Value) -> Answer {
    let request = phone
        .request(Method::POST, "/send_message")
        .header("Idempotency-Key", header)
        .json(&body);
    phone.answer(request).await
}

async fn sends_photos(phone: &Phone, id: &str, text: &str, photos: &[Vec<u8>]) -> Answer {
    let mut form = Form::new()
        .text("user_id", phone.user_id.clone())
        .text("message", text.to_owned())
        .text("client_msg_id", id.to_owned());
    for photo in photos {
        form = form.part("photo", Part::bytes(photo.clone()).file_name("any name"));
    }
    phone.sends_form(form).await
}

#[tokio::test]
async fn the_same_id_gets_the_first_answer_and_stores_nothing() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let first = sends(&alice, "m-1", "hi").await.ok();
    let body = json!({"user_id": "alice", "message": "hi"});
    let both = json!({"user_id": "alice", "message": "hi", "client_msg_id": "m-1"});
    assert_eq!(sends(&alice, "m-1", "hi").await.ok(), first);
    assert_eq!(sends_with_header(&alice, b"m-1", body).await.ok(), first);
    assert_eq!(sends_with_header(&alice, b"m-1", both).await.ok(), first);
    assert_eq!(sends_photos(&alice, "m-1", "hi", &[]).await.ok(), first);
    assert_eq!(world.rows("messages"), 1);
    world.group_has(1).await;
    world.ends().await;
}

#[tokio::test]
async fn another_text_or_another_link_under_the_same_id_is_a_conflict() {
    let world = World::start().await;
    let alice = world.phone("alice");
    sends(&alice, "m-1", "hi").await.ok();
    let linked = json!({"user_id": "alice", "message": "hi", "client_msg_id": "m-1", "photo_url": "https://h.example/x"});
    for answer in [
        sends(&alice, "m-1", "hi!").await,
        alice.posts("/send_message", linked).await,
        sends_photos(&alice, "m-1", "hi", &[png(4, 4)]).await,
    ] {
        answer.refused(409, "client_msg_id_reused");
        assert_eq!(answer.body["field"], "client_msg_id");
    }
    assert_eq!(world.rows("messages"), 1);
    assert_eq!(world.uploaded_files(), Vec::<String>::new());
    world.ends().await;
}

#[tokio::test]
async fn photos_are_the_same_by_their_content() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let (one, two) = (png(20, 10), jpeg(30, 20));
    let first = sends_photos(&alice, "m-1", "look", &[one.clone(), two.clone()])
        .await
        .ok();
    assert_eq!(first["photo_count"], 2);
    let files = world.uploaded_files();
    let again = sends_photos(&alice, "m-1", "look", &[one.clone(), two.clone()])
        .await
        .ok();
    assert_eq!(again, first);
    for other in [
        vec![one.clone()],
        vec![one.clone(), png(21, 10)],
        vec![one, two, png(5, 5)],
        vec![],
    ] {
        sends_photos(&alice, "m-1", "look", &other)
            .await
            .refused(409, "client_msg_id_reused");
    }
    assert_eq!(world.uploaded_files(), files);
    assert_eq!(world.rows("messages"), 1);
    world.ends().await;
}

#[tokio::test]
async fn header_and_field_that_differ_are_refused() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let body = json!({"user_id": "alice", "message": "hi", "client_msg_id": "one"});
    let answer = sends_with_header(&alice, b"two", body).await;
    answer.refused(400, "client_msg_id_mismatch");
    for wrong in ["x".repeat(129), String::new()] {
        let body = json!({"user_id": "alice", "message": "hi"});
        let answer = sends_with_header(&alice, wrong.as_bytes(), body).await;
        assert_eq!(answer.status, 400, "{}", answer.body);
    }
    assert_eq!(world.rows("messages"), 0);
    world.ends().await;
}

#[tokio::test]
async fn a_header_in_any_alphabet_means_the_same_as_the_field() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let key = "ключ 1 😀";
    let body = json!({"user_id": "alice", "message": "hi"});
    let first = sends_with_header(&alice, key.as_bytes(), body.clone())
        .await
        .ok();
    assert_eq!(
        sends_with_header(&alice, key.as_bytes(), body.clone())
            .await
            .ok(),
        first
    );
    assert_eq!(sends(&alice, key, "hi").await.ok(), first);
    let broken = sends_with_header(&alice, b"\xff\xfe", body).await;
    assert_eq!(broken.status, 400, "{}", broken.body);
    assert_eq!(world.rows("messages"), 1);
    world.ends().await;
}

#[tokio::test]
async fn ids_belong_to_their_user() {
    let world = World::start().await;
    let (alice, bob) = (world.phone("alice"), world.phone("bob"));
    let one = sends(&alice, "m-1", "hi").await.ok();
    let two = sends(&bob, "m-1", "hello").await.ok();
    assert_ne!(one["message_id"], two["message_id"]);
    assert_eq!(bob.reads().await, ["hello"]);
    world.ends().await;
}

#[tokio::test]
async fn twenty_at_once_store_one() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let photo = png(40, 40);
    let all: Vec<_> = (0..20)
        .map(|_| {
            let (alice, photo) = (alice.clone(), photo.clone());
            tokio::spawn(async move { sends_photos(&alice, "m-1", "hi", &[photo]).await.ok() })
        })
        .collect();
    let mut answers = Vec::new();
    for one in all {
        answers.push(one.await.unwrap());
    }
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
    assert_eq!(world.rows("messages"), 1);
    assert_eq!(world.uploaded_files().len(), 2); // the photo and its thumbnail
    world.ends().await;
}

#[tokio::test]
async fn the_first_answer_stands_after_a_restart_and_months() {
    let mut world = World::start().await;
    let first = sends(&world.phone("alice"), "m-1", "hi").await.ok();
    world.queue_is_empty().await;
    world.server_stops().await;
    world
        .clock
        .advance(std::time::Duration::from_secs(100 * 24 * 3600));
    world.server_starts().await;
    let again = sends(&world.phone("alice"), "m-1", "hi").await.ok();
    assert_eq!(again, first);
    world.ends().await;
}
