//! What operators see and do that is more than one step: lists with what stands beside each ticket, opening one,
//! changing several things of one at once, and speaking for a contact.

use chrono::Duration;

use super::Desk;
use super::intake::{Said, contact_says};
use super::rights::{Action, Staff};
use super::tickets::{self, Ending, known};
pub use super::wanted::Wanted;
use crate::domain::error::{Error, Kind};
use crate::domain::event::{Event, TicketChange};
use crate::domain::ids::{AgentId, MessageId, TicketId, UserId};
use crate::domain::locale::Locale;
use crate::domain::message::{Direction, Message};
use crate::domain::text;
use crate::domain::ticket::{Channel, REOPEN_DAYS, Status, TITLE_MAX_CHARS, Ticket};
use crate::domain::ticket_item::ShownTicket;
pub use crate::store::TicketOrder;
use crate::store::{NewTicket, Reading, TicketTexts, Tx, Words};

/// Longest message of this interface, characters.
pub const TEXT_MAX_CHARS: usize = 4096;

/// Who is signed in at a connection that stays open.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// What it proved itself with, to ask again whether it still holds.
    pub token: String,
    pub locale: Locale,
}

/// What changes of a ticket; None leaves it.
#[derive(Debug, Clone, Default)]
pub struct TicketChanges {
    pub title: Option<String>,
    pub resolved: Option<bool>,
    pub viewed: Option<bool>,
    /// `Some(None)` gives it to nobody.
    pub agent: Option<Option<AgentId>>,
}

/// What a search found.
pub struct Found {
    pub tickets: Vec<ShownTicket>,
    /// Messages with the title of their ticket and the part that was meant.
    pub messages: Vec<FoundMessage>,
}

pub struct FoundMessage {
    pub message: Message,
    pub title: String,
    pub snippet: String,
}

impl Desk {
    /// A page of tickets with what stands beside them, and how many there are in all.
    ///
    /// # Errors
    /// `not_allowed`, or a failure of the store.
    pub async fn ticket_list(
        &self,
        staff: &Staff,
        wanted: Wanted,
        limit: u32,
        offset: u32,
    ) -> Result<(Vec<ShownTicket>, i64), Error> {
        staff.may(Action::ReadTickets)?;
        let own = staff.agent();
        let order = wanted.order;
        self.store
            .read(move |r| {
                let Some(filter) = wanted.filter(r, own)? else {
                    return Ok((Vec::new(), 0));
                };
                let page = r.tickets(&filter, order, limit, offset)?;
                Ok((r.show_tickets(page)?, r.count_tickets(&filter)?))
            })
            .await
    }

    /// # Errors
    /// `ticket_not_found`, `not_allowed`.
    pub async fn shown_ticket(&self, staff: &Staff, id: TicketId) -> Result<ShownTicket, Error> {
        staff.may(Action::ReadTickets)?;
        self.store.read(move |r| shown(r, id)).await
    }

    /// A page of a ticket's messages, newest first, and how many there are. Whoever looks at one has opened it:
    /// it counts as viewed, and as read as far as it was shown.
    ///
    /// # Errors
    /// `ticket_not_found`, `not_allowed`.
    pub async fn open_messages(
        &self,
        staff: &Staff,
        id: TicketId,
        limit: u32,
        offset: u32,
    ) -> Result<(Vec<Message>, i64), Error> {
        staff.may(Action::ReadTickets)?;
        let (ticket, mut page, count) = self
            .store
            .read(move |r| {
                let ticket = known_in(r, id)?;
                let page = r.ticket_messages_page(id, true, limit, offset)?;
                Ok((ticket, page, r.count_messages(Some(id))?))
            })
            .await?;
        let newest = page.last().map_or(MessageId(0), |message| message.id);
        if !ticket.viewed || ticket.staff_read_up_to < newest {
            self.staff_viewed(staff, id, newest).await?;
        }
        page.reverse();
        Ok((page, count))
    }

