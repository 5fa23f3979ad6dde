//! Files on their way into the folder, and those that arrived. Until somebody keeps it, a file is
//! removed with the value that stands for it, whichever way that value goes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::names;

/// What is known of a file in the folder; the row that keeps it is made from this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// Name in the folder, unguessable, with the extension of the sniffed kind.
    pub name: String,
    /// Name of the thumbnail in the same folder: a picture of at most 320 × 320.
    pub thumb: Option<String>,
    /// Sniffed; `application/octet-stream` where the kind is unknown.
    pub mime: String,
    /// Bytes in the folder, which may be fewer than were sent.
    pub size: u64,
    /// Pixels as the picture is shown, orientation applied.
    pub width: Option<u32>,
    pub height: Option<u32>,
    /// SHA-256 of what was sent, before anything was taken out: tells whether the same file came again.
    pub sha256: [u8; 32],
    /// What the sender called it, fit to be shown.
    pub original_name: Option<String>,
}

/// A file that is safely in the folder and still without a row. Dropping it removes the file and
/// its thumbnail.
#[must_use = "a stored file that is not kept is removed at once"]
#[derive(Debug)]
pub struct Stored {
    file: StoredFile,
    drafts: Vec<Draft>,
}

impl Stored {
    pub(super) fn new(file: StoredFile, drafts: Vec<Draft>) -> Self {
        Self { file, drafts }
    }

    pub fn file(&self) -> &StoredFile {
        &self.file
    }

    /// Leaves the file in the folder for good. Call it where the row becomes durable, not after the
    /// answer: a caller who goes away in between would take the file of a committed row along.
    pub fn keep(self) -> StoredFile {
        self.drafts.into_iter().for_each(Draft::keep);
        self.file
    }
}

/// A file in the folder that goes when this value goes.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    kept: bool,
}

impl Draft {
    /// An empty file under a temporary name.
    pub fn create(folder: &Path) -> io::Result<(Self, File)> {
        let path = folder.join(names::temporary()?);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)?;
        Ok((Self { path, kept: false }, file))
    }

    /// A file with this content, on the disk when this returns.
    pub fn with(folder: &Path, content: &[u8]) -> io::Result<Self> {
        let (draft, mut file) = Self::create(folder)?;
        file.write_all(content)?;
        file.sync_all()?;
        Ok(draft)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the file its final name. The folder still has to be synced.
    pub fn rename(&mut self, name: &str) -> io::Result<()> {
        let to = self.path.with_file_name(name);
        fs::rename(&self.path, &to)?;
        self.path = to;
        Ok(())
    }

    fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Draft {
    /// Removing a name is quick enough for an asynchronous thread, and must not depend on one.
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        if let Err(error) = fs::remove_file(&self.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "an unwanted upload could not be removed; it goes at the next start or sweep");
        }
    }
}

/// Makes new names in the folder outlive a loss of power.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
