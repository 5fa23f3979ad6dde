//! The bot's side: sending, limits, refusals.

use serde_json::json;
use teloxide::net::Download;
use teloxide::payloads::{SendMessageSetters, SendPhotoSetters};
use teloxide::requests::Requester;
use teloxide::types::{
    ChatAction, ChatId, InputFile, InputMedia, InputMediaPhoto, LinkPreviewOptions,
    MessageEntityKind, ParseMode, ReplyParameters,
};
use teloxide::{ApiError, RequestError};

use super::*;

#[tokio::test]
async fn teloxide_reads_what_the_bot_and_the_group_are() {
    let (sandbox, bot) = world(true).await;
    let me = bot.get_me().await.unwrap();
    assert_eq!(me.username(), "relaydesk_sandbox_bot");
    let group = ChatId(sandbox.group_chat_id());
    let chat = bot.get_chat(group).await.unwrap();
    assert!(chat.is_supergroup());
    let member = bot.get_chat_member(group, me.id).await.unwrap();
    assert!(member.can_manage_chat());
    sandbox.set_bot_admin(false);
    let member = bot.get_chat_member(group, me.id).await.unwrap();
    assert!(!member.is_privileged());
}

#[tokio::test]
async fn an_html_post_comes_back_with_entities_and_is_shown_in_the_group() {
    let (sandbox, bot) = world(false).await;
    let html = "📱 <b>Сообщение</b><a href=\"https://d.example/t/7\">\u{200b}</a>\n1 &lt; 2";
    let sent = bot
        .send_message(ChatId(sandbox.group_chat_id()), html)
        .parse_mode(ParseMode::Html)
        .link_preview_options(LinkPreviewOptions {
            is_disabled: true,
            url: None,
            prefer_small_media: false,
            prefer_large_media: false,
            show_above_text: false,
        })
        .await
        .unwrap();
    assert_eq!(sent.text(), Some("📱 Сообщение\u{200b}\n1 < 2"));
    let kinds: Vec<_> = sent.entities().unwrap().iter().map(|e| &e.kind).collect();
    assert!(matches!(
        kinds[..],
        [MessageEntityKind::Bold, MessageEntityKind::TextLink { .. }]
    ));
    let [post] = &sandbox.posts()[..] else {
        panic!()
    };
    assert_eq!(post.id, i64::from(sent.id.0));
    assert!(post.by_bot);
    assert!(post.html.contains("<b>Сообщение</b>") && post.html.contains("1 &lt; 2"));
}

#[tokio::test]
async fn photos_albums_and_documents_arrive_and_can_be_fetched() {
    let (sandbox, bot) = world(false).await;
    let group = ChatId(sandbox.group_chat_id());
    let photo = png(30, 20);
    let sent = bot
        .send_photo(group, InputFile::memory(photo.clone()).file_name("a.png"))
        .caption("<i>cap</i>")
        .parse_mode(ParseMode::Html)
        .await
        .unwrap();
    assert_eq!(sent.caption(), Some("cap"));
    let large = sent.photo().unwrap().last().unwrap();
    assert_eq!((large.width, large.height), (30, 20));
    let stored = bot.get_file(large.file.id.clone()).await.unwrap();
    let mut fetched = Vec::new();
    bot.download_file(&stored.path, &mut fetched).await.unwrap();
    assert_eq!(fetched, photo);

    let part = |name: &str| {
        let input = InputFile::memory(png(30, 20)).file_name(name.to_owned());
        InputMedia::Photo(InputMediaPhoto::new(input).caption(name.to_owned()))
    };
    let album = bot
        .send_media_group(group, [part("1"), part("2")])
        .await
        .unwrap();
    assert_eq!(album.len(), 2);
    assert!(album[0].media_group_id().is_some());
    assert_eq!(album[0].media_group_id(), album[1].media_group_id());
    assert_eq!(album[1].caption(), Some("2"));

    let again = InputFile::file_id(large.file.id.clone());
    bot.send_photo(group, again).await.unwrap();
    let paper = InputFile::memory("text").file_name("notes.txt");
    let document = bot.send_document(group, paper).await.unwrap();
    assert_eq!(
        document.document().unwrap().file_name.as_deref(),
        Some("notes.txt")
    );
    assert_eq!(sandbox.posts().len(), 5);
}

