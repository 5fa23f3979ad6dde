//! Who gets a ticket, and how it ends.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::json;

use super::{TICKETS, ticket};
use crate::world::World;

#[tokio::test]
async fn tickets_of_a_category_go_round_its_agents_fairly() {
    let world = World::start().await;
    let service = world.service();
    let staff = ["olga", "petr", "rita"].map(|name| world.staff(name, "agent"));
    let blocked = world.staff("sam", "agent");
    world
        .sql()
        .execute(
            "UPDATE agents SET is_blocked = 1 WHERE id = ?1",
            [blocked.id()],
        )
        .unwrap();
    let [olga, petr, rita] = &staff;
    let bills = world.category("Bills", &[olga, petr, rita, &blocked]);
    let user = world.contact("ann").await;
    let mut got: HashMap<i64, usize> = HashMap::new();
    for number in 0..12 {
        let body = json!({"user": user, "title": format!("{number}"), "category": bills, "description": "x"});
        let made = service.posts(TICKETS, body).await.made();
        assert_eq!(made["status"], "waiting_admin");
        *got.entry(made["assigned_admin"].as_i64().unwrap())
            .or_default() += 1;
        world.clock.advance(Duration::from_millis(10));
        // Never two more than anybody else.
        let most = got.values().max().unwrap();
        let least = staff
            .iter()
            .map(|agent| got.get(&agent.id()).copied().unwrap_or(0))
            .min()
            .unwrap();
        assert!(most - least <= 1, "{got:?}");
    }
    assert_eq!(got.len(), 3);
    // Whoever has fewest gets the next, whenever the last was.
    let path = format!("{TICKETS}?admin_id={}", rita.id());
    for one in service.walks(&path).await {
        let path = format!("{TICKETS}{}/close/", one["id"]);
        service.posts(&path, json!({})).await.ok();
    }
    for _ in 0..4 {
        let body = json!({"user": user, "title": "next", "category": bills});
        let made = service.posts(TICKETS, body).await.made();
        assert_eq!(made["assigned_admin"], rita.id());
    }
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn a_category_of_nobody_leaves_the_ticket_open_and_tells_the_group() {
    let world = World::start().await;
    let service = world.service();
    let user = world.contact("ann").await;
    let bills = world.category("Bills", &[]);
    let body = json!({"user": user, "title": "x", "category": bills});
    let made = service.posts(TICKETS, body).await.made();
    assert_eq!(
        (&made["status"], &made["assigned_admin"]),
        (&json!("open"), &json!(null))
    );
    let told: i64 = world
        .sql()
        .query_row(
            "SELECT COUNT(*) FROM sqlite_sequence WHERE name = 'outbox' AND seq > 0",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(told, 1);
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn giving_a_ticket_to_an_admin() {
    let world = World::start().await;
    let (service, olga) = (world.service(), world.staff("olga", "agent"));
    let user = world.contact("ann").await;
    let id = ticket(&service, user, "x").await;
    let path = format!("{TICKETS}{id}/assign-admin/");
    for body in [json!({}), json!({"admin_id": null})] {
        let answer = service.posts(&path, body).await;
        assert_eq!(
            (answer.status, &answer.body["error"]),
            (400, &json!("admin_id required"))
        );
    }
    service
        .posts(&path, json!({"admin_id": "1"}))
        .await
        .blames("admin_id");
    let answer = service.posts(&path, json!({"admin_id": 99})).await;
    assert_eq!(
        (answer.status, &answer.body["error"]),
        (404, &json!("Admin not found or blocked"))
    );
    let given = service
        .posts(&path, json!({"admin_id": olga.id()}))
        .await
        .ok();
    assert_eq!(
        (&given["assigned_admin"], &given["status"]),
        (&json!(olga.id()), &json!("waiting_admin"))
    );
    world
        .sql()
        .execute("UPDATE agents SET is_blocked = 1", [])
        .unwrap();
    let answer = service.posts(&path, json!({"admin_id": olga.id()})).await;
    assert_eq!(
        (answer.status, &answer.body["error"]),
        (404, &json!("Admin not found or blocked"))
    );
    service
        .posts(&format!("{TICKETS}{id}/close/"), json!({}))
        .await
        .ok();
    world
        .sql()
        .execute("UPDATE agents SET is_blocked = 0", [])
        .unwrap();
    service
        .posts(&path, json!({"admin_id": olga.id()}))
        .await
        .refused(409, "ticket_closed");
    let nowhere = format!("{TICKETS}99/assign-admin/");
    service
        .posts(&nowhere, json!({"admin_id": olga.id()}))
        .await
        .refused(404, "ticket_not_found");
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn closing_in_somebodys_name_and_twice() {
    let world = World::start().await;
    let (service, olga) = (world.service(), world.staff("olga", "agent"));
    let user = world.contact("ann").await;
    let id = ticket(&service, user, "x").await;
    let path = format!("{TICKETS}{id}/close/");
    let answer = service.posts(&path, json!({"admin_id": 99})).await;
    assert_eq!(
        (answer.status, &answer.body["error"]),
        (404, &json!("Admin not found or blocked"))
    );
    service
        .posts(&path, json!({"close_reason": 5}))
        .await
        .blames("close_reason");
    let body = json!({"admin_id": olga.id(), "close_reason": "solved"});
    let closed = service.posts(&path, body).await.ok();
    assert_eq!(closed["status"], "closed");
    assert_eq!(
        (&closed["closed_by"], &closed["close_reason"]),
        (&json!(olga.id()), &json!("solved"))
    );
    let again = service
        .posts(&path, json!({"admin_id": null, "close_reason": "other"}))
        .await
        .ok();
    assert_eq!(again, closed);
    let other = ticket(&service, user, "y").await;
    let path = format!("{TICKETS}{other}/close/");
    // Without a body too.
    let closed = service
        .answer(service.request(reqwest::Method::POST, &path))
        .await
        .ok();
    assert_eq!(
        (&closed["status"], &closed["closed_by"]),
        (&json!("closed"), &json!(null))
    );
    world.queue_is_empty().await;
    world.ends().await;
}
