//! Several groups: categories name them, tickets move between them, and what happens to one spares the others.

use std::time::Duration;

use relaydesk::sandbox::{Fault, Post, Sandbox};
use serde_json::{Value, json};

use crate::helpdesk::TICKETS;
use crate::world::{Phone, World, jpeg};

const CATEGORIES: &str = "/api/admin/categories/";

/// A world with a second group, and a category whose tickets go there.
struct Story {
    world: World,
    owner: Phone,
    sales: Sandbox,
    category: i64,
}

impl Story {
    async fn begins(forum: bool, sales_forum: bool) -> Self {
        let world = World::with(|options| {
            options.forum = forum;
            options.settings.push(("LOCALE", "en".to_owned()));
        })
        .await;
        let chat = world.sandbox.add_group("Sales", sales_forum);
        let owner = world.staff("olga", "owner");
        let body = json!({"name_uz": "Savdo", "group_chat_id": chat});
        let made = owner.posts(CATEGORIES, body).await.made();
        assert_eq!(made["group_chat_id"], chat);
        Self {
            sales: world.sandbox.in_group(chat),
            category: made["id"].as_i64().unwrap(),
            owner,
            world,
        }
    }

    /// The newest post of the bot in a group that holds this text.
    async fn post(&self, group: &Sandbox, text: &str) -> Post {
        let found = || {
            posts(group)
                .into_iter()
                .rev()
                .find(|it| it.text.contains(text))
        };
        let what = format!("{text:?} in {}", group.group_chat_id());
        self.world.until(&what, async || found().is_some()).await;
        found().unwrap()
    }

    /// Gives a ticket the category of the second group, or none.
    async fn goes(&self, ticket: i64, category: Option<i64>) {
        let path = format!("{TICKETS}{ticket}/");
        let body = json!({ "category": category });
        self.owner.patches(&path, body).await.ok();
    }

    /// A ticket that is opened in a category.
    async fn opened(&self, user: &str, category: Option<i64>, text: &str) -> i64 {
        let user = self.world.contact(user).await;
        let body = json!({"user": user, "title": text, "category": category, "description": text});
        let made = self.world.service().posts(TICKETS, body).await.made();
        made["id"].as_i64().unwrap()
    }

    async fn has_buttons(&self, group: &Sandbox, post: i64, texts: &[&str]) {
        self.world
            .until(&format!("buttons {texts:?}"), async || {
                group.buttons_of(post) == texts
            })
            .await;
    }
}

/// The bot's posts that stand in a group, without the mark.
fn posts(group: &Sandbox) -> Vec<Post> {
    let posts = group.posts().into_iter();
    let mut own: Vec<Post> = posts
        .filter(|post| post.by_bot && post.kind != "service" && !post.deleted)
        .collect();
    for post in &mut own {
        post.text = post.text.replace('\u{200b}', "");
    }
    own
}

fn texts(group: &Sandbox) -> Vec<String> {
    posts(group).into_iter().map(|post| post.text).collect()
}

/// What a link to a post of a group says.
fn link(group: &Sandbox, post: &Post) -> String {
    let chat = group.group_chat_id().to_string();
    let topic = post.thread_id.map(|topic| format!("/{topic}"));
    let chat = chat.strip_prefix("-100").unwrap();
    format!(
        "https://t.me/c/{chat}{}/{}",
        topic.unwrap_or_default(),
        post.id
    )
}

#[tokio::test]
async fn a_categorys_tickets_live_in_its_group_and_all_others_in_the_default_one() {
    for (forum, sales_forum) in [(false, false), (true, false), (false, true), (true, true)] {
        let story = Story::begins(forum, sales_forum).await;
        let (world, sales) = (&story.world, &story.sales);
        let boris = sales.as_agent("Boris", None, None);
        world.has_account(&boris, "agent");
        story.opened("bob", Some(story.category), "a price?").await;
        let ann = world.phone("ann");
        ann.sends("a fault").await;
        let bobs = story.post(sales, "a price?").await;
        let anns = story.post(&world.sandbox, "a fault").await;
        assert_eq!(
            (bobs.thread_id.is_some(), anns.thread_id.is_some()),
            (sales_forum, forum)
        );
        // Buttons, commands and answers work there as they do in the default group.
        story
            .has_buttons(sales, bobs.id, &["🙋 Take", "🔒 Close"])
            .await;
        let press = boris.agent_presses(bobs.id, "Take").unwrap();
        world.press_is_answered(&press).await;
        story.post(sales, "taken by Boris").await;
        boris.agent_replies(bobs.id, "/history");
        let told = story.post(sales, "👤 bob: a price?").await;
        assert_eq!(told.thread_id, bobs.thread_id);
        boris.agent_replies(bobs.id, "ten euros");
        world
            .phone("bob")
            .sees(world, &["a price?", "ten euros"])
            .await;
        boris.agent_replies(bobs.id, "/t");
        boris.agent_replies(bobs.id, "/close sold");
        story.post(sales, "bob: closed by Boris").await;
        world.queue_is_empty().await;
        assert_eq!(
            texts(&world.sandbox).len(),
            1,
            "{:#?}",
            texts(&world.sandbox)
        );
        assert!(!texts(sales).iter().any(|text| text.contains("a fault")));
        story.world.ends().await;
    }
}

