//! Tickets as staff handles them: opened, taken, given away, closed, opened again. Whatever the interface, it
//! comes through here: rights are checked, the log is written, staff and group are told.

use serde_json::{Value, json};

use super::rights::{Action, Staff};
use super::{Desk, bells, groups, private};
use crate::domain::error::{Error, Kind};
use crate::domain::event::{Event, TicketChange, TicketEvent};
use crate::domain::ids::{AgentId, CategoryId, MessageId, TicketId};
use crate::domain::ticket::{Status, Ticket};
use crate::store::{NewEntry, NewTicket, Tx};
pub use crate::store::{NoteRow, TicketFilter, TicketOrder};

/// Longest note and longest reason for closing, characters.
pub const NOTE_MAX_CHARS: usize = 4096;

impl Desk {
    /// # Errors
    /// `not_allowed`, or a failure of the store.
    pub async fn ticket_for_staff(
        &self,
        staff: &Staff,
        id: TicketId,
    ) -> Result<Option<Ticket>, Error> {
        staff.may(Action::ReadTickets)?;
        self.store.read(move |r| r.ticket(id)).await
    }

    /// A page of tickets, and how many there are in all.
    ///
    /// # Errors
    /// `not_allowed`, or a failure of the store.
    pub async fn tickets(
        &self,
        staff: &Staff,
        filter: TicketFilter,
        order: TicketOrder,
        limit: u32,
        offset: u32,
    ) -> Result<(Vec<Ticket>, i64), Error> {
        staff.may(Action::ReadTickets)?;
        self.store
            .read(move |r| {
                let page = r.tickets(&filter, order, limit, offset)?;
                Ok((page, r.count_tickets(&filter)?))
            })
            .await
    }

    /// Gives a ticket to an agent, or to nobody. Assigning another's is taking it over.
    ///
    /// # Errors
    /// `ticket_not_found`, `agent_not_found` (blocked ones too), `ticket_closed`, `not_allowed`.
    pub async fn assign(
        &self,
        staff: &Staff,
        id: TicketId,
        agent: Option<AgentId>,
    ) -> Result<Ticket, Error> {
        let (staff, to_group) = (staff.clone(), self.settings.group);
        staff.may(Action::AssignTickets)?;
        self.store
            .write(move |tx| {
                let ticket = known(tx, id)?;
                staff.may_on(Action::AssignTickets, ticket.agent)?;
                if ticket.is_over() {
                    return Err(Error::new(Kind::Conflict, "ticket_closed"));
                }
                assign(tx, &ticket, agent, staff.name(), staff.agent(), to_group)?;
                known(tx, id)
            })
            .await
    }

    /// Ends a ticket; ending it twice changes nothing.
    ///
    /// # Errors
    /// `ticket_not_found`, `not_yours`, `not_allowed`.
    pub async fn close_ticket(
        &self,
        staff: &Staff,
        id: TicketId,
        reason: Option<String>,
    ) -> Result<Ticket, Error> {
        let (staff, to_group) = (staff.clone(), self.settings.group);
        self.store
            .write(move |tx| {
                let ticket = known(tx, id)?;
                staff.may_on(Action::CloseTickets, ticket.agent)?;
                let ending = Ending {
                    status: Status::Closed,
                    by: staff.agent(),
                    actor: staff.name(),
                    reason: reason.as_deref(),
                };
                end(tx, &ticket, &ending, to_group)?;
                known(tx, id)
            })
            .await
    }

    /// Opens a ticket again; one that is open is left as it is.
    ///
    /// # Errors
    /// `ticket_not_found`, `not_yours`, `not_allowed`.
    pub async fn reopen_ticket(&self, staff: &Staff, id: TicketId) -> Result<Ticket, Error> {
        let (staff, to_group) = (staff.clone(), self.settings.group);
        self.store
            .write(move |tx| {
                let ticket = known(tx, id)?;
                staff.may_on(Action::CloseTickets, ticket.agent)?;
                reopen(tx, &ticket, &staff, to_group)?;
                known(tx, id)
            })
            .await
    }

