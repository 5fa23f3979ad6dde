//! People ask the bot in private chats: from the first word to the rating, and what goes wrong on the way.

use relaydesk::sandbox::{AgentFile, FileKind, Post};
use serde_json::json;

use crate::world::{Chatter, World, jpeg};

fn photo(name: &str) -> AgentFile {
    AgentFile {
        kind: FileKind::Photo,
        name: name.to_owned(),
        mime: "image/jpeg".to_owned(),
        bytes: jpeg(40, 30).into(),
        claimed_size: None,
    }
}

async fn category(world: &World, name: &str) -> i64 {
    let owner = world.service();
    let body =
        json!({"name_uz": format!("{name} uz"), "name_en": name, "name_ru": format!("{name} ru")});
    let made = owner.posts("/api/admin/categories/", body).await;
    made.body["id"].as_i64().unwrap()
}

/// Whether the user keeps the bot out.
const OUT: &str = "SELECT bot_blocked_at IS NOT NULL FROM contacts";

/// The only value of a query.
fn found<T: rusqlite::types::FromSql>(world: &World, sql: &str) -> T {
    world.sql().query_row(sql, [], |row| row.get(0)).unwrap()
}

fn number(ticket: i64) -> String {
    relaydesk::domain::ticket::TicketNumber::of(relaydesk::domain::ids::TicketId(ticket))
        .to_string()
}

