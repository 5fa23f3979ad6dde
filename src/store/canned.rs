//! Canned answers: texts that agents send by their name.

use rusqlite::{OptionalExtension, Row};

use super::reader::Reading;
use crate::domain::error::Error;

/// A canned answer, as it is read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CannedRow {
    pub id: i64,
    /// One word, lower case.
    pub name: String,
    pub text: String,
}

fn canned(row: &Row) -> rusqlite::Result<CannedRow> {
    Ok(CannedRow {
        id: row.get("id")?,
        name: row.get("name")?,
        text: row.get("text")?,
    })
}

impl Reading<'_> {
    /// The canned answer of that name, in lower case.
    pub fn canned_answer(&self, name: &str) -> Result<Option<CannedRow>, Error> {
        let sql = r"SELECT id, name, text FROM canned_answers WHERE name = ?1";
        Ok(self.prepare(sql)?.query_row([name], canned).optional()?)
    }

    /// All of them, by name.
    pub fn canned_answers(&self) -> Result<Vec<CannedRow>, Error> {
        let sql = r"SELECT id, name, text FROM canned_answers ORDER BY name";
        let rows = self
            .prepare(sql)?
            .query_map([], canned)?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }
}
