//! Who listens to which contact. A socket that catches up hears live events only after what it missed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use socketioxide::extract::SocketRef;
use socketioxide::socket::Sid;

use super::line::Line;
use crate::domain::event::Event;
use crate::domain::ids::{MessageId, UserId};
use crate::domain::item::Item;
use crate::domain::message::Direction;

/// Live events that may queue behind a socket that catches up.
const MOST_HELD: usize = 1000;
/// Bytes that may wait for a client that does not read. The queue alone counts events, and events may be large.
const MOST_UNREAD: u64 = 512 * 1024;
/// About what an event weighs beside its text, bytes.
const ENVELOPE: usize = 600;

#[derive(Default)]
pub struct Rooms(Mutex<HashMap<UserId, HashMap<Sid, Member>>>);

struct Member {
    socket: SocketRef,
    /// Live events held back while the socket is told what it missed.
    held: Option<Vec<Arc<Event>>>,
    /// Bytes told, and how many of those have left the server when it entered.
    told: u64,
    written_before: u64,
}

impl Member {
    fn new(socket: &SocketRef) -> Self {
        Self {
            socket: socket.clone(),
            held: Some(Vec::new()),
            told: 0,
            written_before: line(socket).map_or(0, Line::written),
        }
    }

    /// Tells an event, or cuts off a client that has too much unread before it.
    fn hears(&mut self, event: &Event) {
        self.told += weight(event);
        // Polling clients have no line; their queue is short and their heartbeat ends them.
        let left =
            line(&self.socket).map_or(self.told, |line| line.written() - self.written_before);
        if self.told.saturating_sub(left) > MOST_UNREAD {
            return cut(&self.socket);
        }
        tell_one(&self.socket, event);
    }
}

fn line(socket: &SocketRef) -> Option<&Line> {
    socket.req_parts().extensions.get::<Line>()
}

fn weight(event: &Event) -> u64 {
    let bytes = match event {
        Event::MessageCreated(message) | Event::MessageUpdated(message) => {
            message.text.len() + ENVELOPE * (1 + message.attachments.len())
        }
        Event::Typing { .. } => 0,
    };
    u64::try_from(bytes).unwrap_or(u64::MAX)
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

impl Rooms {
    /// Enters a room; live events are held back until [`Rooms::go_live`].
    pub fn enter(&self, user: &UserId, socket: &SocketRef) {
        self.lock()
            .entry(user.clone())
            .or_default()
            .insert(socket.id, Member::new(socket));
    }

    /// Tells what was held back, less what the socket already got, and lets live events through.
    pub fn go_live(&self, user: &UserId, sid: Sid, told_up_to: MessageId) {
        let mut rooms = self.lock();
        let Some(member) = rooms.get_mut(user).and_then(|room| room.get_mut(&sid)) else {
            return;
        };
        for event in member.held.take().unwrap_or_default() {
            if !matches!(&*event, Event::MessageCreated(message) if message.id <= told_up_to) {
                member.hears(&event);
            }
        }
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
            match &mut member.held {
                Some(held) if held.len() < MOST_HELD => held.push(Arc::clone(event)),
                Some(_) => cut(&member.socket),
                None => member.hears(event),
            }
        }
    }

    /// Ends every connection; clients reconnect and resume.
    pub fn cut_all(&self) {
        for room in self.lock().values() {
            room.values().for_each(|member| cut(&member.socket));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, HashMap<Sid, Member>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tell_one(socket: &SocketRef, event: &Event) {
    let sent = match event {
        Event::MessageCreated(message) => socket.emit("new_message", &About::from(message)),
        Event::MessageUpdated(message) => socket.emit("message_updated", &About::from(message)),
        Event::Typing { user, .. } => socket.emit(
            "typing",
            &Typing {
                user_id: user.as_str(),
                typing: true,
            },
        ),
    };
    if let Err(error) = sent {
        // A client that does not read would miss this one: cut off, it comes back and resumes.
        tracing::debug!(%error, "a socket takes no more events");
        cut(socket);
    }
}

/// Disconnecting runs the handler that forgets the socket, which takes the lock: not from inside it.
fn cut(socket: &SocketRef) {
    let socket = socket.clone();
    tokio::spawn(async move {
        // Already gone is as good.
        let _ = socket.clone().disconnect();
        end_line(&socket);
    });
}

/// Ends the connection of a session that is over: a client that does not read would hold it for ever.
pub fn end_line(socket: &SocketRef) {
    if let Some(line) = line(socket) {
        line.cut();
    }
}

impl<'a> From<&'a crate::domain::message::Message> for About<'a> {
    fn from(message: &'a crate::domain::message::Message) -> Self {
        Self {
            item: Item::from(message),
            user_id: message.user.as_str(),
        }
    }
}

/// Sends a missed message; false when the socket's queue is full for now.
pub fn try_tell_missed(
    socket: &SocketRef,
    message: &crate::domain::message::Message,
) -> Result<bool, ()> {
    use socketioxide::{SendError, SocketError};
    match socket.emit("new_message", &About::from(message)) {
        Ok(()) => Ok(true),
        Err(SendError::Socket(SocketError::InternalChannelFull)) => Ok(false),
        Err(_) => Err(()),
    }
}
