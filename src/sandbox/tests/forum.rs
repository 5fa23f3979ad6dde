//! Topics, rights and the group's fate.

use serde_json::json;
use teloxide::payloads::{CreateForumTopicSetters, SendMessageSetters};
use teloxide::requests::Requester;
use teloxide::types::{ChatId, Rgb};
use teloxide::{ApiError, RequestError};

use super::*;

#[tokio::test]
async fn a_topic_takes_messages_until_it_is_deleted() {
    let (sandbox, bot) = world(true).await;
    let group = ChatId(sandbox.group_chat_id());
    let topic = bot
        .create_forum_topic(group, "Alice · 7")
        .icon_color(Rgb::from_u32(7_322_096))
        .await
        .unwrap();
    let thread = i64::from(topic.thread_id.0.0);
    let sent = bot
        .send_message(group, "hello")
        .message_thread_id(topic.thread_id)
        .await
        .unwrap();
    assert_eq!(sent.thread_id, Some(topic.thread_id));
    assert!(sent.is_topic_message);
    // The quirk: what answers nothing answers the topic's creation message.
    assert!(
        sent.reply_to_message()
            .unwrap()
            .forum_topic_created()
            .is_some()
    );

    let answer = sandbox.agent_replies(i64::from(sent.id.0), "hi");
    let shown = sandbox.posts();
    let answer = shown.iter().find(|post| post.id == answer).unwrap();
    assert_eq!(answer.thread_id, Some(thread));

    sandbox.delete_topic(thread);
    let lost = bot
        .send_message(group, "still there?")
        .message_thread_id(topic.thread_id)
        .await
        .unwrap_err();
    assert!(lost.to_string().contains("message thread not found"));
    assert!(sandbox.topics()[0].deleted);
}

#[tokio::test]
async fn topics_need_a_forum_and_the_right() {
    let (sandbox, _) = world(true).await;
    let topic = json!({"chat_id": sandbox.group_chat_id(), "name": "x"});
    for (take, give) in [
        (Sandbox::set_can_manage_topics as fn(&Sandbox, bool), true),
        (Sandbox::set_bot_admin, true),
    ] {
        take(&sandbox, false);
        assert_eq!(
            refusal(&sandbox, "createForumTopic", topic.clone()).await,
            "Bad Request: not enough rights to create a topic"
        );
        take(&sandbox, give);
    }
    sandbox.set_forum(false);
    assert_eq!(
        refusal(&sandbox, "createForumTopic", topic).await,
        "Bad Request: the chat is not a forum"
    );
}

#[tokio::test]
async fn a_topic_is_renamed_but_not_to_its_own_name() {
    let (sandbox, _) = world(true).await;
    let thread = sandbox.agent_opens_topic("old");
    let mut params =
        json!({"chat_id": sandbox.group_chat_id(), "message_thread_id": thread, "name": "new"});
    assert_eq!(
        call(&sandbox, "editForumTopic", params.clone()).await.0,
        200
    );
    assert_eq!(sandbox.topics()[0].name, "new");
    assert_eq!(
        refusal(&sandbox, "editForumTopic", params.clone()).await,
        "Bad Request: TOPIC_NOT_MODIFIED"
    );
    params["message_thread_id"] = json!(999);
    assert_eq!(
        refusal(&sandbox, "editForumTopic", params).await,
        "Bad Request: TOPIC_ID_INVALID"
    );
}

#[tokio::test]
async fn a_migrated_group_answers_with_its_new_id() {
    let (sandbox, bot) = world(false).await;
    let old = ChatId(sandbox.group_chat_id());
    bot.send_message(old, "before").await.unwrap();
    let new = ChatId(sandbox.migrate_group());
    let moved = bot.send_message(old, "after").await.unwrap_err();
    let RequestError::MigrateToChatId(told) = moved else {
        panic!("{moved:?}")
    };
    assert_eq!(told, new);
    bot.send_message(new, "after").await.unwrap();
    let updates = bot.get_updates().await.unwrap();
    let moves = updates.iter().filter_map(|update| match &update.kind {
        teloxide::types::UpdateKind::Message(message) => Some((
            message.chat.id,
            message.migrate_to_chat_id().copied(),
            message.migrate_from_chat_id().copied(),
        )),
        _ => None,
    });
    let moves: Vec<_> = moves.collect();
    assert_eq!(moves, [(old, Some(new), None), (new, None, Some(old))]);
}

#[tokio::test]
async fn a_kicked_bot_is_told_so_and_may_come_back() {
    let (sandbox, bot) = world(false).await;
    let group = ChatId(sandbox.group_chat_id());
    sandbox.kick_bot();
    let kicked = bot.send_message(group, "x").await.unwrap_err();
    assert!(matches!(
        kicked,
        RequestError::Api(ApiError::BotKickedFromSupergroup)
    ));
    sandbox.agent_writes(None, "the bot does not hear this");
    sandbox.let_bot_back();
    bot.send_message(group, "back").await.unwrap();
    let updates = bot.get_updates().await.unwrap();
    let standings: Vec<_> = updates
        .iter()
        .map(|update| match &update.kind {
            teloxide::types::UpdateKind::MyChatMember(change) => {
                change.new_chat_member.is_administrator()
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(standings, [false, true]);
}
