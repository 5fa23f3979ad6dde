//! Buttons under a ticket's first post.

use relaydesk::sandbox::{Fault, Sandbox};
use serde_json::json;

use crate::world::{Phone, World, jpeg};

async fn english(forum: bool) -> World {
    World::with(|options| {
        options.forum = forum;
        options.settings.push(("LOCALE", "en".to_owned()));
    })
    .await
}

async fn asked(world: &World) -> (Phone, i64) {
    let alice = world.phone("alice");
    alice.sends("hi").await;
    (alice, world.known_post("hi").await)
}

fn person(world: &World, name: &str) -> Sandbox {
    let person = world.sandbox.as_agent(name, None, None);
    world.has_account(&person, "agent");
    person
}

/// Waits until the post has these buttons.
async fn has_buttons(world: &World, post: i64, texts: &[&str]) {
    world
        .until(&format!("buttons {texts:?}"), async || {
            world.sandbox.buttons_of(post) == texts
        })
        .await;
}

const FREE: [&str; 2] = ["🙋 Take", "🔒 Close"];
const OLGAS: [&str; 2] = ["✅ Taken by Olga", "🔒 Close"];

#[tokio::test]
async fn only_the_first_post_has_buttons_and_they_follow_the_ticket() {
    for forum in [false, true] {
        let world = english(forum).await;
        let (alice, post) = asked(&world).await;
        let olga = person(&world, "Olga");
        has_buttons(&world, post, &FREE).await;
        alice.sends("more").await;
        let second = world.post_with("more").await;
        assert!(world.sandbox.buttons_of(second).is_empty());
        let press = olga.agent_presses(post, "Take").unwrap();
        assert_eq!(
            world.press_is_answered(&press).await,
            ("✅ The ticket is yours.".to_owned(), false)
        );
        has_buttons(&world, post, &OLGAS).await;
        world.post_with("🙋 alice: taken by Olga").await;
        let press = olga.agent_presses(post, "Close").unwrap();
        assert_eq!(
            world.press_is_answered(&press).await.0,
            "🔒 The ticket is closed."
        );
        has_buttons(&world, post, &[]).await;
        world.post_with("🔒 alice: closed by Olga").await;
        alice.sends("once more").await;
        has_buttons(&world, post, &OLGAS).await;
        olga.agent_replies(post, "/assign nobody");
        has_buttons(&world, post, &FREE).await;
        world.ends().await;
    }
}

#[tokio::test]
async fn an_album_has_no_room_for_buttons_so_the_next_post_has_them() {
    let world = english(false).await;
    let alice = world.phone("alice");
    alice
        .sends_photos("two", vec![jpeg(40, 30), jpeg(41, 30)])
        .await
        .ok();
    world.group_has(2).await;
    alice.sends_photos("one", vec![jpeg(40, 30)]).await.ok();
    has_buttons(&world, world.post_with("one").await, &FREE).await;
    world.ends().await;
}

#[tokio::test]
async fn pressed_twice_and_by_two_at_once_a_ticket_is_taken_once() {
    let world = english(false).await;
    let (_, post) = asked(&world).await;
    let (olga, boris) = (person(&world, "Olga"), person(&world, "Boris"));
    let presses = [
        olga.agent_presses(post, "Take").unwrap(),
        boris.agent_presses(post, "Take").unwrap(),
        olga.agent_presses(post, "Take").unwrap(),
    ];
    let mut answers = Vec::new();
    for press in &presses {
        answers.push(world.press_is_answered(press).await);
    }
    assert_eq!(
        answers,
        [
            ("✅ The ticket is yours.".to_owned(), false),
            (
                "Olga has already taken it. To take it over: /take".to_owned(),
                true
            ),
            ("The ticket is yours already.".to_owned(), false),
        ]
    );
    has_buttons(&world, post, &OLGAS).await;
    world.queue_is_empty().await;
    let lines = world.group_posts();
    let lines = lines.iter().filter(|text| text.contains("taken by"));
    assert_eq!(lines.count(), 1);
    // Whose it is not may not close it either.
    let press = boris.agent_presses(post, "Close").unwrap();
    let (answer, alert) = world.press_is_answered(&press).await;
    assert!(
        answer.starts_with("This ticket is another agent's") && alert,
        "{answer}"
    );
    world.ends().await;
}

