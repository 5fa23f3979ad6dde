//! Web chat sessions: said, read, closed, and what is refused.

use std::time::Duration;

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::world::{Answer, Phone, World, png, token};

const MESSAGES: &str = "/support/api/messages/";
const SESSIONS: &str = "/support/api/sessions/";

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

async fn sends(guest: &Phone, form: Form) -> Answer {
    guest
        .answer(guest.request(Method::POST, MESSAGES).multipart(form))
        .await
}

fn file(name: &str, bytes: impl Into<Vec<u8>>) -> Part {
    Part::bytes(bytes.into()).file_name(name.to_owned())
}

#[tokio::test]
async fn a_question_on_the_web_is_answered_from_the_group() {
    let world = World::web().await;
    let ann = world.guest("ann");
    let body = json!({
        "content": "where is my order?", "message_type": "text", "page_url": "https://shop.example/orders/7",
        "subject": "Order 7", "session_id": null, "further": [],
    });
    let said = ann.posts(MESSAGES, body).await.created();
    let session = said["session_id"].as_str().unwrap();
    let own = [
        "attachments",
        "content",
        "created_at",
        "edited_at",
        "id",
        "is_read",
        "message_type",
        "sender",
        "support_agent_name",
    ];
    assert_eq!(keys(&said["message"]), own);
    let message = &said["message"];
    assert_eq!(
        (
            &message["sender"],
            &message["message_type"],
            &message["content"],
            &message["support_agent_name"]
        ),
        (
            &json!("user"),
            &json!("text"),
            &json!("where is my order?"),
            &json!("")
        )
    );
    assert_eq!(
        (&message["is_read"], &message["attachments"]),
        (&json!(false), &json!([]))
    );
    assert_eq!(message["created_at"], "2026-03-01T12:00:00Z");
    let url = world.url(&format!("/support/chat/{session}/"));
    assert_eq!(said["session_url"], url);
    let link = said["session_link"].as_str().unwrap();
    assert!(link.starts_with(&format!("{url}?key=")), "{link}");

    let post = world.post_with("where is my order?").await;
    world.sandbox.agent_replies(post, "on its way");
    world
        .until("the answer", async || {
            ann.contents(session).await.len() == 2
        })
        .await;
    let shown = ann.session(session).await;
    let answer = &shown["messages"][1];
    assert_eq!(
        (&answer["sender"], &answer["content"]),
        (&json!("support"), &json!("on its way"))
    );
    assert_ne!(answer["support_agent_name"], "");
    assert_eq!(
        shown["messages"][0]["is_read"], true,
        "who answers has read"
    );
    let all = [
        "created_at",
        "id",
        "is_active",
        "message_count",
        "messages",
        "page_url",
        "rating",
        "session_link",
        "session_url",
        "subject",
        "unread_count",
        "updated_at",
    ];
    assert_eq!(keys(&shown), all);
    assert_eq!(
        (
            &shown["id"],
            &shown["is_active"],
            &shown["message_count"],
            &shown["unread_count"]
        ),
        (&json!(session), &json!(true), &json!(2), &json!(1))
    );
    assert_eq!(
        (&shown["page_url"], &shown["subject"]),
        (&json!("https://shop.example/orders/7"), &json!("Order 7"))
    );
    world.ends().await;
}

#[tokio::test]
async fn without_a_session_a_new_one_begins_and_with_it_that_one_goes_on() {
    let world = World::web().await;
    let ann = world.guest("ann");
    let first = ann.tells(None, "one").await;
    let second = ann.tells(None, "two").await;
    assert_ne!(first, second);
    let body = json!({
        "content": "three", "session_id": first.to_uppercase(), "subject": "ignored", "page_url": "http://h.example/2",
    });
    let said = ann.posts(MESSAGES, body).await.created();
    assert_eq!(said["session_id"], first);
    let list = ann.gets(SESSIONS).await.ok();
    let seen = |index: usize| {
        (
            list[index]["id"].as_str().unwrap(),
            list[index]["messages"].as_array().unwrap().len(),
        )
    };
    assert_eq!((seen(0), seen(1)), ((&*second, 1), (&*first, 2)));
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!(
        (&list[1]["subject"], &list[1]["page_url"]),
        (&Value::Null, &json!("http://h.example/2"))
    );
    assert_eq!(list[1]["messages"][1]["content"], "three");
    assert_eq!(world.guest("bob").gets(SESSIONS).await.ok(), json!([]));
    world.ends().await;
}