#[tokio::test]
async fn somebody_asks_with_a_photo_is_answered_and_says_how_it_was() {
    let world = World::start().await;
    let billing = category(&world, "Billing").await;
    let alice = world.chatter("Alice");
    alice.person.writes("/start");
    let post = alice.sees("Which language").await;
    assert_eq!(alice.person.buttons(post.id).len(), 3);
    alice.presses(post.id, "English").await;
    let post = alice.sees("What is your question about").await;
    assert_eq!(alice.person.buttons(post.id), ["Billing", "Something else"]);
    alice.presses(post.id, "Billing").await;
    alice.sees("Billing: write your question").await;
    assert_eq!(
        world.rows("tickets"),
        0,
        "a ticket begins with its first message"
    );
    alice
        .person
        .sends_files(vec![photo("a.jpg"), photo("b.jpg")], "Paid twice");
    let accepted = alice.sees("is accepted").await;
    let ticket: (i64, i64, String) = world
        .sql()
        .query_row("SELECT id, category_id, channel FROM tickets", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    assert_eq!((ticket.1, ticket.2.as_str()), (billing, "telegram"));
    assert!(accepted.text.contains(&number(ticket.0)));
    let post = world.post_with("Paid twice").await;
    assert_eq!(world.rows("attachments"), 2);
    // An agent of the group answers with a photo, and the answer comes into the chat as one.
    world.sandbox.agent_sends_files(
        Some(post),
        None,
        vec![photo("c.jpg")],
        "One is on its way back",
    );
    let answer = alice.sees("One is on its way back").await;
    assert_eq!(answer.kind, "photo");
    assert!(answer.text.contains("Anna Petrova"), "{}", answer.text);
    // What follows goes into the same ticket, with no further ado.
    let before = alice.heard().len();
    alice.person.replies(answer.id, "Thanks!");
    world.post_with("Thanks!").await;
    assert_eq!(world.rows("tickets"), 1);
    assert_eq!(alice.heard().len(), before);
    let owner = world.service();
    let closed = owner
        .posts(&format!("/support/tickets/{}/close/", ticket.0), json!({}))
        .await;
    assert_eq!(closed.status, 200, "{}", closed.body);
    let over = alice.sees("is closed. How did we do").await;
    alice.presses(over.id, "5").await;
    let thanks = alice.sees("⭐⭐⭐⭐⭐").await;
    assert_eq!(thanks.id, over.id, "in its place");
    alice.person.writes("Quick and kind");
    alice.sees("we read every word").await;
    let rated: (i64, String) = world
        .sql()
        .query_row("SELECT rating, rating_comment FROM tickets", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(rated, (5, "Quick and kind".to_owned()));
    world.ends().await;
}

#[tokio::test]
async fn the_apps_language_is_the_first_guess_and_another_can_be_chosen() {
    let world = World::start().await;
    let ivan = world.chatter_speaking("Ivan", "ru-RU");
    ivan.person.writes("/help");
    ivan.sees("Напишите сюда вопрос").await;
    ivan.person.writes("/language");
    let post = ivan.sees("На каком языке").await;
    ivan.presses(post.id, "O‘zbekcha").await;
    let set = ivan.sees("o‘zbekcha gaplashamiz").await;
    assert_eq!(set.id, post.id, "in its place");
    ivan.person.writes("/help");
    ivan.sees("Savolingizni shu yerga").await;
    let commands = ivan.person.commands();
    assert!(
        commands.contains(&("ask".to_owned(), "Задать новый вопрос".to_owned())),
        "{commands:?}"
    );
    world.ends().await;
}

#[tokio::test]
async fn whoever_just_writes_is_heard_and_asked_what_it_is_about() {
    let world = World::start().await;
    category(&world, "Billing").await;
    let olga = world.staff("olga", "agent");
    let mine = json!({"categories": [1]});
    let id = olga.gets("/auth/me").await.body["id"].as_i64().unwrap();
    world
        .service()
        .patches(&format!("/api/admin/admins/{id}/"), mine)
        .await;
    let alice = world.chatter("Alice");
    let ticket = alice.asked("It does not work").await;
    world.post_with("It does not work").await;
    let about = alice.sees("what is it about").await;
    alice.presses(about.id, "Billing").await;
    alice.sees("It is about: Billing").await;
    let given: (i64, i64) = world
        .sql()
        .query_row(
            "SELECT category_id, agent_id FROM tickets WHERE id = ?1",
            [ticket],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(given, (1, id));
    let again = alice
        .person
        .presses_data(about.id, &format!("about.{ticket}.1"));
    assert_eq!(alice.answer_to(&again).await, "This button is out of date.");
    world.ends().await;
}

#[tokio::test]
async fn one_open_question_at_a_time_until_it_is_answered_or_old() {
    let world = World::start().await;
    let alice = world.chatter("Alice");
    alice.began().await;
    let first = alice.asked("first").await;
    alice.person.writes("/ask");
    let hold = alice.sees("is still open").await;
    assert!(hold.text.contains(&number(first)));
    alice.person.writes("and more");
    let post = world.post_with("and more").await;
    assert_eq!(world.rows("tickets"), 1);
    world.sandbox.agent_replies(post, "here is the answer");
    alice.sees("here is the answer").await;
    alice.person.writes("/ask");
    alice.sees("Write your question").await;
    alice.person.writes("second");
    world
        .until("a second ticket", async || world.rows("tickets") == 2)
        .await;
    world.passes(std::time::Duration::from_secs(11 * 60)).await;
    alice.person.writes("/ask");
    alice.person.writes("third");
    world
        .until("a third ticket", async || world.rows("tickets") == 3)
        .await;
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn my_questions_are_listed_shown_answered_and_closed_in_one_message() {
    let world = World::start().await;
    let alice = world.chatter("Alice");
    alice.began().await;
    alice.person.writes("/questions");
    alice.sees("not asked anything").await;
    let ticket = alice.asked("Where is my parcel?").await;
    let accepted = alice.sees("is accepted").await;
    alice.presses(accepted.id, "My questions").await;
    let list = alice.sees("Your questions: 1").await;
    assert_ne!(list.id, accepted.id, "the number stays readable");
    alice.presses(list.id, "TKT-").await;
    let shown = alice.sees("waits for an answer").await;
    assert_eq!(shown.id, list.id);
    assert!(shown.text.contains("Where is my parcel?"));
    alice.until_button(list.id, "Write").await;
    alice.presses(list.id, "Write").await;
    alice.sees("everything goes to").await;
    alice.person.writes("The blue one");
    world.post_with("The blue one").await;
    alice.until_button(list.id, "Close").await;
    alice.presses(list.id, "Close").await;
    alice.sees("is closed. How did we do").await;
    let state: String = found(
        &world,
        &format!("SELECT status FROM tickets WHERE id = {ticket}"),
    );
    assert_eq!(state, "closed");
    alice.sees("· closed").await;
    alice.presses(list.id, "All questions").await;
    world.ends().await;
}

#[tokio::test]
async fn edits_of_both_sides_are_seen_by_the_other() {
    let world = World::start().await;
    let alice = world.chatter("Alice");
    let id = alice.person.writes("helo");
    let post = world.post_with("helo").await;
    alice.sees("is accepted").await;
    assert!(alice.person.edits(id, "hello"));
    world.post_with("сообщение изменено").await;
    let text: String = found(&world, "SELECT text FROM messages WHERE direction = 'user'");
    assert_eq!(text, "hello");
    let answer = world.sandbox.agent_replies(post, "good morning");
    let shown = alice.sees("good morning").await;
    world.sandbox.agent_edits(answer, "good evening");
    let changed = alice.sees("good evening").await;
    assert_eq!(changed.id, shown.id);
    world.ends().await;
}

#[tokio::test]
async fn a_stranger_sees_and_does_nothing_with_anothers_ticket() {
    let world = World::start().await;
    let alice = world.chatter("Alice");
    let ticket = alice.asked("secret").await;
    let eve = world.chatter("Eve");
    eve.began().await;
    let post = eve.sees("nothing happens").await;
    for data in ["show", "reply", "close"] {
        let press = eve
            .person
            .presses_data(post.id, &format!("{data}.{ticket}"));
        assert_eq!(
            eve.answer_to(&press).await,
            "There is no such ticket.",
            "{data}"
        );
    }
    let press = eve
        .person
        .presses_data(post.id, &format!("rate.{ticket}.1"));
    assert_eq!(eve.answer_to(&press).await, "There is no such ticket.");
    eve.person.writes("mine");
    eve.sees("is accepted").await;
    let of_alice: i64 = found(
        &world,
        &format!("SELECT COUNT(*) FROM messages WHERE ticket_id = {ticket}"),
    );
    assert_eq!(of_alice, 1);
    assert!(eve.heard().iter().all(|post| !post.text.contains("secret")));
    world.ends().await;
}

#[tokio::test]
async fn whoever_blocks_the_bot_is_marked_told_of_once_and_welcome_back() {
    let world = World::start().await;
    let alice = world.chatter("Alice");
    alice.asked("hello?").await;
    let post = world.post_with("hello?").await;
    alice.person.blocks_bot();
    world.post_with("заблокировал бота, ответы").await;
    world.sandbox.agent_replies(post, "are you there?");
    world.post_with("не доставлено").await;
    world.queue_is_empty().await;
    assert!(found::<bool>(&world, OUT));
    let lines = world.group_posts();
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.contains("заблокировал бота, ответы"))
            .count(),
        1
    );
    alice.person.unblocks_bot();
    world
        .until("the mark to go", async || !found::<bool>(&world, OUT))
        .await;
    world.sandbox.agent_replies(post, "welcome back");
    alice.sees("welcome back").await;
    world.ends().await;
}

#[tokio::test]
async fn a_block_that_only_a_send_finds_ends_what_waits() {
    let world = World::start().await;
    let alice = world.chatter("Alice");
    alice.asked("hello?").await;
    let post = world.post_with("hello?").await;
    alice.person.blocks_bot();
    // As if Telegram had never told of it.
    world.until("the mark", async || found(&world, OUT)).await;
    world
        .sql()
        .execute("UPDATE contacts SET bot_blocked_at = NULL", [])
        .unwrap();
    for text in ["one", "two", "three"] {
        world.sandbox.agent_replies(post, text);
    }
    world
        .until("the mark again", async || found(&world, OUT))
        .await;
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn a_banned_contact_is_told_so_once() {
    let world = World::start().await;
    let alice = world.chatter("Alice");
    alice.asked("spam").await;
    let owner = world.service();
    let users = owner.gets("/api/user/users/").await.ok();
    let id = users["results"][0]["id"].as_i64().unwrap();
    owner
        .posts(&format!("/api/user/users/{id}/block/"), json!({}))
        .await;
    for text in ["more spam", "and more", "/start"] {
        alice.person.writes(text);
    }
    alice.sees("blocked and can not write").await;
    world
        .until("all updates done", async || {
            let sql = "SELECT COUNT(*) FROM inbox WHERE state = 'new'";
            world
                .sql()
                .query_row(sql, [], |row| row.get::<_, i64>(0))
                .unwrap()
                == 0
        })
        .await;
    world.queue_is_empty().await;
    let told = alice
        .heard()
        .into_iter()
        .filter(|post| post.text.contains("blocked"));
    assert_eq!(told.count(), 1);
    assert_eq!(world.rows("messages"), 1);
    owner
        .posts(&format!("/api/user/users/{id}/unblock/"), json!({}))
        .await;
    alice.person.writes("sorry");
    world.post_with("sorry").await;
    world.ends().await;
}

async fn restarted(mut world: World) -> World {
    world.server_stops().await;
    world.server_starts().await;
    world
}

#[tokio::test]
async fn a_restart_in_the_middle_of_a_dialogue_loses_no_step() {
    let world = World::start().await;
    category(&world, "Billing").await;
    let alice = world.chatter("Alice").person;
    alice.writes("/start");
    let seen = |world: &World, text: &str| -> Option<i64> {
        let _ = world;
        let posts = alice.sees().into_iter().rev();
        posts
            .filter(|post| post.by_bot)
            .find(|post| post.text.contains(text))
            .map(|post| post.id)
    };
    let mut world = world;
    for (shown, press) in [
        ("Which language", Some("English")),
        ("What is your question about", Some("Billing")),
        ("Billing: write your question", None),
    ] {
        world
            .until(shown, async || seen(&world, shown).is_some())
            .await;
        world.queue_is_empty().await;
        world = restarted(world).await;
        if let Some(label) = press {
            alice.presses(seen(&world, shown).unwrap(), label).unwrap();
        }
    }
    alice.writes("after all that");
    world.post_with("after all that").await;
    world = restarted(world).await;
    world
        .until("the ticket's number", async || {
            seen(&world, "is accepted").is_some()
        })
        .await;
    assert_eq!(world.rows("tickets"), 1);
    world.ends().await;
}

#[tokio::test]
async fn an_old_button_and_a_button_of_a_deleted_message_say_so_or_work_and_never_confuse() {
    let world = World::start().await;
    category(&world, "Billing").await;
    let alice = world.chatter("Alice");
    alice.began_with_categories().await;
    alice.person.writes("/ask");
    let first = alice.keyboard(2).await;
    alice.person.writes("/ask");
    let second = alice.keyboard(3).await;
    assert_eq!(
        alice.presses(first.id, "Billing").await,
        "This button is out of date."
    );
    for nonsense in ["", "cat.x.1", "show.-1", "rate.1.9", "drop table"] {
        let press = alice.person.presses_data(first.id, nonsense);
        assert_eq!(
            alice.answer_to(&press).await,
            "This button is out of date.",
            "{nonsense}"
        );
    }
    alice.person.deletes(second.id);
    // The message is gone; the press still comes, and what it leads to is said anew.
    let data = world.sandbox.chat_posts(alice.person.id());
    let data = data.iter().rev().find(|post| post.id == second.id).unwrap();
    let data = data.reply_markup.as_ref().unwrap()["inline_keyboard"][0][0]["callback_data"]
        .as_str()
        .unwrap()
        .to_owned();
    let press = alice.person.presses_data(second.id, &data);
    assert_eq!(alice.answer_to(&press).await, "");
    alice.sees("Billing: write your question").await;
    world.ends().await;
}

#[tokio::test]
async fn a_dialogue_that_was_left_for_long_is_over_and_the_message_is_heard() {
    let world = World::start().await;
    let alice = world.chatter("Alice");
    alice.began().await;
    let ticket = alice.asked("one").await;
    alice.person.writes("/questions");
    let list = alice.sees("Your questions").await;
    alice.presses(list.id, "TKT-").await;
    alice.until_button(list.id, "Write").await;
    alice.presses(list.id, "Write").await;
    alice.sees("everything goes to").await;
    world.passes(std::time::Duration::from_secs(2 * 3600)).await;
    alice.person.writes("/cancel");
    alice.sees("nothing to cancel").await;
    alice.person.writes("two");
    world.post_with("two").await;
    let of_first: i64 = found(
        &world,
        &format!("SELECT COUNT(*) FROM messages WHERE ticket_id = {ticket}"),
    );
    assert_eq!(of_first, 2);
    world.ends().await;
}

impl Chatter<'_> {
    /// Waits for so many keyboards of categories; the last of them.
    async fn keyboard(&self, count: usize) -> Post {
        let shown = || -> Vec<Post> {
            let heard = self.heard().into_iter();
            heard
                .filter(|post| post.text.contains("What is your question about"))
                .collect()
        };
        self.waits("a keyboard", async || shown().len() == count)
            .await;
        shown().pop().unwrap()
    }

    /// Has chosen English, where there are categories.
    async fn began_with_categories(&self) {
        self.person.writes("/start");
        let post = self.sees("language").await;
        self.presses(post.id, "English").await;
        self.sees("What is your question about").await;
        self.person.writes("/cancel");
        self.sees("nothing happens").await;
    }
}
