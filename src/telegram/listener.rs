//! Updates in by polling: asked for, stored, and only then acknowledged. (Those of a webhook are stored by `http`.) What
//! they mean is the inbox's business.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::failure::Failure;
use super::group::Group;
use crate::domain::error::Error;
use crate::domain::group::GroupRef;

/// Seconds Telegram holds a question open when there is nothing to tell.
const HOLD: u64 = 30;
/// Longest pause between two tries, in milliseconds.
const LONGEST_PAUSE: u64 = 30_000;
/// Somebody else asks for this bot's updates: no use in fighting over them.
const CONFLICT_PAUSE: Duration = Duration::from_secs(15);

/// Asks for updates until it is stopped.
pub async fn poll(group: Arc<Group>, stop: CancellationToken) {
    let mut offset = None;
    let mut failures = 0;
    loop {
        // After a failure the first answer comes at once, so that what is mended shows at once.
        let hold = if failures == 0 { HOLD } else { 0 };
        let asked = tokio::select! {
            () = stop.cancelled() => return,
            asked = ask(&group, offset, hold) => asked,
        };
        let pause = match asked {
            Ok(next) => {
                offset = next.or(offset);
                failures = 0;
                group.polling_works();
                continue;
            }
            Err(trouble) => {
                failures += 1;
                trouble.told(&group, failures)
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = group.desk.clock().sleep(pause) => {}
        }
    }
}

enum Trouble {
    Telegram(Failure),
    Store(Error),
}

/// One `getUpdates`, stored. Answers the offset that acknowledges it with the next call.
async fn ask(group: &Group, offset: Option<i64>, hold: u64) -> Result<Option<i64>, Trouble> {
    let updates = group
        .client
        .get_updates(offset, hold)
        .await
        .map_err(Trouble::Telegram)?;
    // Ids may jump either way after a quiet week, so it is the last one that counts, not the largest.
    let last = updates.last().and_then(id_of);
    let count = updates.len();
    let known: Vec<(i64, Vec<u8>)> = updates
        .iter()
        .filter_map(|update| Some((id_of(update)?, serde_json::to_vec(update).ok()?)))
        .collect();
    if known.len() < count {
        tracing::error!(
            unreadable = count - known.len(),
            "updates without an id were passed over"
        );
    }
    if count > 0 && last.is_none() {
        return Err(Trouble::Telegram(Failure::Unavailable(
            "updates without an id".into(),
        )));
    }
    if !known.is_empty() {
        group
            .desk
            .take_updates(known)
            .await
            .map_err(Trouble::Store)?;
    }
    Ok(last.map(|id| id + 1))
}

fn id_of(update: &Value) -> Option<i64> {
    update.get("update_id")?.as_i64()
}

impl Trouble {
    /// Says what is wrong where an operator looks, and how long to wait.
    fn told(&self, group: &Group, failures: u32) -> Duration {
        let (words, pause) = match self {
            Self::Telegram(Failure::Flood(pause)) => return *pause,
            Self::Telegram(Failure::Conflict(reason)) => {
                (super::diagnosis::conflict(reason), Some(CONFLICT_PAUSE))
            }
            Self::Telegram(Failure::NoAccess(reason)) => {
                (super::diagnosis::no_access(reason, GroupRef::Default), None)
            }
            Self::Telegram(failure) => (
                format!("answers from the group do not come in: {failure}"),
                None,
            ),
            Self::Store(error) => (format!("updates can not be stored: {error}"), None),
        };
        // A long poll that is cut now and then is nothing to tell anybody.
        let cut = matches!(
            self,
            Self::Telegram(Failure::Uncertain(_) | Failure::Unavailable(_))
        );
        if failures > 1 || !cut {
            group.polling_fails(words);
        }
        pause.unwrap_or_else(|| {
            let most = (500u64 << failures.min(8)).min(LONGEST_PAUSE);
            Duration::from_millis(group.desk.chance().between(most / 2, most))
        })
    }
}
