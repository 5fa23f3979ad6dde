//! A contact says how it was helped: one to five, after its ticket is over.

use chrono::Duration;
use serde_json::json;
use uuid::Uuid;

use super::access::Caller;
use super::session_keys::ChatCaller;
use super::session_reading::owned;
use super::{Desk, tickets};
use crate::domain::error::{Error, Kind};
use crate::domain::event::TicketChange;
use crate::domain::ids::{TicketId, UserId};
use crate::domain::text;
use crate::domain::ticket::Ticket;
use crate::store::Tx;

/// From and to.
pub const RANGE: (i64, i64) = (1, 5);
/// Longest comment, characters.
pub const COMMENT_MAX_CHARS: usize = 2000;
/// How long a rating may be changed, days from when it was given.
pub const CHANGE_DAYS: i64 = 7;

/// What a contact thinks of a ticket.
pub struct Rating {
    /// From one to five.
    pub stars: i64,
    pub comment: Option<String>,
}

impl Rating {
    /// # Errors
    /// `out_of_range` on `rating`, `message_too_long` on `comment`.
    pub(super) fn checked(self) -> Result<Self, Error> {
        let (least, most) = RANGE;
        if !(least..=most).contains(&self.stars) {
            let error = Error::bad("out_of_range", "rating");
            return Err(error.with("min", least).with("max", most));
        }
        Ok(Self {
            comment: comment(self.comment.as_deref())?,
            ..self
        })
    }
}

impl Desk {
    /// Stores an app's user's rating, or changes it; which ticket it went to. Without a ticket it is the one that
    /// ended last.
    ///
    /// # Errors
    /// `forbidden`, `out_of_range`, `message_too_long`, `rate_limited`, `contact_blocked`, `ticket_not_found`
    /// (another's too), `ticket_open`, `rating_is_final`.
    pub async fn rate(
        &self,
        caller: &Caller,
        user: UserId,
        ticket: Option<TicketId>,
        rating: Rating,
    ) -> Result<TicketId, Error> {
        caller.may_act_as(&user)?;
        let rating = rating.checked()?;
        self.limits.message_of(&user)?;
        let to_group = self.settings.group;
        self.store
            .write(move |tx| {
                let not_found = || Error::not_found("ticket_not_found");
                let contact = tx.contact(&user)?.ok_or_else(not_found)?;
                let id = match ticket {
                    Some(id) => Some(id),
                    None => tx.last_closed_ticket(contact.id)?,
                };
                let ticket = match id {
                    Some(id) => tx.ticket(id)?,
                    None => None,
                };
                let own = ticket.filter(|ticket| ticket.contact == contact.id);
                let ticket = own.ok_or_else(not_found)?;
                store(tx, &ticket, &rating, to_group)?;
                Ok(ticket.id)
            })
            .await
    }

    /// The same for a session of the web chat.
    ///
    /// # Errors
    /// `session_not_found` (another's too), and as [`Desk::rate`].
    pub async fn rate_session(
        &self,
        caller: &ChatCaller,
        session: Uuid,
        rating: Rating,
    ) -> Result<(), Error> {
        let rating = rating.checked()?;
        let ticket = self.session_ticket(caller, session).await?;
        self.limits.message_of(&ticket.user)?;
        let (who, to_group) = (caller.who.clone(), self.settings.group);
        self.store
            .write(move |tx| {
                let ticket = owned(tx, &who, session)?;
                store(tx, &ticket, &rating, to_group)
            })
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

pub(super) fn store(
    tx: &mut Tx,
    ticket: &Ticket,
    given: &Rating,
    to_group: bool,
) -> Result<(), Error> {
    let contact = tx.contact_by_id(ticket.contact)?;
    if contact.is_some_and(|contact| contact.is_blocked) {
        return Err(Error::new(Kind::Forbidden, "contact_blocked"));
    }
    if !ticket.is_over() {
        return Err(Error::new(Kind::Conflict, "ticket_open"));
    }
    let (id, comment) = (ticket.id, given.comment.as_deref());
    // One that was opened again and ended again is rated anew.
    let first_at = tx.rated_at(id)?.filter(|at| ticket.closed_at <= Some(*at));
    if first_at.is_some_and(|at| tx.now() - at > Duration::days(CHANGE_DAYS)) {
        return Err(Error::new(Kind::Conflict, "rating_is_final"));
    }
    let same = ticket.rating == Some(given.stars) && ticket.rating_comment.as_deref() == comment;
    if first_at.is_some() && same {
        return Ok(());
    }
    tx.rate_ticket(id, given.stars, comment, first_at.unwrap_or(tx.now()))?;
    let stars = given.stars.to_string();
    tickets::log(tx, ticket, None, "", "rated", Some(&stars))?;
    let change = TicketChange::Rated(given.stars);
    tickets::tell(tx, ticket, ticket.agent, change);
    let payload = json!({"rating": given.stars, "comment": comment});
    tickets::tell_group(tx, id, "rated", payload, to_group)
}
