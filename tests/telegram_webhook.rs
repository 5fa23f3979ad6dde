//! Updates by webhook, and the commands that look after it.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::json;

use crate::world::World;

const SECRET: &str = "a-secret-of-this-test";

/// A server that Telegram calls: its port must be known before it starts.
async fn called_by_telegram() -> World {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    World::with(|options| {
        options.settings = vec![
            ("SERVER_PORT", port.to_string()),
            ("PUBLIC_URL", format!("http://127.0.0.1:{port}")),
            ("TELEGRAM_MODE", "webhook".to_owned()),
            ("TG_WEBHOOK_SECRET", SECRET.to_owned()),
            ("TELEGRAM_API_URL", "http://127.0.0.1:1".to_owned()),
            ("BOT_TOKEN", "1:x".to_owned()),
            ("GROUP_CHAT_ID", "-1".to_owned()),
        ];
    })
    .await
}

#[tokio::test]
async fn the_server_registers_its_webhook_and_answers_come_in_by_it() {
    let world = called_by_telegram().await;
    let alice = world.phone("alice");
    alice.sends("hi").await;
    let post = world.post_with("hi").await;
    world.is_well().await;
    world.sandbox.agent_replies(post, "hello");
    alice.sees(&world, &["hi", "hello"]).await;
    // Twice the same, a gap, and an id below those before.
    world.sandbox.repeat_last_update(2);
    world.sandbox.skip_update_ids(1_000_000);
    world.sandbox.agent_replies(post, "are you there?");
    alice.sees(&world, &["hi", "hello", "are you there?"]).await;
    let low = json!({"update_id": 7, "message": reply_to(&world, post, "low")});
    world.sandbox.raw_update(low);
    alice
        .sees(&world, &["hi", "hello", "are you there?", "low"])
        .await;
    let asked = world
        .sandbox
        .calls()
        .iter()
        .any(|call| call.method == "getUpdates");
    assert!(!asked, "a server with a webhook does not poll");
    world
        .until("delivered updates", async || {
            world.sandbox.updates_waiting() == 0
        })
        .await;
    world.ends().await;
}

#[tokio::test]
async fn updates_of_the_time_the_server_was_away_come_after_it_is_back() {
    let mut world = called_by_telegram().await;
    let alice = world.phone("alice");
    alice.sends("hi").await;
    let post = world.post_with("hi").await;
    world.is_well().await;
    world.server_stops().await;
    world.sandbox.agent_replies(post, "hello");
    world.sandbox.agent_replies(post, "anybody home?");
    tokio::time::sleep(Duration::from_millis(50)).await;
    world.server_starts().await;
    alice.sees(&world, &["hi", "hello", "anybody home?"]).await;
    world.ends().await;
}

#[tokio::test]
async fn only_who_knows_the_secret_brings_updates() {
    let world = called_by_telegram().await;
    let alice = world.phone("alice");
    alice.sends("hi").await;
    let post = world.known_post("hi").await;
    let update = json!({"update_id": 1, "message": reply_to(&world, post, "forged")});
    for path in ["/api/telegram/webhook/", "/support/webhook/telegram/"] {
        for secret in [None, Some("wrong"), Some("")] {
            let mut call = world.http.post(world.url(path)).json(&update);
            if let Some(secret) = secret {
                call = call.header("X-Telegram-Bot-Api-Secret-Token", secret);
            }
            assert_eq!(call.send().await.unwrap().status(), 401, "{path}");
        }
    }
    for (id, path) in [
        (2, "/api/telegram/webhook/"),
        (3, "/support/webhook/telegram/"),
    ] {
        let update =
            json!({"update_id": id, "message": reply_to(&world, post, &format!("by {path}"))});
        let call = world.http.post(world.url(path)).json(&update);
        let answer = call
            .header("X-Telegram-Bot-Api-Secret-Token", SECRET)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        alice.is_answered(&world, id - 1).await;
    }
    alice
        .sees(
            &world,
            &[
                "hi",
                "by /api/telegram/webhook/",
                "by /support/webhook/telegram/",
            ],
        )
        .await;
    world.ends().await;
}

#[tokio::test]
async fn a_webhook_somebody_else_set_is_told_and_set_again() {
    let world = called_by_telegram().await;
    world.is_well().await;
    let (set, said) = world
        .runs(&["telegram", "set-webhook", "http://127.0.0.1:9/elsewhere/"])
        .await;
    assert!(set, "{said}");
    world
        .is_in_trouble("telegram", "another webhook for this bot")
        .await;
    world.is_well().await;
    let (_, said) = world.runs(&["telegram", "info"]).await;
    assert!(
        said.contains(&format!("webhook: {}", world.url("/api/telegram/webhook/"))),
        "{said}"
    );
    world.ends().await;
}

