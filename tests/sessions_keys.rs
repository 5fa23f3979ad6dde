//! Visitors, and links to one session.

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Answer, Events, Phone, World, token};

const MESSAGES: &str = "/support/api/messages/";
const SESSIONS: &str = "/support/api/sessions/";

/// A new session of this contact, and the key in its link.
async fn linked(guest: &Phone, content: &str) -> (String, String) {
    let said = guest
        .posts(MESSAGES, json!({"content": content}))
        .await
        .created();
    let (_, key) = said["session_link"]
        .as_str()
        .unwrap()
        .split_once("?key=")
        .unwrap();
    (
        said["session_id"].as_str().unwrap().to_owned(),
        key.to_owned(),
    )
}

async fn with_key(
    world: &World,
    method: Method,
    path: &str,
    key: &str,
    body: Option<Value>,
) -> Answer {
    let holder = world.phone("");
    let mut request = holder.request(method, path).header("X-Session-Key", key);
    if let Some(body) = body {
        request = request.json(&body);
    }
    holder.answer(request).await
}

#[tokio::test]
async fn a_link_opens_all_of_its_session() {
    let world = World::web().await;
    let ann = world.guest("ann");
    let (session, key) = linked(&ann, "hi").await;
    let path = |rest: &str| format!("{SESSIONS}{session}/{rest}");
    let gets = async |rest: &str| with_key(&world, Method::GET, &path(rest), &key, None).await;
    assert_eq!(gets("").await.ok()["id"], session);
    assert_eq!(gets("messages/").await.ok()[0]["content"], "hi");
    let posts = async |path: &str, body: Value| {
        with_key(&world, Method::POST, path, &key, Some(body)).await
    };
    for body in [
        json!({"content": "by link", "session_id": session}),
        json!({"content": "unnamed"}),
    ] {
        let said = posts(MESSAGES, body).await.created();
        assert_eq!(said["session_id"], session);
    }
    posts(&path("read/"), json!({})).await.ok();
    assert_eq!(posts(&path("typing/"), json!({})).await.status, 204);
    assert_eq!(
        posts(&path("close/"), json!({})).await.ok()["is_active"],
        false
    );
    let list = with_key(&world, Method::GET, SESSIONS, &key, None)
        .await
        .ok();
    assert_eq!(
        (list.as_array().unwrap().len(), &list[0]["id"]),
        (1, &json!(session))
    );
    // In the address, too, as a browser's EventSource needs it.
    let stranger = world.phone("");
    stranger.gets(&path(&format!("?key={key}"))).await.ok();
    let by_address = stranger.request(Method::GET, &path(&format!("events/?key={key}")));
    let mut events = Events::of(by_address.send().await.unwrap());
    assert_eq!(ann.contents(&session).await, ["hi", "by link", "unnamed"]);
    ann.tells(Some(&session), "live").await;
    let heard = events.hears(&world, "message").await;
    assert_eq!(heard.data["content"], "live");
    drop(events);
    world.ends().await;
}

#[tokio::test]
async fn a_key_opens_no_other_session_and_a_wrong_one_opens_none() {
    let world = World::web().await;
    let ann = world.guest("ann");
    let (session, key) = linked(&ann, "mine").await;
    let (other, _) = linked(&ann, "another of mine").await;
    let get = async |session: &str, key: &str| {
        with_key(
            &world,
            Method::GET,
            &format!("{SESSIONS}{session}/"),
            key,
            None,
        )
        .await
    };
    get(&other, &key).await.refused(404, "session_not_found");
    let body = json!({"content": "x", "session_id": other});
    let refused = with_key(&world, Method::POST, MESSAGES, &key, Some(body)).await;
    refused.refused(404, "session_not_found");
    for what in ["read", "close", "typing"] {
        let path = format!("{SESSIONS}{other}/{what}/");
        let refused = with_key(&world, Method::POST, &path, &key, Some(json!({}))).await;
        refused.refused(404, "session_not_found");
    }
    let plain = |session: &str| session.replace('-', "");
    let forged = [
        key.replace(&plain(&session), &plain(&other)),
        format!("{key}x"),
        key[..key.len() - 1].to_owned(),
        key.replacen('.', ".f", 1),
        token(&json!({"sub": "ann", "exp": 2_000_000_000})),
    ];
    for wrong in forged {
        get(&session, &wrong).await.refused(401, "unauthorized");
        get(&other, &wrong).await.refused(401, "unauthorized");
    }
    world
        .clock
        .advance(std::time::Duration::from_secs(30 * 24 * 3600 + 1));
    get(&session, &key).await.refused(401, "unauthorized");
    assert_eq!(ann.contents(&other).await, ["another of mine"]);
    world.ends().await;
}

