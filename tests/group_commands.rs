//! Commands in the agents' group, as replies and inside a ticket's topic.

use std::time::Duration;

use relaydesk::sandbox::{Fault, Sandbox};

use crate::world::{Phone, World};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn english(forum: bool) -> World {
    World::with(|options| {
        options.forum = forum;
        options.settings.push(("LOCALE", "en".to_owned()));
    })
    .await
}

/// A contact who has written, and the post.
async fn asked(world: &World) -> (Phone, i64) {
    let alice = world.phone("alice");
    alice.sends("good evening").await;
    (alice, world.known_post("good evening").await)
}

fn olga(world: &World) -> Sandbox {
    world
        .sandbox
        .as_agent("Olga", Some("Petrova"), Some("olga_p"))
}

fn boris(world: &World) -> Sandbox {
    world.sandbox.as_agent("Boris", None, Some("boris"))
}

#[tokio::test]
async fn every_command_works_as_a_reply_to_a_post() {
    let world = english(false).await;
    let (alice, post) = asked(&world).await;
    let (olga, boris) = (olga(&world), boris(&world));
    let (o, b) = (
        world.has_account(&olga, "agent"),
        world.has_account(&boris, "owner"),
    );
    olga.agent_replies(post, "/take");
    world.post_with("🙋 alice: taken by Olga Petrova").await;
    world.ticket_has("agent_id", &o.to_string()).await;
    olga.agent_replies(post, "/take");
    world.post_with("The ticket is yours already.").await;
    for (n, name) in ["@BORIS", "boris@example.com", "Boris", "boris"]
        .into_iter()
        .enumerate()
    {
        boris.agent_replies(post, &format!("/assign {name}"));
        world.ticket_has("agent_id", &b.to_string()).await;
        if n == 0 {
            world.post_with("🙋 alice: taken by Boris").await;
        }
        boris.agent_replies(post, "/assign nobody");
        world.ticket_has("agent_id", "").await;
    }
    olga.agent_replies(post, "/assign Boris");
    world
        .post_with("👉 alice: assigned to Boris by Olga Petrova")
        .await;
    olga.agent_replies(post, "/assign me");
    world.ticket_has("agent_id", &o.to_string()).await;
    olga.agent_replies(post, "/note call her back, number in the card");
    let noted = world.post_with("📝 Noted").await;
    assert_eq!(world.rows("notes"), 1);
    world.has_canned("hello", "Good day! <b>How</b> can I help?");
    olga.agent_replies(post, "/t");
    world.post_with("Canned answers: hello").await;
    olga.agent_replies(post, "/t bye");
    world.post_with("There is no canned answer “bye”").await;
    olga.agent_replies(post, "/t Hello");
    let shown = world
        .post_with("💬 Olga Petrova: Good day! <b>How</b>")
        .await;
    alice
        .sees(
            &world,
            &["good evening", "Good day! <b>How</b> can I help?"],
        )
        .await;
    assert_eq!(alice.answers().await[0]["agent_name"], "Olga Petrova");
    olga.agent_replies(shown, "/history");
    let told = world.post_with("👤 alice: good evening").await;
    let posts = world.sandbox.posts();
    let history = posts.iter().find(|post| post.id == told).unwrap();
    assert!(
        history.text.starts_with("2026-03-01 12:")
            && history
                .text
                .contains("💬 Olga Petrova: Good day! <b>How</b>"),
        "{}",
        history.text
    );
    olga.agent_replies(noted, "/close");
    world.post_with("Usage: /close [reason]").await;
    olga.agent_replies(post, "/close she found it\nherself");
    world
        .post_with("🔒 alice: closed by Olga Petrova\nshe found it\nherself")
        .await;
    world.ticket_has("status", "closed").await;
    olga.agent_replies(post, "/close");
    world.post_with("The ticket is closed already.").await;
    olga.agent_replies(post, "/take");
    world.post_with("⚠️ The ticket is closed.").await;
    alice
        .sees(
            &world,
            &["good evening", "Good day! <b>How</b> can I help?"],
        )
        .await;
    world.ends().await;
}

#[tokio::test]
async fn every_command_works_inside_the_topic() {
    let world = english(true).await;
    let (alice, post) = asked(&world).await;
    let olga = olga(&world);
    world.has_account(&olga, "agent");
    world.has_canned("hello", "Good day!");
    let thread = world.bot_posts()[0].thread_id;
    for (command, said) in [
        ("/take", "🙋 alice: taken by Olga Petrova"),
        ("/assign nobody", "👐 alice: assigned to nobody by Olga"),
        ("/assign@somebody_else_bot me", ""),
        ("/assign olga_p", "🙋 alice: taken by Olga Petrova"),
        ("/note once more", "📝 Noted"),
        ("/t hello", "💬 Olga Petrova: Good day!"),
        ("/history", "Olga Petrova: Good day!"),
        ("/close", "🔒 alice: closed by Olga Petrova"),
    ] {
        let before = world.bot_posts().len();
        olga.agent_writes(thread, command);
        if said.is_empty() {
            continue;
        }
        world
            .until(said, async || {
                let posts = world.bot_posts();
                let new = posts.iter().skip(before);
                new.into_iter()
                    .any(|post| post.text.contains(said) && post.thread_id == thread)
            })
            .await;
    }
    alice.sees(&world, &["good evening", "Good day!"]).await;
    world
        .until("a closed topic", async || world.sandbox.topics()[0].closed)
        .await;
    let _ = post;
    world.ends().await;
}

