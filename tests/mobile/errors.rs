//! Errors: every one has a text, a code and, where a field is to blame, its name.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRng, TestRunner};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::world::{Answer, Phone, World, png};

async fn posts_raw(
    phone: &Phone,
    path: &str,
    kind: Option<&str>,
    body: impl Into<reqwest::Body>,
) -> Answer {
    let mut request = phone.request(Method::POST, path).body(body);
    if let Some(kind) = kind {
        request = request.header("content-type", kind);
    }
    phone.answer(request).await
}

/// An error as the contract has it.
#[track_caller]
fn is_error(answer: &Answer, asked: &str) {
    let body = answer
        .body
        .as_object()
        .unwrap_or_else(|| panic!("{asked}: {} {}", answer.status, answer.body));
    assert!(
        body["error"].as_str().is_some_and(|text| !text.is_empty()),
        "{asked}: {body:?}"
    );
    let code = body["code"]
        .as_str()
        .unwrap_or_else(|| panic!("{asked}: {body:?}"));
    assert!(
        code.chars().all(|c| c.is_ascii_lowercase() || c == '_'),
        "{asked}: {code}"
    );
    assert!(
        body.get("field").is_none_or(Value::is_string),
        "{asked}: {body:?}"
    );
    assert!(
        body.keys()
            .all(|key| ["error", "code", "field"].contains(&key.as_str())),
        "{asked}: {body:?}"
    );
    assert_eq!(
        answer.header("content-type"),
        Some("application/json; charset=utf-8"),
        "{asked}"
    );
    assert!(answer.header("x-request-id").is_some(), "{asked}");
}

const POSTS: [&str; 4] = [
    "/send_message",
    "/register_device",
    "/unregister_device",
    "/mark_read",
];

#[tokio::test]
async fn unknown_paths_are_not_found() {
    let world = World::start().await;
    let phone = world.phone("a");
    for path in [
        "/nowhere",
        "/nowhere/",
        "/send_message/x",
        "/favicon.ico",
        "/uploads",
        "/check_device",
        "/Health",
        "/%F0%9F%98%80",
        "/a//b",
    ] {
        for method in [Method::GET, Method::POST] {
            let answer = phone.answer(phone.request(method, path)).await;
            answer.refused(404, "not_found");
            is_error(&answer, path);
        }
    }
    world.ends().await;
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let world = World::start().await;
    let phone = world.phone("a");
    for (path, wrong, right) in [
        ("/send_message", Method::GET, "POST"),
        ("/send_message/", Method::PUT, "POST"),
        ("/register_device", Method::DELETE, "POST"),
        ("/unregister_device", Method::GET, "POST"),
        ("/mark_read", Method::PATCH, "POST"),
        ("/message_history/a%2Fb", Method::POST, "GET"),
        ("/check_device/a/", Method::POST, "GET"),
        ("/uploads/x.jpg", Method::POST, "GET, HEAD"),
        ("/uploads/x.jpg", Method::DELETE, "GET, HEAD"),
        ("/health", Method::POST, "GET"),
        ("/ready", Method::DELETE, "GET"),
        ("/docs", Method::POST, "GET"),
        ("/openapi.json", Method::PUT, "GET"),
        ("/support/webhook/telegram/", Method::GET, "POST"),
        ("/api/telegram/webhook", Method::PUT, "POST"),
        ("/send_message", Method::OPTIONS, "POST"),
    ] {
        let answer = phone.answer(phone.request(wrong.clone(), path)).await;
        answer.refused(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), Some(right), "{wrong} {path}");
        is_error(&answer, path);
    }
    world.ends().await;
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused() {
    let world = World::start().await;
    let phone = world.phone("a");
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    for body in [
        "",
        "{",
        "null",
        "[]",
        "5",
        "\"x\"",
        "{\"user_id\": \"a\"",
        "{'user_id': 'a'}",
        "user_id=a&message=x",
        "\u{feff}{}",
        &deep,
        "{\"user_id\": \"\\ud800\", \"message\": \"x\"}",
        "{\"a\": 1} trailing",
    ] {
        for path in POSTS {
            let answer = posts_raw(&phone, path, Some("application/json"), body.to_owned()).await;
            answer.refused(400, "invalid_json");
            is_error(&answer, path);
        }
    }
    for path in POSTS {
        let answer = posts_raw(
            &phone,
            path,
            Some("application/json"),
            b"{\"user_id\": \"\xff\"}".to_vec(),
        )
        .await;
        answer.refused(400, "invalid_json");
    }
    world.ends().await;
}

#[tokio::test]
async fn a_content_type_that_is_not_taken_is_refused() {
    let world = World::start().await;
    let phone = world.phone("a");
    let body = json!({"user_id": "a", "message": "x", "fcm_token": "t", "up_to_id": 1}).to_string();
    for path in POSTS {
        for kind in [
            None,
            Some("text/plain"),
            Some("application/x-www-form-urlencoded"),
            Some("application/xml"),
            Some(""),
            Some("json"),
            Some(";"),
        ] {
            let answer = posts_raw(&phone, path, kind, body.clone()).await;
            answer.refused(415, "unsupported_content_type");
            is_error(&answer, path);
        }
        for kind in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=UTF-8",
        ] {
            posts_raw(&phone, path, Some(kind), body.clone()).await.ok();
        }
    }
    for path in &POSTS[1..] {
        let answer = posts_raw(
            &phone,
            path,
            Some("multipart/form-data; boundary=x"),
            "--x--",
        )
        .await;
        answer.refused(415, "unsupported_content_type");
    }
    world.ends().await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_and_the_answer_arrives() {
    let world = World::start().await;
    let phone = world.phone("a");
    for path in POSTS {
        for size in [513 * 1024, 8 * 1024 * 1024] {
            let body = json!({"user_id": "a", "message": "x".repeat(size)}).to_string();
            let answer = posts_raw(&phone, path, Some("application/json"), body).await;
            answer.refused(413, "body_too_large");
            is_error(&answer, path);
        }
    }
    assert_eq!(world.rows("messages"), 0);
    world.ends().await;
}

