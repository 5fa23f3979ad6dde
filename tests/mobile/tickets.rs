//! Which ticket a contact's message goes into.

use crate::world::{Phone, World};

/// The tickets of the contact's messages, in the order of the messages.
fn tickets(world: &World) -> Vec<i64> {
    let sql = world.sql();
    let mut rows = sql
        .prepare("SELECT ticket_id FROM messages WHERE ticket_id IS NOT NULL ORDER BY id")
        .unwrap();
    let ids = rows.query_map([], |row| row.get(0)).unwrap();
    ids.map(Result::unwrap).collect()
}

fn closes(world: &World, at: &str) {
    let changed = world
        .sql()
        .execute(
            "UPDATE tickets SET status = 'closed', resolved = 1, closed_at = ?1",
            [at],
        )
        .unwrap();
    assert!(changed > 0);
}

fn status(world: &World, ticket: i64) -> (String, Option<String>) {
    world
        .sql()
        .query_row(
            "SELECT status, closed_at FROM tickets WHERE id = ?1",
            [ticket],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap()
}

async fn writes(phone: &Phone, texts: &[&str]) {
    for text in texts {
        phone.sends(text).await;
    }
}

#[tokio::test]
async fn further_messages_go_into_the_open_ticket_of_the_same_contact() {
    let world = World::start().await;
    writes(&world.phone("alice"), &["one", "two"]).await;
    writes(&world.phone("bob"), &["three"]).await;
    writes(&world.phone("alice"), &["four"]).await;
    let found = tickets(&world);
    assert_eq!(found.len(), 4);
    assert!(
        found[0] == found[1] && found[1] == found[3] && found[2] != found[0],
        "{found:?}"
    );
    world.ends().await;
}

#[tokio::test]
async fn a_ticket_closed_within_a_week_is_opened_again() {
    let world = World::start().await;
    let alice = world.phone("alice");
    writes(&alice, &["one"]).await;
    // The story begins at 2026-03-01 12:00:00.
    closes(&world, "2026-02-22T12:00:01.000000Z");
    writes(&alice, &["two"]).await;
    let found = tickets(&world);
    assert_eq!(found[0], found[1]);
    assert_eq!(status(&world, found[0]), ("open".to_owned(), None));
    world.ends().await;
}

#[tokio::test]
async fn a_ticket_closed_longer_ago_stays_closed_and_the_history_shows_both() {
    let world = World::start().await;
    let alice = world.phone("alice");
    writes(&alice, &["one"]).await;
    closes(&world, "2026-02-22T11:59:00.000000Z");
    writes(&alice, &["two", "three"]).await;
    let found = tickets(&world);
    assert!(found[0] != found[1] && found[1] == found[2], "{found:?}");
    assert_eq!(status(&world, found[0]).0, "closed");
    assert_eq!(alice.reads().await, ["one", "two", "three"]);
    world.ends().await;
}

#[tokio::test]
async fn the_newest_open_ticket_comes_before_one_closed_lately() {
    let world = World::start().await;
    let alice = world.phone("alice");
    writes(&alice, &["one"]).await;
    closes(&world, "2026-01-01T00:00:00.000000Z");
    writes(&alice, &["two"]).await;
    let first = tickets(&world)[0];
    world
        .sql()
        .execute(
            "UPDATE tickets SET closed_at = '2026-03-01T11:00:00.000000Z' WHERE id = ?1",
            [first],
        )
        .unwrap();
    writes(&alice, &["three"]).await;
    let found = tickets(&world);
    assert_eq!(found[1], found[2]);
    assert_eq!(status(&world, first).0, "closed");
    world.ends().await;
}

#[tokio::test]
async fn concurrent_first_messages_open_one_ticket() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let all = (0..20).map(|number| {
        let alice = alice.clone();
        tokio::spawn(async move { alice.sends(&format!("message {number}")).await })
    });
    for one in all.collect::<Vec<_>>() {
        one.await.unwrap();
    }
    assert_eq!(world.rows("tickets"), 1);
    assert_eq!(world.rows("messages"), 20);
    world.ends().await;
}
