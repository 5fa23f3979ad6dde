//! The page of reports: figures as pictures and as tables, made on the server and read without scripts. Owners
//! see the desk's work, agents their own.

use askama::Template;
use chrono::NaiveDate;
use poem::http::StatusCode;
use poem::{Request, Response, handler};

use super::{Frame, parameter};
use crate::desk::reports::{Activity, Durations, Report, Span};
use crate::domain::agent::{Agent, Role};
use crate::domain::day;
use crate::domain::error::{Error, Kind};
use crate::http::charts::Place;
use crate::http::errors::bare;
use crate::http::report_charts::{self, Words};
use crate::http::staff;

#[derive(Template)]
#[template(path = "reports.html")]
struct Reports<'a> {
    frame: &'a Frame<'a>,
    agent: Agent,
    from: String,
    to: String,
    /// The days that were asked for can not be.
    wrong: bool,
    /// How things stand: what, and how much.
    tiles: Vec<(String, String)>,
    sections: Vec<Section>,
}

/// A picture and the same as a table.
struct Section {
    title: String,
    /// SVG, for wide and for narrow screens; empty where there is only the table.
    picture: String,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// `GET /support/manager/reports/?from=&to=`.
#[handler]
pub async fn reports(request: &Request) -> Response {
    let frame = match Frame::of(request) {
        Ok(frame) => frame,
        Err(error) => return bare(error),
    };
    let agent = match frame.account(request).await {
        Ok(agent) => agent,
        Err(answer) => return answer,
    };
    match page(request, &frame, agent).await {
        Ok(answer) => answer,
        Err(error) => bare(error),
    }
}

async fn page(request: &Request, frame: &Frame<'_>, agent: Agent) -> Result<Response, Error> {
    let asked = asked(frame, request);
    let wrong = asked.is_err();
    let span = match asked {
        Ok(span) => span,
        Err(error) if error.kind == Kind::BadRequest => {
            frame.desk.span(None, None, ("from", "to"))?
        }
        Err(error) => return Err(error),
    };
    let staff = staff::ask(request).await?.staff;
    let words = Words {
        texts: frame.desk.texts(),
        locale: frame.locale,
    };
    let (tiles, sections) = if agent.role == Role::Owner {
        let report = frame.desk.report(&staff, span).await?;
        (tiles(&report, words), sections(&report, words)?)
    } else {
        let work = frame.desk.activities(&staff, Some(agent.id), span).await?;
        (Vec::new(), vec![own_work(&work, words)])
    };
    let page = Reports {
        frame,
        agent,
        from: span.from.to_string(),
        to: span.to.to_string(),
        wrong,
        tiles,
        sections,
    };
    let status = if wrong {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::OK
    };
    Ok(frame.show(status, &page))
}

/// The days in the address.
fn asked(frame: &Frame, request: &Request) -> Result<Span, Error> {
    let day = |name: &'static str| -> Result<Option<NaiveDate>, Error> {
        let word = parameter(request, name).filter(|word| !word.is_empty());
        let read = |word: String| day::date(&word).ok_or_else(|| Error::bad("invalid_field", name));
        word.map(read).transpose()
    };
    frame.desk.span(day("from")?, day("to")?, ("from", "to"))
}

fn tiles(report: &Report, words: Words) -> Vec<(String, String)> {
    let average = report.ratings.average;
    let average = average.map_or_else(|| "–".to_owned(), |average| format!("{average:.1}"));
    [
        ("chart-created", report.created.to_string()),
        ("chart-closed", report.closed.to_string()),
        ("report-now-open", report.open.to_string()),
        ("report-overdue", report.overdue.to_string()),
        ("report-average", average),
    ]
    .map(|(key, value)| (words.t(key), value))
    .into()
}

fn sections(report: &Report, words: Words) -> Result<Vec<Section>, Error> {
    let mut sections = Vec::new();
    for name in report_charts::NAMES {
        let chart = report_charts::chart_of(name, report, words);
        let chart = chart.ok_or_else(|| Error::internal("a chart without a picture"))?;
        let (head, rows) = table(name, report, words);
        sections.push(Section {
            picture: [chart.svg(Place::Page)?, chart.svg(Place::Phone)?].concat(),
            title: chart.title,
            head: head.iter().map(|key| words.t(key)).collect(),
            rows,
        });
    }
    Ok(sections)
}

type Table = (&'static [&'static str], Vec<Vec<String>>);

/// All figures behind a picture, also those that had no room in it.
fn table(name: &str, report: &Report, words: Words) -> Table {
    match name {
        "tickets" => {
            let row = |day: &crate::desk::reports::DayFigures| {
                vec![
                    day.day.to_string(),
                    day.created.to_string(),
                    day.closed.to_string(),
                ]
            };
            let head = &["report-day", "chart-created", "chart-closed"];
            (head, report.days.iter().map(row).collect())
        }
        "times" => {
            let row = |key: &str, times: Durations| {
                let (median, p90) = (times.median, times.p90);
                let spans = [median, p90].map(|span| words.duration_or_none(span));
                let [median, p90] = spans;
                vec![words.t(key), times.count.to_string(), median, p90]
            };
            let head = &["report-what", "report-count", "chart-median", "chart-p90"];
            let first = row("chart-first-answer", report.first_answer);
            (head, vec![first, row("chart-closing", report.closing)])
        }
        "agents" => {
            let rows = report.agents.iter().map(|agent| {
                let name = agent.name.clone();
                let name = name.unwrap_or_else(|| words.t("chart-nobody"));
                vec![name, agent.tickets.to_string(), agent.closed.to_string()]
            });
            (
                &["report-agent", "chart-all", "chart-closed"],
                rows.collect(),
            )
        }
        "categories" => {
            let rows = report.categories.iter().map(|category| {
                let name = category.name.clone();
                let name = name.unwrap_or_else(|| words.t("chart-no-category"));
                vec![name, category.tickets.to_string()]
            });
            (&["report-category", "chart-all"], rows.collect())
        }
        _ => {
            let stars = (1..=5).zip(report.ratings.stars);
            let rows =
                stars.map(|(stars, count): (i64, i64)| vec![stars.to_string(), count.to_string()]);
            (&["report-stars", "chart-ratings"], rows.collect())
        }
    }
}

fn own_work(work: &[Activity], words: Words) -> Section {
    let head = [
        "report-day",
        "report-assigned",
        "report-answered",
        "report-pending",
        "report-response",
    ];
    let row = |one: &Activity| {
        let waited = Some(one.response_seconds).filter(|seconds| *seconds > 0);
        vec![
            one.day.to_string(),
            one.assigned.to_string(),
            one.answered.to_string(),
            one.pending.to_string(),
            words.duration_or_none(waited),
        ]
    };
    Section {
        title: words.t("report-own"),
        picture: String::new(),
        head: head.map(|key| words.t(key)).into(),
        rows: work.iter().map(row).collect(),
    }
}
