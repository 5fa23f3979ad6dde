//! Contacts: who asks.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, params};

use super::open::{read_optional_time, read_time, time};
use super::reader::Reading;
use super::writer::Tx;
use crate::domain::error::Error;
use crate::domain::ids::{ContactId, MessageId, UserId};
use crate::domain::locale::Locale;
use crate::domain::ticket::Channel;

#[derive(Debug, Clone)]
pub struct ContactRow {
    pub id: ContactId,
    pub user: UserId,
    pub name: Option<String>,
    pub read_up_to: MessageId,
    pub channel: Channel,
    /// `tg:…` contacts and linked ones.
    pub telegram_id: Option<i64>,
    pub username: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub email: Option<String>,
    /// None until the contact has chosen or shown one.
    pub language: Option<Locale>,
    pub is_blocked: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: Option<DateTime<Utc>>,
}

/// What a contact's token tells of it; None leaves what is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Profile<'a> {
    pub name: Option<&'a str>,
    pub email: Option<&'a str>,
    pub username: Option<&'a str>,
}

macro_rules! contact_columns {
    () => {
        "id, user_id, name, read_up_to, channel, telegram_id, username, first_name, last_name, email, language, is_blocked, created_at, updated_at"
    };
}
pub(super) use contact_columns;

pub(super) fn contact(row: &Row) -> rusqlite::Result<ContactRow> {
    Ok(ContactRow {
        id: ContactId(row.get("id")?),
        user: UserId::stored(row.get("user_id")?),
        name: row.get("name")?,
        read_up_to: MessageId(row.get("read_up_to")?),
        channel: Channel::parse(row.get_ref("channel")?.as_str()?).unwrap_or(Channel::Api),
        telegram_id: row.get("telegram_id")?,
        username: row.get("username")?,
        first_name: row.get("first_name")?,
        last_name: row.get("last_name")?,
        email: row.get("email")?,
        language: row
            .get::<_, Option<String>>("language")?
            .and_then(|word| Locale::parse(&word)),
        is_blocked: row.get("is_blocked")?,
        created_at: read_time(row, "created_at")?,
        updated_at: read_optional_time(row, "updated_at")?,
    })
}

impl Reading<'_> {
    pub fn contact(&self, user: &UserId) -> Result<Option<ContactRow>, Error> {
        let sql = concat!(
            "SELECT ",
            contact_columns!(),
            " FROM contacts WHERE user_id = ?1"
        );
        Ok(self
            .prepare(sql)?
            .query_row([user.as_str()], contact)
            .optional()?)
    }

    pub fn contact_by_id(&self, id: ContactId) -> Result<Option<ContactRow>, Error> {
        let sql = concat!(
            "SELECT ",
            contact_columns!(),
            " FROM contacts WHERE id = ?1"
        );
        Ok(self.prepare(sql)?.query_row([id.0], contact).optional()?)
    }

    pub fn contact_of_telegram(&self, telegram_id: i64) -> Result<Option<ContactRow>, Error> {
        let sql = concat!(
            "SELECT ",
            contact_columns!(),
            " FROM contacts WHERE telegram_id = ?1"
        );
        Ok(self
            .prepare(sql)?
            .query_row([telegram_id], contact)
            .optional()?)
    }
}

impl Tx<'_> {
    /// The contact with this id, made if new; a name that was given becomes the latest known one.
    pub fn touch_contact(
        &mut self,
        user: &UserId,
        name: Option<&str>,
        channel: Channel,
    ) -> Result<ContactRow, Error> {
        if let Some(mut known) = self.contact(user)? {
            if let Some(name) = name.filter(|name| known.name.as_deref() != Some(name)) {
                let sql = r"UPDATE contacts SET name = ?2, updated_at = ?3 WHERE id = ?1";
                let now = time(self.now());
                self.prepare(sql)?.execute(params![known.id.0, name, now])?;
                known.name = Some(name.to_owned());
            }
            return Ok(known);
        }
        let sql = concat!(
            "INSERT INTO contacts (user_id, name, channel, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4) RETURNING ",
            contact_columns!()
        );
        let now = time(self.now());
        Ok(self
            .prepare(sql)?
            .query_row(params![user.as_str(), name, channel.as_str(), now], contact)?)
    }

    /// The same, with what a token tells of it besides its name.
    pub fn touch_profile(
        &mut self,
        user: &UserId,
        told: Profile,
        channel: Channel,
    ) -> Result<ContactRow, Error> {
        let mut known = self.touch_contact(user, told.name, channel)?;
        let news = |told: Option<&str>, known: &Option<String>| {
            told.is_some_and(|told| known.as_deref() != Some(told))
        };
        if news(told.email, &known.email) || news(told.username, &known.username) {
            let sql = r"UPDATE contacts SET email = COALESCE(?2, email), username = COALESCE(?3, username), updated_at = ?4 WHERE id = ?1";
            let now = time(self.now());
            self.prepare(sql)?
                .execute(params![known.id.0, told.email, told.username, now])?;
            known.email = told.email.map(str::to_owned).or(known.email);
            known.username = told.username.map(str::to_owned).or(known.username);
        }
        Ok(known)
    }

    /// Moves the contact's mark forward, never back; whether that was news.
    pub fn mark_read(&mut self, id: ContactId, up_to: MessageId) -> Result<bool, Error> {
        let sql = r"UPDATE contacts SET read_up_to = ?2 WHERE id = ?1 AND read_up_to < ?2";
        Ok(self.prepare(sql)?.execute(params![id.0, up_to.0])? > 0)
    }
}
