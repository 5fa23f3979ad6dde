//! An album on its way in: Telegram sends its parts as messages of their own, and nothing says which is the last.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::answering::Part;
use crate::domain::clock::Clock;

/// An album is whole when no part has come for this long.
const QUIET: Duration = Duration::from_secs(1);

/// The parts so far.
pub struct Album(Mutex<State>);

struct State {
    /// None once it was taken for whole.
    parts: Option<Vec<Part>>,
    /// Monotonic time of the last part.
    last: Duration,
}

impl Album {
    pub fn begin(part: Part, now: Duration) -> Self {
        Self(Mutex::new(State {
            parts: Some(vec![part]),
            last: now,
        }))
    }

    /// Adds a part; one that comes too late is given back.
    pub fn add(&self, part: Part, now: Duration) -> Option<Part> {
        let mut state = self.state();
        state.last = now;
        match &mut state.parts {
            Some(parts) => {
                parts.push(part);
                None
            }
            None => Some(part),
        }
    }

    pub fn last_part(&self) -> Duration {
        self.state().last
    }

    /// Waits until it is whole, and closes it.
    pub async fn gathered(&self, clock: &Clock) -> Vec<Part> {
        loop {
            let quiet = clock.monotonic().saturating_sub(self.last_part());
            if quiet >= QUIET {
                break;
            }
            clock.sleep(QUIET - quiet).await;
        }
        self.state().parts.take().unwrap_or_default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::sync::Arc;

    fn part(id: i64) -> Part {
        let message = json!({"message_id": id, "chat": {"id": -1}, "photo": [{"file_id": "f"}]});
        Part::new(id, serde_json::from_value(message).unwrap(), None)
    }

    #[tokio::test]
    async fn an_album_is_whole_a_second_after_its_last_part_and_late_ones_come_back() {
        let clock = Clock::fake("2026-03-01T12:00:00Z".parse().unwrap());
        let album = Arc::new(Album::begin(part(1), clock.monotonic()));
        let gathering = tokio::spawn({
            let (album, clock) = (Arc::clone(&album), clock.clone());
            async move { album.gathered(&clock).await }
        });
        tokio::task::yield_now().await;
        clock.advance(Duration::from_millis(900));
        assert!(album.add(part(2), clock.monotonic()).is_none());
        clock.advance(Duration::from_millis(900));
        tokio::task::yield_now().await;
        assert!(!gathering.is_finished());
        clock.advance(Duration::from_millis(100));
        let ids: Vec<i64> = gathering
            .await
            .unwrap()
            .iter()
            .map(|part| part.update)
            .collect();
        assert_eq!(ids, [1, 2]);
        assert!(album.add(part(3), clock.monotonic()).is_some());
    }
}