#[tokio::test]
async fn a_webhook_beside_polling_is_told_and_after_its_deletion_answers_come_in() {
    let world = World::start().await;
    let alice = world.phone("alice");
    alice.sends("hi").await;
    let post = world.post_with("hi").await;
    world.is_well().await;
    let (set, said) = world
        .runs(&["telegram", "set-webhook", "http://127.0.0.1:9/elsewhere/"])
        .await;
    assert!(
        set && said.contains("The webhook is set: http://127.0.0.1:9/elsewhere/"),
        "{said}"
    );
    assert!(
        said.contains("Polling gets nothing while a webhook is set"),
        "{said}"
    );
    world
        .is_in_trouble("telegram", "run `relaydesk telegram delete-webhook`")
        .await;
    let (told, said) = world.runs(&["telegram", "info"]).await;
    assert!(
        told && said.contains("webhook: http://127.0.0.1:9/elsewhere/"),
        "{said}"
    );
    world.sandbox.agent_replies(post, "hello");
    let (deleted, said) = world.runs(&["telegram", "delete-webhook"]).await;
    assert!(deleted && said.contains("polling works again"), "{said}");
    alice.sees(&world, &["hi", "hello"]).await;
    world.is_well().await;
    let (_, said) = world.runs(&["telegram", "info"]).await;
    for line in [
        "bot: @relaydesk_sandbox_bot",
        "webhook: none (polling)",
        "without topics",
        "rights: as needed",
    ] {
        assert!(said.contains(line), "{line} in {said}");
    }
    world.sandbox.set_bot_admin(false);
    let (_, said) = world.runs(&["telegram", "info"]).await;
    assert!(
        said.contains("trouble: the bot is not an administrator of the group"),
        "{said}"
    );
    world.sandbox.set_bot_admin(true);
    world.ends().await;
}

#[tokio::test]
async fn every_group_that_a_category_names_is_shown_with_what_it_lacks() {
    let mut world = World::start().await;
    let owner = world.staff("olga", "owner");
    let mut named = Vec::new();
    for (title, forum) in [("Sales", true), ("Night", false), ("Former", false)] {
        let chat = world.sandbox.add_group(title, forum);
        let body = json!({"name_uz": title, "group_chat_id": chat});
        let made = owner.posts("/api/admin/categories/", body).await.made();
        named.push((made["id"].clone(), chat));
    }
    let former = format!("/api/admin/categories/{}/", named[2].0);
    let body = json!({ "group_chat_id": null });
    owner.patches(&former, body).await.ok();
    let (told, said) = world.runs(&["telegram", "info"]).await;
    assert!(told, "{said}");
    let (sales, night) = (named[0].1, named[1].1);
    for lines in [
        format!(
            "group of a category: Sales, {sales} (supergroup, with topics)\nthe bot there: administrator\nrights: as needed\n"
        ),
        format!(
            "group of a category: Night, {night} (supergroup, without topics)\nthe bot there: administrator\nrights: as needed\n"
        ),
    ] {
        assert!(said.contains(&lines), "{lines} in {said}");
    }
    assert!(!said.contains("Former"), "{said}");
    // The start names what is amiss, and is not kept from it.
    world.server_stops().await;
    world.sandbox.in_group(sales).set_can_manage_topics(false);
    world.sandbox.in_group(night).kick_bot();
    world.expects_warning("a part is in trouble");
    world.server_starts().await;
    let lacks_topics = format!(
        "the group \"Sales\" ({sales}): the bot can not make topics: open the group's settings"
    );
    world.is_in_trouble("telegram", &lacks_topics).await;
    let is_out = format!("the group \"Night\" ({night}): the bot is not in the group: add");
    world.is_in_trouble("telegram", &is_out).await;
    world.phone("ann").sends("a fault").await;
    world.post_with("a fault").await;
    let (told, said) = world.runs(&["telegram", "info"]).await;
    assert!(told, "{said}");
    for lines in [
        "Sales, {sales} (supergroup, with topics)\nthe bot there: administrator\ntrouble: the bot can not make topics",
        "Night, {night}\ntrouble: the bot is not in the group",
    ] {
        let lines = lines.replace("{sales}", &sales.to_string());
        let lines = lines.replace("{night}", &night.to_string());
        assert!(said.contains(&lines), "{lines} in {said}");
    }
    assert_eq!(said.matches("rights: as needed").count(), 1, "{said}");
    world.ends().await;
}

#[tokio::test]
async fn a_server_that_never_ran_here_has_no_groups_of_categories_to_show() {
    let mut world = World::start().await;
    world.server_stops().await;
    for end in ["", "-wal", "-shm"] {
        let mut path = world.database().into_os_string();
        path.push(end);
        let _ = std::fs::remove_file(path);
    }
    let (told, said) = world.runs(&["telegram", "info"]).await;
    assert!(told && said.contains("group: Support, "), "{said}");
    assert!(!said.contains("trouble"), "{said}");
    assert!(!world.database().exists(), "a question leaves nothing");
    world.ends().await;
}

/// A reply of somebody in the group, as Telegram would post it.
fn reply_to(world: &World, post: i64, text: &str) -> serde_json::Value {
    let chat =
        json!({"id": world.sandbox.group_chat_id(), "type": "supergroup", "title": "Support"});
    let id = 5000 + text.len();
    json!({"message_id": id, "date": 1, "text": text, "chat": chat,
        "from": {"id": 77, "is_bot": false, "first_name": "Boris"},
        "reply_to_message": {"message_id": post, "date": 1, "text": "hi", "chat": chat,
            "from": {"id": 100_000_001, "is_bot": true, "first_name": "Bot"}}})
}