#[tokio::test]
async fn a_ticket_that_changes_category_moves_with_its_last_messages_and_leaves_a_link() {
    for (forum, sales_forum) in [(false, false), (true, false), (false, true), (true, true)] {
        let story = Story::begins(forum, sales_forum).await;
        let (world, sales) = (&story.world, &story.sales);
        let default = &world.sandbox;
        let alice = world.phone("alice");
        for number in 1..=21 {
            alice.sends(&format!("message {number:02}")).await;
        }
        alice.sends_photos("look", vec![jpeg(40, 30)]).await.ok();
        let old = story.post(default, "message 01").await;
        story.post(default, "look").await;
        default.agent_replies(old.id, "I see");
        alice.is_answered(world, 1).await;
        world.queue_is_empty().await;
        story.goes(1, Some(story.category)).await;
        let new = story.post(sales, "alice: moved here from").await;
        let left = story.post(default, "alice: moved to").await;
        // The last twenty, and each place leads to the other.
        assert!(new.text.contains("Anna Petrova: I see"), "{}", new.text);
        assert!(
            new.text.contains("message 04") && !new.text.contains("message 03"),
            "{}",
            new.text
        );
        assert!(
            new.text
                .contains(&format!("Support {}", link(default, &old))),
            "{}",
            new.text
        );
        assert!(
            left.text.contains(&format!("Sales {}", link(sales, &new))),
            "{}",
            left.text
        );
        assert_eq!(left.thread_id, old.thread_id);
        assert_eq!(new.thread_id.is_some(), sales_forum);
        world
            .until("the photo too", async || {
                sales.posts().iter().any(|post| !post.files.is_empty())
            })
            .await;
        story
            .has_buttons(sales, new.id, &["🙋 Take", "🔒 Close"])
            .await;
        story.has_buttons(default, old.id, &[]).await;
        world
            .until("the old topic is closed", async || {
                default.topics().iter().all(|topic| topic.closed) || !forum
            })
            .await;
        world.queue_is_empty().await;
        // From here on everything is told there.
        let before = texts(default).len();
        alice.sends("anybody?").await;
        let more = story.post(sales, "anybody?").await;
        assert_eq!(more.thread_id, new.thread_id);
        sales.agent_replies(new.id, "here we are");
        alice.is_answered(world, 2).await;
        world.queue_is_empty().await;
        assert_eq!(texts(default).len(), before);
        story.world.ends().await;
    }
}

#[tokio::test]
async fn the_old_place_still_reaches_the_contact_and_the_new_one_sees_it() {
    let story = Story::begins(true, true).await;
    let (world, sales) = (&story.world, &story.sales);
    let boris = world.sandbox.as_agent("Boris", None, None);
    world.has_account(&boris, "agent");
    let alice = world.phone("alice");
    alice.sends("hi").await;
    let old = story.post(&world.sandbox, "hi").await;
    world.queue_is_empty().await;
    let data = world.sandbox.buttons_of(old.id);
    assert_eq!(data.len(), 2);
    story.goes(1, Some(story.category)).await;
    let new = story.post(sales, "moved here from").await;
    story.post(&world.sandbox, "moved to").await;
    world.queue_is_empty().await;
    boris.agent_replies(old.id, "from the old place");
    alice.is_answered(world, 1).await;
    story.post(sales, "from the old place").await;
    // In its topic too, though it is closed for most.
    boris.agent_writes(old.thread_id, "once more");
    alice.is_answered(world, 2).await;
    story.post(sales, "once more").await;
    // An app may still show the old buttons.
    let chat = world.sandbox.group_chat_id();
    let press = world
        .sandbox
        .button_pressed(&boris.agent(), chat, old.id, "close:1");
    assert_eq!(
        world.press_is_answered(&press).await.0,
        "🔒 The ticket is closed."
    );
    story.post(sales, "alice: closed by Boris").await;
    story.has_buttons(sales, new.id, &[]).await;
    story.world.ends().await;
}

