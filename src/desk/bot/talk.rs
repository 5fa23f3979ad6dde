//! Carries out what a step of a contact's dialogue asks for. What happens to tickets happens where it does for every
//! channel; here it is only put into words.

use std::sync::Arc;

use chrono::Duration;
use chrono_tz::Tz;

use super::Spoken;
use super::dialogue::{Effect, Facts};
use super::owner_group::Looked;
use super::state::Button;
use crate::desk::in_group::Told;
use crate::desk::intake;
use crate::desk::private::{self, Line, LineButton};
use crate::domain::error::{Error, Kind};
use crate::domain::ids::{CategoryId, TicketId};
use crate::domain::locale::Locale;
use crate::domain::ticket::Status;
use crate::store::{ContactChange, ContactRow, Reading, Tx};
use crate::texts::Texts;

/// Categories on a keyboard at most.
const CATEGORIES: u32 = 50;

/// How the desk is set up, as far as a dialogue needs it.
#[derive(Clone)]
pub struct House {
    pub texts: Arc<Texts>,
    pub house: intake::House,
    pub locale: Locale,
    pub zone: Tz,
    pub expiry: Duration,
    /// How long the server has been running.
    pub uptime: std::time::Duration,
    /// Who is an owner whatever the accounts say.
    pub super_admins: Arc<[i64]>,
}

/// One step with somebody.
pub struct Talk {
    pub(super) house: House,
    pub(super) contact: ContactRow,
    pub(super) locale: Locale,
    /// The step that is shown now.
    pub(super) turn: i64,
    pub said: Option<Spoken>,
    /// What was found of the group that this step asks for.
    pub looked: Option<Looked>,
    /// The post whose place the next line takes.
    pub in_place: Option<i64>,
    /// Something was shown whose buttons belong to this step.
    pub shows_step: bool,
    /// The ticket that was opened in this step.
    pub(super) opened: Option<TicketId>,
    /// What who pressed is told on the button itself.
    pub told: Told,
}

impl Talk {
    pub fn new(house: House, contact: ContactRow, locale: Locale, turn: i64) -> Self {
        Self {
            house,
            contact,
            locale,
            turn,
            said: None,
            looked: None,
            in_place: None,
            shows_step: false,
            opened: None,
            told: Told::default(),
        }
    }

    pub fn facts(&self, r: &Tx) -> Result<Facts, Error> {
        Ok(Facts {
            has_language: self.contact.language.is_some(),
            has_categories: !r.categories(Some(true), 1, 0)?.is_empty(),
            holds: self.holds(r)?,
            is_banned: self.contact.is_blocked,
        })
    }

    /// The open ticket that nobody answered yet and that is fresh enough to be waited for.
    pub(super) fn holds(&self, r: &Tx) -> Result<Option<TicketId>, Error> {
        let Some(id) = r.open_ticket(self.contact.id)? else {
            return Ok(None);
        };
        let Some(ticket) = r.ticket(id)? else {
            return Ok(None);
        };
        let last = match ticket.last_message {
            Some(message) => r.message(message)?.map(|message| message.created_at),
            None => None,
        };
        let fresh = r.now() - last.unwrap_or(ticket.created_at) < self.house.expiry;
        let answered = matches!(ticket.status, Status::Replied | Status::WaitingUser);
        Ok((fresh && !answered).then_some(id))
    }

    /// The contact's own ticket of the post it replied to.
    pub fn ticket_replied_to(
        &self,
        r: &Reading,
        post: Option<i64>,
    ) -> Result<Option<TicketId>, Error> {
        let (Some(chat), Some(post)) = (self.contact.telegram_id, post) else {
            return Ok(None);
        };
        let Some(ticket) = r.ticket_of_post(chat, post)? else {
            return Ok(None);
        };
        let own = r.ticket(ticket)?;
        let own = own.filter(|ticket| ticket.contact == self.contact.id);
        Ok(own.map(|ticket| ticket.id))
    }

