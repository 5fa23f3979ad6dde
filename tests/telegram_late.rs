//! Answers that take their time: files not to be had yet, albums in pieces, a store that fails.

use std::time::Duration;

use relaydesk::sandbox::{Fault, FileKind};
use serde_json::json;

use crate::world::{PATIENCE, Phone, World, file};

/// A contact who has written, and the post.
async fn asked(world: &World) -> (Phone, i64) {
    let alice = world.phone("alice");
    alice.sends("hi").await;
    (alice, world.known_post("hi").await)
}

#[tokio::test]
async fn a_file_that_telegram_gives_only_later_arrives_and_holds_nobody_else_up() {
    let world = World::start().await;
    let (alice, post) = asked(&world).await;
    let bob = world.phone("bob");
    bob.sends("me too").await;
    let bobs = world.post_with("me too").await;
    world.expects_warning("a file could not be fetched from Telegram");
    world
        .sandbox
        .break_next(Fault::BadGateway, Some("getFile"), 2);
    world
        .sandbox
        .break_next(Fault::CutAfterAccept, Some("file"), 1);
    world
        .sandbox
        .break_next(Fault::TooManyRequests { retry_after: 20 }, Some("file"), 1);
    world
        .sandbox
        .agent_replies_with(post, vec![file(FileKind::Document)], "the bill");
    world.sandbox.agent_replies(post, "have you got it?");
    world.sandbox.agent_replies(bobs, "to bob");
    bob.is_answered(&world, 1).await;
    assert!(
        world.sandbox.faults_planned() > 0,
        "the file was not to be had yet"
    );
    alice
        .sees(&world, &["hi", "the bill", "have you got it?"])
        .await;
    assert_eq!(
        alice.answers().await[0]["attachments"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    world.ends().await;
}

#[tokio::test]
async fn of_a_file_telegram_has_lost_the_agent_is_told() {
    let world = World::start().await;
    let (alice, post) = asked(&world).await;
    world.expects_warning("a file could not be fetched from Telegram");
    let lost = Fault::Refuse {
        status: 400,
        description: "Bad Request: wrong file_id or the file is temporarily unavailable".to_owned(),
    };
    world.sandbox.break_next(lost, Some("getFile"), 100);
    world
        .sandbox
        .agent_replies_with(post, vec![file(FileKind::Document)], "the bill");
    let answer = alice.is_answered(&world, 1).await;
    assert_eq!(answer["message"], "the bill");
    world.post_with("Telegram его не отдаёт").await;
    world.sandbox.faults_over();
    world.ends().await;
}

#[tokio::test]
async fn of_a_ticket_that_no_longer_exists_the_agent_is_told() {
    let world = World::start().await;
    let (_, post) = asked(&world).await;
    world.expects_warning("a file could not be fetched from Telegram");
    world
        .sandbox
        .break_next(Fault::BadGateway, Some("getFile"), 3);
    let late = world
        .sandbox
        .agent_replies_with(post, vec![file(FileKind::Document)], "here")[0];
    world
        .until("a first try", async || world.sandbox.faults_planned() < 3)
        .await;
    world.in_database(|db| db.execute("DELETE FROM tickets", []).unwrap());
    world.group_has(2).await;
    let told = world.bot_posts().remove(1);
    assert_eq!(
        (told.text.as_str(), told.reply_to),
        (
            "⚠️ Ответ не отправлен: такого обращения больше нет.",
            Some(late)
        )
    );
    let reply = world.sandbox.agent_replies(post, "hello?");
    world.group_has(3).await;
    let told = world.bot_posts().remove(2);
    assert!(told.text.contains("нет обращения"), "{}", told.text);
    assert_eq!(told.reply_to, Some(reply));
    world.ends().await;
}

#[tokio::test]
async fn an_edit_that_overtakes_its_own_message_waits_for_it() {
    let world = World::start().await;
    let (alice, post) = asked(&world).await;
    world.expects_warning("a file could not be fetched from Telegram");
    world
        .sandbox
        .break_next(Fault::BadGateway, Some("getFile"), 2);
    let bill = vec![file(FileKind::Document)];
    let sent = world.sandbox.agent_replies_with(post, bill, "the bil")[0];
    world.sandbox.agent_edits(sent, "the bill");
    alice.sees(&world, &["hi", "the bill"]).await;
    world.ends().await;
}

#[tokio::test]
async fn an_album_that_a_restart_interrupted_is_one_message_all_the_same() {
    let mut world = World::start().await;
    let (alice, post) = asked(&world).await;
    let parts = vec![
        file(FileKind::Photo),
        file(FileKind::Photo),
        file(FileKind::Photo),
    ];
    world.sandbox.agent_replies_with(post, parts, "three");
    // The story's time stands still, so the album is not taken for whole yet.
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while world.sandbox.updates_waiting() > 0 {
        assert!(
            tokio::time::Instant::now() < deadline,
            "the updates were not taken"
        );
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    world.server_stops().await;
    assert_eq!(stored_answers(&world), 0);
    world.server_starts().await;
    let answer = alice.is_answered(&world, 1).await;
    assert_eq!(answer["attachments"].as_array().unwrap().len(), 3);
    world.ends().await;
}

#[tokio::test]
async fn a_part_of_an_album_that_comes_late_joins_the_message_without_another_push() {
    let world = World::start().await;
    let (alice, post) = asked(&world).await;
    alice.registers("alice-token").await;
    let mut socket = alice.joins(None).await;
    socket.hears(&world, "joined").await;
    let parts = vec![file(FileKind::Photo), file(FileKind::Photo)];
    let ids = world.sandbox.agent_replies_with(post, parts, "");
    alice.is_answered(&world, 1).await;
    let posts = world.sandbox.posts();
    let first = posts.iter().find(|post| post.id == ids[0]).unwrap();
    let chat = json!({"id": first.chat_id, "type": "supergroup"});
    let late = json!({"message_id": 9000, "date": 1, "chat": chat, "caption": "all of them",
        "media_group_id": first.media_group_id,
        "photo": [{"file_id": first.files[0].id, "file_size": first.files[0].size, "width": 60, "height": 40}],
        "from": {"id": world.sandbox.agent().id, "is_bot": false, "first_name": "Anna"},
        "reply_to_message": {"message_id": post, "date": 1, "chat": chat,
            "from": {"id": 100_000_001, "is_bot": true, "first_name": "Bot"}}});
    world.passes(Duration::from_secs(20)).await;
    world.sandbox.raw_update(json!({"message": late}));
    let told = socket.hears(&world, "message_updated").await;
    assert_eq!(told["attachments"].as_array().unwrap().len(), 3);
    assert_eq!(told["message"], "all of them");
    alice.is_answered(&world, 1).await;
    world.queue_is_empty().await;
    assert_eq!(world.sandbox.pushes().len(), 1);
    world.ends().await;
}

#[tokio::test]
async fn while_the_store_fails_the_agent_is_told_once_and_the_answer_arrives_afterwards() {
    let world = World::start().await;
    let (alice, post) = asked(&world).await;
    world.expects_warning("an answer could not be stored; it is tried again");
    world.in_database(|db| {
        let broken = "CREATE TRIGGER broken BEFORE INSERT ON messages WHEN NEW.direction = 'support' \
                      BEGIN SELECT RAISE(ABORT, 'broken'); END";
        db.execute_batch(broken).unwrap();
    });
    let reply = world.sandbox.agent_replies(post, "hello");
    world.group_has(2).await;
    world.passes(Duration::from_secs(120)).await;
    world.group_has(2).await;
    let told = world.bot_posts().remove(1);
    assert!(
        told.text.starts_with("⚠️ Ответ пока не сохранён"),
        "{}",
        told.text
    );
    assert_eq!(told.reply_to, Some(reply));
    assert_eq!(stored_answers(&world), 0);
    world.in_database(|db| db.execute_batch("DROP TRIGGER broken").unwrap());
    alice.sees(&world, &["hi", "hello"]).await;
    world.ends().await;
}

fn stored_answers(world: &World) -> i64 {
    let sql = "SELECT COUNT(*) FROM messages WHERE agent_name IS NOT NULL";
    world.in_database(|db| db.query_row(sql, [], |row| row.get(0)).unwrap())
}
