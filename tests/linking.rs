//! A user of an app, or an agent, tells the bot by a code who it is; and nobody else does.

use std::time::Duration;

use serde_json::{Value, json};

use crate::rights::{SECRET, contact};
use crate::world::{Chatter, Options, Phone, World};

fn secret(options: &mut Options) {
    options.settings.push(("JWT_SECRET", SECRET.to_owned()));
}

async fn code(phone: &Phone) -> Value {
    phone.posts("/api/telegram/link-code", json!({})).await.ok()
}

/// Follows the link of a code, as an app opens it.
fn follows(chatter: &Chatter, code: &Value) {
    let link = code["link"].as_str().unwrap();
    let (bot, payload) = link.split_once("?start=").unwrap();
    assert_eq!(bot, "https://t.me/relaydesk_sandbox_bot");
    assert!(payload.len() <= 64);
    chatter.person.writes(&format!("/start {payload}"));
}

/// Presses a button of a question; what the press is told.
async fn says(chatter: &Chatter<'_>, question: &str, button: &str) -> String {
    let post = chatter.sees(question).await;
    chatter.until_button(post.id, button).await;
    chatter.presses(post.id, button).await
}

/// Until the bot's name is known to the server.
async fn bot_is_known(world: &World) {
    world.is_well().await;
    let service = world.service();
    world
        .until("the bot's name", async || {
            let asked = json!({"user_id": "nobody yet"});
            let code = service.posts("/api/telegram/link-code", asked).await.ok();
            code["link"].is_string()
        })
        .await;
}

#[tokio::test]
async fn an_apps_user_links_its_chat_and_both_are_one_until_it_unlinks() {
    let world = World::with(secret).await;
    bot_is_known(&world).await;
    let alice = contact(&world, "alice");
    alice.registers("alice-token").await;
    alice.sends("from the app").await;
    let in_app = world.known_post("from the app").await;
    let chat = world.chatter("Alice");
    chat.asked("from the chat").await;
    let in_chat = world.known_post("from the chat").await;
    assert_eq!(world.rows("contacts"), 3);

    let code = code(&alice).await;
    follows(&chat, &code);
    says(&chat, "Is this you: alice?", "Yes").await;
    chat.sees("Linked with").await;

    // One contact, with the history of both.
    let contacts = "SELECT COUNT(*) FROM contacts WHERE telegram_id IS NOT NULL";
    let count: i64 = world
        .sql()
        .query_row(contacts, [], |row| row.get(0))
        .unwrap();
    assert_eq!((count, world.rows("contacts")), (1, 2));
    assert_eq!(alice.reads().await, ["from the app", "from the chat"]);

    // An answer arrives in the app, by push and in the chat, wherever the question came from.
    world.sandbox.agent_replies(in_app, "to the app's");
    let first = chat.sees("to the app's").await;
    world.sandbox.agent_replies(in_chat, "to the chat's");
    chat.sees("to the chat's").await;
    let pushed = async || world.sandbox.pushes().len() == 2;
    world.until("both pushes", pushed).await;
    let read = alice.reads().await;
    assert!(read.contains(&"to the chat's".to_owned()), "{read:?}");
    // A reply in the chat goes where it belongs.
    chat.person.replies(first.id, "thanks from the chat");
    world.post_with("thanks from the chat").await;
    assert_eq!(world.rows("tickets"), 2);

    chat.person.writes("/unlink");
    chat.sees("no longer linked").await;
    world.sandbox.agent_replies(in_app, "only for the app");
    let pushed = async || world.sandbox.pushes().len() == 3;
    world.until("the third push", pushed).await;
    world.queue_is_empty().await;
    let heard = chat.heard();
    assert!(
        !heard
            .iter()
            .any(|post| post.text.contains("only for the app"))
    );
    // And what is written from now on is somebody else's.
    chat.person.writes("on my own");
    world.post_with("on my own").await;
    assert!(!alice.reads().await.contains(&"on my own".to_owned()));
    chat.person.writes("/unlink");
    chat.sees("is not linked").await;
    let log = "SELECT group_concat(action, ' ') FROM activity_log WHERE action LIKE '%linked'";
    let log: String = world.sql().query_row(log, [], |row| row.get(0)).unwrap();
    assert_eq!(log, "linked unlinked");
    world.ends().await;
}

