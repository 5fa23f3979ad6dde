//! How a contact's words look in the agents' group.

use std::time::Duration;

use serde_json::json;

use crate::world::World;

const ALICE: &str = "📱 Сообщение от пользователя\n\n👤 ID пользователя: alice";

#[tokio::test]
async fn a_message_is_posted_as_drawn() {
    let world = World::start().await;
    let alice = world.phone("alice");
    alice.sends("where is\nmy order?").await;
    world.group_has(1).await;
    alice.sends_named("Alice Liddell", "and my hat?").await;
    world.group_has(2).await;
    assert_eq!(
        world.group_posts(),
        [
            format!("{ALICE}\n\n💬 Сообщение:\nwhere is\nmy order?"),
            format!("{ALICE}\n📝 Имя: Alice Liddell\n\n💬 Сообщение:\nand my hat?"),
        ]
    );
    let bold: Vec<_> = entities(&world, 1, "bold");
    assert_eq!(
        bold,
        [
            "Сообщение от пользователя",
            "ID пользователя:",
            "Имя:",
            "Сообщение:"
        ]
    );
    world.ends().await;
}

#[tokio::test]
async fn the_labels_are_in_the_language_of_the_desk() {
    for (locale, drawn) in [
        (
            "en",
            "📱 Message from a user\n\n👤 User ID: alice\n📝 Name: Al\n\n💬 Message:\nhi",
        ),
        (
            "uz",
            "📱 Foydalanuvchidan xabar\n\n👤 Foydalanuvchi ID: alice\n📝 Ism: Al\n\n💬 Xabar:\nhi",
        ),
    ] {
        let world = World::with(|o| o.settings.push(("LOCALE", locale.to_owned()))).await;
        world.phone("alice").sends_named("Al", "hi").await;
        world.group_has(1).await;
        assert_eq!(world.group_posts(), [drawn]);
        world.ends().await;
    }
}

#[tokio::test]
async fn what_people_write_is_never_markup() {
    let world = World::start().await;
    let evil = world.phone("<b>root</b>");
    let text =
        "</b><a href=\"tg://user?id=1\">click</a> <tg-spoiler>x</tg-spoiler> &amp; &lt; *b* _i_";
    evil.sends_named("</b><code>name", text).await;
    world.group_has(1).await;
    let post = world.group_posts().remove(0);
    assert!(post.contains("👤 ID пользователя: <b>root</b>\n"), "{post}");
    assert!(post.contains("📝 Имя: </b><code>name\n"), "{post}");
    assert!(post.ends_with(&format!("Сообщение:\n{text}")), "{post}");
    assert_eq!(entities(&world, 0, "bold").len(), 4);
    assert_eq!(entities(&world, 0, "text_link"), ["\u{200b}"]);
    for kind in ["code", "spoiler", "italic", "text_mention"] {
        assert!(entities(&world, 0, kind).is_empty(), "{kind}");
    }
    world.ends().await;
}

#[tokio::test]
async fn a_link_in_a_users_text_does_not_lead_a_reply_astray() {
    let world = World::start().await;
    let (alice, mallory) = (world.phone("alice"), world.phone("mallory"));
    alice.sends("mine").await;
    world.group_has(1).await;
    let mark = link_of(&world, 0);
    mallory
        .sends(&format!("<a href=\"{mark}\">\u{200b}</a> {mark}"))
        .await;
    world.group_has(2).await;
    assert_ne!(link_of(&world, 1), mark);
    world
        .sandbox
        .agent_replies(world.bot_posts()[1].id, "to mallory");
    mallory.is_answered(&world, 1).await;
    assert!(alice.answers().await.is_empty());
    world.ends().await;
}

#[tokio::test]
async fn the_name_is_the_latest_known_one() {
    let world = World::start().await;
    let alice = world.phone("alice");
    alice.sends_named("Alice", "one").await;
    world.group_has(1).await;
    world.telegram_pauses(30).await;
    alice.sends("two").await;
    alice.sends_named("Queen Alice", "three").await;
    let posts = world.posts_of("alice", 2).await;
    assert!(posts[0].contains("📝 Имя: Alice\n"), "{posts:#?}");
    assert!(posts[1].contains("📝 Имя: Queen Alice\n"), "{posts:#?}");
    world.ends().await;
}

#[tokio::test]
async fn what_waits_of_one_contact_goes_together_and_never_with_anothers() {
    let world = World::start().await;
    let (alice, bob) = (world.phone("alice"), world.phone("bob"));
    world.telegram_pauses(30).await;
    alice.sends_named("Alice", "one").await;
    bob.sends("hello").await;
    alice.sends("two").await;
    bob.sends("anybody?").await;
    alice.sends("three\nlines").await;
    let posts = world.posts_of("alice", 1).await;
    assert_eq!(
        posts[0],
        format!("{ALICE}\n📝 Имя: Alice\n\n💬 Сообщения (3):\none\n\ntwo\n\nthree\nlines")
    );
    let posts = world.posts_of("bob", 1).await;
    assert_eq!(
        posts[0],
        "📱 Сообщение от пользователя\n\n👤 ID пользователя: bob\n\n💬 Сообщения (2):\nhello\n\nanybody?"
    );
    world.ends().await;
}

