//! Who is meant by what is said in the group, and what the bot says to it.

use relaydesk::sandbox::FileKind;
use serde_json::json;

use crate::world::{Phone, World, file};

async fn asked(world: &World) -> (Phone, i64) {
    let alice = world.phone("alice");
    alice.sends("hi").await;
    (alice, world.known_post("hi").await)
}

fn session_of(world: &World, user: &str) -> String {
    let sql = "SELECT session_id FROM tickets JOIN contacts ON contacts.id = contact_id WHERE user_id = ?1";
    world.in_database(|db| db.query_row(sql, [user], |row| row.get(0)).unwrap())
}

#[tokio::test]
async fn free_talk_service_messages_and_other_chats_are_ignored_in_silence() {
    let world = World::start().await;
    let (alice, post) = asked(&world).await;
    let sandbox = &world.sandbox;
    let talk = sandbox.agent_writes(None, "lunch?");
    sandbox
        .as_agent("Boris", None, None)
        .agent_replies(talk, "at one");
    sandbox.agent_sends_files(None, None, vec![file(FileKind::Photo)], "the menu");
    sandbox.agent_writes(None, "/start");
    sandbox.pinned_message(post);
    let newcomer = sandbox.stranger(7, "Newcomer", None);
    sandbox.new_chat_members(&newcomer);
    sandbox.service_message(json!({"new_chat_title": "Support 2"}));
    let elsewhere = json!({"message_id": 1, "date": 1, "text": "/reply x y",
        "from": {"id": 9, "is_bot": false, "first_name": "X"},
        "chat": {"id": -100_777, "type": "supergroup", "title": "elsewhere"}});
    sandbox.raw_update(json!({"message": elsewhere}));
    sandbox.raw_update(json!({"channel_post": {"message_id": 5, "text": "news"}}));
    sandbox.agent_edits(talk, "supper?");
    sandbox.agent_replies(post, "hello");
    alice.sees(&world, &["hi", "hello"]).await;
    assert_eq!(world.group_posts().len(), 1, "{:#?}", world.group_posts());
    let users: i64 = world.in_database(|db| {
        db.query_row("SELECT COUNT(*) FROM contacts", [], |row| row.get(0))
            .unwrap()
    });
    assert_eq!(users, 1);
    world.ends().await;
}

#[tokio::test]
async fn a_reply_to_a_post_of_the_bot_without_a_ticket_is_told_so() {
    let world = World::start().await;
    let (alice, _) = asked(&world).await;
    world.sandbox.agent_writes(None, "/reply");
    world.group_has(2).await;
    let usage = world.bot_posts().remove(1).id;
    let lost = world.sandbox.agent_replies(usage, "an answer to nobody");
    world.group_has(3).await;
    let told = world.bot_posts().remove(2);
    assert_eq!(
        (told.text.as_str(), told.reply_to),
        (
            "⚠️ Ответ не отправлен: у этого сообщения нет обращения. Ответьте на сообщение пользователя.",
            Some(lost)
        )
    );
    assert!(alice.answers().await.is_empty());
    world.ends().await;
}

#[tokio::test]
async fn a_reply_command_reaches_its_session_and_is_confirmed() {
    let world = World::start().await;
    let (alice, _) = asked(&world).await;
    let session = session_of(&world, "alice");
    let command = world
        .sandbox
        .agent_writes(None, &format!("/reply {session} on its\nway"));
    let answer = alice.is_answered(&world, 1).await;
    assert_eq!(
        (&answer["message"], &answer["agent_name"]),
        (&json!("on its\nway"), &json!("Anna Petrova"))
    );
    world.group_has(2).await;
    let confirmed = world.bot_posts().remove(1);
    assert_eq!(
        (confirmed.text.as_str(), confirmed.reply_to),
        ("✅ Reply sent successfully!", Some(command))
    );

    let named = format!(
        "/reply@relaydesk_sandbox_bot {} and here",
        session.to_uppercase()
    );
    world.sandbox.agent_writes(None, &named);
    alice.is_answered(&world, 2).await;
    let parts = vec![file(FileKind::Photo), file(FileKind::Photo)];
    world
        .sandbox
        .agent_sends_files(None, None, parts, &format!("/reply {session} look"));
    let answer = alice.is_answered(&world, 3).await;
    assert_eq!(answer["message"], "look");
    assert_eq!(answer["photo_urls"].as_array().unwrap().len(), 2);
    world
        .sandbox
        .agent_edits(command, &format!("/reply {session} on its way!"));
    alice
        .sees(&world, &["hi", "on its way!", "and here", "look"])
        .await;
    world.group_has(4).await;
    world.ends().await;
}

#[tokio::test]
async fn a_malformed_reply_command_is_told_its_usage_and_an_unknown_session_its_failure() {
    let world = World::start().await;
    let (alice, _) = asked(&world).await;
    let session = session_of(&world, "alice");
    let usage = "Usage: /reply <session_id> <your message>";
    let failed = "❌ Failed to send reply. Please check the session ID.";
    let unknown = "/reply 00000000-0000-4000-8000-000000000000 hello";
    for (n, (command, told)) in [
        ("/reply".to_owned(), usage),
        (format!("/reply {session}"), usage),
        ("/reply hello".to_owned(), usage),
        ("/reply not-a-session hello".to_owned(), failed),
        (unknown.to_owned(), failed),
    ]
    .into_iter()
    .enumerate()
    {
        let sent = world.sandbox.agent_writes(None, &command);
        world.group_has(n + 2).await;
        let line = world.bot_posts().remove(n + 1);
        assert_eq!(
            (line.text.as_str(), line.reply_to),
            (told, Some(sent)),
            "{command}"
        );
    }
    assert!(alice.answers().await.is_empty());
    world.ends().await;
}

#[tokio::test]
async fn what_can_not_be_passed_on_is_told_to_the_agent() {
    let world = World::start().await;
    let (alice, post) = asked(&world).await;
    let agent = world.sandbox.agent();
    let poll = json!({"message_id": 900, "date": 1, "poll": {"id": "1", "question": "?"},
        "from": {"id": agent.id, "is_bot": false, "first_name": "Anna"},
        "chat": {"id": world.sandbox.group_chat_id(), "type": "supergroup"},
        "reply_to_message": {"message_id": post, "date": 1, "text": "hi", "chat": {"id": world.sandbox.group_chat_id(), "type": "supergroup"},
            "from": {"id": 100_000_001, "is_bot": true, "first_name": "Bot"}}});
    world.sandbox.raw_update(json!({"message": poll}));
    world.group_has(2).await;
    assert!(world.group_posts()[1].contains("передать нельзя"));
    assert!(alice.answers().await.is_empty());
    world.ends().await;
}

#[tokio::test]
async fn a_reply_to_a_line_for_an_agent_is_no_answer_to_the_contact() {
    let world = World::start().await;
    let (alice, post) = asked(&world).await;
    let boris = world.sandbox.as_agent("Boris", None, None);
    let answer = boris.agent_replies(post, "hello");
    alice.is_answered(&world, 1).await;
    world.sandbox.agent_replies(answer, "be kinder");
    boris.agent_replies(answer, "I was");
    world.sandbox.agent_replies(post, "dear Alice");
    alice.sees(&world, &["hi", "hello", "dear Alice"]).await;
    world.ends().await;
}
