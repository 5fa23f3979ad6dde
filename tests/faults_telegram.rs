//! Telegram in trouble: whatever happens to a call, nothing is lost and order is kept.

use std::time::Duration;

use relaydesk::sandbox::{Fault, FileKind, Post};

use crate::world::{World, file, jpeg, png};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn telegram_down_for_an_hour_then_up() {
    let world = World::start().await;
    let (alice, bob) = (world.phone("alice"), world.phone("bob"));
    alice.sends("before").await;
    let before = world.post_with("before").await;
    world.expects_warning("Telegram can not be reached");
    world.expects_warning("answers from the group do not come in");
    world.sandbox.telegram_down().await;
    alice.sends("one").await;
    bob.sends("hello").await;
    alice.sends_photos("two", vec![jpeg(40, 30)]).await.ok();
    world
        .is_in_trouble("telegram", "check the network and TELEGRAM_API_URL")
        .await;
    world.sandbox.agent_replies(before, "seen in the meantime");
    world.passes(HOUR).await;
    alice.sends("three").await;
    let queue = world.ready().await["queue"].clone();
    assert!(
        queue["waiting"].as_i64().unwrap() >= 3
            && queue["oldest_seconds"].as_i64().unwrap() >= 3600,
        "{queue}"
    );
    assert_eq!(world.group_posts().len(), 1);

    world.sandbox.telegram_up().await.unwrap();
    let posts = world.posts_of("alice", 3).await;
    assert!(
        posts[1].ends_with("💬 Сообщения (3):\none\n\ntwo\n\nthree"),
        "{posts:#?}"
    );
    assert_eq!(posts[2], "👤 ID пользователя: alice");
    assert!(world.posts_of("bob", 1).await[0].ends_with("hello"));
    alice
        .sees(
            &world,
            &["before", "one", "two", "three", "seen in the meantime"],
        )
        .await;
    world.is_well().await;
    world.ends().await;
}

#[tokio::test]
async fn a_429_with_retry_after_on_any_call() {
    let world = World::with(|options| options.forum = true).await;
    let alice = world.phone("alice");
    world.is_well().await;
    world.expects_warning("Telegram asks for a pause");
    world.expects_warning("a file could not be fetched from Telegram");
    let calls = [
        "getMe",
        "getChat",
        "getChatMember",
        "getWebhookInfo",
        "getUpdates",
        "createForumTopic",
        "sendMessage",
        "sendPhoto",
        "sendMediaGroup",
        "sendDocument",
        "sendChatAction",
        "getFile",
        "file",
    ];
    for call in calls {
        let pause = Fault::TooManyRequests { retry_after: 7 };
        world.sandbox.break_next(pause, Some(call), 1);
    }
    alice.sends("one").await;
    world.group_has(1).await;
    alice.sends_photos("two", vec![jpeg(40, 30)]).await.ok();
    world.group_has(2).await;
    alice
        .sends_photos("three", vec![jpeg(40, 30), jpeg(41, 30)])
        .await
        .ok();
    world.group_has(4).await;
    alice.sends_photos("four", vec![png(900, 20)]).await.ok();
    world.group_has(5).await;
    let mut socket = alice.joins(None).await;
    socket.hears(&world, "joined").await;
    socket
        .emits(
            "typing",
            serde_json::json!({"user_id": "alice", "typing": true}),
        )
        .await;
    let post = world.bot_posts()[0].id;
    world
        .sandbox
        .agent_replies_with(post, vec![file(FileKind::Document)], "five");
    alice
        .sees(&world, &["one", "two", "three", "four", "five"])
        .await;
    // Whenever its standing changes the bot looks at itself.
    world.sandbox.set_can_manage_topics(true);
    world
        .until("every call refused once", async || {
            world.sandbox.faults_planned() == 0
        })
        .await;
    assert_eq!(world.sandbox.topics().len(), 1);
    world.group_has(5).await;
    world.is_well().await;
    world.ends().await;
}

