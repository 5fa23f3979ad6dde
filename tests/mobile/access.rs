//! `USER_AUTH=token`: every route against every kind of caller.

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Answer, Phone, World, png};

const SECRET: &str = "a-secret-of-the-tests-of-40-characters!!";

async fn guarded() -> World {
    World::with(|options| {
        options.settings.push(("USER_AUTH", "token".to_owned()));
        options.settings.push(("JWT_SECRET", SECRET.to_owned()));
    })
    .await
}

fn token_with(algorithm: jsonwebtoken::Algorithm, secret: &str, claims: &Value) -> String {
    let key = jsonwebtoken::EncodingKey::from_secret(secret.as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::new(algorithm), claims, &key).unwrap()
}

/// The story begins at 2026-03-01 12:00:00.
fn token(user: &str) -> String {
    let claims = json!({"sub": user, "exp": now() + 3600});
    token_with(jsonwebtoken::Algorithm::HS256, SECRET, &claims)
}

fn now() -> i64 {
    "2026-03-01T12:00:00Z"
        .parse::<chrono::DateTime<chrono::Utc>>()
        .unwrap()
        .timestamp()
}

/// Tokens that prove nothing.
fn nobodies() -> Vec<(&'static str, Option<String>)> {
    use jsonwebtoken::Algorithm::{HS256, HS512};
    let claims = json!({"sub": "alice", "exp": now() + 3600});
    let own = token("alice");
    let (head, signature) = own.rsplit_once('.').unwrap();
    vec![
        ("no token", None),
        ("an empty token", Some(String::new())),
        ("a word", Some("alice".to_owned())),
        (
            "another secret",
            Some(token_with(
                HS256,
                "another-secret-of-the-tests-of-42-letters!",
                &claims,
            )),
        ),
        (
            "another algorithm",
            Some(token_with(HS512, SECRET, &claims)),
        ),
        // {"alg":"none"}.{"sub":"alice","exp":9999999999}
        (
            "no algorithm",
            Some("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSIsImV4cCI6OTk5OTk5OTk5OX0.".to_owned()),
        ),
        ("no signature", Some(format!("{head}."))),
        (
            "half a signature",
            Some(format!("{head}.{}", &signature[..10])),
        ),
        (
            "expired",
            Some(token_with(
                HS256,
                SECRET,
                &json!({"sub": "alice", "exp": now() - 1}),
            )),
        ),
        (
            "no expiry",
            Some(token_with(HS256, SECRET, &json!({"sub": "alice"}))),
        ),
        (
            "no user",
            Some(token_with(HS256, SECRET, &json!({"exp": now() + 3600}))),
        ),
        (
            "an empty user",
            Some(token_with(
                HS256,
                SECRET,
                &json!({"sub": "", "exp": now() + 3600}),
            )),
        ),
        (
            "a number for a user",
            Some(token_with(
                HS256,
                SECRET,
                &json!({"sub": 5, "exp": now() + 3600}),
            )),
        ),
    ]
}

/// A call of an operation of the document that would be right for `alice`.
async fn calls(phone: &Phone, method: &str, path: &str) -> Answer {
    let path = path
        .replace("{user_id}", "alice")
        .replace("{filename}", "x.jpg");
    let method: Method = method.to_uppercase().parse().unwrap();
    let body =
        json!({"user_id": "alice", "message": "hi", "fcm_token": "t", "up_to_id": 1, "rating": 5});
    let request = phone.request(method.clone(), &path);
    let request = if method == Method::POST {
        request.json(&body)
    } else {
        request
    };
    phone.answer(request).await
}

const OPEN: [&str; 3] = ["/health", "/ready", "/uploads/{filename}"];

/// Whether an operation is what apps call, or the server's own and not staff's.
fn of_apps(operation: &Value) -> bool {
    if operation["security"] == json!([{"staff_token": []}]) {
        return false;
    }
    let tags = operation["tags"].as_array().unwrap();
    tags.iter().any(|tag| tag == "Mobile" || tag == "System")
}

