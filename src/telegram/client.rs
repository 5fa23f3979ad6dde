//! The Bot API over HTTP: one function to call it, one to fetch files, and the few methods we use; those that send are
//! in `send`.
//! What a failure means is `failure`'s; what to do about it is the caller's.
//!
//! teloxide's `Bot` is not used: it sleeps ten seconds on a 5xx, loses the status, and makes one parse error of an
//! HTML page after a refused call and of a success that can not be read, which are a retry and an uncertain send.

use std::error::Error as _;
use std::time::Duration;

use reqwest::{RequestBuilder, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::failure::{self, Failure};
use super::settings::TelegramSettings;

mod send;
pub use send::SentFile;

const CONNECT: Duration = Duration::from_secs(10);
/// A whole call; teloxide's and others' 17 s are too short for photos over a slow line.
const CALL: Duration = Duration::from_secs(120);
/// Shorter than the servers' keep-alive, so that a send rarely meets a connection that is just being closed.
const IDLE: Duration = Duration::from_secs(30);
/// The kinds of update we ask for.
pub const ALLOWED_UPDATES: [&str; 4] = [
    "message",
    "edited_message",
    "my_chat_member",
    "callback_query",
];

/// A connection to the Bot API. Clones share the connections.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    /// With the token: never to be logged.
    methods: String,
    files: String,
}

/// Where a message goes.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub chat: i64,
    pub topic: Option<i64>,
}

