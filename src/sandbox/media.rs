//! Media of messages: from a file to the fields Telegram's `Message` has for it, and from a call's
//! parameters to files.

use serde_json::{Map, Value, json};

use super::answer::ApiError;
use super::files::{self, Files, StoredFile};
use super::params::{Params, Upload};
use super::post::PostFile;

/// The kinds of file a message can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A picture, shown as one.
    Photo,
    /// Any file.
    Document,
    /// A film.
    Video,
    /// A round video message.
    VideoNote,
    /// A GIF or silent film.
    Animation,
    /// A voice message.
    Voice,
    /// Music.
    Audio,
    /// A sticker.
    Sticker,
}

impl FileKind {
    /// Telegram's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Photo => "photo",
            Self::Document => "document",
            Self::Video => "video",
            Self::VideoNote => "video_note",
            Self::Animation => "animation",
            Self::Voice => "voice",
            Self::Audio => "audio",
            Self::Sticker => "sticker",
        }
    }

    /// Telegram's word for it in its complaints.
    fn type_name(self) -> &'static str {
        match self {
            Self::Photo => "Photo",
            Self::Document => "Document",
            Self::Video => "Video",
            Self::VideoNote => "VideoNote",
            Self::Animation => "Animation",
            Self::Voice => "VoiceNote",
            Self::Audio => "Audio",
            Self::Sticker => "Sticker",
        }
    }

    pub(super) fn folder(self) -> &'static str {
        match self {
            Self::Photo => "photos",
            Self::Document => "documents",
            Self::Video => "videos",
            Self::VideoNote => "video_notes",
            Self::Animation => "animations",
            Self::Voice => "voice",
            Self::Audio => "music",
            Self::Sticker => "stickers",
        }
    }
}

/// A file as it stands in a message: what the world shows, and the fields of the `Message`.
pub(super) struct Attached {
    pub kind: FileKind,
    pub file: PostFile,
    pub body: Map<String, Value>,
}

pub(super) fn keep(
    files: &mut Files,
    kind: FileKind,
    upload: Upload,
    claimed: Option<u64>,
) -> Attached {
    let stored = files.keep(kind, upload, claimed);
    let small = (kind == FileKind::Photo).then(|| {
        let pixel = Upload {
            name: "small.jpg".to_owned(),
            mime: "image/jpeg".to_owned(),
            bytes: files::small_photo(),
        };
        files.keep(kind, pixel, None)
    });
    attach(kind, &stored, small.as_ref())
}

pub(super) fn attach(kind: FileKind, stored: &StoredFile, small: Option<&StoredFile>) -> Attached {
    let mut body = Map::new();
    let content = match kind {
        FileKind::Photo => sizes(stored, small),
        _ => object(kind, stored),
    };
    if kind == FileKind::Animation {
        // For clients older than animations Telegram says it twice.
        body.insert("document".into(), object(FileKind::Document, stored));
    }
    body.insert(kind.name().into(), content);
    Attached {
        kind,
        file: PostFile {
            id: stored.id.clone(),
            kind: kind.name().to_owned(),
            name: stored.name.clone(),
            mime: stored.mime.clone(),
            size: stored.size,
            url: format!("file/{}", stored.id),
        },
        body,
    }
}

fn sizes(stored: &StoredFile, small: Option<&StoredFile>) -> Value {
    let (width, height) = files::dimensions(&stored.bytes).unwrap_or((1280, 720));
    let size = |file: &StoredFile, width: u32, height: u32| {
        with(file.meta(), json!({ "width": width, "height": height }))
    };
    let large = size(stored, width, height);
    match small {
        Some(small) => json!([size(small, 90, 90), large]),
        None => json!([large]),
    }
}

fn object(kind: FileKind, stored: &StoredFile) -> Value {
    let named = json!({ "file_name": stored.name, "mime_type": stored.mime });
    let fields = match kind {
        FileKind::Photo | FileKind::Document => named,
        FileKind::Video | FileKind::Animation => {
            with(named, json!({ "width": 640, "height": 360, "duration": 3 }))
        }
        FileKind::VideoNote => json!({ "length": 240, "duration": 3 }),
        FileKind::Voice => json!({ "mime_type": stored.mime, "duration": 3 }),
        FileKind::Audio => with(named, json!({ "duration": 3 })),
        FileKind::Sticker => json!({
            "type": "regular", "width": 512, "height": 512,
            "is_animated": false, "is_video": false, "emoji": "🙂",
        }),
    };
    with(stored.meta(), fields)
}

fn with(mut base: Value, more: Value) -> Value {
    if let (Some(base), Value::Object(more)) = (base.as_object_mut(), more) {
        base.extend(more);
    }
    base
}

/// A file a call names: just uploaded, or known by its id.
pub(super) enum Media {
    New(Upload),
    Known(StoredFile),
}

/// Finds the file behind a parameter's value: `attach://part`, a URL fetched before, or a `file_id`.
pub(super) fn find(files: &Files, params: &Params, value: &str) -> Result<Media, ApiError> {
    let upload = match value.strip_prefix("attach://") {
        Some(part) => params.upload(part),
        None => params.upload(value).filter(|_| value.starts_with("http")),
    };
    match (upload, files.by_id(value)) {
        (Some(upload), _) => Ok(Media::New(upload.clone())),
        (None, Some(stored)) => Ok(Media::Known(stored.clone())),
        (None, None) if value.starts_with("http") => {
            Err(ApiError::bad("Bad Request: failed to get HTTP URL content"))
        }
        (None, None) => Err(ApiError::bad(
            "Bad Request: wrong file identifier/HTTP URL specified",
        )),
    }
}

/// Checks a file of a bot's message the way Telegram does and keeps it. A known file stays what it was
/// sent as, whatever the method: only between photos and the rest there is no way at all.
pub(super) fn admit(files: &mut Files, kind: FileKind, media: Media) -> Result<Attached, ApiError> {
    match media {
        Media::Known(stored) => {
            let photo = |kind| kind == FileKind::Photo;
            match photo(stored.kind) == photo(kind) {
                true => Ok(attach(stored.kind, &stored, None)),
                false => Err(ApiError::bad(format!(
                    "Bad Request: can't use file of type {} as {}",
                    stored.kind.type_name(),
                    kind.type_name()
                ))),
            }
        }
        Media::New(upload) => {
            match kind {
                FileKind::Photo => files::check_photo(&upload).map(drop)?,
                _ => files::check_upload(&upload)?,
            }
            Ok(keep(files, kind, upload, None))
        }
    }
}
