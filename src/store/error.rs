//! From SQLite's errors to the house's vocabulary.

use rusqlite::ffi::ErrorCode;

use crate::domain::error::{Error, Kind};

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => {
                let mut full = Self::new(Kind::StorageFull, "storage_full");
                full.detail = Some(error.to_string());
                full
            }
            _ => Self::internal(format_args!("database: {error}")),
        }
    }
}
