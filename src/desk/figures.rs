//! Rows counted into figures: pure, whatever the store brought them with.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::reports::{
    Activity, AgentFigures, CategoryFigures, DayFigures, Durations, Ratings, Report, Span,
};
use crate::domain::day;
use crate::domain::ids::{AgentId, CategoryId};
use crate::store::{AgentWork, ClosedTicket, CreatedTicket};

/// The days of a span and when each begins; one more beginning than days, the end of the last.
pub struct DaysOf {
    span: Span,
    days: Vec<NaiveDate>,
    starts: Vec<DateTime<Utc>>,
}

impl DaysOf {
    pub fn new(span: Span, zone: Tz) -> Self {
        let mut starts = vec![day::start_of(span.from, zone)];
        let mut days = Vec::new();
        let mut current = span.from;
        while current <= span.to {
            days.push(current);
            let next = day::next(current);
            starts.push(day::start_of(next, zone));
            if next == current {
                break;
            }
            current = next;
        }
        Self { span, days, starts }
    }

    /// From, and before.
    pub fn ends(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        let from = self.starts.first().copied().unwrap_or_default();
        (from, self.starts.last().copied().unwrap_or(from))
    }

    /// Which of the days, counted from 0.
    fn index(&self, moment: DateTime<Utc>) -> Option<usize> {
        let begun = self.starts.partition_point(|start| *start <= moment);
        begun
            .checked_sub(1)
            .filter(|index| *index < self.days.len())
    }

    pub fn report(&self, created: &[CreatedTicket], closed: &[ClosedTicket]) -> Report {
        let mut days: Vec<DayFigures> = self.days.iter().map(|day| no_figures(*day)).collect();
        let mut categories: BTreeMap<Option<CategoryId>, i64> = BTreeMap::new();
        let mut agents: BTreeMap<Option<AgentId>, (i64, i64)> = BTreeMap::new();
        let mut answers = Vec::new();
        for ticket in created {
            if let Some(figures) = self.index(ticket.created_at).and_then(|i| days.get_mut(i)) {
                figures.created += 1;
            }
            *categories.entry(ticket.category).or_default() += 1;
            let (all, over) = agents.entry(ticket.agent).or_default();
            *all += 1;
            *over += i64::from(ticket.resolved);
            answers.extend(
                ticket
                    .first_answer_at
                    .map(|at| seconds(ticket.created_at, at)),
            );
        }
        let mut closings = Vec::new();
        for ticket in closed {
            if let Some(figures) = self.index(ticket.closed_at).and_then(|i| days.get_mut(i)) {
                figures.closed += 1;
            }
            if !ticket.expired {
                closings.push(seconds(ticket.created_at, ticket.closed_at));
            }
        }
        let mut categories: Vec<CategoryFigures> = categories
            .into_iter()
            .map(|(category, tickets)| CategoryFigures {
                category,
                name: None,
                tickets,
            })
            .collect();
        categories.sort_by_key(|figures| Reverse(figures.tickets));
        let mut agents: Vec<AgentFigures> = agents
            .into_iter()
            .map(|(agent, (tickets, closed))| AgentFigures {
                agent,
                name: None,
                tickets,
                closed,
            })
            .collect();
        agents.sort_by_key(|figures| Reverse(figures.tickets));
        Report {
            from: self.span.from,
            to: self.span.to,
            created: count(created.len()),
            closed: count(closed.len()),
            days,
            categories,
            agents,
            first_answer: durations(answers),
            closing: durations(closings),
            open: 0,
            overdue: 0,
            ratings: Ratings::default(),
        }
    }

    pub fn activities(&self, work: &AgentWork) -> Vec<Activity> {
        #[derive(Default)]
        struct Sum {
            assigned: i64,
            answered: i64,
            pending: i64,
            waits: Vec<i64>,
        }
        // By day, latest first, then by agent.
        let mut sums: BTreeMap<(Reverse<NaiveDate>, AgentId), Sum> = BTreeMap::new();
        let key = |agent: AgentId, moment: DateTime<Utc>| {
            let day = self.days.get(self.index(moment)?)?;
            Some((Reverse(*day), agent))
        };
        for given in &work.given {
            if let Some(key) = key(given.agent, given.at) {
                let sum = sums.entry(key).or_default();
                sum.assigned += 1;
                sum.pending += i64::from(given.waits);
            }
        }
        let mut seen = HashSet::new();
        for answer in &work.answers {
            if let Some(key) = key(answer.agent, answer.at)
                && seen.insert((key, answer.ticket))
            {
                sums.entry(key).or_default().answered += 1;
            }
        }
        for first in &work.first_answers {
            if let Some(key) = key(first.agent, first.at) {
                let waits = &mut sums.entry(key).or_default().waits;
                waits.push(seconds(first.created_at, first.at));
            }
        }
        let activity = |((day, agent), sum): ((Reverse<NaiveDate>, AgentId), Sum)| {
            let waits = count(sum.waits.len());
            Activity {
                agent,
                day: day.0,
                assigned: sum.assigned,
                answered: sum.answered,
                pending: sum.pending,
                response_seconds: sum.waits.iter().sum::<i64>() / waits.max(1),
            }
        };
        sums.into_iter().map(activity).collect()
    }
}

