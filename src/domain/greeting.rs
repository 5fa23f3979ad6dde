//! The greeting of the day: which calendar day it is for a contact.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

/// The calendar day of `at` in the desk's zone.
pub fn day_of(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_turns_at_midnight_of_the_zone_also_when_clocks_change() {
        let cases = [
            ("2026-03-01T18:59:59Z", "Asia/Tashkent", "2026-03-01"),
            ("2026-03-01T19:00:00Z", "Asia/Tashkent", "2026-03-02"),
            ("2026-03-29T00:59:59Z", "Europe/Berlin", "2026-03-29"),
            ("2026-10-24T22:30:00Z", "Europe/Berlin", "2026-10-25"),
            ("2026-10-25T23:00:00Z", "Europe/Berlin", "2026-10-26"),
            ("2026-01-01T00:00:00Z", "America/New_York", "2025-12-31"),
        ];
        for (at, zone, day) in cases {
            let at: DateTime<Utc> = at.parse().unwrap();
            let zone: Tz = zone.parse().unwrap();
            assert_eq!(day_of(at, zone).to_string(), day);
        }
    }
}
