//! Owners give categories groups of their own inside Telegram.

use std::time::Duration;

use relaydesk::sandbox::{Fault, Origin, Post};
use serde_json::json;

use crate::world::{Chatter, World};

/// An owner by the settings alone, who has spoken to the bot. The first person of a sandbox has a known id.
const FIRST: i64 = 300_000_001;

async fn world() -> World {
    World::with(|options| {
        options
            .settings
            .push(("SUPER_ADMIN_IDS", FIRST.to_string()));
        options.settings.push(("LOCALE", "en".to_owned()));
    })
    .await
}

/// An owner who looks at the only category.
async fn owner<'w>(world: &'w World) -> (Chatter<'w>, Post) {
    let boss = world.chatter("Boss");
    assert_eq!(boss.person.id(), FIRST);
    boss.person.writes("/superadmin");
    let menu = boss.sees("The desk").await;
    let body = json!({"name_uz": "Savdo", "name_en": "Sales questions"});
    let service = world.service();
    service.posts("/api/admin/categories/", body).await;
    let card = card(&boss, menu).await;
    assert!(card.text.contains("Group: the default one"), "{card:?}");
    (boss, card)
}

async fn card(boss: &Chatter<'_>, menu: Post) -> Post {
    boss.presses(menu.id, "Categories").await;
    boss.until_button(menu.id, "Sales questions").await;
    boss.presses(menu.id, "Sales questions").await;
    boss.until_button(menu.id, "Another group").await;
    let shown = boss.heard().into_iter().find(|post| post.id == menu.id);
    shown.unwrap()
}

fn group_of_category(world: &World) -> Option<i64> {
    let sql = "SELECT group_chat_id FROM categories";
    world.sql().query_row(sql, [], |row| row.get(0)).unwrap()
}

async fn is_set(world: &World, group: Option<i64>) {
    world
        .until(&format!("the group {group:?}"), async || {
            group_of_category(world) == group
        })
        .await;
}

/// What the chat is in the middle of.
fn state(world: &World) -> String {
    let sql = "SELECT state FROM dialogues WHERE chat_id = ?1";
    world
        .sql()
        .query_row(sql, [FIRST], |row| row.get(0))
        .unwrap()
}

