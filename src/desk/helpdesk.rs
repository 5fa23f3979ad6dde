//! Tickets as programs handle them through the helpdesk interface: asked for, changed field by field, given to
//! an admin, ended in somebody's name, deleted.

use chrono::{DateTime, Utc};

use super::Desk;
use super::groups;
use super::intake::{Said, contact_says};
use super::rights::{Action, Staff};
use super::tickets::{self, Ending, known};
use crate::domain::day::DayFilter;
use crate::domain::error::{Error, Kind};
use crate::domain::event::TicketChange;
use crate::domain::ids::{AgentId, CategoryId, ContactId, TicketId};
use crate::domain::ticket::{Channel, Priority, Status, Ticket};
use crate::store::{NewTicket, TicketFilter, TicketOrder, TicketTexts, Tx};

/// Longest title here, characters.
pub const TITLE_MAX: usize = 255;
/// The most tickets of a list without pages, the newest ones.
pub const MOST_LISTED: u32 = 10_000;

/// A ticket asked for in the name of a contact.
pub struct TicketRequest {
    pub contact: ContactId,
    pub title: String,
    pub category: Option<CategoryId>,
    /// Becomes the ticket's first message.
    pub description: Option<String>,
    pub priority: Priority,
}

/// What is to change; None leaves it alone, and so does what it is already.
#[derive(Debug, Clone, Default)]
pub struct TicketEdit {
    pub title: Option<String>,
    pub description: Option<String>,
    pub priority: Option<Priority>,
    /// `Some(None)` takes it away.
    pub category: Option<Option<CategoryId>>,
    /// `Some(None)` gives it to nobody.
    pub agent: Option<Option<AgentId>>,
    pub status: Option<Status>,
    /// Where the status ends it.
    pub close_reason: Option<String>,
    pub viewed: Option<bool>,
}

impl Desk {
    /// Opens a ticket for a contact; with a category it goes to the agent whose turn it is.
    ///
    /// # Errors
    /// `contact_not_found` on `user`, `category_not_found` on `category`, `contact_blocked`, `not_allowed`.
    pub async fn request_ticket(
        &self,
        staff: &Staff,
        request: TicketRequest,
    ) -> Result<Ticket, Error> {
        staff.may(Action::CreateTickets)?;
        let house = self.house();
        self.store
            .write(move |tx| {
                let contact = tx
                    .contact_by_id(request.contact)?
                    .ok_or_else(|| Error::bad("contact_not_found", "user"))?;
                if contact.is_blocked {
                    return Err(Error::new(Kind::Forbidden, "contact_blocked"));
                }
                check_category(tx, request.category)?;
                let new = NewTicket {
                    category: request.category,
                    priority: request.priority,
                    description: request.description.as_deref(),
                    ..NewTicket::titled(contact.id, Channel::Api, &request.title)
                };
                let ticket = tickets::open(tx, &new, house.to_group)?;
                if let Some(text) = request.description {
                    let said = Said {
                        text,
                        attachments: Vec::new(),
                        client_msg_id: None,
                        content_hash: None,
                    };
                    contact_says(tx, &contact, ticket.id, said, house)?;
                }
                known(tx, ticket.id)
            })
            .await
    }

    /// Changes a ticket. Giving it to an agent comes before what else is changed, and a status that was asked
    /// for stays whatever else happens.
    ///
    /// # Errors
    /// `ticket_not_found`, `not_yours`, `not_allowed`, `category_not_found` on `category`, `admin_not_found` on
    /// `assigned_admin`, `ticket_closed` for assigning one that is over.
    pub async fn edit_ticket(
        &self,
        staff: &Staff,
        id: TicketId,
        edit: TicketEdit,
    ) -> Result<Ticket, Error> {
        let (staff, to_group) = (staff.clone(), self.settings.group);
        self.store
            .write(move |tx| {
                let ticket = known(tx, id)?;
                let edit = edit.less_what_is_so(&ticket);
                if edit.is_empty() {
                    staff.may_on(Action::ChangeTickets, ticket.agent)?;
                    return Ok(ticket);
                }
                apply(tx, &staff, &ticket, &edit, to_group)?;
                known(tx, id)
            })
            .await
    }