#[tokio::test]
async fn there_and_back_it_finds_its_topic_again() {
    let story = Story::begins(true, true).await;
    let (world, sales) = (&story.world, &story.sales);
    let alice = world.phone("alice");
    alice.sends("hi").await;
    let old = story.post(&world.sandbox, "hi").await;
    story.goes(1, Some(story.category)).await;
    story.post(&world.sandbox, "moved to").await;
    world.queue_is_empty().await;
    story.goes(1, None).await;
    let back = story.post(&world.sandbox, "moved here from Sales").await;
    assert_eq!(back.thread_id, old.thread_id);
    story.post(sales, "moved to Support").await;
    world.queue_is_empty().await;
    assert!(!world.sandbox.topics()[0].closed);
    assert_eq!(world.sandbox.topics().len(), 1);
    assert!(sales.topics()[0].closed);
    story
        .has_buttons(&world.sandbox, back.id, &["🙋 Take", "🔒 Close"])
        .await;
    story.world.ends().await;
}

#[tokio::test]
async fn what_was_not_posted_yet_is_posted_in_the_new_group_behind_the_last_messages() {
    let mut story = Story::begins(false, false).await;
    let alice = story.world.phone("alice");
    alice.sends("before").await;
    story.post(&story.world.sandbox, "before").await;
    story.world.queue_is_empty().await;
    story.world.expects_warning("Telegram can not be reached");
    story.world.expects_warning("a delivery failed");
    story.world.expects_warning("a part is in trouble");
    story.world.expects_warning("updates");
    story.world.sandbox.telegram_down().await;
    alice.sends("meanwhile").await;
    story.goes(1, Some(story.category)).await;
    alice.sends("after").await;
    // A stop in between changes nothing.
    story.world.server_stops().await;
    story.world.sandbox.telegram_up().await.unwrap();
    story.world.server_starts().await;
    story.post(&story.sales, "after").await;
    story.world.queue_is_empty().await;
    let told = texts(&story.sales);
    let first = &told[0];
    assert!(
        first.contains("moved here") && first.contains("alice: before"),
        "{told:#?}"
    );
    assert!(
        !first.contains("meanwhile") && !first.contains("after"),
        "{told:#?}"
    );
    let rest = told[1..].join("\n");
    assert_eq!(rest.matches("meanwhile").count(), 1, "{told:#?}");
    assert_eq!(rest.matches("after").count(), 1, "{told:#?}");
    let stays: Vec<String> = texts(&story.world.sandbox);
    assert!(
        !stays.iter().any(|text| text.contains("meanwhile")),
        "{stays:#?}"
    );
    story.post(&story.world.sandbox, "moved to Sales").await;
    story.world.ends().await;
}

#[tokio::test]
async fn what_no_group_has_seen_yet_goes_without_a_word() {
    let story = Story::begins(false, true).await;
    let (world, sales) = (&story.world, &story.sales);
    world.expects_warning("Telegram asks for a pause");
    let pause = Fault::TooManyRequests { retry_after: 60 };
    let chat = world.sandbox.group_chat_id();
    world
        .sandbox
        .break_next_in(chat, pause, Some("sendMessage"), 1);
    world.phone("alice").sends("hi").await;
    world
        .until("a refusal", async || world.sandbox.faults_planned() == 0)
        .await;
    story.goes(1, Some(story.category)).await;
    let post = story.post(sales, "hi").await;
    assert_eq!(texts(sales).len(), 1, "{:#?}", texts(sales));
    story
        .has_buttons(sales, post.id, &["🙋 Take", "🔒 Close"])
        .await;
    world.passes(Duration::from_secs(60)).await;
    assert!(texts(&world.sandbox).is_empty());
    story.world.ends().await;
}

