//! What the desk has done, in figures: the report of a span of days, and each agent's work by day. Days are
//! those of `TIMEZONE`; the store brings rows, `figures` counts them.

use chrono::{DateTime, Datelike, Duration, NaiveDate, Utc};
use chrono_tz::Tz;

use super::Desk;
use super::figures::{DaysOf, ratings};
use super::rights::{Action, Staff};
use crate::domain::day;
use crate::domain::error::Error;
use crate::domain::ids::{AgentId, CategoryId};
pub use crate::store::LogRow;
use crate::store::Reading;

/// Longest span of a report, days, both ends counted.
pub const MOST_DAYS: i64 = 366;
/// Days of a report where nobody names a span: these many, today the last.
pub const USUAL_DAYS: i64 = 30;

/// A span of days, both ends counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

/// What happened in a span of days, and how things stand now.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub from: NaiveDate,
    pub to: NaiveDate,
    /// Tickets created in the span.
    pub created: i64,
    /// Tickets closed in the span, expired ones too.
    pub closed: i64,
    /// Every day of the span, oldest first.
    pub days: Vec<DayFigures>,
    /// Tickets created in the span, most first; None is without a category.
    pub categories: Vec<CategoryFigures>,
    /// Tickets created in the span by whose they are now, most first; None is nobody's.
    pub agents: Vec<AgentFigures>,
    /// From creation to staff's first answer, of tickets created in the span.
    pub first_answer: Durations,
    /// From creation to closing, of tickets closed in the span; expired ones not counted.
    pub closing: Durations,
    /// Tickets that are not over, now and whenever they were created.
    pub open: i64,
    /// Of these, the ones that wait for staff and whose last message is older than `TICKET_EXPIRY_MINUTES`.
    pub overdue: i64,
    /// Given in the span.
    pub ratings: Ratings,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayFigures {
    pub day: NaiveDate,
    pub created: i64,
    pub closed: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryFigures {
    pub category: Option<CategoryId>,
    /// In the language of the desk's own (uz), as it was entered.
    pub name: Option<String>,
    pub tickets: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentFigures {
    pub agent: Option<AgentId>,
    pub name: Option<String>,
    pub tickets: i64,
    /// Of these, the ones that are over.
    pub closed: i64,
}

/// How long something took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Durations {
    /// How many there were to measure.
    pub count: i64,
    /// Seconds; None when there was none.
    pub median: Option<i64>,
    /// Seconds within which nine of ten were done.
    pub p90: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Ratings {
    pub count: i64,
    /// 1 to 5; None when nobody rated.
    pub average: Option<f64>,
    /// How many gave one star, two, … five.
    pub stars: [i64; 5],
}

/// One agent's work on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    pub agent: AgentId,
    pub day: NaiveDate,
    /// Tickets given to the agent that day, and still the agent's.
    pub assigned: i64,
    /// Tickets the agent answered in.
    pub answered: i64,
    /// Of those given that day, the ones that still wait for staff.
    pub pending: i64,
    /// Seconds from creation to the first answer, of the agent's tickets first answered that day; 0 without any.
    pub response_seconds: i64,
}

impl Activity {
    /// The same for the same agent and day, for ever: the agent's id, then the day's number since 1970 in five digits.
    pub fn id(&self) -> i64 {
        let first = NaiveDate::default().num_days_from_ce();
        let number = i64::from(self.day.num_days_from_ce() - first);
        self.agent.0 * 100_000 + number
    }
}

impl Desk {
    /// The span that was asked for, or the last days up to today.
    ///
    /// # Errors
    /// `span_too_long` on the field of its first day for a span that ends before it begins or is longer than [`MOST_DAYS`].
    pub fn span(
        &self,
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
        names: (&'static str, &'static str),
    ) -> Result<Span, Error> {
        let today = day::day_of(self.clock.now(), self.settings.timezone);
        let (usual, most) = (
            Duration::days(USUAL_DAYS - 1),
            Duration::days(MOST_DAYS - 1),
        );
        let (from, to) = match (from, to) {
            (Some(from), Some(to)) => (from, to),
            (Some(from), None) => (from, today.max(from).min(from + most)),
            (None, to) => {
                let to = to.unwrap_or(today);
                (to - usual, to)
            }
        };
        if to < from || to - from > most {
            return Err(Error::bad("span_too_long", names.0).with("max", MOST_DAYS));
        }
        Ok(Span { from, to })
    }

    /// # Errors
    /// `not_allowed`, or a failure of the store.
    pub async fn report(&self, staff: &Staff, span: Span) -> Result<Report, Error> {
        staff.may(Action::ReadAllStatistics)?;
        let zone = self.settings.timezone;
        let overdue_before = self.clock.now() - self.settings.ticket_expiry;
        let read = move |r: &Reading| of(r, span, zone, overdue_before);
        self.store.read(read).await
    }

    /// The work of agents by day, newest day first; an agent sees its own only.
    ///
    /// # Errors
    /// `not_allowed`, or a failure of the store.
    pub async fn activities(
        &self,
        staff: &Staff,
        agent: Option<AgentId>,
        span: Span,
    ) -> Result<Vec<Activity>, Error> {
        staff.may(Action::ReadOwnStatistics)?;
        let agent = match staff.may(Action::ReadAllStatistics) {
            Ok(()) => agent,
            Err(_) if agent.is_none() || agent == staff.agent() => staff.agent(),
            Err(not_allowed) => return Err(not_allowed),
        };
        let days = DaysOf::new(span, self.settings.timezone);
        self.store
            .read(move |r| {
                let (from, to) = days.ends();
                Ok(days.activities(&r.work_of_agents(agent, from, to)?))
            })
            .await
    }

    /// Who did what: a page, newest first, and how many entries there are.
    ///
    /// # Errors
    /// `not_allowed`, or a failure of the store.
    pub async fn log_page(
        &self,
        staff: &Staff,
        limit: u32,
        offset: u32,
    ) -> Result<(Vec<LogRow>, i64), Error> {
        staff.may(Action::ReadAllStatistics)?;
        self.store
            .read(move |r| Ok((r.log_page(limit, offset)?, r.count_log()?)))
            .await
    }
}

/// The report of a span; open tickets whose last message is older than `overdue_before` are overdue.
pub(super) fn of(
    r: &Reading,
    span: Span,
    zone: Tz,
    overdue_before: DateTime<Utc>,
) -> Result<Report, Error> {
    let days = DaysOf::new(span, zone);
    let (from, to) = days.ends();
    let created = r.tickets_created(from, to)?;
    let closed = r.tickets_closed(from, to)?;
    let (open, overdue) = r.tickets_open(overdue_before)?;
    let mut report = days.report(&created, &closed);
    report.open = open;
    report.overdue = overdue;
    report.ratings = ratings(&r.ratings(from, to)?);
    for figures in &mut report.categories {
        if let Some(id) = figures.category {
            figures.name = r.category_name(id)?;
        }
    }
    for figures in &mut report.agents {
        if let Some(id) = figures.agent {
            figures.name = r.agent(id)?.map(|agent| agent.shown_name());
        }
    }
    Ok(report)
}
