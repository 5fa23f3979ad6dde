//! Calendar days of a zone as spans of time: when one begins, and which one a moment belongs to. A day begins
//! once, whatever the clocks of the zone do around midnight.

use chrono::{DateTime, Days, Duration, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

/// Longest time that a zone has left out of its calendar, in half minutes: Samoa skipped a whole day. Half of
/// them, because Liberia's clocks once jumped by 44 minutes and 30 seconds.
const LONGEST_GAP: i64 = 26 * 60 * 2;

/// When the day begins there: its first midnight, or where clocks jumped over midnight, the moment they jumped.
pub fn start_of(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    (0..=LONGEST_GAP)
        .filter_map(|halves| midnight.checked_add_signed(Duration::seconds(30 * halves)))
        .find_map(|local| zone.from_local_datetime(&local).earliest())
        .map_or_else(|| midnight.and_utc(), |start| start.to_utc())
}

/// The day after; the last day of the calendar is followed by itself.
pub fn next(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(1)).unwrap_or(day)
}

/// The day before.
pub fn previous(day: NaiveDate) -> NaiveDate {
    day.checked_sub_days(Days::new(1)).unwrap_or(day)
}

/// The day a moment belongs to.
pub fn day_of(moment: DateTime<Utc>, zone: Tz) -> NaiveDate {
    let shown = moment.with_timezone(&zone).date_naive();
    // Where clocks went back over midnight, the calendar shows a day again that has ended.
    let following = next(shown);
    if following != shown && start_of(following, zone) <= moment {
        return following;
    }
    shown
}

/// Days as a list of tickets is asked for them, seen from a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayFilter {
    Today,
    Yesterday,
    /// Before yesterday.
    Old,
    All,
    On(NaiveDate),
}

impl DayFilter {
    /// `today`, `yesterday`, `old`, `all`, or `YYYY-MM-DD`.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "today" => Some(Self::Today),
            "yesterday" => Some(Self::Yesterday),
            "old" => Some(Self::Old),
            "all" => Some(Self::All),
            day => date(day).map(Self::On),
        }
    }

    /// From, and before.
    pub fn span(
        self,
        now: DateTime<Utc>,
        zone: Tz,
    ) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
        let today = day_of(now, zone);
        let start = |day| Some(start_of(day, zone));
        match self {
            Self::Today => (start(today), start(next(today))),
            Self::Yesterday => (start(previous(today)), start(today)),
            Self::Old => (None, start(previous(today))),
            Self::All => (None, None),
            Self::On(day) => (start(day), start(next(day))),
        }
    }
}

/// `YYYY-MM-DD` and nothing like it.
pub fn date(word: &str) -> Option<NaiveDate> {
    let shape = word.len() == 10 && word.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    shape
        .then(|| NaiveDate::parse_from_str(word, "%Y-%m-%d").ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn start(day: &str, zone: Tz) -> String {
        start_of(date(day).unwrap(), zone).to_rfc3339()
    }

    #[test]
    fn a_day_begins_where_its_clocks_first_show_it() {
        use chrono_tz::{America, Asia, Pacific};
        let cases = [
            ("2026-03-01", Asia::Tashkent, "2026-02-28T19:00:00+00:00"),
            // Clocks jump from 0:00 to 1:00.
            (
                "2018-11-04",
                America::Sao_Paulo,
                "2018-11-04T03:00:00+00:00",
            ),
            // Midnight comes twice on the same day.
            ("2025-11-02", America::Havana, "2025-11-02T04:00:00+00:00"),
            // The 30th never was: it is as long as nothing.
            ("2011-12-30", Pacific::Apia, "2011-12-30T10:00:00+00:00"),
            ("2011-12-31", Pacific::Apia, "2011-12-30T10:00:00+00:00"),
        ];
        for (day, zone, expected) in cases {
            assert_eq!(start(day, zone), expected, "{day} in {zone}");
        }
    }

    #[test]
    fn a_day_that_has_ended_does_not_come_back() {
        // At 0:01 the clocks went back to 23:01 of the day before.
        let zone = chrono_tz::America::St_Johns;
        let sunday = date("2006-10-29").unwrap();
        let begin = start_of(sunday, zone);
        for minutes in [0, 1, 30, 61, 120] {
            assert_eq!(
                day_of(begin + Duration::minutes(minutes), zone),
                sunday,
                "{minutes}"
            );
        }
        assert_eq!(day_of(begin - Duration::seconds(1), zone), previous(sunday));
    }

    #[test]
    fn words_and_dates_are_read_and_nothing_else() {
        assert_eq!(DayFilter::parse("today"), Some(DayFilter::Today));
        assert!(matches!(
            DayFilter::parse("2026-02-28"),
            Some(DayFilter::On(_))
        ));
        for wrong in [
            "",
            "Today",
            "2026-02-30",
            "2026-2-3",
            "2026-02-281",
            "+026-02-28",
            "20260228",
        ] {
            assert_eq!(DayFilter::parse(wrong), None, "{wrong}");
        }
    }

    fn zones() -> impl Strategy<Value = Tz> {
        let all: Vec<Tz> = chrono_tz::TZ_VARIANTS.to_vec();
        prop::sample::select(all)
    }

    proptest! {
        #[test]
        fn every_moment_is_in_one_bucket_and_in_its_own_day(
            zone in zones(), now in 0i64..4_000_000_000, back in 0i64..400_000,
        ) {
            let now = DateTime::from_timestamp(now, 0).unwrap();
            let moment = now - Duration::seconds(back);
            let holds = |filter: DayFilter| {
                let (from, to) = filter.span(now, zone);
                from.is_none_or(|from| from <= moment) && to.is_none_or(|to| moment < to)
            };
            let buckets = [DayFilter::Today, DayFilter::Yesterday, DayFilter::Old];
            let holding = buckets.into_iter().filter(|filter| holds(*filter)).count();
            prop_assert_eq!(holding, 1, "{} at {}", zone, moment);
            prop_assert!(holds(DayFilter::On(day_of(moment, zone))));
            prop_assert!(holds(DayFilter::All));
        }

        #[test]
        fn days_begin_one_after_the_other(zone in zones(), day in 0i64..46_000) {
            let day = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap() + Duration::days(day);
            let (begin, end) = (start_of(day, zone), start_of(next(day), zone));
            prop_assert!(begin <= end, "{} in {}", day, zone);
            prop_assert!(end - begin <= Duration::hours(26), "{} in {}", day, zone);
        }
    }

    #[test]
    fn today_holds_what_has_just_happened() {
        let zone = chrono_tz::Asia::Tashkent;
        let (from, to) = DayFilter::Today.span(at("2026-03-01T19:30:00Z"), zone);
        assert_eq!(from, Some(at("2026-03-01T19:00:00Z")));
        assert_eq!(to, Some(at("2026-03-02T19:00:00Z")));
    }
}