#[tokio::test]
async fn a_429_pauses_the_group_and_pushes_go_on() {
    let world = World::start().await;
    let alice = world.phone("alice");
    alice.registers("alice-token").await;
    alice.sends("hi").await;
    let post = world.post_with("hi").await;
    world.telegram_pauses(300).await;
    let began = world.clock.monotonic();
    alice.sends("are you there?").await;
    world.sandbox.agent_replies(post, "yes");
    world
        .until("a push", async || world.sandbox.pushes().len() == 1)
        .await;
    assert!(world.clock.monotonic() - began < Duration::from_secs(60));
    world.passes(Duration::from_secs(240)).await;
    world.posts_of("alice", 1).await;
    world.posts_of("alice", 2).await;
    let pause = world.bot_posts()[1].at_monotonic - began;
    assert!(pause >= Duration::from_secs(299), "{pause:?}");
    world.ends().await;
}

#[tokio::test]
async fn a_connection_cut_after_telegram_accepted() {
    for fault in [Fault::CutAfterAccept, Fault::Garbage200] {
        let world = World::start().await;
        let (alice, bob) = (world.phone("alice"), world.phone("bob"));
        world.expects_warning("nobody knows whether this arrived");
        world.sandbox.break_next(fault, Some("sendMessage"), 1);
        alice.sends("cut").await;
        world.posts_of("alice", 1).await;
        bob.sends("meanwhile").await;
        world.posts_of("bob", 1).await;
        alice.sends("after").await;
        assert_eq!(world.texts_of("alice").len(), 1);
        world.posts_of("alice", 3).await;
        let posts = posts_of_alice(&world);
        assert_eq!(posts[0].text, posts[1].text);
        assert!(posts[2].text.ends_with("after"));
        let apart = posts[1].at_monotonic - posts[0].at_monotonic;
        assert!((60..=122).contains(&apart.as_secs()), "{apart:?}");
        for (n, post) in posts.iter().enumerate() {
            world
                .sandbox
                .agent_replies(post.id, &format!("to copy {n}"));
            alice.is_answered(&world, n + 1).await;
        }
        world.passes(Duration::from_secs(130)).await;
        world.posts_of("alice", 3).await;
        world.ends().await;
    }
}

#[tokio::test]
async fn a_connection_cut_before_telegram_accepted_doubles_nothing() {
    let world = World::start().await;
    let alice = world.phone("alice");
    // Which of the two it is depends on how much of the photo had left.
    world.expects_warning("nobody knows whether this arrived");
    world.expects_warning("the connection was closed while sending");
    world
        .sandbox
        .break_next(Fault::CutBeforeAccept, Some("sendPhoto"), 1);
    alice.sends_photos("cut", vec![jpeg(40, 30)]).await.ok();
    world.posts_of("alice", 1).await;
    world.queue_is_empty().await;
    world.posts_of("alice", 1).await;
    world.ends().await;
}

#[tokio::test]
async fn an_album_cut_off_comes_twice_and_every_part_of_both_leads_to_the_contact() {
    let world = World::start().await;
    let alice = world.phone("alice");
    world.expects_warning("nobody knows whether this arrived");
    world
        .sandbox
        .break_next(Fault::CutAfterAccept, Some("sendMediaGroup"), 1);
    alice
        .sends_photos("", vec![jpeg(40, 30), jpeg(41, 30)])
        .await
        .ok();
    world.group_has(4).await;
    world.queue_is_empty().await;
    // The mark stands under the first part, which is the one people answer.
    let albums = world.bot_posts();
    for (n, part) in [0, 2, 3].into_iter().enumerate() {
        world.sandbox.agent_replies(albums[part].id, "thanks");
        alice.is_answered(&world, n + 1).await;
    }
    world.ends().await;
}

