//! Pushes as the phones get them.

use relaydesk::domain::clock::Clock;
use relaydesk::sandbox::{FileKind, Sandbox, SandboxOptions};
use serde_json::{Value, json};

use crate::world::{Binary, Phone, World, binary, ends, file};

/// A contact with one device who has written, and the post.
async fn asked(world: &World) -> (Phone, i64) {
    let alice = world.phone("alice");
    alice.registers("alice-token").await;
    alice.sends("hi").await;
    (alice, world.known_post("hi").await)
}

/// Waits until this many pushes were sent; the messages.
async fn pushed(world: &World, count: usize) -> Vec<Value> {
    world
        .until(&format!("{count} pushes"), async || {
            world.sandbox.pushes().len() >= count
        })
        .await;
    let pushes = world.sandbox.pushes();
    assert_eq!(pushes.len(), count, "{pushes:#?}");
    assert!(pushes.iter().all(|push| push.accepted), "{pushes:#?}");
    pushes.into_iter().map(|push| push.message).collect()
}

#[tokio::test]
async fn a_push_is_as_the_contract_says() {
    let world = World::start().await;
    let (alice, post) = asked(&world).await;
    world.sandbox.agent_replies(post, "on its way");
    let answer = alice.is_answered(&world, 1).await;
    let push = pushed(&world, 1).await.remove(0);
    assert_eq!(
        push,
        json!({
            "token": "alice-token",
            "notification": {"title": "Ответ от поддержки", "body": "on its way"},
            "data": {
                "type": "support_reply",
                "user_id": "alice",
                "message": "on its way",
                "message_id": answer["id"].to_string(),
            },
            "android": {"priority": "high"},
            "apns": {
                "headers": {"apns-priority": "10", "apns-push-type": "alert"},
                "payload": {"aps": {"sound": "default", "badge": 1}},
            },
        })
    );
    world.ends().await;
}

#[tokio::test]
async fn the_title_and_the_word_for_media_are_in_the_language_of_the_desk() {
    for (locale, title, photo) in [
        ("en", "Reply from support", "📷 Photo"),
        ("uz", "Qo‘llab-quvvatlash javobi", "📷 Surat"),
    ] {
        let world = World::with(|o| o.settings.push(("LOCALE", locale.to_owned()))).await;
        let (_, post) = asked(&world).await;
        world
            .sandbox
            .agent_replies_with(post, vec![file(FileKind::Photo)], "");
        let push = pushed(&world, 1).await.remove(0);
        assert_eq!(push["notification"], json!({"title": title, "body": photo}));
        world.ends().await;
    }
}

#[tokio::test]
async fn media_without_words_is_a_word_and_with_words_the_words() {
    let world = World::start().await;
    let (_, post) = asked(&world).await;
    let kinds = [
        (FileKind::Photo, "📷 Фото"),
        (FileKind::Document, "📄 Документ"),
        (FileKind::Video, "🎬 Видео"),
        (FileKind::VideoNote, "🎬 Видеосообщение"),
        (FileKind::Animation, "🎞 GIF"),
        (FileKind::Voice, "🎤 Голосовое сообщение"),
        (FileKind::Audio, "🎵 Аудио"),
        (FileKind::Sticker, "🙂 Стикер"),
    ];
    for (n, (kind, word)) in kinds.into_iter().enumerate() {
        world.sandbox.agent_replies_with(post, vec![file(kind)], "");
        let push = pushed(&world, n + 1).await.remove(n);
        assert_eq!(push["notification"]["body"], word);
        assert_eq!(push["data"]["message"], "");
    }
    world.sandbox.agent_sends_location(Some(post), 41.3, 69.2);
    world.sandbox.agent_sends_contact(Some(post), "+1", "Bob");
    world
        .sandbox
        .agent_replies_with(post, vec![file(FileKind::Photo)], "the map");
    let pushes = pushed(&world, 11).await;
    let bodies: Vec<_> = pushes[8..]
        .iter()
        .map(|push| push["notification"]["body"].as_str().unwrap())
        .collect();
    assert_eq!(bodies, ["📍 Местоположение", "👤 Контакт", "the map"]);
    for push in &pushes {
        let data = push["data"].as_object().unwrap();
        assert!(data.values().all(Value::is_string), "{data:?}");
    }
    world.ends().await;
}

#[tokio::test]
async fn every_device_gets_one_push_and_an_album_is_one() {
    let world = World::start().await;
    let (alice, post) = asked(&world).await;
    alice.registers("tablet").await;
    let bob = world.phone("bob");
    bob.registers("bobs").await;
    let parts = vec![
        file(FileKind::Photo),
        file(FileKind::Photo),
        file(FileKind::Photo),
    ];
    world.sandbox.agent_replies_with(post, parts, "");
    let pushes = pushed(&world, 2).await;
    world.queue_is_empty().await;
    let mut tokens: Vec<_> = pushes
        .iter()
        .map(|push| push["token"].as_str().unwrap())
        .collect();
    tokens.sort_unstable();
    assert_eq!(tokens, ["alice-token", "tablet"]);
    assert_eq!(pushes[0]["notification"]["body"], "📷 Фото (3)");
    pushed(&world, 2).await;
    world.ends().await;
}

