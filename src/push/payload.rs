//! What a phone is told: a pure function from an answer to the `message` object of FCM HTTP v1.
//! No I/O and no texts of its own: the words for people come in.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::desk::pushing::PushContent;
use crate::domain::attachment::AttachmentKind;

/// FCM refuses a message larger than this, in bytes of JSON, its token not counted.
const LIMIT: usize = 4096;
/// Kept free, so that the limit also holds when it is printed with a space after each comma and colon.
const SPACES: usize = 48;
/// A longer address is left out, in bytes; the app finds the photo in the history.
const PHOTO_URL_MAX: usize = 1024;

/// The words for people, in the language of whoever reads them.
pub struct Words<'a> {
    pub title: &'a str,
    /// Shown where the answer has no text; see [`media_word`].
    pub media: &'a str,
}

/// The key of the word for these attachments, and how many they are.
pub fn media_key(kinds: &[AttachmentKind]) -> Option<(&'static str, usize)> {
    let (first, others) = kinds.split_first()?;
    let key = if others.iter().all(|kind| kind == first) {
        key_of(*first)
    } else {
        "push-files"
    };
    Some((key, kinds.len()))
}

fn key_of(kind: AttachmentKind) -> &'static str {
    match kind {
        AttachmentKind::Photo => "push-photo",
        AttachmentKind::Video => "push-video",
        AttachmentKind::VideoNote => "push-video-note",
        AttachmentKind::Animation => "push-animation",
        AttachmentKind::Audio => "push-audio",
        AttachmentKind::Voice => "push-voice",
        AttachmentKind::Document => "push-document",
        AttachmentKind::Sticker => "push-sticker",
        AttachmentKind::Location => "push-location",
        AttachmentKind::Contact => "push-contact",
    }
}

/// The word, with the number where there are several.
pub fn media_word(word: &str, count: usize) -> String {
    if count > 1 {
        format!("{word} ({count})")
    } else {
        word.to_owned()
    }
}

/// The `message` object. `public_url` makes the photo's address absolute.
pub fn message(content: &PushContent, words: &Words<'_>, public_url: Option<&str>) -> Value {
    let photo_url = photo_url(content.photo.as_deref(), public_url);
    let draw = |token: &str, body: &str, text: &str| {
        let message_id = content.message_id.to_string();
        let mut data = BTreeMap::from([
            ("type", "support_reply"),
            ("user_id", content.user.as_str()),
            ("message_id", message_id.as_str()),
            ("message", text),
        ]);
        data.extend(photo_url.as_deref().map(|url| ("photo_url", url)));
        json!({
            "token": token,
            "notification": {"title": words.title, "body": body},
            "data": data,
            "android": {"priority": "high"},
            // iOS shows the notification above: FCM copies it into `aps.alert`.
            "apns": {
                "headers": {"apns-priority": "10", "apns-push-type": "alert"},
                "payload": {"aps": {"sound": "default", "badge": content.badge}},
            },
        })
    };
    let frame = draw("", "", "").to_string().len();
    let room = (LIMIT - SPACES).saturating_sub(frame);
    let (body, text) = fit(&content.text, words.media, room);
    draw(&content.token, &body, &text)
}

fn photo_url(photo: Option<&str>, public_url: Option<&str>) -> Option<String> {
    let base = public_url.unwrap_or_default().trim_end_matches('/');
    let url = format!("{base}/uploads/{}", photo?);
    (url.len() <= PHOTO_URL_MAX).then_some(url)
}

/// Body and data share `room` bytes. The app keeps what is in the data, and a notification shows but a
/// few lines: so the text in the data comes first, and a quarter of the room is the body's at least.
fn fit(text: &str, media: &str, room: usize) -> (String, String) {
    let in_data = cut(text, room - room / 4);
    let body = if text.trim().is_empty() { media } else { text };
    let in_body = cut(body, room.saturating_sub(json_len(&in_data)));
    (in_body, in_data)
}

/// The text, or its longest start with an ellipsis, of at most `max` bytes of JSON.
fn cut(text: &str, max: usize) -> String {
    if json_len(text) <= max {
        return text.to_owned();
    }
    let max = max.saturating_sub('…'.len_utf8());
    let mut used = 0;
    let start = text.chars().take_while(|c| {
        used += json_char_len(*c);
        used <= max
    });
    let mut start: String = start.collect();
    start.push('…');
    start
}

fn json_len(text: &str) -> usize {
    text.chars().map(json_char_len).sum()
}

/// Bytes of a character inside a JSON string.
fn json_char_len(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        c if c < ' ' => 6,
        c => c.len_utf8(),
    }
}

#[cfg(test)]
#[path = "payload_tests.rs"]
mod tests;
