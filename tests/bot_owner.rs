//! Owners run the desk inside Telegram: all tickets, admins, categories, reports, the system.

use relaydesk::sandbox::Origin;
use serde_json::json;

use crate::world::{Chatter, World};

/// An owner by the settings alone, who has spoken to the bot. The first person of a sandbox has a known id.
const FIRST: i64 = 300_000_001;

async fn world() -> World {
    World::with(|options| {
        options
            .settings
            .push(("SUPER_ADMIN_IDS", FIRST.to_string()))
    })
    .await
}

async fn owner(world: &World) -> Chatter<'_> {
    let boss = world.chatter("Boss");
    assert_eq!(boss.person.id(), FIRST);
    boss.person.writes("/superadmin");
    boss.sees("The desk").await;
    boss
}

fn role(world: &World, telegram_id: i64) -> Option<String> {
    let sql = "SELECT role FROM agents WHERE telegram_id = ?1";
    world
        .sql()
        .query_row(sql, [telegram_id], |row| row.get(0))
        .ok()
}

#[tokio::test]
async fn whom_the_settings_name_is_an_owner_whatever_its_account_was_made() {
    let world = world().await;
    let boss = owner(&world).await;
    assert_eq!(role(&world, FIRST).as_deref(), Some("owner"));
    // An account that others made a mere agent is an owner's again, for the settings say so.
    world
        .sql()
        .execute(
            "UPDATE agents SET role = 'agent' WHERE telegram_id = ?1",
            [FIRST],
        )
        .unwrap();
    boss.person.writes("/superadmin");
    world
        .until("the role", async || {
            role(&world, FIRST).as_deref() == Some("owner")
        })
        .await;
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn admins_are_added_by_message_contact_or_id_and_given_categories_and_blocked() {
    let world = world().await;
    let boss = owner(&world).await;
    let service = world.service();
    service
        .posts(
            "/api/admin/categories/",
            json!({"name_uz": "Tolov", "name_en": "Billing"}),
        )
        .await;
    let menu = boss.sees("The desk").await;
    boss.presses(menu.id, "Admins").await;
    boss.until_button(menu.id, "Add an admin").await;
    for count in 0..3 {
        let new = world.chatter(["Olga", "Ivan", "Vera"][count]);
        boss.presses(menu.id, "Add an admin").await;
        boss.sees("Forward me a message").await;
        match count {
            0 => {
                boss.person.forwards(Origin::Hidden("Olga".to_owned()));
                boss.sees("can not tell who that is").await;
                boss.person.forwards(&new.person.user());
            }
            1 => {
                boss.person
                    .sends_contact("+998", "Ivan", Some(new.person.id()));
            }
            _ => {
                boss.person.writes(&new.person.id().to_string());
            }
        }
        world
            .until("an admin", async || {
                role(&world, new.person.id()).as_deref() == Some("agent")
            })
            .await;
        boss.sees(&format!("Telegram: {}", new.person.id())).await;
        boss.person.writes("/cancel");
        boss.sees("nothing to cancel").await;
    }
    assert_eq!(world.rows("tickets"), 0, "nothing of it is a question");
    let card = boss
        .heard()
        .into_iter()
        .rev()
        .find(|post| post.text.contains("Telegram:"))
        .unwrap();
    boss.presses(card.id, "☐ Billing").await;
    boss.until_button(card.id, "☑ Billing").await;
    boss.presses(card.id, "Block").await;
    boss.until_button(card.id, "Unblock").await;
    boss.presses(card.id, "Unblock").await;
    boss.until_button(card.id, "🚫 Block").await;
    boss.presses(card.id, "Make an owner").await;
    boss.until_button(card.id, "No longer an owner").await;
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn categories_are_added_named_in_three_languages_and_taken_away() {
    let world = world().await;
    let boss = owner(&world).await;
    let menu = boss.sees("The desk").await;
    boss.presses(menu.id, "Categories").await;
    boss.until_button(menu.id, "Add a category").await;
    boss.presses(menu.id, "Add a category").await;
    boss.sees("What is it called? (O‘zbekcha)").await;
    boss.person.writes("To‘lov");
    let card = boss.sees("O‘zbekcha: To‘lov").await;
    boss.presses(card.id, "✏️ English").await;
    boss.sees("What is it called? (English)").await;
    boss.person.writes("Billing");
    let card = boss.sees("English: Billing").await;
    let alice = world.chatter("Alice");
    alice.person.writes("/start");
    let post = alice.sees("language").await;
    alice.presses(post.id, "English").await;
    let post = alice.sees("What is your question about").await;
    assert_eq!(alice.person.buttons(post.id), ["Billing", "Something else"]);
    boss.presses(card.id, "Offer it no longer").await;
    boss.sees("Offered to nobody").await;
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn all_tickets_a_report_with_a_picture_and_the_system() {
    let world = world().await;
    let boss = owner(&world).await;
    let alice = world.phone("alice");
    alice.sends("from an app").await;
    let bob = world.chatter("Bob");
    bob.asked("from the bot").await;
    let menu = boss.sees("The desk").await;
    boss.presses(menu.id, "All tickets").await;
    boss.sees("Open: 2").await;
    boss.presses(menu.id, "from an app").await;
    let shown = boss.sees("👤 alice").await;
    boss.presses(shown.id, "Answer").await;
    boss.sees("Write your answer").await;
    boss.person.writes("the boss himself");
    alice
        .sees(&world, &["from an app", "the boss himself"])
        .await;
    boss.person.writes("/superadmin");
    let menu = boss.sees("The desk").await;
    boss.presses(menu.id, "Report").await;
    boss.sees("came: 2").await;
    let picture = boss.sees("blue came, green closed").await;
    assert_eq!(picture.kind, "photo");
    boss.presses(menu.id, "Menu").await;
    boss.until_button(menu.id, "System").await;
    boss.presses(menu.id, "System").await;
    let system = boss.sees("Waiting to leave").await;
    for part in [
        "Relaydesk 0.",
        "Running for",
        "Given up: 0",
        "Database, MB",
        "Last backup: none",
    ] {
        assert!(system.text.contains(part), "{part} in {}", system.text);
    }
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn what_was_given_up_is_tried_again_from_the_bot() {
    let world = world().await;
    let boss = owner(&world).await;
    world.queue_is_empty().await;
    let sql = "INSERT INTO outbox (carrier, lane, fair_key, kind, payload, state, last_error, created_at)
               VALUES ('group', 'group', 0, 'note', '{\"text\": \"it was lost\"}', 'dead', 'refused', '2026-03-01T12:00:00.000000Z')";
    world.sql().execute(sql, []).unwrap();
    let menu = boss.sees("The desk").await;
    boss.presses(menu.id, "System").await;
    boss.sees("Given up: 1").await;
    assert_eq!(
        boss.presses(menu.id, "Try what was given up again").await,
        "Tried again: 1"
    );
    world.post_with("it was lost").await;
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn a_restart_in_the_middle_of_naming_and_adding_loses_nothing() {
    let mut world = world().await;
    let person = {
        let boss = owner(&world).await;
        let menu = boss.sees("The desk").await;
        boss.presses(menu.id, "Categories").await;
        boss.until_button(menu.id, "Add a category").await;
        boss.presses(menu.id, "Add a category").await;
        boss.sees("What is it called").await;
        boss.person.clone()
    };
    world.queue_is_empty().await;
    world.server_stops().await;
    world.server_starts().await;
    person.writes("Yetkazish");
    world
        .until("a category", async || world.rows("categories") == 1)
        .await;
    world.queue_is_empty().await;
    world.ends().await;
}
