//! Several groups: what is said in one, or happens to it, is no other's.

use serde_json::json;
use teloxide::requests::Requester;
use teloxide::types::{ChatId, UpdateKind};

use super::*;

async fn sent(sandbox: &Sandbox, chat_id: i64, more: Value) -> (u16, Value) {
    let mut message = json!({"chat_id": chat_id, "text": "x"});
    let more = more.as_object().unwrap().clone();
    message.as_object_mut().unwrap().extend(more);
    call(sandbox, "sendMessage", message).await
}

#[tokio::test]
async fn a_second_group_has_posts_topics_and_agents_of_its_own() {
    let (sandbox, bot) = world(false).await;
    let (first, second) = (sandbox.group_chat_id(), sandbox.add_group("Sales", true));
    let sales = sandbox.in_group(second);
    assert_eq!(
        (sales.group_chat_id(), sandbox.group_chat_id()),
        (second, first)
    );
    let chat = bot.get_chat(ChatId(second)).await.unwrap();
    assert_eq!(chat.title(), Some("Sales"));
    let topic = json!({"chat_id": second, "name": "Alice"});
    let (status, made) = call(&sandbox, "createForumTopic", topic.clone()).await;
    assert_eq!(status, 200);
    let thread = made["result"]["message_thread_id"].clone();
    let mut elsewhere = topic;
    elsewhere["chat_id"] = json!(first);
    let said = refusal(&sandbox, "createForumTopic", elsewhere).await;
    assert_eq!(said, "Bad Request: the chat is not a forum");
    let into = json!({"message_thread_id": thread});
    let (_, post) = sent(&sandbox, second, into.clone()).await;
    assert_eq!(sent(&sandbox, first, into).await.0, 400);
    let post = post["result"]["message_id"].as_i64().unwrap();
    sales
        .as_agent("Bob", None, None)
        .agent_replies(post, "for sales");
    sandbox.agent_writes(None, "for support");

    let texts = |chat| -> Vec<String> {
        let posts = sandbox.chat_posts(chat).into_iter();
        posts.map(|post| post.text).collect()
    };
    assert_eq!(texts(first), ["for support"]);
    assert_eq!(texts(second), ["Alice", "x", "for sales"]);
    assert_eq!(sales.posts().len(), 3);
    assert!(sandbox.topics().is_empty());
    let [topic] = &sandbox.chat_topics(second)[..] else {
        panic!()
    };
    assert_eq!((topic.chat_id, json!(topic.thread_id)), (second, thread));
    let chats: Vec<i64> = bot
        .get_updates()
        .await
        .unwrap()
        .iter()
        .map(|update| match &update.kind {
            UpdateKind::Message(message) => message.chat.id.0,
            UpdateKind::MyChatMember(change) => {
                assert!(change.new_chat_member.is_administrator());
                change.chat.id.0
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(chats, [second, second, first]);
}

#[tokio::test]
async fn what_happens_to_one_group_spares_the_other() {
    let (sandbox, _) = world(false).await;
    let (first, second) = (sandbox.group_chat_id(), sandbox.add_group("Sales", true));
    let sales = sandbox.in_group(second);
    let thread = sales.agent_opens_topic("Alice");
    sales.kick_bot();
    assert_eq!(sent(&sandbox, second, json!({})).await.0, 403);
    assert_eq!(sent(&sandbox, first, json!({})).await.0, 200);
    sales.let_bot_back();
    let new = sales.migrate_group();
    let (_, moved) = sent(&sandbox, second, json!({})).await;
    assert_eq!(moved["parameters"]["migrate_to_chat_id"], json!(new));
    assert_eq!(sales.group_chat_id(), new);
    assert_eq!(sandbox.group_chat_id(), first);
    let into = json!({"message_thread_id": thread});
    assert_eq!(sent(&sandbox, new, into.clone()).await.0, 200);
    assert_eq!(sales.topics()[0].chat_id, new);
    sales.delete_topic(thread);
    assert_eq!(sent(&sandbox, new, into).await.0, 400);
    // The first group has a message of the id of that topic, and keeps it.
    assert!(sandbox.posts().iter().all(|post| !post.deleted));
    sales.set_bot_admin(false);
    let delete = json!({"chat_id": new, "message_id": sales.agent_writes(None, "mine")});
    let said = refusal(&sandbox, "deleteMessage", delete).await;
    assert_eq!(said, "Bad Request: message can't be deleted");
    let delete = json!({"chat_id": first, "message_id": sandbox.agent_writes(None, "mine")});
    assert_eq!(call(&sandbox, "deleteMessage", delete).await.0, 200);
}

#[tokio::test]
async fn each_group_has_its_own_limit() {
    let (sandbox, _) = world(false).await;
    let (first, second) = (sandbox.group_chat_id(), sandbox.add_group("Sales", false));
    for _ in 0..20 {
        assert_eq!(sent(&sandbox, first, json!({})).await.0, 200);
    }
    assert_eq!(sent(&sandbox, first, json!({})).await.0, 429);
    let clock = sandbox.look(|world| world.clock.clone());
    clock.advance(std::time::Duration::from_secs(1));
    for _ in 0..20 {
        assert_eq!(sent(&sandbox, second, json!({})).await.0, 200);
    }
    let (status, body) = sent(&sandbox, second, json!({})).await;
    assert_eq!(
        (status, &body["parameters"]["retry_after"]),
        (429, &json!(60))
    );
}
