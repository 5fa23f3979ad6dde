//! Trying again: what may pass, and how long to wait.

use std::time::Duration;

use super::group::Group;
use crate::desk::in_group::is_refusal;
use crate::domain::error::Error;

/// Longest pause between two tries, in milliseconds.
const LONGEST_PAUSE: u64 = 60_000;

/// Whether the store may come to itself again.
pub fn is_passing(error: &Error) -> bool {
    !is_refusal(error)
}

/// Tries of one thing, with growing pauses.
pub struct Tries<'a> {
    group: &'a Group,
    pub count: u32,
    since: Duration,
}

impl<'a> Tries<'a> {
    pub fn new(group: &'a Group) -> Self {
        Self {
            group,
            count: 0,
            since: group.desk.clock().monotonic(),
        }
    }

    pub fn spent(&self) -> Duration {
        self.group
            .desk
            .clock()
            .monotonic()
            .saturating_sub(self.since)
    }

    pub async fn pause(&mut self) {
        self.count += 1;
        let most = (500u64 << self.count.min(10)).min(LONGEST_PAUSE);
        let pause = self.group.desk.chance().between(most / 2, most);
        self.group
            .desk
            .clock()
            .sleep(Duration::from_millis(pause))
            .await;
    }
}
