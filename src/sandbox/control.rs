//! The control interface: what the demo's page and scripts do with the sandbox over HTTP. The paths and
//! their answers; how they are served is in `routes`, what the state looks like in `view`.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::Sandbox;
use super::agents::AgentFile;
use super::media::FileKind;
use super::params::Params;

/// An answer of the control interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlAnswer {
    /// HTTP status.
    pub status: u16,
    /// Content type.
    pub content_type: String,
    /// Body.
    pub body: Bytes,
}

impl ControlAnswer {
    fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            content_type: "application/json".to_owned(),
            body: body.to_string().into(),
        }
    }
}

/// What was wrong with a call: a status and words.
pub(super) struct Wrong(pub u16, pub String);

pub(super) fn wrong<T>(words: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong(400, words.into()))
}

impl Sandbox {
    /// Answers one control call. `path` is relative to the interface's root. `GET events` is not here:
    /// it never ends, see [`Sandbox::control_routes`].
    pub async fn control(
        &self,
        method: &Method,
        path: &str,
        content_type: Option<&str>,
        body: Bytes,
    ) -> ControlAnswer {
        match self.controlled(method, path, content_type, body).await {
            Ok(answer) => answer,
            Err(Wrong(status, words)) => ControlAnswer::json(status, &json!({ "error": words })),
        }
    }

    async fn controlled(
        &self,
        method: &Method,
        path: &str,
        content_type: Option<&str>,
        body: Bytes,
    ) -> Result<ControlAnswer, Wrong> {
        let path = path.trim_start_matches('/');
        let get = *method == Method::GET;
        if let Some(id) = path.strip_prefix("file/") {
            return self.shown_file(id);
        }
        if path == "state" && get {
            return Ok(ControlAnswer::json(200, &self.state().await));
        }
        if let Some(group) = path.strip_prefix("state/").filter(|_| get) {
            let known = group.parse().ok().and_then(|id| self.known_group(id));
            let there = known.ok_or_else(|| Wrong(404, "there is no such group".to_owned()))?;
            return Ok(ControlAnswer::json(200, &there.state().await));
        }
        if !matches!(
            path,
            "state"
                | "events"
                | "reply"
                | "edit"
                | "say"
                | "press"
                | "group"
                | "private/say"
                | "private/press"
                | "private/block"
                | "faults"
                | "device"
        ) {
            return Err(Wrong(404, "there is no such path".to_owned()));
        }
        let reads = matches!(path, "state" | "events");
        if reads || *method != Method::POST {
            return Err(Wrong(405, "this path does not take that method".to_owned()));
        }
        let params = Params::read(None, content_type, body)
            .await
            .map_err(|error| Wrong(400, error.description))?;
        let there = self.of_group(&params)?;
        let done = match path {
            "reply" => there.reply_call(&params)?,
            "edit" => there.edit_call(&params)?,
            "say" => there.say_call(&params)?,
            "press" => there.press_call(&params)?,
            "group" => self.group_call(&params)?,
            "device" => self.device_call(&params)?,
            "faults" => self.faults_call(&params).await?,
            private => self.private_call(private, &params)?,
        };
        Ok(ControlAnswer::json(200, &done))
    }

    /// The group that a call is about; the first where it names none.
    fn of_group(&self, params: &Params) -> Result<Self, Wrong> {
        if params.text("group").is_none() {
            return Ok(self.clone());
        }
        let known = params.number("group").and_then(|id| self.known_group(id));
        known.ok_or_else(|| Wrong(400, "group names no group".to_owned()))
    }

    fn group_call(&self, params: &Params) -> Result<Value, Wrong> {
        match params.text("title").map(str::trim) {
            Some(title) if !title.is_empty() => {
                let forum = params.text("forum") == Some("true");
                Ok(json!({ "chat_id": self.add_group(title, forum) }))
            }
            _ => wrong("title is needed"),
        }
    }

