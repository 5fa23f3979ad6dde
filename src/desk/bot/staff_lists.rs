//! What the bot shows staff: the menu, lists of tickets, one ticket, colleagues, canned answers, figures. One post,
//! which each press changes. Nothing happens to a ticket here but that it was looked at.

use chrono::{Duration, NaiveDate};
use serde_json::json;

use super::screens::{sign, turns};
use super::staff_state::{Days, Quiet, StaffButton};
use super::staff_talk::{StaffTalk, button};
use super::talk::Talk;
use crate::desk::figures::DaysOf;
use crate::desk::private::{self, LineButton};
use crate::desk::reports::Span;
use crate::desk::rights::Action;
use crate::desk::tickets;
use crate::domain::day::{DayFilter, day_of};
use crate::domain::error::Error;
use crate::domain::event::TicketChange;
use crate::domain::ids::TicketId;
use crate::domain::ticket::Ticket;
use crate::store::{HistoryCursor, TicketFilter, TicketOrder, Tx};

/// Tickets of a page.
const PAGE: u32 = 6;
/// Messages of a ticket that is opened.
const MESSAGES: u32 = 10;
/// Colleagues and canned answers on a keyboard at most.
const MOST: usize = 40;
/// Longest name and title on a button, characters.
const NAME_CHARS: usize = 20;
const TITLE_CHARS: usize = 30;
/// Days that the own figures look back.
const FIGURE_DAYS: i64 = 7;

impl StaffTalk {
    pub(super) fn menu(&self, tx: &mut Tx, talk: &mut Talk) -> Result<(), Error> {
        self.staff.may(Action::ReadTickets)?;
        let own = TicketFilter {
            agent: self.staff.agent(),
            resolved: Some(false),
            ..TicketFilter::default()
        };
        let (own, free) = (tx.count_tickets(&own)?, tx.count_tickets(&free())?);
        let (own, free) = (own.to_string(), free.to_string());
        let values = [
            ("name", self.staff.name()),
            ("own", own.as_str()),
            ("free", free.as_str()),
        ];
        let text = talk.text("bot-staff-menu", &values);
        let of = |key: &str, pressed| vec![button(talk.text(key, &[]), pressed)];
        let rows = vec![
            of("bot-staff-button-mine", StaffButton::Mine(Days::Today, 0)),
            of("bot-staff-button-free", StaffButton::Free(0)),
            of("bot-staff-button-figures", StaffButton::Statistics),
            of("bot-staff-button-quiet", StaffButton::AskQuiet),
        ];
        talk.say(tx, text, rows)
    }

    pub(super) fn mine(
        &self,
        tx: &mut Tx,
        talk: &mut Talk,
        days: Days,
        page: u32,
    ) -> Result<(), Error> {
        let asked = DayFilter::parse(days.as_str()).unwrap_or(DayFilter::All);
        let (from, to) = asked.span(tx.now(), talk.house.zone);
        let filter = TicketFilter {
            agent: self.staff.agent(),
            from,
            to,
            ..TicketFilter::default()
        };
        let mut rows = self.page(tx, &filter, page, |page| StaffButton::Mine(days, page))?;
        let count = tx.count_tickets(&filter)?.to_string();
        let others = Days::ALL.into_iter().filter(|other| *other != days);
        let others = others.map(|other| {
            let name = talk.text(&format!("bot-staff-days-{}", other.as_str()), &[]);
            button(name, StaffButton::Mine(other, 0))
        });
        rows.push(others.collect());
        rows.push(back(talk));
        let name = talk.text(&format!("bot-staff-days-{}", days.as_str()), &[]);
        let values = [("days", name.as_str()), ("count", count.as_str())];
        let text = talk.text("bot-staff-mine", &values);
        talk.say(tx, text, rows)
    }

    pub(super) fn free(&self, tx: &mut Tx, talk: &mut Talk, page: u32) -> Result<(), Error> {
        let filter = free();
        let mut rows = self.page(tx, &filter, page, StaffButton::Free)?;
        rows.push(back(talk));
        let count = tx.count_tickets(&filter)?.to_string();
        let text = talk.text("bot-staff-free", &[("count", &count)]);
        talk.say(tx, text, rows)
    }

