//! What a step does to the contact's own tickets: opened, added to, described, closed, rated. It happens where it does
//! for every channel; here is only which ticket is meant, and that no message is turned away.

use chrono::Duration;

use super::into_attachment;
use super::state::Button;
use super::talk::Talk;
use crate::desk::groups;
use crate::desk::intake::{Said, contact_says};
use crate::desk::rating::{self, Rating};
use crate::desk::tickets::{self, Ending};
use crate::domain::error::Error;
use crate::domain::event::TicketChange;
use crate::domain::ids::{CategoryId, TicketId};
use crate::domain::text;
use crate::domain::ticket::{Channel, REOPEN_DAYS, Status, Ticket};
use crate::store::{NewTicket, Reading, TicketTexts, Tx};

impl Talk {
    /// Opens a ticket with what was said. Where one is open already that must be waited for, it goes there: a
    /// message is never turned away.
    pub(super) fn open(&mut self, tx: &mut Tx, category: Option<CategoryId>) -> Result<(), Error> {
        if let Some(ticket) = self.holds(tx)? {
            return self.say_in(tx, ticket);
        }
        let category = self.active_category(tx, category)?.map(|(id, _)| id);
        let words = self.said.as_ref().map(|said| said.text.as_str());
        let title = text::title_of(words.unwrap_or_default());
        let new = NewTicket {
            category,
            ..NewTicket::titled(self.contact.id, Channel::Telegram, &title)
        };
        let ticket = tickets::open(tx, &new, self.house.house.to_group)?;
        self.opened = Some(ticket.id);
        let number = ticket.number().to_string();
        self.store(tx, &ticket)?;
        let mine = self.text("bot-button-questions", &[]);
        let buttons = vec![vec![self.button(mine, Button::Questions)]];
        let text = self.text("bot-accepted", &[("number", &number)]);
        self.say(tx, text, buttons)
    }

    /// Where the contact's messages go now.
    pub(super) fn say_somewhere(&mut self, tx: &mut Tx) -> Result<(), Error> {
        // A linked contact goes on with what it began in its app.
        let open = tx.open_ticket(self.contact.id)?;
        let since = tx.now() - Duration::days(REOPEN_DAYS);
        let next = match open {
            None => tx.ticket_to_continue(self.contact.id, Channel::Telegram, since)?,
            open => open,
        };
        match next {
            Some(ticket) => self.say_in(tx, ticket),
            None => self.open(tx, None),
        }
    }

    pub(super) fn say_in(&mut self, tx: &mut Tx, id: TicketId) -> Result<(), Error> {
        let Ok(ticket) = self.own(tx, id) else {
            return self.say_somewhere(tx);
        };
        let reopens = ticket
            .closed_at
            .is_none_or(|at| tx.now() - at <= Duration::days(REOPEN_DAYS));
        if ticket.is_over() && !reopens {
            return self.open(tx, ticket.category);
        }
        self.store(tx, &ticket)?;
        if !ticket.is_over() {
            return Ok(());
        }
        let number = ticket.number().to_string();
        let text = self.text("bot-reopened", &[("number", &number)]);
        self.say(tx, text, Vec::new())
    }

    /// What was said becomes a message of a ticket.
    fn store(&mut self, tx: &mut Tx, ticket: &Ticket) -> Result<(), Error> {
        let Some(spoken) = self.said.take() else {
            return Err(Error::internal("a step without words stores some"));
        };
        let parts = spoken.attachments.into_iter();
        let attachments = parts.map(|part| into_attachment(tx, part)).collect();
        let said = Said {
            text: text::without_control(&spoken.text),
            attachments,
            client_msg_id: None,
            content_hash: None,
        };
        let message = contact_says(tx, &self.contact, ticket.id, said, self.house.house)?;
        for source in spoken.sources {
            let became = Some(message.id);
            tx.map_post(source.chat_id, source.message_id, ticket.id, became)?;
        }
        Ok(())
    }

    /// One of the contact's own tickets.
    pub(super) fn own(&self, r: &Reading, id: TicketId) -> Result<Ticket, Error> {
        let found = r.ticket(id)?;
        let own = found.filter(|ticket| ticket.contact == self.contact.id);
        own.ok_or_else(|| Error::not_found("ticket_not_found"))
    }

    pub(super) fn set_about(
        &mut self,
        tx: &mut Tx,
        id: TicketId,
        category: CategoryId,
    ) -> Result<(), Error> {
        let ticket = self.own(tx, id)?;
        let known = self.active_category(tx, Some(category))?;
        let Some((category, name)) = known.filter(|_| ticket.category.is_none()) else {
            self.told.text = self.text("telegram-button-old", &[]);
            self.told.refused = true;
            return Ok(());
        };
        let texts = TicketTexts {
            category: Some(Some(category)),
            ..TicketTexts::default()
        };
        tx.describe_ticket(id, &texts)?;
        if self.house.house.to_group && !ticket.is_over() {
            groups::settle(tx, id)?;
        }
        tickets::tell(tx, &ticket, ticket.agent, TicketChange::Changed);
        if ticket.agent.is_none() && !ticket.is_over() {
            tickets::give_to_next(tx, &ticket, category, self.house.house.to_group)?;
        }
        let text = self.text("bot-about-set", &[("category", &name)]);
        self.say(tx, text, Vec::new())
    }

    pub(super) fn ask_reply(&mut self, tx: &mut Tx, id: TicketId) -> Result<(), Error> {
        let number = self.own(tx, id)?.number().to_string();
        let text = self.text("bot-ask-reply", &[("number", &number)]);
        self.say(tx, text, Vec::new())
    }

    pub(super) fn close(&mut self, tx: &mut Tx, id: TicketId) -> Result<(), Error> {
        let ticket = self.own(tx, id)?;
        let name = self.contact.name.clone().unwrap_or_default();
        let ending = Ending {
            status: Status::Closed,
            by: None,
            actor: &name,
            reason: None,
        };
        tickets::end(tx, &ticket, &ending, self.house.house.to_group)?;
        self.show(tx, id)
    }

    pub(super) fn rate(&mut self, tx: &mut Tx, id: TicketId, stars: i64) -> Result<(), Error> {
        let ticket = self.own(tx, id)?;
        let rating = Rating {
            stars,
            comment: None,
        };
        rating::store(tx, &ticket, &rating, self.house.house.to_group)?;
        let shown = "⭐".repeat(usize::try_from(stars).unwrap_or_default());
        let text = self.text("bot-rated", &[("stars", &shown)]);
        self.say(tx, text, Vec::new())
    }

    pub(super) fn comment(&mut self, tx: &mut Tx, id: TicketId, stars: i64) -> Result<(), Error> {
        let ticket = self.own(tx, id)?;
        // Opened again meanwhile, or more than words: that is a message, not an opinion.
        let spoken = self.said.as_ref();
        let words = spoken
            .filter(|said| said.attachments.is_empty())
            .map(|said| said.text.clone());
        let rating = Rating {
            stars,
            comment: words.clone(),
        };
        match rating.checked() {
            Ok(rating) if ticket.is_over() && words.is_some() => {
                rating::store(tx, &ticket, &rating, self.house.house.to_group)?;
                self.line(tx, "bot-comment-taken")
            }
            _ => self.say_in(tx, id),
        }
    }
}