#[tokio::test]
async fn a_group_at_its_limit_does_not_hold_up_the_other() {
    let mut story = Story::begins(false, false).await;
    for number in 0..30 {
        let user = format!("user{number}");
        story.world.phone(&user).sends("in the default group").await;
    }
    let default = story.world.sandbox.clone();
    story
        .world
        .until("a full minute", async || texts(&default).len() == 20)
        .await;
    for number in 0..20 {
        let user = format!("buyer{number}");
        story.opened(&user, Some(story.category), "for sales").await;
    }
    let began = story.world.clock.monotonic();
    story
        .world
        .until("a full minute there", async || {
            texts(&story.sales).len() >= 20
        })
        .await;
    assert_eq!(texts(&default).len(), 20, "it still waits");
    assert!(story.world.clock.monotonic() - began < Duration::from_secs(45));
    // A restart remembers what either has had.
    story
        .opened("late", Some(story.category), "one too many")
        .await;
    story.world.server_stops().await;
    story.world.server_starts().await;
    story
        .world
        .until("everything", async || {
            let sales = texts(&story.sales).into_iter();
            let said = |text: &String| text.contains("for sales") || text.contains("one too many");
            texts(&default).len() == 30 && sales.filter(said).count() == 21
        })
        .await;
    for group in [&default, &story.sales] {
        let at: Vec<Duration> = posts(group).iter().map(|post| post.at_monotonic).collect();
        for window in at.windows(21) {
            assert!(window[20] - window[0] >= Duration::from_secs(60));
        }
    }
    story.world.ends().await;
}

#[tokio::test]
async fn a_pause_that_telegram_wants_in_one_group_is_that_groups() {
    let story = Story::begins(false, false).await;
    let (world, sales) = (&story.world, &story.sales);
    world.expects_warning("Telegram asks for a pause");
    let pause = Fault::TooManyRequests { retry_after: 600 };
    let chat = sales.group_chat_id();
    world
        .sandbox
        .break_next_in(chat, pause, Some("sendMessage"), 1);
    let began = world.clock.monotonic();
    story.opened("bob", Some(story.category), "a price?").await;
    world
        .until("a refusal", async || world.sandbox.faults_planned() == 0)
        .await;
    world.phone("ann").sends("a fault").await;
    story.post(&world.sandbox, "a fault").await;
    assert!(world.clock.monotonic() - began < Duration::from_secs(300));
    assert!(texts(sales).is_empty());
    world.passes(Duration::from_secs(600)).await;
    story.post(sales, "a price?").await;
    story.world.ends().await;
}

#[tokio::test]
async fn a_kick_from_one_group_is_named_and_the_other_works_on() {
    let mut story = Story::begins(true, true).await;
    story.world.expects_warning("a delivery failed");
    story.sales.kick_bot();
    story.opened("bob", Some(story.category), "a price?").await;
    let chat = story.sales.group_chat_id();
    let named = format!("the group \"Sales\" ({chat}): the bot is not in the group");
    story.world.is_in_trouble("telegram", &named).await;
    story.world.phone("ann").sends("a fault").await;
    let anns = story.post(&story.world.sandbox, "a fault").await;
    story.world.sandbox.agent_replies(anns.id, "we look");
    story.world.phone("ann").is_answered(&story.world, 1).await;
    story.world.server_stops().await;
    story.world.server_starts().await;
    story.world.is_in_trouble("telegram", &named).await;
    story.sales.let_bot_back();
    story.post(&story.sales, "a price?").await;
    story.world.is_well().await;
    // The other way round.
    story.world.sandbox.kick_bot();
    story.world.phone("ann").sends("still").await;
    story
        .world
        .is_in_trouble("telegram", "the default group: the bot is not in the group")
        .await;
    story.world.phone("bob").sends("hello?").await;
    story.world.sandbox.let_bot_back();
    story.post(&story.world.sandbox, "still").await;
    story.world.is_well().await;
    story.world.ends().await;
}

#[tokio::test]
async fn what_waits_for_a_group_that_is_gone_goes_where_its_category_goes() {
    let story = Story::begins(false, false).await;
    let (world, sales) = (&story.world, &story.sales);
    world.expects_warning("a delivery failed");
    story.opened("bob", Some(story.category), "first").await;
    story.post(sales, "first").await;
    world.queue_is_empty().await;
    sales.kick_bot();
    world.phone("bob").sends("unused").await;
    let path = format!("{TICKETS}1/");
    let body = json!({"assigned_admin": story.owner.id()});
    story.owner.patches(&path, body).await.ok();
    world.is_in_trouble("telegram", "Sales").await;
    // A bot that is out can not be told to post there.
    let other = json!({"name_uz": "Boshqa", "group_chat_id": sales.group_chat_id()});
    let refused = story.owner.posts(CATEGORIES, other).await;
    refused.refused(400, "bot_not_in_group");
    assert_eq!(refused.body["field"], "group_chat_id");
    let path = format!("{CATEGORIES}{}/", story.category);
    let body = json!({"group_chat_id": null});
    let changed = story.owner.patches(&path, body).await.ok();
    assert_eq!(changed["group_chat_id"], Value::Null);
    let moved = story.post(&world.sandbox, "bob: moved here from").await;
    assert!(moved.text.contains("first"), "{}", moved.text);
    story.post(&world.sandbox, "bob: taken by olga").await;
    world.is_well().await;
    story.world.ends().await;
}

