//! What the bot shows a contact: languages, its questions, one question. Words and buttons only; nothing happens here.

use super::COMMANDS;
use super::state::Button;
use super::talk::Talk;
use crate::desk::private::LineButton;
use crate::domain::error::Error;
use crate::domain::ids::TicketId;
use crate::domain::locale::Locale;
use crate::domain::message::{Direction, Message};
use crate::domain::ticket::{Status, Ticket};
use crate::store::{HistoryCursor, TicketFilter, TicketOrder, Tx};

/// Tickets of a page.
const PAGE: u32 = 6;
/// Longest title in a list, characters.
const TITLE_CHARS: usize = 40;
/// The last messages shown of a ticket, and how much of each, characters.
const MESSAGES: u32 = 5;
const MESSAGE_CHARS: usize = 300;

impl Talk {
    pub(super) fn ask_language(&mut self, tx: &mut Tx) -> Result<(), Error> {
        let rows = [
            (Locale::Uz, "🇺🇿 O‘zbekcha"),
            (Locale::Ru, "🇷🇺 Русский"),
            (Locale::En, "🇬🇧 English"),
        ];
        let rows =
            rows.map(|(locale, name)| vec![self.button(name.to_owned(), Button::Language(locale))]);
        let text = self.text("bot-ask-language", &[]);
        self.say(tx, text, rows.into())
    }

    pub(super) fn help(&mut self, tx: &mut Tx) -> Result<(), Error> {
        let commands = COMMANDS.iter();
        let commands = commands.map(|(name, key)| format!("/{name} — {}", self.text(key, &[])));
        let all: Vec<String> = std::iter::once(self.text("bot-help", &[]))
            .chain(commands)
            .collect();
        self.say(tx, all.join("\n"), Vec::new())
    }

    pub(super) fn hold(&mut self, tx: &mut Tx, id: TicketId) -> Result<(), Error> {
        let number = self.own(tx, id)?.number().to_string();
        let text = self.text("bot-hold", &[("number", &number)]);
        let show = self.text("bot-button-show", &[]);
        let buttons = vec![vec![self.button(show, Button::Show(id))]];
        self.say(tx, text, buttons)
    }

    pub(super) fn show_mine(&mut self, tx: &mut Tx, page: u32) -> Result<(), Error> {
        let filter = TicketFilter {
            contact: Some(self.contact.id),
            ..TicketFilter::default()
        };
        let offset = page.saturating_mul(PAGE);
        let found = tx.tickets(&filter, TicketOrder::Newest, PAGE, offset)?;
        let count = tx.count_tickets(&filter)?;
        if count == 0 {
            let ask = self.text("bot-button-ask", &[]);
            let buttons = vec![vec![self.button(ask, Button::Ask)]];
            let text = self.text("bot-no-questions", &[]);
            return self.say(tx, text, buttons);
        }
        let mut rows: Vec<Vec<LineButton>> = found
            .iter()
            .map(|ticket| {
                let title: String = ticket.title.chars().take(TITLE_CHARS).collect();
                let text = format!("{} {} · {title}", sign(ticket.status), ticket.number());
                vec![self.button(text, Button::Show(ticket.id))]
            })
            .collect();
        let more = i64::from(offset) + i64::from(PAGE) < count;
        rows.extend(turns(page, more, |text, page| {
            self.button(text, Button::Mine(page))
        }));
        let text = self.text("bot-my-questions", &[("count", &count.to_string())]);
        self.say(tx, text, rows)
    }

    pub(super) fn show(&mut self, tx: &mut Tx, id: TicketId) -> Result<(), Error> {
        let ticket = self.own(tx, id)?;
        let messages = tx.ticket_messages(id, HistoryCursor::Newest, MESSAGES)?;
        let text = self.of_ticket(&ticket, &messages);
        let reply = self.text("bot-button-reply", &[]);
        let mut first = vec![self.button(reply, Button::Reply(id))];
        if !ticket.is_over() {
            let close = self.text("bot-button-close", &[]);
            first.push(self.button(close, Button::Close(id)));
        }
        let back = self.text("bot-button-back", &[]);
        let rows = vec![first, vec![self.button(back, Button::Mine(0))]];
        self.say(tx, text, rows)
    }

    fn of_ticket(&self, ticket: &Ticket, messages: &[Message]) -> String {
        let state = self.text(status_key(ticket.status), &[]);
        let category = ticket.number().to_string();
        let head = format!(
            "{} {category} · {state}\n{}",
            sign(ticket.status),
            ticket.title
        );
        let you = self.text("bot-you", &[]);
        let lines = messages
            .iter()
            .map(|message| self.of_message(message, &you));
        let all: Vec<String> = std::iter::once(head).chain(lines).collect();
        all.join("\n\n")
    }

    /// One message; `contact` is what its contact is called here.
    pub(super) fn of_message(&self, message: &Message, contact: &str) -> String {
        let who = match message.direction {
            Direction::User => contact.to_owned(),
            Direction::Support => message.agent_name.clone().unwrap_or_default(),
        };
        let mark = match message.direction {
            Direction::User => "👤",
            Direction::Support => "💬",
        };
        let files = message.attachments.iter();
        let files = files.map(|file| self.house.texts.attachment(self.locale, file.kind));
        let said: String = message.text.chars().take(MESSAGE_CHARS).collect();
        let said = Some(said).filter(|said| !said.trim().is_empty());
        let said: Vec<String> = said.into_iter().chain(files).collect();
        let at = message.created_at.with_timezone(&self.house.zone);
        let at = at.format("%Y-%m-%d %H:%M");
        format!("{mark} {who} · {at}\n{}", said.join("\n"))
    }
}

/// The ways to the pages before and after one; `to` makes the button that leads to a page.
pub(super) fn turns(
    page: u32,
    more: bool,
    to: impl Fn(String, u32) -> LineButton,
) -> Option<Vec<LineButton>> {
    let before = page.checked_sub(1).map(|before| to("◀".to_owned(), before));
    let after = more.then(|| to("▶".to_owned(), page.saturating_add(1)));
    let both: Vec<LineButton> = before.into_iter().chain(after).collect();
    (!both.is_empty()).then_some(both)
}

/// A state at a glance.
pub(super) fn sign(status: Status) -> &'static str {
    match status {
        Status::Open | Status::WaitingAdmin | Status::Escalated => "🟡",
        Status::InProgress => "🔵",
        Status::Replied | Status::WaitingUser => "🟢",
        Status::Closed | Status::Expired => "⚪",
    }
}

/// What a state is called for contacts, who need not know how the desk works.
pub(super) fn status_key(status: Status) -> &'static str {
    match status {
        Status::Open | Status::WaitingAdmin | Status::Escalated => "bot-status-waiting",
        Status::InProgress => "bot-status-in-progress",
        Status::Replied | Status::WaitingUser => "bot-status-answered",
        Status::Closed | Status::Expired => "bot-status-closed",
    }
}
