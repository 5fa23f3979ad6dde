//! `getUpdates`: long polling, in real time whatever the sandbox's clock is.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::Sandbox;
use super::answer::Outcome;
use super::params::Params;

/// Telegram waits no longer, whatever is asked for.
const LONGEST_SECONDS: i64 = 50;

impl Sandbox {
    pub(super) async fn get_updates(&self, params: &Params) -> Outcome {
        let seconds = params
            .number("timeout")
            .unwrap_or(0)
            .clamp(0, LONGEST_SECONDS);
        let limit = params.number("limit").unwrap_or(100).clamp(1, 100);
        let limit = usize::try_from(limit).unwrap_or(100);
        let deadline = Instant::now() + Duration::from_secs(seconds.unsigned_abs());
        let poll = self.look(|world| world.updates.begin_poll(params))?;
        self.inner.polls.notify_waiters();
        let mut changes = self.changes();
        loop {
            let replaced = self.inner.polls.notified();
            changes.borrow_and_update();
            let batch = self.look(|world| world.updates.batch(poll, limit))?;
            if !batch.is_empty() {
                self.log("getUpdates", 200);
            }
            if !batch.is_empty() || Instant::now() >= deadline {
                return Ok(Value::Array(batch));
            }
            let news = async {
                tokio::select! {
                    _ = changes.changed() => {}
                    () = replaced => {}
                }
            };
            // Running out of time shows in the next round.
            let _ = timeout_at(deadline, news).await;
        }
    }
}