#[tokio::test]
async fn what_was_refused_goes_together_with_what_came_since() {
    let world = World::start().await;
    let alice = world.phone("alice");
    world.sandbox.telegram_down().await;
    world.expects_warning("Telegram can not be reached");
    world.expects_warning("answers from the group do not come in");
    alice.sends("one").await;
    world
        .is_in_trouble("telegram", "check the network and TELEGRAM_API_URL")
        .await;
    alice.sends("two").await;
    world.passes(Duration::from_secs(10)).await;
    alice.sends("three").await;
    world.sandbox.telegram_up().await.unwrap();
    let posts = world.posts_of("alice", 1).await;
    assert_eq!(
        posts[0],
        format!("{ALICE}\n\n💬 Сообщения (3):\none\n\ntwo\n\nthree")
    );
    world.is_well().await;
    world.ends().await;
}

#[tokio::test]
async fn a_long_text_is_cut_at_words_with_the_header_on_the_first_post_only() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let words: Vec<String> = (0..1600).map(|n| format!("слово{n}")).collect();
    let text = words.join(" ");
    alice.sends(&text).await;
    world.queue_is_empty().await;
    let posts = world.group_posts();
    assert_eq!(posts.len(), text.encode_utf16().count() / 4096 + 1);
    let head = format!("{ALICE}\n\n💬 Сообщение:\n");
    assert!(posts[0].starts_with(&head));
    assert!(posts[1..].iter().all(|post| !post.contains("📱")));
    let told = posts.join(" ");
    let told: Vec<&str> = told[head.len()..].split_whitespace().collect();
    assert_eq!(told, words);
    // A reply to any of them arrives.
    for (n, post) in world.bot_posts().iter().enumerate() {
        world
            .sandbox
            .agent_replies(post.id, &format!("to part {n}"));
        let answer = alice.is_answered(&world, n + 1).await;
        assert_eq!(answer["message"], format!("to part {n}"));
    }
    world.ends().await;
}

#[tokio::test]
async fn waiting_messages_too_long_for_one_post_become_several() {
    let world = World::start().await;
    let alice = world.phone("alice");
    world.telegram_pauses(30).await;
    let said: Vec<String> = (0..3).map(|n| format!("{n}").repeat(2000)).collect();
    for text in &said {
        alice.sends(text).await;
    }
    world.queue_is_empty().await;
    let posts: Vec<String> = world.group_posts();
    let posts: Vec<&String> = posts.iter().filter(|post| !post.contains("zoe")).collect();
    assert_eq!(posts.len(), 2, "{posts:#?}");
    assert!(posts[0].starts_with(&format!("{ALICE}\n\n💬 Сообщения (3):\n000")));
    assert!(posts.iter().all(|post| post.encode_utf16().count() < 4096));
    let told: String = posts.iter().map(|post| post.as_str()).collect();
    for (n, text) in said.iter().enumerate() {
        assert_eq!(told.matches(&n.to_string()).count(), text.len(), "{n}");
    }
    world.ends().await;
}

#[tokio::test]
async fn odd_ids_and_names_are_posted_as_they_are() {
    let world = World::start().await;
    let odd = world.phone("a/b @c 😀");
    odd.sends_named("Иван «O'Нил» & сын", "привет").await;
    world.group_has(1).await;
    assert_eq!(
        world.group_posts(),
        [
            "📱 Сообщение от пользователя\n\n👤 ID пользователя: a/b @c 😀\n📝 Имя: Иван «O'Нил» & сын\n\n💬 Сообщение:\nпривет"
        ]
    );
    let blank = json!({"user_id": "bob", "user_name": "", "message": "no name"});
    odd.posts("/send_message", blank).await.ok();
    world.group_has(2).await;
    assert!(!world.group_posts()[1].contains("Имя"));
    world.ends().await;
}

/// The words under the entities of that kind in the bot's nth post.
fn entities(world: &World, post: usize, kind: &str) -> Vec<String> {
    let post = world.bot_posts().remove(post);
    let units: Vec<u16> = post.text.encode_utf16().collect();
    let of_kind = post.entities.iter().filter(|entity| entity.kind == kind);
    of_kind
        .map(|entity| {
            let words = &units[entity.offset..entity.offset + entity.length];
            String::from_utf16(words).unwrap()
        })
        .collect()
}

fn link_of(world: &World, post: usize) -> String {
    let post = world.bot_posts().remove(post);
    let link = post
        .entities
        .iter()
        .find(|entity| entity.kind == "text_link");
    link.unwrap().url.clone().unwrap()
}