fn no_figures(day: NaiveDate) -> DayFigures {
    DayFigures {
        day,
        created: 0,
        closed: 0,
    }
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// A clock that was set back makes no time negative.
fn seconds(from: DateTime<Utc>, to: DateTime<Utc>) -> i64 {
    (to - from).num_seconds().max(0)
}

/// The middle, and what nine of ten stay within: values that really were (nearest rank).
fn durations(mut seconds: Vec<i64>) -> Durations {
    seconds.sort_unstable();
    let rank = |part: usize, of: usize| {
        let rank = (seconds.len() * part).div_ceil(of);
        seconds.get(rank.checked_sub(1)?).copied()
    };
    Durations {
        count: count(seconds.len()),
        median: rank(1, 2),
        p90: rank(9, 10),
    }
}

/// How many gave how many stars.
pub fn ratings(given: &[(i64, i64)]) -> Ratings {
    let mut ratings = Ratings::default();
    let mut sum = 0;
    for (stars, times) in given {
        let place = usize::try_from(*stars - 1).ok();
        if let Some(place) = place.and_then(|place| ratings.stars.get_mut(place)) {
            *place += times;
            ratings.count += times;
            sum += stars * times;
        }
    }
    if ratings.count > 0 {
        // Far from where whole numbers lose their precision.
        #[allow(clippy::cast_precision_loss)]
        let average = sum as f64 / ratings.count as f64;
        ratings.average = Some((average * 100.0).round() / 100.0);
    }
    ratings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::TicketId;
    use crate::store::{Answered, FirstAnswer, Given};
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn days(from: &str, to: &str) -> DaysOf {
        let span = Span {
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
        };
        DaysOf::new(span, chrono_tz::Asia::Tashkent)
    }

    #[test]
    fn tickets_are_counted_on_the_day_of_the_zone() {
        let days = days("2026-03-01", "2026-03-02");
        let created = [
            (
                "2026-02-28T19:00:00Z",
                Some(1),
                Some("2026-02-28T19:00:30Z"),
            ),
            ("2026-03-01T18:59:59Z", None, None),
            (
                "2026-03-01T19:00:00Z",
                Some(1),
                Some("2026-03-01T19:10:00Z"),
            ),
        ]
        .map(|(created_at, agent, answered)| CreatedTicket {
            created_at: at(created_at),
            category: Some(CategoryId(7)),
            agent: agent.map(AgentId),
            resolved: agent.is_none(),
            first_answer_at: answered.map(at),
        });
        let closed = [true, false].map(|expired| ClosedTicket {
            created_at: at("2026-03-01T12:00:00Z"),
            closed_at: at("2026-03-01T20:00:00Z"),
            expired,
        });
        let report = days.report(&created, &closed);
        let figures: Vec<(i64, i64)> = report.days.iter().map(|d| (d.created, d.closed)).collect();
        assert_eq!(figures, [(2, 0), (1, 2)]);
        assert_eq!(
            (report.categories.len(), report.categories[0].tickets),
            (1, 3)
        );
        let agents: Vec<_> = report
            .agents
            .iter()
            .map(|a| (a.agent, a.tickets, a.closed))
            .collect();
        assert_eq!(agents, [(Some(AgentId(1)), 2, 0), (None, 1, 1)]);
        let first = report.first_answer;
        assert_eq!(
            (first.count, first.median, first.p90),
            (2, Some(30), Some(600))
        );
        assert_eq!(
            (report.closing.count, report.closing.median),
            (1, Some(8 * 3600))
        );
    }

    #[test]
    fn work_is_counted_by_agent_and_day_newest_first() {
        let days = days("2026-03-01", "2026-03-02");
        let given = |text: &str, waits| Given {
            agent: AgentId(1),
            at: at(text),
            waits,
        };
        let answered = |text: &str, ticket| Answered {
            agent: AgentId(1),
            at: at(text),
            ticket: TicketId(ticket),
        };
        let work = AgentWork {
            given: vec![
                given("2026-03-01T10:00:00Z", true),
                given("2026-03-01T10:01:00Z", false),
            ],
            answers: vec![
                answered("2026-03-01T10:05:00Z", 1),
                answered("2026-03-01T10:06:00Z", 1),
                answered("2026-03-01T20:00:00Z", 1),
            ],
            first_answers: vec![FirstAnswer {
                agent: AgentId(1),
                created_at: at("2026-03-01T10:00:00Z"),
                at: at("2026-03-01T10:05:00Z"),
            }],
        };
        let found = days.activities(&work);
        let drawn: Vec<_> = found
            .iter()
            .map(|a| {
                (
                    a.id(),
                    a.assigned,
                    a.answered,
                    a.pending,
                    a.response_seconds,
                )
            })
            .collect();
        assert_eq!(drawn, [(120_514, 0, 1, 0, 0), (120_513, 2, 1, 1, 300)]);
    }

    #[test]
    fn stars_are_counted_and_averaged() {
        let found = ratings(&[(5, 2), (4, 1), (1, 1)]);
        assert_eq!((found.count, found.average), (4, Some(3.75)));
        assert_eq!(found.stars, [1, 0, 0, 1, 2]);
        assert_eq!(ratings(&[]).average, None);
    }

    proptest! {
        #[test]
        fn half_are_done_within_the_median_and_nine_of_ten_within_p90(
            mut seconds in prop::collection::vec(0i64..100_000, 1..200),
        ) {
            let found = durations(seconds.clone());
            seconds.sort_unstable();
            let within = |limit: i64| seconds.iter().filter(|s| **s <= limit).count();
            let (median, p90) = (found.median.unwrap(), found.p90.unwrap());
            prop_assert!(within(median) * 2 >= seconds.len());
            prop_assert!(within(p90) * 10 >= seconds.len() * 9);
            prop_assert!(seconds.contains(&median) && seconds.contains(&p90) && median <= p90);
            let before = seconds.iter().filter(|s| **s < p90).count();
            prop_assert!(before * 10 < seconds.len() * 9);
        }
    }
}
