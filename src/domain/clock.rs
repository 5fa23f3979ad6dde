//! Time as a value. Two clocks in one: wall time, for what people read, and a monotonic one, for
//! every wait and every limit, so that a wall clock set back an hour delays nothing.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::sync::watch;

/// A cheap handle to the time. Clones share the same time.
#[derive(Clone)]
pub struct Clock(Arc<Kind>);

enum Kind {
    System { started: Instant },
    Fake(Fake),
}

struct Fake {
    /// Wall time that belongs to a monotonic reading of zero.
    wall_zero: Mutex<DateTime<Utc>>,
    elapsed: watch::Sender<Duration>,
}

impl Clock {
    /// The machine's clock.
    #[allow(clippy::disallowed_methods)] // the one place that may ask the machine
    pub fn system() -> Self {
        Self(Arc::new(Kind::System {
            started: Instant::now(),
        }))
    }

    /// A clock that stands still at `start` until [`Clock::advance`] moves it.
    pub fn fake(start: DateTime<Utc>) -> Self {
        Self(Arc::new(Kind::Fake(Fake {
            wall_zero: Mutex::new(start),
            elapsed: watch::Sender::new(Duration::ZERO),
        })))
    }

    /// Wall time, UTC. May jump when an operator sets the machine's clock.
    #[allow(clippy::disallowed_methods)] // the one place that may ask the machine
    pub fn now(&self) -> DateTime<Utc> {
        match &*self.0 {
            Kind::System { .. } => Utc::now(),
            Kind::Fake(fake) => *fake.zero() + *fake.elapsed.borrow(),
        }
    }

    /// Time since this clock was made; never goes back.
    pub fn monotonic(&self) -> Duration {
        match &*self.0 {
            Kind::System { started } => started.elapsed(),
            Kind::Fake(fake) => *fake.elapsed.borrow(),
        }
    }

    /// Waits for `duration` of this clock's time.
    pub async fn sleep(&self, duration: Duration) {
        match &*self.0 {
            Kind::System { .. } => tokio::time::sleep(duration).await,
            Kind::Fake(fake) => {
                let mut elapsed = fake.elapsed.subscribe();
                let until = *elapsed.borrow() + duration;
                // The sender lives as long as this clock, so waiting can not fail.
                let _ = elapsed.wait_for(|now| *now >= until).await;
            }
        }
    }

    /// Moves a fake clock forward and wakes who waits; a system clock moves by itself.
    pub fn advance(&self, by: Duration) {
        if let Kind::Fake(fake) = &*self.0 {
            fake.elapsed.send_modify(|elapsed| *elapsed += by);
        }
    }

    /// Sets the wall time of a fake clock, back or forth, as an operator would; waits go on undisturbed.
    pub fn set_wall(&self, to: DateTime<Utc>) {
        if let Kind::Fake(fake) = &*self.0 {
            *fake.zero() = to - *fake.elapsed.borrow();
        }
    }
}

impl Fake {
    fn zero(&self) -> std::sync::MutexGuard<'_, DateTime<Utc>> {
        self.wall_zero
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> DateTime<Utc> {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_fake_clock_has_passed_its_time() {
        let clock = Clock::fake(noon());
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_secs(60)).await }
        });
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(59));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(Duration::from_secs(1));
        sleeper.await.unwrap();
        assert_eq!(clock.now(), noon() + Duration::from_secs(60));
    }

    #[test]
    fn setting_the_wall_clock_back_leaves_the_monotonic_one_alone() {
        let clock = Clock::fake(noon());
        clock.advance(Duration::from_secs(10));
        clock.set_wall(noon() - Duration::from_secs(3600));
        assert_eq!(clock.monotonic(), Duration::from_secs(10));
        assert_eq!(clock.now(), noon() - Duration::from_secs(3600));
    }
}
