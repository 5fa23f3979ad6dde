//! A session as server-sent events: what was missed, then what happens, without a gap and nothing twice.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use poem::{Body, IntoResponse, Response};
use poem_openapi::ApiResponse;
use poem_openapi::registry::{
    MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry,
};
use serde_json::json;

use super::followers::Following;
use super::session_wire::ChatItem;
use crate::desk::Desk;
use crate::desk::session_keys::ChatCaller;
use crate::desk::session_reading::Followed;
use crate::domain::error::Error;
use crate::domain::event::{Event, TicketChange, TicketEvent};
use crate::domain::ids::{MessageId, TicketId};
use crate::domain::message::{Direction, Message};

/// A comment this often keeps proxies from taking a quiet connection for a dead one.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Missed messages that are read at once.
const PAGE: u32 = 100;
/// Milliseconds a browser waits before it comes back.
const RETRY: &str = "retry: 2000\n\n";

/// The stream, as an answer.
pub struct EventsAnswer(Response);

impl IntoResponse for EventsAnswer {
    fn into_response(self) -> Response {
        self.0
    }
}

impl ApiResponse for EventsAnswer {
    fn meta() -> MetaResponses {
        MetaResponses {
            responses: vec![MetaResponse {
                description: "The stream; it stays open.",
                status: Some(200),
                status_range: None,
                content: vec![MetaMediaType {
                    content_type: "text/event-stream",
                    schema: MetaSchemaRef::Inline(Box::new(MetaSchema::new("string"))),
                }],
                headers: Vec::new(),
            }],
        }
    }

    fn register(_: &mut Registry) {}
}

/// What a stream needs to know; it ends with whatever ends `following`.
pub struct Telling {
    desk: Arc<Desk>,
    following: Following,
    caller: ChatCaller,
    ticket: TicketId,
    session: String,
    told_up_to: MessageId,
    stage: Stage,
}

enum Stage {
    Begins,
    CatchesUp,
    Live,
}

impl Telling {
    /// `following` began before `followed` was read: what is stored in between is heard, not lost.
    pub fn new(
        desk: Arc<Desk>,
        following: Following,
        caller: ChatCaller,
        followed: Followed,
    ) -> Self {
        Self {
            desk,
            following,
            caller,
            ticket: followed.ticket.id,
            session: followed.ticket.session.to_string(),
            told_up_to: followed.told_up_to,
            stage: Stage::Begins,
        }
    }

    pub fn answer(self) -> EventsAnswer {
        let parts = stream::unfold(self, |mut telling| async move {
            let part = telling.next().await?;
            Some((Ok::<_, std::io::Error>(Bytes::from(part)), telling))
        });
        let response = Response::builder()
            .content_type("text/event-stream")
            .header("cache-control", "no-store")
            // A proxy that gathers what it passes on would hold events back.
            .header("x-accel-buffering", "no")
            .body(Body::from_bytes_stream(parts));
        EventsAnswer(response)
    }

    /// The next piece of the stream; None ends it.
    async fn next(&mut self) -> Option<String> {
        loop {
            match self.stage {
                Stage::Begins => {
                    self.stage = Stage::CatchesUp;
                    return Some(RETRY.to_owned());
                }
                Stage::CatchesUp => {
                    let missed = self
                        .desk
                        .said_after(self.ticket, self.told_up_to, PAGE)
                        .await;
                    let missed = missed.map_err(|error| log(&error)).ok()?;
                    match missed.last() {
                        Some(last) => self.told_up_to = last.id,
                        None => {
                            self.stage = Stage::Live;
                            continue;
                        }
                    }
                    return missed.iter().map(said).collect::<Option<String>>();
                }
                Stage::Live => {
                    if let Some(told) = self.live().await? {
                        return Some(told);
                    }
                }
            }
        }
    }

    /// What happens next, where it is for the contact; None is the end.
    async fn live(&mut self) -> Option<Option<String>> {
        let event = tokio::select! {
            event = self.following.events.recv() => event?,
            () = self.desk.clock().sleep(HEARTBEAT) => {
                // Who let it in has an end.
                let valid = self.desk.clock().now() < self.caller.until;
                return valid.then(|| Some(":\n\n".to_owned()));
            }
        };
        let told = match &*event {
            Event::MessageCreated(message) if message.id <= self.told_up_to => None,
            // A greeting is in no session's history.
            Event::MessageCreated(message) if message.ticket.is_none() => None,
            Event::MessageCreated(message) => {
                self.told_up_to = message.id;
                said(message)
            }
            Event::MessageUpdated(message) => {
                told("message_updated", None, &ChatItem::from(message))
            }
            Event::MessageDeleted(message) => {
                told("message_deleted", None, &json!({"id": message.public_id}))
            }
            Event::Typing { by, .. } => match by {
                // A contact's own typing is for staff.
                Direction::User => None,
                Direction::Support => told("typing", None, &json!({"typing": true})),
            },
            Event::Ticket(TicketEvent { change, .. }) => match change {
                TicketChange::Deleted => return None,
                TicketChange::StaffRead(up_to) => self.read(*up_to, "support").await?,
                TicketChange::ContactRead(up_to) => self.read(*up_to, "user").await?,
                TicketChange::Resolved(true) => {
                    let closed =
                        json!({"session_id": self.session, "is_active": false, "can_rate": true});
                    told("closed", None, &closed)
                }
                _ => None,
            },
        };
        Some(told)
    }

    /// Who has read up to which message.
    async fn read(&self, up_to: MessageId, by: &str) -> Option<Option<String>> {
        let id = self.desk.public_id(up_to).await;
        let id = id.map_err(|error| log(&error)).ok()?;
        Some(told("read", None, &json!({"by": by, "up_to_id": id})))
    }
}

fn log(error: &Error) {
    tracing::error!(%error, "a stream ended early; it resumes");
}

fn said(message: &Message) -> Option<String> {
    told(
        "message",
        Some(&message.public_id),
        &ChatItem::from(message),
    )
}

/// An event as the protocol writes it. JSON has no line breaks of its own, so one line of data holds it.
fn told(name: &str, id: Option<&str>, data: &impl serde::Serialize) -> Option<String> {
    let data = serde_json::to_string(data).ok()?;
    let mut text = format!("event: {name}\n");
    if let Some(id) = id {
        writeln!(text, "id: {id}").ok()?;
    }
    writeln!(text, "data: {data}\n").ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_of_data_whatever_is_in_it() {
        let data = json!({"content": "a\n\nevent: message\ndata: {}\r\n\u{2028}"});
        let text = told("message", Some("7"), &data).unwrap();
        let lines: Vec<&str> = text.split('\n').collect();
        assert_eq!(lines[..2], ["event: message", "id: 7"]);
        let json = lines[2].strip_prefix("data: ").unwrap();
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(json).unwrap(),
            data
        );
        assert_eq!(lines[3..], ["", ""]);
        let unnumbered = told("typing", None, &json!({})).unwrap();
        assert!(!unnumbered.contains("id:"));
    }
}