#[tokio::test]
async fn a_command_about_no_ticket_says_how_to_use_it() {
    let world = english(true).await;
    world.is_well().await;
    for (command, usage) in [
        ("/close", "Usage: /close [reason]"),
        ("/take", "Usage: /take"),
        ("/assign me", "Usage: /assign @name | me | nobody"),
        ("/note x", "Usage: /note text"),
        ("/history", "Usage: /history"),
        ("/t", "Usage: /t name"),
        ("/reply", "Usage: /reply <session_id>"),
    ] {
        let said = world.sandbox.agent_writes(None, command);
        let told = world.post_with(usage).await;
        let posts = world.sandbox.posts();
        let told = posts.iter().find(|post| post.id == told).unwrap();
        assert_eq!(told.reply_to, Some(said), "{command}");
    }
    // With a ticket but without what it needs.
    let (_, post) = asked(&world).await;
    world.sandbox.agent_replies(post, "/assign");
    world.sandbox.agent_replies(post, "/note");
    world.sandbox.agent_replies(post, "/assign Ghost");
    world.post_with("There is no agent “Ghost”").await;
    world.group_has(7 + 1 + 3).await;
    assert_eq!(world.rows("notes"), 0);
    world.ends().await;
}

#[tokio::test]
async fn rights_are_those_of_the_account_and_without_one_of_nobodys_tickets() {
    let world = english(false).await;
    let (alice, post) = asked(&world).await;
    let (anna, olga, boris) = (&world.sandbox, olga(&world), boris(&world));
    let o = world.has_account(&olga, "agent");
    world.has_account(&boris, "agent");
    // Anna has no account.
    anna.agent_replies(post, "/take");
    let id = anna.agent().id;
    world
        .post_with(&format!("relaydesk agent add --telegram-id {id}"))
        .await;
    anna.agent_replies(post, "/note from a guest");
    world.post_with("📝 Noted").await;
    anna.agent_replies(post, "/assign Olga");
    world.ticket_has("agent_id", &o.to_string()).await;
    let refused = async |person: &Sandbox, command: &str, words: &str| {
        let said = person.agent_replies(post, command);
        world
            .until(&format!("{words} to {command}"), async || {
                let posts = world.bot_posts();
                posts
                    .iter()
                    .any(|post| post.reply_to == Some(said) && post.text.contains(words))
            })
            .await;
    };
    for command in ["/close", "/note mine?", "/assign nobody"] {
        refused(anna, command, "⚠️ This ticket is another agent's").await;
    }
    for command in ["/close", "/note mine?"] {
        refused(&boris, command, "⚠️ This ticket is another agent's").await;
    }
    world.in_database(|sql| {
        sql.execute("UPDATE agents SET is_blocked = 1 WHERE id = ?1", [o])
            .unwrap()
    });
    for command in ["/close", "/history", "/t", "an answer"] {
        refused(&olga, command, "⚠️ Your account is blocked.").await;
    }
    refused(anna, "/assign Olga", "There is no agent “Olga”").await;
    alice.sees(&world, &["good evening"]).await;
    assert_eq!(world.rows("notes"), 1);
    world.ends().await;
}

#[tokio::test]
async fn a_long_history_is_several_posts_of_plain_text() {
    let world = english(false).await;
    let alice = world.phone("alice");
    for n in 0..25 {
        alice
            .sends(&format!("{n}: {}", "<i>😀</i> ".repeat(60)))
            .await;
    }
    world.queue_is_empty().await;
    let post = world.bot_posts()[0].id;
    let before = world.bot_posts().len();
    world.sandbox.agent_replies(post, "/history");
    world.post_with("alice: 24: <i>😀</i>").await;
    world.queue_is_empty().await;
    let posts = world.bot_posts();
    let told: Vec<&str> = posts
        .iter()
        .skip(before)
        .map(|post| post.text.as_str())
        .collect();
    assert!(told.len() > 1, "{told:#?}");
    let whole = told.concat();
    assert_eq!(whole.matches("👤 alice").count(), 20);
    assert!(whole.contains(": 5: ") && !whole.contains(": 4: "));
    world.ends().await;
}

