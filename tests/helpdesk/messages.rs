//! Messages row by row: an admin's reaches the user, a user's reaches the group.

use serde_json::json;

use super::{MESSAGES, TICKETS, ticket};
use crate::world::World;

#[tokio::test]
async fn a_users_message_reaches_the_group_and_an_admins_the_user() {
    let world = World::start().await;
    let (service, olga) = (world.service(), world.staff("olga", "agent"));
    let alice = world.phone("alice");
    alice.registers("alice-token").await;
    alice.sends("first").await;
    let found = service.walks(TICKETS).await;
    let (id, user) = (found[0]["id"].clone(), found[0]["user"].clone());
    let body = json!({"ticket": id, "sender_user": user, "content": "from the bot"});
    let made = service.posts(MESSAGES, body).await.made();
    let expected = json!({
        "id": made["id"], "ticket": id, "sender_user": user, "sender_admin": null, "content_type": "text", "content": "from the bot",
        "file": null, "files": [], "sender_name": null, "timestamp": made["timestamp"], "created_at": made["timestamp"], "updated_at": made["timestamp"],
    });
    assert_eq!(made, expected);
    world.post_with("from the bot").await;
    let body = json!({"ticket": id, "sender_admin": olga.id(), "content_type": "text", "content": "on its way"});
    let answer = service.posts(MESSAGES, body).await.made();
    assert_eq!(
        (&answer["sender_admin"], &answer["sender_user"]),
        (&json!(olga.id()), &json!(null))
    );
    assert_eq!(answer["sender_name"], "olga");
    alice
        .sees(&world, &["first", "from the bot", "on its way"])
        .await;
    world
        .until("a push", async || world.sandbox.pushes().len() == 1)
        .await;
    let after = service.gets(&format!("{TICKETS}{id}/")).await.ok();
    assert_eq!(
        (&after["status"], &after["assigned_admin"]),
        (&json!("replied"), &json!(olga.id()))
    );
    assert_eq!(after["is_read"], true);
    let list = service
        .walks(&format!("{MESSAGES}?ticket={id}&page_size=2"))
        .await;
    let contents: Vec<_> = list
        .iter()
        .map(|it| it["content"].as_str().unwrap())
        .collect();
    assert_eq!(contents, ["first", "from the bot", "on its way"]);
    assert_eq!(service.walks(MESSAGES).await.len(), 3);
    world.ends().await;
}

#[tokio::test]
async fn senders_are_exactly_one_and_the_right_one() {
    let world = World::start().await;
    let (service, olga, boss) = (
        world.service(),
        world.staff("olga", "agent"),
        world.staff("boss", "owner"),
    );
    let (ann, bob) = (world.contact("ann").await, world.contact("bob").await);
    let id = ticket(&service, ann, "x").await;
    let blamed = [
        (json!({"ticket": id, "content": "x"}), "sender_user"),
        (
            json!({"ticket": id, "sender_user": ann, "sender_admin": olga.id(), "content": "x"}),
            "sender_user",
        ),
        (
            json!({"ticket": id, "sender_user": bob, "content": "x"}),
            "sender_user",
        ),
        (
            json!({"ticket": id, "sender_admin": 99, "content": "x"}),
            "sender_admin",
        ),
        (
            json!({"ticket": 99, "sender_user": ann, "content": "x"}),
            "ticket",
        ),
        (json!({"ticket": id, "sender_user": ann}), "content"),
        (
            json!({"ticket": id, "sender_user": ann, "content": "", "file": null}),
            "content",
        ),
        (
            json!({"ticket": id, "sender_user": ann, "content_type": "location", "content": "here"}),
            "content",
        ),
    ];
    for (body, field) in blamed {
        service.posts(MESSAGES, body).await.blames(field);
    }
    let own = json!({"ticket": id, "sender_admin": olga.id(), "content": "mine"});
    for asking in [&boss] {
        asking
            .posts(MESSAGES, own.clone())
            .await
            .refused(403, "not_allowed");
        let as_user = json!({"ticket": id, "sender_user": ann, "content": "x"});
        asking
            .posts(MESSAGES, as_user)
            .await
            .refused(403, "not_allowed");
    }
    assert_eq!(world.rows("messages"), 0);
    let mine = olga.posts(MESSAGES, own).await.made();
    assert_eq!(mine["sender_admin"], olga.id());
    let petr = world.staff("petr", "agent");
    let his = json!({"ticket": id, "sender_admin": petr.id(), "content": "his"});
    petr.posts(MESSAGES, his.clone())
        .await
        .refused(403, "not_yours");
    service.posts(MESSAGES, his).await.made();
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn a_place_is_a_place_for_everybody() {
    let world = World::start().await;
    let service = world.service();
    let user = world.contact("ann").await;
    let id = ticket(&service, user, "x").await;
    let body = json!({"ticket": id, "sender_user": user, "content_type": "location", "content": "41.3, 69.2"});
    let made = service.posts(MESSAGES, body).await.made();
    assert_eq!(
        (&made["content_type"], &made["content"]),
        (&json!("location"), &json!("41.3,69.2"))
    );
    let path = format!("{MESSAGES}{}/", made["id"]);
    service
        .patches(&path, json!({"content": "0,0"}))
        .await
        .blames("content");
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn messages_are_edited_by_who_wrote_them_and_deleted_by_owners() {
    let world = World::start().await;
    let (service, olga, boss) = (
        world.service(),
        world.staff("olga", "agent"),
        world.staff("boss", "owner"),
    );
    let alice = world.phone("alice");
    alice.sends("hello").await;
    let mut socket = alice.joins(None).await;
    socket.hears(&world, "joined").await;
    let answer = json!({"ticket": 1, "sender_admin": olga.id(), "content": "teh answer"});
    let id = olga.posts(MESSAGES, answer).await.made()["id"]
        .as_i64()
        .unwrap();
    let path = format!("{MESSAGES}{id}/");
    boss.patches(&path, json!({"content": "x"}))
        .await
        .refused(403, "not_allowed");
    olga.patches(&path, json!({"content": " "}))
        .await
        .blames("content");
    let edited = olga
        .patches(&path, json!({"content": "the answer"}))
        .await
        .ok();
    assert_eq!(edited["content"], "the answer");
    assert_eq!(
        socket.hears(&world, "message_updated").await["message"],
        "the answer"
    );
    let of_user = format!("{MESSAGES}1/");
    olga.patches(&of_user, json!({"content": "x"}))
        .await
        .refused(403, "not_allowed");
    assert_eq!(
        service
            .patches(&of_user, json!({"content": "hi"}))
            .await
            .ok()["content"],
        "hi"
    );
    olga.deletes(&path).await.refused(403, "not_allowed");
    assert_eq!(boss.deletes(&path).await.status, 204);
    assert_eq!(socket.hears(&world, "message_deleted").await["id"], id);
    boss.gets(&path).await.refused(404, "message_not_found");
    boss.deletes(&path).await.refused(404, "message_not_found");
    assert_eq!(alice.reads().await, ["hi"]);
    let counted: (i64, i64) = world
        .sql()
        .query_row(
            "SELECT message_count, last_message_id FROM tickets",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(counted, (1, 1));
    world.queue_is_empty().await;
    world.ends().await;
}
