//! Messages the bot changes or removes in a private chat.

use std::time::Duration;

use serde_json::json;
use teloxide::payloads::{EditMessageCaptionSetters, EditMessageTextSetters};
use teloxide::requests::Requester;
use teloxide::types::{
    ChatId, InlineKeyboardButton, InlineKeyboardMarkup, InputFile, InputMedia, InputMediaDocument,
    InputMediaPhoto, MessageId,
};

use super::*;

/// A world with Alice in it, who has written message 1.
async fn started() -> (Sandbox, Bot, Person) {
    let (sandbox, bot) = world(false).await;
    let alice = sandbox.person("Alice", None, None);
    alice.writes("hi");
    (sandbox, bot, alice)
}

fn keys(label: &str) -> InlineKeyboardMarkup {
    InlineKeyboardMarkup::new([[InlineKeyboardButton::callback(label, "x")]])
}

#[tokio::test]
async fn text_and_buttons_change_together_and_not_without_a_difference() {
    let (sandbox, bot, alice) = started().await;
    let to = ChatId(alice.id());
    let sent = bot.send_message(to, "page 1").await.unwrap();
    let id = i64::from(sent.id.0);
    let edit = || {
        let edit = bot.edit_message_text(to, sent.id, "page 2");
        edit.reply_markup(keys("next"))
    };
    let edited = edit().await.unwrap();
    assert_eq!(edited.text(), Some("page 2"));
    assert_eq!(alice.buttons(id), ["next"]);
    let same = json!({"chat_id": alice.id(), "message_id": id, "text": "page 2",
        "reply_markup": {"inline_keyboard": [[{"text": "next", "callback_data": "x"}]]}});
    assert_eq!(
        refusal(&sandbox, "editMessageText", same).await,
        "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message"
    );
    bot.edit_message_text(to, sent.id, "page 2").await.unwrap();
    assert!(alice.buttons(id).is_empty());
    assert!(alice.sees()[1].edited());
    let below = json!({"chat_id": alice.id(), "message_id": id, "text": "x", "reply_markup": {"keyboard": [["a"]]}});
    let said = refusal(&sandbox, "editMessageText", below).await;
    assert_eq!(said, "Bad Request: inline keyboard expected");
}

#[tokio::test]
async fn captions_and_media_are_replaced_in_place() {
    let (sandbox, bot, alice) = started().await;
    let to = ChatId(alice.id());
    let photo = InputFile::memory(png(4, 4)).file_name("a.png");
    let sent = bot.send_photo(to, photo).await.unwrap();
    let captioned = bot.edit_message_caption(to, sent.id).caption("new").await;
    assert_eq!(captioned.unwrap().caption(), Some("new"));
    let paper = InputFile::memory("text").file_name("notes.txt");
    let paper = InputMedia::Document(InputMediaDocument::new(paper).caption("notes"));
    let replaced = bot.edit_message_media(to, sent.id, paper).await.unwrap();
    assert!(replaced.document().is_some() && replaced.photo().is_none());
    let post = &alice.sees()[1];
    assert_eq!(
        (post.kind.as_str(), post.text.as_str(), post.files.len()),
        ("document", "notes", 1)
    );
    let known = json!({"type": "document", "media": post.files[0].id, "caption": "notes"});
    let same = json!({"chat_id": alice.id(), "message_id": post.id, "media": known});
    let said = refusal(&sandbox, "editMessageMedia", same).await;
    assert!(said.contains("message is not modified"), "{said}");
    // A text becomes a photo, too.
    let text = bot.send_message(to, "text").await.unwrap();
    let photo = InputFile::memory(png(5, 5)).file_name("b.png");
    let photo = InputMedia::Photo(InputMediaPhoto::new(photo));
    let photo = bot.edit_message_media(to, text.id, photo).await.unwrap();
    assert!(photo.photo().is_some() && photo.text().is_none());
}

