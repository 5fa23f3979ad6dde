//! A chat that is the default group and that a category names as well: it is one group, with one lane and one limit.

use std::time::Duration;

use relaydesk::sandbox::{Post, Sandbox};
use serde_json::{Value, json};

use crate::helpdesk::TICKETS;
use crate::world::{Phone, World};

const CATEGORIES: &str = "/api/admin/categories/";

async fn world() -> World {
    World::with(|options| options.settings.push(("LOCALE", "en".to_owned()))).await
}

async fn names(owner: &Phone, chat: i64) -> i64 {
    let body = json!({"name_uz": "Savdo", "group_chat_id": chat});
    let made = owner.posts(CATEGORIES, body).await.made();
    made["id"].as_i64().unwrap()
}

async fn opened(world: &World, user: &str, category: i64, text: &str) {
    let user = world.contact(user).await;
    let body = json!({"user": user, "title": text, "category": category, "description": text});
    world.service().posts(TICKETS, body).await.made();
}

fn posts(group: &Sandbox) -> Vec<Post> {
    let posts = group.posts().into_iter();
    posts
        .filter(|post| post.by_bot && post.kind != "service")
        .collect()
}

fn count(group: &Sandbox, text: &str) -> usize {
    let posts = posts(group).into_iter();
    posts.filter(|post| post.text.contains(text)).count()
}

/// Lanes of groups besides the default one's, in what waits or is dead.
fn other_lanes(world: &World) -> i64 {
    let sql = "SELECT COUNT(*) FROM outbox WHERE lane LIKE 'group:%'";
    world.sql().query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Both kinds of tickets together stay within what Telegram lets into one chat, which the sandbox would refuse.
async fn shares_one_limit(world: &World, group: &Sandbox, category: i64) {
    for number in 0..15 {
        let user = format!("user{number}");
        world.phone(&user).sends("in the default group").await;
        let buyer = format!("buyer{number}");
        opened(world, &buyer, category, "for sales").await;
    }
    assert_eq!(other_lanes(world), 0);
    let all = || ["in the default group", "for sales"].map(|text| count(group, text));
    world.until("all of both", async || all() == [15, 15]).await;
    let at: Vec<Duration> = posts(group).iter().map(|post| post.at_monotonic).collect();
    for window in at.windows(21) {
        assert!(window[20] - window[0] >= Duration::from_secs(60));
    }
}

async fn is_default(owner: &Phone, category: i64) {
    let path = format!("{CATEGORIES}{category}/");
    let shown = owner.gets(&path).await.ok();
    assert_eq!(shown["group_chat_id"], Value::Null);
}

#[tokio::test]
async fn a_categorys_group_that_becomes_the_default_one_shares_its_limit_and_loses_nothing() {
    let mut world = world().await;
    let owner = world.staff("olga", "owner");
    let chat = world.sandbox.add_group("Sales", false);
    let sales = world.sandbox.in_group(chat);
    let category = names(&owner, chat).await;
    opened(&world, "bob", category, "an old price").await;
    opened(&world, "carl", category, "by mistake").await;
    world
        .until("posts of before", async || {
            count(&sales, "an old price") + count(&sales, "by mistake") == 2
        })
        .await;
    world.queue_is_empty().await;
    for warning in [
        "Telegram can not be reached",
        "a delivery failed",
        "a part is in trouble",
        "updates",
    ] {
        world.expects_warning(warning);
    }
    // Something waits in either lane, and what waits of one ticket keeps its order.
    world.sandbox.telegram_down().await;
    let bob = world.phone("bob");
    bob.sends("still interested").await;
    opened(&world, "eve", category, "a new price").await;
    world.phone("ann").sends("a fault").await;
    // One goes to the default group, which then is where it comes from.
    let body = json!({ "category": null });
    owner.patches(&format!("{TICKETS}2/"), body).await.ok();
    world.phone("carl").sends("no, no sale").await;
    assert_eq!(other_lanes(&world), 2);
    world.server_stops().await;
    world.default_group_is(chat);
    world.sandbox.telegram_up().await.unwrap();
    world.server_starts().await;
    for text in ["still interested", "a new price", "a fault", "no, no sale"] {
        world.until(text, async || count(&sales, text) == 1).await;
    }
    world.queue_is_empty().await;
    assert_eq!(count(&sales, "moved"), 0, "{:#?}", posts(&sales));
    assert_eq!(count(&sales, "by mistake"), 1, "{:#?}", posts(&sales));
    assert_eq!(count(&world.sandbox, "fault"), 0);
    is_default(&owner, category).await;
    // What was posted before reaches its ticket as ever.
    let mut all = posts(&sales).into_iter();
    let old = all.find(|post| post.text.contains("an old price")).unwrap();
    sales.agent_replies(old.id, "ten euros");
    bob.is_answered(&world, 1).await;
    shares_one_limit(&world, &sales, category).await;
    // Who names it again names the default group.
    let again = owner
        .posts(
            CATEGORIES,
            json!({"name_uz": "Yana", "group_chat_id": chat}),
        )
        .await;
    assert_eq!(again.made()["group_chat_id"], Value::Null);
    world.ends().await;
}

#[tokio::test]
async fn so_it_is_after_the_group_has_migrated() {
    let mut world = world().await;
    let owner = world.staff("olga", "owner");
    let chat = world.sandbox.add_group("Sales", false);
    let sales = world.sandbox.in_group(chat);
    let category = names(&owner, chat).await;
    opened(&world, "bob", category, "a price?").await;
    world
        .until("a post", async || count(&sales, "a price?") == 1)
        .await;
    let new = sales.migrate_group();
    world
        .until("its new id", async || world.rows("chat_migrations") == 1)
        .await;
    world.queue_is_empty().await;
    world.server_stops().await;
    world.default_group_is(new);
    world.server_starts().await;
    is_default(&owner, category).await;
    shares_one_limit(&world, &sales, category).await;
    world.ends().await;
}

#[tokio::test]
async fn a_default_group_that_migrates_to_what_a_category_names_is_found_out_at_work() {
    let world = world().await;
    let owner = world.staff("olga", "owner");
    let chat = world.sandbox.add_group("Sales", false);
    let category = names(&owner, chat).await;
    world.phone("ann").sends("a fault").await;
    world.group_has(1).await;
    // Somebody was quick to name the default group's new id, before anything told of it.
    let new = world.sandbox.group_chat_id() - 1_000_000;
    world
        .sql()
        .execute_batch(&format!(
            "INSERT INTO groups (chat_id, title, created_at) VALUES ({new}, 'Support', '2026-03-01T12:00:00.000000Z');
             UPDATE categories SET group_chat_id = {new};"
        ))
        .unwrap();
    world.expects_warning("a delivery failed");
    world.expects_warning("a part is in trouble");
    opened(&world, "bob", category, "a price?").await;
    assert!(other_lanes(&world) > 0);
    assert_eq!(world.sandbox.migrate_group(), new);
    world
        .until("the post", async || count(&world.sandbox, "a price?") == 1)
        .await;
    world.is_well().await;
    is_default(&owner, category).await;
    shares_one_limit(&world, &world.sandbox, category).await;
    world.ends().await;
}
