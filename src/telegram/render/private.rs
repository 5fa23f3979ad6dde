//! An answer as its contact sees it in the chat with the bot: who says it, the words, and each file as what it is.

use super::{ALBUM_PARTS, CAPTION_UNITS, TEXT_UNITS, texts};
use crate::domain::attachment::{Attachment, AttachmentKind};
use crate::telegram::markup::Html;
use crate::telegram::split::pieces;
use crate::telegram::steps::{MediaKind, Step};

/// What staff said, or the desk itself.
#[derive(Debug, Clone, Default)]
pub struct Spoken {
    pub agent: Option<String>,
    pub text: String,
    pub attachments: Vec<Attachment>,
}

/// The words with their head, for a text or a caption.
pub fn words(spoken: &Spoken, room: usize) -> Vec<String> {
    let head = match &spoken.agent {
        Some(agent) => Html::default().text("💬 ").bold(agent).text("\n"),
        None => Html::default(),
    };
    let pieces = pieces(&spoken.text, room.saturating_sub(head.units()), room);
    let html = pieces.into_iter().enumerate().map(|(index, piece)| {
        let start = if index == 0 {
            head.clone()
        } else {
            Html::default()
        };
        start.text(piece).into_string()
    });
    html.collect()
}

/// The steps that show it. The first carries the words.
pub fn private(spoken: &Spoken) -> Vec<Step> {
    let captions = words(spoken, CAPTION_UNITS);
    let first = spoken.attachments.first().and_then(as_media);
    let takes = match first {
        Some(Shown::Media(kind)) => kind.has_caption(),
        Some(Shown::Photo | Shown::Document) => true,
        Some(Shown::Plain) | None => false,
    };
    // Words that fit go under the first file, as people send them.
    let (mut steps, mut caption) = match captions.as_slice() {
        [whole] if takes => (Vec::new(), whole.clone()),
        [] => (Vec::new(), head_alone(spoken, takes)),
        _ => (texts(words(spoken, TEXT_UNITS)), String::new()),
    };
    let mut photos: Vec<String> = Vec::new();
    for attachment in &spoken.attachments {
        let Some(shown) = as_media(attachment) else {
            continue;
        };
        if let (Shown::Photo, Some(file)) = (shown, &attachment.file) {
            photos.push(file.clone());
            if photos.len() < ALBUM_PARTS {
                continue;
            }
        }
        flush(&mut steps, &mut photos, &mut caption);
        steps.extend(step(attachment, shown, &mut caption));
    }
    flush(&mut steps, &mut photos, &mut caption);
    steps
}

/// Under a file without words it says whose it is.
fn head_alone(spoken: &Spoken, takes: bool) -> String {
    match &spoken.agent {
        Some(agent) if takes => Html::default().text("💬 ").bold(agent).into_string(),
        _ => String::new(),
    }
}

fn flush(steps: &mut Vec<Step>, photos: &mut Vec<String>, caption: &mut String) {
    let files = std::mem::take(photos);
    steps.extend(Step::photos(&files, |_| {
        (std::mem::take(caption), String::new())
    }));
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Photo,
    Document,
    Media(MediaKind),
    Plain,
}

/// None for what there is nothing of to show.
fn as_media(attachment: &Attachment) -> Option<Shown> {
    if attachment.file.is_none() {
        let has_place = attachment.latitude.is_some() && attachment.longitude.is_some();
        let plain = has_place || attachment.phone.is_some() || attachment.link.is_some();
        return plain.then_some(Shown::Plain);
    }
    Some(match MediaKind::of(attachment.kind) {
        Some(kind) => Shown::Media(kind),
        None if attachment.kind == AttachmentKind::Photo => Shown::Photo,
        None => Shown::Document,
    })
}

