//! Updates: what agents do, as teloxide reads it, by polling and by webhook.

use std::sync::Mutex as StdMutex;
use std::time::Duration;

use serde_json::json;
use teloxide::payloads::GetUpdatesSetters;
use teloxide::requests::Requester;
use teloxide::types::{AllowedUpdate, ChatId, Message, UpdateKind};

use super::super::port::{Port, full};
use super::*;

async fn messages(bot: &Bot) -> Vec<Message> {
    let updates = bot.get_updates().await.unwrap();
    let message = |kind: &UpdateKind| match kind {
        UpdateKind::Message(message) | UpdateKind::EditedMessage(message) => message.clone(),
        other => panic!("{other:?}"),
    };
    updates.iter().map(|update| message(&update.kind)).collect()
}

#[tokio::test]
async fn an_answer_carries_the_post_it_answers_with_its_entities() {
    let (sandbox, bot) = world(false).await;
    let group = sandbox.group_chat_id();
    let text = "<a href=\"https://d.example/t/7\">\u{200b}</a>hello";
    let params = json!({"chat_id": group, "text": text, "parse_mode": "HTML"});
    let (_, post) = call(&sandbox, "sendMessage", params).await;
    let post = post["result"]["message_id"].as_i64().unwrap();
    let bob = sandbox.as_agent("Bob", None, Some("bob"));
    let answer = sandbox.agent_replies(post, "hi there");
    bob.agent_replies(answer, "well said");
    let [first, second] = &messages(&bot).await[..] else {
        panic!()
    };
    assert_eq!(first.text(), Some("hi there"));
    let replied = first.reply_to_message().unwrap();
    assert_eq!(i64::from(replied.id.0), post);
    assert_eq!(replied.entities().unwrap().len(), 1);
    assert_eq!(
        second.from.as_ref().unwrap().username.as_deref(),
        Some("bob")
    );
    // A chain of replies is a thread of its own outside forums, without being a topic.
    assert_eq!(i64::from(second.thread_id.unwrap().0.0), post);
    assert!(!second.is_topic_message);
}

#[tokio::test]
async fn every_kind_of_message_is_one_teloxide_knows() {
    let (sandbox, bot) = world(false).await;
    let kinds = [
        (FileKind::Photo, "a.png", "image/png"),
        (FileKind::Document, "a.pdf", "application/pdf"),
        (FileKind::Video, "a.mp4", "video/mp4"),
        (FileKind::VideoNote, "a.mp4", "video/mp4"),
        (FileKind::Animation, "a.mp4", "video/mp4"),
        (FileKind::Voice, "a.ogg", "audio/ogg"),
        (FileKind::Audio, "a.mp3", "audio/mpeg"),
        (FileKind::Sticker, "a.webp", "image/webp"),
    ];
    let first = sandbox.agent_writes(None, "start");
    for (kind, name, mime) in kinds {
        sandbox.agent_replies_with(first, vec![file(kind, name, mime, png(40, 30))], "");
    }
    sandbox.agent_sends_location(Some(first), 41.3, 69.2);
    sandbox.agent_sends_contact(Some(first), "+998901234567", "Vera");
    sandbox.pinned_message(first);
    sandbox.new_chat_members(&sandbox.stranger(5, "New", None));
    let got = messages(&bot).await;
    assert!(got[1].photo().is_some_and(|sizes| sizes.len() == 2));
    assert!(got[2].document().is_some());
    assert!(got[3].video().is_some());
    assert!(got[4].video_note().is_some());
    assert!(got[5].animation().is_some());
    assert!(got[6].voice().is_some());
    assert!(got[7].audio().is_some());
    assert!(got[8].sticker().is_some());
    assert!(got[9].location().is_some());
    assert!(
        got[10]
            .contact()
            .is_some_and(|contact| contact.first_name == "Vera")
    );
    assert!(got[11].pinned_message().is_some());
    assert!(got[12].new_chat_members().is_some());
    assert!(
        got[1..11]
            .iter()
            .all(|message| message.reply_to_message().is_some())
    );
}

#[tokio::test]
async fn an_album_is_one_update_a_part_with_one_group_id() {
    let (sandbox, bot) = world(false).await;
    let post = sandbox.agent_writes(None, "start");
    let photo = || file(FileKind::Photo, "a.png", "image/png", png(4, 4));
    sandbox.agent_replies_with(post, vec![photo(), photo(), photo()], "three");
    let got = messages(&bot).await;
    assert_eq!(got.len(), 4);
    assert_eq!(got[1].caption(), Some("three"));
    assert!(got[1].media_group_id().is_some());
    assert!(
        got[1..]
            .windows(2)
            .all(|two| two[0].media_group_id() == two[1].media_group_id())
    );
    let voice = file(FileKind::Voice, "a.ogg", "audio/ogg", png(4, 4));
    sandbox.agent_replies_with(post, vec![photo(), voice], "");
    assert_eq!(messages(&bot).await.last().unwrap().media_group_id(), None);
}

#[tokio::test]
async fn who_waits_for_a_change_is_woken_by_it_and_gives_up_in_time() {
    let (sandbox, _) = world(false).await;
    let two = |sandbox: &Sandbox| sandbox.posts().len() == 2;
    assert!(!sandbox.until(Duration::from_millis(20), two).await);
    let waiting = tokio::spawn({
        let sandbox = sandbox.clone();
        async move { sandbox.until(Duration::from_secs(10), two).await }
    });
    sandbox.agent_writes(None, "one");
    sandbox.agent_writes(None, "two");
    assert!(waiting.await.unwrap());
}

