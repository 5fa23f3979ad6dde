//! Telegram's limit for a group: kept, fair, and no reason for anything to be late.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::future::join_all;

use crate::world::{World, jpeg};

const USERS: usize = 50;
const EACH: usize = 20;

#[tokio::test]
async fn a_thousand_messages_of_fifty_users_are_posted_within_four_minutes_and_no_429() {
    let world = World::with(|options| options.push = false).await;
    let users: Vec<_> = (0..USERS)
        .map(|n| world.phone(&format!("user{n:02}")))
        .collect();
    let began = world.clock.monotonic();
    for round in 0..EACH {
        let texts = users
            .iter()
            .map(|user| format!("{}-{round:02}", user.user_id));
        let sends = users.iter().zip(texts);
        join_all(sends.map(async |(user, text)| user.sends(&text).await)).await;
    }
    world.queue_is_empty().await;

    let posts = world.bot_posts();
    let calls = world.sandbox.calls();
    assert!(
        calls.iter().all(|call| call.status != 429),
        "Telegram had to ask for a pause"
    );
    let took = posts.last().unwrap().at_monotonic - began;
    assert!(took <= Duration::from_secs(240), "{took:?}");

    let mut said: HashMap<&str, Vec<String>> = HashMap::new();
    let mut posted: HashMap<&str, usize> = HashMap::new();
    for post in &posts {
        let own: Vec<&str> = post
            .text
            .split_whitespace()
            .filter(|word| word.starts_with("user"))
            .collect();
        let (writer, words) = own.split_first().unwrap();
        let times = posted.entry(writer).or_default();
        *times += 1;
        if *times == 2 {
            assert_eq!(
                said.len(),
                USERS,
                "{writer} had a second turn before everybody had a first"
            );
        }
        assert!(
            words.iter().all(|word| word.starts_with(writer)),
            "{}",
            post.text
        );
        said.entry(writer)
            .or_default()
            .extend(words.iter().map(|word| (*word).to_owned()));
    }
    for (user, words) in said {
        let all: Vec<String> = (0..EACH)
            .map(|round| format!("{user}-{round:02}"))
            .collect();
        assert_eq!(words, all);
    }
    world.ends().await;
}

#[tokio::test]
async fn every_photo_of_an_album_counts_towards_the_limit() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let bob = world.phone("bob");
    for n in 1..=5 {
        let photos = (0..7).map(|photo| jpeg(40 + photo, 30 + n)).collect();
        alice.sends_photos(&format!("album {n}"), photos).await.ok();
        bob.sends("hello").await;
        world.passes(Duration::from_secs(1)).await;
    }
    world.queue_is_empty().await;
    assert!(world.sandbox.calls().iter().all(|call| call.status != 429));
    let photos = world
        .bot_posts()
        .iter()
        .filter(|post| post.kind == "photo")
        .count();
    assert_eq!(photos, 35);
    world.ends().await;
}

#[tokio::test]
async fn a_restart_does_not_forget_what_was_posted_in_the_last_minute() {
    let mut world = World::start().await;
    for n in 0..18 {
        world.phone(&format!("user{n}")).sends("hello").await;
    }
    world.group_has(18).await;
    world.server_stops().await;
    world.server_starts().await;
    for n in 0..18 {
        world.phone(&format!("user{n}")).sends("again").await;
    }
    world.queue_is_empty().await;
    assert_eq!(world.bot_posts().len(), 36);
    assert!(world.sandbox.calls().iter().all(|call| call.status != 429));
    world.ends().await;
}
