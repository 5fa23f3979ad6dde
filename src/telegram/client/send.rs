//! The methods that send: what goes along with a message, and files read while they are sent.

use std::time::Duration;

use reqwest::Body;
use reqwest::multipart::{Form, Part};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::io::ReaderStream;

use super::{CALL, Client, Manner, Place, put, receive};
use crate::delivery::Receipt;
use crate::media::Uploads;
use crate::telegram::failure::Failure;
use crate::telegram::incoming::Chat;

/// What each megabyte of a sent file adds to the patience with a call.
const PER_MEGABYTE: Duration = Duration::from_secs(10);

/// A message as sent, as far as we need it.
#[derive(Debug, Clone, Deserialize)]
struct Sent {
    message_id: i64,
    chat: Chat,
}

/// A file of the uploads folder, and the name it is sent under.
#[derive(Debug, Clone, Copy)]
pub struct SentFile<'a> {
    pub file: &'a str,
    pub name: &'a str,
}

impl Client {
    pub async fn send_html(
        &self,
        place: Place,
        html: &str,
        manner: &Manner,
    ) -> Result<Receipt, Failure> {
        let ask = json!({
            "chat_id": place.chat, "text": html, "parse_mode": "HTML",
            "link_preview_options": { "is_disabled": true },
        });
        self.send_one("sendMessage", place, ask, manner).await
    }

    /// A line of plain text, as a reply where that message still exists.
    pub async fn send_plain(
        &self,
        place: Place,
        text: &str,
        reply_to: Option<i64>,
    ) -> Result<Receipt, Failure> {
        let manner = Manner {
            reply_to,
            ..Manner::default()
        };
        self.send_line(place, text, &manner).await
    }

    /// Plain text with buttons.
    pub async fn send_line(
        &self,
        place: Place,
        text: &str,
        manner: &Manner,
    ) -> Result<Receipt, Failure> {
        let ask = json!({
            "chat_id": place.chat, "text": text,
            "link_preview_options": { "is_disabled": true },
        });
        self.send_one("sendMessage", place, ask, manner).await
    }

    /// Puts plain text and buttons in the place of what a post says.
    pub async fn edit_line(
        &self,
        (chat, post): (i64, i64),
        text: &str,
        keyboard: &Value,
    ) -> Result<(), Failure> {
        let ask = json!({
            "chat_id": chat, "message_id": post, "text": text, "reply_markup": keyboard,
            "link_preview_options": { "is_disabled": true },
        });
        self.call::<Value>("editMessageText", &ask).await.map(drop)
    }

    /// Puts other words into a post, which is a text or a file with a caption.
    pub async fn edit_words(
        &self,
        (chat, post): (i64, i64),
        (method, field): (&str, &str),
        html: &str,
    ) -> Result<(), Failure> {
        let mut ask = json!({ "chat_id": chat, "message_id": post, "parse_mode": "HTML" });
        put(&mut ask, field, Some(html));
        self.call::<Value>(method, &ask).await.map(drop)
    }

    /// A picture that was made here.
    pub async fn send_picture(
        &self,
        place: Place,
        png: Vec<u8>,
        caption: &str,
    ) -> Result<Receipt, Failure> {
        let part = Part::bytes(png).file_name("report.png");
        let form = form(place, &Manner::default())
            .text("caption", caption.to_owned())
            .part("photo", part);
        let sent: Sent = receive("sendPhoto", self.request("sendPhoto").multipart(form)).await?;
        receipt(&[sent])
    }

    pub async fn send_location(
        &self,
        place: Place,
        latitude: f64,
        longitude: f64,
        manner: &Manner,
    ) -> Result<Receipt, Failure> {
        let ask = json!({ "chat_id": place.chat, "latitude": latitude, "longitude": longitude });
        self.send_one("sendLocation", place, ask, manner).await
    }

    pub async fn send_contact(
        &self,
        place: Place,
        name: &str,
        phone: &str,
        manner: &Manner,
    ) -> Result<Receipt, Failure> {
        let ask = json!({ "chat_id": place.chat, "first_name": name, "phone_number": phone });
        self.send_one("sendContact", place, ask, manner).await
    }

    /// A photo that Telegram fetches itself.
    pub async fn send_link(
        &self,
        place: Place,
        url: &str,
        caption: &str,
        manner: &Manner,
    ) -> Result<Receipt, Failure> {
        let ask = json!({ "chat_id": place.chat, "photo": url, "caption": caption, "parse_mode": "HTML" });
        self.send_one("sendPhoto", place, ask, manner).await
    }

