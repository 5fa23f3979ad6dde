//! The control interface, on the sandbox's own port and inside poem.

use http::Method;
use serde_json::json;

use super::*;

async fn control(sandbox: &Sandbox, path: &str, params: Value) -> (u16, Value) {
    let body = Bytes::from(params.to_string());
    let json = Some("application/json");
    let answer = sandbox.control(&Method::POST, path, json, body).await;
    (answer.status, serde_json::from_slice(&answer.body).unwrap())
}

#[tokio::test]
async fn the_page_replies_edits_talks_and_sees_it_in_the_state() {
    let (sandbox, _) = world(false).await;
    let post =
        json!({"chat_id": sandbox.group_chat_id(), "text": "<b>7</b>", "parse_mode": "HTML"});
    let (_, sent) = call(&sandbox, "sendMessage", post).await;
    let id = &sent["result"]["message_id"];
    let (status, replied) = control(
        &sandbox,
        "reply",
        json!({"reply_to": id, "text": "<x>", "agent": "Bob Smith"}),
    )
    .await;
    assert_eq!(status, 200);
    let edit = json!({"message_id": replied["ids"][0], "text": "better"});
    assert_eq!(control(&sandbox, "edit", edit).await.0, 200);
    assert_eq!(
        control(&sandbox, "say", json!({"text": "lunch?"})).await.0,
        200
    );

    let url = format!("{}/state", sandbox.control_url());
    let state: Value = http().get(url).send().await.unwrap().json().await.unwrap();
    let column = |name: &str| -> Vec<Value> {
        let posts = state["posts"].as_array().unwrap();
        posts.iter().map(|post| post[name].clone()).collect()
    };
    assert_eq!(column("html"), ["<b>7</b>", "better", "lunch?"]);
    assert_eq!(column("from")[1], "Bob Smith");
    assert_eq!(state["faults"], json!({"telegram": "up", "fcm": "up"}));
    assert!(state["version"].as_u64().unwrap() > 1);
    assert_eq!(sandbox.updates_waiting(), 3);
}

#[tokio::test]
async fn a_reply_with_photos_is_an_album_and_its_files_can_be_seen() {
    let (sandbox, _) = world(false).await;
    let post = sandbox.agent_writes(None, "start");
    let part = || {
        let bytes = png(5, 5).to_vec();
        reqwest::multipart::Part::bytes(bytes)
            .file_name("a.png")
            .mime_str("image/png")
            .unwrap()
    };
    let form = reqwest::multipart::Form::new()
        .text("reply_to", post.to_string())
        .text("text", "two")
        .part("photo", part())
        .part("photo", part());
    let url = format!("{}/sandbox/reply", sandbox.url());
    let answer = http().post(url).multipart(form).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let posts = sandbox.posts();
    assert_eq!(
        (posts[1].text.as_str(), posts[2].text.as_str()),
        ("two", "")
    );
    assert!(posts[1].media_group_id.is_some());
    let url = format!("{}/{}", sandbox.control_url(), posts[2].files[0].url);
    let shown = http().get(url).send().await.unwrap();
    assert_eq!(shown.headers()["content-type"], "image/png");
    assert_eq!(shown.headers()["x-content-type-options"], "nosniff");
}

#[tokio::test]
async fn faults_are_set_from_a_port_they_do_not_touch() {
    let (sandbox, _) = world(false).await;
    let url = format!("{}/faults", sandbox.control_url());
    let set = |faults: Value| {
        let request = http().post(&url).json(&faults);
        async move { request.send().await.unwrap().json::<Value>().await.unwrap() }
    };
    let me = || {
        http()
            .get(format!(
                "{}/bot{}/getMe",
                sandbox.url(),
                sandbox.bot_token()
            ))
            .send()
    };
    assert_eq!(set(json!({"telegram": "down"})).await["telegram"], "down");
    assert!(me().await.unwrap_err().is_connect());
    assert_eq!(set(json!({"telegram": "429"})).await["telegram"], "429");
    assert_eq!(me().await.unwrap().status(), 429);
    assert_eq!(
        set(json!({"telegram": "up", "fcm": "down"})).await,
        json!({"telegram": "up", "fcm": "down"})
    );
    assert_eq!(me().await.unwrap().status(), 200);
}