#[tokio::test]
async fn buttons_that_are_out_of_date_or_forged_say_so() {
    let world = english(false).await;
    let (_, post) = asked(&world).await;
    world.phone("bob").sends("hello").await;
    let bobs = world.post_with("hello").await;
    let olga = person(&world, "Olga");
    let chat = world.sandbox.group_chat_id();
    let old = "This button is out of date.";
    let (alices, of_bob): (i64, i64) = world.in_database(|sql| {
        sql.query_row("SELECT MIN(id), MAX(id) FROM tickets", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap()
    });
    let user = olga.agent();
    for (post, data) in [
        (post, format!("take:{of_bob}")),
        (bobs, format!("close:{alices}")),
        (post, "take:999".to_owned()),
        (post, "give:1".to_owned()),
        (post, "x".to_owned()),
        (4_000, format!("take:{alices}")),
    ] {
        let press = world.sandbox.button_pressed(&user, chat, post, &data);
        assert_eq!(
            world.press_is_answered(&press).await,
            (old.to_owned(), true),
            "{data} under {post}"
        );
    }
    // Of an old post Telegram tells only where it stands; that is enough.
    world.sandbox.raw_update(json!({"callback_query": {
        "id": "of-an-old-post", "from": user, "chat_instance": "1", "data": format!("take:{alices}"),
        "message": {"chat": {"id": chat, "type": "supergroup"}, "message_id": post, "date": 0},
    }}));
    has_buttons(&world, post, &OLGAS).await;
    // Nobody outside the group has buttons to press.
    let stranger = world.sandbox.stranger(77, "Mallory", None);
    world.sandbox.private_message(&stranger, "hi");
    let press = world
        .sandbox
        .button_pressed(&stranger, 77, 1, &format!("close:{alices}"));
    assert_eq!(world.press_is_answered(&press).await.0, old);
    // Closed by command meanwhile, while an app still shows the buttons.
    olga.agent_replies(post, "/close");
    has_buttons(&world, post, &[]).await;
    for data in [format!("take:{alices}"), format!("close:{alices}")] {
        let press = world.sandbox.button_pressed(&user, chat, post, &data);
        let (answer, alert) = world.press_is_answered(&press).await;
        assert!(
            answer == "The ticket is closed already." && alert,
            "{answer}"
        );
    }
    world.ends().await;
}

#[tokio::test]
async fn without_an_account_or_with_a_blocked_one_a_press_says_why_not() {
    let world = english(false).await;
    let (_, post) = asked(&world).await;
    let press = world.sandbox.agent_presses(post, "Take").unwrap();
    let (answer, alert) = world.press_is_answered(&press).await;
    assert!(
        answer.contains("relaydesk agent add --telegram-id") && alert,
        "{answer}"
    );
    let olga = person(&world, "Olga");
    world.in_database(|sql| sql.execute("UPDATE agents SET is_blocked = 1", []).unwrap());
    let press = olga.agent_presses(post, "Close").unwrap();
    let (answer, alert) = world.press_is_answered(&press).await;
    assert!(answer == "Your account is blocked." && alert, "{answer}");
    let press = world.sandbox.agent_presses(post, "Close").unwrap();
    world.press_is_answered(&press).await;
    world.post_with("🔒 alice: closed by Anna Petrova").await;
    world.ends().await;
}

#[tokio::test]
async fn a_press_is_answered_through_faults_and_over_a_restart() {
    for fault in [
        Fault::TooManyRequests { retry_after: 7 },
        Fault::BadGateway,
        Fault::CutBeforeAccept,
    ] {
        let mut world = english(false).await;
        let (_, post) = asked(&world).await;
        let olga = person(&world, "Olga");
        world
            .sandbox
            .break_next(fault.clone(), Some("answerCallbackQuery"), 2);
        let press = olga.agent_presses(post, "Take").unwrap();
        world
            .until("one refusal", async || world.sandbox.faults_planned() < 2)
            .await;
        world.server_stops().await;
        world.server_starts().await;
        assert_eq!(
            world.press_is_answered(&press).await.0,
            "✅ The ticket is yours.",
            "{fault:?}"
        );
        has_buttons(&world, post, &OLGAS).await;
        world.queue_is_empty().await;
        let lines = world.group_posts();
        let lines = lines.iter().filter(|text| text.contains("taken by"));
        assert_eq!(lines.count(), 1, "{fault:?}");
        world.ends().await;
    }
}

#[tokio::test]
async fn a_change_of_buttons_that_fails_is_made_later() {
    let world = english(false).await;
    let (_, post) = asked(&world).await;
    let olga = person(&world, "Olga");
    world.expects_warning("a delivery failed");
    for fault in [
        Fault::TooManyRequests { retry_after: 7 },
        Fault::BadGateway,
        Fault::CutAfterAccept,
    ] {
        world
            .sandbox
            .break_next(fault, Some("editMessageReplyMarkup"), 1);
    }
    olga.agent_presses(post, "Take").unwrap();
    has_buttons(&world, post, &OLGAS).await;
    world.queue_is_empty().await;
    assert_eq!(world.sandbox.faults_planned(), 0);
    // A post that somebody deleted holds nothing up.
    world.sandbox.agent_deletes(post);
    olga.agent_replies(world.post_with("taken by").await, "/close");
    world.post_with("🔒 alice: closed by Olga").await;
    world.ends().await;
}
