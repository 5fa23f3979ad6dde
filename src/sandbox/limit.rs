//! Limits: so many messages in any window of monotonic time. Pure, time comes in.

use std::collections::VecDeque;
use std::time::Duration;

/// Messages a second over all chats.
const OVERALL: u32 = 30;
/// Messages in 20 seconds into one private chat. Telegram names one a second and lets short bursts pass.
const PRIVATE: u32 = 20;

pub(super) struct RateLimit {
    rate: usize,
    window: Duration,
    sent: VecDeque<Duration>,
}

impl RateLimit {
    fn new(rate: u32, seconds: u64) -> Self {
        Self {
            rate: rate as usize,
            window: Duration::from_secs(seconds),
            sent: VecDeque::new(),
        }
    }

    /// A group's: so many in any minute.
    pub fn group(rate: u32) -> Self {
        Self::new(rate, 60)
    }

    pub fn private() -> Self {
        Self::new(PRIVATE, 20)
    }

    /// The bot's over all chats. A group that is let more than that alone, as load needs it, lifts it.
    pub fn overall(group_rate: u32) -> Self {
        match group_rate > OVERALL * 60 {
            true => Self::new(u32::MAX, 1),
            false => Self::new(OVERALL, 1),
        }
    }

    /// Seconds until `parts` messages may go, 0 when they may now. An album larger than the whole limit
    /// may when nothing else was sent within the window.
    pub fn wait(&mut self, now: Duration, parts: usize) -> u64 {
        while self.sent.front().is_some_and(|at| *at + self.window <= now) {
            self.sent.pop_front();
        }
        let over = (self.sent.len() + parts).saturating_sub(self.rate);
        if over == 0 || self.sent.is_empty() {
            return 0;
        }
        let blocking = over.min(self.sent.len()) - 1;
        let free_at = self.sent.get(blocking).map_or(now, |at| *at + self.window);
        whole_seconds(free_at.saturating_sub(now))
    }

    /// Counts what was let through.
    pub fn count(&mut self, now: Duration, parts: usize) {
        self.sent.extend(std::iter::repeat_n(now, parts));
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

    impl RateLimit {
        fn admit(&mut self, now: Duration, parts: usize) -> Result<(), u64> {
            match self.wait(now, parts) {
                0 => {
                    self.count(now, parts);
                    Ok(())
                }
                wait => Err(wait),
            }
        }
    }

    #[test]
    fn the_bot_has_a_limit_over_all_chats_that_load_can_lift() {
        let mut overall = RateLimit::overall(1800);
        assert_eq!(overall.admit(at(0), 30), Ok(()));
        assert_eq!(overall.admit(Duration::from_millis(999), 1), Err(1));
        assert_eq!(overall.admit(at(1), 1), Ok(()));
        let mut lifted = RateLimit::overall(1801);
        assert_eq!(lifted.admit(at(0), 10_000), Ok(()));
        assert_eq!(lifted.admit(at(0), 10_000), Ok(()));
    }

    #[test]
    fn the_twenty_first_message_of_a_minute_waits_for_the_first_to_age() {
        let mut limit = RateLimit::group(20);
        for second in 0..20 {
            limit.admit(at(second), 1).unwrap();
        }
        assert_eq!(limit.admit(at(25), 1), Err(35));
        assert_eq!(limit.admit(at(60), 1), Ok(()));
        assert_eq!(limit.admit(at(60), 1), Err(1));
    }

    #[test]
    fn each_part_of_an_album_counts() {
        let mut limit = RateLimit::group(20);
        limit.admit(at(0), 10).unwrap();
        limit.admit(at(1), 9).unwrap();
        assert_eq!(limit.admit(at(2), 2), Err(58));
        assert_eq!(limit.admit(at(2), 1), Ok(()));
        assert_eq!(limit.admit(at(10), 11), Err(51));
    }

    #[test]
    fn an_album_over_the_whole_limit_passes_alone() {
        let mut limit = RateLimit::group(3);
        assert_eq!(limit.admit(at(0), 5), Ok(()));
        assert!(limit.admit(at(1), 1).is_err());
    }

    proptest! {
        #[test]
        fn who_waits_as_told_is_let_in(rate in 1u32..30, gaps in proptest::collection::vec((0u64..9000, 1usize..10), 1..80)) {
            let mut limit = RateLimit::group(rate);
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
