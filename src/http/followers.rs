//! Who follows which session: events are handed to those it concerns, so that nobody else wakes up. One that
//! does not keep up is cut off and comes back with the id of the last message it got.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::desk::Desk;
use crate::domain::event::Event;
use crate::domain::ids::{TicketId, UserId};

/// Events that may wait for a follower; the same event waits for all of them, it is not copied.
const MOST_WAITING: usize = 256;
/// Streams of one contact at a time: more than its windows and devices. The oldest goes.
const MOST_STREAMS: usize = 32;

#[derive(Default)]
pub struct Followers {
    by_contact: Mutex<Rooms>,
    numbers: AtomicU64,
}

#[derive(Default)]
struct Rooms {
    of: HashMap<UserId, Vec<Follower>>,
    stopped: bool,
}

struct Follower {
    number: u64,
    ticket: TicketId,
    events: mpsc::Sender<Arc<Event>>,
    /// Cuts its connection, where that is known.
    line: Option<CancellationToken>,
}

impl Follower {
    fn cut(&self) {
        if let Some(line) = &self.line {
            line.cancel();
        }
    }
}

/// The events of one session as they happen, until this is dropped. They end when the server stops, and for
/// one that does not keep up.
pub struct Following {
    pub events: mpsc::Receiver<Arc<Event>>,
    followers: Arc<Followers>,
    user: UserId,
    number: u64,
}

impl Drop for Following {
    fn drop(&mut self) {
        let mut rooms = self.followers.lock();
        if let Some(room) = rooms.of.get_mut(&self.user) {
            room.retain(|follower| follower.number != self.number);
            if room.is_empty() {
                rooms.of.remove(&self.user);
            }
        }
    }
}

impl Followers {
    /// The followers, none yet, and what hands events to them until the server stops.
    pub fn start(
        desk: &Desk,
        stopping: CancellationToken,
    ) -> (Arc<Self>, impl Future<Output = ()> + use<>) {
        let (followers, mut events) = (Arc::new(Self::default()), desk.events());
        let own = Arc::clone(&followers);
        let run = async move {
            loop {
                let event = tokio::select! {
                    () = stopping.cancelled() => break,
                    event = events.recv() => event,
                };
                match event {
                    Ok(event) => own.tell(&event),
                    Err(RecvError::Lagged(missed)) => {
                        tracing::warn!(missed, "streams missed events; they are ended and resume");
                        own.lock().of.clear();
                    }
                    Err(RecvError::Closed) => break,
                }
            }
            own.stop();
        };
        (followers, run)
    }

    /// Listens to a ticket of a contact from now on.
    pub fn follow(
        self: &Arc<Self>,
        user: &UserId,
        ticket: TicketId,
        line: Option<CancellationToken>,
    ) -> Following {
        let (sender, events) = mpsc::channel(MOST_WAITING);
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let mut rooms = self.lock();
        if !rooms.stopped {
            let room = rooms.of.entry(user.clone()).or_default();
            if room.len() >= MOST_STREAMS {
                room.remove(0).cut();
            }
            room.push(Follower {
                number,
                ticket,
                events: sender,
                line,
            });
        }
        drop(rooms);
        Following {
            events,
            followers: Arc::clone(self),
            user: user.clone(),
            number,
        }
    }

    fn tell(&self, event: &Arc<Event>) {
        let mut rooms = self.lock();
        let Some(room) = rooms.of.get_mut(event.user()) else {
            return;
        };
        // What names no ticket, such as typing in an app, concerns all of them.
        let concerned = |follower: &Follower| {
            event
                .ticket()
                .is_none_or(|ticket| ticket == follower.ticket)
        };
        room.retain(|follower| {
            if !concerned(follower) || follower.events.try_send(Arc::clone(event)).is_ok() {
                return true;
            }
            follower.cut();
            false
        });
    }

    fn stop(&self) {
        let mut rooms = self.lock();
        rooms.stopped = true;
        rooms.of.drain().for_each(|(_, room)| {
            room.iter().for_each(Follower::cut);
        });
    }

    fn lock(&self) -> MutexGuard<'_, Rooms> {
        self.by_contact
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::Direction;

    fn user(id: &str) -> UserId {
        UserId::parse(id, "user_id").unwrap()
    }

    fn typing(of: &str, ticket: Option<i64>) -> Arc<Event> {
        Arc::new(Event::Typing {
            user: user(of),
            ticket: ticket.map(TicketId),
            by: Direction::Support,
        })
    }

    #[test]
    fn everybody_hears_of_its_own_session_only() {
        let followers = Arc::new(Followers::default());
        let mut one = followers.follow(&user("a"), TicketId(1), None);
        let mut two = followers.follow(&user("a"), TicketId(2), None);
        let mut other = followers.follow(&user("b"), TicketId(3), None);
        followers.tell(&typing("a", Some(2)));
        followers.tell(&typing("a", None));
        let heard = |following: &mut Following| {
            std::iter::from_fn(|| following.events.try_recv().ok()).count()
        };
        assert_eq!(
            (heard(&mut one), heard(&mut two), heard(&mut other)),
            (1, 2, 0)
        );
        drop((one, two, other));
        assert!(followers.lock().of.is_empty(), "who is gone is forgotten");
    }

    #[test]
    fn one_that_does_not_keep_up_is_cut_and_others_are_not() {
        let followers = Arc::new(Followers::default());
        let line = CancellationToken::new();
        let mut slow = followers.follow(&user("a"), TicketId(1), Some(line.clone()));
        let mut quick = followers.follow(&user("a"), TicketId(1), None);
        for _ in 0..=MOST_WAITING {
            followers.tell(&typing("a", Some(1)));
            quick.events.try_recv().unwrap();
        }
        assert!(line.is_cancelled());
        followers.tell(&typing("a", Some(1)));
        quick.events.try_recv().unwrap();
        let waited = std::iter::from_fn(|| slow.events.try_recv().ok()).count();
        assert_eq!(waited, MOST_WAITING);
        assert!(slow.events.is_closed());
    }

    #[test]
    fn the_oldest_of_too_many_streams_goes() {
        let followers = Arc::new(Followers::default());
        let follow = || followers.follow(&user("a"), TicketId(1), None);
        let mut all: Vec<Following> = (0..=MOST_STREAMS).map(|_| follow()).collect();
        followers.tell(&typing("a", Some(1)));
        let heard = all.iter_mut().filter_map(|one| one.events.try_recv().ok());
        assert_eq!(heard.count(), MOST_STREAMS);
        assert!(all[0].events.is_closed());
    }

    #[test]
    fn after_the_stop_a_stream_ends_at_once() {
        let followers = Arc::new(Followers::default());
        let before = followers.follow(&user("a"), TicketId(1), None);
        followers.stop();
        let after = followers.follow(&user("a"), TicketId(1), None);
        assert!(before.events.is_closed() && after.events.is_closed());
    }
}
