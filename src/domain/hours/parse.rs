//! Hours as JSON: read strictly, so that a slip of the pen is named instead of closing the desk, and written.

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::{DAYS, Hours, Interval};
use crate::domain::error::Error;
use crate::domain::locale::Locale;
use crate::domain::text;

/// Intervals of one day at most.
pub const MOST_INTERVALS: usize = 8;
/// Holidays at most: ten years of them.
pub const MOST_HOLIDAYS: usize = 400;
/// Longest text, characters.
pub const TEXT_MAX_CHARS: usize = 4096;

impl Hours {
    /// Reads hours; a day or a language that is not named has none.
    ///
    /// # Errors
    /// `missing_field`, `invalid_field`, `field_too_long`, `out_of_range` or `overlapping_hours` on the very
    /// entry, such as `days.mon[0]`.
    pub fn parse(value: &Value) -> Result<Self, Error> {
        let map = value
            .as_object()
            .ok_or_else(|| Error::bad("invalid_field", "hours"))?;
        let enabled = match map.get("enabled") {
            None | Some(Value::Null) => return Err(Error::missing("enabled")),
            Some(Value::Bool(enabled)) => *enabled,
            Some(_) => return Err(Error::bad("invalid_field", "enabled")),
        };
        let hours = Self {
            enabled,
            days: days(map)?,
            holidays: holidays(map)?,
            texts: texts(map)?,
        };
        if enabled && hours.texts.iter().all(String::is_empty) {
            return Err(Error::missing("text"));
        }
        Ok(hours)
    }

    pub fn to_json(&self) -> Value {
        let days = DAYS.iter().zip(&self.days).map(|((name, _), intervals)| {
            let intervals = intervals
                .iter()
                .map(|one| json!([clock(one.from), clock(one.to)]));
            ((*name).to_owned(), intervals.collect::<Value>())
        });
        let holidays = self.holidays.iter().map(NaiveDate::to_string);
        let texts = Locale::ALL.iter().zip(&self.texts);
        json!({
            "enabled": self.enabled,
            "days": days.collect::<Map<_, _>>(),
            "holidays": holidays.collect::<Vec<_>>(),
            "text": texts.map(|(language, text)| (language.as_str().to_owned(), text.as_str().into())).collect::<Map<String, Value>>(),
        })
    }
}

/// A field that is an object; absent and null are empty.
fn object<'a>(
    map: &'a Map<String, Value>,
    name: &str,
) -> Result<Option<&'a Map<String, Value>>, Error> {
    match map.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err(Error::bad("invalid_field", name)),
    }
}

fn days(map: &Map<String, Value>) -> Result<[Vec<Interval>; 7], Error> {
    let mut days: [Vec<Interval>; 7] = Default::default();
    for (name, value) in object(map, "days")?.into_iter().flatten() {
        let field = format!("days.{name}");
        let day = DAYS.iter().position(|(known, _)| known == name);
        let slot = day.and_then(|index| days.get_mut(index));
        match (slot, value) {
            // A day that is spelt wrongly would be a day off that nobody wanted.
            (None, _) => return Err(Error::bad("invalid_field", field)),
            (Some(_), Value::Null) => {}
            (Some(slot), Value::Array(all)) => *slot = intervals(all, &field)?,
            (Some(_), _) => return Err(Error::bad("invalid_field", field)),
        }
    }
    Ok(days)
}

fn intervals(all: &[Value], field: &str) -> Result<Vec<Interval>, Error> {
    if all.len() > MOST_INTERVALS {
        let error = Error::bad("out_of_range", field);
        return Err(error.with("min", 0).with("max", MOST_INTERVALS));
    }
    let mut read: Vec<Interval> = Vec::with_capacity(all.len());
    for (index, value) in all.iter().enumerate() {
        let field = format!("{field}[{index}]");
        let one = interval(value).ok_or_else(|| Error::bad("invalid_interval", &*field))?;
        let meets = |other: &Interval| one.from < other.end() && other.from < one.end();
        if read.iter().any(meets) {
            return Err(Error::bad("overlapping_hours", field));
        }
        read.push(one);
    }
    read.sort_by_key(|one| one.from);
    Ok(read)
}

fn interval(value: &Value) -> Option<Interval> {
    match value.as_array()?.as_slice() {
        [from, to] => Interval::new(minute(from.as_str()?)?, minute(to.as_str()?)?),
        _ => None,
    }
}

/// `HH:MM`, from 00:00 to 24:00, in minutes.
fn minute(word: &str) -> Option<u16> {
    let [h1, h2, b':', m1, m2] = word.as_bytes() else {
        return None;
    };
    let number = |tens: &u8, ones: &u8| {
        let digits = tens.is_ascii_digit() && ones.is_ascii_digit();
        digits.then(|| u16::from(tens - b'0') * 10 + u16::from(ones - b'0'))
    };
    let (hours, minutes) = (number(h1, h2)?, number(m1, m2)?);
    let fits = minutes < 60 && (hours < 24 || (hours == 24 && minutes == 0));
    fits.then_some(hours * 60 + minutes)
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn holidays(map: &Map<String, Value>) -> Result<std::collections::BTreeSet<NaiveDate>, Error> {
    let all = match map.get("holidays") {
        None | Some(Value::Null) => return Ok(Default::default()),
        Some(Value::Array(all)) if all.len() <= MOST_HOLIDAYS => all,
        Some(Value::Array(_)) => {
            let error = Error::bad("out_of_range", "holidays");
            return Err(error.with("min", 0).with("max", MOST_HOLIDAYS));
        }
        Some(_) => return Err(Error::bad("invalid_field", "holidays")),
    };
    let read = all.iter().enumerate().map(|(index, value)| {
        let day = value.as_str().and_then(date);
        day.ok_or_else(|| Error::bad("invalid_field", format!("holidays[{index}]")))
    });
    read.collect()
}

/// `YYYY-MM-DD` and nothing like it.
fn date(word: &str) -> Option<NaiveDate> {
    let shape = word.len() == 10
        && word
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'-');
    let day = NaiveDate::parse_from_str(word, "%Y-%m-%d").ok()?;
    shape.then_some(day)
}

