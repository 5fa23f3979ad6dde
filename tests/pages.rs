//! Staff's pages as a browser asks for them: who is let in, in which language, and what may be kept.

use reqwest::Method;
use reqwest::redirect::Policy;

use crate::world::World;

/// A page as it comes, without following where it leads.
async fn page(
    world: &World,
    path: &str,
    headers: &[(&str, &str)],
) -> (u16, String, reqwest::header::HeaderMap) {
    let client = reqwest::Client::builder()
        .redirect(Policy::none())
        .build()
        .unwrap();
    let mut request = client.request(Method::GET, world.url(path));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    (status, answer.text().await.unwrap(), headers)
}

#[tokio::test]
async fn who_is_not_signed_in_is_led_to_sign_in_and_back() {
    let world = World::start().await;
    let (status, _, headers) = page(&world, "/support/manager/?tab=mine&x=%22", &[]).await;
    assert_eq!(status, 303);
    assert_eq!(
        headers["location"],
        "/support/login/?next=/support/manager/%3Ftab%3Dmine%26x%3D%2522"
    );
    let olga = world.staff("olga", "agent");
    let cookie = format!("relaydesk_session={}", olga.token.as_deref().unwrap());
    let signed_in = [("cookie", cookie.as_str())];
    let (status, content, headers) = page(&world, "/support/manager/", &signed_in).await;
    assert_eq!(status, 200);
    assert!(content.contains("olga") && content.contains("data-role=\"agent\""));
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["x-frame-options"], "DENY");
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
    for (next, expected) in [
        ("/support/admin/", "/support/admin/"),
        ("https://evil.example/", "/support/manager/"),
    ] {
        let path = format!("/support/login/?next={next}");
        let (status, _, headers) = page(&world, &path, &signed_in).await;
        assert_eq!(
            (status, headers["location"].to_str().unwrap()),
            (303, expected)
        );
    }
    world.ends().await;
}

#[tokio::test]
async fn a_page_speaks_the_language_that_was_chosen_kept_or_asked_for() {
    let world = World::start().await;
    let english = ("accept-language", "en-GB,en;q=0.9");
    let (_, content, _) = page(&world, "/support/login/", &[english]).await;
    assert!(content.contains("<html lang=\"en\">"));
    let (_, content, headers) = page(&world, "/support/login/?lang=uz", &[english]).await;
    assert!(content.contains("<html lang=\"uz\">"));
    let kept = headers["set-cookie"].to_str().unwrap();
    let kept = kept.split(';').next().unwrap();
    let (_, content, headers) = page(&world, "/support/login/", &[english, ("cookie", kept)]).await;
    assert!(content.contains("<html lang=\"uz\">") && !headers.contains_key("set-cookie"));
    let (_, content, _) = page(&world, "/support/login/?lang=%22%3E", &[english]).await;
    assert!(content.contains("<html lang=\"en\">") && !content.contains("\">\">"));
    world.ends().await;
}

#[tokio::test]
async fn what_a_page_names_is_there_and_may_be_kept_for_good() {
    let world = World::start().await;
    let (_, content, _) = page(&world, "/support/login/", &[]).await;
    let named: Vec<&str> = content
        .split('"')
        .filter(|part| part.starts_with("/support/static/"))
        .collect();
    assert!(named.len() >= 4, "{named:?}");
    for address in named {
        let (status, _, headers) = page(&world, address, &[]).await;
        assert_eq!(status, 200, "{address}");
        let cache = headers["cache-control"].to_str().unwrap();
        assert!(cache.contains("immutable"), "{address}");
        let etag = headers["etag"].to_str().unwrap().to_owned();
        let (status, ..) = page(&world, address, &[("if-none-match", &etag)]).await;
        assert_eq!(status, 304, "{address}");
    }
    let (status, ..) = page(&world, "/support/static/nothing.js", &[]).await;
    assert_eq!(status, 404);
    world.ends().await;
}
