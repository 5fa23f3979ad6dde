//! Work by day, the log, and the report.

use std::time::Duration;

use serde_json::json;

use super::{MESSAGES, TICKETS, ticket};
use crate::world::World;

const WORK: &str = "/api/admin/admin-activities/";
const LOG: &str = "/api/admin/log/";
const REPORTS: &str = "/api/admin/reports/";

#[tokio::test]
async fn work_is_told_by_day_own_to_agents_and_all_to_owners() {
    let world = World::start().await;
    let (service, olga, petr) = (
        world.service(),
        world.staff("olga", "agent"),
        world.staff("petr", "agent"),
    );
    let boss = world.staff("boss", "owner");
    let user = world.contact("ann").await;
    let gives = async |agent: i64| {
        let id = ticket(&service, user, "x").await;
        let path = format!("{TICKETS}{id}/assign-admin/");
        service.posts(&path, json!({"admin_id": agent})).await.ok();
        id
    };
    let first = gives(olga.id()).await;
    gives(olga.id()).await;
    gives(petr.id()).await;
    world.clock.advance(Duration::from_secs(90));
    for _ in 0..2 {
        let body = json!({"ticket": first, "sender_admin": olga.id(), "content": "hello"});
        olga.posts(MESSAGES, body).await.made();
    }
    let day = 20_513; // 2026-03-01
    let hers = json!({
        "id": olga.id() * 100_000 + day, "admin": olga.id(), "date": "2026-03-01", "assigned_tickets": 2,
        "answered_tickets": 1, "pending_tickets": 1, "avg_response_time": 90,
    });
    assert_eq!(olga.walks(WORK).await, std::slice::from_ref(&hers));
    let all = boss.walks(WORK).await;
    assert_eq!(all.len(), 2);
    assert_eq!(all[0], hers);
    assert_eq!(
        service.walks(&format!("{WORK}?admin={}", petr.id())).await[0]["assigned_tickets"],
        1
    );
    let path = format!("{WORK}?admin={}", petr.id());
    olga.gets(&path).await.refused(403, "not_allowed");
    assert!(
        boss.walks(&format!("{WORK}?date_to=2026-02-28"))
            .await
            .is_empty()
    );
    boss.gets(&format!("{WORK}?date_from=x"))
        .await
        .blames("date_from");
    boss.gets(&format!("{WORK}?date_from=2026-03-02&date_to=2026-03-01"))
        .await
        .blames("date_from");
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn the_log_tells_who_did_what() {
    let world = World::start().await;
    let (service, olga, petr) = (
        world.service(),
        world.staff("olga", "agent"),
        world.staff("petr", "agent"),
    );
    let user = world.contact("ann").await;
    let id = ticket(&service, user, "x").await;
    olga.posts(
        MESSAGES,
        json!({"ticket": id, "sender_admin": olga.id(), "content": "hello"}),
    )
    .await
    .made();
    let path = format!("{TICKETS}{id}/");
    petr.posts(
        &format!("{path}assign-admin/"),
        json!({"admin_id": petr.id()}),
    )
    .await
    .ok();
    petr.posts(&format!("{path}close/"), json!({"close_reason": "solved"}))
        .await
        .ok();
    let log = service.walks(LOG).await;
    let told: Vec<_> = log
        .iter()
        .map(|it| {
            (
                it["action"].as_str().unwrap(),
                it["actor"].as_i64(),
                it["actor_name"].as_str().unwrap(),
            )
        })
        .collect();
    let (olga_id, petr_id) = (Some(olga.id()), Some(petr.id()));
    assert_eq!(
        told,
        [
            ("closed", petr_id, "petr"),
            ("transferred", petr_id, "petr"),
            ("answered", olga_id, "olga"),
            ("assigned", olga_id, "olga")
        ]
    );
    assert_eq!(
        (&log[0]["detail"], &log[0]["ticket"], &log[0]["user"]),
        (&json!("solved"), &json!(id), &json!(user))
    );
    assert!(log[0]["at"].as_str().unwrap().ends_with('Z'));
    olga.gets(LOG).await.refused(403, "not_allowed");
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn the_report_counts_days_categories_agents_times_and_stars() {
    let world = World::start().await;
    let (service, olga) = (world.service(), world.staff("olga", "agent"));
    let user = world.contact("ann").await;
    let bills = world.category("To'lovlar", &[&olga]);
    for number in 0..3 {
        let body = json!({"user": user, "title": format!("{number}"), "category": bills, "description": "?"});
        let id = service.posts(TICKETS, body).await.made()["id"]
            .as_i64()
            .unwrap();
        world.clock.advance(Duration::from_secs(60 * (number + 1)));
        let body = json!({"ticket": id, "sender_admin": olga.id(), "content": "!"});
        service.posts(MESSAGES, body).await.made();
    }
    ticket(&service, user, "nobody's").await;
    service
        .posts(&format!("{TICKETS}1/close/"), json!({}))
        .await
        .ok();
    world
        .sql()
        .execute(
            "UPDATE tickets SET rating = 4, rated_at = '2026-03-01T12:30:00.000000Z' WHERE id = 1",
            [],
        )
        .unwrap();
    world.clock.advance(Duration::from_secs(11 * 60));
    let report = service
        .gets(&format!("{REPORTS}?from=2026-02-28&to=2026-03-01"))
        .await
        .ok();
    assert_eq!(
        (
            &report["created"],
            &report["closed"],
            &report["open"],
            &report["overdue"]
        ),
        (&json!(4), &json!(1), &json!(3), &json!(1))
    );
    assert_eq!(
        report["by_day"],
        json!([{"date": "2026-02-28", "created": 0, "closed": 0}, {"date": "2026-03-01", "created": 4, "closed": 1}])
    );
    assert_eq!(
        report["by_category"],
        json!([{"category": bills, "name": "To'lovlar", "tickets": 3}, {"category": null, "name": null, "tickets": 1}])
    );
    assert_eq!(
        report["by_agent"],
        json!([{"agent": olga.id(), "name": "olga", "tickets": 3, "closed": 1}, {"agent": null, "name": null, "tickets": 1, "closed": 0}])
    );
    assert_eq!(
        report["first_answer"],
        json!({"count": 3, "median": 120, "p90": 180})
    );
    assert_eq!(
        report["closing"],
        json!({"count": 1, "median": 360, "p90": 360})
    );
    assert_eq!(
        report["ratings"],
        json!({"count": 1, "average": 4.0, "stars": [0, 0, 0, 1, 0]})
    );
    let usual = service.gets(REPORTS).await.ok();
    assert_eq!(
        (&usual["from"], &usual["to"]),
        (&json!("2026-01-31"), &json!("2026-03-01"))
    );
    for query in [
        "?from=2025-03-01&to=2026-03-02",
        "?from=2026-03-02&to=2026-03-01",
        "?from=1.3.2026",
    ] {
        service
            .gets(&format!("{REPORTS}{query}"))
            .await
            .blames("from");
    }
    service
        .gets(&format!("{REPORTS}?from=2025-03-01&to=2026-03-01"))
        .await
        .ok();
    olga.gets(REPORTS).await.refused(403, "not_allowed");
    world.queue_is_empty().await;
    world.ends().await;
}
