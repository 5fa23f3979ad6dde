//! Staff signs in and out: cookies, lock-out, blocks, and pages of other sites.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Answer, Phone, World};

const PASSWORD: &str = "correct horse battery";

/// An account that can sign in, made by the service.
async fn hires(world: &World, email: &str, role: &str) -> i64 {
    let body = json!({"email": email, "password": PASSWORD, "role": role, "first_name": "Olga"});
    let answer = world.service().posts("/api/admin/admins/", body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["id"].as_i64().unwrap()
}

async fn login(world: &World, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password});
    world.phone("x").posts("/auth/login/", body).await
}

fn signed_in(world: &World, answer: &Value) -> Phone {
    let mut staff = world.phone("x");
    staff.token = Some(answer["token"].as_str().unwrap().to_owned());
    staff
}

#[tokio::test]
async fn who_signs_in_gets_a_token_a_cookie_and_is_known_until_signing_out() {
    let world = World::start().await;
    let id = hires(&world, "Olga@Example.com", "super_admin").await;
    let answer = login(&world, " OLGA@example.com ", PASSWORD).await;
    let cookie = answer.header("set-cookie").unwrap().to_owned();
    let body = answer.ok();
    let token = body["token"].as_str().unwrap();
    assert_eq!(body["expires_at"], "2026-03-31T12:00:00Z");
    let agent = json!({"id": id, "email": "olga@example.com", "first_name": "Olga", "last_name": "",
        "role": "owner", "categories": [], "telegram_id": null});
    assert_eq!(body["agent"], agent);
    assert_eq!(
        cookie,
        format!("relaydesk_session={token}; HttpOnly; SameSite=Lax; Path=/; Max-Age=2592000")
    );
    // 256 bits, of which only the hash is kept.
    assert_eq!(token.len(), 64);
    let kept: Vec<u8> = world
        .sql()
        .query_row("SELECT token_hash FROM staff_sessions", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_ne!(hex::encode(kept), token);

    let by_token = signed_in(&world, &body);
    assert_eq!(by_token.gets("/auth/me").await.ok(), agent);
    let browser = world.phone("x");
    let with_cookie = |method: Method, path: &str| {
        let pair = cookie.split(';').next().unwrap();
        browser.request(method, path).header("cookie", pair)
    };
    let me = browser.answer(with_cookie(Method::GET, "/auth/me/")).await;
    assert_eq!(me.ok(), agent);

    let out = browser
        .answer(with_cookie(Method::POST, "/auth/logout"))
        .await;
    assert_eq!(out.status, 204);
    assert_eq!(
        out.header("set-cookie"),
        Some("relaydesk_session=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0")
    );
    by_token.gets("/auth/me").await.refused(401, "unauthorized");
    assert_eq!(world.rows("staff_sessions"), 0);
    // The service's token is no sign-in; it goes on.
    let service = world.service();
    assert_eq!(service.posts("/auth/logout", json!({})).await.status, 204);
    service.gets("/support/agents/").await.ok();
    world.ends().await;
}

#[tokio::test]
async fn a_cookie_is_for_https_alone_where_the_browser_came_by_https() {
    let world = World::with(|options| {
        options
            .settings
            .push(("TRUSTED_PROXIES", "127.0.0.1".to_owned()));
    })
    .await;
    hires(&world, "olga@example.com", "admin").await;
    let phone = world.phone("x");
    for (proto, secure) in [("https", true), ("http", false)] {
        let request = phone
            .request(Method::POST, "/auth/login")
            .header("x-forwarded-proto", proto)
            .json(&json!({"email": "olga@example.com", "password": PASSWORD}));
        let answer = phone.answer(request).await;
        let cookie = answer.header("set-cookie").unwrap();
        assert_eq!(cookie.ends_with("; Secure"), secure, "{proto}: {cookie}");
    }
    world.ends().await;

    let world = World::with(|options| {
        let url = "https://desk.example".to_owned();
        options.settings.push(("PUBLIC_URL", url));
    })
    .await;
    hires(&world, "olga@example.com", "admin").await;
    let answer = login(&world, "olga@example.com", PASSWORD).await;
    assert!(answer.header("set-cookie").unwrap().ends_with("; Secure"));
    world.ends().await;
}

#[tokio::test]
async fn whoever_it_is_not_gets_one_answer() {
    let world = World::start().await;
    hires(&world, "olga@example.com", "admin").await;
    let blocked = hires(&world, "bob@example.com", "admin").await;
    let path = format!("/api/admin/admins/{blocked}/block/");
    world.service().posts(&path, json!({})).await.ok();
    // Has no password at all.
    world.staff("zoe", "agent");
    let wrong = [
        ("olga@example.com", "wrong password"),
        ("nobody@example.com", PASSWORD),
        ("bob@example.com", PASSWORD),
        ("zoe@example.com", PASSWORD),
        ("no address", PASSWORD),
        ("olga@example.com", ""),
    ];
    let mut bodies = Vec::new();
    for (email, password) in wrong {
        let answer = login(&world, email, password).await;
        answer.refused(401, "invalid_credentials");
        assert_eq!(answer.header("set-cookie"), None);
        bodies.push(answer.body);
    }
    assert!(bodies.windows(2).all(|two| two[0] == two[1]), "{bodies:?}");
    let phone = world.phone("x");
    for (body, field) in [
        (json!({"password": "x"}), "email"),
        (json!({"email": "x"}), "password"),
        (json!({"email": 5, "password": "x"}), "email"),
        (json!({"email": "x".repeat(300), "password": "x"}), "email"),
        (
            json!({"email": "x", "password": "x".repeat(2000)}),
            "password",
        ),
    ] {
        let answer = phone.posts("/auth/login", body).await;
        assert_eq!((answer.status, &answer.body["field"]), (400, &json!(field)));
    }
    world.ends().await;
}

#[tokio::test]
async fn failures_lock_an_account_for_longer_and_longer() {
    let world = World::start().await;
    hires(&world, "olga@example.com", "admin").await;
    let fails = async |times: usize| {
        for _ in 0..times {
            let answer = login(&world, "olga@example.com", "wrong password").await;
            answer.refused(401, "invalid_credentials");
        }
    };
    let locked = async |seconds: &str| {
        let answer = login(&world, "olga@example.com", PASSWORD).await;
        answer.refused(429, "locked");
        assert_eq!(answer.header("retry-after"), Some(seconds));
    };
    fails(5).await;
    locked("60").await;
    world.clock.advance(Duration::from_secs(59));
    locked("1").await;
    world.clock.advance(Duration::from_secs(1));
    fails(1).await;
    locked("120").await;
    world.clock.advance(Duration::from_secs(120));
    login(&world, "Olga@example.com", PASSWORD).await.ok();
    // Success forgets what was before.
    fails(4).await;
    login(&world, "olga@example.com", PASSWORD).await.ok();
    // A new password opens a locked account.
    fails(5).await;
    locked("60").await;
    let me = world.service().gets("/api/admin/admins/").await.ok();
    let path = format!("/api/admin/admins/{}/", me["results"][0]["id"]);
    let change = json!({"password": "another password"});
    let request = world.service().request(Method::PATCH, &path).json(&change);
    world.service().answer(request).await.ok();
    login(&world, "olga@example.com", "another password")
        .await
        .ok();
    world.ends().await;
}

#[tokio::test]
async fn failures_lock_an_address_whatever_accounts_it_tries() {
    let world = World::with(|options| {
        options
            .settings
            .push(("TRUSTED_PROXIES", "127.0.0.1".to_owned()));
    })
    .await;
    hires(&world, "olga@example.com", "admin").await;
    let phone = world.phone("x");
    let from = async |address: &str, email: &str, password: &str| {
        let request = phone
            .request(Method::POST, "/auth/login")
            .header("x-forwarded-for", address)
            .json(&json!({"email": email, "password": password}));
        phone.answer(request).await
    };
    for number in 0..20 {
        // Success in between is no way to begin anew.
        if number == 10 {
            from("2001:db8::5", "olga@example.com", PASSWORD).await.ok();
        }
        let email = format!("guess{number}@example.com");
        let answer = from(&format!("2001:db8::{number}"), &email, "guess").await;
        answer.refused(401, "invalid_credentials");
    }
    let refused = from("2001:db8::99", "olga@example.com", PASSWORD).await;
    refused.refused(429, "locked");
    assert_eq!(refused.header("retry-after"), Some("60"));
    from("192.0.2.7", "olga@example.com", PASSWORD).await.ok();
    world.clock.advance(Duration::from_secs(60));
    from("2001:db8::99", "olga@example.com", PASSWORD)
        .await
        .ok();
    // After a quiet day it is all forgotten.
    world.clock.advance(Duration::from_secs(25 * 3600));
    world
        .until("forgotten failures", async || {
            world.rows("login_failures") == 0
        })
        .await;
    world.ends().await;
}

#[tokio::test]
async fn tries_at_the_same_time_count_each() {
    let world = World::start().await;
    hires(&world, "olga@example.com", "admin").await;
    let tries = (0..12).map(|_| login(&world, "olga@example.com", "wrong password"));
    let answers = futures_util::future::join_all(tries).await;
    let made = answers.iter().filter(|answer| answer.status == 401).count();
    assert_eq!(made, 5, "{answers:?}");
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer.status, 401 | 429))
    );
    world.ends().await;
}