#[tokio::test]
async fn what_was_half_posted_in_a_group_that_is_given_up_is_seen_to_be_dead() {
    let story = Story::begins(false, false).await;
    let (world, sales) = (&story.world, &story.sales);
    for warning in [
        "Telegram asks for a pause",
        "a delivery failed",
        "a delivery is dead",
    ] {
        world.expects_warning(warning);
    }
    let alice = world.phone("alice");
    alice.sends("hi").await;
    story.post(&world.sandbox, "hi").await;
    world.queue_is_empty().await;
    story.goes(1, Some(story.category)).await;
    story.post(sales, "moved here").await;
    story.post(&world.sandbox, "moved to").await;
    world.queue_is_empty().await;
    let pause = Fault::TooManyRequests { retry_after: 30 };
    let chat = sales.group_chat_id();
    world
        .sandbox
        .break_next_in(chat, pause, Some("sendPhoto"), 1);
    let long = "word ".repeat(700);
    alice.sends_photos(&long, vec![jpeg(40, 30)]).await.ok();
    world
        .until("half of it", async || world.sandbox.faults_planned() == 0)
        .await;
    sales.kick_bot();
    world.is_in_trouble("telegram", "Sales").await;
    let path = format!("{CATEGORIES}{}/", story.category);
    let body = json!({"group_chat_id": null});
    story.owner.patches(&path, body).await.ok();
    world.are_dead(1).await;
    world.is_well().await;
    alice.sends("more").await;
    let back = story.post(&world.sandbox, "moved here").await;
    assert!(back.text.contains("word word"), "{}", back.text);
    story.world.ends_with_dead(1).await;
}

#[tokio::test]
async fn a_contact_who_writes_is_seen_in_the_tickets_own_forum() {
    let story = Story::begins(false, true).await;
    let (world, sales) = (&story.world, &story.sales);
    let alice = world.phone("alice");
    alice.sends("hi").await;
    story.goes(1, Some(story.category)).await;
    let post = story.post(sales, "hi").await;
    world.queue_is_empty().await;
    let mut socket = alice.joins(None).await;
    socket.hears(world, "joined").await;
    let typing = json!({"user_id": "alice", "typing": true});
    socket.emits("typing", typing).await;
    world
        .until("typing", async || !world.sandbox.typing().is_empty())
        .await;
    let shown = &world.sandbox.typing()[0];
    assert_eq!(
        (shown.chat_id, shown.thread_id),
        (post.chat_id, post.thread_id)
    );
    story.world.ends().await;
}

#[tokio::test]
async fn a_group_that_migrates_is_followed_and_keeps_its_lane() {
    let story = Story::begins(false, false).await;
    let (world, sales) = (&story.world, &story.sales);
    story.opened("bob", Some(story.category), "first").await;
    let first = story.post(sales, "first").await;
    world.queue_is_empty().await;
    let old = sales.group_chat_id();
    let new = sales.migrate_group();
    assert_ne!(old, new);
    sales.agent_replies(first.id, "ten euros");
    world.phone("bob").is_answered(world, 1).await;
    let path = format!("{TICKETS}1/");
    let body = json!({"assigned_admin": story.owner.id()});
    story.owner.patches(&path, body).await.ok();
    let told = story.post(sales, "bob: taken by olga").await;
    assert_eq!(told.chat_id, new);
    // Its new id is the same group, so the category keeps it and shows where it is.
    let path = format!("{CATEGORIES}{}/", story.category);
    let body = json!({"group_chat_id": new});
    let shown = story.owner.patches(&path, body).await.ok();
    assert_eq!(shown["group_chat_id"], new);
    assert_eq!(world.rows("groups"), 1);
    assert!(texts(&world.sandbox).is_empty());
    story.world.ends().await;
}

