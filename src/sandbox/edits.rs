//! The Bot API methods that change or remove messages.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::answer::{ApiError, Outcome};
use super::buttons::inline_keyboard;
use super::media::{Attached, FileKind};
use super::params::Params;
use super::post::Post;
use super::send::{Part, checked_caption, text_of};
use super::world::World;

/// Hours after which a bot can not delete a message any more.
const DELETE_WITHIN: TimeDelta = TimeDelta::hours(48);
const DELETED_AT_ONCE: usize = 100;

impl World {
    pub(super) fn edit_message_text(&mut self, params: &Params) -> Outcome {
        let (chat_id, id) = self.edited(params)?;
        let formatted = text_of(params)?;
        let markup = inline_keyboard(params)?;
        let now = self.clock.now();
        let post = self.own_post(chat_id, id)?;
        if !post.is_text() {
            return Err(bad("there is no text in the message to edit"));
        }
        let same = post.text == formatted.text && post.entities == formatted.entities;
        if same && post.reply_markup == markup {
            return Err(not_modified());
        }
        post.set_text(formatted.text, formatted.entities, now);
        post.reply_markup = markup;
        Ok(self.draw(chat_id, id))
    }

    pub(super) fn edit_message_caption(&mut self, params: &Params) -> Outcome {
        let (chat_id, id) = self.edited(params)?;
        let caption = checked_caption(params.formatted("caption", "caption_entities")?)?;
        let markup = inline_keyboard(params)?;
        let now = self.clock.now();
        let post = self.own_post(chat_id, id)?;
        let bare = matches!(post.kind.as_str(), "video_note" | "sticker");
        if post.files.is_empty() || bare {
            return Err(bad("there is no caption in the message to edit"));
        }
        let same = post.text == caption.text && post.entities == caption.entities;
        if same && post.reply_markup == markup {
            return Err(not_modified());
        }
        post.set_text(caption.text, caption.entities, now);
        post.reply_markup = markup;
        Ok(self.draw(chat_id, id))
    }

    pub(super) fn edit_message_media(&mut self, params: &Params) -> Outcome {
        let (chat_id, id) = self.edited(params)?;
        let item = match params.json("media") {
            Some(Ok(item)) if item.is_object() => item,
            _ => return Err(bad("can't parse media JSON object")),
        };
        let Part { attached, caption } = self.input_media(params, &item, true)?;
        let markup = inline_keyboard(params)?;
        let now = self.clock.now();
        let post = self.own_post(chat_id, id)?;
        if !post.is_text() && !replaceable(post) {
            return Err(bad("message can't be edited"));
        }
        if post.media_group_id.is_some() && !fits_album(&post.kind, attached.kind) {
            return Err(bad("MEDIA_GROUPED_INVALID"));
        }
        let same_file = post.files.first().map(|file| &file.id) == Some(&attached.file.id);
        let same_text = post.text == caption.text && post.entities == caption.entities;
        if same_file && same_text && post.reply_markup == markup {
            return Err(not_modified());
        }
        let Attached { kind, file, body } = attached;
        post.kind = kind.name().to_owned();
        post.files = vec![file];
        post.body = body;
        post.set_text(caption.text, caption.entities, now);
        post.reply_markup = markup;
        Ok(self.draw(chat_id, id))
    }

    pub(super) fn edit_reply_markup(&mut self, params: &Params) -> Outcome {
        let (chat_id, id) = self.edited(params)?;
        let markup = inline_keyboard(params)?;
        let post = self.own_post(chat_id, id)?;
        if post.reply_markup == markup {
            return Err(not_modified());
        }
        post.reply_markup = markup;
        Ok(self.draw(chat_id, id))
    }

    pub(super) fn delete_message(&mut self, params: &Params) -> Outcome {
        let chat_id = self.chat_of(params)?;
        self.delete_one(chat_id, message_id(params)?)?;
        Ok(json!(true))
    }

    /// What can not be found or deleted is passed over.
    pub(super) fn delete_messages(&mut self, params: &Params) -> Outcome {
        let chat_id = self.chat_of(params)?;
        let ids = match params.json("message_ids") {
            Some(Ok(Value::Array(ids))) if !ids.is_empty() => ids,
            Some(Ok(Value::Array(_))) | None => {
                return Err(bad("message identifiers are not specified"));
            }
            Some(_) => return Err(bad("expected an Array of message identifiers")),
        };
        if ids.len() > DELETED_AT_ONCE {
            return Err(bad("too many message identifiers specified"));
        }
        for id in ids.iter().filter_map(Value::as_i64) {
            self.delete_one(chat_id, id).ok();
        }
        Ok(json!(true))
    }

    fn delete_one(&mut self, chat_id: i64, id: i64) -> Result<(), ApiError> {
        // In a group only an administrator removes what others wrote; a private chat lets the bot.
        let group = self
            .groups
            .get(chat_id)
            .map(|group| group.is_administrator());
        let may_all = group != Some(false);
        let now = self.clock.now();
        let post = self
            .post_mut(chat_id, id)
            .ok_or_else(|| bad("message to delete not found"))?;
        if !post.by_bot && !may_all {
            return Err(bad("message can't be deleted"));
        }
        if group.is_none() && now - post.at >= DELETE_WITHIN {
            return Err(bad("message can't be deleted for everyone"));
        }
        post.deleted = true;
        Ok(())
    }

    /// Chat and message of an edit; who can not be written to sees no edits either.
    fn edited(&self, params: &Params) -> Result<(i64, i64), ApiError> {
        let chat_id = self.chat_of(params)?;
        self.may_write(chat_id)?;
        Ok((chat_id, message_id(params)?))
    }

    fn own_post(&mut self, chat_id: i64, id: i64) -> Result<&mut Post, ApiError> {
        match self.post_mut(chat_id, id) {
            Some(post) if post.by_bot && post.kind != "service" => Ok(post),
            Some(_) => Err(bad("message can't be edited")),
            None => Err(bad("message to edit not found")),
        }
    }
}

fn replaceable(post: &Post) -> bool {
    matches!(
        post.kind.as_str(),
        "photo" | "video" | "animation" | "audio" | "document"
    )
}

fn fits_album(before: &str, after: FileKind) -> bool {
    match before {
        "audio" | "document" => before == after.name(),
        _ => matches!(after, FileKind::Photo | FileKind::Video),
    }
}

fn message_id(params: &Params) -> Result<i64, ApiError> {
    params
        .number("message_id")
        .ok_or_else(|| bad("message identifier is not specified"))
}

fn not_modified() -> ApiError {
    bad(
        "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
    )
}

fn bad(why: &str) -> ApiError {
    ApiError::bad(format!("Bad Request: {why}"))
}
