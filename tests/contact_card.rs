//! The card of a contact beside the conversation, and blocking.

use serde_json::{Value, json};

use crate::world::World;

#[tokio::test]
async fn staff_sees_who_asks_and_owners_see_the_devices() {
    let world = World::start().await;
    let (owner, agent) = (world.staff("boss", "owner"), world.staff("olga", "agent"));
    let alice = world.phone("a/b");
    alice.registers("token-1").await;
    alice
        .posts(
            "/send_message",
            json!({"user_id": "a/b", "message": "help", "user_name": "Alice"}),
        )
        .await
        .ok();
    world
        .sql()
        .execute(
            "UPDATE device_tokens SET last_error = 'SENDER_ID_MISMATCH'",
            [],
        )
        .unwrap();

    let card = agent.gets("/support/contacts/1/").await.ok();
    assert_eq!(
        card,
        json!({
            "id": 1, "user_id": "a/b", "name": "Alice", "email": null, "username": null, "telegram_id": null, "language": null,
            "channel": "mobile", "is_blocked": false, "created_at": "2026-03-01T12:00:00Z",
            "tickets": [{"id": 1, "number": "TKT-9E3779B1", "title": "help", "status": "open", "created_at": "2026-03-01T12:00:00Z"}],
        })
    );
    let card = owner.gets("/support/contacts/1/").await.ok();
    let device = json!({"platform": "android", "last_error": "SENDER_ID_MISMATCH", "refreshed_at": "2026-03-01T12:00:00Z"});
    assert_eq!(card["devices"], json!([device]));

    agent
        .gets("/support/contacts/2/")
        .await
        .refused(404, "contact_not_found");
    agent
        .gets("/support/contacts/x/")
        .await
        .refused(400, "invalid_field");
    alice
        .gets("/support/contacts/1/")
        .await
        .refused(401, "unauthorized");
    world.ends().await;
}

#[tokio::test]
async fn a_blocked_contact_can_not_write_until_it_is_let_again() {
    let world = World::start().await;
    let agent = world.staff("olga", "agent");
    let alice = world.phone("alice");
    alice.sends("one").await;
    let path = |what: &str| format!("/support/contacts/1/{what}/");
    for _ in 0..2 {
        let card = agent.posts(&path("block"), Value::Null).await.ok();
        assert_eq!(card["is_blocked"], true);
    }
    let body = json!({"user_id": "alice", "message": "two"});
    alice
        .posts("/send_message", body)
        .await
        .refused(403, "contact_blocked");
    assert_eq!(
        agent.posts(&path("unblock"), Value::Null).await.ok()["is_blocked"],
        false
    );
    alice.sends("three").await;
    assert_eq!(alice.reads().await, ["one", "three"]);

    let sql = world.sql();
    let mut rows = sql
        .prepare("SELECT actor_name, action FROM activity_log ORDER BY id")
        .unwrap();
    let read = |row: &rusqlite::Row| Ok((row.get(0)?, row.get(1)?));
    let log: Vec<(String, String)> = rows
        .query_map([], read)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let expected = [("olga", "blocked"), ("olga", "unblocked")];
    assert_eq!(
        log,
        expected.map(|(who, what)| (who.to_owned(), what.to_owned()))
    );
    agent
        .posts("/support/contacts/9/block/", Value::Null)
        .await
        .refused(404, "contact_not_found");
    world.ends().await;
}

#[tokio::test]
async fn notes_are_for_staff_and_for_ones_own_tickets() {
    let world = World::start().await;
    let (olga, owner) = (world.staff("olga", "agent"), world.staff("boss", "owner"));
    let alice = world.phone("alice");
    alice.sends("help").await;
    let path = "/support/tickets/1/notes/";
    let made = olga.posts(path, json!({"text": "a regular"})).await;
    assert_eq!(made.status, 201);
    assert_eq!(
        made.body,
        json!({"id": 1, "ticket": 1, "agent": 1, "agent_name": "olga", "text": "a regular", "created_at": made.body["created_at"]})
    );
    assert_eq!(owner.gets(path).await.ok(), json!([made.body]));
    assert_eq!(alice.reads().await, ["help"]);

    olga.posts(path, json!({"text": " "}))
        .await
        .refused(400, "empty_message");
    olga.posts(path, json!({}))
        .await
        .refused(400, "missing_field");
    olga.posts("/support/tickets/9/notes/", json!({"text": "x"}))
        .await
        .refused(404, "ticket_not_found");
    olga.gets("/support/tickets/9/notes/")
        .await
        .refused(404, "ticket_not_found");
    alice.gets(path).await.refused(401, "unauthorized");
    world
        .sql()
        .execute("UPDATE tickets SET agent_id = 2", [])
        .unwrap();
    olga.posts(path, json!({"text": "mine?"}))
        .await
        .refused(403, "not_yours");
    assert_eq!(owner.posts(path, json!({"text": "ours"})).await.status, 201);
    assert_eq!(
        world
            .service()
            .posts(path, json!({"text": "robot"}))
            .await
            .body["agent"],
        Value::Null
    );
    world.ends().await;
}