    /// Staff has read the contact's messages up to this one.
    ///
    /// # Errors
    /// `ticket_not_found`, `not_allowed`.
    pub async fn staff_viewed(
        &self,
        staff: &Staff,
        id: TicketId,
        up_to: MessageId,
    ) -> Result<(), Error> {
        staff.may(Action::ReadTickets)?;
        self.store
            .write(move |tx| {
                let ticket = known(tx, id)?;
                let up_to = up_to.min(ticket.last_message.unwrap_or(MessageId(0)));
                if tx.staff_read(id, up_to)? {
                    tell(tx, &ticket, ticket.agent, TicketChange::StaffRead(up_to));
                }
                Ok(())
            })
            .await
    }

    /// Adds a note that only staff sees.
    ///
    /// # Errors
    /// `ticket_not_found`, `not_yours`, `empty_message`, `message_too_long`.
    pub async fn add_note(
        &self,
        staff: &Staff,
        id: TicketId,
        text: String,
    ) -> Result<NoteRow, Error> {
        let staff = staff.clone();
        self.store
            .write(move |tx| note(tx, &staff, id, &text))
            .await
    }

    /// The notes of a ticket, oldest first.
    ///
    /// # Errors
    /// `ticket_not_found`, `not_allowed`.
    pub async fn notes(&self, staff: &Staff, id: TicketId) -> Result<Vec<NoteRow>, Error> {
        staff.may(Action::ReadTickets)?;
        self.store
            .read(move |r| match r.ticket(id)? {
                Some(_) => r.notes(id),
                None => Err(Error::not_found("ticket_not_found")),
            })
            .await
    }
}

/// Adds a note to a ticket.
pub(super) fn note(tx: &mut Tx, staff: &Staff, id: TicketId, text: &str) -> Result<NoteRow, Error> {
    let text = crate::domain::text::without_control(text);
    if text.trim().is_empty() {
        return Err(Error::bad("empty_message", "text"));
    }
    if text.chars().count() > NOTE_MAX_CHARS {
        return Err(Error::bad("message_too_long", "text").with("max", NOTE_MAX_CHARS));
    }
    let ticket = known(tx, id)?;
    staff.may_on(Action::NoteTickets, ticket.agent)?;
    let note = tx.insert_note(id, staff.agent(), staff.name(), &text)?;
    tell(tx, &ticket, ticket.agent, TicketChange::Noted(note.id));
    Ok(note)
}

/// How a ticket ends, and by whom.
pub(super) struct Ending<'a> {
    pub status: Status,
    pub by: Option<AgentId>,
    pub actor: &'a str,
    pub reason: Option<&'a str>,
}

/// The ticket, or the error of one that is not there.
pub(super) fn known(tx: &Tx, id: TicketId) -> Result<Ticket, Error> {
    tx.ticket(id)?
        .ok_or_else(|| Error::not_found("ticket_not_found"))
}

/// A new ticket; with a category it goes to the agent whose turn it is.
pub(super) fn open(tx: &mut Tx, new: &NewTicket, to_group: bool) -> Result<Ticket, Error> {
    let id = tx.create_ticket(new)?;
    let ticket = known(tx, id)?;
    tell(tx, &ticket, None, TicketChange::Created);
    if let Some(category) = new.category {
        give_to_next(tx, &ticket, category, to_group)?;
    }
    known(tx, id)
}

/// Gives a ticket to the agent of a category whose turn it is.
pub(super) fn give_to_next(
    tx: &mut Tx,
    ticket: &Ticket,
    category: CategoryId,
    to_group: bool,
) -> Result<(), Error> {
    let next = tx.next_agent_for(category)?;
    if to_group {
        bells::opened(tx, ticket.id, category, next)?;
    }
    match next {
        Some(agent) => assign(tx, ticket, Some(agent), "", None, to_group),
        None => tell_group(tx, ticket.id, "nobody_for_category", json!({}), to_group),
    }
}

