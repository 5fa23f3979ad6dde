//! What went wrong with a call to Telegram, told apart by what is to be done about it. Pure. The wording is
//! Telegram's (its server answers most things with 400 and a sentence), so sentences are what this goes by.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A call that brought no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The request certainly never left: no name, no connection.
    NotSent(String),
    /// 429: not before this much time.
    Flood(Duration),
    /// The group has become another chat.
    Migrated(i64),
    /// The topic was deleted, closed, or never was.
    TopicLost(String),
    /// The group has no topics (any more).
    NotAForum(String),
    /// The bot may not (any more): kicked, no rights, chat not found, wrong token.
    NoAccess(String),
    /// A photo's size or shape was refused; where it was an album, perhaps which part (from 0).
    PhotoRefused { part: Option<usize>, reason: String },
    /// Telegram could not fetch a photo by its address.
    LinkRefused(String),
    /// 409: somebody else asks for updates, or a webhook is set.
    Conflict(String),
    /// A file is larger than bots may fetch.
    TooBig(String),
    /// No, and never.
    Refused(String),
    /// 5xx, or an error page of something in between: it certainly did not happen.
    Unavailable(String),
    /// Cut off after the request left, or a success that can not be read: nobody knows.
    Uncertain(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSent(reason) => write!(f, "Telegram can not be reached: {reason}"),
            Self::Flood(after) => write!(f, "Telegram asks for a pause of {} s", after.as_secs()),
            Self::Migrated(to) => write!(f, "the group has become {to}"),
            Self::Uncertain(reason) => write!(f, "cut off: {reason}"),
            Self::PhotoRefused { reason, .. }
            | Self::TopicLost(reason)
            | Self::NotAForum(reason)
            | Self::NoAccess(reason)
            | Self::LinkRefused(reason)
            | Self::Conflict(reason)
            | Self::TooBig(reason)
            | Self::Refused(reason)
            | Self::Unavailable(reason) => f.write_str(reason),
        }
    }
}

#[derive(Deserialize)]
struct Envelope {
    ok: bool,
    error_code: Option<u16>,
    description: Option<String>,
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
    migrate_to_chat_id: Option<i64>,
}

/// Pause where a 429 names none.
const FLOOD_PAUSE: Duration = Duration::from_secs(5);

/// Reads what Telegram, or something between it and us, answered.
pub fn read<R: DeserializeOwned>(status: u16, body: &[u8]) -> Result<R, Failure> {
    #[derive(Deserialize)]
    struct Success<R> {
        result: R,
    }
    let envelope = match serde_json::from_slice::<Envelope>(body) {
        Ok(envelope) => envelope,
        Err(_) => return Err(foreign_page(status)),
    };
    if !envelope.ok {
        return Err(of_envelope(status, envelope));
    }
    serde_json::from_slice::<Success<R>>(body)
        .map(|success| success.result)
        .map_err(|error| Failure::Uncertain(format!("a success that can not be read: {error}")))
}

/// Something that does not speak the Bot API answered.
fn foreign_page(status: u16) -> Failure {
    match status {
        200..=299 => Failure::Uncertain(format!(
            "status {status} with an answer that can not be read"
        )),
        429 => Failure::Flood(FLOOD_PAUSE),
        413 => Failure::Refused("413: the request is too large for the server in between".into()),
        404 => Failure::Unavailable(
            "404 with a page that is not the Bot API's: is TELEGRAM_API_URL right?".into(),
        ),
        _ => Failure::Unavailable(format!(
            "status {status} with a page that is not the Bot API's"
        )),
    }
}

fn of_envelope(status: u16, envelope: Envelope) -> Failure {
    let code = envelope.error_code.unwrap_or(status);
    let reason = envelope
        .description
        .unwrap_or_else(|| format!("status {code}"));
    if let Some(parameters) = envelope.parameters {
        if let Some(to) = parameters.migrate_to_chat_id {
            return Failure::Migrated(to);
        }
        if let Some(seconds) = parameters.retry_after {
            return Failure::Flood(Duration::from_secs(seconds));
        }
    }
    match code {
        429 => Failure::Flood(FLOOD_PAUSE),
        500.. => Failure::Unavailable(reason),
        // A token Telegram does not know is a 401, one that is none at all a 404.
        401 | 403 | 404 => Failure::NoAccess(reason),
        409 => Failure::Conflict(reason),
        _ => of_sentence(reason),
    }
}

/// Sentences, in lower case, and what they mean. The first that fits counts.
const SENTENCES: [(Meaning, &[&str]); 6] = [
    (
        Meaning::TopicLost,
        &[
            "thread not found",
            "topic_deleted",
            "topic_closed",
            "topic_id_invalid",
            "topic not found",
        ],
    ),
    (
        Meaning::NotAForum,
        &[
            "chat is not a forum",
            "channel_forum_missing",
            "topics are not enabled",
        ],
    ),
    (
        Meaning::NoAccess,
        &[
            "chat not found",
            "not enough rights",
            "have no rights",
            "need administrator rights",
            "chat_write_forbidden",
            "chat_admin_required",
            "_forbidden",
            "chat_restricted",
            "user_restricted",
            "peer_id_invalid",
            "channel_private",
            "bot is not a member",
            "was kicked",
            "group chat was deactivated",
        ],
    ),
    (
        Meaning::LinkRefused,
        &[
            "failed to get http url content",
            "wrong file identifier/http url",
            "wrong type of the web page content",
            "webpage_",
            "invalid file http url",
            "wrong http url",
            "external_url_invalid",
            "media_empty",
        ],
    ),
    (Meaning::TooBig, &["file is too big"]),
    (
        Meaning::PhotoRefused,
        &[
            "photo_",
            "image_process_failed",
            "too big for a photo",
            "file must be non-empty",
            "photo dimensions",
            "wrong photo",
        ],
    ),
];

#[derive(Clone, Copy)]
enum Meaning {
    TopicLost,
    NotAForum,
    NoAccess,
    LinkRefused,
    TooBig,
    PhotoRefused,
}

fn of_sentence(reason: String) -> Failure {
    let lower = reason.to_lowercase();
    let meaning = SENTENCES
        .iter()
        .find(|(_, sentences)| sentences.iter().any(|sentence| lower.contains(sentence)))
        .map(|(meaning, _)| *meaning);
    match meaning {
        Some(Meaning::TopicLost) => Failure::TopicLost(reason),
        Some(Meaning::NotAForum) => Failure::NotAForum(reason),
        Some(Meaning::NoAccess) => Failure::NoAccess(reason),
        Some(Meaning::LinkRefused) => Failure::LinkRefused(reason),
        Some(Meaning::TooBig) => Failure::TooBig(reason),
        Some(Meaning::PhotoRefused) => Failure::PhotoRefused {
            part: album_part(&lower),
            reason,
        },
        None => Failure::Refused(reason),
    }
}

/// Which part an album failed at, as in `failed to send message #2 with the error message "…"`; counted from 0.
fn album_part(lower: &str) -> Option<usize> {
    let (_, after) = lower.split_once("message #")?;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    digits.parse::<usize>().ok()?.checked_sub(1)
}

#[cfg(test)]
mod tests {
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
            Failure::TopicLost(_)
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
}