#[tokio::test]
async fn every_route_of_the_document_knows_its_callers() {
    let world = guarded().await;
    let mut phone = world.phone("alice");
    let document = phone.gets("/openapi.json").await.ok();
    let mut guarded_routes = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            // Who else may call what is told in `rights`.
            if !of_apps(operation) {
                continue;
            }
            let open = OPEN.contains(&path.as_str());
            guarded_routes += usize::from(!open);
            for (who, token) in nobodies() {
                phone.token = token;
                let answer = calls(&phone, method, path).await;
                if open {
                    assert_ne!(answer.status, 401, "{method} {path}: {who}");
                } else {
                    answer.refused(401, "unauthorized");
                    assert_eq!(
                        answer.header("www-authenticate"),
                        Some("Bearer"),
                        "{method} {path}: {who}"
                    );
                }
            }
            for other in ["bob", "Alice", "alice ", "tg:alice"] {
                phone.token = Some(token(other));
                let answer = calls(&phone, method, path).await;
                if open {
                    assert_ne!(answer.status, 403, "{method} {path}: {other}");
                } else {
                    answer.refused(403, "forbidden");
                }
            }
            phone.token = Some(token("alice"));
            let answer = calls(&phone, method, path).await;
            // There is no such file, and no ticket that may be rated yet.
            let right = match path.as_str() {
                "/uploads/{filename}" | "/rate_ticket" => 404,
                _ => 200,
            };
            assert_eq!(answer.status, right, "{method} {path}: {}", answer.body);
        }
    }
    assert!(guarded_routes >= 6, "{guarded_routes}");
    // Nothing but alice's own calls left a trace.
    assert_eq!((world.rows("contacts"), world.rows("messages")), (1, 2));
    world.ends().await;
}

#[tokio::test]
async fn open_paths_need_no_token_and_unknown_ones_are_not_found() {
    let world = guarded().await;
    let stranger = world.phone("alice");
    for path in [
        "/health",
        "/health/",
        "/ready",
        "/docs",
        "/docs/",
        "/openapi.json",
    ] {
        assert_eq!(stranger.gets(path).await.status, 200, "{path}");
    }
    stranger.gets("/nowhere").await.refused(404, "not_found");
    stranger
        .gets("/uploads/x.jpg")
        .await
        .refused(404, "not_found");
    stranger
        .gets("/send_message")
        .await
        .refused(405, "method_not_allowed");
    for path in ["/support/webhook/telegram/", "/api/telegram/webhook/"] {
        let answer = stranger.posts(path, json!({"update_id": 1})).await;
        assert_eq!(
            (answer.status, &answer.body["error"]),
            (401, &json!("Unauthorized")),
            "{path}"
        );
    }
    world.ends().await;
}

#[tokio::test]
async fn a_token_is_taken_in_any_case_of_its_scheme_and_until_it_expires() {
    let world = guarded().await;
    let phone = world.phone("alice");
    let own = token("alice");
    for (header, status) in [
        (format!("Bearer {own}"), 200),
        (format!("bearer {own}"), 200),
        (format!("BEARER  {own}"), 200),
        (format!("Basic {own}"), 401),
        (own.clone(), 401),
        (format!("Bearer{own}"), 401),
    ] {
        let request = phone
            .request(Method::GET, "/check_device/alice")
            .header("authorization", &header);
        assert_eq!(phone.answer(request).await.status, status, "{header}");
    }
    world.clock.advance(std::time::Duration::from_secs(3601));
    let request = phone
        .request(Method::GET, "/check_device/alice")
        .bearer_auth(own);
    phone.answer(request).await.refused(401, "unauthorized");
    world.ends().await;
}

#[tokio::test]
async fn strange_user_ids_are_compared_as_they_are() {
    let world = guarded().await;
    let mut phone = world.phone("a/b");
    phone.token = Some(token("a/b"));
    phone.sends("hi").await;
    assert_eq!(phone.reads().await, ["hi"]);
    phone
        .gets("/message_history/a%252Fb")
        .await
        .refused(403, "forbidden");
    world.ends().await;
}

#[tokio::test]
async fn photos_of_a_stranger_leave_no_file() {
    let world = guarded().await;
    let mut phone = world.phone("alice");
    let answer = phone.sends_photos("hi", vec![png(20, 20)]).await;
    answer.refused(401, "unauthorized");
    phone.token = Some(token("bob"));
    phone
        .sends_photos("hi", vec![png(20, 20)])
        .await
        .refused(403, "forbidden");
    assert_eq!(world.uploaded_files(), Vec::<String>::new());
    assert_eq!(world.rows("contacts"), 0);
    world.ends().await;
}

#[tokio::test]
async fn in_open_mode_a_token_is_nobodys_business() {
    let world = World::start().await;
    let mut phone = world.phone("alice");
    phone.token = Some("whatever".to_owned());
    phone.sends("hi").await;
    assert_eq!(phone.reads().await, ["hi"]);
    world.ends().await;
}