fn texts(map: &Map<String, Value>) -> Result<[String; 3], Error> {
    let mut texts: [String; 3] = Default::default();
    for (name, value) in object(map, "text")?.into_iter().flatten() {
        let field = format!("text.{name}");
        let language = Locale::ALL.iter().position(|known| known.as_str() == name);
        let slot = language.and_then(|index| texts.get_mut(index));
        match (slot, value) {
            (Some(_), Value::Null) => {}
            (Some(slot), Value::String(raw)) => {
                if raw.chars().count() > TEXT_MAX_CHARS {
                    return Err(Error::bad("field_too_long", field).with("max", TEXT_MAX_CHARS));
                }
                text::without_control(raw).trim().clone_into(slot);
            }
            _ => return Err(Error::bad("invalid_field", field)),
        }
    }
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            (json!({}), "missing_field", "enabled"),
            (json!({"enabled": 1}), "invalid_field", "enabled"),
            (json!({"enabled": true}), "missing_field", "text"),
            (
                json!({"enabled": false, "days": []}),
                "invalid_field",
                "days",
            ),
            (
                json!({"enabled": false, "days": {"monday": []}}),
                "invalid_field",
                "days.monday",
            ),
            (
                json!({"enabled": false, "days": {"mon": {}}}),
                "invalid_field",
                "days.mon",
            ),
            (
                json!({"enabled": false, "days": {"mon": ["09:00"]}}),
                "invalid_interval",
                "days.mon[0]",
            ),
            (
                json!({"enabled": false, "days": {"tue": [["09:00", "10:00"], ["9:00", "10:00"]]}}),
                "invalid_interval",
                "days.tue[1]",
            ),
            (
                json!({"enabled": false, "days": {"mon": [["09:00", "09:00"]]}}),
                "invalid_interval",
                "days.mon[0]",
            ),
            (
                json!({"enabled": false, "days": {"mon": [["24:00", "09:00"]]}}),
                "invalid_interval",
                "days.mon[0]",
            ),
            (
                json!({"enabled": false, "days": {"mon": [["09:00", "24:01"]]}}),
                "invalid_interval",
                "days.mon[0]",
            ),
            (
                json!({"enabled": false, "days": {"mon": [["09:00", "12:00", "13:00"]]}}),
                "invalid_interval",
                "days.mon[0]",
            ),
            (
                json!({"enabled": false, "days": {"mon": [["09:00", "12:00"], ["11:59", "13:00"]]}}),
                "overlapping_hours",
                "days.mon[1]",
            ),
            (
                json!({"enabled": false, "days": {"mon": [["22:00", "06:00"], ["23:00", "23:30"]]}}),
                "overlapping_hours",
                "days.mon[1]",
            ),
            (
                json!({"enabled": false, "days": {"mon": vec![["09:00", "10:00"]; 9]}}),
                "out_of_range",
                "days.mon",
            ),
            (
                json!({"enabled": false, "holidays": "2026-01-01"}),
                "invalid_field",
                "holidays",
            ),
            (
                json!({"enabled": false, "holidays": ["2026-01-01", "2026-02-30"]}),
                "invalid_field",
                "holidays[1]",
            ),
            (
                json!({"enabled": false, "holidays": ["2026-1-1"]}),
                "invalid_field",
                "holidays[0]",
            ),
            (
                json!({"enabled": false, "text": {"de": "Weg"}}),
                "invalid_field",
                "text.de",
            ),
            (
                json!({"enabled": false, "text": {"en": 5}}),
                "invalid_field",
                "text.en",
            ),
            (
                json!({"enabled": false, "text": {"en": "x".repeat(4097)}}),
                "field_too_long",
                "text.en",
            ),
            (json!([]), "invalid_field", "hours"),
        ];
        for (value, code, field) in cases {
            let error = Hours::parse(&value).unwrap_err();
            assert_eq!(
                (error.code, error.field.as_deref()),
                (code, Some(field)),
                "{value}"
            );
        }
    }

    #[test]
    fn what_is_right_is_written_back_in_order() {
        let value = json!({
            "enabled": true,
            "days": {"mon": [["14:00", "24:00"], ["09:00", "13:00"]], "sun": null},
            "holidays": ["2027-01-01", "2026-01-01", "2026-01-01"],
            "text": {"en": " Away\u{0} "},
        });
        let written = Hours::parse(&value).unwrap().to_json();
        assert_eq!(
            written["days"]["mon"],
            json!([["09:00", "13:00"], ["14:00", "24:00"]])
        );
        assert_eq!(written["days"]["sun"], json!([]));
        assert_eq!(written["holidays"], json!(["2026-01-01", "2027-01-01"]));
        assert_eq!(written["text"], json!({"ru": "", "en": "Away", "uz": ""}));
        assert_eq!(Hours::parse(&written).unwrap().to_json(), written);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[0-9:-]{0,10}".prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            let key = prop::sample::select(vec![
                "enabled", "days", "mon", "sun", "holidays", "text", "en", "x",
            ]);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map(key.prop_map(str::to_owned), inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn anything_is_read_or_refused_and_what_is_read_is_written_back(value in any_json()) {
            if let Ok(hours) = Hours::parse(&value) {
                prop_assert_eq!(Hours::parse(&hours.to_json()).unwrap(), hours);
            }
        }
    }
}