#[tokio::test]
async fn a_closed_topic_opens_with_the_next_message_within_a_week_and_later_there_is_a_new_one() {
    let world = english(true).await;
    let (alice, post) = asked(&world).await;
    let closed = async |post: i64, count: usize| {
        world.sandbox.agent_replies(post, "/close");
        world
            .until("closed topics", async || {
                world.sandbox.topics().iter().filter(|t| t.closed).count() == count
            })
            .await;
        world.queue_is_empty().await;
    };
    closed(post, 1).await;
    world.passes(6 * DAY).await;
    alice.sends("still there?").await;
    let again = world.post_with("still there?").await;
    world.post_with("🔓 alice: open again").await;
    let topics = world.sandbox.topics();
    assert!(topics.len() == 1 && !topics[0].closed, "{topics:?}");
    assert_eq!(world.rows("tickets"), 1);
    closed(again, 1).await;
    world.passes(8 * DAY).await;
    alice.sends("something else").await;
    world.post_with("something else").await;
    let topics = world.sandbox.topics();
    assert_eq!(
        topics.iter().map(|topic| topic.closed).collect::<Vec<_>>(),
        [true, false]
    );
    assert_eq!(world.rows("tickets"), 2);
    world.ends().await;
}

#[tokio::test]
async fn closing_is_shown_once_whatever_telegram_answers_and_over_a_restart() {
    for fault in [
        Fault::TooManyRequests { retry_after: 7 },
        Fault::BadGateway,
        Fault::CutAfterAccept,
    ] {
        let mut world = english(true).await;
        let (_, post) = asked(&world).await;
        world.expects_warning("Telegram asks for a pause");
        world.expects_warning("a delivery failed");
        world.expects_warning("repeated once");
        world
            .sandbox
            .break_next(fault.clone(), Some("closeForumTopic"), 2);
        world.sandbox.agent_replies(post, "/close done");
        world
            .until("one refusal", async || world.sandbox.faults_planned() < 2)
            .await;
        world.server_stops().await;
        world.server_starts().await;
        world
            .until("a closed topic", async || {
                world.sandbox.topics()[0].closed && world.sandbox.faults_planned() == 0
            })
            .await;
        world.queue_is_empty().await;
        let posts = world.group_posts();
        let lines = posts.iter().filter(|text| text.contains("closed by"));
        assert_eq!(lines.count(), 1, "{fault:?}: {posts:#?}");
        world.ends().await;
    }
}

#[tokio::test]
async fn a_topic_closed_or_opened_by_hand_is_no_trouble() {
    let world = english(true).await;
    let (alice, post) = asked(&world).await;
    let topic = world.sandbox.topics()[0].thread_id;
    let by_hand = async |method: &str| {
        let (url, token) = (world.sandbox.url(), world.sandbox.bot_token());
        let body = serde_json::json!({"chat_id": world.sandbox.group_chat_id(), "message_thread_id": topic});
        let call = world.http.post(format!("{url}/bot{token}/{method}"));
        call.json(&body).send().await.unwrap();
    };
    by_hand("closeForumTopic").await;
    alice.sends("into a closed one").await;
    world.post_with("into a closed one").await;
    world.sandbox.agent_replies(post, "/close");
    world.post_with("🔒 alice: closed").await;
    world.queue_is_empty().await;
    by_hand("reopenForumTopic").await;
    alice.sends("and again").await;
    world.post_with("and again").await;
    world.queue_is_empty().await;
    assert!(!world.sandbox.topics()[0].closed);
    // A topic Telegram takes no post into is opened first.
    let refusal = Fault::Refuse {
        status: 400,
        description: "Bad Request: TOPIC_CLOSED".to_owned(),
    };
    by_hand("closeForumTopic").await;
    world.sandbox.break_next(refusal, Some("sendMessage"), 1);
    alice.sends("knock").await;
    world.post_with("knock").await;
    assert!(!world.sandbox.topics()[0].closed);
    assert_eq!(world.sandbox.topics().len(), 1);
    world.ends().await;
}

#[tokio::test]
async fn a_command_waits_for_the_answers_before_it_and_stands_in_its_order() {
    let world = english(false).await;
    let (alice, post) = asked(&world).await;
    world.telegram_pauses(60).await;
    alice.sends("one").await;
    alice.sends("two").await;
    world.sandbox.agent_replies(post, "an answer");
    world.sandbox.agent_replies(post, "/close");
    world.ticket_has("resolved", "1").await;
    alice.sends("three").await;
    world.queue_is_empty().await;
    let told: Vec<String> = world
        .group_posts()
        .into_iter()
        .filter(|text| !text.contains("zoe"))
        .collect();
    let at = |words: &str| {
        let found = told.iter().position(|text| text.contains(words));
        found.unwrap_or_else(|| panic!("no {words}: {told:#?}"))
    };
    assert!(
        at("\none\n\ntwo") < at("closed by")
            && at("closed by") < at("open again")
            && at("open again") < at("three"),
        "{told:#?}"
    );
    alice
        .sees(
            &world,
            &["good evening", "one", "two", "an answer", "three"],
        )
        .await;
    world.ends().await;
}

#[tokio::test]
async fn the_groups_commands_are_offered_and_a_refusal_is_only_a_warning() {
    let world = english(false).await;
    world
        .until("commands", async || !world.sandbox.commands().is_empty())
        .await;
    let commands = world.sandbox.commands();
    let names: Vec<&str> = commands.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["take", "assign", "close", "note", "history", "t", "reply"]
    );
    assert_eq!(commands[0].1, "Take the ticket");
    world.ends().await;
}
