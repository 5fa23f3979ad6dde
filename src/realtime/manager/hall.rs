//! Everybody who is connected, and who of them hears what. A socket that does not read is cut off, not waited for.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_util::sync::CancellationToken;

use crate::domain::ids::{AgentId, TicketId};

/// Frames that may wait for a socket: more than closing a thousand tickets at once makes.
const MOST_WAITING: usize = 1200;
/// Bytes of them. A frame is shared by all sockets that wait for it, so what counts is how far behind the slowest is.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Tickets a socket may watch at a time.
pub const MOST_WATCHED: usize = 100;

/// Who hears a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    Everybody,
    /// The ticket's agent, all while it has none, and those who watch it.
    Ticket {
        id: TicketId,
        agent: Option<AgentId>,
    },
    /// The same, less the socket on which an operator is typing it.
    Typing {
        id: TicketId,
        agent: Option<AgentId>,
    },
}

#[derive(Default)]
pub struct Hall(Mutex<Members>);

#[derive(Default)]
struct Members {
    last: u64,
    by_number: HashMap<u64, Member>,
}

struct Member {
    /// None for the service.
    agent: Option<AgentId>,
    waiting: mpsc::Sender<Utf8Bytes>,
    bytes: Arc<AtomicUsize>,
    cut: CancellationToken,
    watches: HashSet<TicketId>,
    types_in: Option<TicketId>,
}

/// What a socket is still to hear.
pub struct Queue {
    frames: mpsc::Receiver<Utf8Bytes>,
    bytes: Arc<AtomicUsize>,
}

impl Queue {
    /// The next frame; None once the socket has left the hall.
    pub async fn next(&mut self) -> Option<Utf8Bytes> {
        let frame = self.frames.recv().await?;
        self.bytes.fetch_sub(frame.len(), Ordering::Relaxed);
        Some(frame)
    }
}

/// A socket's place in the hall, left when this is dropped.
pub struct Seat {
    hall: Arc<Hall>,
    number: u64,
    /// Done when the socket is to end at once.
    pub cut: CancellationToken,
}

impl Hall {
    /// Lets a socket in; what it hears comes out of the queue.
    pub fn enter(self: &Arc<Self>, agent: Option<AgentId>) -> (Seat, Queue) {
        let (waiting, frames) = mpsc::channel(MOST_WAITING);
        let bytes = Arc::new(AtomicUsize::new(0));
        let cut = CancellationToken::new();
        let mut members = self.lock();
        members.last += 1;
        let number = members.last;
        let member = Member {
            agent,
            waiting,
            bytes: Arc::clone(&bytes),
            cut: cut.clone(),
            watches: HashSet::new(),
            types_in: None,
        };
        members.by_number.insert(number, member);
        drop(members);
        let hall = Arc::clone(self);
        (Seat { hall, number, cut }, Queue { frames, bytes })
    }

    /// Whether there is anybody to tell.
    pub fn is_empty(&self) -> bool {
        self.lock().by_number.is_empty()
    }

    /// Queues a frame for everybody who is to hear it.
    pub fn tell(&self, audience: Audience, frame: &Utf8Bytes) {
        for member in self.lock().by_number.values_mut() {
            if !member.hears(audience) || member.cut.is_cancelled() {
                continue;
            }
            if !member.takes(frame) {
                tracing::debug!("an operator's socket takes no more");
                member.cut.cancel();
            }
        }
    }

