//! An owner writes to everybody: shown first, let go, slower than Telegram allows, stopped, and nobody twice.

use std::time::Duration;

use relaydesk::sandbox::{AgentFile, Fault, FileKind, Person, Sandbox};
use serde_json::json;

use crate::world::{Chatter, PATIENCE, World, jpeg};

/// Ids of people a story makes by the hundred.
const CROWD: i64 = 700_000_001;
const SURE: &str = "So it will look";

/// Somebody of the staff who has opened the menu.
async fn staff<'w>(world: &'w World, name: &str, role: &str) -> (Chatter<'w>, i64) {
    let chatter = world.chatter(name);
    let body = json!({"telegram_id": chatter.person.id(), "first_name": name, "role": role});
    let made = world.service().posts("/api/admin/admins/", body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    chatter.person.writes("/admin");
    chatter.sees("of your tickets are open").await;
    (chatter, made.body["id"].as_i64().unwrap())
}

/// People who have spoken with the bot long ago, as many as wanted.
pub fn crowd(sandbox: &Sandbox, database: &mut rusqlite::Connection, size: i64) -> Vec<Person> {
    let people: Vec<Person> = (0..size)
        .map(|number| {
            let user = sandbox.stranger(CROWD + number, "Somebody", None);
            let person = sandbox.private_of(&user);
            person.has_begun();
            person
        })
        .collect();
    let all = database.transaction().unwrap();
    let contact = "INSERT INTO contacts (user_id, channel, telegram_id, created_at) VALUES (?1, 'telegram', ?2, ?3)";
    let dialogue = "INSERT INTO dialogues (chat_id, state, turn, updated_at) VALUES (?1, '{\"in\":\"idle\"}', 1, ?2)";
    for person in &people {
        let (id, at) = (person.id(), "2026-01-01T12:00:00.000000Z");
        let mut known = all.prepare_cached(contact).unwrap();
        known
            .execute(rusqlite::params![format!("tg:{id}"), id, at])
            .unwrap();
        let mut spoken = all.prepare_cached(dialogue).unwrap();
        spoken.execute(rusqlite::params![id, at]).unwrap();
    }
    all.commit().unwrap();
    people
}

/// How often the bot has written this into a private chat.
pub fn times(person: &Person, text: &str) -> usize {
    let posts = person.sees().into_iter();
    posts
        .filter(|post| post.by_bot && post.text == text)
        .count()
}

/// The only broadcast: its state, and sent, not reached, refused, unknown, of all.
pub fn figures(sql: &rusqlite::Connection) -> (String, [i64; 5]) {
    let query = "SELECT state, sent, unreached, failed, unknown, total FROM broadcasts";
    sql.query_row(query, [], |row| {
        let number = |at| row.get(at);
        let numbers = [number(1)?, number(2)?, number(3)?, number(4)?, number(5)?];
        Ok((row.get(0)?, numbers))
    })
    .unwrap()
}

async fn is_over(world: &World, state: &str) {
    let what = format!("the broadcast is {state}");
    world
        .until(&what, async || figures(&world.sql()).0 == state)
        .await;
}

fn photo() -> AgentFile {
    AgentFile {
        kind: FileKind::Photo,
        name: "sale.jpg".to_owned(),
        mime: "image/jpeg".to_owned(),
        bytes: jpeg(40, 30).into(),
        claimed_size: None,
    }
}

/// Asks for it, writes it, and gives the post with the question.
async fn drafts(owner: &Chatter<'_>, text: &str) -> i64 {
    owner.person.writes("/broadcast");
    owner.sees("Write what everybody").await;
    owner.person.writes(text);
    owner.sees(SURE).await.id
}

#[tokio::test]
async fn an_owner_sees_a_photo_as_it_will_be_and_everybody_but_staff_gets_it() {
    let world = World::start().await;
    let (olga, _) = staff(&world, "Olga", "super_admin").await;
    let (ivan, _) = staff(&world, "Ivan", "admin").await;
    let (alice, bob, carol) = (
        world.chatter("Alice"),
        world.chatter("Bob"),
        world.chatter("Carol"),
    );
    for chatter in [&alice, &bob, &carol] {
        chatter.began().await;
    }
    // Somebody of an app has no chat, and somebody who is banned gets nothing.
    world.phone("app-user").sends("hello").await;
    let ban = "UPDATE contacts SET is_blocked = 1 WHERE telegram_id = ?1";
    world.sql().execute(ban, [carol.person.id()]).unwrap();
    olga.person.writes("/superadmin");
    let menu = olga.sees("The desk:").await;
    olga.presses(menu.id, "Write to everybody").await;
    olga.sees("Write what everybody").await;
    olga.person
        .sends_files(vec![photo()], "Everything must go!");
    let preview = olga.sees("Everything must go!").await;
    assert_eq!(preview.kind, "photo");
    let sure = olga.sees(SURE).await;
    assert!(sure.text.contains("get it: 2."), "{}", sure.text);
    assert!(preview.id < sure.id, "the message comes first");
    assert_eq!(world.rows("broadcast_recipients"), 0, "nothing goes yet");
    assert_eq!(olga.presses(sure.id, "Send").await, "");
    for chatter in [&alice, &bob] {
        assert_eq!(chatter.sees("Everything must go!").await.kind, "photo");
    }
    let over = olga.sees("The broadcast is over: 2 of 2").await;
    assert_eq!(over.id, sure.id, "one post, changed in place");
    assert!(olga.person.buttons(over.id).is_empty());
    world.queue_is_empty().await;
    for person in [&carol.person, &ivan.person] {
        assert_eq!(times(person, "Everything must go!"), 0);
    }
    assert_eq!(times(&olga.person, "Everything must go!"), 1, "the preview");
    let logged: (String, String) = world
        .sql()
        .query_row(
            "SELECT actor_name, detail FROM activity_log WHERE action = 'broadcast'",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(logged, ("Olga".to_owned(), "2".to_owned()));
    // What was let go can not be let go again.
    let again = olga.person.presses_data(sure.id, "s.send.1");
    assert_eq!(olga.answer_to(&again).await, "This button is out of date.");
    assert_eq!(times(&alice.person, "Everything must go!"), 1);
    world.ends().await;
}

#[tokio::test]
async fn what_can_not_go_to_everybody_is_said_and_another_message_takes_its_place() {
    let world = World::start().await;
    let (olga, _) = staff(&world, "Olga", "super_admin").await;
    olga.person.writes("/broadcast");
    olga.sees("Write what everybody").await;
    olga.person.sends_location(41.3, 69.2);
    olga.sees("Only a text").await;
    olga.person
        .sends_files(vec![photo(), photo()], "two of them");
    olga.sees("One file at most").await;
    olga.person.writes("to nobody");
    let sure = olga.sees(SURE).await;
    let refused = olga.presses(sure.id, "Send").await;
    assert!(refused.contains("nobody to write to"), "{refused}");
    let alice = world.chatter("Alice");
    alice.began().await;
    olga.person.writes("first version");
    olga.sees("first version").await;
    world.queue_is_empty().await;
    let old = olga.sees(SURE).await;
    olga.person.writes("second version");
    olga.sees("second version").await;
    world.queue_is_empty().await;
    let sure = olga.sees(SURE).await;
    assert!(old.id < sure.id);
    for label in ["Send", "Cancel"] {
        let answer = olga.presses(old.id, label).await;
        assert_eq!(answer, "This button is out of date.", "{label}");
    }
    olga.presses(sure.id, "Cancel").await;
    let cancelled = olga.sees("nothing happens").await;
    assert_eq!(cancelled.id, sure.id);
    // Cancelled by a command, too; and an hour later it is over anyway.
    let sure = drafts(&olga, "third version").await;
    olga.person.writes("/cancel");
    world
        .until("no draft", async || world.rows("broadcasts") == 0)
        .await;
    let answer = olga.presses(sure, "Send").await;
    assert_eq!(answer, "This button is out of date.");
    drafts(&olga, "fourth version").await;
    world.queue_is_empty().await;
    let sure = olga.sees(SURE).await.id;
    world.passes(Duration::from_secs(3700)).await;
    let answer = olga.presses(sure, "Send").await;
    assert_eq!(answer, "This button is out of date.");
    assert_eq!(times(&alice.person, "fourth version"), 0);
    world.ends().await;
}

#[tokio::test]
async fn only_owners_write_to_everybody() {
    let world = World::start().await;
    let (olga, _) = staff(&world, "Olga", "super_admin").await;
    let (ivan, _) = staff(&world, "Ivan", "admin").await;
    let alice = world.chatter("Alice");
    alice.began().await;
    world
        .until("an owner's commands", async || {
            let commands = olga.person.commands();
            commands.iter().any(|(name, _)| name == "broadcast")
        })
        .await;
    let commands = ivan.person.commands();
    assert!(commands.iter().all(|(name, _)| name != "broadcast"));
    let sure = drafts(&olga, "hello all").await;
    // Another owner's draft is not for this one to send.
    let (nina, _) = staff(&world, "Nina", "super_admin").await;
    nina.person.writes("/broadcast");
    let ask = nina.sees("Write what everybody").await;
    let press = nina.person.presses_data(ask.id, "s.send.1");
    assert_eq!(nina.answer_to(&press).await, "This button is out of date.");
    assert_eq!(figures(&world.sql()).0, "draft");
    // Whoever is no owner any more when it comes to sending does not send.
    let demote = "UPDATE agents SET role = 'agent' WHERE telegram_id = ?1";
    world.sql().execute(demote, [olga.person.id()]).unwrap();
    let answer = olga.presses(sure, "Send").await;
    assert_eq!(answer, "Your role does not allow this.");
    assert_eq!(times(&alice.person, "hello all"), 0);
    world.ends().await;
}

#[tokio::test]
async fn a_restart_in_the_middle_of_each_step_changes_nothing() {
    let mut world = World::start().await;
    let (owner, _) = staff(&world, "Olga", "super_admin").await;
    let olga = owner.person.clone();
    world.queue_is_empty().await;
    world.server_stops().await;
    let people = crowd(&world.sandbox, &mut world.sql(), 120);
    world.server_starts().await;
    let sees = |text: &'static str| {
        let posts = olga.sees().into_iter().rev();
        let mut own = posts.filter(|post| post.by_bot);
        own.find(|post| post.text.contains(text))
            .map(|post| post.id)
    };
    olga.writes("/broadcast");
    world
        .until("it is asked for", async || {
            sees("Write what everybody").is_some()
        })
        .await;
    world.server_stops().await;
    olga.writes("hello all");
    world.server_starts().await;
    world.until("sure?", async || sees(SURE).is_some()).await;
    world.server_stops().await;
    world.server_starts().await;
    olga.presses(sees(SURE).unwrap(), "Send").unwrap();
    world
        .until("it begins", async || {
            people.iter().any(|person| times(person, "hello all") > 0)
        })
        .await;
    world.server_stops().await;
    let before = figures(&world.sql());
    assert_eq!(before.0, "running");
    world.server_starts().await;
    is_over(&world, "done").await;
    assert_eq!(figures(&world.sql()).1, [120, 0, 0, 0, 120]);
    assert!(people.iter().all(|person| times(person, "hello all") == 1));
    world
        .until("the end", async || {
            sees("The broadcast is over: 120 of 120").is_some()
        })
        .await;
    world.ends().await;
}

#[tokio::test]
async fn who_is_told_to_wait_waits_and_who_keeps_the_bot_out_is_passed_over() {
    let mut world = World::start().await;
    world.expects_warning("a delivery failed and is tried again");
    world.expects_warning("nobody knows whether a broadcast arrived");
    let id = staff(&world, "Olga", "super_admin").await.0.person.id();
    world.queue_is_empty().await;
    world.server_stops().await;
    let people = crowd(&world.sandbox, &mut world.sql(), 60);
    world.server_starts().await;
    let olga = world.chatter("Olga");
    assert_eq!(olga.person.id(), id);
    let alice = world.chatter("Alice");
    alice.began().await;
    let wait = Fault::TooManyRequests { retry_after: 45 };
    let broken = |at: usize, fault: Fault, times: usize| {
        let chat = people[at].id();
        world
            .sandbox
            .break_next_in(chat, fault, Some("sendMessage"), times);
    };
    broken(10, wait, 2);
    broken(20, Fault::BadGateway, 1);
    broken(30, Fault::CutAfterAccept, 1);
    broken(31, Fault::CutAfterAccept, 1);
    for (at, status, description) in [
        (40, 400, "Bad Request: something about this chat"),
        (41, 403, "Forbidden: bot can't send messages to bots"),
        (42, 401, "Unauthorized"),
    ] {
        let description = description.to_owned();
        broken(
            at,
            Fault::Refuse {
                status,
                description,
            },
            1,
        );
    }
    people[50].blocks_bot();
    let sure = drafts(&olga, "hello all").await;
    let blocked = "the block is known";
    world
        .until(blocked, async || world.sandbox.updates_waiting() == 0)
        .await;
    // One more blocks the bot when it is let go already.
    olga.presses(sure, "Send").await;
    people[55].blocks_bot();
    world
        .until("the wait", async || times(&people[9], "hello all") == 1)
        .await;
    // Meanwhile others are answered.
    let began = world.clock.monotonic();
    alice.person.writes("/help");
    alice.sees("Write your question here").await;
    assert!(world.clock.monotonic() - began < Duration::from_secs(30));
    assert_eq!(times(&people[10], "hello all"), 0, "it waits");
    olga.sees("The broadcast is on its way").await;
    is_over(&world, "done").await;
    world.queue_is_empty().await;
    assert_eq!(figures(&world.sql()).1, [55, 1, 2, 2, 60]);
    for (number, person) in people.iter().enumerate() {
        let expected = usize::from(![40, 41, 50, 55].contains(&number));
        assert_eq!(times(person, "hello all"), expected, "{number}");
    }
    assert_eq!(world.sandbox.faults_planned(), 0);
    world.ends().await;
}

#[tokio::test]
async fn stop_ends_it_at_once_also_while_it_rests_and_only_one_runs_at_a_time() {
    let mut world = World::start().await;
    world.expects_warning("a delivery failed and is tried again");
    staff(&world, "Olga", "super_admin").await;
    staff(&world, "Nina", "super_admin").await;
    world.queue_is_empty().await;
    world.server_stops().await;
    let people = crowd(&world.sandbox, &mut world.sql(), 300);
    world.server_starts().await;
    let (olga, nina) = (world.chatter("Olga"), world.chatter("Nina"));
    let wait = Fault::TooManyRequests { retry_after: 2400 };
    let chat = people[100].id();
    world
        .sandbox
        .break_next_in(chat, wait, Some("sendMessage"), 1);
    let sure = drafts(&olga, "hello all").await;
    olga.presses(sure, "Send").await;
    world
        .until("it rests", async || times(&people[99], "hello all") == 1)
        .await;
    let other = drafts(&nina, "me too").await;
    let refused = nina.presses(other, "Send").await;
    assert!(refused.contains("under way"), "{refused}");
    let running = nina.sees("The broadcast is on its way").await;
    let told = nina.presses(running.id, "Stop").await;
    assert!(told.contains("stopped: 100 of 300"), "{told}");
    let stopped = olga.sees("stopped: 100 of 300").await;
    assert_eq!(stopped.id, sure);
    assert!(stopped.text.contains("left 200"), "{}", stopped.text);
    nina.sees("stopped: 100 of 300").await;
    assert_eq!(world.rows("broadcast_recipients"), 0);
    let again = olga.person.presses_data(sure, "s.stop.1");
    assert_eq!(olga.answer_to(&again).await, "This button is out of date.");
    // Now the other may go, when the rest is over, and is stopped while it is on its way.
    world.passes(Duration::from_secs(2400)).await;
    nina.presses(other, "Send").await;
    world
        .until("it goes", async || times(&people[30], "me too") == 1)
        .await;
    nina.presses(other, "Stop").await;
    let shown = || {
        let posts = nina.heard().into_iter();
        let mut own = posts.filter(|post| post.id == other);
        own.any(|post| post.text.contains("The broadcast was stopped"))
    };
    world.until("its end", async || shown()).await;
    world.queue_is_empty().await;
    let got = |text: &str| people.iter().filter(|it| times(it, text) == 1).count();
    assert_eq!(got("hello all"), 100);
    let told = format!("{} of 300", got("me too"));
    nina.sees(&told).await;
    assert!(got("me too") < 300);
    world.ends().await;
}

/// As [`World::until`] where the story's clock must not outrun the sending.
async fn slowly(world: &World, what: &str, holds: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !holds() {
        let late = tokio::time::Instant::now() > deadline;
        assert!(!late, "in vain waited for: {what}");
        world.clock.advance(Duration::from_millis(20));
        tokio::time::sleep(Duration::from_millis(4)).await;
    }
}

#[tokio::test]
async fn to_hundreds_it_goes_at_its_pace_and_answers_get_through() {
    let mut world = World::start().await;
    staff(&world, "Olga", "super_admin").await;
    world.queue_is_empty().await;
    world.server_stops().await;
    let people = crowd(&world.sandbox, &mut world.sql(), 500);
    world.server_starts().await;
    let olga = world.chatter("Olga");
    let sure = drafts(&olga, "hello all").await;
    let got = |number: usize| times(&people[number], "hello all") == 1;
    let began = world.clock.monotonic();
    olga.person.presses(sure, "Send").unwrap();
    slowly(&world, "it goes", || got(50)).await;
    let alice = world.chatter("Alice");
    let asked = world.clock.monotonic();
    alice.person.writes("/help");
    let answered = || {
        let mut heard = alice.heard().into_iter();
        heard.any(|post| post.text.contains("Write your question here"))
    };
    slowly(&world, "an answer", answered).await;
    assert!(world.clock.monotonic() - asked < Duration::from_secs(5));
    assert!(!got(499), "meanwhile");
    let mut seen = Vec::new();
    for number in (100..500).step_by(3) {
        slowly(&world, "it goes on", || got(number)).await;
        let shown = olga.heard().into_iter().find(|post| post.id == sure);
        seen.extend(shown.map(|post| post.text));
        seen.dedup();
    }
    let took = world.clock.monotonic() - began;
    assert!(took >= Duration::from_secs(24), "twenty a second: {took:?}");
    // Every three seconds or so its owner sees how far it is.
    let (most, seen) = (took.as_secs() / 3 + 2, seen.len() as u64);
    assert!((4..=most).contains(&seen), "{seen} in {took:?}");
    is_over(&world, "done").await;
    assert_eq!(figures(&world.sql()).1, [500, 0, 0, 0, 500]);
    assert!(people.iter().all(|person| times(person, "hello all") == 1));
    let calls = world.sandbox.calls();
    assert!(calls.iter().all(|call| call.status != 429), "a limit broke");
    // Never more than twenty of it in a second, and an answer or two.
    let since = calls.iter().filter(|call| call.at > began);
    let sends = since.filter(|call| call.method == "sendMessage");
    let at: Vec<Duration> = sends.map(|call| call.at).collect();
    let second = Duration::from_secs(1);
    let paced = at.windows(23).all(|some| some[22] - some[0] >= second);
    assert!(paced, "too many in a second");
    let slow = Duration::from_secs(60);
    assert!(took < slow, "the limit is made use of: {took:?}");
    world.ends().await;
}