#[tokio::test]
async fn a_blocked_a_removed_and_a_renewed_account_is_out_at_once() {
    let world = World::start().await;
    let service = world.service();
    let id = hires(&world, "olga@example.com", "admin").await;
    let path = format!("/api/admin/admins/{id}/");
    let enters = async |password: &str| {
        let answer = login(&world, "olga@example.com", password).await.ok();
        let olga = signed_in(&world, &answer);
        olga.gets("/auth/me").await.ok();
        olga
    };
    let olga = enters(PASSWORD).await;
    service
        .posts(&format!("{path}block/"), json!({}))
        .await
        .ok();
    olga.gets("/auth/me").await.refused(401, "unauthorized");
    service
        .posts(&format!("{path}unblock/"), json!({}))
        .await
        .ok();
    // What was signed in before the block stays out.
    olga.gets("/auth/me").await.refused(401, "unauthorized");

    let olga = enters(PASSWORD).await;
    let request = service.request(Method::PATCH, &path);
    let request = request.json(&json!({"password": "another password"}));
    service.answer(request).await.ok();
    olga.gets("/auth/me").await.refused(401, "unauthorized");

    let olga = enters("another password").await;
    world.clock.advance(Duration::from_secs(30 * 86400));
    olga.gets("/auth/me").await.refused(401, "unauthorized");
    world
        .until("no ended sign-in", async || {
            world.rows("staff_sessions") == 0
        })
        .await;

    let olga = enters("another password").await;
    let request = service.request(Method::DELETE, &path);
    assert_eq!(service.answer(request).await.status, 204);
    olga.gets("/auth/me").await.refused(401, "unauthorized");
    world.ends().await;
}

#[tokio::test]
async fn pages_of_other_sites_sign_nobody_in_or_out() {
    let world = World::start().await;
    hires(&world, "olga@example.com", "admin").await;
    let own = world.url("");
    let body = json!({"email": "olga@example.com", "password": PASSWORD});
    let phone = world.phone("x");
    let answer = login(&world, "olga@example.com", PASSWORD).await;
    let cookie = answer.header("set-cookie").unwrap().to_owned();
    for (name, value, status) in [
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
        ("origin", own.as_str(), 200),
        ("sec-fetch-site", "same-origin", 200),
    ] {
        let login = phone.request(Method::POST, "/auth/login").json(&body);
        let answer = phone.answer(login.header(name, value)).await;
        assert_eq!(answer.status, status, "{name}: {value}");
        if status == 403 {
            answer.refused(403, "cross_site");
            let logout = phone
                .request(Method::POST, "/auth/logout")
                .header("cookie", &cookie)
                .header(name, value);
            phone.answer(logout).await.refused(403, "cross_site");
        }
    }
    world.ends().await;
}
