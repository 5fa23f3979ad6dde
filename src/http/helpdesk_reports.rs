//! Figures and the log in the helpdesk interface.

use std::sync::Arc;

use chrono::NaiveDate;
use poem::Request;
use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::Tags;
use super::errors::{Failure, Looks};
use super::pages_of::{PageOf, Paging};
use super::staff::StaffAsking;
use super::wire::moment;
use crate::desk::Desk;
use crate::desk::reports::{Activity, Durations, LogRow, Report};
use crate::domain::day::date;
use crate::domain::error::Error;
use crate::domain::ids::AgentId;

pub struct HelpdeskReports {
    pub desk: Arc<Desk>,
}

/// One admin's work on one day of the server's `TIMEZONE`.
#[derive(Debug, Object)]
pub struct ActivityAnswer {
    /// The same for the same admin and day: the admin's id × 100000 + the day's number since 1970-01-01.
    pub id: i64,
    /// Id of the admin.
    pub admin: i64,
    /// `YYYY-MM-DD`.
    pub date: String,
    /// Tickets given to the admin that day, and still the admin's.
    pub assigned_tickets: i64,
    /// Tickets the admin answered in.
    pub answered_tickets: i64,
    /// Of those given that day, the ones that still wait for staff.
    pub pending_tickets: i64,
    /// Seconds from creation to the first answer, of the admin's tickets first answered that day; 0 without any.
    pub avg_response_time: i64,
}

impl From<Activity> for ActivityAnswer {
    fn from(activity: Activity) -> Self {
        Self {
            id: activity.id(),
            admin: activity.agent.0,
            date: activity.day.to_string(),
            assigned_tickets: activity.assigned,
            answered_tickets: activity.answered,
            pending_tickets: activity.pending,
            avg_response_time: activity.response_seconds,
        }
    }
}

/// Who did what.
#[derive(Debug, Object)]
pub struct LogAnswer {
    pub id: i64,
    /// RFC 3339, UTC.
    pub at: String,
    /// Id of the admin; null for the service, for the desk itself, and where the account is gone.
    pub actor: Option<i64>,
    /// The name, which stays when the account goes; empty for the desk itself.
    pub actor_name: String,
    /// assigned, transferred, unassigned, answered, status, closed, expired, reopened, blocked, unblocked, deleted …
    pub action: String,
    /// Id of the ticket; null where it is about none, or it is gone.
    pub ticket: Option<i64>,
    /// Id of the user.
    pub user: Option<i64>,
    /// More of it: who was given the ticket, why it was closed.
    pub detail: Option<String>,
}

impl From<LogRow> for LogAnswer {
    fn from(row: LogRow) -> Self {
        Self {
            id: row.id,
            at: moment(row.at),
            actor: row.agent.map(|id| id.0),
            actor_name: row.actor_name,
            action: row.action,
            ticket: row.ticket.map(|id| id.0),
            user: row.contact.map(|id| id.0),
            detail: row.detail,
        }
    }
}

/// What happened in a span of days, and how things stand now.
#[derive(Debug, Object)]
pub struct ReportAnswer {
    /// First day, `YYYY-MM-DD` in the server's `TIMEZONE`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Tickets created in the span.
    pub created: i64,
    /// Tickets closed in the span, expired ones too.
    pub closed: i64,
    /// Every day of the span, oldest first.
    pub by_day: Vec<DayAnswer>,
    /// Tickets created in the span, most first.
    pub by_category: Vec<CategoryFiguresAnswer>,
    /// Tickets created in the span by whose they are now, most first.
    pub by_agent: Vec<AgentFiguresAnswer>,
    /// From creation to staff's first answer, of tickets created in the span.
    pub first_answer: DurationsAnswer,
    /// From creation to closing, of tickets closed in the span; expired ones not counted.
    pub closing: DurationsAnswer,
    /// Tickets that are not over, now.
    pub open: i64,
    /// Of these, the ones that wait for staff and whose last message is older than `TICKET_EXPIRY_MINUTES`.
    pub overdue: i64,
    pub ratings: RatingsAnswer,
}

/// One day.
#[derive(Debug, Object)]
pub struct DayAnswer {
    /// `YYYY-MM-DD`.
    pub date: String,
    pub created: i64,
    pub closed: i64,
}

/// One category.
#[derive(Debug, Object)]
pub struct CategoryFiguresAnswer {
    /// Id; null for tickets without one.
    pub category: Option<i64>,
    /// In Uzbek, which every category has.
    pub name: Option<String>,
    pub tickets: i64,
}

/// One admin.
#[derive(Debug, Object)]
pub struct AgentFiguresAnswer {
    /// Id; null for tickets of nobody.
    pub agent: Option<i64>,
    pub name: Option<String>,
    pub tickets: i64,
    /// Of these, the ones that are over.
    pub closed: i64,
}

/// How long something took.
#[derive(Debug, Object)]
pub struct DurationsAnswer {
    /// How many there were to measure.
    pub count: i64,
    /// Seconds; null when there was none.
    pub median: Option<i64>,
    /// Seconds within which nine of ten were done.
    pub p90: Option<i64>,
}

/// What users gave in the span.
#[derive(Debug, Object)]
pub struct RatingsAnswer {
    pub count: i64,
    /// 1 to 5, two decimals; null when nobody rated.
    pub average: Option<f64>,
    /// How many gave one star, two, … five.
    pub stars: Vec<i64>,
}

