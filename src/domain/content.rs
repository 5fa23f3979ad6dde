//! What a message consists of, in one word, as the helpdesk interface tells it.

use super::attachment::{Attachment, AttachmentKind};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentType {
    Text,
    Image,
    File,
    Video,
    Audio,
    Location,
    Voice,
}

impl ContentType {
    pub const ALL: [Self; 7] = [
        Self::Text,
        Self::Image,
        Self::File,
        Self::Video,
        Self::Audio,
        Self::Location,
        Self::Voice,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::File => "file",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Location => "location",
            Self::Voice => "voice",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == word)
    }

    /// What a message with this attachment is; None is no attachment.
    pub fn of(first: Option<AttachmentKind>) -> Self {
        match first {
            None | Some(AttachmentKind::Contact) => Self::Text,
            Some(AttachmentKind::Photo | AttachmentKind::Sticker) => Self::Image,
            Some(AttachmentKind::Video | AttachmentKind::VideoNote | AttachmentKind::Animation) => {
                Self::Video
            }
            Some(AttachmentKind::Audio) => Self::Audio,
            Some(AttachmentKind::Voice) => Self::Voice,
            Some(AttachmentKind::Document) => Self::File,
            Some(AttachmentKind::Location) => Self::Location,
        }
    }

    /// The attachment that a file becomes: as it was called, where its content does not say otherwise.
    pub fn attachment(called: Option<Self>, mime: &str) -> AttachmentKind {
        let picture = mime.starts_with("image/");
        match called {
            Some(Self::File) => AttachmentKind::Document,
            Some(Self::Video) => AttachmentKind::Video,
            Some(Self::Audio) => AttachmentKind::Audio,
            Some(Self::Voice) => AttachmentKind::Voice,
            _ if picture => AttachmentKind::Photo,
            // Shown as a photo it would be a broken one.
            Some(Self::Image) => AttachmentKind::Document,
            _ if mime.starts_with("video/") => AttachmentKind::Video,
            _ if mime.starts_with("audio/") => AttachmentKind::Audio,
            _ => AttachmentKind::Document,
        }
    }
}

/// Reads `lat,lon`, degrees.
pub fn place(text: &str) -> Option<Attachment> {
    let (latitude, longitude) = text.split_once(',')?;
    let degrees = |text: &str, most: f64| {
        let text = text.trim();
        let plain = text
            .bytes()
            .all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
        let number: f64 = text.parse().ok().filter(|_| plain)?;
        (number.abs() <= most).then_some(number)
    };
    let mut attachment = Attachment::of(AttachmentKind::Location);
    attachment.latitude = Some(degrees(latitude, 90.0)?);
    attachment.longitude = Some(degrees(longitude, 180.0)?);
    Some(attachment)
}

/// Writes a place as [`place`] reads it.
pub fn written(attachment: &Attachment) -> Option<String> {
    let (latitude, longitude) = (attachment.latitude?, attachment.longitude?);
    Some(format!("{latitude},{longitude}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn places_lie_on_the_earth() {
        for good in ["41.3,69.2", "-90,180", " 0 , -0.5 ", "41.311081,69.240562"] {
            assert!(place(good).is_some(), "{good}");
        }
        for wrong in [
            "", "41.3", "41.3,", "91,0", "0,181", "nan,0", "inf,0", "1e1,0", "a,b", "1,2,3",
        ] {
            assert!(place(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_file_is_what_it_was_called_unless_it_can_not_be() {
        use AttachmentKind::{Document, Photo, Video, Voice};
        let cases = [
            (None, "image/png", Photo),
            (Some(ContentType::Text), "image/png", Photo),
            (Some(ContentType::File), "image/png", Document),
            (Some(ContentType::Image), "application/pdf", Document),
            (Some(ContentType::Voice), "application/octet-stream", Voice),
            (None, "video/mp4", Video),
            (None, "application/pdf", Document),
        ];
        for (called, mime, expected) in cases {
            assert_eq!(
                ContentType::attachment(called, mime),
                expected,
                "{called:?} {mime}"
            );
        }
    }

    #[test]
    fn every_kind_of_attachment_has_its_word() {
        let words: Vec<&str> = AttachmentKind::ALL
            .into_iter()
            .map(|kind| ContentType::of(Some(kind)).as_str())
            .collect();
        assert_eq!(
            words,
            [
                "image", "video", "video", "video", "audio", "voice", "file", "image", "location",
                "text"
            ]
        );
    }

    proptest! {
        #[test]
        fn a_place_comes_back_as_it_was_written(lat in -90.0f64..=90.0, lon in -180.0f64..=180.0) {
            let mut here = Attachment::of(AttachmentKind::Location);
            (here.latitude, here.longitude) = (Some(lat), Some(lon));
            prop_assert_eq!(place(&written(&here).unwrap()), Some(here));
        }
    }
}
