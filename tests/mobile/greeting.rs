//! The greeting of the day.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Phone, World};

async fn looks(phone: &Phone, query: &str, language: Option<&str>) -> Value {
    let mut request = phone.request(
        Method::GET,
        &format!("/message_history/{}{query}", phone.user_id),
    );
    if let Some(language) = language {
        request = request.header("accept-language", language);
    }
    phone.answer(request).await.ok()
}

fn texts(history: &Value) -> Vec<&str> {
    let items = history["messages"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["message"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn the_first_look_of_a_day_is_greeted_and_no_other() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let first = looks(&alice, "", None).await;
    assert_eq!(
        (texts(&first), &first["greeting_sent"]),
        (vec!["Здравствуйте!"], &json!(true))
    );
    let item = &first["messages"][0];
    assert_eq!(
        (&item["direction"], &item["agent_name"], &item["read"]),
        (&json!("support"), &Value::Null, &json!(false))
    );
    let second = looks(&alice, "", None).await;
    assert_eq!(
        (texts(&second), &second["greeting_sent"]),
        (vec!["Здравствуйте!"], &json!(false))
    );
    world.clock.advance(Duration::from_secs(24 * 3600));
    let next_day = looks(&alice, "", None).await;
    assert_eq!(
        (texts(&next_day).len(), &next_day["greeting_sent"]),
        (2, &json!(true))
    );
    assert!(world.group_posts().is_empty() && world.sandbox.pushes().is_empty());
    world.ends().await;
}

#[tokio::test]
async fn of_fifty_first_looks_at_once_one_is_greeted() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let all: Vec<_> = (0..50)
        .map(|_| {
            let alice = alice.clone();
            tokio::spawn(async move { looks(&alice, "", None).await })
        })
        .collect();
    let mut sent = 0;
    for one in all {
        let history = one.await.unwrap();
        assert_eq!(texts(&history), ["Здравствуйте!"]);
        sent += usize::from(history["greeting_sent"] == true);
    }
    assert_eq!(
        (sent, world.rows("messages"), world.rows("contacts")),
        (1, 1, 1)
    );
    world.ends().await;
}

#[tokio::test]
async fn words_follow_the_language_asked_for_and_the_latest_name() {
    let world = World::start().await;
    let cases = [
        (None, "", "Здравствуйте!"),
        (
            None,
            "?user_name=%D0%90%D0%BD%D0%BD%D0%B0",
            "Здравствуйте, Анна!",
        ),
        (Some("en-GB,en;q=0.9"), "", "Hello!"),
        (Some("en"), "?user_name=Ann", "Hello, Ann!"),
        (Some("uz"), "", "Assalomu alaykum!"),
        (Some("uz-UZ"), "?user_name=Ann", "Assalomu alaykum, Ann!"),
        (Some("fr, en;q=0.4, uz;q=0.2"), "", "Hello!"),
        (Some("fr"), "", "Здравствуйте!"),
        (
            Some("en"),
            "?user_name=%7B%24x%7D%20%3Cb%3E",
            "Hello, {$x} <b>!",
        ),
        (Some("en"), "?user_name=%20%20", "Hello!"),
    ];
    for (number, (language, query, words)) in cases.into_iter().enumerate() {
        let phone = world.phone(&format!("user-{number}"));
        assert_eq!(texts(&looks(&phone, query, language).await), [words]);
    }
    let alice = world.phone("alice");
    let body = json!({"user_id": "alice", "message": "hi", "user_name": "Алиса"});
    alice.posts("/send_message", body).await.ok();
    assert_eq!(
        texts(&looks(&alice, "", None).await),
        ["hi", "Здравствуйте, Алиса!"]
    );
    world.ends().await;
}

#[tokio::test]
async fn the_server_speaks_its_own_language_where_nobody_asks_for_another() {
    let world = World::with(|options| options.settings.push(("LOCALE", "uz".to_owned()))).await;
    let alice = world.phone("alice");
    assert_eq!(
        texts(&looks(&alice, "?user_name=Ann", None).await),
        ["Assalomu alaykum, Ann!"]
    );
    world.ends().await;
}

#[tokio::test]
async fn the_day_begins_at_midnight_of_the_zone() {
    let world = World::with(|options| {
        options
            .settings
            .push(("TIMEZONE", "Asia/Tashkent".to_owned()));
        options.now = "2026-03-01T18:59:00Z"; // 23:59 there
    })
    .await;
    let alice = world.phone("alice");
    assert_eq!(looks(&alice, "", None).await["greeting_sent"], true);
    world.clock.advance(Duration::from_secs(30));
    assert_eq!(looks(&alice, "", None).await["greeting_sent"], false);
    world.clock.advance(Duration::from_secs(31));
    assert_eq!(looks(&alice, "", None).await["greeting_sent"], true);
    world.clock.advance(Duration::from_secs(23 * 3600));
    assert_eq!(looks(&alice, "", None).await["greeting_sent"], false);
    world.ends().await;
}

#[tokio::test]
async fn a_clock_set_back_an_hour_greets_nobody_twice() {
    let world = World::with(|options| options.now = "2026-03-01T23:50:00Z").await;
    let alice = world.phone("alice");
    assert_eq!(looks(&alice, "", None).await["greeting_sent"], true);
    world.clock.advance(Duration::from_secs(20 * 60));
    assert_eq!(looks(&alice, "", None).await["greeting_sent"], true);
    world
        .clock
        .set_wall("2026-03-01T23:10:00Z".parse().unwrap());
    assert_eq!(looks(&alice, "", None).await["greeting_sent"], false);
    alice.sends("late").await;
    let history = looks(&alice, "", None).await;
    assert_eq!(texts(&history), ["Здравствуйте!", "Здравствуйте!", "late"]);
    world.clock.advance(Duration::from_secs(3600));
    assert_eq!(looks(&alice, "", None).await["greeting_sent"], false);
    world.ends().await;
}

#[tokio::test]
async fn a_page_behind_a_cursor_greets_as_well() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let id = alice.sends("hi").await;
    let page = looks(&alice, &format!("?after_id={id}"), None).await;
    assert_eq!(
        (texts(&page), &page["greeting_sent"]),
        (vec!["Здравствуйте!"], &json!(true))
    );
    world.ends().await;
}

