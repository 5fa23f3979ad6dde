//! Working hours and the away text: staff reads them, owners set them.

use std::sync::Arc;

use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use serde_json::{Map, Value};

use super::Tags;
use super::errors::{Failure, StaffReads, StaffWrites};
use super::staff::StaffAsking;
use super::wire::{JsonFields, Serialised};
use crate::desk::Desk;

/// The fields that hours have.
const FIELDS: [&str; 4] = ["enabled", "days", "holidays", "text"];

pub struct WorkingHours {
    pub desk: Arc<Desk>,
}

/// When somebody is at work, by the wall clock of the server's `TIMEZONE`.
#[derive(Debug, Object)]
#[oai(example)]
pub struct HoursJson {
    /// Whether contacts who write outside of the hours are told so.
    pub enabled: bool,
    pub days: Option<HoursDays>,
    /// Days on which no hours begin, `YYYY-MM-DD`; at most 400.
    #[oai(validator(max_items = 400))]
    pub holidays: Option<Vec<String>>,
    pub text: Option<HoursText>,
}

/// By weekday, pairs of times `HH:MM` from 00:00 to 24:00, at most eight a day and apart from each other. A pair that
/// ends before it begins ends on the day after. A day that is absent has none.
#[derive(Debug, Object)]
pub struct HoursDays {
    pub mon: Option<Vec<Vec<String>>>,
    pub tue: Option<Vec<Vec<String>>>,
    pub wed: Option<Vec<Vec<String>>>,
    pub thu: Option<Vec<Vec<String>>>,
    pub fri: Option<Vec<Vec<String>>>,
    pub sat: Option<Vec<Vec<String>>>,
    pub sun: Option<Vec<Vec<String>>>,
}

/// What a contact is told, by language; where the contact's own is blank, another. At least one when enabled.
#[derive(Debug, Object)]
pub struct HoursText {
    #[oai(validator(max_length = 4096))]
    pub ru: Option<String>,
    #[oai(validator(max_length = 4096))]
    pub en: Option<String>,
    #[oai(validator(max_length = 4096))]
    pub uz: Option<String>,
}

impl Example for HoursJson {
    fn example() -> Self {
        let shift = || Some(vec![vec!["09:00".to_owned(), "18:00".to_owned()]]);
        Self {
            enabled: true,
            days: Some(HoursDays {
                mon: shift(),
                tue: shift(),
                wed: shift(),
                thu: shift(),
                fri: shift(),
                sat: Some(vec![vec!["22:00".to_owned(), "02:00".to_owned()]]),
                sun: None,
            }),
            holidays: Some(vec!["2026-01-01".to_owned()]),
            text: Some(HoursText {
                ru: None,
                en: Some("Nobody is at work right now.".to_owned()),
                uz: None,
            }),
        }
    }
}

#[OpenApi(tag = "Tags::Desk")]
impl WorkingHours {
    /// Working hours
    ///
    /// Until an owner sets them: a usual week that is not enabled. A contact who writes outside of enabled hours gets the
    /// text as a message of support without an agent, at most once a day; it is neither posted to the group nor pushed.
    #[oai(
        path = "/support/hours",
        method = "get",
        operation_id = "working_hours"
    )]
    async fn hours(
        &self,
        asking: StaffAsking,
    ) -> Result<Serialised<HoursJson>, Failure<StaffReads>> {
        let hours = self.desk.hours(&asking.staff).await?;
        Ok(Serialised::from(&hours.to_json())?)
    }

    /// Set working hours
    ///
    /// For owners. Everything is replaced. `field` of a 400 names the very entry, such as `days.mon[0]`.
    #[oai(
        path = "/support/hours",
        method = "put",
        operation_id = "set_working_hours"
    )]
    async fn set(
        &self,
        asking: StaffAsking,
        body: JsonFields<HoursJson>,
    ) -> Result<Serialised<HoursJson>, Failure<StaffWrites>> {
        let mut fields = body.0;
        let given = FIELDS.into_iter().filter_map(|name| {
            let value = fields.any(name)?;
            Some((name.to_owned(), value))
        });
        let value = Value::Object(given.collect::<Map<_, _>>());
        let hours = self.desk.set_hours(&asking.staff, &value).await?;
        Ok(Serialised::from(&hours.to_json())?)
    }
}