    /// The tickets of a page as buttons, and the ways to its neighbours.
    fn page(
        &self,
        tx: &Tx,
        filter: &TicketFilter,
        page: u32,
        to: impl Fn(u32) -> StaffButton,
    ) -> Result<Vec<Vec<LineButton>>, Error> {
        self.staff.may(Action::ReadTickets)?;
        let offset = page.saturating_mul(PAGE);
        // One more than is shown tells whether there is a next page.
        let mut found = tx.tickets(filter, TicketOrder::Newest, PAGE + 1, offset)?;
        let more = found.len() > PAGE as usize;
        found.truncate(PAGE as usize);
        let mut rows: Vec<Vec<LineButton>> = found
            .iter()
            .map(|ticket| {
                let name: String = called(ticket).chars().take(NAME_CHARS).collect();
                let title: String = ticket.title.chars().take(TITLE_CHARS).collect();
                let text = format!("{} {name} · {title}", sign(ticket.status));
                vec![button(text, StaffButton::Show(ticket.id))]
            })
            .collect();
        rows.extend(turns(page, more, |text, page| button(text, to(page))));
        Ok(rows)
    }

    /// A ticket as its last messages. Whoever looks has opened it.
    pub(super) fn show(&self, tx: &mut Tx, talk: &mut Talk, id: TicketId) -> Result<(), Error> {
        self.staff.may(Action::ReadTickets)?;
        let ticket = tickets::known(tx, id)?;
        let messages = tx.ticket_messages(id, HistoryCursor::Newest, MESSAGES)?;
        if let Some(last) = ticket.last_message
            && tx.staff_read(id, last)?
        {
            tickets::tell(tx, &ticket, ticket.agent, TicketChange::StaffRead(last));
        }
        let mut head = vec![format!(
            "{} {} · {}",
            sign(ticket.status),
            ticket.number(),
            talk.text(super::screens::status_key(ticket.status), &[])
        )];
        head.push(format!("👤 {} ({})", called(&ticket), ticket.user));
        if let Some(category) = ticket.category
            && let Some(category) = tx.category(category)?
        {
            head.push(format!("🏷 {}", category.name(talk.locale)));
        }
        let agent = [&ticket.agent_first_name, &ticket.agent_last_name];
        let agent: Vec<&str> = agent.into_iter().flatten().map(String::as_str).collect();
        if ticket.agent.is_some() {
            head.push(format!("🙋 {}", agent.join(" ").trim()));
        }
        let name = called(&ticket);
        let lines = messages
            .iter()
            .map(|message| talk.of_message(message, &name));
        let all: Vec<String> = std::iter::once(head.join("\n")).chain(lines).collect();
        let files: usize = messages
            .iter()
            .map(|message| message.attachments.len())
            .sum();
        let mut rows = self.of_ticket(talk, &ticket);
        if files > 0 {
            let name = talk.text("bot-staff-button-files", &[("count", &files.to_string())]);
            rows.insert(1, vec![button(name, StaffButton::Files(id))]);
        }
        talk.say(tx, newest(&all.join("\n\n")), rows)
    }

    fn of_ticket(&self, talk: &Talk, ticket: &Ticket) -> Vec<Vec<LineButton>> {
        let id = ticket.id;
        let of = |key: &str, pressed| button(talk.text(key, &[]), pressed);
        let mut rows = vec![vec![
            of("bot-staff-button-answer", StaffButton::Answer(id)),
            of("bot-staff-button-canned", StaffButton::Canned(id)),
        ]];
        if !ticket.is_over() {
            match (ticket.agent, self.staff.agent()) {
                (None, _) => rows.push(vec![of("telegram-button-take", StaffButton::Take(id))]),
                (Some(theirs), Some(me)) if theirs != me => {
                    let over = StaffButton::Give(id, me);
                    rows.push(vec![of("bot-staff-button-take-over", over)]);
                }
                _ => {}
            }
            rows.push(vec![
                of("bot-staff-button-work", StaffButton::InProgress(id)),
                of("telegram-button-close", StaffButton::AskClose(id)),
            ]);
            rows.push(vec![of(
                "bot-staff-button-give",
                StaffButton::Colleagues(id),
            )]);
        }
        rows.push(vec![of("bot-staff-button-note", StaffButton::Note(id))]);
        rows.push(back(talk));
        rows
    }

    /// Sends what hangs on the last messages, each with who sent it; as posts of their own, for a list can hold none.
    pub(super) fn files(&self, tx: &mut Tx, id: TicketId) -> Result<(), Error> {
        self.staff.may(Action::ReadTickets)?;
        let ticket = tickets::known(tx, id)?;
        for message in tx.ticket_messages(id, HistoryCursor::Newest, MESSAGES)? {
            if message.attachments.is_empty() {
                continue;
            }
            let who = message
                .agent_name
                .clone()
                .unwrap_or_else(|| called(&ticket));
            let payload = json!({ "who": who });
            private::queue(
                tx,
                self.chat,
                "files",
                (Some(id), Some(message.id)),
                payload,
            )?;
        }
        Ok(())
    }