    fn acting(&self, params: &Params) -> Self {
        match params
            .text("agent")
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            None => self.clone(),
            Some(name) => match name.split_once(' ') {
                Some((first, last)) => self.as_agent(first, Some(last.trim()), None),
                None => self.as_agent(name, None, None),
            },
        }
    }

    fn reply_call(&self, params: &Params) -> Result<Value, Wrong> {
        let reply_to = self.known_post(params, "reply_to")?;
        let thread_id = self.known_topic(params)?;
        let text = params.text("text").unwrap_or_default();
        let photos = photos(params)?;
        if photos.is_empty() && text.trim().is_empty() {
            return wrong("either text or photo is needed");
        }
        let agent = self.acting(params);
        let ids = match (photos.is_empty(), reply_to) {
            (false, _) => agent.agent_sends_files(reply_to, thread_id, photos, text),
            (true, Some(post)) => vec![agent.agent_replies(post, text)],
            (true, None) => vec![agent.agent_writes(thread_id, text)],
        };
        Ok(json!({ "ids": ids }))
    }

    fn edit_call(&self, params: &Params) -> Result<Value, Wrong> {
        let Some(id) = self.known_post(params, "message_id")? else {
            return wrong("message_id is needed");
        };
        let Some(text) = params.text("text") else {
            return wrong("text is needed");
        };
        if self.posts().iter().any(|post| post.id == id && post.by_bot) {
            return wrong("the bot's posts are not an agent's to edit");
        }
        self.agent_edits(id, text);
        Ok(json!({ "ids": [id] }))
    }

    fn say_call(&self, params: &Params) -> Result<Value, Wrong> {
        let thread_id = self.known_topic(params)?;
        match params.text("text") {
            Some(text) => Ok(json!({ "ids": [self.acting(params).agent_writes(thread_id, text)] })),
            None => wrong("text is needed"),
        }
    }

    fn press_call(&self, params: &Params) -> Result<Value, Wrong> {
        let Some(id) = self.known_post(params, "message_id")? else {
            return wrong("message_id is needed");
        };
        let pressed = params.text("button");
        match pressed.and_then(|text| self.acting(params).agent_presses(id, text)) {
            Some(press) => Ok(json!({ "press": press })),
            None => wrong("button names no button of that message"),
        }
    }

    async fn faults_call(&self, params: &Params) -> Result<Value, Wrong> {
        let (telegram, fcm) = (params.text("telegram"), params.text("fcm"));
        let known = telegram.is_none_or(|state| matches!(state, "up" | "down" | "429"))
            && fcm.is_none_or(|state| matches!(state, "up" | "down"));
        if !known || (telegram.is_none() && fcm.is_none()) {
            return wrong("telegram is up, down or 429; fcm is up or down");
        }
        let opened = async {
            match telegram {
                Some("up") => self.telegram_up().await?,
                Some("down") => self.telegram_down().await,
                Some(_) => {
                    self.telegram_up().await?;
                    self.telegram_slow_down();
                }
                None => {}
            }
            match fcm {
                Some("up") => self.fcm_up().await?,
                Some(_) => self.fcm_down().await,
                None => {}
            }
            std::io::Result::Ok(())
        };
        opened
            .await
            .map_err(|error| Wrong(500, format!("the port could not be opened: {error}")))?;
        Ok(self.active_faults().await)
    }

    /// What FCM says from here on to pushes for one token.
    fn device_call(&self, params: &Params) -> Result<Value, Wrong> {
        let (token, state) = (params.text("token"), params.text("state"));
        let (Some(token), Some(state)) = (token.filter(|token| !token.is_empty()), state) else {
            return wrong("token and state are needed");
        };
        match state {
            "fine" => self.token_is_fine(token),
            "unregistered" => self.token_is_unregistered(token),
            "foreign" => self.sender_id_mismatch(token),
            _ => return wrong("state is fine, unregistered or foreign"),
        }
        Ok(json!({ "token": token, "state": state }))
    }

    fn known_post(&self, params: &Params, name: &str) -> Result<Option<i64>, Wrong> {
        if params.text(name).is_none() {
            return Ok(None);
        }
        let id = params.number(name);
        let known =
            id.filter(|id| self.look(|world| world.post(self.group(world).chat_id, *id).is_some()));
        match known {
            Some(id) => Ok(Some(id)),
            None => wrong(format!("{name} names no message of the group")),
        }
    }

    fn known_topic(&self, params: &Params) -> Result<Option<i64>, Wrong> {
        if params.text("thread_id").is_none() {
            return Ok(None);
        }
        let id = params.number("thread_id");
        match id.filter(|id| self.look(|world| self.group(world).topic(*id).is_some())) {
            Some(id) => Ok(Some(id)),
            None => wrong("thread_id names no topic of the group"),
        }
    }

    fn shown_file(&self, id: &str) -> Result<ControlAnswer, Wrong> {
        let Some(file) = self.look(|world| world.files.by_id(id).cloned()) else {
            return Err(Wrong(404, "there is no such file".to_owned()));
        };
        Ok(ControlAnswer {
            status: 200,
            content_type: safe_type(&file.mime, &file.bytes),
            body: file.bytes,
        })
    }
}

/// The photos that came along.
pub(super) fn photos(params: &Params) -> Result<Vec<AgentFile>, Wrong> {
    let photos: Vec<AgentFile> = params.uploads_named("photo").map(photo).collect();
    match photos.iter().any(|photo| photo.bytes.is_empty()) {
        true => wrong("a photo is empty"),
        false => Ok(photos),
    }
}

fn photo(upload: &super::params::Upload) -> AgentFile {
    AgentFile {
        kind: FileKind::Photo,
        name: upload.name.clone(),
        mime: upload.mime.clone(),
        bytes: upload.bytes.clone(),
        claimed_size: None,
    }
}

/// Only what a browser shows without running it keeps a type of its own.
fn safe_type(mime: &str, bytes: &[u8]) -> String {
    if let Ok(format) = image::guess_format(bytes) {
        return format.to_mime_type().to_owned();
    }
    let media = mime.starts_with("audio/") || mime.starts_with("video/");
    let plain = mime
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '.' | '+'));
    match media && plain {
        true => mime.to_owned(),
        false => "application/octet-stream".to_owned(),
    }
}
