//! The group limit: so many messages in any 60 seconds of monotonic time. Pure, time comes in.

use std::collections::VecDeque;
use std::time::Duration;

const WINDOW: Duration = Duration::from_secs(60);

pub(super) struct GroupLimit {
    rate: usize,
    sent: VecDeque<Duration>,
}

impl GroupLimit {
    pub fn new(rate: u32) -> Self {
        Self {
            rate: rate as usize,
            sent: VecDeque::new(),
        }
    }

    /// Counts `parts` messages in, or says after how many seconds to try again. An album larger than
    /// the whole limit passes when nothing else was sent within the window.
    pub fn admit(&mut self, now: Duration, parts: usize) -> Result<(), u64> {
        while self.sent.front().is_some_and(|at| *at + WINDOW <= now) {
            self.sent.pop_front();
        }
        let over = (self.sent.len() + parts).saturating_sub(self.rate);
        if over > 0 && !self.sent.is_empty() {
            let blocking = over.min(self.sent.len()) - 1;
            let free_at = self.sent.get(blocking).map_or(now, |at| *at + WINDOW);
            return Err(whole_seconds(free_at.saturating_sub(now)));
        }
        self.sent.extend(std::iter::repeat_n(now, parts));
        Ok(())
    }
}

fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_twenty_first_message_of_a_minute_waits_for_the_first_to_age() {
        let mut limit = GroupLimit::new(20);
        for second in 0..20 {
            limit.admit(at(second), 1).unwrap();
        }
        assert_eq!(limit.admit(at(25), 1), Err(35));
        assert_eq!(limit.admit(at(60), 1), Ok(()));
        assert_eq!(limit.admit(at(60), 1), Err(1));
    }

    #[test]
    fn each_part_of_an_album_counts() {
        let mut limit = GroupLimit::new(20);
        limit.admit(at(0), 10).unwrap();
        limit.admit(at(1), 9).unwrap();
        assert_eq!(limit.admit(at(2), 2), Err(58));
        assert_eq!(limit.admit(at(2), 1), Ok(()));
        assert_eq!(limit.admit(at(10), 11), Err(51));
    }

    #[test]
    fn an_album_over_the_whole_limit_passes_alone() {
        let mut limit = GroupLimit::new(3);
        assert_eq!(limit.admit(at(0), 5), Ok(()));
        assert!(limit.admit(at(1), 1).is_err());
    }

    proptest! {
        #[test]
        fn who_waits_as_told_is_let_in(rate in 1u32..30, gaps in proptest::collection::vec((0u64..9000, 1usize..10), 1..80)) {
            let mut limit = GroupLimit::new(rate);
            let mut now = Duration::ZERO;
            for (gap, parts) in gaps {
                now += Duration::from_millis(gap);
                let parts = parts.min(rate as usize);
                if let Err(wait) = limit.admit(now, parts) {
                    now += Duration::from_secs(wait);
                    prop_assert_eq!(limit.admit(now, parts), Ok(()));
                }
            }
        }
    }
}
