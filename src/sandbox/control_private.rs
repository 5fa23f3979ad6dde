//! The control interface's part for private chats: `private/say`, `private/press`, `private/block`. The
//! rest of it is in `control`.

use serde_json::{Value, json};

use super::Sandbox;
use super::agents::AgentFile;
use super::control::{Wrong, photos, wrong};
use super::params::Params;
use super::person::Person;

impl Sandbox {
    pub(super) fn private_call(&self, path: &str, params: &Params) -> Result<Value, Wrong> {
        let person = self.named_person(params)?;
        match path {
            "private/say" => private_say(&person, params),
            "private/press" => private_press(&person, params),
            _ => private_block(&person, params),
        }
    }

    /// An agent of that full name, or else the person of that first name.
    fn named_person(&self, params: &Params) -> Result<Person, Wrong> {
        let Some(name) = params.text("person").map(str::trim) else {
            return wrong("person is needed");
        };
        let agents = self.look(|world| world.agents.clone());
        match agents.iter().find(|agent| agent.full_name() == name) {
            Some(agent) => Ok(self.private_of(agent)),
            None => {
                let username = name.to_lowercase().replace(' ', "_");
                Ok(self.person(name, Some(&username), params.text("language")))
            }
        }
    }
}

fn private_say(person: &Person, params: &Params) -> Result<Value, Wrong> {
    let reply_to = known_message(person, params, "reply_to")?;
    let text = params.text("text").unwrap_or_default();
    let photos: Vec<AgentFile> = photos(params)?;
    if photos.is_empty() && text.trim().is_empty() {
        return wrong("either text or photo is needed");
    }
    let ids = match (photos.is_empty(), reply_to) {
        (false, _) => person.replies_with(reply_to, photos, text),
        (true, Some(post)) => vec![person.replies(post, text)],
        (true, None) => vec![person.writes(text)],
    };
    Ok(json!({ "ids": ids, "chat_id": person.id() }))
}

/// By the text of the button, or by its data: two buttons of a list may look alike.
fn private_press(person: &Person, params: &Params) -> Result<Value, Wrong> {
    let Some(id) = known_message(person, params, "message_id")? else {
        return wrong("message_id is needed");
    };
    let press = match (params.text("data"), params.text("button")) {
        (Some(data), _) => Some(person.presses_data(id, data)),
        (None, Some(text)) => person.presses(id, text),
        (None, None) => None,
    };
    match press {
        Some(press) => Ok(json!({ "press": press })),
        None => wrong("button names no button of that message"),
    }
}

fn private_block(person: &Person, params: &Params) -> Result<Value, Wrong> {
    match params.text("blocked") {
        Some("true") => person.blocks_bot(),
        Some("false") => person.unblocks_bot(),
        _ => return wrong("blocked is true or false"),
    }
    Ok(json!({ "chat_id": person.id() }))
}

fn known_message(person: &Person, params: &Params, name: &str) -> Result<Option<i64>, Wrong> {
    if params.text(name).is_none() {
        return Ok(None);
    }
    let id = params.number(name);
    let seen = person.sees();
    match id.filter(|id| seen.iter().any(|post| post.id == *id)) {
        Some(id) => Ok(Some(id)),
        None => wrong(format!("{name} names no message of that chat")),
    }
}
