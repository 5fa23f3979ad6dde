//! The uploads folder: opening it, beginning an upload, reading, removing, and finding what is old
//! enough to be swept. Files and rows are matched by whoever knows the rows.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::stored::Draft;
use super::{Incoming, MediaError, names};

/// Pictures that are decoded at the same time; large ones go one by one besides.
const DECODERS: usize = 2;
/// Names in one batch of [`OldNames`].
const BATCH: usize = 500;

/// The folder where uploaded files live. Clones share it.
#[derive(Clone)]
pub struct Uploads(Arc<Inner>);

struct Inner {
    dir: PathBuf,
    decoders: Arc<Semaphore>,
    large_picture: Mutex<()>,
}

impl Uploads {
    /// Opens the folder, makes it where it is missing, proves that files can be written, and
    /// removes what an interrupted run left half uploaded. One process may do so at a time.
    pub async fn open(dir: PathBuf) -> Result<Self, MediaError> {
        let dir = blocking(move || {
            std::fs::create_dir_all(&dir)?;
            remove_leftovers(&dir)?;
            Draft::with(&dir, b"writable")?;
            Ok(dir)
        })
        .await?;
        Ok(Self::beside(dir))
    }

    /// A handle beside a running server, whose half uploaded files it leaves alone.
    pub fn beside(dir: PathBuf) -> Self {
        Self(Arc::new(Inner {
            dir,
            decoders: Arc::new(Semaphore::new(DECODERS)),
            large_picture: Mutex::new(()),
        }))
    }

    pub fn dir(&self) -> &Path {
        &self.0.dir
    }

    /// Begins a file of at most `limit` bytes.
    pub async fn begin(&self, limit: u64) -> Result<Incoming, MediaError> {
        let uploads = self.clone();
        let (draft, file) = blocking(move || Ok(Draft::create(uploads.dir())?)).await?;
        Ok(Incoming::new(self.clone(), draft, file, limit))
    }

    /// Where the file `name` is, if that is a name this module gives; whether it exists is not asked.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        names::is_ours(name).then(|| self.dir().join(name))
    }

    /// The whole file. Odd names are `NotFound`, as are unknown ones.
    pub async fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let path = self.path(name).ok_or(io::ErrorKind::NotFound)?;
        tokio::fs::read(path).await
    }

    /// Removes the file; false if there was none of that name.
    pub async fn remove(&self, name: &str) -> io::Result<bool> {
        let Some(path) = self.path(name) else {
            return Ok(false);
        };
        match tokio::fs::remove_file(path).await {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Files, thumbnails included, that were last written more than `age` before `now`.
    pub async fn names_older_than(
        &self,
        age: Duration,
        now: DateTime<Utc>,
    ) -> io::Result<OldNames> {
        Ok(OldNames {
            before: SystemTime::from(now).checked_sub(age),
            entries: tokio::fs::read_dir(self.dir()).await?,
        })
    }

    pub(super) async fn turn_to_decode(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed; if it were, waiting would not be the right answer.
        self.0.decoders.clone().acquire_owned().await.ok()
    }

    #[cfg(test)]
    pub(super) fn all_turns_are_free(&self) -> bool {
        self.0.decoders.available_permits() == DECODERS
    }

    pub(super) fn large_picture(&self) -> &Mutex<()> {
        &self.0.large_picture
    }
}

/// Old files, some hundred names at a time, so that a full folder does not fill the memory.
pub struct OldNames {
    /// `None`: the age reaches back before time began, and nothing is that old.
    before: Option<SystemTime>,
    entries: tokio::fs::ReadDir,
}

impl OldNames {
    /// The next names; `None` when there are no more.
    pub async fn next_batch(&mut self) -> io::Result<Option<Vec<String>>> {
        let mut batch = Vec::new();
        while batch.len() < BATCH {
            let Some(entry) = self.entries.next_entry().await? else {
                break;
            };
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            if names::is_ours(&name) && self.is_old(&entry).await? {
                batch.push(name);
            }
        }
        Ok((!batch.is_empty()).then_some(batch))
    }

    async fn is_old(&self, entry: &tokio::fs::DirEntry) -> io::Result<bool> {
        match entry.metadata().await {
            Ok(found) => Ok(self.before.is_some_and(|before| {
                found.is_file() && found.modified().is_ok_and(|written| written < before)
            })),
            // Somebody removed it just now.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn remove_leftovers(dir: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if entry
            .file_name()
            .to_string_lossy()
            .starts_with(names::TEMPORARY)
        {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Work with the disk or with pixels, off the asynchronous threads. It ends even if nobody waits
/// for it; what it then made is dropped.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, MediaError> + Send + 'static,
) -> Result<T, MediaError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(stopped) => Err(MediaError::Io(io::Error::other(stopped))),
    }
}

#[cfg(test)]
mod tests;
