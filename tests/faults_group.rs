//! The group changes under the bot, and the server stops in the middle of a post.

use std::time::Duration;

use relaydesk::sandbox::Fault;

use crate::world::World;

#[tokio::test]
async fn a_group_that_migrated_is_followed_and_remembered() {
    let mut world = World::start().await;
    let alice = world.phone("alice");
    alice.sends("before").await;
    let old = world.post_with("before").await;
    world.is_well().await;
    world.sandbox.migrate_group();
    alice.sends("after").await;
    world.posts_of("alice", 2).await;
    world.sandbox.agent_replies(old, "to the old post");
    world
        .sandbox
        .agent_replies(world.post_with("after").await, "to the new one");
    alice
        .sees(
            &world,
            &["before", "after", "to the old post", "to the new one"],
        )
        .await;

    world.server_stops().await;
    let known = world.sandbox.calls().len();
    world.server_starts().await;
    alice.sends("after the restart").await;
    world.posts_of("alice", 3).await;
    world.sandbox.agent_replies(old, "still there");
    alice.is_answered(&world, 3).await;
    let refused: Vec<_> = world
        .sandbox
        .calls()
        .into_iter()
        .skip(known)
        .filter(|call| call.status == 400)
        .collect();
    assert!(refused.is_empty(), "the old id was used again: {refused:?}");
    world.is_well().await;
    world.ends().await;
}

#[tokio::test]
async fn a_migration_nobody_told_of_is_learned_from_the_first_refusal() {
    let mut world = World::start().await;
    let alice = world.phone("alice");
    alice.sends("before").await;
    world.group_has(1).await;
    world.server_stops().await;
    world.sandbox.migrate_group();
    // The service messages are lost with what a day takes away.
    let url = format!(
        "{}/bot{}/getUpdates?offset=-1",
        world.sandbox.url(),
        world.sandbox.bot_token()
    );
    world.http.get(url).send().await.unwrap();
    world.sandbox.skip_update_ids(3);
    world.server_starts().await;
    alice.sends("after").await;
    world.posts_of("alice", 2).await;
    world
        .sandbox
        .agent_replies(world.post_with("after").await, "hello");
    alice.is_answered(&world, 1).await;
    world.ends().await;
}

#[tokio::test]
async fn a_topic_that_was_deleted_is_made_again_once() {
    let world = World::with(|options| options.forum = true).await;
    let (alice, bob) = (world.phone("alice"), world.phone("bob"));
    alice.sends_named("Alice", "before").await;
    world.group_has(1).await;
    bob.sends("hello").await;
    world.group_has(2).await;
    let first = world.bot_posts()[0].thread_id.unwrap();
    world.sandbox.delete_topic(first);
    alice.sends("after").await;
    alice.sends("and again").await;
    world.posts_of("bob", 1).await;
    world.post_with("and again").await;
    let names: Vec<_> = world
        .sandbox
        .topics()
        .iter()
        .map(|topic| (topic.name.clone(), topic.deleted))
        .collect();
    assert_eq!(
        names,
        [
            ("Alice".into(), true),
            ("bob".into(), false),
            ("Alice".into(), false)
        ]
    );
    let second = world.sandbox.topics()[2].thread_id;
    let threads: Vec<_> = world
        .bot_posts()
        .iter()
        .filter(|post| post.text.contains("alice"))
        .map(|post| post.thread_id)
        .collect();
    assert!(
        threads.iter().all(|thread| *thread == Some(second)),
        "{threads:?}"
    );
    world.sandbox.agent_writes(Some(second), "hello");
    alice.is_answered(&world, 1).await;
    world.ends().await;
}

#[tokio::test]
async fn a_bot_that_was_kicked_and_let_back_in() {
    let world = World::start().await;
    let alice = world.phone("alice");
    alice.sends("before").await;
    let before = world.post_with("before").await;
    world.is_well().await;
    world.expects_warning("bot was kicked");
    world.sandbox.kick_bot();
    alice.sends("while away").await;
    alice.sends("still away").await;
    world
        .is_in_trouble("telegram", "the bot is not in the group: add")
        .await;
    world.passes(Duration::from_secs(3600)).await;
    assert!(world.ready().await["queue"]["waiting"].as_i64().unwrap() >= 1);
    assert_eq!(world.group_posts().len(), 1);
    world.sandbox.let_bot_back();
    world.post_with("still away").await;
    world.is_well().await;
    let posts = world.texts_of("alice").join("\n");
    assert_eq!(posts.matches("away").count(), 2, "{posts}");
    world.sandbox.agent_replies(before, "welcome back");
    alice.is_answered(&world, 1).await;
    world.ends().await;
}