fn step(attachment: &Attachment, shown: Shown, caption: &mut String) -> Option<Step> {
    let (file, name) = (attachment.file.clone(), attachment.name.clone());
    Some(match shown {
        Shown::Photo => return None,
        Shown::Document => Step::Document {
            file: file?,
            caption: std::mem::take(caption),
            name,
        },
        Shown::Media(kind) => Step::Media {
            kind,
            file: file?,
            caption: match kind.has_caption() {
                true => std::mem::take(caption),
                false => String::new(),
            },
            name,
        },
        Shown::Plain => match (attachment.latitude, attachment.longitude) {
            (Some(latitude), Some(longitude)) => Step::Location {
                latitude,
                longitude,
            },
            _ => match (&attachment.phone, &attachment.link) {
                (Some(phone), _) => Step::Person {
                    name: name.unwrap_or_else(|| phone.clone()),
                    phone: phone.clone(),
                },
                (None, Some(link)) => Step::Link {
                    url: link.clone(),
                    caption: std::mem::take(caption),
                    instead: vec![Html::default().text(link).into_string()],
                },
                (None, None) => return None,
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(kind: AttachmentKind, name: &str) -> Attachment {
        let mut attachment = Attachment::of(kind);
        attachment.file = Some(name.to_owned());
        attachment
    }

    fn spoken(text: &str, attachments: Vec<Attachment>) -> Spoken {
        Spoken {
            agent: Some("Olga & Co".to_owned()),
            text: text.to_owned(),
            attachments,
        }
    }

    fn shape(steps: &[Step]) -> Vec<String> {
        let name = |step: &Step| match step {
            Step::Text { html } => format!("text {html}"),
            Step::Photo { file, caption, .. } => format!("photo {file} {caption}"),
            Step::Album { files, caption, .. } => format!("album {} {caption}", files.len()),
            Step::Document { file, caption, .. } => format!("document {file} {caption}"),
            Step::Media { kind, caption, .. } => format!("{} {caption}", kind.method().1),
            Step::Location { .. } => "location".to_owned(),
            Step::Person { phone, .. } => format!("person {phone}"),
            other => format!("{other:?}"),
        };
        steps.iter().map(name).collect()
    }

    #[test]
    fn words_have_their_agent_and_go_under_the_first_file_where_they_fit() {
        const HEAD: &str = "💬 <b>Olga &amp; Co</b>";
        let photo = |n: usize| -> Vec<Attachment> {
            let photos = (0..n).map(|i| file(AttachmentKind::Photo, &format!("{i}.jpg")));
            photos.collect()
        };
        assert_eq!(
            shape(&private(&spoken("a<b", vec![]))),
            [format!("text {HEAD}\na&lt;b")]
        );
        assert_eq!(
            shape(&private(&spoken("hi", photo(1)))),
            [format!("photo 0.jpg {HEAD}\nhi")]
        );
        assert_eq!(
            shape(&private(&spoken("hi", photo(11)))),
            [format!("album 10 {HEAD}\nhi"), "photo 10.jpg ".to_owned()]
        );
        assert_eq!(
            shape(&private(&spoken("", photo(1)))),
            [format!("photo 0.jpg {HEAD}")]
        );
        let long = "x".repeat(1100);
        let steps = shape(&private(&spoken(&long, photo(1))));
        assert!(
            steps[0].starts_with("text ") && steps[1] == "photo 0.jpg ",
            "{steps:?}"
        );
    }

    #[test]
    fn each_kind_is_shown_as_what_it_is_in_its_order() {
        let mut place = Attachment::of(AttachmentKind::Location);
        (place.latitude, place.longitude) = (Some(41.3), Some(69.2));
        let mut person = Attachment::of(AttachmentKind::Contact);
        person.phone = Some("+998".to_owned());
        let all = vec![
            file(AttachmentKind::Sticker, "s"),
            file(AttachmentKind::Video, "v"),
            file(AttachmentKind::Photo, "p"),
            file(AttachmentKind::Voice, "o"),
            file(AttachmentKind::Document, "d"),
            place,
            person,
        ];
        let steps = shape(&private(&spoken("hi", all)));
        // A sticker has no words under it, so they go first.
        let expected = [
            "text 💬 <b>Olga &amp; Co</b>\nhi",
            "sticker ",
            "video ",
            "photo p ",
            "voice ",
            "document d ",
            "location",
            "person +998",
        ];
        assert_eq!(steps, expected);
    }
}
