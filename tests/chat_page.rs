//! Pages of contacts and owners without a browser: what they tell to whom, and the form for those without scripts.

use reqwest::Response;
use reqwest::redirect::Policy;

use crate::world::{Phone, World};

/// The path and the query of the link to a session, as its owner gets it.
async fn link(guest: &Phone, session: &str) -> String {
    let about = guest.session(session).await;
    let link = about["session_link"].as_str().unwrap();
    let path = link.find("/support/chat/").unwrap();
    link[path..].to_owned()
}

async fn opens(world: &World, path: &str) -> Response {
    world.http.get(world.url(path)).send().await.unwrap()
}

/// Sends the page's form, and does not follow where it leads.
async fn submits(world: &World, path: &str, fields: &[(&str, &str)]) -> Response {
    let client = reqwest::Client::builder()
        .redirect(Policy::none())
        .build()
        .unwrap();
    let request = client.post(world.url(path)).form(fields);
    request.send().await.unwrap()
}

#[tokio::test]
async fn the_link_shows_the_chat_and_nothing_else_does() {
    let world = World::web().await;
    let alice = world.guest("alice");
    let session = alice.tells(None, "my <b>secret</b> & more").await;
    let link = link(&alice, &session).await;

    let answer = opens(&world, &link).await;
    assert_eq!(answer.status(), 200);
    for (name, value) in [
        ("referrer-policy", "no-referrer"),
        ("x-robots-tag", "noindex, nofollow"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(answer.headers()[name], value, "{name}");
    }
    let policy = answer.headers()["content-security-policy"]
        .to_str()
        .unwrap();
    assert!(!policy.contains("unsafe"), "{policy}");
    let page = answer.text().await.unwrap();
    assert!(
        page.contains("my &#60;b&#62;secret&#60;/b&#62; &#38; more"),
        "{page}"
    );

    // The key of another session opens only that one.
    let other = alice.tells(None, "another").await;
    let key = link.split_once('?').unwrap().1;
    for path in [
        format!("/support/chat/{session}/"),
        format!("/support/chat/{session}/?key="),
        format!("/support/chat/{session}/?key=nonsense"),
        format!("/support/chat/{other}/?{key}"),
        format!("/support/chat/no-uuid/?{key}"),
        "/support/chat/00000000-0000-4000-8000-000000000000/".to_owned(),
    ] {
        let page = opens(&world, &path).await.text().await.unwrap();
        for word in ["secret", "another", "alice"] {
            assert!(!page.contains(word), "{path} tells {word}");
        }
    }
    world.ends().await;
}

#[tokio::test]
async fn the_form_writes_once_and_says_what_is_wrong() {
    let world = World::web().await;
    let alice = world.guest("alice");
    let session = alice.tells(None, "hello").await;
    let link = link(&alice, &session).await;

    let id = "5f0c6d1e-0000-4000-8000-000000000001";
    let fields = [("content", "two\r\nlines"), ("client_msg_id", id)];
    for _ in 0..2 {
        let answer = submits(&world, &link, &fields).await;
        assert_eq!(answer.status(), 303);
        let to = answer.headers()["location"].to_str().unwrap();
        assert!(
            to.starts_with(&format!("/support/chat/{session}/?key=")),
            "{to}"
        );
    }
    assert_eq!(alice.contents(&session).await, ["hello", "two\nlines"]);

    let long = "x".repeat(16_001);
    let answer = submits(&world, &link, &[("content", &long)]).await;
    assert_eq!(answer.status(), 400);
    let page = answer.text().await.unwrap();
    assert!(page.contains("role=\"alert\"") && page.contains(&long));

    let stranger = format!("/support/chat/{session}/");
    submits(&world, &stranger, &[("content", "let me in")]).await;
    assert_eq!(alice.contents(&session).await, ["hello", "two\nlines"]);
    world.ends().await;
}

#[tokio::test]
async fn the_owners_page_is_for_owners() {
    let world = World::start().await;
    let client = reqwest::Client::builder()
        .redirect(Policy::none())
        .build()
        .unwrap();
    for (name, role, expected) in [
        ("nobody", None, 303),
        ("olga", Some("agent"), 403),
        ("boss", Some("owner"), 200),
    ] {
        let mut request = client.get(world.url("/support/admin/"));
        if let Some(role) = role {
            let token = world.staff(name, role).token.unwrap();
            request = request.header("cookie", format!("relaydesk_session={token}"));
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), expected, "{name}");
    }
    world.ends().await;
}

#[tokio::test]
async fn the_bubble_is_served_to_any_site() {
    let world = World::start().await;
    let answer = opens(&world, "/widget.js").await;
    assert_eq!(answer.status(), 200);
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(header("cross-origin-resource-policy"), "cross-origin");
    let again = world
        .http
        .get(world.url("/widget.js"))
        .header("if-none-match", header("etag"))
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), 304);
    world.ends().await;
}
