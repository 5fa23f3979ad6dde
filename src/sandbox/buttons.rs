//! Inline keyboards and what becomes of them: checked as sent, pressed by people, answered by the bot; and the list of
//! commands that apps offer.

use std::collections::BTreeMap;

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
const COMMANDS_LIMIT: usize = 100;

/// A press on a button, and what the bot said to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Press {
    /// Id of the callback query.
    pub id: String,
    /// Who pressed.
    pub by: String,
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

/// A command with its description.
pub(super) type Commands = Vec<(String, String)>;

#[derive(Default)]
pub(super) struct Buttons {
    pub presses: Vec<Press>,
    /// By scope, as JSON.
    pub commands: BTreeMap<String, Commands>,
}

impl Sandbox {
    /// Presses the button of a post whose text contains `text`; gives the id of the press, None where there is no
    /// such button.
    pub fn agent_presses(&self, post_id: i64, text: &str) -> Option<String> {
        let chat_id = self.group_chat_id();
        let data = self.look(|world| {
            let post = world.post(chat_id, post_id)?;
            buttons(post)
                .into_iter()
                .find(|(label, _)| label.contains(text))
        })?;
        Some(self.button_pressed(&self.agent(), chat_id, post_id, &data.1))
    }

    /// A press with this data, whatever buttons the post has: as from an app that has not seen a change yet.
    /// Gives the id of the callback query.
    pub fn button_pressed(&self, user: &User, chat_id: i64, post_id: i64, data: &str) -> String {
        self.change(|world| {
            let id = format!("{}", 4_382_000_000_000_001 + world.buttons.presses.len());
            let press = Press {
                id: id.clone(),
                by: user.full_name(),
                post_id,
                data: data.to_owned(),
                answer: None,
                alert: false,
                at: world.clock.monotonic(),
            };
            world.buttons.presses.push(press);
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
        self.look(|world| world.buttons.presses.clone())
    }

    /// The texts of the buttons of a post.
    pub fn buttons_of(&self, post_id: i64) -> Vec<String> {
        let chat_id = self.group_chat_id();
        self.look(|world| {
            let buttons = world.post(chat_id, post_id).map(buttons);
            let texts = buttons.into_iter().flatten();
            texts.map(|(text, _)| text).collect()
        })
    }

    /// The commands offered in the group, each with its description.
    pub fn commands(&self) -> Vec<(String, String)> {
        let scope = json!({"type": "chat", "chat_id": self.group_chat_id()}).to_string();
        self.look(|world| world.buttons.commands.get(&scope).cloned())
            .unwrap_or_default()
    }
}

/// Text and data of a post's buttons.
fn buttons(post: &Post) -> Vec<(String, String)> {
    let rows = post
        .reply_markup
        .as_ref()
        .and_then(|markup| markup.get("inline_keyboard"))
        .and_then(Value::as_array);
    let all = rows.into_iter().flatten().filter_map(Value::as_array);
    all.flatten()
        .filter_map(|button| {
            let text = button.get("text")?.as_str()?.to_owned();
            Some((text, button.get("callback_data")?.as_str()?.to_owned()))
        })
        .collect()
}

/// The keyboard of a call, as a message keeps it: only inline ones come back, and an empty one is none.
pub(super) fn keyboard(params: &Params) -> Result<Option<Value>, ApiError> {
    let markup = match params.json("reply_markup") {
        None => return Ok(None),
        Some(Ok(markup)) if markup.is_object() => markup,
        Some(_) => {
            return Err(ApiError::bad(
                "Bad Request: object expected as reply markup",
            ));
        }
    };
    let Some(rows) = markup.get("inline_keyboard") else {
        return Ok(None);
    };
    let wrong = |what: &str| ApiError::bad(format!("Bad Request: {what}"));
    let rows = rows.as_array();
    let rows = rows.ok_or_else(|| wrong("field \"inline_keyboard\" must be of type Array"))?;
    let mut count = 0;
    for row in rows {
        let row = row.as_array();
        let row = row.ok_or_else(|| {
            wrong("field \"inline_keyboard\" must be an Array of Arrays of InlineKeyboardButton")
        })?;
        for button in row {
            check_button(button)?;
            count += 1;
        }
    }
    Ok((count > 0).then_some(markup))
}

fn check_button(button: &Value) -> Result<(), ApiError> {
    let wrong = |what: &str| ApiError::bad(format!("Bad Request: {what}"));
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
        let presses = self.buttons.presses.iter_mut();
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

    pub(super) fn set_my_commands(&mut self, params: &Params) -> Outcome {
        let list = match params.json("commands") {
            Some(Ok(Value::Array(list))) => list,
            _ => {
                return Err(ApiError::bad(
                    "Bad Request: can't parse commands JSON array",
                ));
            }
        };
        if list.len() > COMMANDS_LIMIT {
            return Err(ApiError::bad("Bad Request: BOT_COMMANDS_TOO_MUCH"));
        }
        let mut commands = Commands::new();
        for entry in &list {
            let text = |name: &str| {
                let value = entry.get(name).and_then(Value::as_str);
                value.unwrap_or_default().to_owned()
            };
            let (command, description) = (text("command"), text("description"));
            let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if command.is_empty() || command.len() > 32 || !command.chars().all(letters) {
                return Err(ApiError::bad("Bad Request: BOT_COMMAND_INVALID"));
            }
            if description.is_empty() || description.chars().count() > 256 {
                return Err(ApiError::bad(
                    "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID",
                ));
            }
            commands.push((command, description));
        }
        let scope = match params.json("scope") {
            None => json!({"type": "default"}),
            Some(Ok(scope)) if scope.is_object() => scope,
            Some(_) => {
                return Err(ApiError::bad("Bad Request: can't parse BotCommandScope"));
            }
        };
        if let Some(chat) = scope.get("chat_id").and_then(Value::as_i64) {
            self.reachable(chat)?;
        }
        self.buttons.commands.insert(scope.to_string(), commands);
        Ok(json!(true))
    }
}
