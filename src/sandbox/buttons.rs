//! Keyboards and what becomes of them: checked as sent, pressed by people, answered by the bot.

use serde::Serialize;
use serde_json::{Value, json};

use super::Sandbox;
use super::answer::{ApiError, Outcome};
use super::params::Params;
use super::post::{Post, User};
use super::world::World;

/// Bytes of a button's data, characters of an answer.
const DATA_LIMIT: usize = 64;
const ANSWER_LIMIT: usize = 200;
/// Seconds after which a press can not be answered any more.
const ANSWER_WITHIN: u64 = 15 * 60;

/// A press on a button, and what the bot said to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Press {
    /// Id of the callback query.
    pub id: String,
    /// Who pressed.
    pub by: String,
    /// Who pressed, by id.
    pub by_id: i64,
    /// The chat of the post.
    pub chat_id: i64,
    /// The post.
    pub post_id: i64,
    /// What the button carries.
    pub data: String,
    /// What the one who pressed was shown; None while the button still waits.
    pub answer: Option<String>,
    /// Whether it was shown as an alert.
    pub alert: bool,
    #[serde(skip)]
    at: std::time::Duration,
}

impl Sandbox {
    /// Presses the button of a post whose text contains `text`; gives the id of the press, None where there is no
    /// such button.
    pub fn agent_presses(&self, post_id: i64, text: &str) -> Option<String> {
        let chat_id = self.group_chat_id();
        let data = self.look(|world| button_data(world, chat_id, post_id, text))?;
        Some(self.button_pressed(&self.agent(), chat_id, post_id, &data))
    }

    /// A press with this data, whatever buttons the post has: as from an app that has not seen a change yet.
    /// Gives the id of the callback query.
    pub fn button_pressed(&self, user: &User, chat_id: i64, post_id: i64, data: &str) -> String {
        self.change(|world| {
            let id = format!("{}", 4_382_000_000_000_001 + world.presses.len());
            let press = Press {
                id: id.clone(),
                by: user.full_name(),
                by_id: user.id,
                chat_id,
                post_id,
                data: data.to_owned(),
                answer: None,
                alert: false,
                at: world.clock.monotonic(),
            };
            world.presses.push(press);
            // Of a post that is gone only chat and id are told.
            let message = match world.post(chat_id, post_id) {
                Some(_) => world.draw(chat_id, post_id),
                None => json!({"chat": world.chat_json(chat_id), "message_id": post_id, "date": 0}),
            };
            let query = json!({
                "id": id, "from": user.json(), "message": message,
                "chat_instance": chat_id.to_string(), "data": data,
            });
            world.updates.push("callback_query", query);
            id
        })
    }

    /// Presses so far, oldest first.
    pub fn presses(&self) -> Vec<Press> {
        self.look(|world| world.presses.clone())
    }

    /// The texts of the buttons of a post.
    pub fn buttons_of(&self, post_id: i64) -> Vec<String> {
        let chat_id = self.group_chat_id();
        self.look(|world| button_texts(world, chat_id, post_id))
    }
}

/// Data of the first button of a post whose text contains `text`.
pub(super) fn button_data(world: &World, chat_id: i64, post_id: i64, text: &str) -> Option<String> {
    let label = |button: &Value| Some(button.get("text")?.as_str()?.contains(text));
    let buttons = buttons(world.post(chat_id, post_id)?);
    let mut pressable = buttons
        .into_iter()
        .filter(|button| label(button) == Some(true))
        .filter_map(|button| button.get("callback_data")?.as_str().map(str::to_owned));
    pressable.next()
}

/// Texts of the buttons of a post, links included.
pub(super) fn button_texts(world: &World, chat_id: i64, post_id: i64) -> Vec<String> {
    let buttons = world.post(chat_id, post_id).map(buttons);
    let buttons = buttons.into_iter().flatten();
    let texts = buttons.filter_map(|button| button.get("text")?.as_str().map(str::to_owned));
    texts.collect()
}

fn buttons(post: &Post) -> Vec<&Value> {
    let rows = post
        .reply_markup
        .as_ref()
        .and_then(|markup| markup.get("inline_keyboard"))
        .and_then(Value::as_array);
    let rows = rows.into_iter().flatten().filter_map(Value::as_array);
    rows.flatten().collect()
}

/// The keyboard a call brings along.
pub(super) enum Keyboard {
    /// Under the message, and kept with it.
    Inline(Value),
    /// Below the input, until another one comes; the texts of its buttons, none when it goes.
    Below(Vec<String>),
}

