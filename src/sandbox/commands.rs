//! The lists of commands that apps offer: kept by scope and language, and which of them somebody sees.

use serde_json::{Value, json};

use super::Sandbox;
use super::answer::{ApiError, Outcome};
use super::params::Params;
use super::post::User;
use super::world::World;

const COMMANDS_LIMIT: usize = 100;

/// A command with its description.
pub(super) type Commands = Vec<(String, String)>;

/// For whom a list is meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    Default,
    AllPrivateChats,
    AllGroupChats,
    AllChatAdministrators,
    Chat(i64),
    ChatAdministrators(i64),
    ChatMember(i64, i64),
}

impl Sandbox {
    /// The commands offered in the group to a member without a language, each with its description.
    pub fn commands(&self) -> Vec<(String, String)> {
        self.look(|world| world.offered(self.group(world).chat_id, &self.agent))
    }
}

impl World {
    pub(super) fn set_my_commands(&mut self, params: &Params) -> Outcome {
        let list = match params.json("commands") {
            Some(Ok(Value::Array(list))) => list,
            Some(Ok(_)) => return Err(bad("expected an Array of BotCommand")),
            _ => return Err(bad("can't parse commands JSON object")),
        };
        if list.len() > COMMANDS_LIMIT {
            return Err(bad("BOT_COMMANDS_TOO_MUCH"));
        }
        let commands = list.iter().map(command).collect::<Result<_, _>>()?;
        let key = self.commands_key(params)?;
        self.commands.insert(key, commands);
        Ok(json!(true))
    }

    pub(super) fn get_my_commands(&mut self, params: &Params) -> Outcome {
        let key = self.commands_key(params)?;
        let commands = self.commands.get(&key).into_iter().flatten();
        let listed = commands
            .map(|(command, description)| json!({"command": command, "description": description}));
        Ok(listed.collect())
    }

    pub(super) fn delete_my_commands(&mut self, params: &Params) -> Outcome {
        let key = self.commands_key(params)?;
        self.commands.remove(&key);
        Ok(json!(true))
    }

    fn commands_key(&self, params: &Params) -> Result<(Scope, String), ApiError> {
        let scope = match params.json("scope") {
            None => Scope::Default,
            Some(Ok(scope)) => self.scope(&scope)?,
            Some(Err(_)) => return Err(bad("can't parse BotCommandScope JSON object")),
        };
        let language = params.text("language_code").unwrap_or_default();
        let two_letters = language.len() == 2 && language.chars().all(|c| c.is_ascii_lowercase());
        match language.is_empty() || two_letters {
            true => Ok((scope, language.to_owned())),
            false => Err(bad("invalid language code specified")),
        }
    }

    fn scope(&self, scope: &Value) -> Result<Scope, ApiError> {
        let wrong = |why: &str| bad(&format!("can't parse BotCommandScope: {why}"));
        if !scope.is_object() {
            return Err(wrong("BotCommandScope must be an Object"));
        }
        let kind = scope.get("type").and_then(Value::as_str);
        let kind = kind.ok_or_else(|| wrong("Can't find field \"type\""))?;
        match kind {
            "default" => return Ok(Scope::Default),
            "all_private_chats" => return Ok(Scope::AllPrivateChats),
            "all_group_chats" => return Ok(Scope::AllGroupChats),
            "all_chat_administrators" => return Ok(Scope::AllChatAdministrators),
            "chat" | "chat_administrators" | "chat_member" => {}
            _ => return Err(wrong("Unsupported type specified")),
        }
        let chat = match scope.get("chat_id") {
            Some(Value::Number(id)) => id.as_i64(),
            Some(Value::String(id)) => id.trim().parse().ok(),
            Some(_) => return Err(wrong("Field \"chat_id\" must be of type String")),
            None => return Err(wrong("Can't find field \"chat_id\"")),
        };
        let chat = self.reachable(chat.ok_or_else(|| bad("chat not found"))?)?;
        if kind == "chat" {
            return Ok(Scope::Chat(chat));
        }
        if !self.is_group(chat) {
            return Err(bad("can't use specified scope in private chats"));
        }
        if kind == "chat_administrators" {
            return Ok(Scope::ChatAdministrators(chat));
        }
        match scope.get("user_id").and_then(Value::as_i64) {
            Some(user) if user > 0 => Ok(Scope::ChatMember(chat, user)),
            Some(_) => Err(wrong("Invalid user_id specified")),
            None => Err(wrong("Can't find field \"user_id\"")),
        }
    }

    /// What Telegram offers a user in a chat: the first list there is, from the narrowest scope to the
    /// widest, and in each the user's language before the list without one. Nobody but the bot is an
    /// administrator here.
    pub(super) fn offered(&self, chat_id: i64, user: &User) -> Commands {
        let scopes = match self.is_group(chat_id) {
            true => vec![
                Scope::ChatMember(chat_id, user.id),
                Scope::Chat(chat_id),
                Scope::AllGroupChats,
                Scope::Default,
            ],
            false => vec![Scope::Chat(chat_id), Scope::AllPrivateChats, Scope::Default],
        };
        let language = user.language_code.as_deref().unwrap_or_default();
        // Of a code such as `pt-br` the first part counts.
        let language = language.split('-').next().unwrap_or_default().to_owned();
        scopes
            .into_iter()
            .flat_map(|scope| [(scope.clone(), language.clone()), (scope, String::new())])
            .find_map(|key| self.commands.get(&key).filter(|list| !list.is_empty()))
            .cloned()
            .unwrap_or_default()
    }
}

fn command(entry: &Value) -> Result<(String, String), ApiError> {
    let text = |name: &str| {
        let value = entry.get(name).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    let (command, description) = (text("command"), text("description"));
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if command.is_empty() || command.len() > 32 || !command.chars().all(letters) {
        return Err(bad("BOT_COMMAND_INVALID"));
    }
    if description.is_empty() || description.chars().count() > 256 {
        return Err(bad("BOT_COMMAND_DESCRIPTION_INVALID"));
    }
    Ok((command, description))
}

fn bad(why: &str) -> ApiError {
    ApiError::bad(format!("Bad Request: {why}"))
}