#[tokio::test]
async fn malformed_calls_are_told_what_is_wrong() {
    let (sandbox, _) = world(false).await;
    for (path, params, status) in [
        ("reply", json!({}), 400),
        ("reply", json!({"reply_to": 99, "text": "x"}), 400),
        ("reply", json!({"reply_to": "x", "text": "x"}), 400),
        ("reply", json!({"thread_id": 5, "text": "x"}), 400),
        ("edit", json!({"text": "x"}), 400),
        ("say", json!({"text": ""}), 400),
        ("say", json!([]), 400),
        ("faults", json!({"telegram": "sideways"}), 400),
        ("faults", json!({}), 400),
        ("device", json!({"token": "phone", "state": "lost"}), 400),
        ("device", json!({"state": "fine"}), 400),
        ("state", json!({}), 405),
        ("nonsense", json!({}), 404),
        ("file/none", json!({}), 404),
    ] {
        let (got, body) = control(&sandbox, path, params).await;
        assert_eq!(got, status, "{path}");
        assert!(body["error"].is_string(), "{path}");
    }
    assert!(sandbox.posts().is_empty());
}

#[tokio::test]
async fn every_change_is_an_event() {
    let (sandbox, _) = world(false).await;
    let url = format!("{}/events", sandbox.control_url());
    let mut events = http().get(url).send().await.unwrap();
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    let first = events.chunk().await.unwrap().unwrap();
    assert!(first.starts_with(b"event: changed\ndata: "));
    sandbox.agent_writes(None, "x");
    let second = events.chunk().await.unwrap().unwrap();
    assert_ne!(first, second);
}

#[tokio::test]
async fn poem_serves_the_same_where_it_is_nested() {
    let (sandbox, _) = world(false).await;
    let app = poem::Route::new().nest("/demo/api", sandbox.control_routes());
    let get = |path: &str| {
        let request = poem::Request::builder().uri_str(path).finish();
        poem::Endpoint::get_response(&app, request)
    };
    let state = get("/demo/api/state").await;
    assert_eq!(state.status(), 200);
    let state: Value = state.into_body().into_json().await.unwrap();
    assert_eq!(state["agents"][0]["first_name"], "Anna");
    assert_eq!(get("/demo/api/nonsense").await.status(), 404);
    let events = get("/demo/api/events").await;
    assert_eq!(events.content_type(), Some("text/event-stream"));
}

#[tokio::test]
async fn the_page_adds_groups_and_acts_in_the_one_it_names() {
    let (sandbox, _) = world(false).await;
    let (status, added) = control(&sandbox, "group", json!({"title": "Sales"})).await;
    assert_eq!(status, 200);
    let chat = added["chat_id"].as_i64().unwrap();
    let say = json!({"text": "only here", "group": chat});
    assert_eq!(control(&sandbox, "say", say).await.0, 200);
    assert!(sandbox.posts().is_empty());
    let get = async |path: &str| {
        let answer = sandbox.control(&Method::GET, path, None, Bytes::new());
        let answer = answer.await;
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        (answer.status, body)
    };
    let (_, first) = get("state").await;
    let (status, sales) = get(&format!("state/{chat}")).await;
    assert_eq!(status, 200);
    assert_eq!(first["posts"], json!([]));
    assert_eq!(sales["posts"][0]["text"], "only here");
    assert_eq!(sales["group"], json!({"chat_id": chat, "title": "Sales"}));
    let newest = &sales["posts"][0]["id"];
    let support = json!({"chat_id": sandbox.group_chat_id(), "title": "Support", "newest": null});
    let all = json!([support, {"chat_id": chat, "title": "Sales", "newest": newest}]);
    assert_eq!((&first["groups"], &sales["groups"]), (&all, &all));
    for (path, params, status) in [
        ("group", json!({"title": " "}), 400),
        ("say", json!({"text": "x", "group": 5}), 400),
        ("reply", json!({"text": "x", "reply_to": newest}), 400),
    ] {
        assert_eq!(control(&sandbox, path, params).await.0, status, "{path}");
    }
    assert_eq!(get("state/5").await.0, 404);
}
