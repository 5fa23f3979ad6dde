//! The charts of a report: which there are, and what each shows. How they are drawn is `charts`' business.

use std::sync::Arc;

use poem::Request;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Binary;
use poem_openapi::{ApiResponse, OpenApi};

use super::Tags;
use super::asking::locale;
use super::charts::{Chart, Place, Row, Shape};
use super::errors::{Failure, StaffReads};
use super::staff::StaffAsking;
use crate::desk::Desk;
use crate::desk::reports::{Durations, Report};
use crate::domain::day;
use crate::domain::error::Error;
use crate::domain::locale::Locale;
use crate::texts::Texts;

/// In the order of the page.
pub const NAMES: [&str; 5] = ["tickets", "times", "agents", "categories", "ratings"];
/// Agents or categories in a chart at most; the table beside it has all.
const MOST_ROWS: usize = 15;
/// A picture of its own asks nobody for anything; its one style is its own colour in the dark.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// Sentences in the reader's language.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    pub texts: &'a Texts,
    pub locale: Locale,
}

impl Words<'_> {
    pub fn t(&self, key: &str) -> String {
        self.texts.get(self.locale, key, &[])
    }

    fn unit(&self, key: &str, count: i64) -> String {
        self.texts
            .get(self.locale, key, &[("n", &count.to_string())])
    }

    /// A span of time in its two largest units.
    pub fn duration(&self, seconds: i64) -> String {
        let units = [
            ("chart-days", seconds / 86_400),
            ("chart-hours", seconds / 3600 % 24),
            ("chart-minutes", seconds / 60 % 60),
            ("chart-seconds", seconds % 60),
        ];
        let first = units.iter().position(|(_, count)| *count > 0);
        let told = units.iter().skip(first.unwrap_or(3)).take(2);
        let told = told.filter(|(_, count)| *count > 0 || first.is_none());
        let words: Vec<String> = told.map(|(key, count)| self.unit(key, *count)).collect();
        words.join(" ")
    }

    /// As [`Words::duration`], a dash where there is none.
    pub fn duration_or_none(&self, seconds: Option<i64>) -> String {
        seconds.map_or_else(|| "–".to_owned(), |seconds| self.duration(seconds))
    }
}

/// The chart of that name.
pub fn chart_of(name: &str, report: &Report, words: Words) -> Option<Chart> {
    let chart = |id, shape, series: &[&str], rows: Vec<Row>| Chart {
        id,
        title: words.t(&format!("chart-{id}")),
        description: told(&rows),
        shape,
        series: series.iter().map(|key| words.t(key)).collect(),
        rows,
        empty: words.t("chart-empty"),
    };
    Some(match name {
        "tickets" => {
            let days = report.days.iter();
            let rows = days.map(|day| {
                let label = day.day.format("%d.%m").to_string();
                row(label, &[day.created, day.closed])
            });
            let series = ["chart-created", "chart-closed"];
            let mut chart = chart("tickets", Shape::Columns, &series, rows.collect());
            let (created, closed) = (words.t("chart-created"), words.t("chart-closed"));
            chart.description = format!(
                "{} – {}. {created}: {}. {closed}: {}.",
                report.from, report.to, report.created, report.closed
            );
            chart
        }
        "times" => {
            let rows = [
                ("chart-first-answer", report.first_answer),
                ("chart-closing", report.closing),
            ];
            let rows = rows.map(|(key, times)| lasted(words.t(key), times, words));
            let series = ["chart-median", "chart-p90"];
            chart("times", Shape::Bars, &series, rows.into())
        }
        "agents" => {
            let rows = report.agents.iter().take(MOST_ROWS).map(|agent| {
                let name = agent.name.clone();
                let label = name.unwrap_or_else(|| words.t("chart-nobody"));
                row(label, &[agent.tickets, agent.closed])
            });
            let series = ["chart-all", "chart-closed"];
            chart("agents", Shape::Bars, &series, rows.collect())
        }
        "categories" => {
            let rows = report.categories.iter().take(MOST_ROWS).map(|category| {
                let name = category.name.clone();
                let label = name.unwrap_or_else(|| words.t("chart-no-category"));
                row(label, &[category.tickets])
            });
            chart("categories", Shape::Bars, &["chart-all"], rows.collect())
        }
        "ratings" => {
            let stars = report.ratings.stars.into_iter().enumerate().rev();
            let rows = stars.map(|(index, count)| row("★".repeat(index + 1), &[count]));
            chart("ratings", Shape::Bars, &["chart-ratings"], rows.collect())
        }
        _ => return None,
    })
}

#[allow(clippy::cast_precision_loss)] // a picture's
fn row(label: String, counts: &[i64]) -> Row {
    let values = counts
        .iter()
        .map(|count| (*count as f64, count.to_string()));
    Row {
        label,
        values: values.collect(),
    }
}

#[allow(clippy::cast_precision_loss)] // a picture's
fn lasted(label: String, times: Durations, words: Words) -> Row {
    let value = |seconds: Option<i64>| {
        let length = seconds.unwrap_or_default() as f64;
        (length, words.duration_or_none(seconds))
    };
    Row {
        label,
        values: vec![value(times.median), value(times.p90)],
    }
}