/// The keyboard of a call. An inline one without buttons is none.
pub(super) fn keyboard(params: &Params) -> Result<Option<Keyboard>, ApiError> {
    let markup = match params.json("reply_markup") {
        None => return Ok(None),
        Some(Ok(markup)) if markup.is_object() => markup,
        Some(_) => return Err(wrong("object expected as reply markup")),
    };
    if let Some(rows) = markup.get("inline_keyboard") {
        let buttons = in_rows(rows, "inline_keyboard", "InlineKeyboardButton")?;
        for button in &buttons {
            check_button(button)?;
        }
        let any = !buttons.is_empty();
        return Ok(any.then_some(Keyboard::Inline(markup)));
    }
    if let Some(rows) = markup.get("keyboard") {
        let buttons = in_rows(rows, "keyboard", "KeyboardButton")?;
        let texts = buttons.into_iter().map(text_below);
        return Ok(Some(Keyboard::Below(texts.collect::<Result<_, _>>()?)));
    }
    let goes = markup.get("remove_keyboard").and_then(Value::as_bool);
    Ok((goes == Some(true)).then(|| Keyboard::Below(Vec::new())))
}

/// The keyboard of an edit, which can only be inline.
pub(super) fn inline_keyboard(params: &Params) -> Result<Option<Value>, ApiError> {
    match keyboard(params)? {
        None => Ok(None),
        Some(Keyboard::Inline(markup)) => Ok(Some(markup)),
        Some(Keyboard::Below(_)) => Err(wrong("inline keyboard expected")),
    }
}

fn in_rows<'a>(rows: &'a Value, field: &str, kind: &str) -> Result<Vec<&'a Value>, ApiError> {
    let rows = rows
        .as_array()
        .ok_or_else(|| wrong(&format!("field \"{field}\" must be of type Array")))?;
    let mut buttons = Vec::new();
    for row in rows {
        let row = row.as_array().ok_or_else(|| {
            wrong(&format!(
                "field \"{field}\" must be an Array of Arrays of {kind}"
            ))
        })?;
        buttons.extend(row);
    }
    Ok(buttons)
}

fn text_below(button: &Value) -> Result<String, ApiError> {
    let text = match button {
        Value::String(text) => Some(text.as_str()),
        Value::Object(fields) => fields.get("text").and_then(Value::as_str),
        _ => {
            return Err(wrong(
                "can't parse keyboard button: KeyboardButton must be a String or an Object",
            ));
        }
    };
    match text.filter(|text| !text.trim().is_empty()) {
        Some(text) => Ok(text.to_owned()),
        None => Err(wrong("keyboard button text must be non-empty")),
    }
}

fn wrong(what: &str) -> ApiError {
    ApiError::bad(format!("Bad Request: {what}"))
}

fn check_button(button: &Value) -> Result<(), ApiError> {
    let text = button.get("text").and_then(Value::as_str);
    if text.is_none_or(|text| text.trim().is_empty()) {
        return Err(wrong("inline keyboard button text must be non-empty"));
    }
    match (
        button.get("callback_data").and_then(Value::as_str),
        button.get("url"),
    ) {
        (Some(data), _) if data.is_empty() || data.len() > DATA_LIMIT => {
            Err(wrong("BUTTON_DATA_INVALID"))
        }
        (Some(_), _) | (None, Some(_)) => Ok(()),
        (None, None) => Err(wrong(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        )),
    }
}

impl World {
    pub(super) fn answer_callback_query(&mut self, params: &Params) -> Outcome {
        let text = params.text("text").unwrap_or_default().to_owned();
        if text.chars().count() > ANSWER_LIMIT {
            return Err(ApiError::bad("Bad Request: MESSAGE_TOO_LONG"));
        }
        let (id, now) = (params.text("callback_query_id"), self.clock.monotonic());
        let presses = self.presses.iter_mut();
        let press = presses
            .filter(|press| press.answer.is_none())
            .find(|press| Some(press.id.as_str()) == id)
            .filter(|press| (now - press.at).as_secs() < ANSWER_WITHIN);
        let Some(press) = press else {
            return Err(ApiError::bad(
                "Bad Request: query is too old and response timeout expired or query ID is invalid",
            ));
        };
        press.answer = Some(text);
        press.alert = params.flag("show_alert");
        Ok(json!(true))
    }
}
