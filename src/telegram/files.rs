//! What hangs on an agent's message: told apart, fetched through `getFile`, and put into the uploads.

use std::time::Duration;

use super::client::Client;
use super::failure::Failure;
use super::incoming::{FilePart, Message};
use crate::desk::Desk;
use crate::desk::answers::AnswerPart;
use crate::domain::attachment::{Attachment, AttachmentKind};
use crate::domain::event::Event;
use crate::domain::ids::UserId;
use crate::domain::message::Direction;
use crate::media::{MediaError, Stored, Uploads};

/// Largest file a bot may fetch from the public Bot API server.
pub const LARGEST: u64 = 20 * 1024 * 1024;
/// How often the contact is shown that the agent's side is busy.
const TYPING_EVERY: Duration = Duration::from_secs(4);

/// Something that hangs on a message.
#[derive(Debug, Clone)]
pub enum Hanging {
    File(AttachmentKind, FilePart),
    Plain(Attachment),
}

/// Why a file is not there.
#[derive(Debug)]
pub enum NotFetched {
    /// It never will be: larger than a bot may fetch.
    TooLarge,
    /// Telegram refuses it; that may pass.
    Refused(String),
    /// The way to Telegram is disturbed.
    Disturbed(String),
    /// It could not be written here.
    NotStored(MediaError),
}

/// The attachment of a message, if there is one.
pub fn hanging(message: &Message) -> Option<Hanging> {
    let largest = message.photo.as_deref().and_then(|sizes| {
        sizes
            .iter()
            .max_by_key(|size| size.width.unwrap_or(0) * size.height.unwrap_or(0))
    });
    // An animation comes with a document beside it, for old clients.
    let files = [
        (AttachmentKind::Photo, largest),
        (AttachmentKind::Animation, message.animation.as_ref()),
        (AttachmentKind::Video, message.video.as_ref()),
        (AttachmentKind::VideoNote, message.video_note.as_ref()),
        (AttachmentKind::Voice, message.voice.as_ref()),
        (AttachmentKind::Audio, message.audio.as_ref()),
        (AttachmentKind::Sticker, message.sticker.as_ref()),
        (AttachmentKind::Document, message.document.as_ref()),
    ];
    let file = files
        .into_iter()
        .find_map(|(kind, file)| Some(Hanging::File(kind, file?.clone())));
    file.or_else(|| plain(message).map(Hanging::Plain))
}

fn plain(message: &Message) -> Option<Attachment> {
    if let Some(location) = &message.location {
        let mut attachment = Attachment::of(AttachmentKind::Location);
        attachment.latitude = Some(location.latitude);
        attachment.longitude = Some(location.longitude);
        return Some(attachment);
    }
    let person = message.contact.as_ref()?;
    let mut attachment = Attachment::of(AttachmentKind::Contact);
    let name = format!(
        "{} {}",
        person.first_name,
        person.last_name.as_deref().unwrap_or_default()
    );
    attachment.name = Some(name.trim().to_owned());
    attachment.phone = Some(person.phone_number.clone());
    Some(attachment)
}

/// Makes an attachment of it, fetching what must be fetched; the contact it is for sees typing meanwhile.
pub async fn fetch(
    client: &Client,
    desk: &Desk,
    busy_for: Option<&UserId>,
    hanging: &Hanging,
) -> Result<AnswerPart, NotFetched> {
    let (kind, file) = match hanging {
        Hanging::Plain(attachment) => return Ok(AnswerPart::Plain(attachment.clone())),
        Hanging::File(kind, file) => (*kind, file),
    };
    if file.file_size.is_some_and(|size| size > LARGEST) {
        return Err(NotFetched::TooLarge);
    }
    let name = file.file_name.as_deref();
    let download = download(client, desk.uploads(), &file.file_id, name);
    tokio::pin!(download);
    loop {
        if let Some(user) = busy_for {
            desk.publish(Event::Typing {
                user: user.clone(),
                ticket: None,
                by: Direction::Support,
            });
        }
        tokio::select! {
            stored = &mut download => return stored.map(|stored| AnswerPart::FromTelegram(kind, stored, file.file_id.clone())),
            () = desk.clock().sleep(TYPING_EVERY) => {}
        }
    }
}

/// Brings a file into the uploads.
pub(super) async fn download(
    client: &Client,
    uploads: &Uploads,
    file_id: &str,
    name: Option<&str>,
) -> Result<Stored, NotFetched> {
    let mut response = client.open_file(file_id).await?;
    let mut incoming = uploads.begin(LARGEST).await?;
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => incoming.write(&chunk).await?,
            Ok(None) => break,
            // Its words would hold the address, and so the token.
            Err(_) => return Err(NotFetched::Disturbed("a file was cut off".into())),
        }
    }
    Ok(incoming.finish_any(name).await?)
}

impl From<Failure> for NotFetched {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::TooBig(_) => Self::TooLarge,
            Failure::Refused(reason)
            | Failure::PhotoRefused { reason, .. }
            | Failure::LinkRefused(reason) => Self::Refused(reason),
            failure => Self::Disturbed(failure.to_string()),
        }
    }
}

impl From<MediaError> for NotFetched {
    fn from(error: MediaError) -> Self {
        match error {
            MediaError::TooLarge { .. } => Self::TooLarge,
            error => Self::NotStored(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn of(fields: Value) -> Option<Hanging> {
        let mut message = json!({"message_id": 1, "chat": {"id": -1}});
        for (key, value) in fields.as_object().unwrap() {
            message[key] = value.clone();
        }
        hanging(&serde_json::from_value(message).unwrap())
    }

    fn kind(fields: Value) -> Option<AttachmentKind> {
        of(fields).map(|hanging| match hanging {
            Hanging::File(kind, _) => kind,
            Hanging::Plain(attachment) => attachment.kind,
        })
    }

    #[test]
    fn every_kind_is_told_apart() {
        let file = json!({"file_id": "f"});
        for name in [
            "video",
            "video_note",
            "animation",
            "voice",
            "audio",
            "sticker",
            "document",
        ] {
            assert_eq!(
                kind(json!({ name: file })),
                AttachmentKind::parse(name),
                "{name}"
            );
        }
        assert_eq!(
            kind(json!({"animation": file, "document": file})),
            Some(AttachmentKind::Animation)
        );
        assert_eq!(kind(json!({"text": "hi"})), None);
        assert_eq!(kind(json!({"photo": []})), None);
    }

    #[test]
    fn the_largest_size_of_a_photo_is_taken() {
        let photo = json!({"photo": [
            {"file_id": "s", "width": 90, "height": 60}, {"file_id": "l", "width": 1280, "height": 800}, {"file_id": "m", "width": 320, "height": 200},
        ]});
        assert!(
            matches!(of(photo), Some(Hanging::File(AttachmentKind::Photo, file)) if file.file_id == "l")
        );
    }

    #[test]
    fn a_location_has_its_place_and_a_contact_its_name_and_phone() {
        let Some(Hanging::Plain(place)) =
            of(json!({"location": {"latitude": 41.3, "longitude": 69.2}, "venue": {}}))
        else {
            panic!("no location");
        };
        assert_eq!((place.latitude, place.longitude), (Some(41.3), Some(69.2)));
        let Some(Hanging::Plain(person)) = of(
            json!({"contact": {"phone_number": "+998", "first_name": "Ann", "last_name": "Lee"}}),
        ) else {
            panic!("no contact");
        };
        assert_eq!(
            (person.name.as_deref(), person.phone.as_deref()),
            (Some("Ann Lee"), Some("+998"))
        );
    }
}
