//! A copy of the database while it is in use: one consistent moment of it, checked before it counts.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

/// What a copy holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    pub messages: i64,
    pub bytes: u64,
}

/// Copies the database to a file that is not there yet; whoever writes meanwhile is not held up.
///
/// # Errors
/// A sentence for the operator. Nothing of the copy is left then.
pub fn copy(database: &Path, to: &Path) -> Result<Copied, String> {
    let copied = copied(database, to);
    if copied.is_err() {
        // What is not whole must not be taken for a copy; that it may not be there is the aim.
        let _ = std::fs::remove_file(to);
    }
    copied
}

fn copied(database: &Path, to: &Path) -> Result<Copied, String> {
    let wrong = |what: &str, error: rusqlite::Error| format!("{what}: {error}");
    let name = to
        .to_str()
        .ok_or_else(|| "the path of a copy must be UTF-8".to_owned())?;
    let source = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(|error| wrong(&format!("can not read {}", database.display()), error))?;
    source
        .busy_timeout(std::time::Duration::from_secs(30))
        .map_err(|error| wrong("can not wait for the database", error))?;
    // One reading transaction: a moment of the database, without its free pages.
    source
        .execute("VACUUM INTO ?1", [name])
        .map_err(|error| wrong(&format!("can not write {name}"), error))?;
    let file = std::fs::File::open(to).map_err(|error| format!("can not open {name}: {error}"))?;
    file.sync_all()
        .map_err(|error| format!("{name} could not be made durable: {error}"))?;
    let copy = Connection::open_with_flags(to, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(|error| wrong(&format!("can not read {name}"), error))?;
    let verdict: String = copy
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| wrong(&format!("can not check {name}"), error))?;
    if verdict != "ok" {
        return Err(format!("the copy {name} is damaged: {verdict}"));
    }
    let messages = copy
        .query_row("SELECT COUNT(*) FROM messages", [], |row| row.get(0))
        .map_err(|error| wrong(&format!("can not read {name}"), error))?;
    let bytes = file
        .metadata()
        .map_err(|error| format!("can not look at {name}: {error}"))?
        .len();
    Ok(Copied { messages, bytes })
}
