//! The page of reports and its charts: for owners the desk, for agents their own work.

use serde_json::json;

use crate::world::{Phone, World};

const PAGE: &str = "/support/manager/reports/";

async fn page(staff: &Phone, path: &str) -> (u16, String, String) {
    let request = staff.request(reqwest::Method::GET, path);
    let response = request
        .header("accept-language", "en")
        .send()
        .await
        .unwrap();
    let policy = response.headers().get("content-security-policy");
    let policy = policy.map(|value| value.to_str().unwrap().to_owned());
    let status = response.status().as_u16();
    (
        status,
        policy.unwrap_or_default(),
        response.text().await.unwrap(),
    )
}

#[tokio::test]
async fn owners_read_the_report_as_pictures_and_as_tables_without_scripts() {
    let world = World::with(|options| options.telegram = false).await;
    let owner = world.staff("boss", "owner");
    let alice = world.phone("alice");
    alice.sends("help").await;
    world
        .sql()
        .execute(
            "UPDATE tickets SET status = 'closed', resolved = 1, closed_at = '2026-03-01T12:00:01.000000Z'",
            [],
        )
        .unwrap();
    let rated = json!({"user_id": "alice", "rating": 4});
    alice.posts("/rate_ticket", rated).await.ok();
    let (status, policy, html) = page(&owner, PAGE).await;
    assert_eq!(status, 200, "{html}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for class in ["chart wide", "chart narrow"] {
        assert_eq!(html.matches(&format!("class=\"{class}\"")).count(), 5);
    }
    assert!(!html.contains("style=") && !html.contains("<style"));
    for words in [
        "Tickets by day",
        "2026-03-01",
        "Nobody",
        "Average rating",
        "4.0",
        "name=\"from\" value=\"2026-01-31\"",
    ] {
        assert!(html.contains(words), "{words}\n{html}");
    }
    let (status, _, html) = page(&owner, &format!("{PAGE}?from=2026-03-05&to=2026-03-01")).await;
    assert_eq!(status, 400);
    assert!(html.contains("role=\"alert\""), "{html}");
    world.ends().await;
}

#[tokio::test]
async fn agents_see_their_own_work_and_strangers_sign_in_first() {
    let world = World::with(|options| options.telegram = false).await;
    let agent = world.staff("olga", "agent");
    let (status, _, html) = page(&agent, PAGE).await;
    assert_eq!(status, 200);
    assert!(
        html.contains("My work") && !html.contains("<svg xmlns"),
        "{html}"
    );
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let answer = client.get(world.url(PAGE)).send().await.unwrap();
    assert_eq!(answer.status(), 303);
    let to = answer.headers()["location"].to_str().unwrap().to_owned();
    assert!(
        to.starts_with("/support/login/?next=/support/manager/reports"),
        "{to}"
    );
    world.ends().await;
}

#[tokio::test]
async fn charts_are_images_for_owners_only() {
    let world = World::with(|options| options.telegram = false).await;
    let (owner, agent) = (world.staff("boss", "owner"), world.staff("olga", "agent"));
    world.phone("alice").sends("help").await;
    for name in ["tickets", "times", "agents", "categories", "ratings"] {
        let path = format!("/support/reports/charts/{name}.svg");
        let (status, policy, svg) = page(&owner, &path).await;
        assert_eq!(status, 200, "{svg}");
        assert!(
            svg.starts_with("<svg xmlns") && svg.trim_end().ends_with("</svg>"),
            "{svg}"
        );
        assert!(
            svg.contains("role=\"img\"") && svg.contains("<title "),
            "{svg}"
        );
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        agent.gets(&path).await.refused(403, "not_allowed");
    }
    let charts = "/support/reports/charts";
    owner
        .gets(&format!("{charts}/secrets.svg"))
        .await
        .refused(404, "not_found");
    owner
        .gets(&format!("{charts}/tickets"))
        .await
        .refused(404, "not_found");
    let wrong = owner.gets(&format!("{charts}/tickets.svg?from=soon")).await;
    wrong.refused(400, "invalid_field");
    assert_eq!(wrong.body["field"], "from");
    world
        .phone("x")
        .gets(&format!("{charts}/tickets.svg"))
        .await
        .refused(401, "unauthorized");
    world.ends().await;
}
