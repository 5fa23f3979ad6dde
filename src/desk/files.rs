//! Files that a request names instead of bringing them: whoever can fetch such a file says so here.

use futures_util::future::BoxFuture;

use super::Desk;
use crate::domain::error::Error;
use crate::media::{Stored, Uploads};

/// Somewhere outside where files lie under names of its own.
pub trait FileSource: std::fmt::Debug + Send + Sync {
    /// Brings the file of that name into the uploads; it goes again with the value that is returned.
    ///
    /// # Errors
    /// `file_not_found` and `file_too_large` on `file`, `telegram_unreachable`, `storage_full`.
    fn fetch<'a>(
        &'a self,
        uploads: &'a Uploads,
        file_id: &'a str,
    ) -> BoxFuture<'a, Result<Stored, Error>>;
}

impl Desk {
    /// # Errors
    /// As [`FileSource::fetch`], and `files_need_telegram` where there is no source.
    pub(super) async fn fetch_file(&self, file_id: &str) -> Result<Stored, Error> {
        match &self.settings.files {
            Some(source) => source.fetch(&self.uploads, file_id).await,
            None => Err(Error::bad("files_need_telegram", "file")),
        }
    }
}
