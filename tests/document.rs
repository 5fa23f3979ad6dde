//! The description of the interfaces: that it leaves nothing out, and that it promises what the server does.

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::World;

const METHODS: [&str; 6] = ["get", "head", "post", "put", "patch", "delete"];

/// The schema a body of this operation has.
fn body_schema<'a>(document: &'a Value, path: &str, method: &str) -> &'a Value {
    let content = &document["paths"][path][method]["requestBody"]["content"];
    let (_, content) = content.as_object().unwrap().iter().next().unwrap();
    let name = content["schema"]["$ref"].as_str().unwrap();
    let name = name.rsplit('/').next().unwrap();
    &document["components"]["schemas"][name]
}

#[tokio::test]
async fn every_operation_says_what_it_is_for() {
    let world = World::with(|options| options.telegram = false).await;
    let document = world.phone("x").gets("/openapi.json").await.ok();
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in METHODS {
            let Some(operation) = item.get(method) else {
                continue;
            };
            operations += 1;
            for word in ["summary", "description", "operationId"] {
                let said = operation[word].as_str().unwrap_or_default();
                assert!(!said.trim().is_empty(), "{method} {path} has no {word}");
            }
        }
    }
    assert!(operations > 90, "{operations}");
    world.ends().await;
}

#[tokio::test]
async fn what_the_document_requires_the_server_asks_for() {
    let world = World::with(|options| options.telegram = false).await;
    let owner = world.staff("boss", "owner");
    let document = owner.gets("/openapi.json").await.ok();
    for (path, name, code) in [
        ("/support/search", "q", "missing_field"),
        (
            "/api/ticket/tickets/my-tickets",
            "admin_id",
            "admin_id_missing",
        ),
        (
            "/api/ticket/tickets/user-tickets",
            "user_id",
            "user_id_missing",
        ),
    ] {
        let parameters = document["paths"][path]["get"]["parameters"].as_array();
        let mut parameters = parameters.unwrap().iter();
        let parameter = parameters.find(|parameter| parameter["name"] == name);
        assert_eq!(parameter.unwrap()["required"], true, "{path}");
        for empty in [path.to_owned(), format!("{path}?{name}=")] {
            owner.gets(&empty).await.refused(400, code);
        }
    }
    for (method, path, required) in [
        ("post", "/api/admin/categories", json!(["name_uz"])),
        ("put", "/api/admin/categories/{id}", json!(["name_uz"])),
        ("patch", "/api/admin/categories/{id}", Value::Null),
        (
            "post",
            "/api/admin/admin-categories",
            json!(["admin", "category"]),
        ),
        ("patch", "/api/admin/admin-categories/{id}", Value::Null),
        ("put", "/api/ticket/tickets/{id}", json!(["title"])),
        ("patch", "/api/ticket/tickets/{id}", Value::Null),
    ] {
        let schema = body_schema(&document, path, method);
        assert_eq!(schema["required"], required, "{method} {path}");
        let Some(first) = required[0].as_str() else {
            continue;
        };
        let address = path.replace("{id}", "1");
        let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        let answer = owner
            .answer(owner.request(method, &address).json(&json!({})))
            .await;
        answer.refused(400, "missing_field");
        assert_eq!(answer.body["field"], first, "{path}");
    }
    world.ends().await;
}

#[tokio::test]
async fn what_the_document_forbids_the_server_refuses() {
    let world = World::with(|options| options.telegram = false).await;
    let owner = world.staff("boss", "owner");
    let document = owner.gets("/openapi.json").await.ok();
    for path in [
        "/api/admin/admins",
        "/api/admin/admin-activities",
        "/api/admin/admin-categories",
        "/api/admin/categories",
        "/api/admin/log",
        "/api/ticket/messages",
        "/api/ticket/tickets",
        "/api/user/users",
    ] {
        for name in ["page", "page_size"] {
            let parameters = document["paths"][path]["get"]["parameters"].as_array();
            let mut parameters = parameters.unwrap().iter();
            let parameter = parameters.find(|parameter| parameter["name"] == name);
            assert_eq!(parameter.unwrap()["schema"]["minimum"], 1.0, "{path}");
            for wrong in ["0", "1000000000001", "100000000000000000000"] {
                let answer = owner.gets(&format!("{path}?{name}={wrong}")).await;
                answer.refused(400, "invalid_field");
                assert_eq!(answer.body["field"], name);
            }
        }
    }
    // Path, a property, what of it the document says, a value that breaks it.
    let post = [
        ("/api/admin/admins", "telegram_id", "minimum", json!(0)),
        ("/api/admin/admins", "role", "pattern", json!("boss")),
        ("/api/admin/admins", "email", "pattern", json!("a@b@c")),
        ("/api/admin/admins", "password", "minLength", json!("short")),
        (
            "/api/admin/admins",
            "first_name",
            "pattern",
            json!("a\u{7}"),
        ),
        ("/api/admin/categories", "name_uz", "pattern", json!(" ")),
        ("/api/admin/categories", "order", "minimum", json!(-1)),
        (
            "/api/admin/admin-categories",
            "category",
            "minimum",
            json!(0),
        ),
        ("/api/ticket/tickets", "title", "pattern", json!("a\nb")),
        (
            "/api/ticket/tickets",
            "priority",
            "pattern",
            json!("urgent"),
        ),
        (
            "/api/ticket/messages",
            "content_type",
            "pattern",
            json!("html"),
        ),
        ("/api/user/users", "language", "pattern", json!("de")),
        (
            "/api/user/users",
            "username",
            "maxLength",
            json!("x".repeat(65)),
        ),
        ("/support/canned", "name", "pattern", json!("two words")),
        ("/support/canned", "text", "pattern", json!(" \n ")),
    ];
    for (path, name, rule, broken) in post {
        let schema = body_schema(&document, path, "post");
        assert!(
            schema["properties"][name].get(rule).is_some(),
            "{path} {name} {rule}"
        );
        let mut body = json!({
            "user": 1, "title": "Help", "ticket": 1, "sender_admin": 1, "content": "x", "name": "hi", "text": "Hi!",
            "name_uz": "Savol", "admin": 1, "category": 1, "user_id": "u-1",
        });
        if path.ends_with("admins") || path.ends_with("categories") {
            body = json!({"name_uz": "Savol", "admin": 1, "category": 1, "email": "new@example.com", "password": "long enough"});
        }
        body[name] = broken;
        let answer = owner.posts(path, body).await;
        assert_eq!(answer.status, 400, "{path} {name}: {}", answer.body);
        assert_eq!(answer.body["field"], name, "{path}");
    }
    world.ends().await;
}
