//! `/register_device`, `/unregister_device` and `/check_device`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Phone, World};

async fn registers(phone: &Phone, fields: Value) -> Value {
    let mut body = json!({"user_id": phone.user_id});
    body.as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    phone.posts("/register_device", body).await.ok()
}

async fn forgets(phone: &Phone, token: &str) -> Value {
    let body = json!({"user_id": phone.user_id, "fcm_token": token});
    phone.posts("/unregister_device", body).await.ok()
}

async fn checks(phone: &Phone) -> Value {
    phone
        .gets(&format!("/check_device/{}", phone.user_id))
        .await
        .ok()
}

fn tokens(world: &World) -> Vec<(String, String, Option<String>)> {
    let sql = world.sql();
    let mut rows = sql
        .prepare("SELECT token, platform, device_id FROM device_tokens ORDER BY id")
        .unwrap();
    let found = rows
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap();
    found.map(Result::unwrap).collect()
}

#[tokio::test]
async fn a_device_is_registered_refreshed_and_forgotten() {
    let world = World::start().await;
    let alice = world.phone("alice");
    assert_eq!(
        checks(&alice).await,
        json!({"user_id": "alice", "registered": false, "device_count": 0, "has_tokens": false})
    );
    let answer = registers(&alice, json!({"fcm_token": "t-1"})).await;
    assert_eq!(
        answer,
        json!({"success": true, "message": "Устройство зарегистрировано успешно", "device_count": 1})
    );
    assert_eq!(
        registers(&alice, json!({"fcm_token": "t-1"})).await["device_count"],
        1
    );
    assert_eq!(
        registers(&alice, json!({"fcm_token": "t-2"})).await["device_count"],
        2
    );
    assert_eq!(
        checks(&alice).await,
        json!({"user_id": "alice", "registered": true, "device_count": 2, "has_tokens": true})
    );
    assert_eq!(
        forgets(&alice, "t-1").await,
        json!({"success": true, "device_count": 1})
    );
    assert_eq!(
        forgets(&alice, "t-1").await,
        json!({"success": true, "device_count": 1})
    );
    assert_eq!(
        forgets(&world.phone("nobody"), "t-2").await,
        json!({"success": true, "device_count": 0})
    );
    assert_eq!(checks(&alice).await["device_count"], 1);
    world.ends().await;
}

#[tokio::test]
async fn asking_makes_no_contact() {
    let world = World::start().await;
    let nobody = world.phone("nobody");
    checks(&nobody).await;
    forgets(&nobody, "x").await;
    assert_eq!(world.rows("contacts"), 0);
    world.ends().await;
}

#[tokio::test]
async fn a_token_belongs_to_the_user_who_registered_it_last() {
    let world = World::start().await;
    let (alice, bob) = (world.phone("alice"), world.phone("bob"));
    registers(&alice, json!({"fcm_token": "shared", "device_id": "d"})).await;
    assert_eq!(
        registers(&bob, json!({"fcm_token": "shared"})).await["device_count"],
        1
    );
    assert_eq!(checks(&alice).await["registered"], false);
    // Who signed out of a device can not sign out the one who uses it now.
    assert_eq!(forgets(&alice, "shared").await["device_count"], 0);
    assert_eq!(checks(&bob).await["registered"], true);
    alice.sends("hi").await;
    world
        .sandbox
        .agent_replies(world.post_with("hi").await, "for alice only");
    alice.sees(&world, &["hi", "for alice only"]).await;
    world.queue_is_empty().await;
    assert!(world.sandbox.pushes().is_empty());
    world.ends().await;
}

#[tokio::test]
async fn a_device_with_a_new_token_loses_the_old_one() {
    let world = World::start().await;
    let alice = world.phone("alice");
    registers(&alice, json!({"fcm_token": "old", "device_id": "pixel"})).await;
    let answer = registers(
        &alice,
        json!({"fcm_token": "new", "device_id": "pixel", "platform": "ios"}),
    )
    .await;
    assert_eq!(answer["device_count"], 1);
    assert_eq!(
        tokens(&world),
        [("new".to_owned(), "ios".to_owned(), Some("pixel".to_owned()))]
    );
    // Another device of hers, and one without an id of its own, stay.
    registers(&alice, json!({"fcm_token": "tablet", "device_id": "tab"})).await;
    assert_eq!(
        registers(&alice, json!({"fcm_token": "bare", "device_id": null})).await["device_count"],
        3
    );
    // A known token that moves to another device of hers.
    assert_eq!(
        registers(&alice, json!({"fcm_token": "new", "device_id": "tab"})).await["device_count"],
        2
    );
    world.ends().await;
}

