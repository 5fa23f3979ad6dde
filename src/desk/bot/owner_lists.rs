//! What the bot shows owners: all tickets, admins, categories, a report, the system. One post, which each press changes.

use chrono::Duration;
use serde_json::json;

use super::StaffButton;
use super::owner_state::{OwnerButton, Which};
use super::owner_talk::button;
use super::screens::{sign, turns};
use super::staff_talk::{self, StaffTalk};
use super::talk::Talk;
use crate::desk::private::{self, LineButton};
use crate::desk::reports::{self, Report, Span};
use crate::desk::rights::Action;
use crate::domain::agent::Role;
use crate::domain::category::Category;
use crate::domain::day::day_of;
use crate::domain::error::Error;
use crate::domain::ids::{AgentId, CategoryId};
use crate::domain::locale::Locale;
use crate::store::{LAST_BACKUP, Reading, TicketFilter, TicketOrder, Tx};

/// Tickets of a page.
const PAGE: u32 = 6;
/// Admins and categories on a keyboard at most.
const MOST: u32 = 80;
/// Longest title on a button, characters.
const TITLE_CHARS: usize = 40;
/// Agents and categories in a report's words at most.
const MOST_FIGURES: usize = 10;
/// Spans that a report is offered for, days.
const SPANS: [u32; 3] = [1, 7, 30];

impl StaffTalk {
    pub(super) fn owner_menu(&self, tx: &mut Tx, talk: &mut Talk) -> Result<(), Error> {
        let open = self.filter(Which::Open);
        let open = tx.count_tickets(&open)?.to_string();
        let of = |key: &str, pressed| vec![button(talk.text(key, &[]), pressed)];
        let write = talk.text("bot-broadcast-button-write", &[]);
        let rows = vec![
            of(
                "bot-owner-button-tickets",
                OwnerButton::Tickets(Which::Open, 0),
            ),
            of("bot-owner-button-admins", OwnerButton::Admins),
            of("bot-owner-button-categories", OwnerButton::Categories),
            of("bot-owner-button-report", OwnerButton::Report(7)),
            vec![staff_talk::button(write, StaffButton::Broadcast)],
            of("bot-owner-button-system", OwnerButton::System),
        ];
        let text = talk.text("bot-owner-menu", &[("open", &open)]);
        talk.say(tx, text, rows)
    }

    fn filter(&self, which: Which) -> TicketFilter {
        let mut filter = TicketFilter::default();
        match which {
            Which::Open => filter.resolved = Some(false),
            Which::In(status) => filter.status = Some(status),
            Which::All => {}
        }
        filter
    }

    pub(super) fn all_tickets(
        &self,
        tx: &mut Tx,
        talk: &mut Talk,
        which: Which,
        page: u32,
    ) -> Result<(), Error> {
        self.staff.may(Action::ReadTickets)?;
        let filter = self.filter(which);
        let offset = page.saturating_mul(PAGE);
        let mut found = tx.tickets(&filter, TicketOrder::Newest, PAGE + 1, offset)?;
        let more = found.len() > PAGE as usize;
        found.truncate(PAGE as usize);
        let mut rows: Vec<Vec<LineButton>> = found
            .iter()
            .map(|ticket| {
                let title: String = ticket.title.chars().take(TITLE_CHARS).collect();
                let text = format!("{} {} · {title}", sign(ticket.status), ticket.number());
                vec![staff_talk::button(text, StaffButton::Show(ticket.id))]
            })
            .collect();
        rows.extend(turns(page, more, |text, page| {
            button(text, OwnerButton::Tickets(which, page))
        }));
        let others = Which::OFFERED.into_iter().filter(|other| *other != which);
        let others: Vec<LineButton> = others
            .map(|other| button(name_of(talk, other), OwnerButton::Tickets(other, 0)))
            .collect();
        rows.extend(others.chunks(2).map(<[LineButton]>::to_vec));
        rows.push(back(talk));
        let count = tx.count_tickets(&filter)?.to_string();
        let values = [("which", name_of(talk, which)), ("count", count)];
        let values = values
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        let text = talk.text("bot-owner-tickets", &values);
        talk.say(tx, text, rows)
    }

    pub(super) fn admins(&self, tx: &mut Tx, talk: &mut Talk) -> Result<(), Error> {
        self.staff.may(Action::ManageAgents)?;
        let agents = tx.agents(MOST, 0)?;
        let mut rows: Vec<Vec<LineButton>> = agents
            .iter()
            .map(|agent| {
                let mark = match (agent.is_blocked, agent.role) {
                    (true, _) => "🚫",
                    (false, Role::Owner) => "👑",
                    (false, Role::Agent) => "🙋",
                };
                let text = format!("{mark} {}", agent.shown_name());
                vec![button(text, OwnerButton::Admin(agent.id))]
            })
            .collect();
        let add = talk.text("bot-owner-button-add-admin", &[]);
        rows.push(vec![button(add, OwnerButton::AddAdmin)]);
        rows.push(back(talk));
        let count = agents.len().to_string();
        let text = talk.text("bot-owner-admins", &[("count", &count)]);
        talk.say(tx, text, rows)
    }

