//! What FCM knows: bearers given, tokens with a fate, messages that came, and the send itself.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::PROJECT;
use super::answer::Refusal;
use super::shape;
use crate::sandbox::faults::Faults;
use crate::sandbox::world::World;

const KEEP_PUSHES: usize = 5_000;
/// Bytes of the `message` as JSON, its token left out.
const MESSAGE_LIMIT: usize = 4096;

/// A message that came to FCM.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Push {
    /// The device token; empty for a message to a topic.
    pub token: String,
    /// The whole `message` object as sent.
    pub message: Value,
    /// Monotonic time.
    pub at: Duration,
    /// Whether FCM took it.
    pub accepted: bool,
    /// `errorCode` or status of the refusal.
    pub error: Option<String>,
}

#[derive(Default)]
pub(crate) struct FcmState {
    pub pushes: VecDeque<Push>,
    pub bearers: HashSet<String>,
    bearers_given: u64,
    messages: u64,
    pub unregistered: HashSet<String>,
    pub invalid: HashSet<String>,
    pub mismatched: HashSet<String>,
    pub payload_invalid: u32,
    pub fail_all: Option<(u16, Option<u64>)>,
    pub refuse_account: bool,
    pub faults: Faults,
}

impl FcmState {
    pub fn new_bearer(&mut self) -> String {
        self.bearers_given += 1;
        let bearer = format!("sandbox-bearer-{}", self.bearers_given);
        self.bearers.insert(bearer.clone());
        bearer
    }

    fn verdict(&mut self, message: &Value, token: &str) -> Result<(), Refusal> {
        if let Some((status, retry_after)) = self.fail_all {
            return Err(Refusal::of_status(status, retry_after));
        }
        if self.payload_invalid > 0 {
            self.payload_invalid -= 1;
            let why = "Invalid value for notification.";
            return Err(Refusal::invalid("message.notification", why));
        }
        if size_without_token(message) > MESSAGE_LIMIT {
            return Err(Refusal::invalid("message", "Android message is too big"));
        }
        match token {
            token if self.invalid.contains(token) => Err(Refusal::invalid_token()),
            token if self.unregistered.contains(token) => Err(Refusal::unregistered()),
            token if self.mismatched.contains(token) => Err(Refusal::sender_id_mismatch()),
            _ => Ok(()),
        }
    }
}

fn size_without_token(message: &Value) -> usize {
    let mut message = message.clone();
    if let Some(object) = message.as_object_mut() {
        object.remove("token");
    }
    message.to_string().len()
}

impl World {
    /// `messages:send`: gives the message's name.
    pub(super) fn fcm_send(&mut self, body: &[u8]) -> Result<String, Refusal> {
        let request: Value = serde_json::from_slice(body).map_err(|_| {
            Refusal::malformed("", "Invalid JSON payload received. Unexpected token.")
        })?;
        let message = request.get("message").cloned().unwrap_or_default();
        let token = message
            .get("token")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let dry_run = ["validate_only", "validateOnly"]
            .iter()
            .any(|name| request.get(name) == Some(&Value::Bool(true)));
        let verdict =
            shape::check_request(&request).and_then(|()| self.fcm.verdict(&message, &token));
        let error = verdict
            .as_ref()
            .err()
            .map(|refusal| refusal.error_code.unwrap_or(refusal.status).to_owned());
        if !dry_run {
            self.fcm.pushes.push_back(Push {
                token,
                message,
                at: self.clock.monotonic(),
                accepted: error.is_none(),
                error,
            });
        }
        if self.fcm.pushes.len() > KEEP_PUSHES {
            self.fcm.pushes.pop_front();
        }
        verdict?;
        self.fcm.messages += 1;
        let number = self.fcm.messages;
        Ok(match dry_run {
            true => format!("projects/{PROJECT}/messages/fake_message_id"),
            false => format!("projects/{PROJECT}/messages/0:{number}"),
        })
    }
}
