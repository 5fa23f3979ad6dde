//! Events under load: whoever is cut again and again hears everything once, in order.

use serde_json::json;

use crate::world::{JWT_SECRET, Phone, World};

const MESSAGES: usize = 300;
const FOLLOWERS: u64 = 4;

/// Follows a session over connections that break after a few events; what it heard, until `last` came.
async fn follows_badly(
    guest: Phone,
    session: String,
    first: String,
    mut chance: u64,
) -> Vec<String> {
    let (mut heard, mut cursor) = (Vec::new(), first);
    loop {
        let mut events = guest.follows(&session, Some(&cursor)).await;
        // A number without a pattern; the same in every run.
        chance = chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        for _ in 0..(chance >> 33) % 12 {
            let Some(event) = events.next().await else {
                break;
            };
            if event.name != "message" {
                continue;
            }
            cursor = event.id.unwrap();
            heard.push(cursor.clone());
            if event.data["content"] == "the last" {
                return heard;
            }
        }
    }
}

#[tokio::test]
async fn cut_again_and_again_everybody_hears_everything_once_and_in_order() {
    let world = World::with(|options| {
        options.telegram = false;
        options.settings.push(("JWT_SECRET", JWT_SECRET.to_owned()));
        options
            .settings
            .push(("TELEGRAM_WEBHOOK_API_KEY", "program key".to_owned()));
    })
    .await;
    let ann = world.guest("ann");
    let session = ann.tells(None, "the first").await;
    let first = ann.messages(&session, "").await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let following: Vec<_> = (0..FOLLOWERS)
        .map(|seed| {
            tokio::spawn(follows_badly(
                ann.clone(),
                session.clone(),
                first.clone(),
                seed,
            ))
        })
        .collect();
    let answers = async {
        for number in 0..MESSAGES / 3 {
            let body = json!({"session_id": session, "content": format!("answer {number}")});
            let request = world.http.post(world.url("/support/webhook/telegram/"));
            let answer = request
                .header("X-API-Key", "program key")
                .json(&body)
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status(), 201);
        }
    };
    let questions = async |who: &'static str| {
        for number in 0..MESSAGES / 3 {
            ann.tells(Some(&session), &format!("{who} {number}")).await;
        }
    };
    tokio::join!(
        answers,
        questions("one window"),
        questions("another window")
    );
    ann.tells(Some(&session), "the last").await;
    let all = ann.messages(&session, "").await;
    let all: Vec<&str> = all
        .iter()
        .skip(1)
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    assert_eq!(all.len(), MESSAGES + 1);
    for heard in following {
        assert_eq!(heard.await.unwrap(), all);
    }
    world.ends().await;
}
