//! Tickets row by row: made, read, found, changed, deleted.

use std::time::Duration;

use serde_json::json;

use super::{MESSAGES, TICKETS, ids, ticket};
use crate::world::World;

#[tokio::test]
async fn a_ticket_has_every_key_and_its_description_is_its_first_message() {
    let world = World::start().await;
    let service = world.service();
    let user = world.contact("ann").await;
    let body = json!({"user": user, "title": " Where is it? ", "category": null, "description": "My order.\nNo 5", "priority": "high", "extra": 1});
    let made = service.posts(TICKETS, body).await.made();
    let expected = json!({
        "id": 1, "ticket_number": "TKT-9E3779B1", "user": user, "title": "Where is it?", "category": null, "status": "open",
        "priority": "high", "description": "My order.\nNo 5", "assigned_admin": null, "is_read": false, "read_at": null,
        "close_at": null, "closed_by": null, "close_reason": null, "session_id": made["session_id"], "channel": "api",
        "rating": null, "created_at": made["created_at"], "updated_at": made["updated_at"],
    });
    assert_eq!(made, expected);
    assert!(made["created_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(service.gets("/api/ticket/tickets/1").await.ok(), expected);
    let messages = service.walks("/api/ticket/messages/?ticket=1").await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["content"], "My order.\nNo 5");
    assert_eq!(messages[0]["sender_user"], user);
    world.post_with("My order.").await;
    world.ends().await;
}

#[tokio::test]
async fn what_can_not_be_made_names_its_field() {
    let world = World::start().await;
    let service = world.service();
    let user = world.contact("ann").await;
    let cases = [
        (json!({"title": "x"}), "user"),
        (json!({"user": "1", "title": "x"}), "user"),
        (json!({"user": 99, "title": "x"}), "user"),
        (json!({"user": user}), "title"),
        (json!({"user": user, "title": "  "}), "title"),
        (json!({"user": user, "title": 7}), "title"),
        (json!({"user": user, "title": "я".repeat(256)}), "title"),
        (
            json!({"user": user, "title": "x", "category": 99}),
            "category",
        ),
        (
            json!({"user": user, "title": "x", "category": "a"}),
            "category",
        ),
        (
            json!({"user": user, "title": "x", "priority": "urgent"}),
            "priority",
        ),
        (
            json!({"user": user, "title": "x", "description": 5}),
            "description",
        ),
        (
            json!({"user": user, "title": "x", "description": "x".repeat(16_001)}),
            "description",
        ),
    ];
    for (body, field) in cases {
        service.posts(TICKETS, body).await.blames(field);
    }
    assert_eq!(world.rows("tickets"), 0);
    let longest = json!({"user": user, "title": "я".repeat(255)});
    service.posts(TICKETS, longest).await.made();
    world
        .sql()
        .execute("UPDATE contacts SET is_blocked = 1", [])
        .unwrap();
    let blocked = json!({"user": user, "title": "x"});
    service
        .posts(TICKETS, blocked)
        .await
        .refused(403, "contact_blocked");
    world.ends().await;
}

#[tokio::test]
async fn a_bot_walks_all_pages_and_filters_narrow_them() {
    let world = World::start().await;
    let (service, olga) = (world.service(), world.staff("olga", "agent"));
    let (ann, bob) = (world.contact("ann").await, world.contact("bob").await);
    let bills = world.category("Bills", &[&olga]);
    for number in 0..45 {
        let body = json!({
            "user": if number % 2 == 0 { ann } else { bob }, "title": format!("Question {number}"),
            "category": if number % 3 == 0 { Some(bills) } else { None },
            "priority": if number % 5 == 0 { "low" } else { "high" },
            "description": if number == 7 { Some("the Парусник did not arrive") } else { None },
        });
        service.posts(TICKETS, body).await.made();
    }
    let all = service.walks(TICKETS).await;
    assert_eq!(ids(&all), (1..=45).rev().collect::<Vec<_>>());
    let first = service.gets(TICKETS).await.ok();
    assert_eq!(first["results"].as_array().unwrap().len(), 20);
    assert_eq!(first["previous"], json!(null));
    assert!(
        first["next"]
            .as_str()
            .unwrap()
            .starts_with(&world.url("/api/ticket/tickets/?"))
    );
    let big = service
        .gets("/api/ticket/tickets/?page_size=1000")
        .await
        .ok();
    assert_eq!(big["results"].as_array().unwrap().len(), 45);
    for (query, expected) in [
        ("?page=4", 404),
        ("?page=0", 400),
        ("?page=x", 400),
        ("?status=new", 400),
        ("?priority=urgent", 400),
        ("?category=x", 400),
        ("?admin_id=x", 400),
        ("?user_id=x", 400),
        ("?date_from=yesterday", 400),
        ("?date_to=2026-02-30", 400),
    ] {
        let answer = service.gets(&format!("{TICKETS}{query}")).await;
        assert_eq!(answer.status, expected, "{query}");
    }
    let counts = [
        (format!("user_id={ann}"), 23),
        (format!("category={bills}"), 15),
        (format!("category={bills}&user_id={bob}"), 7),
        (format!("admin_id={}", olga.id()), 15),
        ("status=waiting_admin".to_owned(), 15),
        ("status=open".to_owned(), 30),
        ("priority=low".to_owned(), 9),
        ("date_from=2026-03-01&date_to=2026-03-01".to_owned(), 45),
        ("date_from=2026-03-02".to_owned(), 0),
        ("date_to=2026-02-28".to_owned(), 0),
        (
            "date_from=2026-03-01T11:59:00Z&date_to=2026-03-01T12:00:00Z".to_owned(),
            0,
        ),
        ("search=parusnik".to_owned(), 0),
        ("search=%D0%BF%D0%B0%D1%80%D1%83%D1%81".to_owned(), 1),
        ("search=question%2012".to_owned(), 1),
        ("search=TKT-9E3779B1".to_owned(), 1),
        ("search=9e3779b1".to_owned(), 1),
        ("search=%22%29%20OR%20*".to_owned(), 0),
        ("search=---".to_owned(), 0),
    ];
    for (query, expected) in counts {
        let found = service.walks(&format!("{TICKETS}?{query}")).await;
        assert_eq!(found.len(), expected, "{query}");
    }
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn the_days_of_a_list_are_those_of_the_zone() {
    let world = World::with(|options| {
        options
            .settings
            .push(("TIMEZONE", "Asia/Tashkent".to_owned()));
        options.now = "2026-03-01T18:30:00Z";
    })
    .await;
    let (service, olga) = (world.service(), world.staff("olga", "agent"));
    let user = world.contact("ann").await;
    let given = world.category("All", &[&olga]);
    let open = async |title: &str| {
        let body = json!({"user": user, "title": title, "category": given});
        service.posts(TICKETS, body).await.made();
    };
    open("the 1st").await;
    world.clock.advance(Duration::from_secs(3600));
    open("the 2nd, early").await;
    world.clock.advance(Duration::from_secs(24 * 3600));
    open("the 3rd").await;
    let titles = async |filter: &str| -> Vec<String> {
        let path = format!("{TICKETS}my-tickets/?admin_id={}{filter}", olga.id());
        let list = service.gets(&path).await.ok();
        let list = list.as_array().unwrap().clone();
        list.iter()
            .map(|it| it["title"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(titles("").await, ["the 3rd"]);
    assert_eq!(titles("&date_filter=today").await, ["the 3rd"]);
    assert_eq!(titles("&date_filter=yesterday").await, ["the 2nd, early"]);
    assert_eq!(titles("&date_filter=old").await, ["the 1st"]);
    assert_eq!(titles("&date_filter=2026-03-01").await, ["the 1st"]);
    assert_eq!(titles("&date_filter=all").await.len(), 3);
    let day = service
        .walks("/api/ticket/tickets/?date_from=2026-03-02&date_to=2026-03-02")
        .await;
    assert_eq!(day[0]["title"], "the 2nd, early");
    assert_eq!(day.len(), 1);
    service
        .gets(&format!(
            "{TICKETS}my-tickets/?admin_id=1&date_filter=Today"
        ))
        .await
        .blames("date_filter");
    for (path, sentence) in [
        ("my-tickets/", "admin_id required"),
        ("my-tickets/?admin_id=", "admin_id required"),
        ("user-tickets/", "user_id required"),
    ] {
        let answer = service.gets(&format!("{TICKETS}{path}")).await;
        assert_eq!(
            (answer.status, &answer.body["error"]),
            (400, &json!(sentence))
        );
    }
    let of_ann = service
        .gets(&format!("{TICKETS}user-tickets/?user_id={user}"))
        .await
        .ok();
    assert_eq!(ids(of_ann.as_array().unwrap()), [3, 2, 1]);
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn fields_change_one_by_one_and_sending_back_what_was_read_changes_nothing() {
    let world = World::start().await;
    let (service, olga) = (world.service(), world.staff("olga", "agent"));
    let user = world.contact("ann").await;
    let bills = world.category("Bills", &[]);
    let id = ticket(&service, user, "first").await;
    let path = format!("{TICKETS}{id}/");
    let changed = service
        .patches(&path, json!({"title": "second", "category": bills, "priority": "low", "description": "more", "is_read": true}))
        .await
        .ok();
    for (key, value) in [
        ("title", json!("second")),
        ("category", json!(bills)),
        ("priority", json!("low")),
        ("description", json!("more")),
        ("is_read", json!(true)),
        ("status", json!("open")),
    ] {
        assert_eq!(changed[key], value, "{key}");
    }
    assert!(changed["read_at"].is_string());
    let round = service.puts(&path, changed.clone()).await.ok();
    assert_eq!(round, changed);
    assert_eq!(
        service
            .patches(&path, json!({"category": null, "is_read": false}))
            .await
            .ok()["category"],
        json!(null)
    );
    let given = service
        .patches(&path, json!({"assigned_admin": olga.id()}))
        .await
        .ok();
    assert_eq!(
        (&given["assigned_admin"], &given["status"]),
        (&json!(olga.id()), &json!("waiting_admin"))
    );
    let working = service
        .patches(&path, json!({"status": "in_progress"}))
        .await
        .ok();
    assert_eq!(working["status"], "in_progress");
    let nobodys = service
        .patches(&path, json!({"assigned_admin": null}))
        .await
        .ok();
    assert_eq!(
        (&nobodys["assigned_admin"], &nobodys["status"]),
        (&json!(null), &json!("open"))
    );
    let cases = [
        (json!({"status": "done"}), "status"),
        (json!({"status": 5}), "status"),
        (json!({"priority": "x"}), "priority"),
        (json!({"title": ""}), "title"),
        (json!({"category": 99}), "category"),
        (json!({"assigned_admin": 99}), "assigned_admin"),
        (json!({"assigned_admin": "me"}), "assigned_admin"),
        (json!({"is_read": "yes"}), "is_read"),
        (json!({"user": 99}), "user"),
    ];
    for (body, field) in cases {
        service.patches(&path, body).await.blames(field);
    }
    service
        .puts(&path, json!({"priority": "low"}))
        .await
        .blames("title");
    let closed = service
        .patches(&path, json!({"status": "closed", "close_reason": "done"}))
        .await
        .ok();
    assert_eq!(
        (&closed["status"], &closed["close_reason"]),
        (&json!("closed"), &json!("done"))
    );
    assert!(closed["close_at"].is_string());
    assert_eq!(service.puts(&path, closed.clone()).await.ok(), closed);
    service
        .patches(&path, json!({"assigned_admin": olga.id()}))
        .await
        .refused(409, "ticket_closed");
    let open = service.patches(&path, json!({"status": "open"})).await.ok();
    assert_eq!(
        (&open["status"], &open["close_at"]),
        (&json!("open"), &json!(null))
    );
    for path in ["/api/ticket/tickets/99/", "/api/ticket/tickets/0"] {
        service.gets(path).await.refused(404, "ticket_not_found");
        service
            .patches(path, json!({"title": "x"}))
            .await
            .refused(404, "ticket_not_found");
    }
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn a_deleted_ticket_takes_its_messages_along() {
    let world = World::start().await;
    let (service, olga) = (world.service(), world.staff("olga", "agent"));
    let user = world.contact("ann").await;
    let id = ticket(&service, user, "gone").await;
    let body = json!({"ticket": id, "sender_user": user, "content": "hello"});
    service.posts(MESSAGES, body).await.made();
    world.post_with("hello").await;
    world.queue_is_empty().await;
    let path = format!("{TICKETS}{id}/");
    olga.deletes(&path).await.refused(403, "not_allowed");
    assert_eq!(service.deletes(&path).await.status, 204);
    service.gets(&path).await.refused(404, "ticket_not_found");
    service
        .deletes(&path)
        .await
        .refused(404, "ticket_not_found");
    assert_eq!((world.rows("tickets"), world.rows("messages")), (0, 0));
    let log = service.walks("/api/admin/log/").await;
    assert_eq!(
        (&log[0]["action"], &log[0]["ticket"]),
        (&json!("deleted"), &json!(null))
    );
    assert_eq!(log[0]["user"], user);
    world.ends().await;
}
