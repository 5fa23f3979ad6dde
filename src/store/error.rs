//! From SQLite's errors to the house's vocabulary.

use rusqlite::ffi::ErrorCode;

use crate::domain::error::{Error, Kind};

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        if !takes_no_more(&error) {
            return Self::internal(format_args!("database: {error}"));
        }
        let mut full = Self::new(Kind::StorageFull, "storage_full");
        full.detail = Some(error.to_string());
        full
    }
}

/// No space; or a write that failed, which is how SQLite tells of a quota or of a limit on file sizes.
fn takes_no_more(error: &rusqlite::Error) -> bool {
    let Some(inner) = error.sqlite_error() else {
        return false;
    };
    inner.code == ErrorCode::DiskFull || inner.extended_code == rusqlite::ffi::SQLITE_IOERR_WRITE
}