#[tokio::test]
async fn a_visitor_is_somebody_without_an_account() {
    let world = World::web().await;
    let (one, two) = (world.visitor().await, world.visitor().await);
    assert_ne!(one.user_id, two.user_id);
    assert_eq!(world.rows("contacts"), 0, "who says nothing leaves nothing");
    let session = one.tells(None, "hello?").await;
    assert_eq!(one.contents(&session).await, ["hello?"]);
    two.gets(&format!("{SESSIONS}{session}/"))
        .await
        .refused(404, "session_not_found");
    world.ends().await;
}

#[tokio::test]
async fn without_a_secret_no_site_has_tokens_but_visitors_and_links_work_and_last() {
    let mut world = World::start().await;
    world
        .guest("ann")
        .gets(SESSIONS)
        .await
        .refused(401, "unauthorized");
    let visitor = world.visitor().await;
    let (session, key) = linked(&visitor, "hi").await;
    world.server_stops().await;
    world.server_starts().await;
    assert_eq!(visitor.contents(&session).await, ["hi"]);
    let path = format!("{SESSIONS}{session}/");
    with_key(&world, Method::GET, &path, &key, None).await.ok();
    let again = linked(&visitor, "again").await;
    assert_eq!(visitor.contents(&again.0).await, ["again"]);
    world.ends().await;
}

#[tokio::test]
async fn links_begin_with_the_public_address() {
    let world = World::with(|options| {
        options
            .settings
            .push(("PUBLIC_URL", "https://desk.example".to_owned()));
    })
    .await;
    let visitor = world.visitor().await;
    let said = visitor
        .posts(MESSAGES, json!({"content": "hi"}))
        .await
        .created();
    let session = said["session_id"].as_str().unwrap();
    let url = format!("https://desk.example/support/chat/{session}/");
    assert_eq!(said["session_url"], url);
    assert!(
        said["session_link"]
            .as_str()
            .unwrap()
            .starts_with(&format!("{url}?key="))
    );
    assert_eq!(visitor.session(session).await["session_url"], url);
    world.ends().await;
}

#[tokio::test]
async fn a_bubble_on_another_origin_may_call_where_it_is_let_in() {
    let world = World::with(|options| {
        options
            .settings
            .push(("CORS_ORIGINS", "https://shop.example".to_owned()));
    })
    .await;
    let visitor = world.visitor().await;
    let (session, key) = linked(&visitor, "hi").await;
    let path = format!("{SESSIONS}{session}/events/");
    let wanted = "authorization,content-type,last-event-id,x-session-key,idempotency-key";
    for path in [MESSAGES, "/support/api/visitors/", &path] {
        let preflight = visitor
            .request(Method::OPTIONS, path)
            .header("origin", "https://shop.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", wanted);
        let answer = visitor.answer(preflight).await;
        assert_eq!(answer.status, 204);
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some("https://shop.example")
        );
        assert_eq!(answer.header("access-control-allow-headers"), Some(wanted));
    }
    let stream = world
        .phone("")
        .request(Method::GET, &format!("{path}?key={key}"))
        .header("origin", "https://shop.example");
    let stream = stream.send().await.unwrap();
    assert_eq!(
        stream.headers()["access-control-allow-origin"],
        "https://shop.example"
    );
    drop(stream);
    world.ends().await;
}
