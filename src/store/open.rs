//! How a connection is opened: what only SQLite has sits here.

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::Connection;
use rusqlite::config::DbConfig;

/// The read-write connection, durable before anything is acknowledged.
pub fn read_write(path: &Path) -> Result<Connection, String> {
    let describe = |error: rusqlite::Error| trouble(path, &error);
    let connection = Connection::open(path).map_err(describe)?;
    connection
        .busy_timeout(Duration::from_secs(10))
        .map_err(describe)?;
    // WAL with FULL: a commit is on the disk when it returns. mmap off: a truncated file would be a SIGBUS.
    // A log of 16 MB before it goes into the file: a message touches six pages or so, and with SQLite's
    // 4 MB the same pages were written and synced again after every few commits.
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA mmap_size = 0;
             PRAGMA temp_store = MEMORY;
             PRAGMA cache_size = -8000;
             PRAGMA wal_autocheckpoint = 4000;
             PRAGMA trusted_schema = OFF;",
        )
        .map_err(describe)?;
    // Reading the schema fails at once on a file that is no database; the pages are checked in the background.
    connection
        .query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| {
            row.get::<_, i64>(0)
        })
        .map_err(describe)?;
    keep_plans(&connection).map_err(describe)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

/// A prepared statement keeps its plan. Without this SQLite plans each `LIMIT ?` anew whenever a value
/// is bound to it, which took a tenth of the time of a page of history. It also keeps SQLite from seeing that a
/// page is short: `CROSS JOIN` says that the rest of a query follows from it.
pub(super) fn keep_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map(drop)
}

/// Makes a pooled connection one that can not write.
pub fn configure_reader(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.execute_batch(
        "PRAGMA query_only = ON;
         PRAGMA foreign_keys = ON;
         PRAGMA mmap_size = 0;
         PRAGMA cache_size = -2000;
         PRAGMA trusted_schema = OFF;",
    )?;
    keep_plans(connection)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn trouble(path: &Path, error: &rusqlite::Error) -> String {
    let path = path.display();
    match error.sqlite_error_code() {
        Some(
            rusqlite::ffi::ErrorCode::NotADatabase | rusqlite::ffi::ErrorCode::DatabaseCorrupt,
        ) => format!(
            "the database {path} is damaged or no database ({error}): restore a backup, or move the file away to start anew"
        ),
        Some(
            rusqlite::ffi::ErrorCode::CannotOpen
            | rusqlite::ffi::ErrorCode::PermissionDenied
            | rusqlite::ffi::ErrorCode::ReadOnly,
        ) => format!(
            "can not open the database {path} ({error}): the folder must exist and be writable for this user, or set DATABASE_PATH"
        ),
        _ => format!("can not use the database {path}: {error}"),
    }
}

/// A time as the tables hold it: text order is time order.
pub fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A time that may be absent.
pub fn read_optional_time(
    row: &rusqlite::Row,
    column: impl rusqlite::RowIndex + Copy,
) -> rusqlite::Result<Option<DateTime<Utc>>> {
    match row.get_ref(column)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => read_time(row, column).map(Some),
    }
}

/// A time read back from a column.
pub fn read_time(
    row: &rusqlite::Row,
    column: impl rusqlite::RowIndex,
) -> rusqlite::Result<DateTime<Utc>> {
    let text = row.get_ref(column)?.as_str()?;
    text.parse().map_err(|error: chrono::ParseError| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
    })
}
