//! Updates waiting for the bot: the queue, confirmation by offset, what a webhook is set to. Waiting
//! itself (long polling) is in `polling`, delivery to a webhook in `webhook`.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::answer::ApiError;
use super::params::Params;

/// Telegram keeps updates for 24 hours; the sandbox keeps the newest so many.
const KEEP: usize = 10_000;
/// Kinds that come only when asked for by name.
const ON_REQUEST: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];

#[derive(Clone)]
pub(super) struct Pending {
    pub id: i64,
    pub body: Value,
    /// A repetition: delivered once more although the bot has confirmed its id.
    repeated: bool,
}

#[derive(Clone, Default)]
pub(super) struct Webhook {
    pub url: String,
    pub secret: Option<String>,
    pub last_error: Option<(i64, String)>,
}

pub(super) struct Updates {
    queue: VecDeque<Pending>,
    next_id: i64,
    last: Option<Pending>,
    allowed: Vec<String>,
    pub webhook: Option<Webhook>,
    /// Number of the newest `getUpdates`; an older one still waiting is ended by it.
    poll: u64,
}

impl Default for Updates {
    fn default() -> Self {
        Self {
            queue: VecDeque::new(),
            next_id: 500_000_001,
            last: None,
            allowed: Vec::new(),
            webhook: None,
            poll: 0,
        }
    }
}

impl Updates {
    /// Queues an update of one kind, unless the bot did not ask for that kind.
    pub fn push(&mut self, kind: &str, content: Value) {
        if !self.wants(kind) {
            return;
        }
        let id = self.take_id();
        self.push_whole(id, json!({ "update_id": id, kind: content }));
    }

    /// Queues an update as it is; without an `update_id` it gets the next one.
    pub fn push_raw(&mut self, mut body: Value) -> i64 {
        let id = match body.get("update_id").and_then(Value::as_i64) {
            Some(id) => {
                self.next_id = self.next_id.max(id + 1);
                id
            }
            None => self.take_id(),
        };
        if let Some(object) = body.as_object_mut() {
            object.insert("update_id".into(), json!(id));
        }
        self.push_whole(id, body);
        id
    }

    fn push_whole(&mut self, id: i64, body: Value) {
        let pending = Pending {
            id,
            body,
            repeated: false,
        };
        self.last = Some(pending.clone());
        self.keep(pending);
    }

    fn keep(&mut self, pending: Pending) {
        self.queue.push_back(pending);
        if self.queue.len() > KEEP {
            self.queue.pop_front();
        }
    }

    fn take_id(&mut self) -> i64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    pub fn repeat_last(&mut self, times: usize) {
        if let Some(last) = self.last.clone() {
            for _ in 0..times {
                self.keep(Pending {
                    repeated: true,
                    ..last.clone()
                });
            }
        }
    }

    pub fn skip_ids(&mut self, count: i64) {
        self.next_id += count;
    }

    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    pub fn front(&self) -> Option<&Pending> {
        self.queue.front()
    }

    /// Drops the first waiting update, if it still is the one that was delivered.
    pub fn delivered(&mut self, id: i64) {
        if self.queue.front().is_some_and(|first| first.id == id) {
            self.queue.pop_front();
        }
    }

    pub fn clear(&mut self) {
        self.queue.clear();
    }

    fn wants(&self, kind: &str) -> bool {
        match self.allowed.is_empty() {
            true => !ON_REQUEST.contains(&kind),
            false => self.allowed.iter().any(|allowed| allowed == kind),
        }
    }

    /// Takes over `allowed_updates`; a call without it leaves the former list, an empty list means all
    /// but those on request.
    pub fn take_allowed(&mut self, params: &Params) -> Result<(), ApiError> {
        match params.json("allowed_updates") {
            None => Ok(()),
            Some(list) => {
                self.allowed = list.and_then(serde_json::from_value).map_err(|_| {
                    ApiError::bad("Bad Request: can't parse allowed updates JSON array")
                })?;
                Ok(())
            }
        }
    }

