//! `GET /support/tickets/` and `POST`: filters, order, pages, shapes.

use serde_json::{Value, json};

use crate::world::{Phone, World};

/// A ticket of a user, made by the interface; its id.
async fn opens(staff: &Phone, user: &str, title: &str) -> i64 {
    let body = json!({"user_id": user, "title": title});
    let made = staff.posts("/support/tickets/", body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.body["id"].as_i64().unwrap()
}

async fn ids(staff: &Phone, query: &str) -> Vec<i64> {
    let list = staff.gets(&format!("/support/tickets/{query}")).await.ok();
    let list = list.as_array().unwrap().iter();
    list.map(|ticket| ticket["id"].as_i64().unwrap()).collect()
}

async fn patches(staff: &Phone, id: i64, body: Value) {
    let request = staff.request(reqwest::Method::PATCH, &format!("/support/tickets/{id}/"));
    staff.answer(request.json(&body)).await.ok();
}

#[tokio::test]
async fn a_ticket_has_the_shape_the_contract_draws() {
    let world = World::start().await;
    let olga = world.staff("olga", "agent");
    let made = olga
        .posts(
            "/support/tickets",
            json!({"user_id": 123, "title": " Where is\nmy order? ", "unknown": []}),
        )
        .await;
    assert_eq!(made.status, 201);
    let id = made.body["id"].as_i64().unwrap();
    assert_eq!(made.body["title"], "Where is my order?");
    assert_eq!(made.body["last_message"], Value::Null);
    assert_eq!(world.rows("messages"), 0);
    olga.posts(
        &format!("/support/tickets/{id}/messages/"),
        json!({"text": "hi", "sender": "supp"}),
    )
    .await;
    let ticket = olga.gets(&format!("/support/tickets/{id}/")).await.ok();
    let sql = world.sql();
    let contact: i64 = sql
        .query_row(
            "SELECT id FROM contacts WHERE user_id = '123' AND channel = 'api'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let message = &ticket["last_message"];
    let expected = json!({
        "id": id, "number": ticket["number"], "session_id": ticket["session_id"],
        "user": {"id": contact, "telegram_id": 123, "user_id": "123", "name": null, "email": null, "username": null},
        "support_manager": {"id": olga.user_id.parse::<i64>().unwrap(), "first_name": "olga", "last_name": ""},
        "created_at": ticket["created_at"], "updated_at": ticket["updated_at"],
        "title": "Where is my order?", "resolved": false, "viewed": true,
        "status": "replied", "priority": "medium", "category": null, "channel": "api",
        "unread_count": 0, "rating": null, "page_url": null,
        "last_message": {
            "id": message["id"], "created_at": message["created_at"], "sender": "supp", "text": "hi", "viewed": true,
            "ticket": id, "attachments": [], "agent_name": "olga", "edited_at": null, "read": false,
        },
    });
    assert_eq!(ticket, expected);
    let at: chrono::DateTime<chrono::Utc> = ticket["created_at"].as_str().unwrap().parse().unwrap();
    assert!(
        ticket["created_at"].as_str().unwrap().ends_with('Z') && at.timestamp() > 1_700_000_000
    );
    world.ends().await;
}

#[tokio::test]
async fn a_list_is_narrowed_to_a_state_or_a_category_and_turned_round() {
    let world = World::start().await;
    let owner = world.staff("otto", "owner");
    let first = opens(&owner, "1", "one").await;
    let second = opens(&owner, "2", "two").await;
    let third = opens(&owner, "3", "three").await;
    patches(&owner, first, json!({"resolved": true})).await;
    assert_eq!(ids(&owner, "?order=newest").await, [third, second, first]);
    assert_eq!(ids(&owner, "?order=waiting").await, [second, third, first]);
    assert_eq!(ids(&owner, "?status=closed").await, [first]);
    assert_eq!(
        ids(&owner, "?status=open&order=newest").await,
        [third, second]
    );
    assert_eq!(ids(&owner, "?category=77").await, [0; 0]);
    for wrong in ["status=done", "order=random", "category=x", "category=0"] {
        let field = wrong.split('=').next();
        let answer = owner.gets(&format!("/support/tickets/?{wrong}")).await;
        assert_eq!(answer.status, 400, "{wrong}");
        assert_eq!(answer.body["field"].as_str(), field, "{wrong}");
    }
    world.ends().await;
}

#[tokio::test]
async fn unresolved_ones_come_first_then_the_oldest_and_filters_must_all_hold() {
    let world = World::start().await;
    let olga = world.staff("olga", "agent");
    let ivan = world.staff("ivan", "agent");
    let a = opens(&olga, "007", "first").await;
    let b = opens(&olga, "bob", "second").await;
    let c = opens(&olga, "007", "third").await;
    patches(&olga, a, json!({"resolved": true})).await;
    let own: i64 = olga.user_id.parse().unwrap();
    patches(&olga, b, json!({"support_manager": own})).await;
    let manager = format!("?manager={own}");
    for (query, expected) in [
        ("", vec![b, c, a]),
        ("?resolved=false", vec![b, c]),
        ("?resolved=TRUE", vec![a]),
        ("?user_id=007", vec![c, a]),
        ("?user_id=7", vec![]),
        ("?user_id=", vec![b, c, a]),
        ("?manager__isnull=True", vec![c, a]),
        ("?manager__isnull=false", vec![b]),
        (manager.as_str(), vec![b]),
        ("?manager=99999", vec![]),
        ("?mine=true", vec![b]),
        ("?mine=false", vec![b, c, a]),
        ("?user_id=007&resolved=false&manager__isnull=true", vec![c]),
        ("?q=second", vec![b]),
        ("?q=thi&resolved=false", vec![c]),
        ("?q=007", vec![c, a]),
        ("?q=%22*", vec![]),
        ("?offset=1", vec![c, a]),
    ] {
        assert_eq!(ids(&olga, query).await, expected, "{query}");
    }
    assert_eq!(ids(&ivan, "?mine=true").await, [0; 0]);
    assert_eq!(ids(&world.service(), "?mine=true").await, [0; 0]);
    let ticket = olga.gets(&format!("/support/tickets/{c}")).await.ok();
    let number = ticket["number"].as_str().unwrap();
    assert_eq!(ids(&olga, &format!("?q={number}")).await, [c]);
    for (query, field) in [
        ("?manager=abc", "manager"),
        ("?manager=0", "manager"),
        ("?resolved=1", "resolved"),
        ("?resolved=yes", "resolved"),
        ("?manager__isnull=2", "manager__isnull"),
        ("?limit=0", "limit"),
        ("?limit=101", "limit"),
        ("?offset=-1", "offset"),
        ("?mine=x", "mine"),
        ("?user_id=%01", "user_id"),
    ] {
        let answer = olga.gets(&format!("/support/tickets/{query}")).await;
        assert_eq!(
            (answer.status, answer.body["field"].as_str()),
            (400, Some(field)),
            "{query}: {}",
            answer.body
        );
    }
    world.ends().await;
}

#[tokio::test]
async fn with_a_limit_it_is_a_page_and_following_next_reads_all() {
    let world = World::start().await;
    let olga = world.staff("olga", "agent");
    let mut made = Vec::new();
    for number in 0..5 {
        made.push(opens(&olga, "x", &format!("ticket {number}")).await);
    }
    let whole = olga.gets("/support/tickets/").await;
    assert_eq!(whole.header("x-total-count"), Some("5"));
    let mut path = "/support/tickets/?user_id=x&limit=2".to_owned();
    let (mut seen, mut back) = (Vec::new(), Vec::new());
    loop {
        let page = olga.gets(&path).await.ok();
        assert_eq!(page["count"], 5);
        let results = page["results"].as_array().unwrap();
        seen.extend(results.iter().map(|ticket| ticket["id"].as_i64().unwrap()));
        back.push(page["previous"].clone());
        let Some(next) = page["next"].as_str() else {
            break;
        };
        assert!(next.contains("user_id=x"), "{next}");
        path = next.strip_prefix(&world.url("")).unwrap().to_owned();
    }
    assert_eq!(seen, made);
    assert_eq!(back.len(), 3);
    assert!(back[0].is_null() && back[2].as_str().unwrap().contains("offset=2"));
    world.ends().await;
}

#[tokio::test]
async fn without_a_limit_there_are_at_most_five_hundred() {
    let world = World::start().await;
    let olga = world.staff("olga", "agent");
    opens(&olga, "x", "one").await;
    world
        .sql()
        .execute_batch(
            "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 600)
             INSERT INTO tickets (session_id, contact_id, channel, title, status, created_at, updated_at)
             SELECT printf('%08x-0000-4000-8000-000000000000', i), 1, 'api', 'T' || i, 'open',
                    '2026-03-01T12:00:00.000000Z', '2026-03-01T12:00:00.000000Z' FROM n;",
        )
        .unwrap();
    let list = olga.gets("/support/tickets/").await;
    assert_eq!(list.header("x-total-count"), Some("601"));
    assert_eq!(list.ok().as_array().unwrap().len(), 500);
    assert_eq!(ids(&olga, "?offset=590").await.len(), 11);
    world.ends().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_new_ticket_is_named() {
    let world = World::start().await;
    let olga = world.staff("olga", "agent");
    for (body, field) in [
        (json!({"title": "x"}), "user_id"),
        (json!({"user_id": "", "title": "x"}), "user_id"),
        (json!({"user_id": 1.5, "title": "x"}), "user_id"),
        (json!({"user_id": true, "title": "x"}), "user_id"),
        (json!({"user_id": "a".repeat(129), "title": "x"}), "user_id"),
        (json!({"user_id": "a"}), "title"),
        (json!({"user_id": "a", "title": null}), "title"),
        (json!({"user_id": "a", "title": " \n"}), "title"),
        (json!({"user_id": "a", "title": 5}), "title"),
        (json!({"user_id": "a", "title": "я".repeat(257)}), "title"),
    ] {
        let answer = olga.posts("/support/tickets/", body.clone()).await;
        assert_eq!(
            (answer.status, answer.body["field"].as_str()),
            (400, Some(field)),
            "{body}"
        );
    }
    opens(&olga, "a", &"я".repeat(256)).await;
    assert_eq!((world.rows("tickets"), world.rows("contacts")), (1, 1));
    // A known contact keeps its channel.
    let alice = world.phone("alice");
    alice.sends("hello").await;
    opens(&olga, "alice", "from the phone call").await;
    assert_eq!(ids(&olga, "?user_id=alice").await.len(), 2);
    let unread = olga.gets("/support/tickets/?user_id=alice").await.ok();
    assert_eq!(unread[0]["unread_count"], 1);
    assert_eq!(unread[0]["channel"], "mobile");
    assert_eq!(unread[0]["last_message"]["text"], "hello");
    world.ends().await;
}

#[tokio::test]
async fn nobody_but_staff_sees_tickets() {
    let world = World::start().await;
    let id = opens(&world.staff("olga", "agent"), "alice", "mine").await;
    let strangers = [world.phone("alice"), {
        let mut forged = world.phone("alice");
        forged.token = Some("token-of-nobody".to_owned());
        forged
    }];
    for stranger in strangers {
        for path in [
            "/support/tickets/".to_owned(),
            format!("/support/tickets/{id}/"),
            format!("/support/tickets/{id}/messages/"),
            "/support/search/?q=x".to_owned(),
            "/ws/support/manager/".to_owned(),
        ] {
            stranger.gets(&path).await.refused(401, "unauthorized");
        }
    }
    world.ends().await;
}
