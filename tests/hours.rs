//! Working hours: set by owners, and a contact who writes outside of them is told once a day.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Answer, Phone, World};

const PATH: &str = "/support/hours/";

async fn sets(staff: &Phone, hours: Value) -> Answer {
    staff
        .answer(staff.request(Method::PUT, PATH).json(&hours))
        .await
}

/// Open on Mondays from nine to six; the story begins on a Sunday.
fn mondays() -> Value {
    json!({"enabled": true, "days": {"mon": [["09:00", "18:00"]]}, "holidays": [],
        "text": {"ru": "Мы спим", "en": "We sleep"}})
}

fn ticket(world: &World) -> (String, i64, Option<String>, i64) {
    let sql = "SELECT status, message_count, first_answer_at, last_message_id FROM tickets";
    let read = |row: &rusqlite::Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    world.sql().query_row(sql, [], read).unwrap()
}

#[tokio::test]
async fn who_writes_at_night_is_told_once_a_day_and_it_is_no_answer() {
    let world = World::start().await;
    let owner = world.staff("boss", "owner");
    sets(&owner, mondays()).await.ok();
    let alice = world.phone("alice");
    alice.registers("token-1").await;
    let mut socket = alice.joins(None).await;
    socket.hears(&world, "joined").await;

    alice.sends("anybody?").await;
    assert_eq!(
        socket.hears(&world, "new_message").await["message"],
        "anybody?"
    );
    let told = socket.hears(&world, "new_message").await;
    assert_eq!(
        (&told["message"], &told["direction"]),
        (&"Мы спим".into(), &"support".into())
    );
    assert_eq!(told["agent_name"], Value::Null);
    assert_eq!(
        ticket(&world),
        ("open".to_owned(), 2, None, told["id"].as_i64().unwrap())
    );

    alice.sends("hello?").await;
    assert_eq!(alice.reads().await, ["anybody?", "Мы спим", "hello?"]);
    // The group hears the contact only, phones nothing, and the message is unread.
    world.post_with("hello?").await;
    assert!(
        world
            .group_posts()
            .iter()
            .all(|post| !post.contains("спим"))
    );
    assert!(world.sandbox.pushes().is_empty());
    let marked = alice
        .posts("/mark_read", json!({"user_id": "alice", "up_to_id": 0}))
        .await;
    assert_eq!(marked.ok()["unread_count"], 1);

    // Half a day later it is Monday: open at ten, closed again at seven in the evening.
    world.clock.advance(Duration::from_secs(22 * 3600));
    alice.sends("good morning").await;
    world.clock.advance(Duration::from_secs(9 * 3600));
    alice.sends("good evening").await;
    let texts = alice.reads().await;
    assert_eq!(texts[3..], ["good morning", "good evening", "Мы спим"]);
    world.ends().await;
}

#[tokio::test]
async fn a_contact_is_told_in_its_language_and_a_repeated_request_tells_nothing_again() {
    let world = World::with(|options| options.telegram = false).await;
    sets(&world.staff("boss", "owner"), mondays()).await.ok();
    let (ann, ben) = (world.phone("ann"), world.phone("ben"));
    let body = json!({"user_id": "ann", "message": "hi", "client_msg_id": "1"});
    ann.posts("/send_message", body.clone()).await.ok();
    ann.posts("/send_message", body).await.ok();
    assert_eq!(ann.reads().await, ["hi", "Мы спим"]);
    ben.gets("/message_history/ben?user_name=Ben").await.ok();
    world
        .sql()
        .execute(
            "UPDATE contacts SET language = 'en' WHERE user_id = 'ben'",
            [],
        )
        .unwrap();
    ben.sends("hi").await;
    assert_eq!(ben.reads().await, ["hi", "We sleep"]);
    world.ends().await;
}

#[tokio::test]
async fn in_open_hours_on_an_off_switch_and_without_hours_nobody_is_told() {
    let world = World::with(|options| options.telegram = false).await;
    let owner = world.staff("boss", "owner");
    let alice = world.phone("alice");
    alice.sends("one").await;
    let mut hours = mondays();
    hours["days"]["sun"] = json!([["00:00", "24:00"]]);
    sets(&owner, hours).await.ok();
    alice.sends("two").await;
    let mut hours = mondays();
    hours["enabled"] = false.into();
    sets(&owner, hours).await.ok();
    alice.sends("three").await;
    assert_eq!(alice.reads().await, ["one", "two", "three"]);
    let mut hours = mondays();
    hours["days"]["sun"] = json!([["00:00", "24:00"]]);
    hours["holidays"] = json!(["2026-03-01"]);
    sets(&owner, hours).await.ok();
    alice.sends("four").await;
    assert_eq!(alice.reads().await.last().unwrap(), "Мы спим");
    world.ends().await;
}

#[tokio::test]
async fn owners_set_them_strictly_and_agents_read_them() {
    let world = World::start().await;
    let (owner, agent) = (world.staff("boss", "owner"), world.staff("olga", "agent"));
    let usual = agent.gets(PATH).await.ok();
    assert_eq!(
        (&usual["enabled"], &usual["days"]["sun"]),
        (&false.into(), &json!([]))
    );
    assert_eq!(usual["days"]["mon"], json!([["09:00", "18:00"]]));
    assert!(
        usual["text"]["uz"]
            .as_str()
            .is_some_and(|text| !text.is_empty())
    );

    let set = sets(&owner, mondays()).await.ok();
    assert_eq!(
        set["text"],
        json!({"ru": "Мы спим", "en": "We sleep", "uz": ""})
    );
    assert_eq!(agent.gets(PATH).await.ok(), set);
    sets(&agent, mondays()).await.refused(403, "not_allowed");
    world
        .phone("x")
        .gets(PATH)
        .await
        .refused(401, "unauthorized");

    let mut wrong = mondays();
    wrong["days"]["mon"] = json!([["09:00", "25:00"]]);
    let refused = sets(&owner, wrong).await;
    refused.refused(400, "invalid_interval");
    assert_eq!(refused.body["field"], "days.mon[0]");
    assert_eq!(agent.gets(PATH).await.ok(), set);
    world.ends().await;
}