#[tokio::test]
async fn the_badge_is_the_number_of_unread_answers() {
    let world = World::start().await;
    let (alice, post) = asked(&world).await;
    for n in 1..=3 {
        world.sandbox.agent_replies(post, &format!("{n}"));
        pushed(&world, n).await;
    }
    let third = alice.answers().await[2]["id"].clone();
    let read = json!({"user_id": "alice", "up_to_id": third});
    assert_eq!(
        alice.posts("/mark_read", read).await.ok()["unread_count"],
        0
    );
    world.sandbox.agent_replies(post, "4");
    let pushes = pushed(&world, 4).await;
    let badges: Vec<_> = pushes
        .iter()
        .map(|push| &push["apns"]["payload"]["aps"]["badge"])
        .collect();
    assert_eq!(badges, [1, 2, 3, 1]);
    world.ends().await;
}

#[tokio::test]
async fn an_edit_a_greeting_and_the_contacts_own_messages_are_no_pushes() {
    let world = World::start().await;
    let (alice, post) = asked(&world).await;
    alice.history("?user_name=Alice").await;
    alice.sends("still there?").await;
    let reply = world.sandbox.agent_replies(post, "yes");
    alice.is_answered(&world, 1).await;
    world.sandbox.agent_edits(reply, "yes!");
    world
        .until("the edit", async || {
            alice.answers().await[0]["message"] == "yes!"
        })
        .await;
    world.queue_is_empty().await;
    pushed(&world, 1).await;
    world.ends().await;
}

#[tokio::test]
async fn the_photos_address_is_absolute_where_the_public_one_is_known() {
    for (public, base) in [
        (
            Some("https://desk.example/base/"),
            "https://desk.example/base",
        ),
        (None, ""),
    ] {
        let world = World::with(|options| {
            let setting = public.map(|url| ("PUBLIC_URL", url.to_owned()));
            options.settings.extend(setting);
        })
        .await;
        let (alice, post) = asked(&world).await;
        world.sandbox.agent_replies_with(
            post,
            vec![file(FileKind::Photo), file(FileKind::Photo)],
            "",
        );
        let answer = alice.is_answered(&world, 1).await;
        let push = pushed(&world, 1).await.remove(0);
        let path = answer["photo_urls"][0].as_str().unwrap();
        let name = path.rsplit('/').next().unwrap();
        assert_eq!(push["data"]["photo_url"], format!("{base}/uploads/{name}"));
        world.ends().await;
    }
}

#[tokio::test]
async fn a_text_too_long_for_fcm_is_cut_between_characters() {
    let world = World::start().await;
    let (alice, post) = asked(&world).await;
    for (n, text) in [
        "слово ".repeat(680),
        "😀\"\\".repeat(1000),
        "x".repeat(4096),
    ]
    .iter()
    .enumerate()
    {
        world.sandbox.agent_replies(post, text.trim());
        alice.is_answered(&world, n + 1).await;
        let mut push = pushed(&world, n + 1).await.remove(n);
        push.as_object_mut().unwrap().remove("token");
        let size = push.to_string().len();
        assert!((3900..=4096).contains(&size), "{size}");
        let told = push["data"]["message"].as_str().unwrap();
        let kept = told.strip_suffix('…').expect("an ellipsis");
        assert!(text.starts_with(kept) && kept.len() > 1000, "{kept}");
        assert!(
            text.starts_with(
                push["notification"]["body"]
                    .as_str()
                    .unwrap()
                    .trim_end_matches('…')
            )
        );
    }
    world.ends().await;
}

#[tokio::test]
async fn push_test_sends_one_to_each_device_and_prints_what_fcm_said() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(SandboxOptions {
        clock: Clock::system(),
        forum: false,
        group_rate: 20,
        port: 0,
    })
    .await
    .unwrap();
    let _server = Binary::serves(folder.path(), Some(&sandbox), &[]);
    let alice = _server.phone("alice");
    alice.registers("good").await;
    let test = async |user: &str| {
        let mut command = binary(folder.path());
        command
            .args(["push", "test", "--user", user])
            .env("FCM_API_URL", sandbox.fcm_url())
            .env(
                "FCM_SERVICE_ACCOUNT_PATH",
                folder.path().join("account.json"),
            );
        ends(command).await
    };
    let (accepted, said) = test("alice").await;
    assert!(accepted && said.contains("accepted by FCM"), "{said}");
    assert_eq!(
        sandbox.pushes()[0].message["notification"]["body"],
        "Проверка уведомлений: всё работает"
    );

    alice.registers("gone").await;
    sandbox.token_is_unregistered("gone");
    let (accepted, said) = test("alice").await;
    assert!(!accepted, "{said}");
    for line in [
        "accepted by FCM",
        "no such device any more (HTTP 404 UNREGISTERED)",
        "1 of 2 refused",
    ] {
        assert!(said.contains(line), "{line} in {said}");
    }
    assert_eq!(
        alice.gets("/check_device/alice").await.ok()["device_count"],
        2
    );

    sandbox.refuse_service_account(true);
    let (accepted, said) = test("alice").await;
    assert!(
        !accepted && said.contains("Google refuses the service account (invalid_grant)"),
        "{said}"
    );
    let (known, said) = test("nobody").await;
    assert!(!known && said.contains("no registered device"), "{said}");
    sandbox.stop().await;
}
