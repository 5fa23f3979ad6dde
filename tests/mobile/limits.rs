//! `RATE_LIMIT_PER_ADDRESS`, `RATE_LIMIT_PER_USER` and `TRUSTED_PROXIES`.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::world::{Answer, Phone, World, png};

async fn limited(settings: &[(&'static str, &str)]) -> World {
    World::with(|options| {
        for (name, value) in settings {
            options.settings.push((name, (*value).to_owned()));
        }
    })
    .await
}

async fn from(phone: &Phone, forwarded: &str) -> Answer {
    let request = phone
        .request(Method::GET, "/check_device/a")
        .header("x-forwarded-for", forwarded);
    phone.answer(request).await
}

#[track_caller]
fn is_told_to_wait(answer: &Answer) -> u64 {
    answer.refused(429, "rate_limited");
    let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!(seconds >= 1);
    seconds
}

#[tokio::test]
async fn an_address_that_asks_too_much_is_told_when_to_come_again() {
    let world = limited(&[("RATE_LIMIT_PER_ADDRESS", "20")]).await;
    let phone = world.phone("a");
    for _ in 0..5 {
        phone.gets("/check_device/a").await.ok();
    }
    let seconds = is_told_to_wait(&phone.gets("/check_device/a").await);
    assert!(seconds <= 3, "{seconds}");
    is_told_to_wait(&phone.gets("/nowhere").await);
    is_told_to_wait(
        &phone
            .posts("/send_message", json!({"user_id": "a", "message": "x"}))
            .await,
    );
    // Who watches over the server is never sent away.
    for path in ["/health", "/ready", "/health/", "/ready/"] {
        for _ in 0..10 {
            assert_eq!(phone.gets(path).await.status, 200);
        }
    }
    world.clock.advance(Duration::from_secs(seconds));
    phone.gets("/check_device/a").await.ok();
    is_told_to_wait(&phone.gets("/check_device/a").await);
    assert_eq!(world.rows("messages"), 0);
    world.ends().await;
}

#[tokio::test]
async fn a_user_who_writes_too_much_is_told_when_to_come_again() {
    let world = limited(&[("RATE_LIMIT_PER_USER", "8")]).await;
    let (alice, bob) = (world.phone("alice"), world.phone("bob"));
    alice.sends("one").await;
    alice.sends("two").await;
    let body = json!({"user_id": "alice", "message": "three"});
    let seconds = is_told_to_wait(&alice.posts("/send_message", body).await);
    is_told_to_wait(&alice.sends_photos("", vec![png(9, 9)]).await);
    assert_eq!(world.uploaded_files(), Vec::<String>::new());
    bob.sends("of another user").await;
    assert_eq!(alice.reads().await, ["one", "two"]); // reading is not writing
    world.clock.advance(Duration::from_secs(seconds));
    alice.sends("three").await;
    assert_eq!(alice.reads().await, ["one", "two", "three"]);
    world.ends().await;
}

#[tokio::test]
async fn a_stranger_can_not_say_where_it_comes_from() {
    let world = limited(&[("RATE_LIMIT_PER_ADDRESS", "4")]).await;
    let phone = world.phone("a");
    from(&phone, "198.51.100.1").await.ok();
    is_told_to_wait(&from(&phone, "198.51.100.2").await);
    world.ends().await;
}

#[tokio::test]
async fn a_trusted_proxy_is_believed_and_nobody_behind_it() {
    let world = limited(&[
        ("RATE_LIMIT_PER_ADDRESS", "4"),
        ("TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8"),
    ])
    .await;
    let phone = world.phone("a");
    from(&phone, "198.51.100.1").await.ok();
    is_told_to_wait(&from(&phone, "198.51.100.1").await);
    // What a client wrote itself stands left of what the proxy added.
    is_told_to_wait(&from(&phone, "203.0.113.99, 198.51.100.1").await);
    is_told_to_wait(&from(&phone, "203.0.113.98, 198.51.100.1, 10.1.1.1").await);
    from(&phone, "198.51.100.2").await.ok();
    from(&phone, "2001:db8::1").await.ok();
    is_told_to_wait(&from(&phone, "2001:db8::2").await);
    world.ends().await;
}
