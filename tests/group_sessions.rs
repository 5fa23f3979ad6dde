//! Web sessions and answers from elsewhere, as the group sees them.

use relaydesk::sandbox::FileKind;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::world::{JWT_SECRET, Phone, World, file, png, token};

async fn web(settings: &[(&'static str, &str)]) -> World {
    World::with(|options| {
        let given = settings
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        options.settings.extend(given);
        options.settings.push(("JWT_SECRET", JWT_SECRET.to_owned()));
    })
    .await
}

/// A user of the site, of whom its token tells this.
fn guest(world: &World, user: &str, claims: Value) -> Phone {
    let mut all = json!({"sub": user, "exp": 2_000_000_000});
    for (name, value) in claims.as_object().unwrap() {
        all[name] = value.clone();
    }
    let mut guest = world.phone(user);
    guest.token = Some(token(&all));
    guest
}

#[tokio::test]
async fn a_web_session_is_posted_as_drawn_and_answered_in_both_ways() {
    let world = web(&[("PUBLIC_URL", "https://desk.example/")]).await;
    let ann = guest(
        &world,
        "u1",
        json!({"email": "ann@example.com", "username": "ann"}),
    );
    let said = json!({
        "content": "it <b>fails</b>", "message_type": "text", "subject": "Cart",
        "page_url": "https://shop.example/cart?a=1&b=2",
    });
    let answer = ann.posts("/support/api/messages/", said).await.created();
    let id = answer["session_id"].as_str().unwrap().to_owned();
    world.group_has(1).await;
    let post = world.bot_posts().remove(0);
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
    assert_eq!(world.sandbox.buttons_of(post.id).len(), 2);
    world.sandbox.agent_replies(post.id, "mended");
    world
        .sandbox
        .agent_writes(None, &format!("/reply {id} and tested"));
    world.post_with("✅ Reply sent successfully!").await;
    let seen = ["it <b>fails</b>", "mended", "and tested"];
    world
        .until("both answers", async || ann.contents(&id).await == seen)
        .await;
    world.ends().await;
}

#[tokio::test]
async fn whoever_is_known_by_less_is_named_by_what_there_is() {
    let world = web(&[]).await;
    for (n, (claims, user)) in [
        (json!({}), "u0"),
        (json!({"name": "Ann"}), "Ann"),
        (json!({"name": "Ann", "username": "ann_l"}), "ann_l"),
        (json!({"email": "ann@example.com"}), "ann@example.com"),
    ]
    .into_iter()
    .enumerate()
    {
        let guest = guest(&world, &format!("u{n}"), claims);
        let id = guest.tells(None, "hello").await;
        world.group_has(n + 1).await;
        let text = world.group_posts().remove(n);
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
async fn files_go_as_documents_and_photos_as_photos() {
    let world = web(&[]).await;
    let ann = guest(&world, "u1", json!({"name": "Ann"}));
    let sends = async |session: Option<&str>, text: &str, files: Vec<(&str, Vec<u8>)>| {
        let mut form = Form::new().text("content", text.to_owned());
        if let Some(session) = session {
            form = form.text("session_id", session.to_owned());
        }
        for (name, bytes) in files {
            form = form.part("file", Part::bytes(bytes).file_name(name.to_owned()));
        }
        let request = ann.request(Method::POST, "/support/api/messages/");
        let answer = ann.answer(request.multipart(form)).await.created();
        answer["session_id"].as_str().unwrap().to_owned()
    };
    let pdf = b"%PDF-1.7\n%%EOF\n".to_vec();
    let files = vec![("bill.pdf", pdf.clone()), ("shot.png", png(40, 30))];
    let id = sends(None, "see these", files).await;
    world.group_has(2).await;
    let posts = world.bot_posts();
    assert_eq!(
        (posts[0].kind.as_str(), posts[1].kind.as_str()),
        ("photo", "document")
    );
    assert!(posts[0].text.contains("💬 Message:\nsee these\n\n---"));
    assert_eq!(posts[1].files[0].name, "bill.pdf");
    assert_eq!(
        posts[1].text.replace('\u{200b}', ""),
        format!("🆔 Session ID: {id}")
    );
    sends(Some(&id), "", vec![("again.pdf", pdf)]).await;
    world.group_has(3).await;
    let last = world.bot_posts().remove(2);
    assert!(
        last.kind == "document"
            && last
                .text
                .contains("📝 Subject: see these\n\n---\nReply with")
            || last.text.contains("📝 Subject: N/A\n\n---\nReply with"),
        "{}",
        last.text
    );
    // A reply to a file reaches the session as one to a text does.
    world.sandbox.agent_replies(posts[1].id, "got it");
    world
        .until("an answer", async || {
            ann.contents(&id)
                .await
                .last()
                .is_some_and(|text| text == "got it")
        })
        .await;
    world.ends().await;
}

#[tokio::test]
async fn long_texts_and_waiting_messages_go_as_the_apps_do() {
    let world = web(&[]).await;
    let ann = guest(&world, "u1", json!({"name": "Ann"}));
    let words: Vec<String> = (0..1500).map(|n| format!("word{n}")).collect();
    let id = ann.tells(None, &words.join(" ")).await;
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
        ann.tells(Some(&id), text).await;
    }
    let post = world.post_with("\nthree").await;
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