#[tokio::test]
async fn the_platform_is_android_unless_said() {
    let world = World::start().await;
    let alice = world.phone("alice");
    for (number, (platform, kept)) in [
        (json!({}), "android"),
        (json!({"platform": null}), "android"),
        (json!({"platform": "ios"}), "ios"),
        (json!({"platform": "web"}), "web"),
        (json!({"platform": "android"}), "android"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut fields = platform;
        fields["fcm_token"] = format!("t-{number}").into();
        registers(&alice, fields).await;
        assert_eq!(tokens(&world).last().unwrap().1, kept);
    }
    world.ends().await;
}

#[tokio::test]
async fn wrong_fields_are_named() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let long = "x".repeat(4097);
    let both = [
        (json!({"fcm_token": "t"}), "user_id"),
        (json!({"user_id": "a\u{0}", "fcm_token": "t"}), "user_id"),
        (json!({"user_id": 1, "fcm_token": "t"}), "user_id"),
        (json!({"user_id": "a"}), "fcm_token"),
        (json!({"user_id": "a", "fcm_token": null}), "fcm_token"),
        (json!({"user_id": "a", "fcm_token": ""}), "fcm_token"),
        (json!({"user_id": "a", "fcm_token": 5}), "fcm_token"),
        (json!({"user_id": "a", "fcm_token": long}), "fcm_token"),
    ];
    let registering = [
        (
            json!({"user_id": "a", "fcm_token": "t", "platform": "windows"}),
            "platform",
        ),
        (
            json!({"user_id": "a", "fcm_token": "t", "platform": "Android"}),
            "platform",
        ),
        (
            json!({"user_id": "a", "fcm_token": "t", "platform": ""}),
            "platform",
        ),
        (
            json!({"user_id": "a", "fcm_token": "t", "platform": 1}),
            "platform",
        ),
        (
            json!({"user_id": "a", "fcm_token": "t", "device_id": 1}),
            "device_id",
        ),
        (
            json!({"user_id": "a", "fcm_token": "t", "device_id": "x".repeat(257)}),
            "device_id",
        ),
    ];
    for (path, body, field) in both
        .iter()
        .flat_map(|(body, field)| {
            ["/register_device", "/unregister_device"].map(|path| (path, body, field))
        })
        .chain(
            registering
                .iter()
                .map(|(body, field)| ("/register_device", body, field)),
        )
    {
        let answer = alice.posts(path, body.clone()).await;
        assert_eq!(
            (answer.status, &answer.body["field"]),
            (400, &json!(field)),
            "{path} {body} {}",
            answer.body
        );
    }
    assert_eq!(
        (world.rows("contacts"), world.rows("device_tokens")),
        (0, 0)
    );
    world.ends().await;
}

#[tokio::test]
async fn the_answer_is_in_the_language_asked_for() {
    let world = World::with(|options| options.settings.push(("LOCALE", "en".to_owned()))).await;
    let alice = world.phone("alice");
    for (language, words) in [
        (Some("ru"), "Устройство зарегистрировано успешно"),
        (Some("en"), "Device registered successfully"),
        (Some("uz"), "Qurilma muvaffaqiyatli ro‘yxatdan o‘tkazildi"),
        (Some("de"), "Device registered successfully"),
        (None, "Device registered successfully"),
    ] {
        let mut request = alice.request(Method::POST, "/register_device");
        if let Some(language) = language {
            request = request.header("accept-language", language);
        }
        let request = request.json(&json!({"user_id": "alice", "fcm_token": "t"}));
        assert_eq!(alice.answer(request).await.ok()["message"], words);
    }
    world.ends().await;
}
