//! One file while it arrives: counted, hashed and written chunk by chunk, then looked at as a
//! whole. Memory while streaming is one buffer, however large the file.

use std::path::Path;

use sha2::{Digest, Sha256};
use tokio::io::{AsyncWriteExt, BufWriter};

use super::folder::blocking;
use super::kinds::{self, Kind};
use super::picture::{self, Picture};
use super::stored::{Draft, Stored, StoredFile, sync_folder};
use super::{MediaError, Uploads, clean, names};

/// Chunks are gathered to this many bytes before they go to the disk.
const BUFFER: usize = 256 * 1024;

/// A file that is arriving. Dropping it removes what has arrived.
pub struct Incoming {
    uploads: Uploads,
    draft: Draft,
    file: BufWriter<tokio::fs::File>,
    /// The first bytes, by which the kind is told.
    start: Vec<u8>,
    hash: Sha256,
    received: u64,
    limit: u64,
}

/// What came, once it is whole.
struct Arrived {
    uploads: Uploads,
    draft: Draft,
    file: std::fs::File,
    start: Vec<u8>,
    sha256: [u8; 32],
    size: u64,
}

impl Incoming {
    pub(super) fn new(uploads: Uploads, draft: Draft, file: std::fs::File, limit: u64) -> Self {
        Self {
            uploads,
            draft,
            file: BufWriter::with_capacity(BUFFER, tokio::fs::File::from_std(file)),
            start: Vec::new(),
            hash: Sha256::new(),
            received: 0,
            limit,
        }
    }

    /// Bytes that have come so far.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Takes the next bytes. `TooLarge` as soon as there are more than the limit, `DiskFull` or
    /// `Io` when they can not be written; the upload is then lost and only to be dropped.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), MediaError> {
        self.received = self.received.saturating_add(chunk.len() as u64);
        self.within_limit()?;
        let wanted = kinds::SNIFFED_BYTES.saturating_sub(self.start.len());
        self.start.extend(chunk.iter().take(wanted));
        self.hash.update(chunk);
        Ok(self.file.write_all(chunk).await?)
    }

    /// Stores a photo: PNG, JPEG, GIF or WebP by its content, cleaned, with a thumbnail.
    pub async fn finish_image(self) -> Result<Stored, MediaError> {
        let arrived = self.whole().await?;
        if clean::format(&arrived.start).is_none() {
            return Err(MediaError::NotAnImage);
        }
        let turn = arrived.uploads.turn_to_decode().await;
        blocking(move || {
            let _turn = turn; // kept to the end, even if nobody waits for it any more
            arrived.store_image()
        })
        .await
    }

    /// Stores a file of any kind. Images are treated like photos; one that can not be decoded is
    /// stored as it is, one with too many pixels without its metadata, both as plain downloads.
    pub async fn finish_any(self, claimed_name: Option<&str>) -> Result<Stored, MediaError> {
        let original_name = claimed_name.and_then(names::sanitised);
        let arrived = self.whole().await?;
        let turn = match clean::format(&arrived.start) {
            Some(_) => Some(arrived.uploads.turn_to_decode().await),
            None => None,
        };
        blocking(move || {
            let _turn = turn; // as above
            arrived.store_any(original_name)
        })
        .await
    }

    fn within_limit(&self) -> Result<(), MediaError> {
        match self.received > self.limit {
            true => Err(MediaError::TooLarge { limit: self.limit }),
            false => Ok(()),
        }
    }

    /// Everything handed to the operating system. An upload that was refused half way stays refused.
    async fn whole(mut self) -> Result<Arrived, MediaError> {
        self.within_limit()?;
        self.file.flush().await?;
        Ok(Arrived {
            uploads: self.uploads,
            draft: self.draft,
            file: self.file.into_inner().into_std().await,
            start: self.start,
            sha256: self.hash.finalize().into(),
            size: self.received,
        })
    }
}

/// On a blocking thread.
impl Arrived {
    fn store_image(self) -> Result<Stored, MediaError> {
        let raw = std::fs::read(self.draft.path())?;
        let picture = picture::prepare(&raw, self.uploads.large_picture())?;
        drop(raw);
        self.store_picture(picture, None)
    }

    fn store_any(self, original_name: Option<String>) -> Result<Stored, MediaError> {
        if clean::format(&self.start).is_none() {
            let kind = kinds::other_than_photo(&self.start);
            return self.store_as_it_is(kind, original_name);
        }
        let raw = std::fs::read(self.draft.path())?;
        match picture::prepare(&raw, self.uploads.large_picture()) {
            Ok(picture) => self.store_picture(picture, original_name),
            Err(MediaError::TooManyPixels { .. }) => match picture::cleaned_only(&raw) {
                Some(cleaned) => self.store_cleaned(&cleaned, original_name),
                None => self.store_as_it_is(kinds::UNKNOWN, original_name),
            },
            Err(MediaError::NotAnImage) => self.store_as_it_is(kinds::UNKNOWN, original_name),
            Err(other) => Err(other),
        }
    }

    fn store_picture(
        self,
        picture: Picture,
        original_name: Option<String>,
    ) -> Result<Stored, MediaError> {
        let folder = self.uploads.dir();
        let thumb = names::with_extension(picture.thumbnail_kind.extension)?;
        let thumbnail = Draft::with(folder, &picture.thumbnail)?;
        let photo = Draft::with(folder, &picture.bytes)?;
        let file = StoredFile {
            size: picture.bytes.len() as u64,
            width: Some(picture.width),
            height: Some(picture.height),
            ..self.described(picture.kind, original_name)?
        };
        publish(folder, file, photo, Some((thumb, thumbnail)))
    }

    fn store_cleaned(
        self,
        cleaned: &[u8],
        original_name: Option<String>,
    ) -> Result<Stored, MediaError> {
        let folder = self.uploads.dir();
        let draft = Draft::with(folder, cleaned)?;
        let file = StoredFile {
            size: cleaned.len() as u64,
            ..self.described(kinds::UNKNOWN, original_name)?
        };
        publish(folder, file, draft, None)
    }

    fn store_as_it_is(
        self,
        kind: Kind,
        original_name: Option<String>,
    ) -> Result<Stored, MediaError> {
        self.file.sync_all()?;
        let file = self.described(kind, original_name)?;
        publish(self.uploads.dir(), file, self.draft, None)
    }

    fn described(
        &self,
        kind: Kind,
        original_name: Option<String>,
    ) -> Result<StoredFile, MediaError> {
        Ok(StoredFile {
            name: names::with_extension(kind.extension)?,
            thumb: None,
            mime: kind.mime.to_owned(),
            size: self.size,
            width: None,
            height: None,
            sha256: self.sha256,
            original_name,
        })
    }
}

/// Gives synced files their final names, and makes the names last.
fn publish(
    folder: &Path,
    mut file: StoredFile,
    mut draft: Draft,
    thumbnail: Option<(String, Draft)>,
) -> Result<Stored, MediaError> {
    draft.rename(&file.name)?;
    let mut drafts = vec![draft];
    if let Some((name, mut draft)) = thumbnail {
        draft.rename(&name)?;
        drafts.push(draft);
        file.thumb = Some(name);
    }
    sync_folder(folder)?;
    Ok(Stored::new(file, drafts))
}

#[cfg(test)]
mod tests;
