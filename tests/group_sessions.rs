//! Web sessions and answers from elsewhere, as the group sees them.

use relaydesk::sandbox::FileKind;
use serde_json::json;

use crate::world::{Phone, World, file, png};

/// Turns the contact's tickets, opened by an app, into web sessions of this visitor.
fn is_web(world: &World, contact: &str, ticket: &str) {
    world.in_database(|sql| {
        sql.execute_batch(&format!(
            "UPDATE contacts SET {contact}; UPDATE tickets SET channel = 'web', {ticket};"
        ))
        .unwrap();
    });
}

/// A message into the web session, with an attachment or without, as the outbox has it.
fn writes(world: &World, text: &str, attachments: &[(&str, &str, &str)]) {
    world.in_database(|sql| {
        let (ticket, contact): (i64, i64) = sql
            .query_row("SELECT id, contact_id FROM tickets", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        let message: i64 = sql
            .query_row(
                "INSERT INTO messages (public_id, contact_id, ticket_id, direction, text, is_greeting, created_at)
                 VALUES (lower(hex(randomblob(16))), ?1, ?2, 'user', ?3, 0, '2026-03-01T12:00:00.000000Z') RETURNING id",
                rusqlite::params![contact, ticket, text],
                |row| row.get(0),
            )
            .unwrap();
        for (kind, file, name) in attachments {
            sql.execute(
                "INSERT INTO attachments (message_id, kind, file, name) VALUES (?1, ?2, ?3, ?4)",
                rusqlite::params![message, kind, (!file.is_empty()).then_some(file), name],
            )
            .unwrap();
        }
        sql.execute(
            "INSERT INTO outbox (carrier, lane, fair_key, kind, ticket_id, message_id, payload, created_at)
             VALUES ('group', 'group', ?1, 'message', ?1, ?2, '{}', '2026-03-01T12:00:00.000000Z')",
            [ticket, message],
        )
        .unwrap();
    });
}

async fn session(world: &World, contact: &str, ticket: &str) -> (Phone, String) {
    let visitor = world.phone("visitor-1");
    visitor.sends("first").await;
    world.group_has(1).await;
    is_web(world, contact, ticket);
    (visitor, world.of_ticket("session_id"))
}

#[tokio::test]
async fn a_web_session_is_posted_as_drawn() {
    let world = World::with(|options| {
        let url = ("PUBLIC_URL", "https://desk.example/".to_owned());
        options.settings.push(url);
    })
    .await;
    let contact = "email = 'ann@example.com', username = 'ann'";
    let ticket = "page_url = 'https://shop.example/cart?a=1&b=2', subject = 'Cart'";
    let (visitor, id) = session(&world, contact, ticket).await;
    visitor.sends("it <b>fails</b>").await; // an app's message: opens a ticket of its own
    world.group_has(2).await;
    world.in_database(|sql| {
        sql.execute("DELETE FROM tickets WHERE channel <> 'web'", [])
            .unwrap()
    });
    writes(&world, "it <b>fails</b>", &[]);
    world.group_has(3).await;
    let post = world.bot_posts().remove(2);
    assert_eq!(
        post.text.replace('\u{200b}', ""),
        format!(
            "🆘 New Support Message\n\n👤 User: ann@example.com (ann)\n🆔 Session ID: {id}\n\
             🔗 Session URL: https://desk.example/support/chat/{id}/\n📄 Page: https://shop.example/cart?a=1&b=2\n\
             📝 Subject: Cart\n\n💬 Message:\nit <b>fails</b>\n\n---\nReply with: /reply {id} <your response>"
        )
    );
    let code = format!("<code>{id}</code>");
    assert_eq!(post.html.matches(&code).count(), 2, "{}", post.html);
    world.sandbox.agent_replies(post.id, "mended");
    visitor
        .sees(&world, &["first", "it <b>fails</b>", "mended"])
        .await;
    world
        .sandbox
        .agent_writes(None, &format!("/reply {id} and tested"));
    world.post_with("✅ Reply sent successfully!").await;
    world.ends().await;
}

#[tokio::test]
async fn whoever_is_known_by_less_is_named_by_what_there_is() {
    let world = World::start().await;
    let (_, id) = session(&world, "name = NULL", "page_url = NULL").await;
    for (n, (known, user)) in [
        ("name = NULL", "visitor-1"),
        ("name = 'Ann'", "Ann"),
        ("username = 'ann_l'", "ann_l"),
        (
            "username = NULL, email = 'ann@example.com'",
            "ann@example.com",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        is_web(&world, known, "subject = NULL");
        writes(&world, "hello", &[]);
        world.group_has(n + 2).await;
        let text = world.group_posts().remove(n + 1);
        assert!(text.contains(&format!("👤 User: {user}\n")), "{text}");
        assert!(
            text.contains(&format!("🔗 Session URL: /support/chat/{id}/\n"))
                && text.contains("📄 Page: N/A\n📝 Subject: N/A\n"),
            "{text}"
        );
    }
    world.ends().await;
}

#[tokio::test]
async fn files_go_as_documents_photos_as_photos_and_the_rest_in_words() {
    let world = World::start().await;
    let (_, id) = session(&world, "name = 'Ann'", "subject = 'x'").await;
    std::fs::write(world.uploads().join("a1.pdf"), b"%PDF-1.7").unwrap();
    std::fs::write(world.uploads().join("a2.png"), png(40, 30)).unwrap();
    writes(
        &world,
        "see these",
        &[("document", "a1.pdf", "bill.pdf"), ("photo", "a2.png", "")],
    );
    world.group_has(3).await;
    let posts = world.bot_posts();
    assert_eq!(
        (posts[1].kind.as_str(), posts[2].kind.as_str()),
        ("photo", "document")
    );
    assert!(posts[1].text.contains("💬 Message:\nsee these\n\n---"));
    assert_eq!(posts[2].files[0].name, "bill.pdf");
    assert_eq!(
        posts[2].text.replace('\u{200b}', ""),
        format!("🆔 Session ID: {id}")
    );
    writes(&world, "", &[("voice", "a1.pdf", "v.ogg")]);
    world.group_has(4).await;
    let voice = world.bot_posts().remove(3);
    assert!(voice.kind == "document" && voice.text.contains("📝 Subject: x\n\n---\nReply with"));
    world.in_database(|sql| {
        sql.execute_batch("CREATE TRIGGER place AFTER INSERT ON attachments BEGIN UPDATE attachments SET latitude = 41.3, longitude = 69.2 WHERE id = NEW.id; END")
            .unwrap();
    });
    writes(&world, "", &[("location", "", "")]);
    world.post_with("💬 Message:\n📍 41.3, 69.2\n\n---").await;
    world.ends().await;
}

#[tokio::test]
async fn long_texts_and_waiting_messages_go_as_the_apps_do() {
    let world = World::start().await;
    let (_, id) = session(&world, "name = 'Ann'", "subject = NULL").await;
    let words: Vec<String> = (0..1500).map(|n| format!("word{n}")).collect();
    writes(&world, &words.join(" "), &[]);
    world.post_with("word1499").await;
    world.queue_is_empty().await;
    let posts = world.group_posts();
    let told: Vec<&str> = posts
        .iter()
        .flat_map(|post| post.split_whitespace())
        .filter(|word| word.starts_with("word"))
        .collect();
    assert_eq!(told, words);
    let tail = format!("/reply {id} <your response>");
    let with = |part: &str| posts.iter().filter(|post| post.contains(part)).count();
    assert_eq!((with("🆘"), with(&tail)), (1, 1));
    assert!(posts.last().unwrap().ends_with(&tail));
    world.telegram_pauses(60).await;
    for text in ["one", "two", "three"] {
        writes(&world, text, &[]);
    }
    let post = world.post_with("three").await;
    let posts = world.sandbox.posts();
    let post = posts.iter().find(|found| found.id == post).unwrap();
    assert!(
        post.text
            .contains("💬 Messages (3):\none\n\ntwo\n\nthree\n\n---\nReply with:"),
        "{}",
        post.text
    );
    world.ends().await;
}

#[tokio::test]
async fn an_answer_from_elsewhere_is_shown_with_its_files_and_routes_replies() {
    let world = World::with(|options| {
        let key = ("TELEGRAM_WEBHOOK_API_KEY", "key-of-the-story".to_owned());
        options.settings.push(key);
    })
    .await;
    let alice = world.phone("alice");
    alice.sends("hi").await;
    let first = world.post_with("hi").await;
    let session = world.of_ticket("session_id");
    let answer = world
        .http
        .post(world.url("/support/webhook/telegram/"))
        .header("x-api-key", "key-of-the-story")
        .json(&json!({"session_id": session, "content": "from <i>elsewhere</i>", "support_agent_name": "Bot"}))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 201);
    let shown = world.post_with("💬 Bot: from <i>elsewhere</i>").await;
    let posts = world.sandbox.posts();
    let post = posts.iter().find(|post| post.id == shown).unwrap();
    assert_eq!(post.reply_to, Some(first));
    world.sandbox.agent_replies(shown, "and from here");
    alice
        .sees(&world, &["hi", "from <i>elsewhere</i>", "and from here"])
        .await;
    world.ends().await;
}

#[tokio::test]
async fn a_file_from_telegram_keeps_telegrams_name_of_it() {
    let world = World::start().await;
    let alice = world.phone("alice");
    alice.sends("hi").await;
    let post = world.post_with("hi").await;
    let sent = vec![file(FileKind::Document), file(FileKind::Document)];
    world.sandbox.agent_replies_with(post, sent, "");
    alice.is_answered(&world, 1).await;
    let kept: Vec<String> = world.in_database(|sql| {
        let mut rows = sql
            .prepare("SELECT telegram_file_id FROM attachments ORDER BY id")
            .unwrap();
        let ids = rows.query_map([], |row| row.get(0)).unwrap();
        ids.map(Result::unwrap).collect()
    });
    let posts = world.sandbox.posts();
    let files: Vec<&str> = posts
        .iter()
        .flat_map(|post| post.files.iter())
        .map(|file| file.id.as_str())
        .collect();
    assert_eq!(kept, files);
    world.ends().await;
}
