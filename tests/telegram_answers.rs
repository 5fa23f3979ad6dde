//! What agents answer in the group, on the contact's phone.

use relaydesk::sandbox::FileKind;
use serde_json::json;

use crate::world::{Phone, World, file};

/// What people can send, and what it is called.
pub const KINDS: [(FileKind, &str); 8] = [
    (FileKind::Photo, "photo"),
    (FileKind::Document, "document"),
    (FileKind::Video, "video"),
    (FileKind::VideoNote, "video_note"),
    (FileKind::Animation, "animation"),
    (FileKind::Voice, "voice"),
    (FileKind::Audio, "audio"),
    (FileKind::Sticker, "sticker"),
];

/// A contact who has written, and the post.
async fn asked(world: &World) -> (Phone, i64) {
    let alice = world.phone("alice");
    alice.sends("hi").await;
    (alice, world.known_post("hi").await)
}

#[tokio::test]
async fn an_answer_of_every_kind_reaches_the_contact() {
    let world = World::start().await;
    let (alice, post) = asked(&world).await;
    for (n, (kind, name)) in KINDS.into_iter().enumerate() {
        let sent = file(kind);
        let bytes = sent.bytes.clone();
        world.sandbox.agent_replies_with(post, vec![sent], "");
        let answer = alice.is_answered(&world, n + 1).await;
        let attachments = answer["attachments"].as_array().unwrap();
        assert_eq!(attachments.len(), 1, "{answer}");
        assert_eq!(attachments[0]["kind"], name, "{answer}");
        let url = attachments[0]["url"].as_str().unwrap();
        let got = world.http.get(world.url(url)).send().await.unwrap();
        assert_eq!(got.status(), 200, "{url}");
        // Photos are cleaned of what they tell besides the picture; the rest is passed on as it is.
        if kind != FileKind::Photo && kind != FileKind::Sticker {
            assert_eq!(got.bytes().await.unwrap(), bytes, "{name}");
        }
    }
    let answers = alice.answers().await;
    assert_eq!(answers[0]["photo_urls"].as_array().unwrap().len(), 1);
    assert_eq!(answers[1]["attachments"][0]["name"], "bill.pdf");
    world.ends().await;
}

#[tokio::test]
async fn a_place_and_a_phone_number_reach_the_contact_without_a_file() {
    let world = World::start().await;
    let (alice, post) = asked(&world).await;
    world.sandbox.agent_sends_location(Some(post), 41.31, 69.24);
    let place = alice.is_answered(&world, 1).await["attachments"][0].clone();
    assert_eq!(
        (&place["kind"], &place["latitude"], &place["longitude"]),
        (&json!("location"), &json!(41.31), &json!(69.24))
    );
    assert!(place["url"].is_null(), "{place}");
    world
        .sandbox
        .agent_sends_contact(Some(post), "+998901234567", "Courier");
    let person = alice.is_answered(&world, 2).await["attachments"][0].clone();
    assert_eq!(
        (&person["kind"], &person["name"], &person["phone"]),
        (
            &json!("contact"),
            &json!("Courier"),
            &json!("+998901234567")
        )
    );
    world.ends().await;
}