/// What goes with a message besides its place.
#[derive(Debug, Clone, Default)]
pub struct Manner {
    /// The message it answers, where that still stands.
    pub reply_to: Option<i64>,
    /// The buttons under it.
    pub keyboard: Option<Value>,
    /// Without a sound.
    pub silent: bool,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Me {
    pub id: i64,
    pub username: Option<String>,
    /// False while privacy mode is on.
    #[serde(default)]
    pub can_read_all_group_messages: bool,
}

#[derive(Debug, Clone, Deserialize)]
pub struct ChatInfo {
    pub id: i64,
    #[serde(rename = "type")]
    pub kind: String,
    pub title: Option<String>,
    #[serde(default)]
    pub is_forum: bool,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Member {
    /// `creator`, `administrator`, `member`, `restricted`, `left` or `kicked`.
    pub status: String,
    #[serde(default)]
    pub can_manage_topics: bool,
    /// Of a restricted member.
    pub can_send_messages: Option<bool>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct WebhookInfo {
    pub url: String,
    #[serde(default)]
    pub pending_update_count: u64,
    pub last_error_date: Option<i64>,
    pub last_error_message: Option<String>,
}

#[derive(Debug, Deserialize)]
struct FilePath {
    file_path: Option<String>,
}

impl Client {
    /// # Errors
    /// When TLS can not be set up.
    pub fn new(settings: &TelegramSettings) -> Result<Self, String> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(CALL)
            .pool_idle_timeout(IDLE)
            .build()
            .map_err(|error| format!("the HTTP client can not be made: {error}"))?;
        let base = settings.api_url.as_str().trim_end_matches('/');
        Ok(Self {
            http,
            methods: format!("{base}/bot{}", settings.token),
            files: format!("{base}/file/bot{}", settings.token),
        })
    }

    pub async fn get_me(&self) -> Result<Me, Failure> {
        self.call("getMe", &json!({})).await
    }

    pub async fn get_chat(&self, chat: i64) -> Result<ChatInfo, Failure> {
        self.call("getChat", &json!({ "chat_id": chat })).await
    }

    pub async fn get_chat_member(&self, chat: i64, user: i64) -> Result<Member, Failure> {
        let ask = json!({ "chat_id": chat, "user_id": user });
        self.call("getChatMember", &ask).await
    }

    pub async fn get_webhook_info(&self) -> Result<WebhookInfo, Failure> {
        self.call("getWebhookInfo", &json!({})).await
    }

    pub async fn set_webhook(&self, url: &str, secret: Option<&str>) -> Result<(), Failure> {
        let mut ask = json!({ "url": url, "allowed_updates": ALLOWED_UPDATES });
        put(&mut ask, "secret_token", secret);
        self.call::<bool>("setWebhook", &ask).await.map(drop)
    }

    pub async fn delete_webhook(&self) -> Result<(), Failure> {
        self.call::<bool>("deleteWebhook", &json!({}))
            .await
            .map(drop)
    }

    /// The updates from `offset` on, each as it is. Waits up to `hold` seconds for the first.
    pub async fn get_updates(&self, offset: Option<i64>, hold: u64) -> Result<Vec<Value>, Failure> {
        let mut ask = json!({ "timeout": hold, "allowed_updates": ALLOWED_UPDATES });
        put(&mut ask, "offset", offset);
        let patience = Duration::from_secs(30 + hold);
        let request = self.request("getUpdates").timeout(patience).json(&ask);
        receive("getUpdates", request).await
    }

    pub async fn create_topic(&self, chat: i64, name: &str) -> Result<i64, Failure> {
        #[derive(Deserialize)]
        struct Topic {
            message_thread_id: i64,
        }
        let ask = json!({ "chat_id": chat, "name": name });
        let topic: Topic = self.call("createForumTopic", &ask).await?;
        Ok(topic.message_thread_id)
    }

    pub async fn close_topic(&self, chat: i64, topic: i64) -> Result<(), Failure> {
        let ask = json!({ "chat_id": chat, "message_thread_id": topic });
        self.call::<bool>("closeForumTopic", &ask).await.map(drop)
    }

    pub async fn reopen_topic(&self, chat: i64, topic: i64) -> Result<(), Failure> {
        let ask = json!({ "chat_id": chat, "message_thread_id": topic });
        self.call::<bool>("reopenForumTopic", &ask).await.map(drop)
    }

    /// Tells who pressed a button; `alert` has to be read away.
    pub async fn answer_callback(
        &self,
        callback: &str,
        text: &str,
        alert: bool,
    ) -> Result<(), Failure> {
        let ask = json!({ "callback_query_id": callback, "text": text, "show_alert": alert });
        self.call::<bool>("answerCallbackQuery", &ask)
            .await
            .map(drop)
    }

    /// Puts other buttons under a post.
    pub async fn edit_buttons(
        &self,
        chat: i64,
        message: i64,
        keyboard: &Value,
    ) -> Result<(), Failure> {
        let ask = json!({ "chat_id": chat, "message_id": message, "reply_markup": keyboard });
        self.call::<Value>("editMessageReplyMarkup", &ask)
            .await
            .map(drop)
    }

    /// The commands that apps offer within a scope, to those who speak a language where one is named.
    pub async fn set_commands(
        &self,
        scope: Value,
        language: Option<&str>,
        commands: &[(&str, String)],
    ) -> Result<(), Failure> {
        let list: Vec<Value> = commands
            .iter()
            .map(|(command, description)| json!({ "command": command, "description": description }))
            .collect();
        let mut ask = json!({ "commands": list, "scope": scope });
        put(&mut ask, "language_code", language);
        self.call::<bool>("setMyCommands", &ask).await.map(drop)
    }

    pub async fn send_typing(&self, place: Place) -> Result<(), Failure> {
        let mut ask = json!({ "chat_id": place.chat, "action": "typing" });
        put(&mut ask, "message_thread_id", place.topic);
        self.call::<bool>("sendChatAction", &ask).await.map(drop)
    }

    /// Opens a file on Telegram's side for reading.
    pub async fn open_file(&self, file_id: &str) -> Result<Response, Failure> {
        let found: FilePath = self.call("getFile", &json!({ "file_id": file_id })).await?;
        let path = found
            .file_path
            .ok_or_else(|| Failure::Refused("Telegram names no path for the file".into()))?;
        let response = self
            .http
            .get(format!("{}/{path}", self.files))
            .send()
            .await
            .map_err(|error| of_transport(&error))?;
        let status = response.status().as_u16();
        match status {
            200..=299 => Ok(response),
            429 | 500.. => Err(Failure::Unavailable(format!("status {status} for a file"))),
            _ => Err(Failure::Refused(format!("status {status} for a file"))),
        }
    }

    async fn call<R: DeserializeOwned>(&self, method: &str, ask: &Value) -> Result<R, Failure> {
        receive(method, self.request(method).json(ask)).await
    }

    fn request(&self, method: &str) -> RequestBuilder {
        self.http.post(format!("{}/{method}", self.methods))
    }
}

/// Makes a call of this method, and counts how it went.
async fn receive<R: DeserializeOwned>(method: &str, request: RequestBuilder) -> Result<R, Failure> {
    let received = try_receive(request).await;
    let result = received.as_ref().map_or_else(Failure::word, |_| "ok");
    let labels = [("method", method.to_owned()), ("result", result.to_owned())];
    metrics::counter!("relaydesk_telegram_calls_total", &labels).increment(1);
    received
}

async fn try_receive<R: DeserializeOwned>(request: RequestBuilder) -> Result<R, Failure> {
    let response = request.send().await.map_err(|error| of_transport(&error))?;
    let status = response.status().as_u16();
    match response.bytes().await {
        Ok(body) => failure::read(status, &body),
        // The refusal itself has arrived, only its words are lost.
        Err(_) if status >= 500 => Err(Failure::Unavailable(format!("status {status}"))),
        Err(error) => Err(Failure::Uncertain(reason(&error))),
    }
}

/// Only what certainly did not arrive as a whole is certain; anything later may have reached Telegram.
fn of_transport(error: &reqwest::Error) -> Failure {
    if error.is_connect() || error.is_builder() {
        Failure::NotSent(reason(error))
    } else if is_half_written(error) {
        Failure::Unavailable(format!(
            "the connection was closed while sending: {}",
            reason(error)
        ))
    } else {
        Failure::Uncertain(reason(error))
    }
}

/// Writing failed: the end of the request never left, so nobody can have acted on it. (Reading never fails so.)
fn is_half_written(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(found) = cause {
        let io = found.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe) {
            return true;
        }
        cause = found.source();
    }
    false
}

/// What happened, without the address, which holds the token.
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    match error.is_timeout() {
        true => "timed out".to_owned(),
        // A reqwest error without a source says its address.
        false if error.source().is_none() => "the request failed".to_owned(),
        false => cause.to_string(),
    }
}

fn put<T: serde::Serialize>(ask: &mut Value, key: &str, value: Option<T>) {
    if let (Some(object), Some(value)) = (ask.as_object_mut(), value) {
        object.insert(key.to_owned(), json!(value));
    }
}

#[cfg(test)]
mod tests;
