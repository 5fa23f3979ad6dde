//! What is said in private chats, in any form and in both directions, and what is offered there.

use relaydesk::sandbox::{FileKind, Person};
use serde_json::json;

use crate::telegram_answers::KINDS;
use crate::world::{Chatter, World, file};

/// Kinds of what the bot posted, those with files or places only.
fn kinds_of(posts: Vec<relaydesk::sandbox::Post>) -> Vec<String> {
    let own = posts.into_iter().filter(|post| post.by_bot);
    own.map(|post| post.kind)
        .filter(|kind| kind != "text")
        .collect()
}

/// Says one of each kind, and a place and somebody's number.
fn says_everything(person: &Person, reply_to: Option<i64>) {
    for (kind, _) in KINDS {
        person.replies_with(reply_to, vec![file(kind)], "");
    }
}

fn every_kind() -> Vec<String> {
    KINDS.iter().map(|(_, kind)| (*kind).to_owned()).collect()
}

fn sorted(mut kinds: Vec<String>) -> Vec<String> {
    kinds.sort();
    kinds
}

async fn until_kinds(
    world: &World,
    what: &str,
    wanted: &[String],
    found: impl Fn() -> Vec<String>,
) {
    let wanted = sorted(wanted.to_vec());
    world
        .until(what, async || sorted(found()).len() >= wanted.len())
        .await;
    assert_eq!(sorted(found()), wanted, "{what}");
}

#[tokio::test]
async fn a_contact_may_send_anything_and_agents_get_it_as_it_is() {
    let world = World::start().await;
    let alice = world.chatter("Alice");
    alice.asked("where is it?").await;
    says_everything(&alice.person, None);
    alice.person.sends_location(41.3, 69.2);
    alice.person.sends_contact("+998901234567", "Courier", None);
    let wanted = [every_kind(), vec!["location".into(), "contact".into()]].concat();
    let found = || {
        let sql = world.sql();
        let mut kinds = sql.prepare("SELECT kind FROM attachments").unwrap();
        let kinds = kinds.query_map([], |row| row.get(0)).unwrap();
        kinds.collect::<Result<Vec<String>, _>>().unwrap()
    };
    until_kinds(&world, "all of it in the ticket", &wanted, found).await;
    assert_eq!(world.rows("tickets"), 1);
    world.queue_is_empty().await;
    // What carries words is what it is; the post says whose it is, so a round video is a video, a sticker a file.
    let shown = [
        "photo",
        "document",
        "video",
        "video",
        "animation",
        "voice",
        "audio",
        "document",
    ];
    let group = kinds_of(world.sandbox.posts());
    assert_eq!(group, shown, "in the group");
    let posts = world.group_posts();
    for words in ["📍 41.3, 69.2", "👤 Courier +998901234567"] {
        assert!(
            posts.iter().any(|post| post.contains(words)),
            "{words} in {posts:?}"
        );
    }
    world.ends().await;
}

#[tokio::test]
async fn whatever_an_agent_answers_with_comes_into_the_chat_as_that() {
    let world = World::start().await;
    let alice = world.chatter("Alice");
    alice.asked("show me").await;
    let post = world.known_post("show me").await;
    for (kind, _) in KINDS {
        world.sandbox.agent_replies_with(post, vec![file(kind)], "");
    }
    world.sandbox.agent_sends_location(Some(post), 41.3, 69.2);
    world
        .sandbox
        .agent_sends_contact(Some(post), "+998901234567", "Courier");
    let wanted = [every_kind(), vec!["location".into(), "contact".into()]].concat();
    let found = || kinds_of(alice.person.sees());
    until_kinds(&world, "all of it in the chat", &wanted, found).await;
    // An album stays one.
    let parts = vec![file(FileKind::Photo), file(FileKind::Photo)];
    world
        .sandbox
        .agent_replies_with(post, parts, "both of them");
    let first = alice.sees("both of them").await;
    assert!(first.media_group_id.is_some());
    world.ends().await;
}

async fn agent(world: &World, name: &'static str) -> (Person, i64) {
    let chatter = world.chatter(name);
    let body = json!({"telegram_id": chatter.person.id(), "first_name": name});
    let made = world.service().posts("/api/admin/admins/", body).await.body;
    chatter.person.writes("/admin");
    chatter.sees("of your tickets are open").await;
    (chatter.person, made["id"].as_i64().unwrap())
}

#[tokio::test]
async fn an_agent_answers_with_anything_from_its_own_chat() {
    let world = World::start().await;
    let (olga, id) = agent(&world, "Olga").await;
    let alice = world.chatter("Alice");
    let ticket = alice.asked("show me").await;
    let path = format!("/support/tickets/{ticket}/assign/");
    let given = world.service().posts(&path, json!({ "agent": id })).await;
    assert_eq!(given.status, 200);
    let bell = || {
        let mut posts = olga.sees().into_iter();
        posts.find(|post| post.text.contains("gave you this ticket"))
    };
    world.until("the bell", async || bell().is_some()).await;
    says_everything(&olga, bell().map(|post| post.id));
    let found = || kinds_of(alice.person.sees());
    until_kinds(&world, "all of it in the chat", &every_kind(), found).await;
    // A place is a reply too: in the state that waits for an answer.
    let shown = bell().map(|post| post.id).unwrap();
    olga.presses(shown, "Answer").unwrap();
    let asks = || {
        let posts = olga.sees().into_iter();
        posts
            .filter(|post| post.text.contains("Write your answer"))
            .count()
    };
    world.until("the question", async || asks() == 1).await;
    olga.sends_location(41.3, 69.2);
    let wanted = [every_kind(), vec!["location".into()]].concat();
    until_kinds(&world, "and the place", &wanted, found).await;
    world.ends().await;
}