#[tokio::test]
async fn a_bot_that_is_no_administrator_is_told_what_to_do() {
    let world = World::start().await;
    world.is_well().await;
    world.sandbox.set_bot_admin(false);
    world
        .is_in_trouble(
            "telegram",
            "the bot is not an administrator of the group: open the group's settings",
        )
        .await;
    // It may write all the same.
    world.phone("alice").sends("hi").await;
    world.group_has(1).await;
    world.sandbox.set_bot_admin(true);
    world.is_well().await;
    world.ends().await;
}

#[tokio::test]
async fn a_restart_in_the_middle_of_a_post_of_many_parts_loses_and_doubles_nothing() {
    let mut world = World::start().await;
    let alice = world.phone("alice");
    for n in 0..18 {
        world.phone(&format!("user{n}")).sends("hello").await;
    }
    world.group_has(18).await;
    let words: Vec<String> = (0..1700).map(|n| format!("word{n}")).collect();
    alice.sends(&words.join(" ")).await;
    world.group_has(20).await;
    world.server_stops().await;
    assert_eq!(
        world.bot_posts().len(),
        20,
        "the limit was to stop it half way"
    );
    world.server_starts().await;
    world.queue_is_empty().await;
    let posts = world.group_posts();
    let told: Vec<&str> = posts
        .iter()
        .flat_map(|post| post.split_whitespace())
        .filter(|word| word.starts_with("word"))
        .collect();
    assert_eq!(told, words);
    assert!(world.sandbox.calls().iter().all(|call| call.status != 429));
    world.ends().await;
}

#[tokio::test]
async fn an_uncertain_post_waits_its_minute_over_a_restart_too() {
    let mut world = World::start().await;
    let alice = world.phone("alice");
    world.expects_warning("nobody knows whether this arrived");
    world
        .sandbox
        .break_next(Fault::CutAfterAccept, Some("sendMessage"), 1);
    alice.sends("cut").await;
    world.posts_of("alice", 1).await;
    world.passes(Duration::from_secs(10)).await;
    world.server_stops().await;
    world.server_starts().await;
    alice.sends("after").await;
    world.posts_of("alice", 3).await;
    let posts = world.bot_posts();
    assert_eq!(posts[0].text, posts[1].text);
    let apart = posts[1].at_monotonic - posts[0].at_monotonic;
    assert!((60..=122).contains(&apart.as_secs()), "{apart:?}");
    world.ends().await;
}

#[tokio::test]
async fn a_topic_whose_making_was_cut_off_costs_no_message() {
    let world = World::with(|options| options.forum = true).await;
    let alice = world.phone("alice");
    world.expects_warning("making a topic was cut off");
    world
        .sandbox
        .break_next(Fault::CutAfterAccept, Some("createForumTopic"), 1);
    alice.sends("hi").await;
    world.group_has(1).await;
    world.queue_is_empty().await;
    world.group_has(1).await;
    let thread = world.bot_posts()[0].thread_id;
    world.sandbox.agent_writes(thread, "hello");
    alice.is_answered(&world, 1).await;
    world.ends().await;
}

#[tokio::test]
async fn a_token_or_a_group_telegram_does_not_know_is_told_with_the_setting_to_check() {
    let world = World::start().await;
    world.is_well().await;
    for (call, status, description, words) in [
        ("getMe", 401, "Unauthorized", "check BOT_TOKEN"),
        (
            "getChat",
            400,
            "Bad Request: chat not found",
            "check GROUP_CHAT_ID",
        ),
        (
            "getChatMember",
            403,
            "Forbidden: bot is not a member of the supergroup chat",
            "make it an administrator",
        ),
    ] {
        let refusal = Fault::Refuse {
            status,
            description: description.to_owned(),
        };
        world.sandbox.break_next(refusal, Some(call), 1);
        // Whenever its standing changes the bot looks at itself.
        world.sandbox.set_can_manage_topics(true);
        world.is_in_trouble("telegram", words).await;
        world.is_well().await;
    }
    world.ends().await;
}