impl From<Durations> for DurationsAnswer {
    fn from(durations: Durations) -> Self {
        Self {
            count: durations.count,
            median: durations.median,
            p90: durations.p90,
        }
    }
}

impl From<Report> for ReportAnswer {
    fn from(report: Report) -> Self {
        let day = |figures: &crate::desk::reports::DayFigures| DayAnswer {
            date: figures.day.to_string(),
            created: figures.created,
            closed: figures.closed,
        };
        let categories = report.categories.into_iter();
        let agents = report.agents.into_iter();
        Self {
            from: report.from.to_string(),
            to: report.to.to_string(),
            created: report.created,
            closed: report.closed,
            by_day: report.days.iter().map(day).collect(),
            by_category: categories
                .map(|figures| CategoryFiguresAnswer {
                    category: figures.category.map(|id| id.0),
                    name: figures.name,
                    tickets: figures.tickets,
                })
                .collect(),
            by_agent: agents
                .map(|figures| AgentFiguresAnswer {
                    agent: figures.agent.map(|id| id.0),
                    name: figures.name,
                    tickets: figures.tickets,
                    closed: figures.closed,
                })
                .collect(),
            first_answer: report.first_answer.into(),
            closing: report.closing.into(),
            open: report.open,
            overdue: report.overdue,
            ratings: RatingsAnswer {
                count: report.ratings.count,
                average: report.ratings.average,
                stars: report.ratings.stars.to_vec(),
            },
        }
    }
}

fn day(raw: Option<String>, name: &'static str) -> Result<Option<NaiveDate>, Error> {
    let parse = |raw: String| date(&raw).ok_or_else(|| Error::bad("invalid_field", name));
    raw.map(parse).transpose()
}

#[OpenApi(tag = "Tags::Helpdesk")]
impl HelpdeskReports {
    /// List admins' work by day
    ///
    /// Newest day first; days on which an admin did nothing are left out. An admin sees its own work only, owners see all.
    #[oai(
        path = "/api/admin/admin-activities",
        method = "get",
        operation_id = "admin_activities"
    )]
    #[allow(clippy::too_many_arguments)] // each is a parameter of the interface
    async fn activities(
        &self,
        asking: StaffAsking,
        request: &Request,
        /// Id of an admin.
        admin: Query<Option<i64>>,
        /// First day, `YYYY-MM-DD` in the server's `TIMEZONE`; without it the 30 days up to `date_to`. At most 366 days.
        date_from: Query<Option<String>>,
        /// Last day; today where absent.
        date_to: Query<Option<String>>,
        /// From 1.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000000000000")))]
        page: Query<Option<u64>>,
        /// Entries of a page, 20 where not given; above 100 is 100.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000000000000")))]
        page_size: Query<Option<u64>>,
    ) -> Result<Json<PageOf<ActivityAnswer>>, Failure<Looks>> {
        let paging = Paging::asked(request, page.0, page_size.0)?;
        let (from, to) = (day(date_from.0, "date_from")?, day(date_to.0, "date_to")?);
        let span = self.desk.span(from, to, ("date_from", "date_to"))?;
        let admin = admin.0.map(AgentId);
        let all = self.desk.activities(&asking.staff, admin, span).await?;
        let count = i64::try_from(all.len()).unwrap_or(i64::MAX);
        let (limit, offset) = (paging.limit() as usize, paging.offset() as usize);
        let page = all.into_iter().skip(offset).take(limit);
        Ok(Json(
            paging.of(page.map(ActivityAnswer::from).collect(), count)?,
        ))
    }

    /// Read the log
    ///
    /// Who assigned, answered, closed, transferred and blocked what, newest first. Owners only.
    #[oai(path = "/api/admin/log", method = "get", operation_id = "admin_log")]
    async fn log(
        &self,
        asking: StaffAsking,
        request: &Request,
        /// From 1.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000000000000")))]
        page: Query<Option<u64>>,
        /// Entries of a page, 20 where not given; above 100 is 100.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000000000000")))]
        page_size: Query<Option<u64>>,
    ) -> Result<Json<PageOf<LogAnswer>>, Failure<Looks>> {
        let paging = Paging::asked(request, page.0, page_size.0)?;
        let desk = &self.desk;
        let found = desk.log_page(&asking.staff, paging.limit(), paging.offset());
        let (rows, count) = found.await?;
        let rows = rows.into_iter().map(LogAnswer::from).collect();
        Ok(Json(paging.of(rows, count)?))
    }

    /// Report on a span of days
    ///
    /// Owners only.
    #[oai(
        path = "/api/admin/reports",
        method = "get",
        operation_id = "admin_reports"
    )]
    async fn report(
        &self,
        asking: StaffAsking,
        /// First day, `YYYY-MM-DD` in the server's `TIMEZONE`; without it the 30 days up to `to`. At most 366 days.
        from: Query<Option<String>>,
        /// Last day; today where absent.
        to: Query<Option<String>>,
    ) -> Result<Json<ReportAnswer>, Failure<Looks>> {
        let span = self
            .desk
            .span(day(from.0, "from")?, day(to.0, "to")?, ("from", "to"))?;
        let report = self.desk.report(&asking.staff, span).await?;
        Ok(Json(report.into()))
    }
}