    /// Gives a ticket to an admin.
    ///
    /// # Errors
    /// `ticket_not_found`, `admin_not_found` (blocked ones too), `ticket_closed`, `not_allowed`.
    pub async fn assign_admin(
        &self,
        staff: &Staff,
        id: TicketId,
        admin: AgentId,
    ) -> Result<Ticket, Error> {
        let assigned = self.assign(staff, id, Some(admin)).await;
        assigned.map_err(|error| match error.code {
            "agent_not_found" => Error::not_found("admin_not_found"),
            _ => error,
        })
    }

    /// Ends a ticket in the name of an admin, else of whoever asks; ending it twice changes nothing.
    ///
    /// # Errors
    /// `ticket_not_found`, `admin_not_found`, `not_yours`, `not_allowed`.
    pub async fn close_as(
        &self,
        staff: &Staff,
        id: TicketId,
        admin: Option<AgentId>,
        reason: Option<String>,
    ) -> Result<Ticket, Error> {
        let (staff, to_group) = (staff.clone(), self.settings.group);
        if admin.is_some() && admin != staff.agent() {
            staff.may(Action::SpeakForOthers)?;
        }
        self.store
            .write(move |tx| {
                let ticket = known(tx, id)?;
                staff.may_on(Action::CloseTickets, ticket.agent)?;
                let (by, name) = match admin {
                    Some(admin) => (Some(admin), admin_name(tx, admin)?),
                    None => (staff.agent(), staff.name().to_owned()),
                };
                let ending = Ending {
                    status: Status::Closed,
                    by,
                    actor: &name,
                    reason: reason.as_deref(),
                };
                tickets::end(tx, &ticket, &ending, to_group)?;
                known(tx, id)
            })
            .await
    }

    /// Deletes a ticket with its messages; the sweeper takes their files.
    ///
    /// # Errors
    /// `ticket_not_found`, `not_allowed`.
    pub async fn remove_ticket(&self, staff: &Staff, id: TicketId) -> Result<(), Error> {
        let staff = staff.clone();
        staff.may(Action::DeleteTickets)?;
        self.store
            .write(move |tx| {
                let ticket = known(tx, id)?;
                let number = ticket.number().to_string();
                let (by, name) = (staff.agent(), staff.name());
                tickets::log(tx, &ticket, by, name, "deleted", Some(&number))?;
                tx.delete_ticket(id)?;
                tickets::tell(tx, &ticket, ticket.agent, TicketChange::Deleted);
                Ok(())
            })
            .await
    }

    /// An admin's tickets of some days, newest first; another's are for owners.
    ///
    /// # Errors
    /// `not_allowed`, or a failure of the store.
    pub async fn tickets_of_admin(
        &self,
        staff: &Staff,
        admin: AgentId,
        days: DayFilter,
    ) -> Result<Vec<Ticket>, Error> {
        if staff.agent() != Some(admin) {
            staff.may(Action::ReadAllStatistics)?;
        }
        let (from, to) = self.span_of(days);
        let filter = TicketFilter {
            agent: Some(admin),
            from,
            to,
            ..TicketFilter::default()
        };
        self.listed(staff, filter).await
    }

    /// When days begin and end here.
    pub fn span_of(&self, days: DayFilter) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
        days.span(self.clock.now(), self.settings.timezone)
    }

    /// A contact's tickets, newest first.
    ///
    /// # Errors
    /// `not_allowed`, or a failure of the store.
    pub async fn tickets_of_contact(
        &self,
        staff: &Staff,
        contact: ContactId,
    ) -> Result<Vec<Ticket>, Error> {
        let filter = TicketFilter {
            contact: Some(contact),
            ..TicketFilter::default()
        };
        self.listed(staff, filter).await
    }

    async fn listed(&self, staff: &Staff, filter: TicketFilter) -> Result<Vec<Ticket>, Error> {
        staff.may(Action::ReadTickets)?;
        self.store
            .read(move |r| r.tickets(&filter, TicketOrder::Newest, MOST_LISTED, 0))
            .await
    }
}

impl TicketEdit {
    /// A program that sends back what it read changes nothing.
    fn less_what_is_so(mut self, ticket: &Ticket) -> Self {
        self.title = self.title.filter(|title| *title != ticket.title);
        let description = self.description;
        self.description = description.filter(|text| Some(text) != ticket.description.as_ref());
        self.priority = self.priority.filter(|it| *it != ticket.priority);
        self.category = self.category.filter(|it| *it != ticket.category);
        self.agent = self.agent.filter(|it| *it != ticket.agent);
        self.status = self.status.filter(|it| *it != ticket.status);
        // One that is over can not end again.
        self.status = self.status.filter(|it| !(it.is_over() && ticket.is_over()));
        self.viewed = self.viewed.filter(|it| *it != ticket.viewed);
        self
    }