fn told(rows: &[Row]) -> String {
    let told = rows.iter().map(|row| {
        let values: Vec<&str> = row.values.iter().map(|(_, words)| words.as_str()).collect();
        format!("{}: {}", row.label, values.join(" / "))
    });
    told.collect::<Vec<_>>().join("; ")
}

pub struct Charts {
    pub desk: Arc<Desk>,
}

#[derive(ApiResponse)]
enum Picture {
    /// An SVG image.
    #[oai(status = 200, content_type = "image/svg+xml")]
    Svg(
        Binary<Vec<u8>>,
        /// Nothing may be loaded from it.
        #[oai(header = "Content-Security-Policy")]
        String,
        /// Figures change.
        #[oai(header = "Cache-Control")]
        String,
    ),
}

#[OpenApi(tag = "Tags::Desk")]
impl Charts {
    /// A chart of the report
    ///
    /// For owners. An SVG image in the language of `Accept-Language`, with its title and figures in words for screen readers.
    #[oai(
        path = "/support/reports/charts/:name",
        method = "get",
        operation_id = "report_chart"
    )]
    async fn chart(
        &self,
        asking: StaffAsking,
        request: &Request,
        /// tickets.svg, times.svg, agents.svg, categories.svg or ratings.svg.
        name: Path<String>,
        /// The first day, `YYYY-MM-DD` in `TIMEZONE`; without it, 29 days before the last.
        from: Query<Option<String>>,
        /// The last day, `YYYY-MM-DD`; without it, today.
        to: Query<Option<String>>,
    ) -> Result<Picture, Failure<StaffReads>> {
        let day = |word: &Option<String>, field| {
            let read =
                |word: &String| day::date(word).ok_or_else(|| Error::bad("invalid_field", field));
            word.as_ref().map(read).transpose()
        };
        let (from, to) = (day(&from.0, "from")?, day(&to.0, "to")?);
        let span = self.desk.span(from, to, ("from", "to"))?;
        let report = self.desk.report(&asking.staff, span).await?;
        let words = Words {
            texts: self.desk.texts(),
            locale: locale(request, self.desk.locale()),
        };
        let chart = name.0.strip_suffix(".svg");
        let chart = chart.and_then(|name| chart_of(name, &report, words));
        let svg = chart
            .ok_or_else(|| Error::not_found("not_found"))?
            .svg(Place::Alone)?;
        let (policy, keep) = (POLICY.to_owned(), "no-store".to_owned());
        Ok(Picture::Svg(Binary(svg.into_bytes()), policy, keep))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::reports::{AgentFigures, CategoryFigures, DayFigures, Ratings};
    use crate::domain::ids::{AgentId, CategoryId};

    fn report() -> Report {
        let day = |day: &str, created, closed| DayFigures {
            day: day.parse().unwrap(),
            created,
            closed,
        };
        let agent = |id: Option<i64>, name: Option<&str>, tickets, closed| AgentFigures {
            agent: id.map(AgentId),
            name: name.map(str::to_owned),
            tickets,
            closed,
        };
        Report {
            from: "2026-03-01".parse().unwrap(),
            to: "2026-03-03".parse().unwrap(),
            created: 12,
            closed: 7,
            days: vec![
                day("2026-03-01", 5, 1),
                day("2026-03-02", 0, 0),
                day("2026-03-03", 7, 6),
            ],
            categories: vec![
                CategoryFigures {
                    category: Some(CategoryId(1)),
                    name: Some("Доставка <b>".to_owned()),
                    tickets: 8,
                },
                CategoryFigures {
                    category: None,
                    name: None,
                    tickets: 4,
                },
            ],
            agents: vec![agent(Some(1), Some("Olga"), 9, 6), agent(None, None, 3, 1)],
            first_answer: Durations {
                count: 10,
                median: Some(95),
                p90: Some(4000),
            },
            closing: Durations {
                count: 7,
                median: Some(90_000),
                p90: None,
            },
            open: 5,
            overdue: 1,
            ratings: Ratings {
                count: 3,
                average: Some(4.0),
                stars: [0, 0, 1, 1, 1],
            },
        }
    }

    #[test]
    fn every_chart_is_a_picture_with_words() {
        let texts = Texts::load().unwrap();
        let words = Words {
            texts: &texts,
            locale: Locale::En,
        };
        for name in NAMES {
            let svg = chart_of(name, &report(), words)
                .unwrap()
                .svg(Place::Page)
                .unwrap();
            insta::assert_snapshot!(name, svg);
        }
        assert!(chart_of("passwords", &report(), words).is_none());
    }

    #[test]
    fn a_span_of_time_is_told_in_two_units() {
        let texts = Texts::load().unwrap();
        let words = Words {
            texts: &texts,
            locale: Locale::En,
        };
        let cases = [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (95, "1 min 35 s"),
            (3600, "1 h"),
            (3660, "1 h 1 min"),
            (90_000, "1 d 1 h"),
            (86_400 * 3 + 60, "3 d"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(words.duration(seconds), expected);
        }
    }
}
