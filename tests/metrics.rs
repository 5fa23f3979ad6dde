//! What the server counts, as a scraper reads it: by the binary, for what is counted is the process's.

use std::collections::BTreeMap;

use relaydesk::domain::clock::Clock;
use relaydesk::sandbox::{Fault, Sandbox, SandboxOptions};

use crate::world::{Binary, PATIENCE, Phone};

const TOKEN: &str = "api-token-of-the-scraper-0123456789";

async fn page(scraper: &Phone) -> String {
    let request = scraper.request(reqwest::Method::GET, "/metrics");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let kind = answer.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    answer.text().await.unwrap()
}

/// Values by series, such as `relaydesk_outbox_waiting{carrier="group"}`.
fn series(page: &str) -> BTreeMap<&str, f64> {
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.rsplit_once(' '));
    pairs
        .map(|(name, value)| (name, value.parse().unwrap()))
        .collect()
}

async fn until(scraper: &Phone, wanted: &str, value: f64) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let page = page(scraper).await;
        if series(&page).get(wanted) == Some(&value) {
            return;
        }
        let late = tokio::time::Instant::now() > deadline;
        assert!(!late, "{wanted} is not {value}:\n{page}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_scraper_sees_what_came_what_left_and_what_waits() {
    let folder = tempfile::tempdir().unwrap();
    let options = SandboxOptions {
        clock: Clock::system(),
        forum: false,
        group_rate: 20,
        port: 0,
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let server = Binary::serves(folder.path(), Some(&sandbox), &[("API_TOKEN", TOKEN)]);
    let mut scraper = server.phone("scraper");
    let refused = scraper.gets("/metrics").await;
    refused.refused(401, "unauthorized");
    scraper.token = Some(TOKEN.to_owned());

    sandbox.break_next(
        Fault::TooManyRequests { retry_after: 1 },
        Some("sendMessage"),
        1,
    );
    let alice = server.phone("alice");
    alice.sends("is anybody there?").await;
    until(
        &scraper,
        r#"relaydesk_delivery_steps_total{carrier="group",outcome="delivered"}"#,
        1.0,
    )
    .await;
    let now = page(&scraper).await;
    let found = series(&now);
    for (name, value) in [
        (r#"relaydesk_messages_total{direction="user"}"#, 1.0),
        (
            r#"relaydesk_telegram_calls_total{method="sendMessage",result="flood"}"#,
            1.0,
        ),
        (
            r#"relaydesk_telegram_calls_total{method="sendMessage",result="ok"}"#,
            1.0,
        ),
        (
            r#"relaydesk_delivery_steps_total{carrier="group",outcome="retry"}"#,
            1.0,
        ),
        (r#"relaydesk_delivery_seconds_count{carrier="group"}"#, 1.0),
        (r#"relaydesk_outbox_waiting{carrier="group"}"#, 0.0),
        (r#"relaydesk_outbox_dead{carrier="push"}"#, 0.0),
        (
            r#"relaydesk_http_requests_total{route="/send_message",status="200"}"#,
            1.0,
        ),
        (r#"relaydesk_part_well{part="telegram"}"#, 1.0),
        ("relaydesk_tickets_open", 1.0),
    ] {
        assert_eq!(found.get(name), Some(&value), "{name} in\n{now}");
    }
    assert!(
        found["relaydesk_database_bytes"] > 4096.0 && found["process_resident_memory_bytes"] > 1e6
    );
    // Whoever makes up paths makes no series.
    for path in ["/nowhere", "/message_history/bob", "/a/b/c?d=e"] {
        scraper.gets(path).await;
    }
    let now = page(&scraper).await;
    let routes = series(&now);
    let routes = routes
        .keys()
        .filter(|name| name.starts_with("relaydesk_http_requests_total"));
    for route in routes {
        assert!(
            !route.contains("nowhere") && !route.contains("bob"),
            "{route}"
        );
    }

    // Telegram goes away: what waits is seen, and that Telegram is not well.
    sandbox.telegram_down().await;
    alice.sends("hello?").await;
    until(
        &scraper,
        r#"relaydesk_outbox_waiting{carrier="group"}"#,
        1.0,
    )
    .await;
    until(&scraper, r#"relaydesk_part_well{part="telegram"}"#, 0.0).await;
    sandbox.telegram_up().await.unwrap();
    until(
        &scraper,
        r#"relaydesk_outbox_waiting{carrier="group"}"#,
        0.0,
    )
    .await;

    // README explains each of them.
    let readme = std::fs::read_to_string("README.md").unwrap();
    let now = page(&scraper).await;
    let kinds = now.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    for name in kinds.filter_map(|line| line.split(' ').next()) {
        assert!(
            readme.contains(&format!("`{name}")),
            "README does not tell of {name}"
        );
        assert!(
            now.contains(&format!("# HELP {name} ")),
            "{name} has no words"
        );
    }
    server.dies();
    sandbox.stop().await;
}