    /// A new ticket of a contact, made if new, in which nothing is said yet.
    ///
    /// # Errors
    /// `missing_field`, `field_too_long`, `not_allowed`.
    pub async fn create_ticket(
        &self,
        staff: &Staff,
        user: UserId,
        title: &str,
    ) -> Result<ShownTicket, Error> {
        staff.may(Action::CreateTickets)?;
        let (title, to_group) = (checked_title(title)?, self.settings.group);
        self.store
            .write(move |tx| {
                let contact = tx.touch_contact(&user, None, Channel::Api)?;
                let new = NewTicket::titled(contact.id, Channel::Api, &title);
                let ticket = tickets::open(tx, &new, to_group)?;
                shown(tx, ticket.id)
            })
            .await
    }

    /// Changes several things of a ticket at once: all of them or none.
    ///
    /// # Errors
    /// `ticket_not_found`, `agent_not_found`, `ticket_closed`, `not_yours`, `not_allowed`, `field_too_long`.
    pub async fn change_ticket(
        &self,
        staff: &Staff,
        id: TicketId,
        changes: TicketChanges,
    ) -> Result<ShownTicket, Error> {
        let title = changes.title.as_deref().map(checked_title).transpose()?;
        let (staff, to_group) = (staff.clone(), self.settings.group);
        self.store
            .write(move |tx| {
                let ticket = known(tx, id)?;
                // Opened again by whoever has it now, before it goes to somebody else.
                if changes.resolved == Some(false) {
                    staff.may_on(Action::CloseTickets, ticket.agent)?;
                    if ticket.is_over() {
                        tickets::reopen(tx, &ticket, &staff, to_group)?;
                    }
                }
                if let Some(agent) = changes.agent {
                    give(tx, id, agent, &staff, to_group)?;
                }
                // Whoever has just taken it over may do the rest.
                let ticket = known(tx, id)?;
                if let Some(title) = title {
                    staff.may_on(Action::ChangeTickets, ticket.agent)?;
                    rename(tx, &ticket, title, &staff)?;
                }
                if let Some(viewed) = changes.viewed {
                    staff.may(Action::ReadTickets)?;
                    set_viewed(tx, &ticket, viewed)?;
                }
                if changes.resolved == Some(true) {
                    staff.may_on(Action::CloseTickets, ticket.agent)?;
                    let ending = Ending {
                        status: Status::Closed,
                        by: staff.agent(),
                        actor: staff.name(),
                        reason: None,
                    };
                    tickets::end(tx, &ticket, &ending, to_group)?;
                }
                staff.may(Action::ReadTickets)?;
                shown(tx, id)
            })
            .await
    }

    /// Stores what a contact said elsewhere, in its name.
    ///
    /// # Errors
    /// `ticket_not_found`, `not_yours`, `contact_blocked`, `empty_message`, `message_too_long`; `ticket_closed`
    /// for one that was closed longer ago than it may be opened again.
    pub async fn contact_said(
        &self,
        staff: &Staff,
        id: TicketId,
        text: &str,
    ) -> Result<Message, Error> {
        let (staff, text, house) = (staff.clone(), checked_text(text)?, self.house());
        if text.trim().is_empty() {
            return Err(Error::bad("empty_message", "text"));
        }
        self.store
            .write(move |tx| {
                let ticket = known(tx, id)?;
                staff.may_on(Action::SpeakForContacts, ticket.agent)?;
                let reopened_until = tx.now() - Duration::days(REOPEN_DAYS);
                if ticket.is_over() && ticket.closed_at.is_none_or(|at| at < reopened_until) {
                    return Err(Error::new(Kind::Conflict, "ticket_closed"));
                }
                let contact = tx
                    .contact_by_id(ticket.contact)?
                    .ok_or_else(|| Error::internal("a ticket of nobody"))?;
                let said = Said {
                    text,
                    attachments: Vec::new(),
                    client_msg_id: None,
                    content_hash: None,
                };
                contact_says(tx, &contact, id, said, house)
            })
            .await
    }

    /// An operator is writing an answer; the contact and other operators are told.
    ///
    /// # Errors
    /// `ticket_not_found`, `not_yours`, `not_allowed`.
    pub async fn staff_types(&self, staff: &Staff, id: TicketId) -> Result<(), Error> {
        let ticket = self.store.read(move |r| known_in(r, id)).await?;
        staff.may_on(Action::AnswerTickets, ticket.agent)?;
        self.publish(Event::Typing {
            user: ticket.user,
            ticket: Some(id),
            by: Direction::Support,
        });
        Ok(())
    }