#[tokio::test]
async fn what_can_not_be_edited_is_refused_in_telegrams_words() {
    let (sandbox, bot, alice) = started().await;
    let to = ChatId(alice.id());
    let text = i64::from(bot.send_message(to, "text").await.unwrap().id.0);
    let place = i64::from(bot.send_location(to, 1.0, 2.0).await.unwrap().id.0);
    let part = || {
        let file = InputFile::memory(png(4, 4)).file_name("a.png");
        InputMedia::Photo(InputMediaPhoto::new(file))
    };
    let album = bot.send_media_group(to, [part(), part()]).await.unwrap();
    let album = i64::from(album[0].id.0);
    let paper = bot
        .send_document(to, InputFile::memory("x").file_name("x.txt"))
        .await
        .unwrap();
    let paper = paper.document().unwrap().file.id.to_string();
    let document = json!({"type": "document", "media": paper});
    let gone = i64::from(bot.send_message(to, "gone").await.unwrap().id.0);
    alice.deletes(gone);
    for (method, id, more, words) in [
        (
            "editMessageText",
            gone,
            json!({"text": "x"}),
            "message to edit not found",
        ),
        (
            "editMessageText",
            1,
            json!({"text": "x"}),
            "message can't be edited",
        ),
        (
            "editMessageText",
            place,
            json!({"text": "x"}),
            "there is no text in the message to edit",
        ),
        (
            "editMessageCaption",
            text,
            json!({"caption": "x"}),
            "there is no caption in the message to edit",
        ),
        (
            "editMessageCaption",
            place,
            json!({"caption": "x"}),
            "there is no caption in the message to edit",
        ),
        (
            "editMessageCaption",
            album,
            json!({"caption": "x".repeat(1025)}),
            "message caption is too long",
        ),
        (
            "editMessageMedia",
            text,
            json!({"media": "x"}),
            "can't parse media JSON object",
        ),
        (
            "editMessageMedia",
            place,
            json!({"media": document}),
            "message can't be edited",
        ),
        (
            "editMessageMedia",
            album,
            json!({"media": document}),
            "MEDIA_GROUPED_INVALID",
        ),
        (
            "editMessageReplyMarkup",
            1,
            json!({}),
            "message can't be edited",
        ),
        (
            "editMessageReplyMarkup",
            gone,
            json!({}),
            "message to edit not found",
        ),
        (
            "deleteMessage",
            gone,
            json!({}),
            "message to delete not found",
        ),
    ] {
        let mut params = more;
        params["chat_id"] = json!(alice.id());
        params["message_id"] = json!(id);
        let said = refusal(&sandbox, method, params).await;
        assert_eq!(said, format!("Bad Request: {words}"), "{method} {id}");
    }
}

#[tokio::test]
async fn messages_are_deleted_within_two_days_also_those_of_the_person() {
    let (sandbox, bot, alice) = started().await;
    let to = ChatId(alice.id());
    let old = bot.send_message(to, "old").await.unwrap();
    let ids = [1, 999, 2].map(MessageId);
    bot.delete_messages(to, ids.to_vec()).await.unwrap();
    assert!(alice.sees().is_empty());
    assert!(i64::from(old.id.0) == 2);
    bot.send_message(to, "older").await.unwrap();
    let clock = sandbox.look(|world| world.clock.clone());
    clock.advance(Duration::from_secs(48 * 3600));
    let delete = json!({"chat_id": alice.id(), "message_id": 3});
    let said = refusal(&sandbox, "deleteMessage", delete).await;
    assert_eq!(said, "Bad Request: message can't be deleted for everyone");
    for (ids, words) in [
        (json!([]), "message identifiers are not specified"),
        (json!(5), "expected an Array of message identifiers"),
        (
            json!(vec![1; 101]),
            "too many message identifiers specified",
        ),
    ] {
        let params = json!({"chat_id": alice.id(), "message_ids": ids});
        let said = refusal(&sandbox, "deleteMessages", params).await;
        assert_eq!(said, format!("Bad Request: {words}"));
    }
}
