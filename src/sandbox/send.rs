//! The Bot API methods that post or change messages.

use serde_json::{Value, json};

use super::answer::{ApiError, Outcome};
use super::buttons::keyboard;
use super::entities::units;
use super::html::Formatted;
use super::media::{self, Attached, FileKind};
use super::params::{self, Params};
use super::post::Draft;
use super::world::{Standing, Typing, World};

/// UTF-16 units of a text, and of a caption, after entity parsing.
const TEXT_LIMIT: usize = 4096;
const CAPTION_LIMIT: usize = 1024;
const ALBUM_LIMIT: usize = 10;
const KEEP_TYPING: usize = 200;

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
        let caption = checked_caption(params.formatted("caption", "caption_entities")?)?;
        let media = match (params.text(field), params.upload(field)) {
            (Some(value), _) => media::find(&self.files, params, value)?,
            (None, Some(upload)) => media::Media::New(upload.clone()),
            (None, None) => {
                return Err(ApiError::bad(format!(
                    "Bad Request: there is no {field} in the request"
                )));
            }
        };
        let attached = media::admit(&mut self.files, kind, media)?;
        self.admit(draft.chat_id, 1)?;
        fill(&mut draft, attached, caption);
        Ok(self.put_and_draw(draft))
    }

    /// An album. All parts are checked before any is posted; a bad part fails the whole.
    pub(super) fn send_media_group(&mut self, params: &Params) -> Outcome {
        let first = self.bot_draft(params, "photo")?;
        let items = album_items(params)?;
        let mut parts = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let part = self.album_part(params, item).map_err(|mut error| {
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
        let posted = parts.into_iter().map(|(kind, attached, caption)| {
            let mut draft = Draft::new(first.chat_id, World::bot(), kind.name());
            draft.thread_id = first.thread_id;
            draft.reply_to = first.reply_to;
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

    fn album_part(
        &mut self,
        params: &Params,
        item: &Value,
    ) -> Result<(FileKind, Attached, Formatted), ApiError> {
        let text = |name: &str| item.get(name).and_then(Value::as_str);
        let kind = match text("type") {
            Some("photo") => FileKind::Photo,
            Some("video") => FileKind::Video,
            Some("audio") => FileKind::Audio,
            Some("document") => FileKind::Document,
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
        Ok((kind, attached, caption))
    }

    pub(super) fn send_chat_action(&mut self, params: &Params) -> Outcome {
        let chat_id = self.chat_of(params)?;
        let thread_id = self.thread_of(chat_id, params)?;
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

    pub(super) fn edit_message_text(&mut self, params: &Params) -> Outcome {
        let chat_id = self.chat_of(params)?;
        let formatted = text_of(params)?;
        let id = message_id(params)?;
        let markup = keyboard(params)?;
        let now = self.clock.now();
        let post = self
            .post_mut(chat_id, id)
            .ok_or_else(|| ApiError::bad("Bad Request: message to edit not found"))?;
        if !post.by_bot {
            return Err(ApiError::bad("Bad Request: message can't be edited"));
        }
        if !post.is_text() {
            return Err(ApiError::bad(
                "Bad Request: there is no text in the message to edit",
            ));
        }
        if post.text == formatted.text
            && post.entities == formatted.entities
            && post.reply_markup == markup
        {
            return Err(not_modified());
        }
        post.set_text(formatted.text, formatted.entities, now);
        post.reply_markup = markup;
        Ok(self.draw(chat_id, id))
    }

    pub(super) fn edit_reply_markup(&mut self, params: &Params) -> Outcome {
        let chat_id = self.chat_of(params)?;
        let id = message_id(params)?;
        let markup = keyboard(params)?;
        let post = self
            .post_mut(chat_id, id)
            .filter(|post| post.by_bot)
            .ok_or_else(|| ApiError::bad("Bad Request: message to edit not found"))?;
        if post.reply_markup == markup {
            return Err(not_modified());
        }
        post.reply_markup = markup;
        Ok(self.draw(chat_id, id))
    }

    pub(super) fn delete_message(&mut self, params: &Params) -> Outcome {
        let chat_id = self.chat_of(params)?;
        let id = message_id(params)?;
        // In a group only an administrator removes what others wrote; a private chat lets the bot.
        let may_all = !self.is_group(chat_id) || self.group.standing == Standing::Administrator;
        let post = self
            .post_mut(chat_id, id)
            .ok_or_else(|| ApiError::bad("Bad Request: message to delete not found"))?;
        if !post.by_bot && !may_all {
            return Err(ApiError::bad("Bad Request: message can't be deleted"));
        }
        post.deleted = true;
        Ok(json!(true))
    }
}

fn not_modified() -> ApiError {
    ApiError::bad(
        "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
    )
}

fn message_id(params: &Params) -> Result<i64, ApiError> {
    params
        .number("message_id")
        .ok_or_else(|| ApiError::bad("Bad Request: message identifier is not specified"))
}

fn text_of(params: &Params) -> Result<Formatted, ApiError> {
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

fn checked_caption(caption: Formatted) -> Result<Formatted, ApiError> {
    match units(&caption.text) > CAPTION_LIMIT {
        true => Err(ApiError::bad("Bad Request: message caption is too long")),
        false => Ok(caption),
    }
}

fn fill(draft: &mut Draft, attached: Attached, caption: Formatted) {
    draft.files.push(attached.file);
    draft.body.extend(attached.body);
    draft.text = caption.text;
    draft.entities = caption.entities;
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

fn check_mix(parts: &[(FileKind, Attached, Formatted)]) -> Result<(), ApiError> {
    let alone = |kind: FileKind| matches!(kind, FileKind::Document | FileKind::Audio);
    let first = parts.first().map(|(kind, ..)| *kind);
    let odd = parts
        .iter()
        .map(|(kind, ..)| *kind)
        .find(|kind| Some(*kind) != first && (alone(*kind) || first.is_some_and(alone)));
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