    pub(super) fn admin(&self, tx: &mut Tx, talk: &mut Talk, id: AgentId) -> Result<(), Error> {
        self.staff.may(Action::ManageAgents)?;
        let Some(agent) = tx.agent(id)? else {
            return Err(Error::not_found("agent_not_found"));
        };
        let of = |key: &str, pressed| button(talk.text(key, &[]), pressed);
        let mut rows = vec![vec![
            match agent.is_blocked {
                true => of("bot-owner-button-unblock", OwnerButton::Block(id, false)),
                false => of("bot-owner-button-block", OwnerButton::Block(id, true)),
            },
            match agent.role {
                Role::Owner => of(
                    "bot-owner-button-no-owner",
                    OwnerButton::MakeOwner(id, false),
                ),
                Role::Agent => of("bot-owner-button-owner", OwnerButton::MakeOwner(id, true)),
            },
        ]];
        for category in tx.categories(None, MOST, 0)? {
            let on = agent.categories.contains(&category.id);
            let mark = if on { "☑" } else { "☐" };
            let text = format!("{mark} {}", category.name(talk.locale));
            rows.push(vec![button(
                text,
                OwnerButton::Answers(id, category.id, !on),
            )]);
        }
        rows.push(vec![of("bot-owner-button-admins", OwnerButton::Admins)]);
        let mut lines = vec![format!("🙋 {}", agent.shown_name())];
        lines.extend(agent.telegram_id.map(|id| format!("Telegram: {id}")));
        lines.extend(agent.email.map(|email| format!("E-mail: {email}")));
        let state = match (agent.is_blocked, agent.role) {
            (true, _) => "bot-owner-is-blocked",
            (false, Role::Owner) => "bot-owner-is-owner",
            (false, Role::Agent) => "bot-owner-is-admin",
        };
        lines.push(talk.text(state, &[]));
        talk.say(tx, lines.join("\n"), rows)
    }

    pub(super) fn categories(&self, tx: &mut Tx, talk: &mut Talk) -> Result<(), Error> {
        self.staff.may(Action::ReadCategories)?;
        let all = tx.categories(None, MOST, 0)?;
        let mut rows: Vec<Vec<LineButton>> = all
            .iter()
            .map(|category| {
                let mark = if category.is_active { "🏷" } else { "⚪" };
                let text = format!("{mark} {}", category.name(talk.locale));
                vec![button(text, OwnerButton::Category(category.id))]
            })
            .collect();
        let add = talk.text("bot-owner-button-add-category", &[]);
        rows.push(vec![button(add, OwnerButton::AddCategory)]);
        rows.push(back(talk));
        let count = all.len().to_string();
        let text = talk.text("bot-owner-categories", &[("count", &count)]);
        talk.say(tx, text, rows)
    }

    pub(super) fn known_category(&self, r: &Reading, id: CategoryId) -> Result<Category, Error> {
        let known = r.category(id)?;
        known.ok_or_else(|| Error::not_found("category_not_found"))
    }

    pub(super) fn category(
        &self,
        tx: &mut Tx,
        talk: &mut Talk,
        id: CategoryId,
    ) -> Result<(), Error> {
        let category = self.known_category(tx, id)?;
        let names = [
            (Locale::Uz, Some(category.name_uz.as_str())),
            (Locale::Ru, category.name_ru.as_deref()),
            (Locale::En, category.name_en.as_deref()),
        ];
        let lines = names.map(|(locale, name)| {
            let language = talk.text(&format!("bot-owner-language-{}", locale.as_str()), &[]);
            format!("{language}: {}", name.unwrap_or("—"))
        });
        let mut rows: Vec<Vec<LineButton>> = names
            .iter()
            .map(|(locale, _)| {
                let language = talk.text(&format!("bot-owner-language-{}", locale.as_str()), &[]);
                let text = talk.text("bot-owner-button-name", &[("language", &language)]);
                vec![button(text, OwnerButton::Name(id, *locale))]
            })
            .collect();
        let key = match category.is_active {
            true => "bot-owner-button-hide",
            false => "bot-owner-button-offer",
        };
        let offer = OwnerButton::Offer(id, !category.is_active);
        rows.push(vec![button(talk.text(key, &[]), offer)]);
        let other_group = talk.text("bot-owner-button-group", &[]);
        rows.push(vec![button(other_group, OwnerButton::Group(id))]);
        let all = talk.text("bot-owner-button-categories", &[]);
        rows.push(vec![button(all, OwnerButton::Categories)]);
        let state = match category.is_active {
            true => "bot-owner-offered",
            false => "bot-owner-hidden",
        };
        let group = self.group_in_words(tx, talk, &category)?;
        let group = talk.text("bot-owner-group", &[("group", &group)]);
        let state = talk.text(state, &[]);
        let text = format!("🏷 {}\n{state}\n{group}", lines.join("\n"));
        talk.say(tx, text, rows)
    }