    /// Tickets and messages with these words.
    ///
    /// # Errors
    /// `not_allowed`, or a failure of the store.
    pub async fn search(&self, staff: &Staff, words: &str, limit: u32) -> Result<Found, Error> {
        staff.may(Action::ReadTickets)?;
        let words = Words::of(words);
        self.store
            .read(move |r| {
                let ids = r.search_tickets(&words, limit)?;
                let mut tickets = Vec::with_capacity(ids.len());
                for id in ids {
                    tickets.extend(r.ticket(id)?);
                }
                let messages = r.search_messages(&words, limit)?;
                let messages = messages.into_iter().map(|(message, title)| FoundMessage {
                    snippet: text::around(&message.text, words.terms(), SNIPPET_CHARS),
                    message,
                    title,
                });
                Ok(Found {
                    messages: messages.collect(),
                    tickets: r.show_tickets(tickets)?,
                })
            })
            .await
    }
}

/// Length of a snippet, characters.
const SNIPPET_CHARS: usize = 160;

/// The text of a message as it is stored; whether it may be empty is for others to say.
///
/// # Errors
/// `message_too_long`, over [`TEXT_MAX_CHARS`].
pub fn checked_text(raw: &str) -> Result<String, Error> {
    if raw.chars().count() > TEXT_MAX_CHARS {
        return Err(Error::bad("message_too_long", "text").with("max", TEXT_MAX_CHARS));
    }
    Ok(text::without_control(raw))
}

fn checked_title(raw: &str) -> Result<String, Error> {
    if raw.chars().count() > TITLE_MAX_CHARS {
        return Err(Error::bad("field_too_long", "title").with("max", TITLE_MAX_CHARS));
    }
    let title = text::without_control(raw).replace(['\n', '\t'], " ");
    match title.trim() {
        "" => Err(Error::missing("title")),
        title => Ok(title.to_owned()),
    }
}

fn known_in(r: &Reading, id: TicketId) -> Result<Ticket, Error> {
    r.ticket(id)?
        .ok_or_else(|| Error::not_found("ticket_not_found"))
}

fn shown(r: &Reading, id: TicketId) -> Result<ShownTicket, Error> {
    let shown = r.show_tickets(vec![known_in(r, id)?])?.pop();
    shown.ok_or_else(|| Error::not_found("ticket_not_found"))
}

/// As [`Desk::assign`], but whose it is already is no change, even of a closed one.
fn give(
    tx: &mut Tx,
    id: TicketId,
    agent: Option<AgentId>,
    staff: &Staff,
    to_group: bool,
) -> Result<(), Error> {
    let ticket = known(tx, id)?;
    staff.may_on(Action::AssignTickets, ticket.agent)?;
    if ticket.agent == agent {
        return Ok(());
    }
    if ticket.is_over() {
        return Err(Error::new(Kind::Conflict, "ticket_closed"));
    }
    tickets::assign(tx, &ticket, agent, staff.name(), staff.agent(), to_group)
}

fn rename(tx: &mut Tx, ticket: &Ticket, title: String, staff: &Staff) -> Result<(), Error> {
    if title == ticket.title {
        return Ok(());
    }
    tickets::log(
        tx,
        ticket,
        staff.agent(),
        staff.name(),
        "changed",
        Some("title"),
    )?;
    let change = TicketTexts {
        title: Some(title),
        ..TicketTexts::default()
    };
    tx.describe_ticket(ticket.id, &change)?;
    tickets::tell(tx, ticket, ticket.agent, TicketChange::Changed);
    Ok(())
}

fn set_viewed(tx: &mut Tx, ticket: &Ticket, viewed: bool) -> Result<(), Error> {
    if !viewed {
        return tx.set_viewed(ticket.id, false);
    }
    let up_to = ticket.last_message.unwrap_or(MessageId(0));
    if tx.staff_read(ticket.id, up_to)? {
        tickets::tell(tx, ticket, ticket.agent, TicketChange::StaffRead(up_to));
    }
    Ok(())
}