#[tokio::test]
async fn edits_and_private_messages_and_buttons_arrive() {
    let (sandbox, bot) = world(false).await;
    let id = sandbox.agent_writes(None, "helo");
    assert!(sandbox.agent_edits(id, "hello"));
    assert!(!sandbox.agent_edits(999, "nothing"));
    let vera = sandbox.stranger(77, "Vera", Some("vera"));
    let private = sandbox.private_message(&vera, "/start abc");
    sandbox.button_pressed(&vera, 77, private, "yes");
    sandbox.raw_update(json!({"some_future_kind": {"a": 1}}));
    let updates = bot.get_updates().await.unwrap();
    assert!(
        matches!(&updates[1].kind, UpdateKind::EditedMessage(message) if message.text() == Some("hello"))
    );
    assert!(matches!(&updates[2].kind, UpdateKind::Message(message)
        if message.chat.is_private() && message.chat.id == ChatId(77)));
    assert!(
        matches!(&updates[3].kind, UpdateKind::CallbackQuery(query) if query.data.as_deref() == Some("yes"))
    );
    assert!(matches!(&updates[4].kind, UpdateKind::Error(_)));
}

#[tokio::test]
async fn a_waiting_poll_is_woken_and_a_second_poll_ends_it() {
    let (sandbox, bot) = world(false).await;
    let poll = |bot: Bot| tokio::spawn(async move { bot.get_updates().timeout(15).await });
    let waiting = poll(bot.clone());
    let mut changes = sandbox.changes();
    changes.borrow_and_update();
    sandbox.agent_writes(None, "wake up");
    let updates = tokio::time::timeout(Duration::from_secs(5), waiting)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    assert_eq!(updates.len(), 1);
    let offset = updates[0].id.as_offset();

    let first = tokio::spawn({
        let bot = bot.clone();
        async move { bot.get_updates().offset(offset).timeout(15).await }
    });
    // The first has reached the sandbox once it has confirmed the update.
    while sandbox.updates_waiting() > 0 {
        tokio::task::yield_now().await;
    }
    bot.get_updates().offset(offset).await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(5), first)
        .await
        .unwrap()
        .unwrap();
    assert!(
        ended
            .unwrap_err()
            .to_string()
            .contains("terminated by other getUpdates")
    );
}

#[tokio::test]
async fn privacy_mode_hides_free_talk_from_a_bot_that_is_no_administrator() {
    let (sandbox, bot) = world(false).await;
    let post = bot
        .send_message(ChatId(sandbox.group_chat_id()), "x")
        .await
        .unwrap();
    sandbox.set_privacy(true);
    sandbox.agent_writes(None, "seen, it is an administrator");
    sandbox.set_bot_admin(false);
    sandbox.agent_writes(None, "hidden");
    sandbox.agent_writes(None, "/reply 1 seen");
    sandbox.agent_replies(i64::from(post.id.0), "seen too");
    let updates = bot
        .get_updates()
        .allowed_updates([AllowedUpdate::Message, AllowedUpdate::MyChatMember])
        .await;
    let texts: Vec<String> = updates
        .unwrap()
        .into_iter()
        .filter_map(|update| match update.kind {
            UpdateKind::Message(message) => message.text().map(str::to_owned),
            _ => None,
        })
        .collect();
    assert_eq!(
        texts,
        ["seen, it is an administrator", "/reply 1 seen", "seen too"]
    );
}

#[tokio::test]
async fn a_webhook_gets_updates_with_the_secret_until_it_says_yes() {
    let (sandbox, bot) = world(false).await;
    let (seen, mut arrivals) = tokio::sync::mpsc::unbounded_channel();
    let answers = Arc::new(StdMutex::new(vec![200, 500]));
    let port = Port::reserve(0).unwrap();
    port.open(Arc::new(move |request| {
        let secret = request
            .headers()
            .get("X-Telegram-Bot-Api-Secret-Token")
            .cloned();
        let status = answers.lock().unwrap().pop().unwrap_or(200);
        let seen = seen.clone();
        Box::pin(async move {
            use http_body_util::BodyExt;
            let body = request.into_body().collect().await.unwrap().to_bytes();
            let body: Value = serde_json::from_slice(&body).unwrap();
            seen.send((secret, body["update_id"].clone())).unwrap();
            let mut answer = http::Response::new(full(""));
            *answer.status_mut() = http::StatusCode::from_u16(status).unwrap();
            Ok(answer)
        })
    }))
    .await
    .unwrap();
    let hook = json!({"url": format!("http://{}/hook", port.address()), "secret_token": "s_1-A"});
    assert_eq!(call(&sandbox, "setWebhook", hook).await.0, 200);
    sandbox.agent_writes(None, "hello");
    let first = arrivals.recv().await.unwrap();
    let again = arrivals.recv().await.unwrap();
    assert_eq!(first, again);
    assert_eq!(first.0.unwrap(), "s_1-A");
    let info = bot.get_webhook_info().await.unwrap();
    assert!(info.last_error_message.unwrap().contains("500"));
    let polled = bot.get_updates().await.unwrap_err();
    assert!(
        polled
            .to_string()
            .contains("can't use getUpdates method while webhook is active")
    );
    sandbox.repeat_last_update(1);
    assert_eq!(arrivals.recv().await.unwrap().1, again.1);
    bot.delete_webhook().await.unwrap();
    sandbox.agent_writes(None, "by polling again");
    assert!(!bot.get_updates().await.unwrap().is_empty());
}
