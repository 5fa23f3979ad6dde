//! Contacts rate tickets that are over.

use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{Answer, Phone, World};

async fn quiet() -> World {
    World::with(|options| options.telegram = false).await
}

async fn rates(phone: &Phone, body: Value) -> Answer {
    let mut body = body;
    body["user_id"] = phone.user_id.clone().into();
    phone.posts("/rate_ticket", body).await
}

/// Ends the only open ticket, at a time such as `12:00`; its id.
fn closes(world: &World, at: &str) -> i64 {
    let sql = "UPDATE tickets SET status = 'closed', resolved = 1, closed_at = ?1 WHERE resolved = 0 RETURNING id";
    let at = format!("2026-03-01T{at}:00.000000Z");
    world.sql().query_row(sql, [at], |row| row.get(0)).unwrap()
}

fn rating(world: &World, ticket: i64) -> (Option<i64>, Option<String>) {
    let sql = "SELECT rating, rating_comment FROM tickets WHERE id = ?1";
    let read = |row: &rusqlite::Row| Ok((row.get(0)?, row.get(1)?));
    world.sql().query_row(sql, [ticket], read).unwrap()
}

#[tokio::test]
async fn a_closed_ticket_is_rated_and_the_rating_may_change_for_a_week() {
    let world = quiet().await;
    let alice = world.phone("alice");
    alice.sends("help").await;
    rates(&alice, json!({"rating": 5}))
        .await
        .refused(404, "ticket_not_found");
    rates(&alice, json!({"rating": 5, "ticket_id": 1}))
        .await
        .refused(409, "ticket_open");
    let ticket = closes(&world, "12:00");

    let first = rates(&alice, json!({"rating": 2, "comment": " slow\u{0} "}))
        .await
        .ok();
    assert_eq!(
        first,
        json!({"success": true, "ticket_id": ticket, "rating": 2})
    );
    assert_eq!(rating(&world, ticket), (Some(2), Some("slow".to_owned())));
    // The same again is no news.
    rates(&alice, json!({"rating": 2, "comment": "slow"}))
        .await
        .ok();
    rates(&alice, json!({"rating": 4, "ticket_id": ticket}))
        .await
        .ok();
    assert_eq!(rating(&world, ticket), (Some(4), None));
    let logged: i64 = world
        .sql()
        .query_row(
            "SELECT COUNT(*) FROM activity_log WHERE action = 'rated'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(logged, 2);

    world.clock.advance(Duration::from_secs(7 * 86_400 + 60));
    rates(&alice, json!({"rating": 5}))
        .await
        .refused(409, "rating_is_final");
    assert_eq!(rating(&world, ticket).0, Some(4));
    world.ends().await;
}

#[tokio::test]
async fn without_an_id_it_is_the_ticket_closed_last_and_a_second_end_is_rated_anew() {
    let world = quiet().await;
    let alice = world.phone("alice");
    alice.sends("one").await;
    let first = closes(&world, "12:00");
    rates(&alice, json!({"rating": 1})).await.ok();
    world.clock.advance(Duration::from_secs(8 * 86_400));
    alice.sends("two").await;
    let sql = "UPDATE tickets SET status = 'closed', resolved = 1, closed_at = '2026-03-09T13:00:00.000000Z' WHERE id <> ?1";
    assert_eq!(world.sql().execute(sql, [first]).unwrap(), 1);
    assert_eq!(
        rates(&alice, json!({"rating": 3})).await.ok()["ticket_id"],
        first + 1
    );
    // Ended once more since: the old rating is not in the way.
    let sql = "UPDATE tickets SET closed_at = '2026-03-09T11:00:00.000000Z' WHERE id = ?1";
    world.sql().execute(sql, [first]).unwrap();
    rates(&alice, json!({"rating": 5, "ticket_id": first}))
        .await
        .ok();
    assert_eq!(rating(&world, first).0, Some(5));
    world.ends().await;
}

#[tokio::test]
async fn others_tickets_do_not_exist_and_wrong_fields_are_named() {
    let world = quiet().await;
    let (alice, bob) = (world.phone("alice"), world.phone("bob"));
    alice.sends("help").await;
    let ticket = closes(&world, "12:00");
    rates(&bob, json!({"rating": 1, "ticket_id": ticket}))
        .await
        .refused(404, "ticket_not_found");
    bob.sends("me too").await;
    rates(&bob, json!({"rating": 1, "ticket_id": ticket}))
        .await
        .refused(404, "ticket_not_found");
    rates(&alice, json!({"rating": 1, "ticket_id": 99}))
        .await
        .refused(404, "ticket_not_found");
    let cases = [
        (json!({}), "missing_field", "rating"),
        (json!({"rating": 0}), "out_of_range", "rating"),
        (json!({"rating": 6}), "out_of_range", "rating"),
        (json!({"rating": "5"}), "invalid_field", "rating"),
        (json!({"rating": 4.5}), "invalid_field", "rating"),
        (
            json!({"rating": 5, "ticket_id": "x"}),
            "invalid_field",
            "ticket_id",
        ),
        (
            json!({"rating": 5, "comment": "x".repeat(2001)}),
            "message_too_long",
            "comment",
        ),
    ];
    for (body, code, field) in cases {
        let answer = rates(&alice, body).await;
        answer.refused(400, code);
        assert_eq!(answer.body["field"], field);
    }
    assert_eq!(rating(&world, ticket), (None, None));
    world.ends().await;
}

#[tokio::test]
async fn with_tokens_only_the_user_itself_rates() {
    let world = World::with(|options| {
        options.telegram = false;
        let secret = "0123456789abcdef0123456789abcdef".to_owned();
        options.settings = vec![("USER_AUTH", "token".to_owned()), ("JWT_SECRET", secret)];
    })
    .await;
    rates(&world.phone("alice"), json!({"rating": 5}))
        .await
        .refused(401, "unauthorized");
    world.ends().await;
}

#[tokio::test]
async fn sockets_hear_when_a_conversation_goes_on() {
    let world = quiet().await;
    let alice = world.phone("alice");
    alice.sends("one").await;
    let ticket = closes(&world, "12:00");
    let mut socket = alice.joins(None).await;
    socket.hears(&world, "joined").await;
    alice.sends("two").await;
    let told = socket.hears(&world, "ticket_reopened").await;
    assert_eq!(
        (&told["user_id"], &told["ticket_id"]),
        (&"alice".into(), &ticket.into())
    );
    assert!(told["session_id"].as_str().is_some_and(|id| id.len() == 36));
    assert_eq!(told.get("can_rate"), None);
    world.ends().await;
}

#[tokio::test]
async fn a_session_of_the_web_is_rated_by_who_wrote_in_it() {
    let world = quiet().await;
    let guest = world.visitor().await;
    let said = guest
        .posts("/support/api/messages/", json!({"content": "help"}))
        .await;
    let session = said.body["session_id"].as_str().unwrap().to_owned();
    let path = |what: &str| format!("/support/api/sessions/{session}/{what}/");
    let mut socket = guest.joins(None).await;
    socket.hears(&world, "joined").await;
    let five = json!({"rating": 5, "comment": "Thanks"});
    guest
        .posts(&path("rating"), five.clone())
        .await
        .refused(409, "ticket_open");

    guest.posts(&path("close"), json!({})).await.ok();
    let told = socket.hears(&world, "ticket_closed").await;
    assert_eq!(
        told,
        json!({"user_id": guest.user_id, "ticket_id": 1, "session_id": session, "can_rate": true})
    );
    let rated = guest.posts(&path("rating"), five.clone()).await.ok();
    assert_eq!(
        rated,
        json!({"success": true, "session_id": session, "rating": 5})
    );
    assert_eq!(rating(&world, 1), (Some(5), Some("Thanks".to_owned())));

    let wrong = guest.posts(&path("rating"), json!({"rating": 9})).await;
    wrong.refused(400, "out_of_range");
    let other = world.visitor().await;
    other
        .posts(&path("rating"), five.clone())
        .await
        .refused(404, "session_not_found");
    let nobody = world.phone("x").posts(&path("rating"), five.clone()).await;
    nobody.refused(401, "unauthorized");
    guest
        .posts("/support/api/sessions/none/rating/", five)
        .await
        .refused(404, "session_not_found");
    world.ends().await;
}