#[tokio::test]
async fn a_group_is_set_by_its_id_by_a_forwarded_message_or_with_a_button_and_taken_away() {
    let world = world().await;
    let sales = world.sandbox.add_group("Sales", false);
    let (boss, card) = owner(&world).await;
    boss.presses(card.id, "Another group").await;
    let asked = boss.sees("Which group gets the tickets").await;
    assert!(asked.text.contains("Now: the default one"), "{asked:?}");
    assert!(boss.person.buttons(asked.id).is_empty());
    // What says nothing of a group is asked again.
    boss.person.writes("the sales group");
    boss.sees("can not tell which group").await;
    boss.person.writes(&sales.to_string());
    is_set(&world, Some(sales)).await;
    let named = format!("Sales ({sales})");
    boss.sees(&format!("go to this group now: {named}")).await;
    boss.sees(&format!("Group: {named}")).await;
    // It is over: the next message is no group.
    boss.person.writes("/cancel");
    boss.sees("nothing to cancel").await;
    // And the tickets go there.
    let user = world.contact("bob").await;
    let body = json!({"user": user, "title": "a price?", "category": 1, "description": "a price?"});
    world.service().posts("/api/ticket/tickets/", body).await;
    let shown = world.sandbox.in_group(sales);
    world
        .until("the ticket in its group", async || {
            let posts = shown.posts();
            posts.iter().any(|post| post.text.contains("a price?"))
        })
        .await;
    // Taken away with a button, and given back with that of a known group.
    boss.person.writes("/superadmin");
    let menu = boss.sees("The desk").await;
    let card = self::card(&boss, menu).await;
    boss.presses(card.id, "Another group").await;
    let asked = boss.sees(&format!("Now: {named}")).await;
    assert_eq!(boss.person.buttons(asked.id), ["👥 The default group"]);
    let told = boss.presses(asked.id, "The default group").await;
    assert!(told.ends_with("the default one"), "{told}");
    is_set(&world, None).await;
    boss.until_button(asked.id, "Another group").await;
    let before = asked.id;
    boss.presses(before, "Another group").await;
    boss.waits("a new question", async || {
        boss.heard().pop().is_some_and(|post| post.id > before)
    })
    .await;
    let asked = boss.heard().pop().unwrap();
    assert_eq!(boss.person.buttons(asked.id), ["👥 Sales"]);
    let told = boss.presses(asked.id, "Sales").await;
    assert!(told.ends_with(&named), "{told}");
    is_set(&world, Some(sales)).await;
    // A message of somebody in the group does not tell which group; one in the group's own name does.
    let night = world.sandbox.add_group("Night", true);
    boss.until_button(asked.id, "Another group").await;
    boss.presses(asked.id, "Another group").await;
    boss.waits("the question again", async || {
        state(&world).contains("grouping")
    })
    .await;
    let somebody = world.sandbox.agent();
    boss.person.forwards(&somebody);
    boss.waits("a second doubt", async || {
        let heard = boss.heard().into_iter();
        let doubts = heard.filter(|post| post.text.contains("can not tell which group"));
        doubts.count() == 2
    })
    .await;
    boss.person.forwards(Origin::Group(night));
    is_set(&world, Some(night)).await;
    boss.sees(&format!("go to this group now: Night ({night})"))
        .await;
    assert_eq!(world.rows("tickets"), 1, "nothing of it is a question");
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn a_group_is_looked_at_before_it_is_set_and_the_chat_hears_why_it_is_not() {
    let world = world().await;
    let sales = world.sandbox.add_group("Sales", true);
    let group = world.sandbox.in_group(sales);
    let (boss, card) = owner(&world).await;
    boss.presses(card.id, "Another group").await;
    boss.sees("Which group gets the tickets").await;
    let id = sales.to_string();
    boss.person.writes("-100999");
    boss.sees("There is no such group").await;
    boss.person.writes(&FIRST.to_string());
    boss.sees("This is no group").await;
    boss.person.forwards(Origin::Channel(-100_777));
    boss.waits("a refusal", async || {
        let heard = boss.heard().into_iter();
        let told = heard.filter(|post| post.text.contains("There is no such group"));
        told.count() == 2
    })
    .await;
    group.set_can_manage_topics(false);
    boss.person.writes(&id);
    boss.sees("can not make topics in this group").await;
    group.set_bot_admin(false);
    boss.person.writes(&id);
    boss.sees("no administrator of this group").await;
    group.kick_bot();
    boss.person.writes(&id);
    boss.sees("The bot is not in this group").await;
    group.let_bot_back();
    group.set_can_manage_topics(true);
    world
        .sandbox
        .break_next_in(sales, Fault::BadGateway, Some("getChat"), 1);
    boss.person.writes(&id);
    boss.sees("Telegram does not answer").await;
    assert_eq!(group_of_category(&world), None);
    // All the while it waits for a group, and a button is refused on the button.
    assert!(state(&world).contains("grouping"), "{}", state(&world));
    let press = boss
        .person
        .presses_data(card.id, &format!("o.use.1.{}", -100_999));
    assert_eq!(
        boss.answer_to(&press).await,
        "There is no such group, or the bot is not in it."
    );
    assert!(state(&world).contains("grouping"), "{}", state(&world));
    boss.person.writes(&id);
    is_set(&world, Some(sales)).await;
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn the_dialogue_is_left_times_out_and_survives_a_restart() {
    let mut world = world().await;
    let sales = world.sandbox.add_group("Sales", false);
    let person = {
        let (boss, card) = owner(&world).await;
        boss.presses(card.id, "Another group").await;
        boss.sees("Which group gets the tickets").await;
        boss.person.writes("/cancel");
        boss.sees("nothing happens").await;
        boss.presses(card.id, "Another group").await;
        boss.waits("the question again", async || {
            state(&world).contains("grouping")
        })
        .await;
        world.queue_is_empty().await;
        world.passes(Duration::from_secs(3_700)).await;
        // An hour later a number is a number.
        boss.person.writes(&sales.to_string());
        boss.waits("another state", async || {
            !state(&world).contains("grouping")
        })
        .await;
        assert_eq!(group_of_category(&world), None);
        boss.presses(card.id, "Another group").await;
        boss.waits("the question again", async || {
            state(&world).contains("grouping")
        })
        .await;
        boss.person.clone()
    };
    world.queue_is_empty().await;
    world.server_stops().await;
    person.writes(&sales.to_string());
    world.server_starts().await;
    is_set(&world, Some(sales)).await;
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn nobody_but_an_owner_has_the_bot_look_at_groups() {
    let world = world().await;
    let sales = world.sandbox.add_group("Sales", false);
    let (boss, card) = owner(&world).await;
    let alice = world.chatter("Alice");
    alice.person.writes("/superadmin");
    let hers = alice.sees("do not know this command").await;
    let olga = world.chatter("Olga");
    let body = json!({"telegram_id": olga.person.id(), "first_name": "Olga"});
    world.service().posts("/api/admin/admins/", body).await;
    olga.person.writes("/superadmin");
    let olgas = olga.sees("do not know this command").await;
    // A look would meet this.
    world
        .sandbox
        .break_next_in(sales, Fault::BadGateway, Some("getChat"), 1);
    for data in [
        "o.group.1".to_owned(),
        "o.use.1.0".to_owned(),
        format!("o.use.1.{sales}"),
    ] {
        for (who, post) in [(&alice, hers.id), (&olga, olgas.id)] {
            let press = who.person.presses_data(post, &data);
            assert_eq!(
                who.answer_to(&press).await,
                "Your role does not allow this.",
                "{data}"
            );
        }
    }
    // An owner who is none any more in the middle of it.
    boss.presses(card.id, "Another group").await;
    boss.sees("Which group gets the tickets").await;
    let sql = "UPDATE agents SET is_blocked = 1 WHERE telegram_id = ?1";
    world.sql().execute(sql, [FIRST]).unwrap();
    boss.person.writes(&sales.to_string());
    boss.waits("the chat moves on", async || {
        !state(&world).contains("grouping")
    })
    .await;
    assert_eq!(group_of_category(&world), None);
    assert_eq!(world.sandbox.faults_planned(), 1, "nothing was looked at");
    world.queue_is_empty().await;
    world.ends().await;
}