/// Gives a ticket to an agent or to nobody; `by` and `actor` are who did it, nobody for the desk itself.
pub(super) fn assign(
    tx: &mut Tx,
    ticket: &Ticket,
    agent: Option<AgentId>,
    actor: &str,
    by: Option<AgentId>,
    to_group: bool,
) -> Result<(), Error> {
    let name = match agent {
        Some(id) => {
            let found = tx.agent(id)?.filter(|agent| !agent.is_blocked);
            let found = found.ok_or_else(|| Error::not_found("agent_not_found"))?;
            Some(found.shown_name())
        }
        None => None,
    };
    if ticket.agent == agent {
        return Ok(());
    }
    tx.assign(ticket.id, agent)?;
    let action = match (ticket.agent, agent) {
        (_, None) => "unassigned",
        (Some(_), Some(_)) => "transferred",
        (None, Some(_)) => "assigned",
    };
    log(tx, ticket, by, actor, action, name.as_deref())?;
    let before = ticket.agent;
    tell(tx, ticket, agent, TicketChange::Assigned { before });
    if to_group {
        bells::assigned(tx, ticket, agent, by, actor)?;
    }
    let payload = json!({"agent": name, "by": actor});
    tell_group(tx, ticket.id, "assigned", payload, to_group)
}

/// Ends a ticket; one that is over is left as it is.
pub(super) fn end(
    tx: &mut Tx,
    ticket: &Ticket,
    ending: &Ending,
    to_group: bool,
) -> Result<(), Error> {
    if ticket.is_over() {
        return Ok(());
    }
    end_quietly(tx, ticket, ending, to_group)?;
    let payload = json!({"by": ending.actor, "reason": ending.reason, "expired": ending.status == Status::Expired});
    tell_group(tx, ticket.id, "closed", payload, to_group)
}

/// The same without a line in the group: many at once would take its limit for an hour. `telegram`: whether the contact
/// can be told there.
pub(super) fn end_quietly(
    tx: &mut Tx,
    ticket: &Ticket,
    ending: &Ending,
    telegram: bool,
) -> Result<(), Error> {
    tx.close_ticket(ticket.id, ending.status, ending.by, ending.reason)?;
    let action = match ending.status {
        Status::Expired => "expired",
        _ => "closed",
    };
    log(tx, ticket, ending.by, ending.actor, action, ending.reason)?;
    tell(tx, ticket, ticket.agent, TicketChange::Resolved(true));
    private::tell_contact(tx, ticket, "closed", (None, json!({})), telegram)
}

/// Opens a ticket again; one that is open is left as it is.
pub(super) fn reopen(
    tx: &mut Tx,
    ticket: &Ticket,
    staff: &Staff,
    to_group: bool,
) -> Result<(), Error> {
    if !ticket.is_over() {
        return Ok(());
    }
    let status = Status::after_contact_wrote(ticket.agent.is_some());
    tx.set_status(ticket.id, status)?;
    log(tx, ticket, staff.agent(), staff.name(), "reopened", None)?;
    told_reopened(tx, ticket, to_group)
}

/// A ticket that was over is open again.
pub(super) fn told_reopened(tx: &mut Tx, ticket: &Ticket, to_group: bool) -> Result<(), Error> {
    tell(tx, ticket, ticket.agent, TicketChange::Resolved(false));
    tell_group(tx, ticket.id, "reopened", json!({}), to_group)
}

/// Tells staff and the contact's connections.
pub(super) fn tell(tx: &mut Tx, ticket: &Ticket, agent: Option<AgentId>, change: TicketChange) {
    tx.emit(Event::Ticket(TicketEvent {
        ticket: ticket.id,
        session: ticket.session,
        user: ticket.user.clone(),
        agent,
        change,
    }));
}

pub(super) fn log(
    tx: &mut Tx,
    ticket: &Ticket,
    agent: Option<AgentId>,
    actor: &str,
    action: &'static str,
    detail: Option<&str>,
) -> Result<(), Error> {
    tx.log(&NewEntry {
        agent,
        actor,
        action,
        ticket: Some(ticket.id),
        contact: Some(ticket.contact),
        detail,
    })
}

/// Queues a line about a ticket for the agents' group, behind what waits of that ticket.
pub(super) fn tell_group(
    tx: &mut Tx,
    ticket: TicketId,
    kind: &'static str,
    payload: Value,
    to_group: bool,
) -> Result<(), Error> {
    if !to_group {
        return Ok(());
    }
    groups::tell(tx, ticket, kind, None, payload)
}