#[tokio::test]
async fn a_code_works_once_for_five_minutes_and_only_the_newest() {
    let world = World::with(secret).await;
    bot_is_known(&world).await;
    let (alice, bob) = (contact(&world, "alice"), contact(&world, "bob"));
    let (anna, boris) = (world.chatter("Anna"), world.chatter("Boris"));
    let old = code(&alice).await;
    let new = code(&alice).await;
    follows(&anna, &old);
    anna.sees("is not valid").await;
    // As it is typed, and not said yes to.
    let typed = new["command"].as_str().unwrap().to_lowercase();
    boris.person.writes(&typed);
    says(&boris, "Is this you: alice?", "No").await;
    boris.sees("nothing happens").await;
    anna.person.writes(&typed);
    says(&anna, "Is this you: alice?", "Yes").await;
    anna.sees("Linked with").await;
    boris.person.writes(&typed);
    boris.sees("is not valid").await;
    // Who is linked is not linked again, on either side.
    let asked = alice.posts("/api/telegram/link-code", json!({})).await;
    asked.refused(409, "already_linked");
    let of_bob = code(&bob).await;
    follows(&anna, &of_bob);
    let told = says(&anna, "Is this you: bob?", "Yes").await;
    assert!(
        told.contains("linked with another account already"),
        "{told}"
    );
    // Over the app, and anew.
    alice.posts("/api/telegram/unlink", json!({})).await.ok();
    anna.sees("no longer linked").await;
    alice.posts("/api/telegram/unlink", json!({})).await.ok();
    let late = code(&alice).await;
    world.passes(Duration::from_secs(301)).await;
    follows(&boris, &late);
    world
        .until("a second refusal", async || {
            let heard = boris.heard().into_iter();
            heard
                .filter(|post| post.text.contains("is not valid"))
                .count()
                == 2
        })
        .await;
    assert_eq!(world.rows("link_codes"), 3, "swept once a day");
    world.ends().await;
}

#[tokio::test]
async fn an_expired_question_links_nobody_and_a_restart_in_it_loses_nothing() {
    let mut world = World::with(secret).await;
    bot_is_known(&world).await;
    let alice = contact(&world, "alice");
    let anna = world.sandbox.person("Anna", Some("anna"), Some("en"));
    let code = code(&alice).await;
    anna.writes(code["command"].as_str().unwrap());
    let seen = |text: &str| {
        let mut posts = anna.sees().into_iter().rev();
        let found = posts.find(|post| post.by_bot && post.text.contains(text));
        found.map(|post| post.id)
    };
    world
        .until("the question", async || seen("Is this you").is_some())
        .await;
    world.queue_is_empty().await;
    world.server_stops().await;
    world.server_starts().await;
    let question = seen("Is this you").unwrap();
    anna.presses(question, "Yes").unwrap();
    world
        .until("the link", async || seen("Linked with").is_some())
        .await;
    // Another one waits too long with its yes.
    let bob = contact(&world, "bob");
    let boris = world.chatter("Boris");
    boris
        .person
        .writes(self::code(&bob).await["command"].as_str().unwrap());
    let question = boris.sees("Is this you: bob?").await;
    boris.until_button(question.id, "Yes").await;
    world.passes(Duration::from_secs(301)).await;
    boris.presses(question.id, "Yes").await;
    boris.sees("is not valid").await;
    let linked = "SELECT user_id FROM contacts WHERE telegram_id IS NOT NULL ORDER BY user_id";
    let linked: String = world.sql().query_row(linked, [], |row| row.get(0)).unwrap();
    assert_eq!(linked, "alice");
    world.ends().await;
}

