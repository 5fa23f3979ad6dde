//! What a phone is told, pinned, and the law of 4096 bytes.

use proptest::prelude::*;

use super::*;
use crate::domain::ids::{MessageId, UserId};

const RU: Words<'_> = Words {
    title: "Ответ от поддержки",
    media: "📷 Фото",
};

fn content(text: &str) -> PushContent {
    PushContent {
        token: "a-token".to_owned(),
        user: UserId::stored("alice".to_owned()),
        message_id: MessageId(77),
        text: text.to_owned(),
        kinds: Vec::new(),
        photo: None,
        badge: 3,
        last_error: None,
    }
}

fn size_without_token(message: &Value) -> usize {
    let mut message = message.clone();
    message.as_object_mut().unwrap().remove("token").unwrap();
    message.to_string().len()
}

fn body(message: &Value) -> &str {
    message["notification"]["body"].as_str().unwrap()
}

fn text(message: &Value) -> &str {
    message["data"]["message"].as_str().unwrap()
}

#[test]
fn an_answer_of_words_is_title_body_and_data() {
    let message = message(&content("Уже едем"), &RU, None);
    insta::assert_snapshot!(serde_json::to_string_pretty(&message).unwrap(), @r#"
    {
      "android": {
        "priority": "high"
      },
      "apns": {
        "headers": {
          "apns-priority": "10",
          "apns-push-type": "alert"
        },
        "payload": {
          "aps": {
            "badge": 3,
            "sound": "default"
          }
        }
      },
      "data": {
        "message": "Уже едем",
        "message_id": "77",
        "type": "support_reply",
        "user_id": "alice"
      },
      "notification": {
        "body": "Уже едем",
        "title": "Ответ от поддержки"
      },
      "token": "a-token"
    }
    "#);
}

#[test]
fn a_photo_without_words_is_a_word_and_an_absolute_address() {
    let mut content = content("");
    content.kinds = vec![AttachmentKind::Photo];
    content.photo = Some("f3a9.jpg".to_owned());
    let message = message(&content, &RU, Some("https://desk.example/"));
    insta::assert_snapshot!(serde_json::to_string_pretty(&message).unwrap(), @r#"
    {
      "android": {
        "priority": "high"
      },
      "apns": {
        "headers": {
          "apns-priority": "10",
          "apns-push-type": "alert"
        },
        "payload": {
          "aps": {
            "badge": 3,
            "sound": "default"
          }
        }
      },
      "data": {
        "message": "",
        "message_id": "77",
        "photo_url": "https://desk.example/uploads/f3a9.jpg",
        "type": "support_reply",
        "user_id": "alice"
      },
      "notification": {
        "body": "📷 Фото",
        "title": "Ответ от поддержки"
      },
      "token": "a-token"
    }
    "#);
}

#[test]
fn without_a_public_address_the_photo_is_a_path() {
    let mut content = content("see");
    content.photo = Some("f3a9.jpg".to_owned());
    let message = message(&content, &RU, None);
    assert_eq!(message["data"]["photo_url"], "/uploads/f3a9.jpg");
    assert_eq!(body(&message), "see");
}

#[test]
fn an_address_that_would_crowd_out_the_text_is_left_out() {
    let mut content = content("see");
    content.photo = Some("f3a9.jpg".to_owned());
    let base = format!("https://desk.example/{}", "x".repeat(2000));
    let message = message(&content, &RU, Some(&base));
    assert_eq!(message["data"].get("photo_url"), None);
}

#[test]
fn every_value_of_the_data_is_a_string() {
    let mut content = content("see");
    content.photo = Some("f3a9.jpg".to_owned());
    let message = message(&content, &RU, None);
    let data = message["data"].as_object().unwrap();
    assert_eq!(data.len(), 5);
    assert!(data.values().all(Value::is_string), "{data:?}");
}

#[test]
fn the_word_names_the_kind_and_the_number() {
    use AttachmentKind::*;
    assert_eq!(media_key(&[]), None);
    assert_eq!(media_key(&[Photo]), Some(("push-photo", 1)));
    assert_eq!(media_key(&[Photo; 3]), Some(("push-photo", 3)));
    assert_eq!(media_key(&[Photo, Video]), Some(("push-files", 2)));
    assert_eq!(media_word("📷 Фото", 1), "📷 Фото");
    assert_eq!(media_word("📷 Фото", 3), "📷 Фото (3)");
}

#[test]
fn blank_text_is_no_text() {
    let message = message(&content(" \n\t"), &RU, None);
    assert_eq!(body(&message), "📷 Фото");
    assert_eq!(text(&message), " \n\t");
}

#[test]
fn what_fits_is_whole_in_both_places() {
    let answer = "я".repeat(850);
    let message = message(&content(&answer), &RU, None);
    assert_eq!((body(&message), text(&message)), (&*answer, &*answer));
}

#[test]
fn a_long_text_is_shortened_in_the_notification_before_the_data() {
    let answer = "я".repeat(1200);
    let message = message(&content(&answer), &RU, None);
    assert_eq!(text(&message), answer);
    assert!(body(&message).ends_with('…'));
    assert!(body(&message).chars().count() > 400);
}

#[test]
fn the_longest_text_fills_the_room_and_leaves_the_notification_a_quarter() {
    for letter in ["a", "я", "😀", "\"", "z\n"] {
        let message = message(&content(&letter.repeat(16_000)), &RU, None);
        let size = size_without_token(&message);
        assert!(
            (LIMIT - SPACES - 24..=LIMIT - SPACES).contains(&size),
            "{size}"
        );
        assert!(body(&message).starts_with(letter) && body(&message).ends_with('…'));
        let (body, text) = (json_len(body(&message)), json_len(text(&message)));
        assert!(
            body > 800 && text > 2 * body,
            "{letter:?}: {body} and {text}"
        );
    }
}

fn text_of_any_kind() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z ]{1,40}",
        "[а-яё ]{1,40}",
        "[\"\\\\/\n\t\u{0}\u{1f}\u{7f}]{1,40}",
        "[😀👩‍👩‍👧🇺🇿\u{200b}‘’]{1,40}",
        "\\PC{1,40}",
    ];
    proptest::collection::vec(piece, 0..200).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_message_is_never_larger_than_fcm_takes(
        answer in text_of_any_kind(),
        user in "[\"\\\\a/б😀]{1,128}",
        photo in proptest::option::of("[a-z0-9]{32}\\.jpg"),
        base in proptest::option::of("https://[a-z]{1,1200}"),
        badge in 0..=i64::MAX,
    ) {
        let mut content = content(&answer);
        content.user = UserId::stored(user);
        content.photo = photo;
        content.badge = badge;
        content.message_id = MessageId(i64::MAX);
        let message = message(&content, &RU, base.as_deref());
        prop_assert!(size_without_token(&message) <= LIMIT);
        for shown in [body(&message), text(&message)] {
            let whole = shown == answer || shown == RU.media;
            let cut = shown.strip_suffix('…').is_some_and(|start| answer.starts_with(start));
            prop_assert!(whole || cut, "{:?}", shown);
        }
        // Nothing is cut that need not be.
        if text(&message) != answer || (body(&message) != answer && body(&message) != RU.media) {
            prop_assert!(size_without_token(&message) + SPACES + 24 >= LIMIT);
        }
    }

    #[test]
    fn the_length_is_the_one_serde_json_writes(text in text_of_any_kind()) {
        prop_assert_eq!(json_len(&text) + 2, serde_json::to_string(&text).unwrap().len());
    }
}
