//! Devices registered for push.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::open::{read_time, time};
use super::reader::Reading;
use super::writer::Tx;
use crate::domain::device::{Device, Platform};
use crate::domain::error::Error;
use crate::domain::ids::{ContactId, DeviceId, UserId};

/// How a device is doing, its token left out.
#[derive(Debug, Clone)]
pub struct DeviceState {
    /// android, ios or web.
    pub platform: String,
    /// Why its last push was refused; gone once its app registers again.
    pub last_error: Option<String>,
    pub refreshed_at: DateTime<Utc>,
}

impl Reading<'_> {
    pub fn device_count(&self, contact: ContactId) -> Result<i64, Error> {
        let sql = r"SELECT COUNT(*) FROM device_tokens WHERE contact_id = ?1";
        Ok(self
            .prepare(sql)?
            .query_row([contact.0], |row| row.get(0))?)
    }

    pub fn devices_of(&self, contact: ContactId) -> Result<Vec<DeviceId>, Error> {
        let sql = r"SELECT id FROM device_tokens WHERE contact_id = ?1 ORDER BY id";
        let ids = self
            .prepare(sql)?
            .query_map([contact.0], |row| row.get(0).map(DeviceId))?
            .collect::<Result<_, _>>()?;
        Ok(ids)
    }

    /// A contact's devices as staff sees them, in the order they came.
    pub fn device_states(&self, contact: ContactId) -> Result<Vec<DeviceState>, Error> {
        let sql = r"SELECT platform, last_error, refreshed_at FROM device_tokens WHERE contact_id = ?1 ORDER BY id";
        let states = self
            .prepare(sql)?
            .query_map([contact.0], |row| {
                Ok(DeviceState {
                    platform: row.get("platform")?,
                    last_error: row.get("last_error")?,
                    refreshed_at: read_time(row, "refreshed_at")?,
                })
            })?
            .collect::<Result<_, _>>()?;
        Ok(states)
    }

    pub fn device(&self, id: DeviceId) -> Result<Option<Device>, Error> {
        let sql = r"SELECT d.id, c.user_id, d.token, d.last_error FROM device_tokens d JOIN contacts c ON c.id = d.contact_id WHERE d.id = ?1";
        Ok(self
            .prepare(sql)?
            .query_row([id.0], |row| {
                Ok(Device {
                    id: DeviceId(row.get(0)?),
                    user: UserId::stored(row.get(1)?),
                    token: row.get(2)?,
                    last_error: row.get(3)?,
                })
            })
            .optional()?)
    }
}

impl Tx<'_> {
    /// Registers a token. It belongs to one contact only, and a device has one token only: rows that say
    /// otherwise go, and with them the pushes that waited for them.
    pub fn put_device(
        &mut self,
        contact: ContactId,
        token: &str,
        platform: Platform,
        device_id: Option<&str>,
    ) -> Result<(), Error> {
        let sql = r"DELETE FROM device_tokens WHERE (token = ?2 AND contact_id <> ?1)
                    OR (contact_id = ?1 AND device_id = ?3 AND token <> ?2)";
        self.prepare(sql)?
            .execute(params![contact.0, token, device_id])?;
        let sql = r"INSERT INTO device_tokens (contact_id, token, platform, device_id, created_at, refreshed_at)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?5)
                    ON CONFLICT (token) DO UPDATE SET platform = excluded.platform, refreshed_at = excluded.refreshed_at,
                    device_id = COALESCE(excluded.device_id, device_tokens.device_id), last_error = NULL";
        let now = time(self.now());
        self.prepare(sql)?
            .execute(params![contact.0, token, platform.as_str(), device_id, now])?;
        Ok(())
    }

    pub fn delete_token(&mut self, contact: ContactId, token: &str) -> Result<(), Error> {
        let sql = r"DELETE FROM device_tokens WHERE contact_id = ?1 AND token = ?2";
        self.prepare(sql)?.execute(params![contact.0, token])?;
        Ok(())
    }

    pub fn delete_device(&mut self, id: DeviceId) -> Result<(), Error> {
        self.prepare(r"DELETE FROM device_tokens WHERE id = ?1")?
            .execute([id.0])?;
        Ok(())
    }

    pub fn device_answered(&mut self, id: DeviceId, error: Option<&str>) -> Result<(), Error> {
        let sql = r"UPDATE device_tokens SET last_error = ?2 WHERE id = ?1";
        self.prepare(sql)?.execute(params![id.0, error])?;
        Ok(())
    }
}
