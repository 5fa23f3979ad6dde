//! The Bot API methods that post messages. Those that change them are in `edits`.

use serde_json::{Map, Value, json};

use super::answer::{ApiError, Outcome};
use super::entities::units;
use super::html::Formatted;
use super::media::{self, Attached, FileKind};
use super::params::{self, Params};
use super::post::Draft;
use super::world::{Typing, World};

/// UTF-16 units of a text, and of a caption, after entity parsing.
const TEXT_LIMIT: usize = 4096;
const CAPTION_LIMIT: usize = 1024;
const ALBUM_LIMIT: usize = 10;
const KEEP_TYPING: usize = 200;

/// One file of an album, or of an edit, with its caption.
pub(super) struct Part {
    pub attached: Attached,
    pub caption: Formatted,
}

impl World {
    pub(super) fn send_message(&mut self, params: &Params) -> Outcome {
        let mut draft = self.bot_draft(params, "text")?;
        let formatted = text_of(params)?;
        self.admit(draft.chat_id, 1)?;
        draft.text = formatted.text;
        draft.entities = formatted.entities;
        Ok(self.put_and_draw(draft))
    }

    pub(super) fn send_file(&mut self, params: &Params, kind: FileKind) -> Outcome {
        let field = kind.name();
        let mut draft = self.bot_draft(params, field)?;
        let caption = match kind {
            FileKind::VideoNote | FileKind::Sticker => Formatted::default(),
            _ => checked_caption(params.formatted("caption", "caption_entities")?)?,
        };
        let media = match (params.text(field), params.upload(field)) {
            (Some(value), _) => media::find(&self.files, params, value)?,
            (None, Some(upload)) => media::Media::New(upload.clone()),
            (None, None) => {
                return Err(ApiError::bad(format!(
                    "Bad Request: there is no {} in the request",
                    field.replace('_', " ")
                )));
            }
        };
        let mut attached = media::admit(&mut self.files, kind, media)?;
        self.admit(draft.chat_id, 1)?;
        tell(&mut attached, params);
        fill(&mut draft, attached, caption);
        Ok(self.put_and_draw(draft))
    }

    pub(super) fn send_location(&mut self, params: &Params) -> Outcome {
        let mut draft = self.bot_draft(params, "location")?;
        let degrees = |name: &str, most: f64| {
            let text = params
                .text(name)
                .ok_or_else(|| ApiError::bad(format!("Bad Request: {name} is empty")))?;
            let degrees = text.trim().parse().unwrap_or(f64::NAN);
            match degrees >= -most && degrees <= most {
                true => Ok(degrees),
                false => Err(ApiError::bad("Bad Request: wrong location specified")),
            }
        };
        let place = json!({
            "latitude": degrees("latitude", 90.0)?,
            "longitude": degrees("longitude", 180.0)?,
        });
        self.admit(draft.chat_id, 1)?;
        draft.body.insert("location".into(), place);
        Ok(self.put_and_draw(draft))
    }

    pub(super) fn send_contact(&mut self, params: &Params) -> Outcome {
        let mut draft = self.bot_draft(params, "contact")?;
        let mut contact = Map::new();
        for name in ["phone_number", "first_name"] {
            let value = params.text(name).ok_or_else(|| {
                ApiError::bad(format!("Bad Request: parameter \"{name}\" is required"))
            })?;
            contact.insert(name.into(), json!(value));
        }
        for name in ["last_name", "vcard"] {
            if let Some(value) = params.text(name) {
                contact.insert(name.into(), json!(value));
            }
        }
        self.admit(draft.chat_id, 1)?;
        draft.body.insert("contact".into(), Value::Object(contact));
        Ok(self.put_and_draw(draft))
    }

