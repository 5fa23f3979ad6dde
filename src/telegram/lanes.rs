//! Work in lanes: one thing at a time in a lane, lanes beside each other. A slow download holds up its own ticket only.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// Work in hand. Dropping it cuts everything short.
pub struct Lanes<K> {
    running: JoinSet<Ended<K>>,
    /// The last work in each lane: what comes next waits for its end.
    last: HashMap<K, (u64, oneshot::Receiver<()>)>,
    in_hand: HashSet<i64>,
    /// What was taken in hand besides the update a work began with.
    together: HashMap<i64, Vec<i64>>,
    count: u64,
}

/// Work that has ended.
pub struct Ended<K> {
    lane: K,
    number: u64,
    first: i64,
    /// The updates it was about.
    pub updates: Vec<i64>,
    pub panicked: bool,
}

impl<K: Clone + Eq + Hash + Send + 'static> Lanes<K> {
    pub fn new() -> Self {
        Self {
            running: JoinSet::new(),
            last: HashMap::new(),
            in_hand: HashSet::new(),
            together: HashMap::new(),
            count: 0,
        }
    }

    /// Takes an update in hand whose work has begun already, with the update `first`.
    pub fn take(&mut self, update: i64, first: i64) {
        self.in_hand.insert(update);
        self.together.entry(first).or_default().push(update);
    }

    pub fn holds(&self, update: i64) -> bool {
        self.in_hand.contains(&update)
    }

    pub fn in_hand(&self) -> usize {
        self.in_hand.len()
    }

    /// Starts work when everything before it in its lane has ended. It answers the updates it was about.
    pub fn start<F>(&mut self, lane: K, first: i64, work: F)
    where
        F: Future<Output = Vec<i64>> + Send + 'static,
    {
        self.in_hand.insert(first);
        self.count += 1;
        let number = self.count;
        let (done, ended) = oneshot::channel::<()>();
        let before = self.last.insert(lane.clone(), (number, ended));
        self.running.spawn(async move {
            if let Some((_, before)) = before {
                // An error says that it ended, by a panic or not.
                let _ = before.await;
            }
            let worked = AssertUnwindSafe(work).catch_unwind().await;
            drop(done);
            let panicked = worked.is_err();
            Ended {
                lane,
                number,
                first,
                updates: worked.unwrap_or_default(),
                panicked,
            }
        });
    }

    /// The next work that ends; never, where there is none.
    pub async fn next_end(&mut self) -> Ended<K> {
        loop {
            match self.running.join_next().await {
                Some(Ok(mut ended)) => {
                    self.forget(&mut ended);
                    return ended;
                }
                // Work catches its own panics, and nobody cancels it.
                Some(Err(error)) => tracing::error!(%error, "work on an update was lost"),
                None => std::future::pending().await,
            }
        }
    }

    fn forget(&mut self, ended: &mut Ended<K>) {
        let together = self.together.remove(&ended.first).unwrap_or_default();
        if ended.panicked {
            ended.updates = std::iter::once(ended.first).chain(together).collect();
        }
        for update in &ended.updates {
            self.in_hand.remove(update);
        }
        if self
            .last
            .get(&ended.lane)
            .is_some_and(|(number, _)| *number == ended.number)
        {
            self.last.remove(&ended.lane);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    type Log = Arc<Mutex<Vec<i64>>>;

    async fn note(log: Log, id: i64) -> Vec<i64> {
        log.lock().unwrap().push(id);
        vec![id]
    }

    #[tokio::test]
    async fn a_lane_keeps_its_order_and_holds_no_other_up() {
        let log = Log::default();
        let (release, held) = oneshot::channel::<()>();
        let mut lanes = Lanes::new();
        let slow = log.clone();
        lanes.start("a", 1, async move {
            let _ = held.await;
            note(slow, 1).await
        });
        lanes.start("a", 2, note(log.clone(), 2));
        lanes.start("b", 3, note(log.clone(), 3));
        assert_eq!(lanes.next_end().await.updates, [3]);
        assert_eq!(lanes.in_hand(), 2);
        release.send(()).unwrap();
        lanes.next_end().await;
        lanes.next_end().await;
        assert_eq!(*log.lock().unwrap(), [3, 1, 2]);
        assert_eq!(lanes.in_hand(), 0);
        assert!(lanes.last.is_empty());
    }

    #[tokio::test]
    async fn a_panic_ends_its_own_work_only() {
        let log = Log::default();
        let mut lanes = Lanes::new();
        lanes.start("a", 1, async { panic!("as a handler would") });
        lanes.take(7, 1);
        lanes.start("a", 2, note(log.clone(), 2));
        let first = lanes.next_end().await;
        assert!(first.panicked && first.updates == [1, 7]);
        assert_eq!(lanes.in_hand(), 1);
        let second = lanes.next_end().await;
        assert!(!second.panicked && second.updates == [2]);
    }
}
