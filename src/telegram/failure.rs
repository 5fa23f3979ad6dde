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
    /// The topic was deleted, or never was.
    TopicLost(String),
    /// The topic is closed.
    TopicClosed(String),
    /// It is already as it was to be.
    NotModified(String),
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

impl Failure {
    /// One word for it, for who counts them.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NotSent(_) => "not_sent",
            Self::Flood(_) => "flood",
            Self::NoAccess(_) => "no_access",
            Self::Conflict(_) => "conflict",
            Self::NotModified(_) => "not_modified",
            Self::Unavailable(_) => "unavailable",
            Self::Uncertain(_) => "uncertain",
            Self::Migrated(_)
            | Self::TopicLost(_)
            | Self::TopicClosed(_)
            | Self::NotAForum(_)
            | Self::PhotoRefused { .. }
            | Self::LinkRefused(_)
            | Self::TooBig(_)
            | Self::Refused(_) => "refused",
        }
    }
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
            | Self::TopicClosed(reason)
            | Self::NotModified(reason)
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
const SENTENCES: [(Meaning, &[&str]); 8] = [
    (Meaning::TopicClosed, &["topic_closed"]),
    (
        Meaning::NotModified,
        &[
            "topic_not_modified",
            "message is not modified",
            "message_not_modified",
        ],
    ),
    (
        Meaning::TopicLost,
        &[
            "thread not found",
            "topic_deleted",
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
    TopicClosed,
    NotModified,
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
        Some(Meaning::TopicClosed) => Failure::TopicClosed(reason),
        Some(Meaning::NotModified) => Failure::NotModified(reason),
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
mod tests;
