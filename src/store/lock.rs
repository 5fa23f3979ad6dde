//! A lock file beside the database: a second server on the same file refuses to start.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

/// Held until dropped; the operating system frees it also when the process is killed.
pub struct Lock(#[allow(dead_code)] File);

impl Lock {
    pub fn take(database: &Path) -> Result<Self, String> {
        let mut path = database.as_os_str().to_owned();
        path.push(".lock");
        let shown = path.to_string_lossy().into_owned();
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| {
                format!(
                    "can not open the lock file {shown} ({error}): the folder must exist and be writable for this user, or set DATABASE_PATH"
                )
            })?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(format!(
                "another relaydesk is running on this database ({shown} is locked): stop it, or set another DATABASE_PATH"
            )),
            Err(TryLockError::Error(error)) => Err(format!("can not lock {shown}: {error}")),
        }
    }
}