#[tokio::test]
async fn a_list_shows_the_newest_of_each_session_and_messages_come_in_pages() {
    let world = World::web().await;
    let ann = world.guest("ann");
    let session = ann.tells(None, "m0").await;
    for number in 1..60 {
        ann.tells(Some(&session), &format!("m{number}")).await;
    }
    let other = ann.tells(None, "other").await;
    let list = ann.gets(SESSIONS).await.ok();
    let messages = list[1]["messages"].as_array().unwrap();
    assert_eq!(
        (list[1]["message_count"].as_i64(), messages.len()),
        (Some(60), 50)
    );
    assert_eq!(
        (&messages[0]["content"], &messages[49]["content"]),
        (&json!("m10"), &json!("m59"))
    );
    assert_eq!(list[0]["messages"][0]["content"], "other");
    assert_eq!(
        ann.session(&session).await["messages"]
            .as_array()
            .unwrap()
            .len(),
        60
    );
    let newest = ann.messages(&session, "?limit=5").await;
    assert_eq!(newest[0]["content"], "m55");
    let after = format!(
        "?after_id={}&limit=3",
        newest[0]["id"].as_str().unwrap().to_uppercase()
    );
    let page = ann.messages(&session, &after).await;
    let texts: Vec<&Value> = page.iter().map(|one| &one["content"]).collect();
    assert_eq!(texts, ["m56", "m57", "m58"]);
    let last = newest[4]["id"].as_str().unwrap();
    assert!(
        ann.messages(&session, &format!("?after_id={last}"))
            .await
            .is_empty()
    );
    let path = format!("{SESSIONS}{session}/messages/");
    let foreign = ann.messages(&other, "").await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for wrong in ["7", "x", "00000000-0000-4000-8000-000000000000", &foreign] {
        let answer = ann.gets(&format!("{path}?after_id={wrong}")).await;
        answer.refused(400, "unknown_cursor");
        assert_eq!(answer.body["field"], "after_id");
    }
    for wrong in ["0", "501", "-1", "x"] {
        let answer = ann.gets(&format!("{path}?limit={wrong}")).await;
        assert_eq!(
            (answer.status, &answer.body["field"]),
            (400, &json!("limit")),
            "{wrong}"
        );
    }
    world.ends().await;
}

#[tokio::test]
async fn nobody_gets_in_without_a_right_token() {
    let world = World::web().await;
    let session = world.guest("ann").tells(None, "hi").await;
    let expired = token(&json!({"sub": "ann", "exp": 1_772_366_400}));
    let endless = token(&json!({"sub": "ann"}));
    let nobody = token(&json!({"exp": 2_000_000_000}));
    // {"alg":"none"}.{"sub":"ann","exp":2000000000}.
    let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4iLCJleHAiOjIwMDAwMDAwMDB9.".to_owned();
    let good = token(&json!({"sub": "ann", "exp": 2_000_000_000}));
    let tampered = good.replacen('.', ".e30", 1);
    for wrong in [
        None,
        Some(expired),
        Some(endless),
        Some(nobody),
        Some(none),
        Some(tampered),
        Some("x".to_owned()),
    ] {
        let mut stranger = world.phone("ann");
        stranger.token = wrong;
        for path in ["", "messages/", "events/"] {
            let path = format!("{SESSIONS}{session}/{path}");
            stranger.gets(&path).await.refused(401, "unauthorized");
        }
        stranger.gets(SESSIONS).await.refused(401, "unauthorized");
        for what in ["read", "close", "typing"] {
            stranger
                .does(&session, what)
                .await
                .refused(401, "unauthorized");
        }
        stranger
            .posts(MESSAGES, json!({"content": "x"}))
            .await
            .refused(401, "unauthorized");
    }
    // In the address a token may only read.
    let stranger = world.phone("");
    let with = |path: &str| format!("{SESSIONS}{session}/{path}?access_token={good}");
    stranger.gets(&with("")).await.ok();
    stranger
        .posts(&with("read/"), json!({}))
        .await
        .refused(401, "unauthorized");
    assert_eq!(world.rows("messages"), 1);
    world.ends().await;
}

