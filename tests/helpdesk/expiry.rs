//! Tickets nobody answered end when somebody calls for it.

use std::time::Duration;

use serde_json::json;

use super::{MESSAGES, TICKETS, ticket};
use crate::world::World;

const CALL: &str = "/api/ticket/tickets/close_expired/";

#[tokio::test]
async fn only_what_waits_unanswered_for_long_enough_ends() {
    let world = World::start().await;
    let (service, olga) = (world.service(), world.staff("olga", "agent"));
    let user = world.contact("ann").await;
    let (silent, answered, spoken, waiting) = (
        ticket(&service, user, "silent").await,
        ticket(&service, user, "answered").await,
        ticket(&service, user, "spoken in").await,
        ticket(&service, user, "waits for the user").await,
    );
    let says = async |ticket: i64, sender: &str, id: i64| {
        let body = json!({"ticket": ticket, sender: id, "content": "hello"});
        service.posts(MESSAGES, body).await.made();
    };
    says(answered, "sender_admin", olga.id()).await;
    says(answered, "sender_user", user).await;
    let path = format!("{TICKETS}{waiting}/");
    service
        .patches(&path, json!({"status": "waiting_user"}))
        .await
        .ok();
    world.clock.advance(Duration::from_secs(5 * 60));
    says(spoken, "sender_user", user).await;
    world.clock.advance(Duration::from_secs(5 * 60 - 30));
    let call = async || service.posts(CALL, json!({})).await.ok()["message"].clone();
    assert_eq!(call().await, "0 tickets auto-closed");
    world.clock.advance(Duration::from_secs(60));
    olga.posts(CALL, json!({}))
        .await
        .refused(403, "not_allowed");
    assert_eq!(call().await, "1 tickets auto-closed");
    let ended = service.gets(&format!("{TICKETS}{silent}/")).await.ok();
    assert_eq!(
        (&ended["status"], &ended["closed_by"]),
        (&json!("expired"), &json!(null))
    );
    assert!(ended["close_at"].is_string());
    assert_eq!(call().await, "0 tickets auto-closed");
    world.clock.advance(Duration::from_secs(5 * 60));
    assert_eq!(call().await, "1 tickets auto-closed");
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn many_end_in_small_bites_and_the_group_hears_of_a_few() {
    let world = World::start().await;
    let service = world.service();
    let user = world.contact("ann").await;
    world
        .sql()
        .execute_batch(&format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1050)
             INSERT INTO tickets (session_id, contact_id, channel, title, status, created_at, updated_at)
             SELECT printf('0b7c3a0e-0000-4000-8000-%012d', i), {user}, 'api', 'old', 'open', '2026-02-01T00:00:00.000000Z', '2026-02-01T00:00:00.000000Z' FROM n"
        ))
        .unwrap();
    let call = service
        .answer(service.request(reqwest::Method::POST, CALL))
        .await
        .ok();
    assert_eq!(call["message"], "1050 tickets auto-closed");
    let told: i64 = world
        .sql()
        .query_row(
            "SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = 'outbox'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(told, 20);
    world.queue_is_empty().await;
    world.ends().await;
}