    /// Ends every socket; pages connect again and read anew.
    pub fn cut_all(&self) {
        for member in self.lock().by_number.values() {
            member.cut.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Members> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Member {
    /// Queues a frame, where there is room.
    fn takes(&self, frame: &Utf8Bytes) -> bool {
        let before = self.bytes.fetch_add(frame.len(), Ordering::Relaxed);
        before < MOST_BYTES && self.waiting.try_send(frame.clone()).is_ok()
    }

    fn hears(&mut self, audience: Audience) -> bool {
        let (Audience::Ticket { id, agent } | Audience::Typing { id, agent }) = audience else {
            return true;
        };
        if matches!(audience, Audience::Typing { .. }) && self.types_in.take() == Some(id) {
            return false;
        }
        agent.is_none() || self.agent == agent || self.watches.contains(&id)
    }
}

impl Seat {
    /// Hears what happens to a ticket from now on; false when it watches too many already.
    pub fn watch(&self, ticket: TicketId) -> bool {
        self.change(|member| {
            let room = member.watches.len() < MOST_WATCHED || member.watches.contains(&ticket);
            room && {
                member.watches.insert(ticket);
                true
            }
        })
    }

    pub fn watch_no_more(&self, ticket: TicketId) {
        self.change(|member| member.watches.remove(&ticket));
    }

    /// Its next word of typing in this ticket is its own.
    pub fn types(&self, ticket: TicketId) {
        self.change(|member| {
            member.types_in = Some(ticket);
            true
        });
    }

    /// Whether it hears what is said in a ticket.
    pub fn hears(&self, id: TicketId, agent: Option<AgentId>) -> bool {
        self.change(|member| member.hears(Audience::Ticket { id, agent }))
    }

    fn change(&self, how: impl FnOnce(&mut Member) -> bool) -> bool {
        let mut members = self.hall.lock();
        members.by_number.get_mut(&self.number).is_some_and(how)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.hall.lock().by_number.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn of(agent: Option<i64>) -> Audience {
        let agent = agent.map(AgentId);
        Audience::Ticket {
            id: TicketId(7),
            agent,
        }
    }

    fn heard(queue: &mut Queue) -> usize {
        std::iter::from_fn(|| queue.next().now_or_never().flatten()).count()
    }

    #[test]
    fn a_tickets_agent_hears_it_and_all_while_it_has_none() {
        let hall = Arc::new(Hall::default());
        let (_olga, mut olga) = hall.enter(Some(AgentId(1)));
        let (ivan, mut to_ivan) = hall.enter(Some(AgentId(2)));
        let (_service, mut service) = hall.enter(None);
        let frame = Utf8Bytes::from_static("{}");
        hall.tell(of(None), &frame);
        hall.tell(of(Some(1)), &frame);
        hall.tell(Audience::Everybody, &frame);
        let counts = [heard(&mut olga), heard(&mut to_ivan), heard(&mut service)];
        assert_eq!(counts, [3, 2, 2]);
        assert!(ivan.watch(TicketId(7)) && ivan.hears(TicketId(7), Some(AgentId(1))));
        hall.tell(of(Some(1)), &frame);
        ivan.watch_no_more(TicketId(7));
        hall.tell(of(Some(1)), &frame);
        assert_eq!(heard(&mut to_ivan), 1);
        ivan.types(TicketId(7));
        let typing = Audience::Typing {
            id: TicketId(7),
            agent: None,
        };
        hall.tell(typing, &frame);
        assert_eq!(heard(&mut to_ivan), 0);
        hall.tell(typing, &frame);
        assert_eq!(heard(&mut to_ivan), 1);
    }

    #[test]
    fn who_does_not_read_is_cut_and_who_left_is_forgotten() {
        let hall = Arc::new(Hall::default());
        let (seat, _queue) = hall.enter(None);
        let frame = Utf8Bytes::from_static("{}");
        for _ in 0..MOST_WAITING {
            hall.tell(Audience::Everybody, &frame);
        }
        assert!(!seat.cut.is_cancelled());
        hall.tell(Audience::Everybody, &frame);
        assert!(seat.cut.is_cancelled());
        for number in 0..MOST_WATCHED {
            assert!(seat.watch(TicketId(i64::try_from(number).unwrap())));
        }
        assert!(!seat.watch(TicketId(-1)) && seat.watch(TicketId(5)));
        drop(seat);
        assert!(hall.is_empty());
    }

    #[test]
    fn what_waits_is_counted_in_bytes_too_and_reading_makes_room() {
        let hall = Arc::new(Hall::default());
        let (seat, mut queue) = hall.enter(None);
        let frame: Utf8Bytes = "x".repeat(MOST_BYTES / 4).into();
        for _ in 0..20 {
            hall.tell(Audience::Everybody, &frame);
            assert_eq!(heard(&mut queue), 1);
        }
        for _ in 0..4 {
            hall.tell(Audience::Everybody, &frame);
        }
        assert!(!seat.cut.is_cancelled());
        hall.tell(Audience::Everybody, &frame);
        assert!(seat.cut.is_cancelled());
    }
}