#[tokio::test]
async fn a_topic_that_is_lost_or_closed_in_one_group_is_mended_there() {
    let story = Story::begins(true, true).await;
    let (world, sales) = (&story.world, &story.sales);
    let ticket = story.opened("bob", Some(story.category), "first").await;
    let first = story.post(sales, "first").await;
    world.queue_is_empty().await;
    sales.delete_topic(first.thread_id.unwrap());
    let path = format!("{TICKETS}{ticket}/");
    let body = json!({"assigned_admin": story.owner.id()});
    story.owner.patches(&path, body).await.ok();
    let told = story.post(sales, "bob: taken by olga").await;
    assert_ne!(told.thread_id, first.thread_id);
    assert_eq!(sales.topics().len(), 2);
    // A group that turns its topics off is spoken to as a plain one; the other keeps its own.
    sales.set_forum(false);
    let body = json!({ "assigned_admin": null });
    story.owner.patches(&path, body).await.ok();
    let plain = story.post(sales, "bob: assigned to nobody").await;
    assert_eq!(plain.thread_id, None);
    world.phone("ann").sends("a fault").await;
    assert!(
        story
            .post(&world.sandbox, "a fault")
            .await
            .thread_id
            .is_some()
    );
    story.world.ends().await;
}

#[tokio::test]
async fn a_group_is_looked_at_before_it_is_set() {
    let story = Story::begins(false, true).await;
    let (world, sales, owner) = (&story.world, &story.sales, &story.owner);
    let chat = sales.group_chat_id();
    let names = async |chat: Value, code: &str| {
        let body = json!({"name_uz": "Boshqa", "group_chat_id": chat});
        let refused = owner.posts(CATEGORIES, body).await;
        refused.refused(
            if code == "telegram_unreachable" {
                503
            } else {
                400
            },
            code,
        );
        assert_eq!(refused.body["field"], "group_chat_id", "{code}");
    };
    names(json!(-100_999), "group_not_found").await;
    names(json!("x"), "invalid_field").await;
    names(json!(0), "invalid_field").await;
    sales.set_can_manage_topics(false);
    names(json!(chat), "bot_may_not_make_topics").await;
    sales.set_bot_admin(false);
    names(json!(chat), "bot_may_not_post").await;
    sales.kick_bot();
    names(json!(chat), "bot_not_in_group").await;
    sales.let_bot_back();
    sales.set_can_manage_topics(true);
    assert_eq!(world.rows("categories"), 1);
    // The default group's own id is the default.
    let body = json!({"name_uz": "Umumiy", "group_chat_id": world.sandbox.group_chat_id()});
    let made = owner.posts(CATEGORIES, body).await.made();
    assert_eq!(made["group_chat_id"], Value::Null);
    // What is left out stays, null takes it away, and what is so already is not looked at.
    world.expects_warning("a part is in trouble");
    world.expects_warning("updates");
    world.sandbox.telegram_down().await;
    let path = format!("{CATEGORIES}{}/", story.category);
    let kept = owner.puts(&path, json!({"name_uz": "Savdo 2"})).await.ok();
    assert_eq!(kept["group_chat_id"], chat);
    let same = json!({"name_uz": "Savdo 3", "group_chat_id": chat});
    assert_eq!(owner.puts(&path, same).await.ok()["name_uz"], "Savdo 3");
    names(json!(chat), "telegram_unreachable").await;
    let gone = owner.patches(&path, json!({"group_chat_id": null})).await;
    assert_eq!(gone.ok()["group_chat_id"], Value::Null);
    world.sandbox.telegram_up().await.unwrap();
    let agent = world.staff("ivan", "agent");
    let body = json!({"group_chat_id": chat});
    agent.patches(&path, body).await.refused(403, "not_allowed");
    world.is_well().await;
    story.world.ends().await;
}

#[tokio::test]
async fn without_telegram_no_category_has_a_group() {
    let world = World::with(|options| options.telegram = false).await;
    let owner = world.staff("olga", "owner");
    let body = json!({"name_uz": "Savdo", "group_chat_id": -100_500});
    let refused = owner.posts(CATEGORIES, body).await;
    refused.refused(400, "groups_need_telegram");
    assert_eq!(refused.body["field"], "group_chat_id");
    let made = owner
        .posts(
            CATEGORIES,
            json!({"name_uz": "Savdo", "group_chat_id": null}),
        )
        .await;
    assert_eq!(made.made()["group_chat_id"], Value::Null);
    world.ends().await;
}
