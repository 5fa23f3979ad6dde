//! Photos of contacts in the agents' group.

use std::collections::HashSet;

use relaydesk::sandbox::{Fault, Post};
use serde_json::json;

use crate::world::{World, jpeg, png};

const ID: &str = "👤 ID пользователя: alice";
const HEAD: &str = "📱 Сообщение от пользователя\n\n👤 ID пользователя: alice";

#[tokio::test]
async fn a_photo_carries_the_text_as_its_caption() {
    let world = World::start().await;
    let alice = world.phone("alice");
    alice.sends_photos("broken", vec![jpeg(40, 30)]).await.ok();
    world.group_has(1).await;
    alice.sends_photos("", vec![png(30, 40)]).await.ok();
    world.group_has(2).await;
    assert_eq!(
        shown(&world),
        [
            (
                "photo".to_owned(),
                format!("{HEAD}\n\n💬 Сообщение:\nbroken")
            ),
            ("photo".to_owned(), HEAD.to_owned()),
        ]
    );
    world.ends().await;
}

#[tokio::test]
async fn several_photos_are_one_album_and_a_reply_to_any_part_arrives() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let photos = (1..=3).map(|n| jpeg(40 * n, 30)).collect();
    alice.sends_photos("three of them", photos).await.ok();
    world.group_has(3).await;
    let caption = format!("{HEAD}\n\n💬 Сообщение:\nthree of them\n\n📷 Фото: 3 шт.");
    let photo = |text: &str| ("photo".to_owned(), text.to_owned());
    assert_eq!(shown(&world), [photo(&caption), photo(""), photo("")]);
    let album: HashSet<_> = world
        .bot_posts()
        .into_iter()
        .map(|post| post.media_group_id.expect("an album"))
        .collect();
    assert_eq!(album.len(), 1);
    for (n, post) in world.bot_posts().iter().enumerate() {
        world
            .sandbox
            .agent_replies(post.id, &format!("to photo {n}"));
        let answer = alice.is_answered(&world, n + 1).await;
        assert_eq!(answer["message"], format!("to photo {n}"));
    }
    world.ends().await;
}

#[tokio::test]
async fn a_text_too_long_for_a_caption_goes_first_as_its_own_post() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let text = "long ".repeat(250).trim().to_owned();
    alice.sends_photos(&text, vec![jpeg(40, 30)]).await.ok();
    world.group_has(2).await;
    alice
        .sends_photos(&text, vec![jpeg(40, 30), jpeg(41, 30)])
        .await
        .ok();
    world.group_has(5).await;
    let kind = |kind: &str, text: &str| (kind.to_owned(), text.to_owned());
    let words = format!("{HEAD}\n\n💬 Сообщение:\n{text}");
    assert_eq!(
        shown(&world),
        [
            kind("text", &words),
            kind("photo", ID),
            kind("text", &words),
            kind("photo", &format!("{ID}\n📷 Фото: 2 шт.")),
            kind("photo", ""),
        ]
    );
    world.ends().await;
}

#[tokio::test]
async fn in_a_joint_post_photos_count_and_follow_as_an_album() {
    let world = World::start().await;
    let alice = world.phone("alice");
    world.telegram_pauses(30).await;
    alice.sends("look").await;
    alice.sends_photos("", vec![jpeg(40, 30)]).await.ok();
    alice
        .sends_photos("and these", vec![jpeg(41, 30), jpeg(42, 30)])
        .await
        .ok();
    world.queue_is_empty().await;
    let mut posts = shown(&world);
    posts.retain(|(_, text)| !text.contains("zoe"));
    let kind = |kind: &str, text: &str| (kind.to_owned(), text.to_owned());
    assert_eq!(
        posts,
        [
            kind(
                "text",
                &format!("{HEAD}\n\n💬 Сообщения (3):\nlook\n\nand these")
            ),
            kind("photo", &format!("{ID}\n📷 Фото: 3 шт.")),
            kind("photo", ""),
            kind("photo", ""),
        ]
    );
    world.ends().await;
}

#[tokio::test]
async fn a_photo_of_a_shape_telegram_refuses_goes_as_a_document() {
    let world = World::start().await;
    let alice = world.phone("alice");
    alice.sends_photos("a strip", vec![png(900, 20)]).await.ok();
    world.group_has(1).await;
    let caption = format!("{HEAD}\n\n💬 Сообщение:\na strip");
    assert_eq!(shown(&world), [("document".to_owned(), caption)]);

    let among_others = vec![jpeg(40, 30), png(900, 20), jpeg(41, 30)];
    alice.sends_photos("with a strip", among_others).await.ok();
    world.group_has(4).await;
    let kinds: Vec<_> = shown(&world).into_iter().skip(1).collect();
    let caption = format!("{HEAD}\n\n💬 Сообщение:\nwith a strip\n\n📷 Фото: 3 шт.");
    let kind = |kind: &str, text: &str| (kind.to_owned(), text.to_owned());
    assert_eq!(
        kinds,
        [
            kind("photo", &caption),
            kind("photo", ""),
            kind("document", ID)
        ]
    );
    world.sandbox.agent_replies(last(&world).id, "I see");
    alice.is_answered(&world, 1).await;
    world.ends().await;
}

#[tokio::test]
async fn a_photo_telegram_can_not_process_goes_as_a_document() {
    let world = World::start().await;
    let refusal = Fault::Refuse {
        status: 400,
        description: "Bad Request: IMAGE_PROCESS_FAILED".to_owned(),
    };
    world.sandbox.break_next(refusal, Some("sendPhoto"), 1);
    let alice = world.phone("alice");
    alice.sends_photos("odd", vec![jpeg(40, 30)]).await.ok();
    world.group_has(1).await;
    assert_eq!(last(&world).kind, "document");
    world.ends().await;
}

#[tokio::test]
async fn a_linked_photo_is_fetched_by_telegram_and_else_told_as_a_link() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let sent = alice.sends_photos("", vec![jpeg(40, 30)]).await.ok();
    world.group_has(1).await;
    let there = world.url(sent["photo_url"].as_str().unwrap());
    let send =
        |url: &str, text: &str| json!({"user_id": "alice", "message": text, "photo_url": url});
    alice.posts("/send_message", send(&there, "see")).await.ok();
    world.group_has(2).await;
    let gone = "http://127.0.0.1:1/gone.png";
    alice.posts("/send_message", send(gone, "see")).await.ok();
    world.group_has(3).await;
    alice.posts("/send_message", send(gone, "")).await.ok();
    world.group_has(4).await;
    let kind = |kind: &str, text: &str| (kind.to_owned(), text.to_owned());
    assert_eq!(
        shown(&world)[1..],
        [
            kind("photo", &format!("{HEAD}\n\n💬 Сообщение:\nsee")),
            kind("text", &format!("{HEAD}\n\n💬 Сообщение:\nsee\n{gone}")),
            kind("text", &format!("{HEAD}\n\n💬 Сообщение:\n{gone}")),
        ]
    );
    world.ends().await;
}

/// What each post of the bot is, and what stands in or under it.
fn shown(world: &World) -> Vec<(String, String)> {
    let posts = world.bot_posts().into_iter();
    posts
        .map(|post| (post.kind, post.text.replace('\u{200b}', "")))
        .collect()
}

fn last(world: &World) -> Post {
    world.bot_posts().pop().unwrap()
}
