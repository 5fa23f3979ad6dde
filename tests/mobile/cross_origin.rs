//! `CORS_ORIGINS`: pages of other origins.

use reqwest::{Method, Response};
use serde_json::json;

use crate::world::World;

async fn asks(
    world: &World,
    method: Method,
    path: &str,
    origin: &str,
    wanted: Option<&str>,
) -> Response {
    let mut request = world
        .http
        .request(method.clone(), world.url(path))
        .header("origin", origin);
    if let Some(wanted) = wanted {
        request = request
            .header("access-control-request-method", wanted)
            .header(
                "access-control-request-headers",
                "content-type, authorization, x-own",
            );
    }
    if method == Method::POST {
        request = request.json(&json!({"user_id": "alice", "message": "hi"}));
    }
    request.send().await.unwrap()
}

fn allowed<'a>(answer: &'a Response, header: &str) -> Option<&'a str> {
    answer
        .headers()
        .get(header)
        .map(|value| value.to_str().unwrap())
}

const ORIGIN: &str = "access-control-allow-origin";

#[tokio::test]
async fn without_the_setting_the_browser_is_told_nothing_and_the_call_is_served() {
    let world = World::start().await;
    // A page of this very server names an origin, too: it must be able to write.
    for origin in [
        world.url(""),
        "https://elsewhere.example".to_owned(),
        "null".to_owned(),
    ] {
        let answer = asks(&world, Method::POST, "/send_message", &origin, None).await;
        assert_eq!(
            (answer.status().as_u16(), allowed(&answer, ORIGIN)),
            (200, None)
        );
    }
    let answer = asks(
        &world,
        Method::OPTIONS,
        "/send_message",
        "https://elsewhere.example",
        Some("POST"),
    )
    .await;
    assert_eq!(
        (answer.status().as_u16(), allowed(&answer, ORIGIN)),
        (405, None)
    );
    world.ends().await;
}

#[tokio::test]
async fn origins_that_are_named_may_call_and_others_learn_nothing() {
    let world = World::with(|options| {
        options.settings.push((
            "CORS_ORIGINS",
            "https://app.example,http://localhost:3000".to_owned(),
        ));
    })
    .await;
    for origin in ["https://app.example", "http://localhost:3000"] {
        let answer = asks(&world, Method::POST, "/send_message", origin, None).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(allowed(&answer, ORIGIN), Some(origin));
        assert!(
            allowed(&answer, "vary")
                .unwrap()
                .to_lowercase()
                .contains("origin")
        );
        assert_eq!(allowed(&answer, "access-control-allow-credentials"), None);
        let exposed = allowed(&answer, "access-control-expose-headers")
            .unwrap()
            .to_lowercase();
        assert!(
            exposed.contains("x-request-id") && exposed.contains("retry-after"),
            "{exposed}"
        );
    }
    for origin in [
        "https://app.example.evil.example",
        "https://APP.example:444",
        "null",
    ] {
        let answer = asks(&world, Method::POST, "/send_message", origin, None).await;
        assert_eq!(allowed(&answer, ORIGIN), None, "{origin}");
        let answer = asks(
            &world,
            Method::OPTIONS,
            "/send_message",
            origin,
            Some("POST"),
        )
        .await;
        assert_eq!(allowed(&answer, ORIGIN), None, "{origin}");
    }
    world.ends().await;
}

#[tokio::test]
async fn a_preflight_is_answered_for_every_method_and_header() {
    let world = World::with(|options| {
        options.settings.push(("CORS_ORIGINS", "*".to_owned()));
    })
    .await;
    for (path, method) in [
        ("/send_message", "POST"),
        ("/message_history/a", "GET"),
        ("/uploads/x", "HEAD"),
    ] {
        let answer = asks(
            &world,
            Method::OPTIONS,
            path,
            "https://any.example",
            Some(method),
        )
        .await;
        assert!(answer.status().is_success(), "{path} {}", answer.status());
        let origin = allowed(&answer, ORIGIN).unwrap();
        assert!(origin == "*" || origin == "https://any.example", "{origin}");
        assert!(
            allowed(&answer, "access-control-allow-methods")
                .unwrap()
                .contains(method)
        );
        let headers = allowed(&answer, "access-control-allow-headers")
            .unwrap()
            .to_lowercase();
        assert!(
            headers.contains("content-type") && headers.contains("authorization"),
            "{headers}"
        );
        assert!(answer.headers().contains_key("x-request-id"));
    }
    assert_eq!(world.rows("messages"), 0);
    world.ends().await;
}

#[tokio::test]
async fn pages_of_allowed_origins_can_read_errors_too() {
    let world = World::with(|options| {
        options
            .settings
            .push(("CORS_ORIGINS", "https://app.example".to_owned()));
        options
            .settings
            .push(("RATE_LIMIT_PER_ADDRESS", "16".to_owned()));
    })
    .await;
    let origin = "https://app.example";
    for (method, path, status) in [
        (Method::GET, "/nowhere", 404),
        (Method::GET, "/send_message", 405),
        (Method::GET, "/message_history/a?limit=0", 400),
        (Method::GET, "/uploads/x", 404),
        (Method::GET, "/health/", 200),
        (Method::GET, "/message_history/a?limit=0", 429),
    ] {
        let answer = asks(&world, method, path, origin, None).await;
        assert_eq!(answer.status(), status, "{path}");
        assert_eq!(allowed(&answer, ORIGIN), Some(origin), "{path}");
    }
    world.ends().await;
}