#[tokio::test]
async fn guessing_is_stopped_and_does_not_stop_others() {
    let world = World::with(secret).await;
    bot_is_known(&world).await;
    let alice = contact(&world, "alice");
    let code = code(&alice).await;
    let (guesser, anna) = (world.chatter("Guesser"), world.chatter("Anna"));
    for guess in ["000000", "000001", "x", "/link", "link_000000"] {
        guesser.person.writes(&format!("/link {guess}"));
    }
    world
        .until("five refusals", async || {
            let heard = guesser.heard().into_iter();
            heard
                .filter(|post| post.text.contains("is not valid"))
                .count()
                == 5
        })
        .await;
    follows(&guesser, &code);
    guesser.sees("Too many").await;
    assert!(
        !guesser
            .heard()
            .iter()
            .any(|post| post.text.contains("Is this you"))
    );
    follows(&anna, &code);
    says(&anna, "Is this you: alice?", "Yes").await;
    anna.sees("Linked with").await;
    world.ends().await;
}

#[tokio::test]
async fn an_agent_links_itself_and_answers_from_its_chat() {
    let world = World::start().await;
    bot_is_known(&world).await;
    let olga = world.staff("olga", "agent");
    let chat = world.chatter("Olga");
    chat.person.writes("/admin");
    chat.sees("do not know this command").await;
    let code = code(&olga).await;
    follows(&chat, &code);
    says(&chat, "Is this you: olga of the support team?", "Yes").await;
    chat.sees("You are olga").await;
    chat.person.writes("/admin");
    chat.sees("olga").await;
    world.phone("alice").sends("hello").await;
    let me = olga.gets("/auth/me").await.ok();
    assert_eq!(me["telegram_id"], chat.person.id());
    olga.posts("/api/telegram/link-code", json!({}))
        .await
        .refused(409, "already_linked");
    // One Telegram account is one agent.
    let otto = world.staff("otto", "agent");
    let of_otto = self::code(&otto).await;
    follows(&chat, &of_otto);
    let told = says(&chat, "Is this you: otto of the support team?", "Yes").await;
    assert!(told.contains("already taken"), "{told}");
    olga.posts("/api/telegram/unlink", json!({})).await.ok();
    let me = olga.gets("/auth/me").await.ok();
    assert_eq!(me["telegram_id"], Value::Null);
    world.ends().await;
}

#[tokio::test]
async fn nobody_is_linked_without_proof_and_who_is_known_from_telegram_is_nobody_an_app_may_name() {
    let world = World::with(secret).await;
    let chat = world.chatter("Anna");
    chat.asked("my secret").await;
    let stranger = world.phone(&format!("tg:{}", chat.person.id()));
    let answer = stranger
        .gets(&format!("/message_history/{}", stranger.user_id))
        .await;
    answer.refused(403, "forbidden");
    let body = json!({"user_id": stranger.user_id, "message": "as Anna"});
    stranger
        .posts("/send_message", body)
        .await
        .refused(403, "forbidden");
    let alice = world.phone("alice");
    let body = json!({"user_id": "alice"});
    for path in ["/api/telegram/link-code", "/api/telegram/unlink"] {
        alice
            .posts(path, body.clone())
            .await
            .refused(401, "unauthorized");
        world
            .service()
            .posts(path, json!({}))
            .await
            .refused(400, "missing_field");
        let wrong = json!({"user_id": 5});
        world
            .service()
            .posts(path, wrong)
            .await
            .refused(400, "invalid_field");
    }
    let service = world.service();
    let of_telegram = json!({"user_id": stranger.user_id});
    let answer = service.posts("/api/telegram/link-code", of_telegram).await;
    answer.refused(409, "already_linked");
    let unknown = service.posts("/api/telegram/unlink", body.clone()).await;
    unknown.refused(404, "contact_not_found");
    service.posts("/api/telegram/link-code", body).await.ok();
    // Nobody is linked to a ban, nor out of one.
    let ban = "UPDATE contacts SET is_blocked = 1 WHERE user_id = 'alice'";
    world.sql().execute(ban, []).unwrap();
    let alice = contact(&world, "alice");
    let answer = alice.posts("/api/telegram/link-code", json!({})).await;
    answer.refused(403, "contact_blocked");
    world.ends().await;
}