#[tokio::test]
async fn what_is_anothers_or_can_not_be_is_not_there() {
    let world = World::web().await;
    let (ann, bob) = (world.guest("ann"), world.guest("bob"));
    let session = ann.tells(None, "hi").await;
    for unknown in [
        &*session,
        "00000000-0000-4000-8000-000000000000",
        "x",
        "7",
        "%FF",
        "..%2Fx",
    ] {
        for path in ["", "messages/", "events/"] {
            let path = format!("{SESSIONS}{unknown}/{path}");
            bob.gets(&path).await.refused(404, "session_not_found");
        }
        for what in ["read", "close", "typing"] {
            bob.does(unknown, what)
                .await
                .refused(404, "session_not_found");
        }
        let body = json!({"content": "x", "session_id": unknown});
        bob.posts(MESSAGES, body)
            .await
            .refused(404, "session_not_found");
    }
    assert_eq!((world.rows("messages"), world.rows("contacts")), (1, 1));
    assert_eq!(ann.session(&session).await["is_active"], true);
    world.ends().await;
}

#[tokio::test]
async fn a_closed_session_opens_again_within_seven_days_and_then_no_more() {
    let world = World::web().await;
    let ann = world.guest("ann");
    let session = ann.tells(None, "hi").await;
    for _ in 0..2 {
        let closed = ann.does(&session, "close").await.ok();
        assert_eq!(
            (&closed["id"], &closed["is_active"]),
            (&json!(session), &json!(false))
        );
    }
    let log: (String, String) = world
        .sql()
        .query_row("SELECT action, actor_name FROM activity_log", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(log, ("closed".to_owned(), "ann".to_owned()), "once");
    assert_eq!(ann.contents(&session).await, ["hi"], "it stays readable");
    world.passes(Duration::from_secs(6 * 24 * 3600)).await;
    assert_eq!(ann.tells(Some(&session), "again").await, session);
    assert_eq!(ann.session(&session).await["is_active"], true);
    ann.does(&session, "close").await.ok();
    world.passes(Duration::from_secs(8 * 24 * 3600)).await;
    let late = ann
        .posts(MESSAGES, json!({"content": "late", "session_id": session}))
        .await;
    late.refused(409, "session_closed");
    assert_eq!(ann.contents(&session).await, ["hi", "again"]);
    assert_ne!(ann.tells(None, "anew").await, session);
    world.ends().await;
}

#[tokio::test]
async fn files_of_any_type_come_along() {
    let world = World::web().await;
    let ann = world.guest("ann");
    let form = Form::new()
        .text("content", "look")
        .text("message_type", "file")
        .text("session_id", "")
        .text("page_url", "")
        .part("file", file("photo.txt", png(40, 30)))
        .part("file", file("../../счёт <b>.pdf", *b"%PDF-1.7 and so on"))
        .part("file", file("evil.html", *b"<script>alert(1)</script>"));
    let said = sends(&ann, form).await.created();
    assert_eq!(said["message"]["message_type"], "file");
    let parts = said["message"]["attachments"].as_array().unwrap();
    let seen: Vec<[&Value; 3]> = parts
        .iter()
        .map(|part| [&part["kind"], &part["name"], &part["mime"]])
        .collect();
    assert_eq!(
        json!(seen),
        json!([
            ["photo", "photo.txt", "image/png"],
            ["document", "счёт <b>.pdf", "application/pdf"],
            ["document", "evil.html", "application/octet-stream"],
        ])
    );
    assert!(parts[0]["thumb_url"].is_string());
    let page = world
        .http
        .get(world.url(parts[2]["url"].as_str().unwrap()))
        .send()
        .await
        .unwrap();
    assert_eq!(page.headers()["content-type"], "application/octet-stream");
    let only_photos = Form::new().part("file", file("a.png", png(10, 10)));
    let said = sends(&ann, only_photos).await.created();
    assert_eq!(
        (
            &said["message"]["message_type"],
            &said["message"]["content"]
        ),
        (&json!("image"), &json!(""))
    );
    world.ends().await;
}

#[tokio::test]
async fn what_is_refused_leaves_no_row_and_no_file() {
    let world = World::web().await;
    let ann = world.guest("ann");
    let big = vec![b'x'; 10 * 1024 * 1024 + 1];
    let mut eleven = Form::new().text("content", "many");
    for _ in 0..11 {
        eleven = eleven.part("file", file("a.txt", *b"text"));
    }
    let form = |name: &'static str, value: &'static str| {
        Form::new()
            .text(name, value)
            .part("file", file("a.txt", *b"text"))
    };
    for (form, status, code, field) in [
        (
            Form::new().part("file", file("a.bin", big)),
            413,
            "file_too_large",
            "file",
        ),
        (eleven, 400, "too_many_files", "file"),
        (
            Form::new().part("file", file("a.txt", [])),
            400,
            "empty_file",
            "file",
        ),
        (
            Form::new().text("content", " "),
            400,
            "empty_message",
            "content",
        ),
        (
            Form::new().text("subject", "x"),
            400,
            "missing_field",
            "content",
        ),
        (
            form("message_type", "video"),
            400,
            "invalid_field",
            "message_type",
        ),
        (
            form("page_url", "javascript:alert(1)"),
            400,
            "invalid_url",
            "page_url",
        ),
        (
            form("session_id", "x"),
            404,
            "session_not_found",
            "session_id",
        ),
        (
            form("session_id", "00000000-0000-4000-8000-000000000000"),
            404,
            "session_not_found",
            "session_id",
        ),
    ] {
        let answer = sends(&ann, form).await;
        answer.refused(status, code);
        assert_eq!(answer.body["field"], field);
    }
    let text = ann
        .request(Method::POST, MESSAGES)
        .header("content-type", "text/plain")
        .body("x");
    ann.answer(text)
        .await
        .refused(415, "unsupported_content_type");
    assert_eq!((world.rows("messages"), world.rows("tickets")), (0, 0));
    assert!(
        world.uploaded_files().is_empty(),
        "{:?}",
        world.uploaded_files()
    );
    world.ends().await;
}

#[tokio::test]
async fn the_same_request_twice_is_one_message() {
    let world = World::web().await;
    let ann = world.guest("ann");
    let body = json!({"content": "once", "client_msg_id": "1"});
    let first = ann.posts(MESSAGES, body.clone()).await.created();
    let again = ann.posts(MESSAGES, body).await.created();
    assert_eq!(
        (&again["message"], &again["session_id"]),
        (&first["message"], &first["session_id"])
    );
    let by_header = ann
        .request(Method::POST, MESSAGES)
        .header("Idempotency-Key", "1");
    let by_header = ann
        .answer(by_header.json(&json!({"content": "once"})))
        .await
        .created();
    assert_eq!(by_header["message"]["id"], first["message"]["id"]);
    let other = json!({"content": "other", "client_msg_id": "1"});
    ann.posts(MESSAGES, other)
        .await
        .refused(409, "client_msg_id_reused");
    let form = || {
        Form::new()
            .text("client_msg_id", "2")
            .part("file", file("a.txt", *b"text"))
    };
    let first = sends(&ann, form()).await.created();
    assert_eq!(
        sends(&ann, form()).await.created()["message"]["id"],
        first["message"]["id"]
    );
    assert_eq!(
        (world.rows("messages"), world.uploaded_files().len()),
        (2, 1)
    );
    world.ends().await;
}

#[tokio::test]
async fn reading_marks_this_session_and_no_other() {
    let world = World::web().await;
    let ann = world.guest("ann");
    let (one, two) = (
        ann.tells(None, "first").await,
        ann.tells(None, "second").await,
    );
    for text in ["first", "second"] {
        let post = world.post_with(text).await;
        world
            .sandbox
            .agent_replies(post, &format!("answer to {text}"));
    }
    for session in [&one, &two] {
        world
            .until("the answer", async || {
                ann.session(session).await["unread_count"] == 1
            })
            .await;
    }
    for _ in 0..2 {
        let read = ann.does(&one, "read").await.ok();
        assert_eq!(read, json!({"success": true, "unread_count": 0}));
    }
    let unread = async |session: &str| ann.session(session).await["unread_count"].clone();
    assert_eq!(
        (unread(&one).await, unread(&two).await),
        (json!(0), json!(1))
    );
    assert_eq!(ann.session(&one).await["messages"][1]["is_read"], true);
    world.ends().await;
}

#[tokio::test]
async fn what_a_token_tells_of_its_contact_is_remembered() {
    let world = World::web().await;
    let mut ann = world.phone("ann");
    ann.token = Some(token(&json!({
        "sub": "ann", "exp": 2_000_000_000, "name": "Ann Lee", "email": "ann@example.com", "username": "annlee",
    })));
    ann.tells(None, "hi").await;
    ann.token = Some(token(
        &json!({"sub": "ann", "exp": 2_000_000_000, "name": 5, "email": "new@example.com"}),
    ));
    ann.tells(None, "hi again").await;
    let known: (String, String, String, String) = world
        .sql()
        .query_row(
            "SELECT name, email, username, channel FROM contacts WHERE user_id = 'ann'",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )
        .unwrap();
    let expected = ["Ann Lee", "new@example.com", "annlee", "web"].map(str::to_owned);
    assert_eq!([known.0, known.1, known.2, known.3], expected);
    world.ends().await;
}

#[tokio::test]
async fn one_contact_in_an_app_and_on_the_web_has_one_history() {
    let world = World::web().await;
    let (app, web) = (world.phone("ann"), world.guest("ann"));
    app.sends("from the app").await;
    let session = web.tells(None, "from the web").await;
    app.sees(&world, &["from the app", "from the web"]).await;
    let list = web.gets(SESSIONS).await.ok();
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!(
        (&list[0]["id"], &list[1]["messages"][0]["content"]),
        (&json!(session), &json!("from the app"))
    );
    world.ends().await;
}

#[tokio::test]
async fn who_is_blocked_reads_and_does_not_write() {
    let world = World::web().await;
    let ann = world.guest("ann");
    let session = ann.tells(None, "hi").await;
    world
        .sql()
        .execute("UPDATE contacts SET is_blocked = 1", [])
        .unwrap();
    for named in [None, Some(&session)] {
        let body = json!({"content": "x", "session_id": named});
        ann.posts(MESSAGES, body)
            .await
            .refused(403, "contact_blocked");
    }
    ann.does(&session, "typing")
        .await
        .refused(403, "contact_blocked");
    assert_eq!(ann.contents(&session).await, ["hi"]);
    assert_eq!(world.rows("tickets"), 1);
    world.ends().await;
}

#[tokio::test]
async fn messages_are_limited_by_user_and_visitors_by_address() {
    let world = World::with(|options| {
        options
            .settings
            .push(("JWT_SECRET", crate::world::JWT_SECRET.to_owned()));
        options
            .settings
            .push(("RATE_LIMIT_PER_USER", "4".to_owned()));
        options
            .settings
            .push(("RATE_LIMIT_PER_ADDRESS", "80".to_owned()));
    })
    .await;
    let ann = world.guest("ann");
    ann.tells(None, "one").await;
    let refused = ann.posts(MESSAGES, json!({"content": "two"})).await;
    refused.refused(429, "rate_limited");
    assert_eq!(refused.header("retry-after"), Some("15"));
    world.guest("bob").tells(None, "mine").await;
    world.visitor().await;
    let refused = world
        .phone("")
        .posts("/support/api/visitors/", json!({}))
        .await;
    refused.refused(429, "rate_limited");
    assert!(refused.header("retry-after").is_some());
    ann.gets(SESSIONS).await.ok();
    world.ends().await;
}

#[tokio::test]
async fn a_store_that_fails_keeps_neither_row_nor_file() {
    let world = World::web().await;
    let ann = world.guest("ann");
    let session = ann.tells(None, "hi").await;
    world
        .sql()
        .execute_batch("CREATE TRIGGER full BEFORE INSERT ON messages BEGIN SELECT RAISE(ABORT, 'no room'); END")
        .unwrap();
    world.expects_warning("a request failed");
    let form = Form::new()
        .text("content", "x")
        .part("file", file("a.txt", *b"text"));
    assert!(sends(&ann, form).await.status >= 500);
    world.sql().execute_batch("DROP TRIGGER full").unwrap();
    assert_eq!(ann.contents(&session).await, ["hi"]);
    assert!(world.uploaded_files().is_empty());
    ann.tells(Some(&session), "now").await;
    world.ends().await;
}