#[tokio::test]
async fn uncertain_twice_is_dead_and_a_replay_brings_it() {
    let world = World::start().await;
    let alice = world.phone("alice");
    world.expects_warning("nobody knows whether this arrived");
    world.expects_warning("a delivery is dead");
    world
        .sandbox
        .break_next(Fault::CutBeforeAccept, Some("sendMessage"), 2);
    alice.sends("lost twice").await;
    world.are_dead(1).await;
    alice.sends("goes on").await;
    world.posts_of("alice", 1).await;
    let (listed, said) = world.runs(&["outbox", "list"]).await;
    assert!(listed && said.contains("uncertain twice"), "{said}");
    let (replayed, said) = world.runs(&["outbox", "replay"]).await;
    assert!(replayed && said.contains("1 to be tried again"), "{said}");
    let posts = world.posts_of("alice", 2).await;
    assert!(posts[1].ends_with("lost twice"), "{posts:#?}");
    world.are_dead(0).await;
    world.ends().await;
}

#[tokio::test]
async fn a_502_with_html_is_no_post_and_is_tried_again() {
    let world = World::start().await;
    let (alice, bob) = (world.phone("alice"), world.phone("bob"));
    world.expects_warning("status 502");
    world.expects_warning("Internal Server Error");
    world
        .sandbox
        .break_next(Fault::BadGateway, Some("sendMessage"), 3);
    world
        .sandbox
        .break_next(Fault::ServerError500, Some("sendMessage"), 2);
    world
        .sandbox
        .break_next(Fault::BadGateway, Some("getUpdates"), 2);
    alice.sends("hi").await;
    alice.sends("there").await;
    bob.sends("hello").await;
    world.queue_is_empty().await;
    world.posts_of("bob", 1).await;
    let posts = world.texts_of("alice").join("\n");
    assert_eq!(
        (
            posts.matches("\nhi").count(),
            posts.matches("\nthere").count()
        ),
        (1, 1),
        "{posts}"
    );
    let post = posts_of_alice(&world).remove(0);
    world.sandbox.agent_replies(post.id, "hello");
    alice.is_answered(&world, 1).await;
    world.ends().await;
}

#[tokio::test]
async fn getting_updates_fails_in_every_way_and_no_answer_is_lost() {
    let world = World::start().await;
    let alice = world.phone("alice");
    alice.sends("hi").await;
    let post = world.post_with("hi").await;
    world.expects_warning("a part is in trouble");
    for (n, fault) in [
        Fault::CutAfterAccept,
        Fault::CutBeforeAccept,
        Fault::Garbage200,
        Fault::BadGateway,
        Fault::ServerError500,
        Fault::TooManyRequests { retry_after: 9 },
    ]
    .into_iter()
    .enumerate()
    {
        world.sandbox.break_next(fault, Some("getUpdates"), 2);
        world.sandbox.agent_replies(post, &format!("answer {n}"));
        let answer = alice.is_answered(&world, n + 1).await;
        assert_eq!(answer["message"], format!("answer {n}"));
    }
    world
        .until("all faults happened", async || {
            world.sandbox.faults_planned() == 0
        })
        .await;
    world.is_well().await;
    world.ends().await;
}

#[tokio::test]
async fn another_program_that_takes_the_bots_updates_is_told() {
    let world = World::start().await;
    let alice = world.phone("alice");
    alice.sends("hi").await;
    let post = world.post_with("hi").await;
    let url = format!(
        "{}/bot{}/getUpdates",
        world.sandbox.url(),
        world.sandbox.bot_token()
    );
    let other = world
        .http
        .post(url)
        .json(&serde_json::json!({"timeout": 0}));
    assert_eq!(other.send().await.unwrap().status(), 200);
    world
        .is_in_trouble("telegram", "another program asks for this bot's updates")
        .await;
    world.is_well().await;
    world.sandbox.agent_replies(post, "hello");
    alice.is_answered(&world, 1).await;
    world.ends().await;
}

fn posts_of_alice(world: &World) -> Vec<Post> {
    let posts = world.bot_posts().into_iter();
    posts.filter(|post| post.text.contains("alice")).collect()
}