    pub fn does(&mut self, tx: &mut Tx, effect: Effect) -> Result<(), Error> {
        match effect {
            Effect::AskLanguage => self.ask_language(tx),
            Effect::SetLanguage(locale) => self.set_language(tx, locale),
            Effect::AskCategory => self.ask_category(tx),
            Effect::AskQuestion(category) => self.ask_question(tx, category),
            Effect::Hold(ticket) => self.hold(tx, ticket),
            Effect::Open(category) => self.open(tx, category),
            Effect::Say => self.say_somewhere(tx),
            Effect::SayIn(ticket) => self.say_in(tx, ticket),
            Effect::AskAbout => self.ask_about(tx),
            Effect::SetAbout(ticket, category) => self.set_about(tx, ticket, category),
            Effect::ShowMine(page) => self.show_mine(tx, page),
            Effect::Show(ticket) => self.show(tx, ticket),
            Effect::AskReply(ticket) => self.ask_reply(tx, ticket),
            Effect::Close(ticket) => self.close(tx, ticket),
            Effect::Rate(ticket, stars) => self.rate(tx, ticket, stars),
            Effect::Comment(ticket, stars) => self.comment(tx, ticket, stars),
            Effect::Help => self.help(tx),
            Effect::AskLink(code) => self.ask_link(tx, &code),
            Effect::Link(code) => self.link(tx, &code),
            Effect::BadCode => self.line(tx, "bot-link-bad-code"),
            Effect::Unlink => self.unlink(tx),
            Effect::Cancelled => self.line(tx, "bot-cancelled"),
            Effect::NothingToCancel => self.line(tx, "bot-nothing-to-cancel"),
            Effect::NotUnderstood => self.line(tx, "bot-not-understood"),
            Effect::UnknownCommand => self.line(tx, "bot-unknown-command"),
            Effect::OldButton => {
                self.told = Told {
                    text: self.text("telegram-button-old", &[]),
                    refused: true,
                };
                Ok(())
            }
            Effect::TellBan => self.tell_ban(tx),
        }
    }

    pub(super) fn text(&self, key: &str, values: &[(&str, &str)]) -> String {
        self.house.texts.get(self.locale, key, values)
    }

    pub(super) fn button(&self, text: String, button: Button) -> LineButton {
        let data = button.data(self.turn);
        LineButton { text, data }
    }

    /// Says something in the chat, in the place of the post that was pressed where there is one.
    pub(super) fn say(
        &mut self,
        tx: &mut Tx,
        text: String,
        buttons: Vec<Vec<LineButton>>,
    ) -> Result<(), Error> {
        let edits = self.in_place.take();
        let line = Line {
            text,
            buttons,
            edits,
        };
        match self.contact.telegram_id {
            Some(chat) => private::say(tx, chat, &line),
            None => Ok(()),
        }
    }

    pub(super) fn line(&mut self, tx: &mut Tx, key: &str) -> Result<(), Error> {
        let text = self.text(key, &[]);
        self.say(tx, text, Vec::new())
    }

    fn set_language(&mut self, tx: &mut Tx, locale: Locale) -> Result<(), Error> {
        let change = ContactChange {
            language: Some(locale),
            ..ContactChange::default()
        };
        tx.change_contact(self.contact.id, &change)?;
        self.contact.language = Some(locale);
        self.locale = locale;
        self.line(tx, "bot-language-set")
    }

    fn ask_question(&mut self, tx: &mut Tx, category: Option<CategoryId>) -> Result<(), Error> {
        let known = self.active_category(tx, category)?;
        match known {
            Some((_, name)) => {
                let text = self.text("bot-ask-question-about", &[("category", &name)]);
                self.say(tx, text, Vec::new())
            }
            None => self.line(tx, "bot-ask-question"),
        }
    }

    /// A category that is offered, and its name.
    pub(super) fn active_category(
        &self,
        r: &Reading,
        id: Option<CategoryId>,
    ) -> Result<Option<(CategoryId, String)>, Error> {
        let found = match id {
            Some(id) => r.category(id)?,
            None => None,
        };
        let found = found.filter(|category| category.is_active);
        Ok(found.map(|category| (category.id, category.name(self.locale).to_owned())))
    }

    fn ask_category(&mut self, tx: &mut Tx) -> Result<(), Error> {
        let mut rows: Vec<Vec<LineButton>> = Vec::new();
        for category in tx.categories(Some(true), CATEGORIES, 0)? {
            let name = category.name(self.locale).to_owned();
            rows.push(vec![self.button(name, Button::Category(Some(category.id)))]);
        }
        let other = self.text("bot-category-none", &[]);
        rows.push(vec![self.button(other, Button::Category(None))]);
        self.shows_step = true;
        let text = self.text("bot-ask-category", &[]);
        self.say(tx, text, rows)
    }

    fn ask_about(&mut self, tx: &mut Tx) -> Result<(), Error> {
        let Some(ticket) = self.opened else {
            return Ok(());
        };
        let categories = tx.categories(Some(true), CATEGORIES, 0)?;
        if categories.is_empty() {
            return Ok(());
        }
        let rows = categories.into_iter().map(|category| {
            let name = category.name(self.locale).to_owned();
            vec![self.button(name, Button::About(ticket, category.id))]
        });
        let rows = rows.collect();
        let text = self.text("bot-ask-about", &[]);
        self.say(tx, text, rows)
    }

    fn tell_ban(&mut self, tx: &mut Tx) -> Result<(), Error> {
        let error = Error::new(Kind::Forbidden, "contact_blocked");
        let words = self.house.texts.error(self.locale, &error, "");
        if self.said.is_none() {
            self.told.text = words.clone();
            self.told.refused = true;
        }
        self.in_place = None;
        self.say(tx, words, Vec::new())
    }
}