    /// An album. All parts are checked before any is posted; a bad part fails the whole.
    pub(super) fn send_media_group(&mut self, params: &Params) -> Outcome {
        let first = self.bot_draft(params, "photo")?;
        let items = album_items(params)?;
        let mut parts = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let part = self.input_media(params, item, false).map_err(|mut error| {
                let why = error.description.trim_start_matches("Bad Request: ");
                error.description = format!(
                    "Bad Request: failed to send message #{} with the error message \"{why}\"",
                    index + 1
                );
                error
            })?;
            parts.push(part);
        }
        check_mix(&parts)?;
        self.admit(first.chat_id, parts.len())?;
        let album = self.next_album();
        let posted = parts.into_iter().map(|Part { attached, caption }| {
            let mut draft = Draft::new(first.chat_id, World::bot(), attached.kind.name());
            draft.thread_id = first.thread_id;
            draft.reply_to = first.reply_to;
            draft.silent = first.silent;
            draft.media_group_id = Some(album.clone());
            fill(&mut draft, attached, caption);
            draft
        });
        let drafts: Vec<Draft> = posted.collect();
        Ok(drafts
            .into_iter()
            .map(|draft| self.put_and_draw(draft))
            .collect())
    }

    /// An `InputMedia`; an album has no animations.
    pub(super) fn input_media(
        &mut self,
        params: &Params,
        item: &Value,
        alone: bool,
    ) -> Result<Part, ApiError> {
        let text = |name: &str| item.get(name).and_then(Value::as_str);
        let kind = match text("type") {
            Some("photo") => FileKind::Photo,
            Some("video") => FileKind::Video,
            Some("audio") => FileKind::Audio,
            Some("document") => FileKind::Document,
            Some("animation") if alone => FileKind::Animation,
            _ => {
                return Err(ApiError::bad(
                    "Bad Request: can't parse InputMedia: invalid media type specified",
                ));
            }
        };
        let entities = item.get("caption_entities").map(Value::to_string);
        let caption = checked_caption(params::format(
            text("caption").unwrap_or_default(),
            text("parse_mode"),
            entities.as_deref(),
        )?)?;
        let value = text("media").unwrap_or_default();
        let media = media::find(&self.files, params, value)?;
        let attached = media::admit(&mut self.files, kind, media)?;
        Ok(Part { attached, caption })
    }

    pub(super) fn send_chat_action(&mut self, params: &Params) -> Outcome {
        let chat_id = self.chat_of(params)?;
        let thread_id = self.thread_of(chat_id, params)?;
        self.may_write(chat_id)?;
        let action = params
            .text("action")
            .ok_or_else(|| ApiError::bad("Bad Request: wrong parameter action in request"))?;
        self.typing.push_back(Typing {
            chat_id,
            thread_id,
            action: action.to_owned(),
            at: self.clock.monotonic(),
        });
        if self.typing.len() > KEEP_TYPING {
            self.typing.pop_front();
        }
        Ok(json!(true))
    }
}

pub(super) fn text_of(params: &Params) -> Result<Formatted, ApiError> {
    if params.text("text").is_none() {
        return Err(ApiError::bad("Bad Request: message text is empty"));
    }
    let formatted = params.formatted("text", "entities")?;
    match units(&formatted.text) {
        0 => Err(ApiError::bad("Bad Request: text must be non-empty")),
        length if length > TEXT_LIMIT => Err(ApiError::bad("Bad Request: message is too long")),
        _ => Ok(formatted),
    }
}

pub(super) fn checked_caption(caption: Formatted) -> Result<Formatted, ApiError> {
    match units(&caption.text) > CAPTION_LIMIT {
        true => Err(ApiError::bad("Bad Request: message caption is too long")),
        false => Ok(caption),
    }
}

fn fill(draft: &mut Draft, attached: Attached, caption: Formatted) {
    draft.kind = attached.kind.name();
    draft.files.push(attached.file);
    draft.body.extend(attached.body);
    draft.text = caption.text;
    draft.entities = caption.entities;
}

/// What the call says of its file, where Telegram takes the bot's word for it.
fn tell(attached: &mut Attached, params: &Params) {
    let (numbers, texts): (&[&str], &[&str]) = match attached.kind {
        FileKind::Video | FileKind::Animation => (&["duration", "width", "height"], &[]),
        FileKind::Audio => (&["duration"], &["performer", "title"]),
        FileKind::Voice => (&["duration"], &[]),
        FileKind::VideoNote => (&["duration", "length"], &[]),
        FileKind::Photo | FileKind::Document | FileKind::Sticker => (&[], &[]),
    };
    let object = attached.body.get_mut(attached.kind.name());
    let Some(object) = object.and_then(Value::as_object_mut) else {
        return;
    };
    for name in numbers {
        if let Some(number) = params.number(name) {
            object.insert((*name).into(), json!(number));
        }
    }
    for name in texts {
        if let Some(text) = params.text(name) {
            object.insert((*name).into(), json!(text));
        }
    }
}

fn album_items(params: &Params) -> Result<Vec<Value>, ApiError> {
    let items = match params.json("media") {
        Some(Ok(Value::Array(items))) => items,
        _ => {
            return Err(ApiError::bad("Bad Request: can't parse media JSON object"));
        }
    };
    match items.len() {
        0 => Err(ApiError::bad("Bad Request: there are no messages to send")),
        // The documented range; the real service takes one part too, a client should not count on it.
        1 => Err(ApiError::bad("Bad Request: media must include 2-10 items")),
        2..=ALBUM_LIMIT => Ok(items),
        _ => Err(ApiError::bad(
            "Bad Request: too many messages to send as an album",
        )),
    }
}

fn check_mix(parts: &[Part]) -> Result<(), ApiError> {
    let alone = |kind: FileKind| matches!(kind, FileKind::Document | FileKind::Audio);
    let kinds = || parts.iter().map(|part| part.attached.kind);
    let first = kinds().next();
    let odd =
        kinds().find(|kind| Some(*kind) != first && (alone(*kind) || first.is_some_and(alone)));
    match odd {
        None => Ok(()),
        Some(kind) => {
            let kind = if alone(kind) {
                kind
            } else {
                first.unwrap_or(kind)
            };
            let word = if kind == FileKind::Audio {
                "Audio"
            } else {
                "Document"
            };
            Err(ApiError::bad(format!(
                "Bad Request: {word} can't be mixed with other media types"
            )))
        }
    }
}
