//! Who may do what here: nobody without a token, agents on their own tickets, owners and the service on all.

use serde_json::json;

use super::{MESSAGES, TICKETS, ticket};
use crate::world::World;

#[tokio::test]
async fn no_path_is_open() {
    let world = World::start().await;
    let stranger = world.phone("x");
    for path in [
        TICKETS,
        MESSAGES,
        "/api/ticket/tickets/1/",
        "/api/ticket/messages/1/",
        "/api/ticket/tickets/my-tickets/?admin_id=1",
        "/api/ticket/tickets/user-tickets/?user_id=1",
        "/api/admin/admin-activities/",
        "/api/admin/log/",
        "/api/admin/reports/",
    ] {
        stranger.gets(path).await.refused(401, "unauthorized");
    }
    for path in [
        TICKETS,
        MESSAGES,
        "/api/ticket/tickets/1/close/",
        "/api/ticket/tickets/1/assign-admin/",
        "/api/ticket/tickets/close_expired/",
    ] {
        stranger
            .posts(path, json!({}))
            .await
            .refused(401, "unauthorized");
    }
    world.ends().await;
}

#[tokio::test]
async fn another_agents_ticket_is_taken_over_before_it_is_touched() {
    let world = World::start().await;
    let (service, olga, petr) = (
        world.service(),
        world.staff("olga", "agent"),
        world.staff("petr", "agent"),
    );
    let boss = world.staff("boss", "owner");
    let user = world.contact("ann").await;
    let id = ticket(&service, user, "x").await;
    let path = format!("{TICKETS}{id}/");
    service
        .posts(
            &format!("{path}assign-admin/"),
            json!({"admin_id": olga.id()}),
        )
        .await
        .ok();
    petr.gets(&path).await.ok();
    petr.patches(&path, json!({"title": "y"}))
        .await
        .refused(403, "not_yours");
    petr.patches(&path, json!({"status": "closed"}))
        .await
        .refused(403, "not_yours");
    petr.posts(&format!("{path}close/"), json!({}))
        .await
        .refused(403, "not_yours");
    petr.posts(&format!("{path}close/"), json!({"admin_id": olga.id()}))
        .await
        .refused(403, "not_allowed");
    let mine = format!("{TICKETS}my-tickets/?admin_id={}", olga.id());
    petr.gets(&mine).await.refused(403, "not_allowed");
    for asking in [&olga, &boss, &service] {
        assert_eq!(asking.gets(&mine).await.ok().as_array().unwrap().len(), 1);
    }
    boss.patches(&path, json!({"title": "y"})).await.ok();
    let taken = petr
        .patches(&path, json!({"assigned_admin": petr.id(), "title": "z"}))
        .await
        .ok();
    assert_eq!(
        (&taken["assigned_admin"], &taken["title"]),
        (&json!(petr.id()), &json!("z"))
    );
    let closed = petr
        .posts(&format!("{path}close/"), json!({"admin_id": petr.id()}))
        .await
        .ok();
    assert_eq!(closed["closed_by"], petr.id());
    world.queue_is_empty().await;
    world.ends().await;
}
