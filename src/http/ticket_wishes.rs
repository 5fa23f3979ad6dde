//! What a request about tickets wants, in the desk's terms: states, orders, changes, agents.

use super::fields::Fields;
use crate::desk::operators::{TicketChanges, TicketOrder};
use crate::desk::rights::Staff;
use crate::domain::error::{Error, Kind};
use crate::domain::ids::AgentId;
use crate::domain::ticket::Status;

/// The parameter `order` where none is given.
pub fn default_order() -> String {
    "waiting".to_owned()
}

/// The parameter `order`.
///
/// # Errors
/// `invalid_field`.
pub fn sorting(word: &str) -> Result<TicketOrder, Error> {
    match word {
        "waiting" => Ok(TicketOrder::Waiting),
        "newest" => Ok(TicketOrder::Newest),
        _ => Err(Error::bad("invalid_field", "order")),
    }
}

/// The parameter `status`.
///
/// # Errors
/// `invalid_field`.
pub fn state(word: &str) -> Result<Status, Error> {
    Status::parse(word).ok_or_else(|| Error::bad("invalid_field", "status"))
}

/// What PUT and PATCH change.
///
/// # Errors
/// `invalid_field` for a wrong type.
pub fn changes(mut fields: Fields) -> Result<TicketChanges, Error> {
    Ok(TicketChanges {
        title: fields.text("title")?,
        resolved: fields.flag("resolved")?,
        viewed: fields.flag("viewed")?,
        agent: fields
            .id_or_nobody("support_manager")?
            .map(|id| id.map(AgentId)),
    })
}

/// The agent a ticket is to be given to: an id, `me`, or null for nobody.
///
/// # Errors
/// `invalid_field`, `missing_field`; `not_an_agent` where the service says `me`.
pub fn whom(mut fields: Fields, staff: &Staff) -> Result<Option<AgentId>, Error> {
    if let Some(word) = fields.peek_text("agent") {
        if word != "me" {
            return Err(Error::bad("invalid_field", "agent"));
        }
        let own = staff.agent();
        return own
            .map(Some)
            .ok_or_else(|| Error::new(Kind::Forbidden, "not_an_agent"));
    }
    let agent = fields.id_or_nobody("agent")?;
    let agent = agent.ok_or_else(|| Error::missing("agent"))?;
    Ok(agent.map(AgentId))
}
