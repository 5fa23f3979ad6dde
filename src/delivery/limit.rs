//! A limit as the other side counts it: at most so many units in any rolling stretch of time.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::domain::clock::Clock;

/// A sliding window. Unlike a token bucket it never lets twice the limit through around a full bucket.
pub struct Window {
    clock: Clock,
    limit: Option<(u32, Duration)>,
    spent: Mutex<VecDeque<(Duration, u32)>>,
}

impl Window {
    pub fn new(clock: Clock, limit: Option<(u32, Duration)>) -> Self {
        Self {
            clock,
            limit,
            spent: Mutex::new(VecDeque::new()),
        }
    }

    /// Notes units that were spent before a restart, `ago` before now.
    pub fn remember(&self, units: u32, ago: Duration) {
        let Some((_, per)) = self.limit else { return };
        // Before the clock's own zero the age can not be told: counted as spent just now, the careful side.
        let at = self.clock.monotonic().checked_sub(ago).unwrap_or_default();
        if ago < per {
            self.log().push_back((at, units));
        }
    }

    /// How long until `units` fit; zero when they do. More than the limit counts as the whole limit.
    pub fn wait(&self, units: u32) -> Duration {
        let Some((limit, per)) = self.limit else {
            return Duration::ZERO;
        };
        let now = self.clock.monotonic();
        let mut log = self.log();
        while log.front().is_some_and(|(at, _)| *at + per <= now) {
            log.pop_front();
        }
        let mut used: u32 = log.iter().map(|(_, units)| units).sum();
        let units = units.min(limit);
        for (at, freed) in log.iter() {
            if used + units <= limit {
                return Duration::ZERO;
            }
            used -= freed;
            if used + units <= limit {
                return (*at + per).saturating_sub(now);
            }
        }
        Duration::ZERO
    }

    /// Whether nothing was spent that still counts.
    pub fn is_empty(&self) -> bool {
        let Some((_, per)) = self.limit else {
            return true;
        };
        let now = self.clock.monotonic();
        self.log().back().is_none_or(|(at, _)| *at + per <= now)
    }

    /// Spends `units` now.
    pub fn spend(&self, units: u32) {
        if let Some((limit, _)) = self.limit {
            let now = self.clock.monotonic();
            self.log().push_back((now, units.min(limit)));
        }
    }

    /// Counts the last spending from now on. The other side counted it when it took the call, which was
    /// before it answered; counted from the start of the call, one a slow call delayed would be let go too early.
    pub fn answered(&self) {
        if let Some(last) = self.log().back_mut() {
            last.0 = self.clock.monotonic();
        }
    }

    /// Waits until `units` fit and spends them.
    pub async fn take(&self, units: u32) {
        loop {
            let wait = self.wait(units);
            if wait.is_zero() {
                return self.spend(units);
            }
            self.clock.sleep(wait).await;
        }
    }

    fn log(&self) -> std::sync::MutexGuard<'_, VecDeque<(Duration, u32)>> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn window(limit: u32) -> (Clock, Window) {
        let clock = Clock::fake("2026-03-01T12:00:00Z".parse().unwrap());
        (clock.clone(), Window::new(clock, Some((limit, MINUTE))))
    }

    #[test]
    fn the_twenty_first_in_a_minute_waits_for_the_first_to_leave() {
        let (clock, window) = window(20);
        for _ in 0..20 {
            assert_eq!(window.wait(1), Duration::ZERO);
            window.spend(1);
            clock.advance(Duration::from_secs(1));
        }
        assert_eq!(window.wait(1), Duration::from_secs(40));
        assert_eq!(window.wait(3), Duration::from_secs(42));
        clock.advance(Duration::from_secs(40));
        assert_eq!(window.wait(1), Duration::ZERO);
    }

    #[test]
    fn what_is_larger_than_the_limit_goes_when_the_window_is_empty() {
        let (clock, window) = window(5);
        window.spend(1);
        assert_eq!(window.wait(10), MINUTE);
        clock.advance(MINUTE);
        assert_eq!(window.wait(10), Duration::ZERO);
    }

    #[test]
    fn what_no_longer_counts_need_not_be_remembered() {
        let (clock, window) = window(5);
        assert!(window.is_empty());
        window.spend(1);
        clock.advance(Duration::from_secs(59));
        assert!(!window.is_empty());
        clock.advance(Duration::from_secs(1));
        assert!(window.is_empty());
    }

    #[test]
    fn a_minute_begins_when_the_call_is_answered() {
        let (clock, window) = window(1);
        window.spend(1);
        clock.advance(Duration::from_secs(10));
        window.answered();
        assert_eq!(window.wait(1), MINUTE);
    }

    #[test]
    fn no_limit_never_waits() {
        let window = Window::new(Clock::system(), None);
        window.spend(1_000_000);
        assert_eq!(window.wait(1_000_000), Duration::ZERO);
    }

    proptest! {
        #[test]
        fn no_rolling_minute_ever_holds_more_than_the_limit(
            limit in 1u32..30,
            costs in proptest::collection::vec((1u32..12, 0u64..9000), 1..120),
        ) {
            let (clock, window) = window(limit);
            let mut log: Vec<(Duration, u32)> = Vec::new();
            for (units, pause) in costs {
                let units = units.min(limit);
                clock.advance(window.wait(units));
                prop_assert_eq!(window.wait(units), Duration::ZERO);
                window.spend(units);
                log.push((clock.monotonic(), units));
                let now = clock.monotonic();
                let used: u32 = log.iter().filter(|(at, _)| *at + MINUTE > now).map(|(_, u)| u).sum();
                prop_assert!(used <= limit, "{} of {}", used, limit);
                clock.advance(Duration::from_millis(pause));
            }
        }
    }
}
