//! Working hours: when somebody of the desk is there, by the clock on its wall. Pure; nobody is told from here.

mod parse;

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;

use super::locale::Locale;

/// Minutes of a day.
const DAY: u16 = 24 * 60;
/// The days of a week as they are spelt, Monday first.
pub const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

/// From one minute of a day to another, the second not included. One that ends before it begins ends on the day
/// after; it belongs to the day on which it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// Minutes after midnight, below 1440.
    from: u16,
    /// Minutes after midnight, 1440 for the midnight at the day's end.
    to: u16,
}

impl Interval {
    /// None for what is empty or no time of a day.
    pub fn new(from: u16, to: u16) -> Option<Self> {
        (from < DAY && to <= DAY && from != to).then_some(Self { from, to })
    }

    /// Where it ends, counted from the midnight before it begins.
    fn end(self) -> u16 {
        if self.to > self.from {
            self.to
        } else {
            self.to + DAY
        }
    }

    /// Whether it holds a moment, in minutes from the midnight before it begins.
    fn holds(self, minute: u16) -> bool {
        (self.from..self.end()).contains(&minute)
    }
}

/// When the desk is at work, and what a contact is told otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hours {
    pub enabled: bool,
    /// By weekday, Monday first; within a day in order and apart from each other.
    pub days: [Vec<Interval>; 7],
    /// Days on which no interval begins.
    pub holidays: BTreeSet<NaiveDate>,
    /// What a contact is told in ru, en, uz, as [`Locale::ALL`] counts; blank is nothing.
    pub texts: [String; 3],
}

impl Hours {
    /// A usual week, not enabled: weekdays from nine to six.
    pub fn usual(texts: [String; 3]) -> Self {
        let shift = Interval {
            from: 9 * 60,
            to: 18 * 60,
        };
        Self {
            enabled: false,
            days: std::array::from_fn(|day| if day < 5 { vec![shift] } else { Vec::new() }),
            holidays: BTreeSet::new(),
            texts,
        }
    }

    /// Whether somebody is there. The wall clock of the zone decides: where clocks change, an hour that comes
    /// twice counts twice and one that is left out does not count.
    pub fn is_open(&self, at: DateTime<Utc>, zone: Tz) -> bool {
        let local = at.with_timezone(&zone).naive_local();
        let today = minutes(local);
        self.of(local.date()).any(|shift| shift.holds(today))
            || local
                .date()
                .pred_opt()
                .is_some_and(|eve| self.of(eve).any(|shift| shift.holds(today + DAY)))
    }

    /// What a contact who writes now is told, if it is told anything.
    pub fn away_text(&self, at: DateTime<Utc>, zone: Tz, language: Locale) -> Option<&str> {
        if !self.enabled || self.is_open(at, zone) {
            return None;
        }
        Some(self.text(language)).filter(|text| !text.is_empty())
    }

    /// The text in a language, else the first one there is.
    fn text(&self, language: Locale) -> &str {
        let own = Locale::ALL
            .iter()
            .zip(&self.texts)
            .find(|(known, _)| **known == language);
        let others = self.texts.iter();
        let mut wanted = own.map(|(_, text)| text).into_iter().chain(others);
        wanted
            .find(|text| !text.is_empty())
            .map_or("", String::as_str)
    }

    /// The intervals that begin on a day.
    fn of(&self, day: NaiveDate) -> impl Iterator<Item = &Interval> {
        let index = day.weekday().num_days_from_monday() as usize;
        let intervals = self
            .days
            .get(index)
            .filter(|_| !self.holidays.contains(&day));
        intervals.into_iter().flatten()
    }
}