#[tokio::test]
async fn an_album_split_over_updates_by_a_restart_is_one_question() {
    let mut world = World::start().await;
    let alice = world.sandbox.person("Alice", Some("alice"), Some("en"));
    let parts = vec![
        file(FileKind::Photo),
        file(FileKind::Photo),
        file(FileKind::Video),
    ];
    alice.sends_files(parts, "all three");
    // The story's time stands still, so the album is not taken for whole yet.
    let deadline = tokio::time::Instant::now() + crate::world::PATIENCE;
    while world.sandbox.updates_waiting() > 0 {
        let late = tokio::time::Instant::now() > deadline;
        assert!(!late, "the updates were not taken");
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    world.server_stops().await;
    assert_eq!(world.rows("messages"), 0);
    world.server_starts().await;
    world.post_with("all three").await;
    world.queue_is_empty().await;
    assert_eq!(
        (
            world.rows("tickets"),
            world.rows("messages"),
            world.rows("attachments")
        ),
        (1, 1, 3)
    );
    let told = alice.sees().into_iter();
    assert_eq!(
        told.filter(|post| post.text.contains("is accepted"))
            .count(),
        1
    );
    world.ends().await;
}

#[tokio::test]
async fn a_link_to_the_bot_may_name_what_the_question_is_about() {
    let world = World::start().await;
    let body = json!({"name_uz": "To‘lov", "name_en": "Billing"});
    let made = world
        .service()
        .posts("/api/admin/categories/", body)
        .await
        .body;
    let alice = world.chatter("Alice");
    alice.person.writes(&format!("/start c{}", made["id"]));
    let post = alice.sees("Which language").await;
    alice.presses(post.id, "English").await;
    alice.sees("Billing: write your question").await;
    alice.person.writes("Paid twice");
    alice.sees("is accepted").await;
    let sql = "SELECT category_id FROM tickets";
    let category: i64 = world.sql().query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(json!(category), made["id"]);
    // One that names nothing is a start like any other.
    for (name, payload) in [("Bob", "c999"), ("Carol", "c"), ("Dan", "x'); --")] {
        let other = world.chatter(name);
        other.person.writes(&format!("/start {payload}"));
        let post = other.sees("Which language").await;
        other.presses(post.id, "English").await;
        let asked = async |other: &Chatter<'_>| {
            let heard = other.heard();
            let asks = ["about", "Write your question"];
            heard
                .iter()
                .any(|post| asks.iter().any(|words| post.text.contains(words)))
        };
        other
            .waits("what it is about", async || asked(&other).await)
            .await;
    }
    assert_eq!(world.rows("tickets"), 1);
    world.ends().await;
}

#[tokio::test]
async fn who_writes_too_much_is_told_to_wait_and_others_are_not() {
    let world = World::with(|options| {
        options
            .settings
            .push(("RATE_LIMIT_PER_USER", "8".to_owned()));
    })
    .await;
    let alice = world.chatter("Alice");
    for number in 0..5 {
        alice.person.writes(&format!("spam {number}"));
    }
    let told = || {
        let heard = alice.heard().into_iter();
        heard
            .filter(|post| post.text.contains("Too many requests"))
            .count()
    };
    alice.waits("both are refused", async || told() >= 1).await;
    let bob = world.chatter("Bob");
    bob.asked("an honest question").await;
    world.queue_is_empty().await;
    let from_alice = "SELECT COUNT(*) FROM messages WHERE text LIKE 'spam%'";
    let taken: i64 = world
        .sql()
        .query_row(from_alice, [], |row| row.get(0))
        .unwrap();
    assert_eq!(
        usize::try_from(taken).unwrap() + told(),
        5,
        "each is taken or refused"
    );
    world.ends().await;
}

#[tokio::test]
async fn the_menu_of_a_chat_is_in_its_language_and_has_what_its_user_may() {
    let world = World::with(|options| {
        options.settings.push(("SUPER_ADMIN_IDS", "777".to_owned()));
    })
    .await;
    let names = |person: &Person| -> Vec<String> {
        person
            .commands()
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    };
    let everybody = ["start", "ask", "questions", "language", "cancel", "help"];
    for (language, help) in [
        ("en", "What I can do"),
        ("ru", "Что я умею"),
        ("uz", "Nima qila olishim"),
        ("de", "Что я умею"),
    ] {
        let person = world
            .sandbox
            .person(&format!("P{language}"), None, Some(language));
        world
            .until("the menu", async || names(&person) == everybody)
            .await;
        let commands = person.commands();
        let told = &commands.iter().find(|(name, _)| name == "help").unwrap().1;
        assert_eq!(told, help, "{language}");
    }
    let (olga, _) = agent(&world, "Olga").await;
    let of_staff = [&["admin"][..], &everybody].concat();
    world
        .until("staff's", async || names(&olga) == of_staff)
        .await;
    let user = world.sandbox.stranger(777, "Boss", None);
    let boss = world.sandbox.private_of(&user).speaks("en");
    boss.writes("/superadmin");
    let of_owners = [&["superadmin", "broadcast", "admin"][..], &everybody].concat();
    world
        .until("owners'", async || names(&boss) == of_owners)
        .await;
    world.ends().await;
}

#[tokio::test]
async fn what_an_app_once_spoke_is_spoken_on_where_it_does_not_say_so() {
    let world = World::start().await;
    let ann = world.chatter("Ann");
    ann.person.writes("/help");
    ann.sees("people will answer it in this chat").await;
    let mut user = ann.person.user();
    user.language_code = None;
    world.sandbox.private_of(&user).writes("/questions");
    ann.sees("You have not asked anything yet").await;
    world.ends().await;
}
