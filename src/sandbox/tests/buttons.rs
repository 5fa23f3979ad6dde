//! Inline keyboards, presses, closed topics and the list of commands.

use serde_json::json;

use super::*;

async fn posted(sandbox: &Sandbox, keyboard: Value) -> (u16, Value) {
    let message =
        json!({"chat_id": sandbox.group_chat_id(), "text": "hi", "reply_markup": keyboard});
    call(sandbox, "sendMessage", message).await
}

fn take(data: &str) -> Value {
    json!({"inline_keyboard": [[{"text": "Take", "callback_data": data}]]})
}

#[tokio::test]
async fn a_press_is_an_update_and_is_answered_once_and_in_time() {
    let (sandbox, _) = world(false).await;
    let (_, sent) = posted(&sandbox, take("take:1")).await;
    let post = sent["result"]["message_id"].as_i64().unwrap();
    assert_eq!(sent["result"]["reply_markup"], take("take:1"));
    assert_eq!(sandbox.buttons_of(post), ["Take"]);
    assert_eq!(sandbox.agent_presses(post, "Close"), None);
    let press = sandbox.agent_presses(post, "Take").unwrap();
    let (_, updates) = call(&sandbox, "getUpdates", json!({})).await;
    let query = &updates["result"][0]["callback_query"];
    assert_eq!(
        (&query["data"], &query["message"]["message_id"]),
        (&json!("take:1"), &json!(post))
    );
    let answer = |text: &str| json!({"callback_query_id": press, "text": text, "show_alert": true});
    let too_long = refusal(&sandbox, "answerCallbackQuery", answer(&"x".repeat(201))).await;
    assert_eq!(too_long, "Bad Request: MESSAGE_TOO_LONG");
    assert_eq!(
        call(&sandbox, "answerCallbackQuery", answer("yours"))
            .await
            .0,
        200
    );
    let shown = sandbox.presses().remove(0);
    assert_eq!(
        (shown.answer.as_deref(), shown.alert),
        (Some("yours"), true)
    );
    let again = refusal(&sandbox, "answerCallbackQuery", answer("yours")).await;
    assert!(
        again.starts_with("Bad Request: query is too old"),
        "{again}"
    );
}

#[tokio::test]
async fn keyboards_are_checked_and_changed() {
    let (sandbox, _) = world(false).await;
    for (keyboard, words) in [
        (take(""), "BUTTON_DATA_INVALID"),
        (take(&"x".repeat(65)), "BUTTON_DATA_INVALID"),
        (
            json!({"inline_keyboard": [[{"text": "", "callback_data": "x"}]]}),
            "non-empty",
        ),
        (
            json!({"inline_keyboard": [[{"text": "x"}]]}),
            "Text buttons are unallowed",
        ),
        (json!({"inline_keyboard": {}}), "must be of type Array"),
        (json!([]), "object expected as reply markup"),
    ] {
        let (status, body) = posted(&sandbox, keyboard.clone()).await;
        let said = body["description"].as_str().unwrap_or_default();
        assert!(status == 400 && said.contains(words), "{keyboard}: {body}");
    }
    let (_, sent) = posted(&sandbox, take("take:1")).await;
    let post = sent["result"]["message_id"].as_i64().unwrap();
    let chat = sandbox.group_chat_id();
    let edit =
        |keyboard: Value| json!({"chat_id": chat, "message_id": post, "reply_markup": keyboard});
    let same = refusal(&sandbox, "editMessageReplyMarkup", edit(take("take:1"))).await;
    assert!(same.contains("message is not modified"), "{same}");
    let none = edit(json!({"inline_keyboard": []}));
    assert_eq!(call(&sandbox, "editMessageReplyMarkup", none).await.0, 200);
    assert!(sandbox.buttons_of(post).is_empty());
}

#[tokio::test]
async fn a_closed_topic_takes_messages_of_those_who_manage_topics_only() {
    let (sandbox, _) = world(true).await;
    let thread = sandbox.agent_opens_topic("Alice");
    let topic = json!({"chat_id": sandbox.group_chat_id(), "message_thread_id": thread});
    let mut message = topic.clone();
    message["text"] = "hi".into();
    assert_eq!(
        call(&sandbox, "closeForumTopic", topic.clone()).await.0,
        200
    );
    let again = refusal(&sandbox, "closeForumTopic", topic.clone()).await;
    assert_eq!(again, "Bad Request: TOPIC_NOT_MODIFIED");
    assert_eq!(call(&sandbox, "sendMessage", message.clone()).await.0, 200);
    sandbox.set_can_manage_topics(false);
    let closed = refusal(&sandbox, "sendMessage", message).await;
    assert_eq!(closed, "Bad Request: TOPIC_CLOSED");
    sandbox.set_can_manage_topics(true);
    assert_eq!(call(&sandbox, "reopenForumTopic", topic).await.0, 200);
    assert!(!sandbox.topics()[0].closed);
}

#[tokio::test]
async fn commands_are_kept_by_scope_and_checked() {
    let (sandbox, _) = world(false).await;
    let scope = json!({"type": "chat", "chat_id": sandbox.group_chat_id()});
    let offer = |command: &str, description: &str| json!({"commands": [{"command": command, "description": description}], "scope": scope});
    assert_eq!(
        call(&sandbox, "setMyCommands", offer("take", "Take it"))
            .await
            .0,
        200
    );
    assert_eq!(
        sandbox.commands(),
        [("take".to_owned(), "Take it".to_owned())]
    );
    for (command, description, words) in [
        ("Take", "x", "BOT_COMMAND_INVALID"),
        ("", "x", "BOT_COMMAND_INVALID"),
        ("take", "", "BOT_COMMAND_DESCRIPTION_INVALID"),
    ] {
        let said = refusal(&sandbox, "setMyCommands", offer(command, description)).await;
        assert!(said.contains(words), "{said}");
    }
    let mut elsewhere = offer("take", "x");
    elsewhere["scope"]["chat_id"] = json!(-5);
    let said = refusal(&sandbox, "setMyCommands", elsewhere).await;
    assert_eq!(said, "Bad Request: chat not found");
}

#[tokio::test]
async fn the_page_presses_buttons_too() {
    let (sandbox, _) = world(false).await;
    let (_, sent) = posted(&sandbox, take("take:1")).await;
    let post = sent["result"]["message_id"].as_i64().unwrap();
    let press = async |button: &str| {
        let url = format!("{}/press", sandbox.control_url());
        let body = json!({"message_id": post, "button": button, "agent": "Olga Petrova"});
        let answer = http().post(url).json(&body).send().await.unwrap();
        answer.status().as_u16()
    };
    assert_eq!(press("Take").await, 200);
    assert_eq!(press("Close").await, 400);
    assert_eq!(sandbox.presses()[0].by, "Olga Petrova");
}