#[tokio::test]
async fn a_photo_by_url_is_fetched_from_loopback_only() {
    let (sandbox, _) = world(false).await;
    let ids = sandbox.agent_sends_files(
        None,
        None,
        vec![file(FileKind::Photo, "a.png", "image/png", png(9, 9))],
        "",
    );
    let shown = sandbox
        .posts()
        .into_iter()
        .find(|post| post.id == ids[0])
        .unwrap();
    let near = format!("{}/{}", sandbox.control_url(), shown.files[0].url);
    let group = sandbox.group_chat_id();
    let (status, body) = call(
        &sandbox,
        "sendPhoto",
        json!({"chat_id": group, "photo": near}),
    )
    .await;
    assert_eq!(
        (status, &body["result"]["photo"][1]["width"]),
        (200, &json!(9))
    );
    for far in ["https://example.com/a.png", "http://127.0.0.1:1/a.png"] {
        let params = json!({"chat_id": group, "photo": far});
        assert_eq!(
            refusal(&sandbox, "sendPhoto", params).await,
            "Bad Request: failed to get HTTP URL content"
        );
    }
    let media = json!([{"type": "photo", "media": near}, {"type": "photo", "media": "http://127.0.0.1:1/"}]);
    let params = json!({"chat_id": group, "media": media});
    assert_eq!(
        refusal(&sandbox, "sendMediaGroup", params).await,
        "Bad Request: failed to send message #2 with the error message \"failed to get HTTP URL content\""
    );
    assert_eq!(sandbox.posts().len(), 2);
}

#[tokio::test]
async fn replies_topics_actions_edits_and_deletes() {
    let (sandbox, bot) = world(false).await;
    let group = ChatId(sandbox.group_chat_id());
    let question = sandbox.agent_writes(None, "who is there?");
    let answer = bot
        .send_message(group, "me")
        .reply_parameters(ReplyParameters::new(teloxide::types::MessageId(
            question as i32,
        )))
        .await
        .unwrap();
    let replied = answer.reply_to_message().unwrap();
    assert_eq!(replied.text(), Some("who is there?"));
    assert_eq!(replied.from.as_ref().unwrap().full_name(), "Anna Petrova");

    bot.send_chat_action(group, ChatAction::Typing)
        .await
        .unwrap();
    assert_eq!(sandbox.typing()[0].action, "typing");

    let edited = bot
        .edit_message_text(group, answer.id, "it is me")
        .await
        .unwrap();
    assert_eq!(edited.text(), Some("it is me"));
    assert!(edited.edit_date().is_some() && sandbox.posts()[1].edited());
    let same = bot
        .edit_message_text(group, answer.id, "it is me")
        .await
        .unwrap_err();
    assert!(matches!(
        same,
        RequestError::Api(ApiError::MessageNotModified)
    ));
    bot.delete_message(group, answer.id).await.unwrap();
    assert!(
        sandbox
            .posts()
            .iter()
            .any(|post| post.by_bot && post.deleted)
    );
    let gone = bot.delete_message(group, answer.id).await.unwrap_err();
    assert!(matches!(
        gone,
        RequestError::Api(ApiError::MessageToDeleteNotFound)
    ));
}

