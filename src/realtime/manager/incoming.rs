//! What operators send. A bad frame is an error for its sender and never ends the socket.

use serde_json::{Map, Value, json};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::frames;
use super::hall::{MOST_WATCHED, Seat};
use crate::desk::Desk;
use crate::desk::operators::{TEXT_MAX_CHARS, checked_text};
use crate::desk::rights::Staff;
use crate::domain::error::{Error, Kind};
use crate::domain::ids::{AgentId, MessageId, TicketId};

/// The ticket a frame is about, whatever else is wrong with it.
pub fn ticket_named(text: &str) -> Option<i64> {
    let frame: Value = serde_json::from_str(text).ok()?;
    frame.get("ticket_id")?.as_i64()
}

/// Does what a frame wants; the frame that is answered to its sender alone, if any.
///
/// # Errors
/// `invalid_json`, `unknown_type`, `invalid_field`, `missing_field`, `invalid` for a text, and what the desk says.
pub async fn handle(
    desk: &Desk,
    staff: &Staff,
    seat: &Seat,
    text: &str,
) -> Result<Option<Utf8Bytes>, Error> {
    let frame = Frame::read(text)?;
    let ticket = match frame.kind.as_str() {
        "ticket.assign" | "ticket.message.new" | "ticket.resolve" | "ticket.viewed"
        | "ticket.typing" | "ticket.watch" | "ticket.unwatch" => {
            TicketId(frame.number("ticket_id")?)
        }
        "ping" => return Ok(Some(json!({"type": "pong"}).to_string().into())),
        _ => return Err(Error::bad("unknown_type", "type")),
    };
    match frame.kind.as_str() {
        "ticket.assign" => {
            let agent = frame.manager(staff)?;
            desk.assign(staff, ticket, agent).await?;
        }
        "ticket.message.new" => {
            let text = frame.text()?;
            let message = desk.answer_as(staff, ticket, text, Vec::new()).await?;
            // Who answers another's ticket does not hear it otherwise, and wants to see that it is there.
            if !seat.hears(ticket, message.ticket_agent) {
                let told = frames::of_message("ticket.message.new", &message)?;
                return Ok(told.map(|(_, frame)| frame));
            }
        }
        "ticket.resolve" => {
            if frame.yes_or_no("resolved")? {
                desk.close_ticket(staff, ticket, None).await?;
            } else {
                desk.reopen_ticket(staff, ticket).await?;
            }
        }
        "ticket.viewed" => {
            let up_to = MessageId(frame.number("up_to_id")?);
            desk.staff_viewed(staff, ticket, up_to).await?;
        }
        "ticket.typing" => {
            seat.types(ticket);
            desk.staff_types(staff, ticket).await?;
        }
        "ticket.watch" => {
            // Whoever may read it may hear it.
            desk.shown_ticket(staff, ticket).await?;
            if !seat.watch(ticket) {
                let most = Error::new(Kind::TooManyRequests, "too_many_watched");
                return Err(most.with("max", MOST_WATCHED));
            }
        }
        _ => seat.watch_no_more(ticket),
    }
    Ok(None)
}

struct Frame {
    kind: String,
    fields: Map<String, Value>,
}

impl Frame {
    fn read(text: &str) -> Result<Self, Error> {
        let Ok(Value::Object(fields)) = serde_json::from_str(text) else {
            return Err(Error::new(Kind::BadRequest, "invalid_json"));
        };
        match fields.get("type") {
            Some(Value::String(kind)) => Ok(Self {
                kind: kind.clone(),
                fields,
            }),
            _ => Err(Error::bad("unknown_type", "type")),
        }
    }

    /// A whole number of at least 0.
    fn number(&self, name: &'static str) -> Result<i64, Error> {
        match self.fields.get(name) {
            None | Some(Value::Null) => Err(Error::missing(name)),
            Some(value) => value
                .as_i64()
                .filter(|number| *number >= 0)
                .ok_or_else(|| Error::bad("invalid_field", name)),
        }
    }

    fn yes_or_no(&self, name: &'static str) -> Result<bool, Error> {
        match self.fields.get(name) {
            None | Some(Value::Null) => Err(Error::missing(name)),
            Some(value) => value
                .as_bool()
                .ok_or_else(|| Error::bad("invalid_field", name)),
        }
    }

    /// Whom a ticket is given to: the caller, or `manager`, where null is nobody.
    fn manager(&self, staff: &Staff) -> Result<Option<AgentId>, Error> {
        match self.fields.get("manager") {
            Some(Value::Null) => Ok(None),
            Some(_) => Ok(Some(AgentId(self.number("manager")?))),
            None => match staff.agent() {
                Some(own) => Ok(Some(own)),
                None => Err(Error::new(Kind::Forbidden, "not_an_agent")),
            },
        }
    }

    fn text(&self) -> Result<String, Error> {
        let invalid = || Error::bad("invalid", "text").with("max", TEXT_MAX_CHARS);
        let raw = self.fields.get("text").and_then(Value::as_str);
        let text = checked_text(raw.ok_or_else(invalid)?).map_err(|_| invalid())?;
        match text.trim().is_empty() {
            true => Err(invalid()),
            false => Ok(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn null_gives_a_ticket_to_nobody_and_the_service_must_name_somebody() {
        let frame = |text: &str| Frame::read(text).unwrap();
        let nobody = frame(r#"{"type": "ticket.assign", "manager": null}"#);
        assert_eq!(nobody.manager(&Staff::Service).unwrap(), None);
        let named = frame(r#"{"type": "ticket.assign", "manager": 3}"#);
        assert_eq!(named.manager(&Staff::Service).unwrap(), Some(AgentId(3)));
        let own = frame(r#"{"type": "ticket.assign"}"#);
        assert_eq!(
            own.manager(&Staff::Service).unwrap_err().code,
            "not_an_agent"
        );
    }

    proptest! {
        #[test]
        fn whatever_comes_is_a_frame_or_an_error(text in any::<String>(), number in any::<f64>()) {
            let _ = (Frame::read(&text).is_ok(), ticket_named(&text));
            let frame = Frame::read(&json!({"type": text, "ticket_id": number, "text": text}).to_string()).unwrap();
            let whole = frame.number("ticket_id").is_ok();
            prop_assert!(!whole || number.fract() == 0.0);
            prop_assert!(frame.text().is_err() || !text.trim().is_empty());
        }
    }
}
