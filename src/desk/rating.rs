//! A contact says how it was helped: one to five, after its ticket is over.

use chrono::Duration;
use serde_json::json;

use super::access::Caller;
use super::{Desk, tickets};
use crate::domain::error::{Error, Kind};
use crate::domain::event::TicketChange;
use crate::domain::ids::{TicketId, UserId};
use crate::domain::text;
use crate::store::Tx;

/// From and to.
pub const RANGE: (i64, i64) = (1, 5);
/// Longest comment, characters.
pub const COMMENT_MAX_CHARS: usize = 2000;
/// How long a rating may be changed, days from when it was given.
pub const CHANGE_DAYS: i64 = 7;

/// What a contact thinks of a ticket.
pub struct Rating {
    pub user: UserId,
    /// None is the contact's ticket that ended last.
    pub ticket: Option<TicketId>,
    pub rating: i64,
    pub comment: Option<String>,
}

impl Desk {
    /// Stores a rating, or changes it; which ticket it went to.
    ///
    /// # Errors
    /// `forbidden`, `out_of_range`, `message_too_long`, `rate_limited`, `contact_blocked`, `ticket_not_found`
    /// (another's too), `ticket_open`, `rating_is_final`.
    pub async fn rate(&self, caller: &Caller, rating: Rating) -> Result<TicketId, Error> {
        caller.may_act_as(&rating.user)?;
        let (least, most) = RANGE;
        if !(least..=most).contains(&rating.rating) {
            let error = Error::bad("out_of_range", "rating");
            return Err(error.with("min", least).with("max", most));
        }
        let comment = comment(rating.comment.as_deref())?;
        self.limits.message_of(&rating.user)?;
        let to_group = self.settings.group;
        self.store
            .write(move |tx| store(tx, &rating, comment.as_deref(), to_group))
            .await
    }
}

/// Cleaned; blank is none.
fn comment(raw: Option<&str>) -> Result<Option<String>, Error> {
    let comment = raw.map(|raw| text::without_control(raw).trim().to_owned());
    match comment.filter(|comment| !comment.is_empty()) {
        Some(long) if long.chars().count() > COMMENT_MAX_CHARS => {
            Err(Error::bad("message_too_long", "comment").with("max", COMMENT_MAX_CHARS))
        }
        comment => Ok(comment),
    }
}

fn store(
    tx: &mut Tx,
    rating: &Rating,
    comment: Option<&str>,
    to_group: bool,
) -> Result<TicketId, Error> {
    let not_found = || Error::not_found("ticket_not_found");
    let contact = tx.contact(&rating.user)?.ok_or_else(not_found)?;
    if contact.is_blocked {
        return Err(Error::new(Kind::Forbidden, "contact_blocked"));
    }
    let id = match rating.ticket {
        Some(id) => id,
        None => tx.last_closed_ticket(contact.id)?.ok_or_else(not_found)?,
    };
    let ticket = tx.ticket(id)?.filter(|ticket| ticket.contact == contact.id);
    let ticket = ticket.ok_or_else(not_found)?;
    if !ticket.is_over() {
        return Err(Error::new(Kind::Conflict, "ticket_open"));
    }
    // One that was opened again and ended again is rated anew.
    let first_at = tx.rated_at(id)?.filter(|at| ticket.closed_at <= Some(*at));
    if first_at.is_some_and(|at| tx.now() - at > Duration::days(CHANGE_DAYS)) {
        return Err(Error::new(Kind::Conflict, "rating_is_final"));
    }
    let same = ticket.rating == Some(rating.rating) && ticket.rating_comment.as_deref() == comment;
    if first_at.is_some() && same {
        return Ok(id);
    }
    tx.rate_ticket(id, rating.rating, comment, first_at.unwrap_or(tx.now()))?;
    let stars = rating.rating.to_string();
    tickets::log(tx, &ticket, None, "", "rated", Some(&stars))?;
    let change = TicketChange::Rated(rating.rating);
    tickets::tell(tx, &ticket, ticket.agent, change);
    let payload = json!({"rating": rating.rating, "comment": comment});
    tickets::tell_group(tx, id, "rated", payload, to_group)?;
    Ok(id)
}
