//! Events as operators hear them: each written down once, with who is to hear it.

use serde::Serialize;
use serde_json::json;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::hall::{Audience, Hall};
use crate::desk::Desk;
use crate::desk::rights::Staff;
use crate::domain::error::Error;
use crate::domain::event::{Event, TicketChange, TicketEvent};
use crate::domain::ids::{TicketId, UserId};
use crate::domain::message::{Direction, Message};
use crate::domain::ticket_item::{MessageItem, ShownTicket, TicketItem};

#[derive(Serialize)]
struct OfTicket<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    ticket: TicketItem<'a>,
}

#[derive(Serialize)]
struct OfMessage<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    message: MessageItem<'a>,
}

/// What an event says to operators; mostly one frame, often none.
pub async fn of(desk: &Desk, hall: &Hall, event: &Event) -> Vec<(Audience, Utf8Bytes)> {
    if hall.is_empty() {
        return Vec::new();
    }
    let told = match event {
        Event::MessageCreated(message) => of_message("ticket.message.new", message),
        Event::MessageUpdated(message) => of_message("ticket.message.updated", message),
        Event::MessageDeleted(message) => Ok(deleted(message)),
        Event::Typing { user, ticket, by } => typing(desk, user, *ticket, *by).await,
        Event::Ticket(event) => of_ticket(desk, event).await,
    };
    match told {
        Ok(told) => told.into_iter().collect(),
        Err(error) => {
            tracing::error!(%error, "an event did not reach operators");
            Vec::new()
        }
    }
}

type Told = Option<(Audience, Utf8Bytes)>;

/// A frame about a message; nothing about a greeting, which is in no ticket.
pub fn of_message(kind: &'static str, message: &Message) -> Result<Told, Error> {
    let Some(id) = message.ticket else {
        return Ok(None);
    };
    let agent = message.ticket_agent;
    let message = MessageItem::from(message);
    let frame = written(&OfMessage { kind, message })?;
    Ok(Some((Audience::Ticket { id, agent }, frame)))
}

fn deleted(message: &Message) -> Told {
    let (id, agent) = (message.ticket?, message.ticket_agent);
    let frame = json!({"type": "ticket.message.deleted", "id": message.id, "ticket": id});
    Some((Audience::Ticket { id, agent }, frame.to_string().into()))
}

async fn typing(
    desk: &Desk,
    user: &UserId,
    ticket: Option<TicketId>,
    by: Direction,
) -> Result<Told, Error> {
    // A phone knows only its user: what it types will go into the open ticket.
    let ticket = match ticket {
        Some(id) => Some(id),
        None => desk.open_ticket_of(user.clone()).await?,
    };
    let Some(shown) = (match ticket {
        Some(id) => found(desk, id).await?,
        None => None,
    }) else {
        return Ok(None);
    };
    let (id, agent) = (shown.ticket.id, shown.ticket.agent);
    let (audience, by) = match by {
        Direction::User => (Audience::Ticket { id, agent }, "user"),
        Direction::Support => (Audience::Typing { id, agent }, "supp"),
    };
    let frame = json!({"type": "ticket.typing", "ticket_id": id, "by": by});
    Ok(Some((audience, frame.to_string().into())))
}

async fn of_ticket(desk: &Desk, event: &TicketEvent) -> Result<Told, Error> {
    let (id, agent) = (event.ticket, event.agent);
    let own = Audience::Ticket { id, agent };
    let (audience, frame) = match &event.change {
        TicketChange::Created => return whole(desk, "ticket.created", id).await,
        TicketChange::Changed => return whole(desk, "ticket.changed", id).await,
        TicketChange::Assigned { .. } => (
            Audience::Everybody,
            json!({"type": "ticket.assigned", "id": id, "support_manager": agent}),
        ),
        TicketChange::Resolved(resolved) => (
            Audience::Everybody,
            json!({"type": "ticket.resolved", "id": id, "resolved": resolved}),
        ),
        TicketChange::Deleted => (
            Audience::Everybody,
            json!({"type": "ticket.deleted", "id": id}),
        ),
        TicketChange::StaffRead(up_to) => (
            own,
            json!({"type": "ticket.message.viewed", "ticket_id": id, "up_to_id": up_to}),
        ),
        TicketChange::ContactRead(up_to) => (
            own,
            json!({"type": "ticket.message.read", "ticket_id": id, "up_to_id": up_to}),
        ),
        TicketChange::Rated(rating) => (
            own,
            json!({"type": "ticket.rated", "ticket_id": id, "rating": rating}),
        ),
        TicketChange::Noted(note) => (
            own,
            json!({"type": "ticket.noted", "ticket_id": id, "note_id": note}),
        ),
    };
    Ok(Some((audience, frame.to_string().into())))
}

/// A ticket with all that a list shows of it.
async fn whole(desk: &Desk, kind: &'static str, id: TicketId) -> Result<Told, Error> {
    let Some(shown) = found(desk, id).await? else {
        return Ok(None);
    };
    let ticket = TicketItem::from(&shown);
    let frame = written(&OfTicket { kind, ticket })?;
    Ok(Some((Audience::Everybody, frame)))
}

/// A ticket that may have gone meanwhile. The sockets' own task asks, which hands it on to staff only.
async fn found(desk: &Desk, id: TicketId) -> Result<Option<ShownTicket>, Error> {
    match desk.shown_ticket(&Staff::Service, id).await {
        Ok(shown) => Ok(Some(shown)),
        Err(error) if error.code == "ticket_not_found" => Ok(None),
        Err(error) => Err(error),
    }
}

fn written(frame: &impl Serialize) -> Result<Utf8Bytes, Error> {
    let json = serde_json::to_string(frame)
        .map_err(|error| Error::internal(format_args!("writing JSON: {error}")))?;
    Ok(json.into())
}
