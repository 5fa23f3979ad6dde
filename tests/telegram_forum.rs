//! A group with topics: one for each ticket, and everything else as in a plain group.

use std::time::Duration;

use relaydesk::sandbox::FileKind;

use crate::world::{World, file, jpeg};

async fn forum() -> World {
    World::with(|options| options.forum = true).await
}

#[tokio::test]
async fn each_ticket_has_a_topic_made_at_its_first_message_and_named_after_the_contact() {
    let world = forum().await;
    let (alice, bob) = (world.phone("alice"), world.phone("bob"));
    alice.sends_named("Alice  Liddell", "one").await;
    world.group_has(1).await;
    bob.sends("hello").await;
    world.group_has(2).await;
    alice
        .sends_photos("two", vec![jpeg(40, 30), jpeg(41, 30)])
        .await
        .ok();
    world.group_has(4).await;
    let topics = world.sandbox.topics();
    let names: Vec<&str> = topics.iter().map(|topic| topic.name.as_str()).collect();
    assert_eq!(names, ["Alice Liddell", "bob"]);
    let (alices, bobs) = (Some(topics[0].thread_id), Some(topics[1].thread_id));
    let threads: Vec<_> = world
        .bot_posts()
        .iter()
        .map(|post| post.thread_id)
        .collect();
    assert_eq!(threads, [alices, bobs, alices, alices]);
    assert_eq!(
        world.group_posts()[0],
        "📱 Сообщение от пользователя\n\n👤 ID пользователя: alice\n📝 Имя: Alice  Liddell\n\n💬 Сообщение:\none"
    );
    world.ends().await;
}

#[tokio::test]
async fn everything_said_in_the_topic_goes_to_the_contact() {
    let world = forum().await;
    let alice = world.phone("alice");
    alice.sends("hi").await;
    let post = world.post_with("hi").await;
    let thread = world.bot_posts()[0].thread_id;
    world.sandbox.agent_writes(thread, "hello");
    world.sandbox.agent_replies(post, "what happened?");
    let parts = vec![file(FileKind::Photo), file(FileKind::Photo)];
    world
        .sandbox
        .agent_sends_files(None, thread, parts, "like this?");
    alice
        .sees(&world, &["hi", "hello", "what happened?", "like this?"])
        .await;
    assert_eq!(
        alice.answers().await[2]["photo_urls"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    world.ends().await;
}

#[tokio::test]
async fn commands_replies_to_another_agent_and_other_topics_stay_among_agents() {
    let world = forum().await;
    let alice = world.phone("alice");
    alice.sends("hi").await;
    world.group_has(1).await;
    let thread = world.bot_posts()[0].thread_id;
    let boris = world.sandbox.as_agent("Boris", None, Some("boris"));
    let hello = boris.agent_writes(thread, "hello");
    alice.is_answered(&world, 1).await;
    world.sandbox.agent_replies(hello, "careful, she is angry");
    world.sandbox.agent_writes(thread, "/help");
    world.sandbox.agent_writes(None, "lunch?");
    let own = world.sandbox.agent_opens_topic("kitchen");
    world.sandbox.agent_writes(Some(own), "who took the milk?");
    world.sandbox.pinned_message(hello);
    world.sandbox.agent_writes(thread, "on its way");
    alice.sees(&world, &["hi", "hello", "on its way"]).await;
    assert_eq!(world.bot_posts().len(), 1, "{:#?}", world.group_posts());
    world.ends().await;
}

#[tokio::test]
async fn a_forum_joins_and_limits_as_a_plain_group_does() {
    let world = forum().await;
    let phones: Vec<_> = (0..15).map(|n| world.phone(&format!("user{n}"))).collect();
    for phone in &phones {
        phone.sends("first").await;
    }
    for phone in &phones {
        phone.sends("second").await;
        phone.sends("third").await;
    }
    world.queue_is_empty().await;
    assert_eq!(world.sandbox.topics().len(), 15);
    assert!(world.sandbox.calls().iter().all(|call| call.status != 429));
    for phone in &phones {
        let texts = world.texts_of(&phone.user_id);
        let said: Vec<&str> = ["first", "second", "third"]
            .into_iter()
            .filter(|word| {
                texts
                    .iter()
                    .any(|text| text.lines().any(|line| line == *word))
            })
            .collect();
        assert_eq!(said.len(), 3, "{texts:#?}");
        assert!(texts.len() <= 3 && texts[0].contains("first"), "{texts:#?}");
    }
    world.ends().await;
}

#[tokio::test]
async fn topics_switched_off_and_on_are_followed() {
    let world = forum().await;
    let alice = world.phone("alice");
    alice.sends("in a topic").await;
    world.group_has(1).await;
    world.sandbox.set_forum(false);
    alice.sends("without topics").await;
    world.group_has(2).await;
    assert_eq!(world.bot_posts()[1].thread_id, None);
    world.sandbox.agent_replies(world.bot_posts()[1].id, "seen");
    alice.is_answered(&world, 1).await;
    world.sandbox.set_forum(true);
    // The bot looks at its group every few minutes.
    world.passes(Duration::from_secs(400)).await;
    alice.sends("in a topic again").await;
    world.group_has(3).await;
    assert!(world.bot_posts()[2].thread_id.is_some());
    world.ends().await;
}

#[tokio::test]
async fn without_the_right_to_manage_topics_messages_wait_and_the_operator_is_told() {
    let world = forum().await;
    world.is_well().await;
    world.sandbox.set_can_manage_topics(false);
    world
        .is_in_trouble("telegram", "allow \"Manage topics\"")
        .await;
    world.expects_warning("not enough rights");
    world.phone("alice").sends("hi").await;
    world.passes(Duration::from_secs(60)).await;
    assert_eq!(world.group_posts(), [""; 0]);
    world.sandbox.set_can_manage_topics(true);
    world.group_has(1).await;
    world.is_well().await;
    world.ends().await;
}