    pub fn allowed(&self) -> &[String] {
        &self.allowed
    }

    /// Starts a `getUpdates`: confirms what is below the offset and gives the call's number.
    pub fn begin_poll(&mut self, params: &Params) -> Result<u64, ApiError> {
        if self.webhook.is_some() {
            return Err(ApiError::new(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
            ));
        }
        self.take_allowed(params)?;
        match params.number("offset").unwrap_or(0) {
            offset if offset > 0 => self
                .queue
                .retain(|pending| pending.repeated || pending.id >= offset),
            offset if offset < 0 => {
                let keep = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
                let drop = self.queue.len().saturating_sub(keep);
                self.queue.drain(..drop);
            }
            _ => {}
        }
        self.poll += 1;
        Ok(self.poll)
    }

    /// What poll number `poll` gets now.
    pub fn batch(&mut self, poll: u64, limit: usize) -> Result<Vec<Value>, ApiError> {
        if self.webhook.is_some() {
            return Err(ApiError::new(
                409,
                "Conflict: terminated by setWebhook request",
            ));
        }
        if poll != self.poll {
            return Err(ApiError::new(
                409,
                "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
            ));
        }
        let batch: Vec<Pending> = self.queue.iter().take(limit).cloned().collect();
        let mut position = 0;
        self.queue.retain(|pending| {
            position += 1;
            position > batch.len() || !pending.repeated
        });
        Ok(batch.into_iter().map(|pending| pending.body).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    async fn poll(updates: &mut Updates, query: &str) -> Result<Vec<i64>, ApiError> {
        let params = Params::read(Some(query), None, Bytes::new()).await?;
        let number = updates.begin_poll(&params)?;
        let batch = updates.batch(number, 100)?;
        Ok(batch
            .iter()
            .filter_map(|update| update["update_id"].as_i64())
            .collect())
    }

    #[tokio::test]
    async fn an_update_comes_again_until_the_offset_passes_it() {
        let mut updates = Updates::default();
        updates.push("message", json!({}));
        updates.skip_ids(5);
        updates.push("message", json!({}));
        assert_eq!(
            poll(&mut updates, "").await.unwrap(),
            [500_000_001, 500_000_007]
        );
        assert_eq!(
            poll(&mut updates, "offset=500000002").await.unwrap(),
            [500_000_007]
        );
        assert!(
            poll(&mut updates, "offset=500000008")
                .await
                .unwrap()
                .is_empty()
        );
    }

    #[tokio::test]
    async fn a_repeated_update_passes_the_offset_once() {
        let mut updates = Updates::default();
        updates.push("message", json!({}));
        poll(&mut updates, "offset=500000002").await.unwrap();
        updates.repeat_last(2);
        let twice = poll(&mut updates, "offset=500000002").await.unwrap();
        assert_eq!(twice, [500_000_001, 500_000_001]);
        assert!(
            poll(&mut updates, "offset=500000002")
                .await
                .unwrap()
                .is_empty()
        );
    }

    #[tokio::test]
    async fn kinds_not_asked_for_do_not_come() {
        let mut updates = Updates::default();
        updates.push("chat_member", json!({}));
        assert!(
            poll(&mut updates, "allowed_updates=[\"message\"]")
                .await
                .unwrap()
                .is_empty()
        );
        updates.push("edited_message", json!({}));
        updates.push("message", json!({}));
        assert_eq!(poll(&mut updates, "").await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_negative_offset_keeps_the_newest() {
        let mut updates = Updates::default();
        for _ in 0..3 {
            updates.push("message", json!({}));
        }
        assert_eq!(
            poll(&mut updates, "offset=-1").await.unwrap(),
            [500_000_003]
        );
    }

    #[tokio::test]
    async fn polling_beside_a_webhook_is_a_conflict() {
        let mut updates = Updates {
            webhook: Some(Webhook::default()),
            ..Updates::default()
        };
        assert_eq!(poll(&mut updates, "").await.unwrap_err().status, 409);
    }
}
