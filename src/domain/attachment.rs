//! What can hang on a message besides text.

use serde::{Deserialize, Serialize};

/// The kinds of attachment, as apps and agents know them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentKind {
    Photo,
    Video,
    VideoNote,
    Animation,
    Audio,
    Voice,
    Document,
    Sticker,
    Location,
    Contact,
}

impl AttachmentKind {
    pub const ALL: [Self; 10] = [
        Self::Photo,
        Self::Video,
        Self::VideoNote,
        Self::Animation,
        Self::Audio,
        Self::Voice,
        Self::Document,
        Self::Sticker,
        Self::Location,
        Self::Contact,
    ];

    /// The word in the interface and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Photo => "photo",
            Self::Video => "video",
            Self::VideoNote => "video_note",
            Self::Animation => "animation",
            Self::Audio => "audio",
            Self::Voice => "voice",
            Self::Document => "document",
            Self::Sticker => "sticker",
            Self::Location => "location",
            Self::Contact => "contact",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// One attachment of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Attachment {
    pub kind: AttachmentKind,
    /// Name of the file in the uploads folder.
    pub file: Option<String>,
    /// Name of the thumbnail in the uploads folder.
    pub thumb: Option<String>,
    /// An address elsewhere (`photo_url`), which this server never fetches.
    pub link: Option<String>,
    /// The name people know: a file's own name, or a contact's.
    pub name: Option<String>,
    pub mime: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    /// Degrees, WGS 84.
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    pub phone: Option<String>,
    /// The Bot API's name of a file that came from Telegram.
    pub telegram_file_id: Option<String>,
    /// Of the raw bytes that were sent, to tell a repeated request from a different one.
    pub sha256: Option<[u8; 32]>,
}

impl Attachment {
    /// An attachment of this kind with nothing known yet.
    pub fn of(kind: AttachmentKind) -> Self {
        Self {
            kind,
            file: None,
            thumb: None,
            link: None,
            name: None,
            mime: None,
            size: None,
            latitude: None,
            longitude: None,
            phone: None,
            telegram_file_id: None,
            sha256: None,
        }
    }
}
