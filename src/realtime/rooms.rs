//! Who listens to which contact. A socket that catches up hears live events only after what it missed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use socketioxide::extract::SocketRef;
use socketioxide::socket::Sid;
use socketioxide::{SendError, SocketError};

use super::line::Lines;
use crate::domain::event::{Event, TicketChange, TicketEvent};
use crate::domain::ids::{MessageId, TicketId, UserId};
use crate::domain::item::Item;
use crate::domain::message::{Direction, Message};

/// Live events that may queue behind a socket that catches up.
const MOST_HELD: usize = 1000;

pub struct Rooms {
    members: Mutex<HashMap<UserId, HashMap<Sid, Member>>>,
    lines: Lines,
}

struct Member {
    socket: SocketRef,
    /// Live events held back while the socket is told what it missed.
    held: Option<Vec<Arc<Event>>>,
    /// What was missed was told up to this message. A row can be read a moment before its event comes.
    told_up_to: MessageId,
}

impl Member {
    fn was_told(&self, event: &Event) -> bool {
        matches!(event, Event::MessageCreated(message) if message.id <= self.told_up_to)
    }
}

/// A message with the contact it is about.
#[derive(Serialize)]
struct About<'a> {
    #[serde(flatten)]
    item: Item<'a>,
    user_id: &'a str,
}

#[derive(Serialize)]
struct Typing<'a> {
    user_id: &'a str,
    typing: bool,
}

#[derive(Serialize)]
struct Deleted {
    id: MessageId,
}

/// A ticket ended, or goes on.
#[derive(Serialize)]
struct TicketState<'a> {
    user_id: &'a str,
    ticket_id: TicketId,
    session_id: String,
    /// Only where it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    can_rate: Option<bool>,
}

impl Rooms {
    pub fn new(lines: Lines) -> Self {
        Self {
            members: Mutex::default(),
            lines,
        }
    }

    /// Enters a room; live events are held back until [`Rooms::held_back`] has no more.
    pub fn enter(&self, user: &UserId, socket: &SocketRef) {
        self.lock().entry(user.clone()).or_default().insert(
            socket.id,
            Member {
                socket: socket.clone(),
                held: Some(Vec::new()),
                told_up_to: MessageId(0),
            },
        );
    }

    /// What was held back since the last time, less what the socket was told already; None when there was
    /// nothing, and from then on the socket hears live events as they come.
    pub fn held_back(
        &self,
        user: &UserId,
        sid: Sid,
        told_up_to: MessageId,
    ) -> Option<Vec<Arc<Event>>> {
        let mut rooms = self.lock();
        let member = rooms.get_mut(user)?.get_mut(&sid)?;
        member.told_up_to = told_up_to;
        let held = member.held.take().filter(|held| !held.is_empty())?;
        member.held = Some(Vec::new());
        let news = held.into_iter().filter(|event| !member.was_told(event));
        Some(news.collect())
    }

    pub fn leave(&self, user: &UserId, sid: Sid) {
        let mut rooms = self.lock();
        if let Some(room) = rooms.get_mut(user) {
            room.remove(&sid);
            if room.is_empty() {
                rooms.remove(user);
            }
        }
    }

    /// Forgets a socket that is gone.
    pub fn forget(&self, sid: Sid) {
        self.lock().retain(|_, room| {
            room.remove(&sid);
            !room.is_empty()
        });
    }

    /// Tells an event to the room of its contact.
    pub fn tell(&self, event: &Arc<Event>) {
        // A contact's own typing is for staff.
        if matches!(
            &**event,
            Event::Typing {
                by: Direction::User,
                ..
            }
        ) {
            return;
        }
        let mut rooms = self.lock();
        let Some(room) = rooms.get_mut(event.user()) else {
            return;
        };
        for member in room.values_mut() {
            if member.was_told(event) {
                continue;
            }
            match &mut member.held {
                Some(held) if held.len() < MOST_HELD => held.push(Arc::clone(event)),
                Some(_) => self.cut(&member.socket),
                None => self.tell_live(&member.socket, event),
            }
        }
    }

    /// Ends every connection; clients reconnect and resume.
    pub fn cut_all(&self) {
        for room in self.lock().values() {
            room.values().for_each(|member| self.cut(&member.socket));
        }
    }

    fn tell_live(&self, socket: &SocketRef, event: &Event) {
        if self.tell_one(socket, event) != Told::Yes {
            // A client that does not read would miss this one: cut off, it comes back and resumes.
            tracing::debug!("a socket takes no more events");
            self.cut(socket);
        }
    }

    /// Tells an event to one socket.
    pub fn tell_one(&self, socket: &SocketRef, event: &Event) -> Told {
        match event {
            Event::MessageCreated(message) => {
                self.emit(socket, "new_message", &About::from(message))
            }
            Event::MessageUpdated(message) => {
                self.emit(socket, "message_updated", &About::from(message))
            }
            Event::MessageDeleted(message) => {
                let id = message.id;
                self.emit(socket, "message_deleted", &Deleted { id })
            }
            Event::Ticket(event) => self.tell_ticket(socket, event),
            Event::Typing { user, .. } => {
                let (user_id, typing) = (user.as_str(), true);
                self.emit(socket, "typing", &Typing { user_id, typing })
            }
        }
    }

    /// Of what happens to tickets, the contact hears the end and the new beginning.
    fn tell_ticket(&self, socket: &SocketRef, event: &TicketEvent) -> Told {
        let TicketChange::Resolved(over) = event.change else {
            return Told::Yes;
        };
        let name = if over {
            "ticket_closed"
        } else {
            "ticket_reopened"
        };
        let state = TicketState {
            user_id: event.user.as_str(),
            ticket_id: event.ticket,
            session_id: event.session.to_string(),
            can_rate: over.then_some(true),
        };
        self.emit(socket, name, &state)
    }

    /// Emits, as long as there is room for it.
    pub fn emit(&self, socket: &SocketRef, name: &str, payload: &impl Serialize) -> Told {
        // While it polls, a client has no line; its heartbeat and the limits of what can be said are limit enough.
        let line = self.lines.of(socket);
        if line.as_ref().is_some_and(|line| !line.has_room()) {
            return Told::Full;
        }
        match socket.emit(name, payload) {
            Ok(()) => {
                if let Some(line) = line {
                    line.tells(serde_json::to_vec(payload).map_or(0, |json| json.len()));
                }
                Told::Yes
            }
            Err(SendError::Socket(SocketError::InternalChannelFull)) => Told::Full,
            Err(_) => Told::Gone,
        }
    }

    /// Ends a session. Disconnecting runs the handler that forgets the socket, which takes the lock: not from
    /// inside it.
    pub fn cut(&self, socket: &SocketRef) {
        let (socket, line) = (socket.clone(), self.lines.of(socket));
        tokio::spawn(async move {
            // Already gone is as good.
            let _ = socket.disconnect();
            if let Some(line) = line {
                line.cut();
            }
        });
    }

    /// Ends the connection of a session that is over: a client that does not read would hold it for ever.
    pub fn end_line(&self, socket: &SocketRef) {
        if let Some(line) = self.lines.of(socket) {
            line.cut();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, HashMap<Sid, Member>>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What became of something to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Yes,
    /// Too much waits for the client already; there may be room later.
    Full,
    Gone,
}

impl<'a> From<&'a Message> for About<'a> {
    fn from(message: &'a Message) -> Self {
        Self {
            item: Item::from(message),
            user_id: message.user.as_str(),
        }
    }
}
