//! The pool of read-only connections.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use r2d2::Pool;
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::{CachedStatement, Connection};
use tokio::sync::Semaphore;

use super::open;
use crate::domain::error::{Error, Kind};

/// Enough to keep two cores busy while one waits for the disk.
const CONNECTIONS: u32 = 4;

pub struct Readers {
    pool: Pool<SqliteConnectionManager>,
    /// One permit a connection, so that waiting readers hold no blocking thread.
    permits: Arc<Semaphore>,
}

impl Readers {
    pub fn open(path: &Path) -> Result<Self, String> {
        let manager = SqliteConnectionManager::file(path).with_init(open::configure_reader);
        let pool = Pool::builder()
            .max_size(CONNECTIONS)
            .test_on_check_out(false)
            .connection_timeout(Duration::from_secs(10))
            .build(manager)
            .map_err(|error| format!("can not open {} for reading: {error}", path.display()))?;
        Ok(Self {
            pool,
            permits: Arc::new(Semaphore::new(CONNECTIONS as usize)),
        })
    }

    pub async fn run<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Reading) -> Result<T, Error> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| Error::new(Kind::ShuttingDown, "shutting_down"))?;
        let pool = self.pool.clone();
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let connection = pool
                .get()
                .map_err(|error| Error::internal(format_args!("no connection to read: {error}")))?;
            work(&Reading(&connection))
        })
        .await
        .map_err(|error| Error::internal(format_args!("a read was cut: {error}")))?
    }
}

/// A connection to read from; the families of tables add their queries to it.
pub struct Reading<'a>(pub(super) &'a Connection);

impl Reading<'_> {
    pub(super) fn prepare(&self, sql: &'static str) -> Result<CachedStatement<'_>, Error> {
        Ok(self.0.prepare_cached(sql)?)
    }

    /// The same for a query whose filters are put together; never from what the world sends.
    pub(super) fn prepare_any(&self, sql: &str) -> Result<CachedStatement<'_>, Error> {
        Ok(self.0.prepare_cached(sql)?)
    }

    /// Looks at every page; the words of the first damage found.
    pub fn damage(&self) -> Result<Option<String>, Error> {
        let verdict: String = self
            .prepare("PRAGMA quick_check(1)")?
            .query_row([], |row| row.get(0))?;
        Ok((verdict != "ok").then_some(verdict))
    }

    /// Those of the names that no row knows, for the sweeper.
    pub fn stray_files(&self, names: Vec<String>) -> Result<Vec<String>, Error> {
        let sql = r"SELECT 1 FROM attachments WHERE file = ?1 UNION ALL SELECT 1 FROM attachments WHERE thumb = ?1";
        let mut statement = self.prepare(sql)?;
        let mut strays = Vec::new();
        for name in names {
            if !statement.exists([&name])? {
                strays.push(name);
            }
        }
        Ok(strays)
    }
}