#[tokio::test]
async fn an_album_is_one_message_in_its_order() {
    let world = World::start().await;
    let (alice, post) = asked(&world).await;
    let parts = vec![
        file(FileKind::Photo),
        file(FileKind::Video),
        file(FileKind::Photo),
    ];
    world.sandbox.agent_replies_with(post, parts, "three");
    let answer = alice.is_answered(&world, 1).await;
    assert_eq!(answer["message"], "three");
    let kinds: Vec<_> = answer["attachments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| &part["kind"])
        .collect();
    assert_eq!(kinds, ["photo", "video", "photo"]);
    assert_eq!(answer["photo_urls"].as_array().unwrap().len(), 2);
    world.passes(std::time::Duration::from_secs(30)).await;
    alice.is_answered(&world, 1).await;
    world.ends().await;
}

#[tokio::test]
async fn the_contact_sees_the_agents_full_name_else_the_username_else_support_team() {
    let world = World::start().await;
    let (alice, post) = asked(&world).await;
    for (n, (first, last, username, shown)) in [
        ("Анна", Some("Ли"), Some("anna"), "Анна Ли"),
        ("Boris", None, Some("boris"), "Boris"),
        ("", None, Some("night_shift"), "night_shift"),
        ("", None, None, "Support Team"),
    ]
    .into_iter()
    .enumerate()
    {
        world
            .sandbox
            .as_agent(first, last, username)
            .agent_replies(post, "hello");
        let answer = alice.is_answered(&world, n + 1).await;
        assert_eq!(answer["agent_name"], shown);
    }
    world.ends().await;
}

#[tokio::test]
async fn an_edit_changes_the_message_and_one_that_changes_nothing_is_not_announced() {
    let world = World::start().await;
    let (alice, post) = asked(&world).await;
    let mut socket = alice.joins(None).await;
    socket.hears(&world, "joined").await;
    let reply = world.sandbox.agent_replies(post, "tomorow");
    let photo = world
        .sandbox
        .agent_replies_with(post, vec![file(FileKind::Photo)], "map")[0];
    let first = alice.is_answered(&world, 2).await;
    assert!(first["edited_at"].is_null());
    assert!(world.sandbox.agent_edits(reply, "tomorow"));
    assert!(world.sandbox.agent_edits(reply, "tomorrow"));
    let told = socket.hears(&world, "message_updated").await;
    assert_eq!(told["message"], "tomorrow");
    assert!(world.sandbox.agent_edits(photo, "the map"));
    let told = socket.hears(&world, "message_updated").await;
    assert_eq!(told["message"], "the map");
    assert_eq!(told["photo_urls"].as_array().unwrap().len(), 1);
    let answers = alice.answers().await;
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[0]["message"], "tomorrow");
    assert!(answers[0]["edited_at"].is_string());
    world.ends().await;
}

#[tokio::test]
async fn an_edit_of_any_part_of_an_album_finds_the_message() {
    let world = World::start().await;
    let (alice, post) = asked(&world).await;
    let parts = vec![file(FileKind::Photo), file(FileKind::Photo)];
    let album = world.sandbox.agent_replies_with(post, parts, "before");
    alice.is_answered(&world, 1).await;
    world.sandbox.agent_edits(album[0], "after");
    alice.sees(&world, &["hi", "after"]).await;
    world.ends().await;
}

#[tokio::test]
async fn of_a_file_over_20_megabytes_the_agent_is_told_and_the_text_arrives() {
    let world = World::start().await;
    let (alice, post) = asked(&world).await;
    let large = || relaydesk::sandbox::AgentFile {
        claimed_size: Some(21_000_000),
        ..file(FileKind::Video)
    };
    let sent = world
        .sandbox
        .agent_replies_with(post, vec![large()], "see the film")[0];
    let answer = alice.is_answered(&world, 1).await;
    assert_eq!(answer["message"], "see the film");
    assert_eq!(answer["attachments"], json!([]));
    world.group_has(2).await;
    let told = world.bot_posts().remove(1);
    assert_eq!(
        (told.text.as_str(), told.reply_to),
        (
            "⚠️ Файл не отправлен: он больше 20 МБ, бот не может его скачать.",
            Some(sent)
        )
    );
    // Nothing to say is nothing for the contact; the other part of an album is.
    world.sandbox.agent_replies_with(post, vec![large()], "");
    world.group_has(3).await;
    world
        .sandbox
        .agent_replies_with(post, vec![file(FileKind::Photo), large()], "");
    world.group_has(4).await;
    let answer = alice.is_answered(&world, 2).await;
    assert_eq!(answer["attachments"].as_array().unwrap().len(), 1);
    world.ends().await;
}
