//! Telegram's sentences, and what they mean.

use super::*;
use serde_json::{Value, json};

fn failed(status: u16, body: Value) -> Failure {
    read::<Value>(status, body.to_string().as_bytes()).unwrap_err()
}

fn sentence(description: &str) -> Failure {
    failed(
        400,
        json!({"ok": false, "error_code": 400, "description": description}),
    )
}

#[test]
fn a_result_is_read_and_an_unreadable_one_is_uncertain() {
    assert_eq!(read::<i64>(200, br#"{"ok":true,"result":7}"#), Ok(7));
    for body in [
        r#"{"ok":true,"result":"seven"}"#,
        r#"{"ok":true}"#,
        "",
        "<html>",
        r#"{"ok":tr"#,
    ] {
        assert!(
            matches!(
                read::<i64>(200, body.as_bytes()),
                Err(Failure::Uncertain(_))
            ),
            "{body:?}"
        );
    }
}

#[test]
fn a_page_of_something_in_between_certainly_posted_nothing() {
    for status in [500, 502, 503, 404, 400] {
        let failure = read::<i64>(status, b"<html><h1>Bad Gateway</h1></html>").unwrap_err();
        assert!(matches!(failure, Failure::Unavailable(_)), "{status}");
    }
    let answered = failed(
        502,
        json!({"ok": false, "error_code": 502, "description": "Bad Gateway"}),
    );
    assert!(matches!(answered, Failure::Unavailable(_)));
}

#[test]
fn pauses_and_migrations_come_as_parameters() {
    let flood = json!({"ok": false, "error_code": 429, "description": "Too Many Requests: retry after 17", "parameters": {"retry_after": 17}});
    assert_eq!(failed(429, flood), Failure::Flood(Duration::from_secs(17)));
    assert_eq!(
        failed(429, json!({"ok": false, "error_code": 429})),
        Failure::Flood(FLOOD_PAUSE)
    );
    let moved = json!({"ok": false, "error_code": 400, "description": "Bad Request: group chat was upgraded to a supergroup chat", "parameters": {"migrate_to_chat_id": -1_002}});
    assert_eq!(failed(400, moved), Failure::Migrated(-1002));
}

#[test]
fn every_loss_of_access_is_known_as_such() {
    for (code, description) in [
        (401, "Unauthorized"),
        (404, "Not Found"),
        (403, "Forbidden: bot was kicked from the supergroup chat"),
        (403, "Forbidden: bot is not a member of the group chat"),
        (403, "Forbidden: the group chat was deleted"),
        (400, "Bad Request: chat not found"),
        (
            400,
            "Bad Request: not enough rights to send text messages to the chat",
        ),
        (
            400,
            "Bad Request: need administrator rights in the channel chat",
        ),
        (400, "Bad Request: CHAT_WRITE_FORBIDDEN"),
        (400, "Bad Request: not enough rights to create a topic"),
    ] {
        let failure = failed(
            code,
            json!({"ok": false, "error_code": code, "description": description}),
        );
        assert_eq!(failure, Failure::NoAccess(description.into()));
    }
}

#[test]
fn sentences_are_told_apart_by_what_is_to_be_done() {
    assert!(matches!(
        sentence("Bad Request: message thread not found"),
        Failure::TopicLost(_)
    ));
    assert!(matches!(
        sentence("Bad Request: TOPIC_DELETED"),
        Failure::TopicLost(_)
    ));
    assert!(matches!(
        sentence("Bad Request: TOPIC_CLOSED"),
        Failure::TopicClosed(_)
    ));
    for same in [
        "Bad Request: TOPIC_NOT_MODIFIED",
        "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
    ] {
        assert!(matches!(sentence(same), Failure::NotModified(_)), "{same}");
    }
    assert!(matches!(
        sentence(
            "Bad Request: query is too old and response timeout expired or query ID is invalid"
        ),
        Failure::Refused(_)
    ));
    assert!(matches!(
        sentence("Bad Request: the chat is not a forum"),
        Failure::NotAForum(_)
    ));
    assert!(matches!(
        sentence("Bad Request: wrong file identifier/HTTP URL specified"),
        Failure::LinkRefused(_)
    ));
    assert!(matches!(
        sentence("Bad Request: failed to get HTTP URL content"),
        Failure::LinkRefused(_)
    ));
    assert!(matches!(
        sentence("Bad Request: WEBPAGE_CURL_FAILED"),
        Failure::LinkRefused(_)
    ));
    assert!(matches!(
        sentence("Bad Request: file is too big"),
        Failure::TooBig(_)
    ));
    assert!(matches!(
        sentence("Bad Request: message text is empty"),
        Failure::Refused(_)
    ));
    assert!(matches!(
        sentence("Bad Request: can't parse entities: unclosed tag"),
        Failure::Refused(_)
    ));
    let conflict = json!({"ok": false, "error_code": 409, "description": "Conflict: terminated by other getUpdates request"});
    assert!(matches!(failed(409, conflict), Failure::Conflict(_)));
}

#[test]
fn a_photo_refused_for_its_size_or_shape_is_known_with_its_place_in_the_album() {
    for description in [
        "Bad Request: PHOTO_INVALID_DIMENSIONS",
        "Bad Request: IMAGE_PROCESS_FAILED",
        "Bad Request: PHOTO_SAVE_FILE_INVALID",
        "Bad Request: file must be non-empty",
        "Bad Request: file of size 20971520 bytes is too big for a photo; the maximum size is 10485760 bytes",
    ] {
        assert!(
            matches!(
                sentence(description),
                Failure::PhotoRefused { part: None, .. }
            ),
            "{description}"
        );
    }
    let album = r#"Bad Request: failed to send message #2 with the error message "PHOTO_INVALID_DIMENSIONS""#;
    assert!(matches!(
        sentence(album),
        Failure::PhotoRefused { part: Some(1), .. }
    ));
}
