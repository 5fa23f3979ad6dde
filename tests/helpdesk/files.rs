//! Files that a message names by Telegram's `file_id`.

use relaydesk::sandbox::{Fault, FileKind};
use serde_json::{Value, json};

use super::{MESSAGES, ticket};
use crate::world::{Phone, World, file};

/// A file that the bot can fetch: an agent sent it into the group.
fn known_file(world: &World, kind: FileKind) -> String {
    let sent = world
        .sandbox
        .agent_sends_files(None, None, vec![file(kind)], "");
    let posts = world.sandbox.posts();
    let post = posts.iter().find(|post| post.id == sent[0]).unwrap();
    post.files.last().unwrap().id.clone()
}

async fn sends(service: &Phone, ticket: i64, user: i64, file: &str) -> crate::world::Answer {
    let body = json!({"ticket": ticket, "sender_user": user, "file": file});
    service.posts(MESSAGES, body).await
}

#[tokio::test]
async fn a_named_file_is_fetched_and_shown_by_its_name() {
    let world = World::start().await;
    let (service, olga) = (world.service(), world.staff("olga", "agent"));
    let alice = world.phone("alice");
    alice.sends("see").await;
    let user: i64 = world
        .sql()
        .query_row(
            "SELECT id FROM contacts WHERE user_id = 'alice'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let (photo, bill, voice) = (
        known_file(&world, FileKind::Photo),
        known_file(&world, FileKind::Document),
        known_file(&world, FileKind::Voice),
    );
    let made = sends(&service, 1, user, &photo).await.made();
    assert_eq!(
        (&made["content_type"], &made["file"]),
        (&json!("image"), &json!(photo))
    );
    assert_eq!(
        sends(&service, 1, user, &bill).await.made()["content_type"],
        "file"
    );
    let body = json!({"ticket": 1, "sender_admin": olga.id(), "content_type": "voice", "content": "listen", "file": voice});
    let answer = service.posts(MESSAGES, body).await.made();
    assert_eq!(
        (&answer["content_type"], &answer["content"]),
        (&json!("voice"), &json!("listen"))
    );
    let history = alice.history("?limit=1").await;
    let attachment = &history["messages"][0]["attachments"][0];
    assert_eq!(attachment["kind"], "voice");
    let fetched = alice
        .answer(alice.request(reqwest::Method::GET, attachment["url"].as_str().unwrap()))
        .await;
    assert_eq!(fetched.status, 200);
    alice
        .sends_photos("", vec![crate::world::png(8, 8)])
        .await
        .ok();
    let list = service.walks("/api/ticket/messages/?ticket=1").await;
    let own = list.last().unwrap();
    assert!(
        own["file"].as_str().unwrap().starts_with("/uploads/"),
        "{own}"
    );
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn what_telegram_refuses_or_does_not_answer_stores_nothing() {
    let world = World::start().await;
    let service = world.service();
    let user = world.contact("ann").await;
    let id = ticket(&service, user, "x").await;
    let refused = sends(&service, id, user, "AgACnothing").await;
    refused.refused(400, "file_not_found");
    refused.blames("file");
    let bill = known_file(&world, FileKind::Document);
    world
        .sandbox
        .break_next(Fault::BadGateway, Some("getFile"), 1);
    let passing = sends(&service, id, user, &bill).await;
    passing.refused(503, "telegram_unreachable");
    assert!(passing.header("retry-after").is_some());
    assert_eq!(
        (world.rows("messages"), world.uploaded_files().len()),
        (0, 0)
    );
    let read: Value = service.gets("/api/ticket/tickets/1").await.ok();
    assert_eq!(read["status"], "open");
    // A wrong sender is told before anything is fetched.
    let body = json!({"ticket": id, "sender_user": 99, "file": "AgACnothing"});
    service.posts(MESSAGES, body).await.blames("sender_user");
    sends(&service, id, user, &bill).await.made();
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn telegram_down_is_worth_a_retry() {
    let world = World::start().await;
    let service = world.service();
    let user = world.contact("ann").await;
    let id = ticket(&service, user, "x").await;
    let bill = known_file(&world, FileKind::Document);
    for words in [
        "a part is in trouble",
        "Telegram can not be reached",
        "updates",
    ] {
        world.expects_warning(words);
    }
    world.sandbox.telegram_down().await;
    sends(&service, id, user, &bill)
        .await
        .refused(503, "telegram_unreachable");
    assert_eq!(world.rows("messages"), 0);
    world.sandbox.telegram_up().await.unwrap();
    sends(&service, id, user, &bill).await.made();
    world.is_well().await;
    world.ends().await;
}

#[tokio::test]
async fn without_telegram_no_file_can_be_named() {
    let world = World::with(|options| options.telegram = false).await;
    let service = world.service();
    let user = world.contact("ann").await;
    let id = ticket(&service, user, "x").await;
    let answer = sends(&service, id, user, "AgAC").await;
    answer.refused(400, "files_need_telegram");
    answer.blames("file");
    let body = json!({"ticket": id, "sender_user": user, "content": "words work"});
    service.posts(MESSAGES, body).await.made();
    world.ends().await;
}