fn minutes(local: NaiveDateTime) -> u16 {
    let since = local.time() - NaiveTime::MIN;
    u16::try_from(since.num_minutes().min(Duration::days(1).num_minutes())).unwrap_or(DAY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// Hours of one day's worth of intervals on the days named.
    fn hours(days: &serde_json::Value, holidays: &[&str]) -> Hours {
        let value =
            json!({"enabled": true, "days": days, "holidays": holidays, "text": {"en": "Away"}});
        Hours::parse(&value).unwrap()
    }

    #[test]
    fn the_wall_clock_of_the_zone_decides() {
        let zone = chrono_tz::Asia::Tashkent;
        let hours = hours(
            &json!({"mon": [["09:00", "13:00"], ["14:00", "18:00"]], "tue": [["00:00", "24:00"]]}),
            &[],
        );
        // 2026-03-02 is a Monday; Tashkent is five hours ahead.
        let cases = [
            ("2026-03-02T03:59:59Z", false),
            ("2026-03-02T04:00:00Z", true),
            ("2026-03-02T07:59:59Z", true),
            ("2026-03-02T08:00:00Z", false),
            ("2026-03-02T09:00:00Z", true),
            ("2026-03-02T13:00:00Z", false),
            ("2026-03-02T18:59:59Z", false),
            ("2026-03-02T19:00:00Z", true),
            ("2026-03-03T18:59:59Z", true),
            ("2026-03-03T19:00:00Z", false),
        ];
        for (moment, open) in cases {
            assert_eq!(hours.is_open(at(moment), zone), open, "{moment}");
        }
    }

    #[test]
    fn a_night_shift_belongs_to_the_day_it_begins() {
        let zone = chrono_tz::UTC;
        let night = json!({"sat": [["22:00", "06:00"]], "sun": [["22:00", "06:00"]]});
        // Saturday 2026-03-07, Sunday the 8th a holiday.
        let hours = hours(&night, &["2026-03-08"]);
        let cases = [
            ("2026-03-07T05:00:00Z", false),
            ("2026-03-07T22:00:00Z", true),
            ("2026-03-08T05:59:59Z", true),
            ("2026-03-08T06:00:00Z", false),
            ("2026-03-08T23:00:00Z", false),
            ("2026-03-09T03:00:00Z", false),
            // The Sunday after is none.
            ("2026-03-16T03:00:00Z", true),
        ];
        for (moment, open) in cases {
            assert_eq!(hours.is_open(at(moment), zone), open, "{moment}");
        }
    }

    #[test]
    fn where_clocks_change_hours_are_those_of_the_wall() {
        let zone = chrono_tz::Europe::Berlin;
        let hours = hours(&json!({"sun": [["02:00", "04:00"]]}), &[]);
        let open = |moment: &str| hours.is_open(at(moment), zone);
        // In spring 2:00 to 3:00 is left out: one hour is left of two.
        assert!(!open("2026-03-29T00:59:59Z"));
        assert!(open("2026-03-29T01:00:00Z") && open("2026-03-29T01:59:59Z"));
        assert!(!open("2026-03-29T02:00:00Z"));
        // In autumn 2:00 to 3:00 comes twice: three hours.
        assert!(!open("2026-10-24T23:59:59Z"));
        assert!(open("2026-10-25T00:00:00Z") && open("2026-10-25T02:59:59Z"));
        assert!(!open("2026-10-25T03:00:00Z"));
    }

    #[test]
    fn a_contact_is_told_in_its_language_else_in_any() {
        let mut hours = hours(&json!({}), &[]);
        let now = at("2026-03-02T00:00:00Z");
        let zone = chrono_tz::UTC;
        assert_eq!(hours.away_text(now, zone, Locale::Uz), Some("Away"));
        hours.texts = ["Нет".to_owned(), "Away".to_owned(), String::new()];
        assert_eq!(hours.away_text(now, zone, Locale::En), Some("Away"));
        assert_eq!(hours.away_text(now, zone, Locale::Uz), Some("Нет"));
        hours.enabled = false;
        assert_eq!(hours.away_text(now, zone, Locale::En), None);
    }

    fn interval() -> impl Strategy<Value = Interval> {
        (0u16..DAY, 0u16..=DAY).prop_filter_map("empty", |(from, to)| Interval::new(from, to))
    }

    prop_compose! {
        fn any_hours()(
            days in prop::array::uniform7(prop::collection::vec(interval(), 0..3)),
            holidays in prop::collection::btree_set(0i64..20_000, 0..4),
        ) -> Hours {
            let first = NaiveDate::from_ymd_opt(1990, 1, 1).unwrap();
            let holidays = holidays.into_iter().map(|day| first + Duration::days(day)).collect();
            Hours { enabled: true, days, holidays, texts: Default::default() }
        }
    }

    proptest! {
        /// The same told another way: as spans of wall-clock time that begin on each of two days.
        #[test]
        fn open_is_to_be_within_a_shift_of_today_or_of_last_night(
            hours in any_hours(),
            seconds in 631_152_000i64..2_000_000_000,
            zone in prop::sample::select(chrono_tz::TZ_VARIANTS.to_vec()),
        ) {
            let moment = DateTime::from_timestamp(seconds, 0).unwrap();
            let wall = moment.with_timezone(&zone).naive_local();
            let begun = |day: NaiveDate| {
                let midnight = day.and_time(NaiveTime::MIN);
                let shifts = &hours.days[day.weekday().num_days_from_monday() as usize];
                !hours.holidays.contains(&day) && shifts.iter().any(|shift| {
                    let from = midnight + Duration::minutes(i64::from(shift.from));
                    let length = (i64::from(shift.to) - i64::from(shift.from)).rem_euclid(1440);
                    let length = if length == 0 { 1440 } else { length };
                    from <= wall && wall < from + Duration::minutes(length)
                })
            };
            let expected = begun(wall.date()) || begun(wall.date().pred_opt().unwrap());
            prop_assert_eq!(hours.is_open(moment, zone), expected);
        }

        #[test]
        fn around_the_clock_is_always(
            seconds in 0i64..4_000_000_000,
            zone in prop::sample::select(chrono_tz::TZ_VARIANTS.to_vec()),
        ) {
            let whole = Interval::new(0, DAY).unwrap();
            let hours = Hours { enabled: true, days: std::array::from_fn(|_| vec![whole]), ..Hours::default() };
            prop_assert!(hours.is_open(DateTime::from_timestamp(seconds, 0).unwrap(), zone));
        }
    }
}
