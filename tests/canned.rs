//! Canned answers: kept by owners, read by all staff.

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Answer, Phone, World};

const PATH: &str = "/support/canned/";

async fn puts(staff: &Phone, path: &str, body: Value) -> Answer {
    let request = staff.request(Method::PUT, path).json(&body);
    staff.answer(request).await
}

async fn deletes(staff: &Phone, path: &str) -> Answer {
    staff.answer(staff.request(Method::DELETE, path)).await
}

fn names(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap();
    list.iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn owners_keep_them_and_agents_read_them() {
    let world = World::start().await;
    let (owner, agent) = (world.staff("boss", "owner"), world.staff("olga", "agent"));
    assert_eq!(agent.gets(PATH).await.ok(), json!([]));

    let made = owner
        .posts(PATH, json!({"name": "Привет", "text": " Hello!\u{0} "}))
        .await;
    assert_eq!(made.status, 201);
    assert_eq!(
        (&made.body["name"], &made.body["text"]),
        (&"привет".into(), &"Hello!".into())
    );
    assert_eq!(made.body["created_at"], "2026-03-01T12:00:00Z");
    owner
        .posts(PATH, json!({"name": "bye", "text": "Bye"}))
        .await;
    assert_eq!(names(&agent.gets(PATH).await.ok()), ["bye", "привет"]);

    let one = format!("{PATH}{}/", made.body["id"]);
    let changed = puts(&owner, &one, json!({"name": "hi", "text": "Hello there"}))
        .await
        .ok();
    assert_eq!(
        (&changed["id"], &changed["name"]),
        (&made.body["id"], &"hi".into())
    );
    // The same name again is no clash with itself, another's is.
    puts(&owner, &one, json!({"name": "HI", "text": "x"}))
        .await
        .ok();
    let clash = puts(&owner, &one, json!({"name": "bye", "text": "x"})).await;
    clash.refused(409, "name_taken");
    assert_eq!(clash.body["field"], "name");

    assert_eq!(deletes(&owner, &one).await.status, 204);
    deletes(&owner, &one).await.refused(404, "canned_not_found");
    puts(&owner, &one, json!({"name": "z", "text": "x"}))
        .await
        .refused(404, "canned_not_found");
    assert_eq!(names(&agent.gets(PATH).await.ok()), ["bye"]);
    world.ends().await;
}

#[tokio::test]
async fn what_is_wrong_is_named_and_only_owners_may_change() {
    let world = World::start().await;
    let (owner, agent) = (world.staff("boss", "owner"), world.staff("olga", "agent"));
    let cases = [
        (json!({"text": "x"}), "missing_field", "name"),
        (json!({"name": "", "text": "x"}), "missing_field", "name"),
        (
            json!({"name": "two words", "text": "x"}),
            "invalid_name",
            "name",
        ),
        (
            json!({"name": "x".repeat(33), "text": "x"}),
            "invalid_name",
            "name",
        ),
        (json!({"name": 5, "text": "x"}), "invalid_field", "name"),
        (json!({"name": "x", "text": " \n"}), "missing_field", "text"),
        (
            json!({"name": "x", "text": "y".repeat(4097)}),
            "message_too_long",
            "text",
        ),
    ];
    for (body, code, field) in cases {
        let answer = owner.posts(PATH, body).await;
        answer.refused(400, code);
        assert_eq!(answer.body["field"], field);
    }
    let good = json!({"name": "x", "text": "y"});
    agent
        .posts(PATH, good.clone())
        .await
        .refused(403, "not_allowed");
    puts(&agent, &format!("{PATH}1/"), good.clone())
        .await
        .refused(403, "not_allowed");
    deletes(&agent, &format!("{PATH}1/"))
        .await
        .refused(403, "not_allowed");
    world
        .phone("x")
        .gets(PATH)
        .await
        .refused(401, "unauthorized");
    assert_eq!(world.service().posts(PATH, good).await.status, 201);
    world.ends().await;
}