    fn is_empty(&self) -> bool {
        self.agent.is_none() && !self.is_more_than_giving()
    }

    fn is_more_than_giving(&self) -> bool {
        self.changes_words() || self.status.is_some() || self.viewed.is_some()
    }

    fn changes_words(&self) -> bool {
        self.title.is_some()
            || self.description.is_some()
            || self.priority.is_some()
            || self.category.is_some()
    }
}

/// Makes the change, where staff may; giving it away comes first.
pub(super) fn apply(
    tx: &mut Tx,
    staff: &Staff,
    before: &Ticket,
    edit: &TicketEdit,
    to_group: bool,
) -> Result<(), Error> {
    let (id, by) = (before.id, staff.agent());
    let mut owner = before.agent;
    if let Some(status) = edit.status.filter(|_| before.is_over()) {
        staff.may_on(Action::CloseTickets, owner)?;
        tx.set_status(id, status)?;
        tickets::log(tx, before, by, staff.name(), "reopened", None)?;
        tickets::told_reopened(tx, before, to_group)?;
    }
    if let Some(agent) = edit.agent {
        staff.may_on(Action::AssignTickets, owner)?;
        if before.is_over() && edit.status.is_none() {
            return Err(Error::new(Kind::Conflict, "ticket_closed"));
        }
        tickets::assign(tx, before, agent, staff.name(), by, to_group).map_err(
            |error| match error.code {
                "agent_not_found" => Error::bad("admin_not_found", "assigned_admin"),
                _ => error,
            },
        )?;
        owner = agent;
    }
    if edit.is_more_than_giving() {
        staff.may_on(Action::ChangeTickets, owner)?;
    }
    if edit.changes_words() {
        check_category(tx, edit.category.flatten())?;
        let texts = TicketTexts {
            title: edit.title.clone(),
            description: edit.description.clone(),
            priority: edit.priority,
            category: edit.category,
            page_url: None,
        };
        tx.describe_ticket(id, &texts)?;
        // One that is over moves when there is more to tell of it than its end.
        if to_group && (!before.is_over() || edit.status.is_some()) {
            groups::settle(tx, id)?;
        }
    }
    match edit.status {
        Some(status) if status.is_over() => {
            staff.may_on(Action::CloseTickets, owner)?;
            let ending = Ending {
                status,
                by,
                actor: staff.name(),
                reason: edit.close_reason.as_deref(),
            };
            tickets::end(tx, &known(tx, id)?, &ending, to_group)?;
        }
        Some(status) => {
            tx.set_status(id, status)?;
            if !before.is_over() {
                let word = Some(status.as_str());
                tickets::log(tx, before, by, staff.name(), "status", word)?;
            }
        }
        None => {}
    }
    view(tx, before, owner, edit.viewed)?;
    if edit.changes_words() || edit.status.is_some_and(|status| !status.is_over()) {
        tickets::tell(tx, before, owner, TicketChange::Changed);
    }
    Ok(())
}

/// Sets or takes the mark that staff has opened it.
fn view(
    tx: &mut Tx,
    ticket: &Ticket,
    owner: Option<AgentId>,
    viewed: Option<bool>,
) -> Result<(), Error> {
    match (viewed, ticket.last_message) {
        (Some(true), Some(up_to)) => {
            tx.staff_read(ticket.id, up_to)?;
            tickets::tell(tx, ticket, owner, TicketChange::StaffRead(up_to));
        }
        (Some(viewed), _) => {
            tx.set_viewed(ticket.id, viewed)?;
            tickets::tell(tx, ticket, owner, TicketChange::Changed);
        }
        (None, _) => {}
    }
    Ok(())
}

fn check_category(tx: &Tx, category: Option<CategoryId>) -> Result<(), Error> {
    match category {
        Some(id) if tx.category_name(id)?.is_none() => {
            Err(Error::bad("category_not_found", "category"))
        }
        _ => Ok(()),
    }
}

/// The name of an account that is not blocked.
fn admin_name(tx: &Tx, id: AgentId) -> Result<String, Error> {
    let found = tx.agent(id)?.filter(|agent| !agent.is_blocked);
    let found = found.ok_or_else(|| Error::not_found("admin_not_found"))?;
    Ok(found.shown_name())
}