#[tokio::test]
async fn errors_speak_the_language_asked_for() {
    let world = World::start().await;
    let phone = world.phone("a");
    let asked = |language: Option<&str>, path: &str| {
        let request = phone.request(Method::GET, path);
        match language {
            Some(language) => request.header("accept-language", language),
            None => request,
        }
    };
    for (path, status) in [
        ("/nowhere", 404),
        ("/send_message", 405),
        ("/message_history/a?limit=0", 400),
    ] {
        let mut texts = Vec::new();
        for language in ["ru", "en-US,en;q=0.8", "uz"] {
            let answer = phone.answer(asked(Some(language), path)).await;
            assert_eq!(answer.status, status);
            texts.push(answer.body["error"].as_str().unwrap().to_owned());
        }
        let own = phone.answer(asked(None, path)).await.body["error"].clone();
        assert_eq!(own, texts[0], "the server's own language");
        let unknown = phone.answer(asked(Some("fr"), path)).await.body["error"].clone();
        assert_eq!(unknown, texts[0]);
        assert!(
            texts[0] != texts[1] && texts[1] != texts[2] && texts[0] != texts[2],
            "{texts:?}"
        );
        let russian = |text: &str| text.chars().any(|c| ('а'..='я').contains(&c));
        assert!(
            russian(&texts[0]) && !russian(&texts[1]) && !russian(&texts[2]),
            "{texts:?}"
        );
    }
    world.ends().await;
}

/// Bodies a broken or hostile client may send.
fn junk() -> impl Strategy<Value = (Option<String>, Vec<u8>)> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        any::<String>().prop_map(Value::from),
        "[a-z]{1,8}".prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    });
    let field = prop::sample::select(vec![
        "user_id",
        "message",
        "user_name",
        "photo_url",
        "client_msg_id",
        "fcm_token",
        "platform",
        "device_id",
        "up_to_id",
        "x",
    ]);
    let object = prop::collection::hash_map(field, value, 0..8).prop_map(|map| {
        Value::Object(
            map.into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
        )
    });
    let bytes = prop::collection::vec(any::<u8>(), 0..300);
    prop_oneof![
        object.prop_map(|object| (
            Some("application/json".to_owned()),
            object.to_string().into_bytes()
        )),
        bytes
            .clone()
            .prop_map(|bytes| (Some("application/json".to_owned()), bytes)),
        (bytes, any::<bool>()).prop_map(|(bytes, closed)| {
            let mut body =
                b"--b\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"x\"\r\n\r\n"
                    .to_vec();
            body.extend(bytes);
            if closed {
                body.extend(b"\r\n--b--\r\n");
            }
            (Some("multipart/form-data; boundary=b".to_owned()), body)
        }),
        (
            prop::option::of("[ -~]{0,40}"),
            prop::collection::vec(any::<u8>(), 0..50)
        ),
    ]
}

async fn never_breaks(phone: &Phone, request: RequestBuilder, asked: &str) {
    let answer = phone.answer(request).await;
    assert!(
        answer.status < 500,
        "{asked}: {} {}",
        answer.status,
        answer.body
    );
    if answer.status >= 400 {
        is_error(&answer, asked);
    }
}

#[tokio::test]
async fn junk_is_never_an_error_of_the_server() {
    let world = World::with(|options| options.telegram = false).await;
    let phone = world.phone("a");
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    for _ in 0..200 {
        let (kind, body) = junk().new_tree(&mut runner).unwrap().current();
        for path in POSTS {
            let mut request = phone.request(Method::POST, path).body(body.clone());
            if let Some(kind) = &kind {
                request = request.header("content-type", kind);
            }
            never_breaks(
                &phone,
                request,
                &format!("{path} {kind:?} {}", String::from_utf8_lossy(&body)),
            )
            .await;
        }
        let word = any::<String>().new_tree(&mut runner).unwrap().current();
        let word = percent_encoding::utf8_percent_encode(&word, percent_encoding::NON_ALPHANUMERIC);
        for path in [
            format!("/message_history/{word}"),
            format!("/message_history/a?limit={word}&after_id={word}"),
            format!("/message_history/a?user_name={word}&before_id=5"),
            format!("/check_device/{word}"),
            format!("/uploads/{word}"),
            format!("/{word}"),
        ] {
            never_breaks(&phone, phone.request(Method::GET, &path), &path).await;
        }
    }
    assert_eq!(world.uploaded_files(), Vec::<String>::new());
    world.ends().await;
}

#[tokio::test]
async fn pictures_cut_and_bent_anywhere_break_nothing() {
    let world = World::with(|options| options.telegram = false).await;
    let phone = world.phone("a");
    let whole = png(24, 24);
    for step in 0..60 {
        let mut bent = whole.clone();
        let at = step * whole.len() / 60;
        bent[at] ^= 0x55;
        for photo in [bent, whole[..at].to_vec()] {
            let answer = phone.sends_photos("", vec![photo]).await;
            assert!(
                matches!(answer.status, 200 | 413 | 415),
                "{at} {}",
                answer.body
            );
        }
    }
    world.ends().await;
}
