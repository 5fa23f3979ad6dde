//! Canned answers: texts that agents give by name.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, params};

use super::open::{read_time, time};
use super::reader::Reading;
use super::writer::Tx;
use crate::domain::error::Error;
use crate::domain::ids::CannedId;

/// A canned answer, as it is read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CannedRow {
    pub id: CannedId,
    /// One word, lower case.
    pub name: String,
    pub text: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

fn canned(row: &Row) -> rusqlite::Result<CannedRow> {
    Ok(CannedRow {
        id: CannedId(row.get("id")?),
        name: row.get("name")?,
        text: row.get("text")?,
        created_at: read_time(row, "created_at")?,
        updated_at: read_time(row, "updated_at")?,
    })
}

impl Reading<'_> {
    /// All of them, by name.
    pub fn canned_answers(&self) -> Result<Vec<CannedRow>, Error> {
        let sql =
            r"SELECT id, name, text, created_at, updated_at FROM canned_answers ORDER BY name";
        let answers = self
            .prepare(sql)?
            .query_map([], canned)?
            .collect::<Result<_, _>>()?;
        Ok(answers)
    }

    pub fn canned_answer(&self, name: &str) -> Result<Option<CannedRow>, Error> {
        let sql =
            r"SELECT id, name, text, created_at, updated_at FROM canned_answers WHERE name = ?1";
        Ok(self.prepare(sql)?.query_row([name], canned).optional()?)
    }
}

impl Tx<'_> {
    pub fn insert_canned(&mut self, name: &str, text: &str) -> Result<CannedRow, Error> {
        let sql = r"INSERT INTO canned_answers (name, text, created_at, updated_at) VALUES (?1, ?2, ?3, ?3)
                    RETURNING id, name, text, created_at, updated_at";
        let now = time(self.now());
        Ok(self
            .prepare(sql)?
            .query_row(params![name, text, now], canned)?)
    }

    /// None when there is none with this id.
    pub fn change_canned(
        &mut self,
        id: CannedId,
        name: &str,
        text: &str,
    ) -> Result<Option<CannedRow>, Error> {
        let sql = r"UPDATE canned_answers SET name = ?2, text = ?3, updated_at = ?4 WHERE id = ?1
                    RETURNING id, name, text, created_at, updated_at";
        let now = time(self.now());
        Ok(self
            .prepare(sql)?
            .query_row(params![id.0, name, text, now], canned)
            .optional()?)
    }

    /// Whether there was one.
    pub fn delete_canned(&mut self, id: CannedId) -> Result<bool, Error> {
        let sql = r"DELETE FROM canned_answers WHERE id = ?1";
        Ok(self.prepare(sql)?.execute([id.0])? > 0)
    }
}