#[tokio::test]
async fn what_telegram_refuses_is_refused_in_its_words() {
    let (sandbox, _) = world(true).await;
    let group = sandbox.group_chat_id();
    let in_group = |more: Value| {
        let mut params = json!({"chat_id": group, "text": "x"});
        params
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        params
    };
    let emoji = "😀".repeat(2049);
    for (method, params, words) in [
        (
            "sendMessage",
            json!({"text": "x"}),
            "Bad Request: chat_id is empty",
        ),
        (
            "sendMessage",
            json!({"chat_id": -5, "text": "x"}),
            "Bad Request: chat not found",
        ),
        (
            "sendMessage",
            json!({"chat_id": "@nobody", "text": "x"}),
            "Bad Request: chat not found",
        ),
        (
            "sendMessage",
            in_group(json!({"text": ""})),
            "Bad Request: message text is empty",
        ),
        (
            "sendMessage",
            in_group(json!({"text": emoji})),
            "Bad Request: message is too long",
        ),
        (
            "sendMessage",
            in_group(json!({"text": "<b>", "parse_mode": "HTML"})),
            "Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\"",
        ),
        (
            "sendMessage",
            in_group(json!({"reply_parameters": {"message_id": 99}})),
            "Bad Request: message to be replied not found",
        ),
        (
            "sendMessage",
            in_group(json!({"message_thread_id": 99})),
            "Bad Request: message thread not found",
        ),
        (
            "sendPhoto",
            in_group(json!({})),
            "Bad Request: there is no photo in the request",
        ),
        (
            "sendPhoto",
            in_group(json!({"photo": "nonsense"})),
            "Bad Request: wrong file identifier/HTTP URL specified",
        ),
        (
            "sendPhoto",
            in_group(json!({"photo": "nonsense", "caption": "x".repeat(1025)})),
            "Bad Request: message caption is too long",
        ),
        (
            "getFile",
            json!({"file_id": "nonsense"}),
            "Bad Request: wrong file_id or the file is temporarily unavailable",
        ),
        ("sendDice", json!({}), "Not Found: method not found"),
        (
            "setWebhook",
            json!({"url": "http://example.com/"}),
            "Bad Request: bad webhook: An HTTPS URL must be provided for webhook",
        ),
    ] {
        assert_eq!(refusal(&sandbox, method, params).await, words);
    }
    let lenient =
        json!({"reply_parameters": {"message_id": 99, "allow_sending_without_reply": true}});
    assert_eq!(
        call(&sandbox, "sendMessage", in_group(lenient)).await.0,
        200
    );
    let fits =
        in_group(json!({"text": format!("<b>{}</b>", "x".repeat(4096)), "parse_mode": "html"}));
    assert_eq!(call(&sandbox, "SENDMESSAGE", fits).await.0, 200);
    assert_eq!(sandbox.posts().len(), 2);
}

#[tokio::test]
async fn a_wrong_token_is_unauthorized() {
    let (sandbox, _) = world(false).await;
    let url = format!("{}/bot1:x/getMe", sandbox.url());
    let answer = http().get(url).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert!(answer.text().await.unwrap().contains("\"Unauthorized\""));
}

#[tokio::test]
async fn the_group_limit_counts_messages_of_the_group_only() {
    let (sandbox, bot) = world(false).await;
    let group = ChatId(sandbox.group_chat_id());
    let visitor = sandbox.stranger(77, "Vera", None);
    sandbox.private_message(&visitor, "hi");
    for number in 0..20 {
        bot.send_message(group, format!("{number}")).await.unwrap();
    }
    sandbox
        .inner_clock()
        .advance(std::time::Duration::from_secs(40));
    for _ in 0..20 {
        bot.send_message(ChatId(77), "psst").await.unwrap();
    }
    let limited = bot.send_message(group, "one more").await.unwrap_err();
    let RequestError::RetryAfter(wait) = limited else {
        panic!("{limited:?}")
    };
    assert_eq!(wait.seconds(), 20);
    sandbox.inner_clock().advance(wait.duration());
    bot.send_message(group, "one more").await.unwrap();
    let posts = sandbox.posts();
    assert_eq!(posts.len(), 21);
    // Ids are counted in each chat apart, so the same id means two messages.
    assert!(
        sandbox
            .chat_posts(77)
            .iter()
            .any(|post| post.id == posts[3].id)
    );
}

#[tokio::test]
async fn forms_and_queries_work_as_json_does() {
    let (sandbox, _) = world(false).await;
    let url = format!("{}/bot{}/sendmessage", sandbox.url(), sandbox.bot_token());
    let group = sandbox.group_chat_id();
    let get = format!("{url}?chat_id={group}&text=by%20query");
    assert_eq!(http().get(get).send().await.unwrap().status(), 200);
    let form = format!("chat_id={group}&text=by+form");
    let form_type = "application/x-www-form-urlencoded";
    let posted = http()
        .post(url)
        .header("content-type", form_type)
        .body(form)
        .send()
        .await;
    assert_eq!(posted.unwrap().status(), 200);
    let texts: Vec<_> = sandbox.posts().into_iter().map(|post| post.text).collect();
    assert_eq!(texts, ["by query", "by form"]);
}

impl Sandbox {
    fn inner_clock(&self) -> Clock {
        self.look(|world| world.clock.clone())
    }
}
