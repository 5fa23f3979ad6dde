//! Staff in private chats with the bot: told of tickets, opens, answers, gives away and closes them, with its own rights.

use relaydesk::sandbox::{AgentFile, FileKind};
use serde_json::json;

use crate::world::{Chatter, World, jpeg};

/// An agent of a category who has spoken to the bot.
async fn agent<'w>(world: &'w World, name: &str, role: &str) -> (Chatter<'w>, i64) {
    let chatter = world.chatter(name);
    let body = json!({"telegram_id": chatter.person.id(), "first_name": name, "role": role});
    let made = world.service().posts("/api/admin/admins/", body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    chatter.person.writes("/admin");
    chatter.sees("of your tickets are open").await;
    (chatter, made.body["id"].as_i64().unwrap())
}

fn photo() -> AgentFile {
    AgentFile {
        kind: FileKind::Photo,
        name: "track.jpg".to_owned(),
        mime: "image/jpeg".to_owned(),
        bytes: jpeg(40, 30).into(),
        claimed_size: None,
    }
}

fn field<T: rusqlite::types::FromSql>(world: &World, field: &str, ticket: i64) -> T {
    let sql = format!("SELECT {field} FROM tickets WHERE id = ?1");
    world
        .sql()
        .query_row(&sql, [ticket], |row| row.get(0))
        .unwrap()
}

async fn given(world: &World, ticket: i64, to: i64) {
    let service = world.service();
    let path = format!("/support/tickets/{ticket}/assign/");
    let answer = service.posts(&path, json!({ "agent": to })).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn an_agent_is_told_of_a_ticket_and_answers_it_by_replying() {
    let world = World::start().await;
    let (olga, id) = agent(&world, "Olga", "admin").await;
    let alice = world.chatter("Alice");
    let ticket = alice.asked("Where is my parcel?").await;
    given(&world, ticket, id).await;
    let bell = olga.sees("gave you this ticket").await;
    assert!(
        bell.text.contains("Alice") && bell.text.contains("Where is my parcel?"),
        "{}",
        bell.text
    );
    // A reply to the bell is an answer: in the contact's chat, in the group, and nowhere else.
    olga.person.replies(bell.id, "On its way");
    let answer = alice.sees("On its way").await;
    assert!(answer.text.contains("Olga"), "{}", answer.text);
    world.post_with("On its way").await;
    olga.sees("answered").await;
    // The contact goes on, and its agent hears what it says.
    alice.person.writes("When?");
    let bell = olga.sees("When?").await;
    assert_eq!(olga.presses(bell.id, "Answer").await, "");
    olga.sees("Write your answer").await;
    olga.person.sends_files(vec![photo()], "See here");
    assert_eq!(alice.sees("See here").await.kind, "photo");
    let said = olga.person.writes("and tomorrow");
    alice.sees("and tomorrow").await;
    assert!(olga.person.edits(said, "and on Friday"));
    alice.sees("and on Friday").await;
    olga.person.writes("/cancel");
    olga.sees("nothing happens").await;
    olga.person.writes("hello?");
    olga.sees("This goes to nobody").await;
    world.ends().await;
}

#[tokio::test]
async fn a_ticket_is_opened_taken_worked_on_noted_given_and_closed_in_one_post() {
    let world = World::start().await;
    let (olga, _) = agent(&world, "Olga", "admin").await;
    let (ivan, ivan_id) = agent(&world, "Ivan", "admin").await;
    let alice = world.chatter("Alice");
    let ticket = alice.asked("It is broken").await;
    alice.person.sends_files(vec![photo()], "");
    world
        .until("the photo", async || world.rows("attachments") == 1)
        .await;
    let menu = olga.sees("of your tickets are open").await;
    olga.presses(menu.id, "Nobody's").await;
    olga.sees("Nobody's tickets: 1").await;
    olga.presses(menu.id, "It is broken").await;
    let shown = olga.sees("👤 Alice").await;
    assert_eq!(shown.id, menu.id, "one post, changed in place");
    olga.presses(menu.id, "Files: 1").await;
    let file = olga.sees("💬 Alice").await;
    assert_eq!(file.kind, "photo");
    olga.presses(menu.id, "Take").await;
    olga.sees("🙋 Olga").await;
    olga.presses(menu.id, "In progress").await;
    world
        .until("work", async || {
            field::<String>(&world, "status", ticket) == "in_progress"
        })
        .await;
    olga.presses(menu.id, "Note").await;
    olga.sees("Write the note").await;
    olga.person.writes("call back");
    olga.sees("noted").await;
    assert_eq!(world.rows("notes"), 1);
    olga.presses(menu.id, "Give to").await;
    olga.sees("Who gets").await;
    olga.presses(menu.id, "Ivan").await;
    ivan.sees("Olga gave you this ticket").await;
    assert_eq!(field::<i64>(&world, "agent_id", ticket), ivan_id);
    // It is another's now: Olga may look, and no more.
    olga.sees("🙋 Ivan").await;
    let refused = olga.presses(menu.id, "Close").await;
    assert!(refused.contains("another agent's"), "{refused}");
    let bell = ivan.sees("gave you this ticket").await;
    ivan.presses(bell.id, "Open").await;
    let opened = ivan.sees("👤 Alice").await;
    ivan.presses(opened.id, "Close").await;
    ivan.sees("Why is").await;
    ivan.person.writes("mended");
    ivan.sees(": closed").await;
    assert_eq!(field::<String>(&world, "close_reason", ticket), "mended");
    alice.sees("is closed. How did we do").await;
    world.ends().await;
}

#[tokio::test]
async fn two_who_take_one_ticket_at_once_do_not_both_get_it() {
    let world = World::start().await;
    let (olga, _) = agent(&world, "Olga", "admin").await;
    let (ivan, _) = agent(&world, "Ivan", "admin").await;
    let alice = world.chatter("Alice");
    let ticket = alice.asked("mine or yours?").await;
    let data = format!("s.take.{ticket}");
    let (one, two) = (olga.sees("of your").await.id, ivan.sees("of your").await.id);
    let (one, two) = (
        olga.person.presses_data(one, &data),
        ivan.person.presses_data(two, &data),
    );
    let answers = [olga.answer_to(&one).await, ivan.answer_to(&two).await];
    world.queue_is_empty().await;
    let owner: i64 = field(&world, "agent_id", ticket);
    assert!(owner > 0);
    let taken = answers
        .iter()
        .filter(|answer| answer.contains("was quicker"))
        .count();
    assert_eq!(taken, 1, "{answers:?}");
    world.ends().await;
}

#[tokio::test]
async fn lists_turn_their_pages_and_say_whose_day_it_was() {
    let world = World::start().await;
    let (olga, id) = agent(&world, "Olga", "admin").await;
    for number in 0..8 {
        let phone = world.phone(&format!("user-{number}"));
        phone.sends(&format!("question {number}")).await;
        given(&world, number + 1, id).await;
    }
    let menu = olga.sees("of your tickets are open").await;
    olga.presses(menu.id, "My tickets").await;
    olga.sees("My tickets · Today: 8").await;
    assert!(
        olga.person
            .buttons(menu.id)
            .iter()
            .any(|button| button.contains("question 7"))
    );
    olga.presses(menu.id, "▶").await;
    olga.until_button(menu.id, "question 0").await;
    olga.presses(menu.id, "Yesterday").await;
    olga.sees("My tickets · Yesterday: 0").await;
    olga.presses(menu.id, "Menu").await;
    olga.sees("8 of your tickets are open").await;
    olga.presses(menu.id, "My figures").await;
    olga.sees("📥 8").await;
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn a_canned_answer_is_one_press_and_quiet_hours_take_the_sound_away() {
    let world = World::start().await;
    let (olga, id) = agent(&world, "Olga", "admin").await;
    let service = world.service();
    service
        .posts(
            "/support/canned/",
            json!({"name": "hello", "text": "Good day to you"}),
        )
        .await;
    let menu = olga.sees("of your tickets are open").await;
    olga.presses(menu.id, "Quiet hours").await;
    olga.sees("without a sound").await;
    olga.presses(menu.id, "Always").await;
    olga.until_button(menu.id, "✅ Always").await;
    let alice = world.chatter("Alice");
    let ticket = alice.asked("anybody?").await;
    given(&world, ticket, id).await;
    let bell = olga.sees("gave you this ticket").await;
    assert!(bell.silent, "{bell:?}");
    olga.presses(bell.id, "Open").await;
    let opened = olga.sees("👤 Alice").await;
    olga.presses(opened.id, "Canned").await;
    olga.sees("Which answer").await;
    olga.presses(opened.id, "hello").await;
    alice.sees("Good day to you").await;
    world.ends().await;
}

#[tokio::test]
async fn staff_may_ask_too_and_its_menu_has_its_commands() {
    let world = World::start().await;
    let (olga, _) = agent(&world, "Olga", "admin").await;
    world
        .until("staff's commands", async || {
            olga.person
                .commands()
                .iter()
                .any(|(name, _)| name == "admin")
        })
        .await;
    olga.person.writes("/ask");
    olga.sees("Write your question").await;
    olga.person.writes("my own printer");
    olga.sees("is accepted").await;
    world.post_with("my own printer").await;
    assert_eq!(world.rows("tickets"), 1);
    world.ends().await;
}

#[tokio::test]
async fn a_restart_in_the_middle_of_an_answer_and_of_a_closing_loses_nothing() {
    let mut world = World::start().await;
    let (olga, alice, ticket) = {
        let (olga, _) = agent(&world, "Olga", "admin").await;
        let alice = world.chatter("Alice");
        let ticket = alice.asked("anybody?").await;
        let menu = olga.sees("of your tickets are open").await;
        let press = olga
            .person
            .presses_data(menu.id, &format!("s.answer.{ticket}"));
        olga.answer_to(&press).await;
        olga.sees("Write your answer").await;
        (olga.person.clone(), alice.person.clone(), ticket)
    };
    world.queue_is_empty().await;
    world.server_stops().await;
    // Written while the server is away.
    olga.writes("here I am");
    world.server_starts().await;
    world
        .until("the answer", async || {
            alice
                .sees()
                .iter()
                .any(|post| post.text.contains("here I am"))
        })
        .await;
    let menu = olga.sees().first().map(|post| post.id).unwrap();
    olga.presses_data(menu, &format!("s.end.{ticket}"));
    world
        .until("the question why", async || {
            olga.sees().iter().any(|post| post.text.contains("Why is"))
        })
        .await;
    world.queue_is_empty().await;
    world.server_stops().await;
    world.server_starts().await;
    olga.writes("all is well");
    world
        .until("the end", async || {
            field::<String>(&world, "status", ticket) == "closed"
        })
        .await;
    assert_eq!(
        field::<String>(&world, "close_reason", ticket),
        "all is well"
    );
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn all_who_answer_a_category_hear_of_its_new_and_of_its_answered_tickets() {
    let world = World::start().await;
    let service = world.service();
    let names = json!({"name_uz": "Tolov", "name_en": "Billing"});
    service.posts("/api/admin/categories/", names).await;
    let (olga, olga_id) = agent(&world, "Olga", "admin").await;
    let (ivan, ivan_id) = agent(&world, "Ivan", "admin").await;
    let (vera, _) = agent(&world, "Vera", "admin").await;
    for id in [olga_id, ivan_id] {
        let path = format!("/api/admin/admins/{id}/");
        service.patches(&path, json!({"categories": [1]})).await;
    }
    let alice = world.chatter("Alice");
    alice.asked("Paid twice").await;
    let about = alice.sees("what is it about").await;
    alice.presses(about.id, "Billing").await;
    olga.sees("this ticket is yours now").await;
    let bell = ivan.sees("a new question of your category").await;
    assert!(bell.text.contains("Paid twice"), "{}", bell.text);
    let bell = olga.sees("this ticket is yours now").await;
    olga.person.replies(bell.id, "One comes back");
    ivan.sees("Olga answered").await;
    // The next answer to the same question is no news.
    olga.person.replies(bell.id, "Today");
    alice.sees("Today").await;
    world.queue_is_empty().await;
    let told = |who: &Chatter| {
        let heard = who.heard().into_iter();
        heard.filter(|post| post.text.contains("answered:")).count()
    };
    assert_eq!((told(&ivan), told(&olga), told(&vera)), (1, 0, 0));
    world.ends().await;
}