    pub(super) fn colleagues(
        &self,
        tx: &mut Tx,
        talk: &mut Talk,
        id: TicketId,
    ) -> Result<(), Error> {
        self.staff.may(Action::AssignTickets)?;
        let ticket = tickets::known(tx, id)?;
        let most = u32::try_from(MOST).unwrap_or(u32::MAX);
        let agents = tx.agents(most, 0)?.into_iter();
        let others = agents.filter(|agent| !agent.is_blocked && Some(agent.id) != ticket.agent);
        let mut rows: Vec<Vec<LineButton>> = others
            .map(|agent| vec![button(agent.shown_name(), StaffButton::Give(id, agent.id))])
            .collect();
        let to_ticket = talk.text("bot-staff-button-back", &[]);
        rows.push(vec![button(to_ticket, StaffButton::Show(id))]);
        let number = ticket.number().to_string();
        let text = talk.text("bot-staff-ask-whom", &[("number", &number)]);
        talk.say(tx, text, rows)
    }

    pub(super) fn canned(&self, tx: &mut Tx, talk: &mut Talk, id: TicketId) -> Result<(), Error> {
        self.staff.may(Action::ReadCannedAnswers)?;
        let ticket = tickets::known(tx, id)?;
        let all = tx.canned_answers()?.into_iter().take(MOST);
        let mut rows: Vec<Vec<LineButton>> = all
            .map(|row| vec![button(row.name, StaffButton::Say(ticket.id, row.id))])
            .collect();
        let key = match rows.is_empty() {
            true => "telegram-canned-none",
            false => "bot-staff-ask-canned",
        };
        let to_ticket = talk.text("bot-staff-button-back", &[]);
        rows.push(vec![button(to_ticket, StaffButton::Show(id))]);
        let text = talk.text(key, &[]);
        talk.say(tx, text, rows)
    }

    pub(super) fn statistics(&self, tx: &mut Tx, talk: &mut Talk) -> Result<(), Error> {
        self.staff.may(Action::ReadOwnStatistics)?;
        let zone = talk.house.zone;
        let to = day_of(tx.now(), zone);
        let from: NaiveDate = to - Duration::days(FIGURE_DAYS - 1);
        let days = DaysOf::new(Span { from, to }, zone);
        let (begin, end) = days.ends();
        let work = tx.work_of_agents(self.staff.agent(), begin, end)?;
        let lines = days.activities(&work).into_iter().map(|activity| {
            let minutes = (activity.response_seconds + 59) / 60;
            format!(
                "{}: 📥 {} · 💬 {} · ⏳ {} · ⏱ {minutes}",
                activity.day, activity.assigned, activity.answered, activity.pending
            )
        });
        let lines: Vec<String> = lines.collect();
        let lines = match lines.is_empty() {
            true => talk.text("bot-staff-no-figures", &[]),
            false => lines.join("\n"),
        };
        let text = format!("{}\n\n{lines}", talk.text("bot-staff-figures", &[]));
        let rows = vec![back(talk)];
        talk.say(tx, text, rows)
    }

    pub(super) fn ask_quiet(&self, tx: &mut Tx, talk: &mut Talk) -> Result<(), Error> {
        let now = match self.staff.agent() {
            Some(me) => tx.quiet_of(me)?,
            None => None,
        };
        let mut rows: Vec<Vec<LineButton>> = Quiet::ALL
            .into_iter()
            .map(|quiet| {
                let name = talk.text(&format!("bot-staff-quiet-{}", quiet.as_str()), &[]);
                let chosen = now.as_deref() == Some(quiet.as_str());
                let mark = if chosen { "✅ " } else { "" };
                vec![button(
                    format!("{mark}{name}"),
                    StaffButton::SetQuiet(quiet),
                )]
            })
            .collect();
        rows.push(back(talk));
        let text = talk.text("bot-staff-ask-quiet", &[]);
        talk.say(tx, text, rows)
    }
}

/// Open tickets that nobody has.
fn free() -> TicketFilter {
    TicketFilter {
        unassigned: Some(true),
        resolved: Some(false),
        ..TicketFilter::default()
    }
}

fn back(talk: &Talk) -> Vec<LineButton> {
    let name = talk.text("bot-staff-button-menu", &[]);
    vec![button(name, StaffButton::Menu)]
}

fn called(ticket: &Ticket) -> String {
    let name = ticket.user_name.clone();
    name.filter(|name| !name.trim().is_empty())
        .unwrap_or_else(|| ticket.user.to_string())
}

/// What fits into one post: the head may go, the newest messages stay.
fn newest(text: &str) -> String {
    const MOST_CHARS: usize = 3500;
    let count = text.chars().count();
    match count.checked_sub(MOST_CHARS) {
        None => text.to_owned(),
        Some(too_many) => {
            let head = text.split("\n\n").next().unwrap_or_default();
            let rest: String = text.chars().skip(too_many + head.chars().count()).collect();
            format!("{head}\n\n…{rest}")
        }
    }
}