#[tokio::test]
async fn the_greeting_goes_to_sockets_once() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let mut socket = alice.joins(None).await;
    socket.hears(&world, "joined").await;
    looks(&alice, "", None).await;
    looks(&alice, "", None).await;
    let heard = socket.hears(&world, "new_message").await;
    assert_eq!(
        (&heard["message"], &heard["user_id"]),
        (&json!("Здравствуйте!"), &json!("alice"))
    );
    alice.sends("marker").await;
    assert_eq!(
        socket.hears(&world, "new_message").await["message"],
        "marker"
    );
    world.ends().await;
}

#[tokio::test]
async fn an_agents_reply_on_a_day_without_a_greeting_brings_it_first_and_once() {
    let world = World::start().await;
    let alice = world.phone("alice");
    alice.registers("alice-token").await;
    let body = json!({"user_id": "alice", "message": "hi", "user_name": "Алиса"});
    alice.posts("/send_message", body).await.ok();
    let mut socket = alice.joins(None).await;
    socket.hears(&world, "joined").await;
    let post = world.post_with("hi").await;
    world.sandbox.agent_replies(post, "first");
    assert_eq!(
        socket.hears(&world, "new_message").await["message"],
        "Здравствуйте, Алиса!"
    );
    assert_eq!(
        socket.hears(&world, "new_message").await["message"],
        "first"
    );
    world.sandbox.agent_replies(post, "second");
    assert_eq!(
        socket.hears(&world, "new_message").await["message"],
        "second"
    );
    let history = looks(&alice, "", Some("en")).await;
    assert_eq!(
        texts(&history),
        ["hi", "Здравствуйте, Алиса!", "first", "second"]
    );
    assert_eq!(history["greeting_sent"], false);
    world
        .until("two pushes", async || world.sandbox.pushes().len() == 2)
        .await;
    world.queue_is_empty().await;
    let pushed: Vec<_> = world
        .sandbox
        .pushes()
        .iter()
        .map(|push| push.message["data"]["message"].clone())
        .collect();
    assert_eq!(pushed, ["first", "second"]);
    assert_eq!(world.group_posts().len(), 1);
    world.ends().await;
}