    /// A file of the uploads folder, by `sendPhoto` or `sendDocument`; `field` is that method's name for the file.
    pub async fn send_file(
        &self,
        (method, field): (&str, &'static str),
        place: Place,
        (uploads, file): (&Uploads, SentFile<'_>),
        caption: &str,
        manner: &Manner,
    ) -> Result<Receipt, Failure> {
        let (part, size) = file_part(uploads, file).await?;
        let form = form(place, manner)
            .text("caption", caption.to_owned())
            .text("parse_mode", "HTML")
            .part(field, part);
        let request = self.request(method).timeout(patience(size));
        let sent: Sent = receive(method, request.multipart(form)).await?;
        receipt(&[sent])
    }

    /// A file that Telegram has already, by its name for it, with plain words.
    pub async fn send_known(
        &self,
        (method, field): (&str, &str),
        place: Place,
        (file_id, caption): (&str, &str),
        manner: &Manner,
    ) -> Result<Receipt, Failure> {
        let mut ask = json!({ "chat_id": place.chat, "caption": caption });
        put(&mut ask, field, Some(file_id));
        self.send_one(method, place, ask, manner).await
    }

    /// Two to ten photos as one album; the caption is the first one's, which is how apps show an album's.
    pub async fn send_album(
        &self,
        place: Place,
        uploads: &Uploads,
        files: &[String],
        caption: &str,
        manner: &Manner,
    ) -> Result<Receipt, Failure> {
        let mut form = form(place, manner);
        let mut media = Vec::new();
        let mut total = 0;
        for (index, file) in files.iter().enumerate() {
            let (part, size) = file_part(uploads, SentFile { file, name: file }).await?;
            let name = format!("photo{index}");
            let mut item = json!({ "type": "photo", "media": format!("attach://{name}") });
            if index == 0 {
                put(&mut item, "caption", Some(caption));
                put(&mut item, "parse_mode", Some("HTML"));
            }
            media.push(item);
            form = form.part(name, part);
            total += size;
        }
        let form = form.text("media", Value::Array(media).to_string());
        let request = self
            .request("sendMediaGroup")
            .timeout(patience(total))
            .multipart(form);
        let sent: Vec<Sent> = receive("sendMediaGroup", request).await?;
        receipt(&sent)
    }

    async fn send_one(
        &self,
        method: &str,
        place: Place,
        mut ask: Value,
        manner: &Manner,
    ) -> Result<Receipt, Failure> {
        put(&mut ask, "message_thread_id", place.topic);
        put(&mut ask, "reply_parameters", reply_parameters(manner));
        put(&mut ask, "reply_markup", manner.keyboard.as_ref());
        put(
            &mut ask,
            "disable_notification",
            manner.silent.then_some(true),
        );
        let sent: Sent = self.call(method, &ask).await?;
        receipt(&[sent])
    }
}

fn form(place: Place, manner: &Manner) -> Form {
    let mut form = Form::new().text("chat_id", place.chat.to_string());
    if let Some(topic) = place.topic {
        form = form.text("message_thread_id", topic.to_string());
    }
    if let Some(reply) = reply_parameters(manner) {
        form = form.text("reply_parameters", reply.to_string());
    }
    if manner.silent {
        form = form.text("disable_notification", "true");
    }
    match &manner.keyboard {
        Some(keyboard) => form.text("reply_markup", keyboard.to_string()),
        None => form,
    }
}

fn reply_parameters(manner: &Manner) -> Option<Value> {
    let reply = manner.reply_to?;
    Some(json!({ "message_id": reply, "allow_sending_without_reply": true }))
}

/// A file as a part that is read while it is sent; and its size in bytes.
async fn file_part(uploads: &Uploads, sent: SentFile<'_>) -> Result<(Part, u64), Failure> {
    let missing = |error: std::io::Error| {
        Failure::Refused(format!("the upload {} can not be read: {error}", sent.file))
    };
    let path = uploads
        .path(sent.file)
        .ok_or_else(|| missing(std::io::ErrorKind::NotFound.into()))?;
    let file = tokio::fs::File::open(path).await.map_err(missing)?;
    let size = file.metadata().await.map_err(missing)?.len();
    let body = Body::wrap_stream(ReaderStream::new(file));
    Ok((
        Part::stream_with_length(body, size).file_name(sent.name.to_owned()),
        size,
    ))
}

fn patience(bytes: u64) -> Duration {
    let megabytes = u32::try_from(bytes / 1_000_000).unwrap_or(u32::MAX);
    CALL.saturating_add(PER_MEGABYTE.saturating_mul(megabytes))
}

fn receipt(sent: &[Sent]) -> Result<Receipt, Failure> {
    let first = sent
        .first()
        .ok_or_else(|| Failure::Uncertain("a success that names no message".into()))?;
    Ok(Receipt {
        chat_id: first.chat.id,
        message_ids: sent.iter().map(|sent| sent.message_id).collect(),
        shows: false,
    })
}