    /// The numbers in words, and a picture of them behind.
    pub(super) fn report_of(&self, tx: &mut Tx, talk: &mut Talk, days: u32) -> Result<(), Error> {
        self.staff.may(Action::ReadAllStatistics)?;
        let zone = talk.house.zone;
        let to = day_of(tx.now(), zone);
        let from = to - Duration::days(i64::from(days) - 1);
        let overdue_before = tx.now() - talk.house.expiry;
        let mut report = reports::of(tx, Span { from, to }, zone, overdue_before)?;
        for figures in &mut report.categories {
            if let Some(id) = figures.category
                && let Some(category) = tx.category(id)?
            {
                figures.name = Some(category.name(talk.locale).to_owned());
            }
        }
        let text = in_words(talk, &report);
        let spans = SPANS.into_iter().filter(|span| *span != days);
        let spans = spans.map(|span| {
            let text = match span {
                1 => talk.text("bot-staff-days-today", &[]),
                _ => talk.text("bot-owner-button-days", &[("days", &span.to_string())]),
            };
            button(text, OwnerButton::Report(span))
        });
        let rows = vec![spans.collect(), back(talk)];
        talk.say(tx, text, rows)?;
        let counts = |of: fn(&reports::DayFigures) -> i64| -> Vec<i64> {
            report.days.iter().map(of).collect()
        };
        let payload = json!({
            "created": counts(|day| day.created), "closed": counts(|day| day.closed),
            "caption": talk.text("bot-owner-chart", &[("from", &from.to_string()), ("to", &to.to_string())]),
        });
        match talk.contact.telegram_id.filter(|_| days > 1) {
            Some(chat) => private::queue(tx, chat, "chart", (None, None), payload),
            None => Ok(()),
        }
    }

    pub(super) fn system(&self, tx: &mut Tx, talk: &mut Talk) -> Result<(), Error> {
        self.staff.may(Action::ManageJobs)?;
        let queue = tx.queue_state(tx.now())?;
        let size = tx.database_bytes()? / 1_000_000;
        let up = talk.house.uptime.as_secs();
        let backup = tx.desk_setting(LAST_BACKUP)?;
        let backup = backup.unwrap_or_else(|| talk.text("bot-owner-no-backup", &[]));
        let lines = [
            (
                "bot-owner-system-version",
                env!("CARGO_PKG_VERSION").to_owned(),
            ),
            (
                "bot-owner-system-uptime",
                format!("{} h {} min", up / 3600, up / 60 % 60),
            ),
            ("bot-owner-system-waiting", queue.waiting.to_string()),
            ("bot-owner-system-oldest", queue.oldest_seconds.to_string()),
            ("bot-owner-system-dead", queue.dead.to_string()),
            ("bot-owner-system-database", size.to_string()),
            ("bot-owner-system-backup", backup),
        ];
        let lines = lines.map(|(key, value)| talk.text(key, &[("value", &value)]));
        let mut rows = Vec::new();
        if queue.dead > 0 {
            let replay = talk.text("bot-owner-button-replay", &[]);
            rows.push(vec![button(replay, OwnerButton::Replay)]);
        }
        rows.push(back(talk));
        talk.say(tx, lines.join("\n"), rows)
    }
}

fn name_of(talk: &Talk, which: Which) -> String {
    talk.text(
        &format!("bot-owner-which-{}", which.as_str().replace('_', "-")),
        &[],
    )
}

fn back(talk: &Talk) -> Vec<LineButton> {
    let name = talk.text("bot-staff-button-menu", &[]);
    vec![button(name, OwnerButton::Menu)]
}

fn in_words(talk: &Talk, report: &Report) -> String {
    let minutes = |seconds: Option<i64>| match seconds {
        Some(seconds) => ((seconds + 59) / 60).to_string(),
        None => "—".to_owned(),
    };
    let values = [
        ("from", report.from.to_string()),
        ("to", report.to.to_string()),
        ("created", report.created.to_string()),
        ("closed", report.closed.to_string()),
        ("open", report.open.to_string()),
        ("overdue", report.overdue.to_string()),
        ("first", minutes(report.first_answer.median)),
        ("firstmost", minutes(report.first_answer.p90)),
        ("closing", minutes(report.closing.median)),
    ];
    let values = values
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let keys = [
        "bot-owner-report-head",
        "bot-owner-report-tickets",
        "bot-owner-report-open",
        "bot-owner-report-times",
    ];
    let mut lines: Vec<String> = keys.iter().map(|key| talk.text(key, &values)).collect();
    let nobody = || talk.text("bot-owner-report-nobody", &[]);
    for figures in report.agents.iter().take(MOST_FIGURES) {
        let name = figures.name.clone().unwrap_or_else(nobody);
        lines.push(format!("🙋 {name}: {}", figures.tickets));
    }
    for figures in report.categories.iter().take(MOST_FIGURES) {
        let name = figures.name.clone().unwrap_or_else(nobody);
        lines.push(format!("🏷 {name}: {}", figures.tickets));
    }
    lines.join("\n")
}
