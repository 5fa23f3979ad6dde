//! A form with files: fields are collected, files stream into the uploads folder.

use bytes::Bytes;
use multer::{Constraints, Field, Multipart, SizeLimit};

use super::body::SteadyBody;
use super::feed::{Feed, Progress};
use super::fields::Fields;
use crate::domain::error::{Error, Kind};
use crate::media::{MediaError, Stored, Uploads};

/// The largest file, bytes.
pub const FILE_LIMIT: u64 = 10 * 1024 * 1024;
/// Files in one message.
pub const MOST_FILES: usize = 10;
/// All text fields and the boundaries between parts.
const TEXT_LIMIT: u64 = 512 * 1024;

/// What a form may hold.
pub struct Wanted {
    /// The text fields that are known.
    pub texts: &'static [&'static str],
    /// The field of the files.
    pub files: &'static str,
    /// Pictures alone, or files of any type.
    pub only_photos: bool,
    /// Text fields that, left empty, were not given.
    pub empty_is_absent: &'static [&'static str],
}

/// What a form held. The files go from the folder with this value unless they are kept.
pub struct Form {
    pub fields: Fields,
    pub files: Vec<Stored>,
}

/// Reads a multipart body. On an error nothing is left in the folder.
pub async fn read(
    body: &mut SteadyBody,
    boundary: &str,
    uploads: &Uploads,
    wanted: &Wanted,
) -> Result<Form, Error> {
    let whole = FILE_LIMIT * (MOST_FILES as u64 + 1) + TEXT_LIMIT;
    let limits = Constraints::new().size_limit(SizeLimit::new().whole_stream(whole));
    let (progress, mut failed) = (Progress::default(), None);
    let reader = Reader {
        uploads,
        wanted,
        progress: &progress,
    };
    let result = {
        let feed = Feed::new(body, &progress, &mut failed);
        let mut parts = Multipart::with_constraints(feed, boundary, limits);
        reader.parts(&mut parts).await
    };
    // The parser only knows that its stream failed; why, was noted on the side.
    match (failed, result) {
        (Some(error), Err(_)) => Err(error),
        (_, result) => result,
    }
}

struct Reader<'a> {
    uploads: &'a Uploads,
    wanted: &'a Wanted,
    progress: &'a Progress,
}

impl Reader<'_> {
    async fn parts(&self, parts: &mut Multipart<'_>) -> Result<Form, Error> {
        let mut form = Form {
            fields: Fields::default(),
            files: Vec::new(),
        };
        let mut text_bytes = 0;
        while let Some(mut part) = parts.next_field().await.map_err(broken)? {
            self.progress.made();
            let name = part.name().unwrap_or_default().to_owned();
            if name == self.wanted.files {
                let file = self.file(&mut part, form.files.len()).await?;
                form.files.extend(file);
            } else if self.wanted.texts.contains(&name.as_str()) {
                let text = self.text(&mut part, &name, &mut text_bytes).await?;
                form.fields.put(&name, text)?;
            } else {
                // Nobody's business; the whole stream is limited all the same.
                while self.chunk(&mut part).await?.is_some() {}
            }
        }
        Ok(form)
    }

    /// A file; None for the empty part that a form sends where no file was chosen.
    async fn file(&self, part: &mut Field<'_>, before: usize) -> Result<Option<Stored>, Error> {
        let name = part.file_name().unwrap_or_default().to_owned();
        let refused = |error| self.refused(error);
        let mut incoming = self.uploads.begin(FILE_LIMIT).await.map_err(refused)?;
        while let Some(chunk) = self.chunk(part).await? {
            if before >= MOST_FILES {
                return Err(self.too_many());
            }
            incoming.write(&chunk).await.map_err(refused)?;
        }
        if name.is_empty() && incoming.received() == 0 {
            return Ok(None);
        }
        if before >= MOST_FILES {
            return Err(self.too_many());
        }
        if self.wanted.only_photos {
            return incoming.finish_image().await.map(Some).map_err(refused);
        }
        if incoming.received() == 0 {
            return Err(Error::bad("empty_file", self.wanted.files));
        }
        let stored = incoming.finish_any(Some(&name)).await;
        stored.map(Some).map_err(refused)
    }

    fn too_many(&self) -> Error {
        let code = match self.wanted.only_photos {
            true => "too_many_photos",
            false => "too_many_files",
        };
        Error::bad(code, self.wanted.files).with("max", MOST_FILES)
    }

    async fn text(
        &self,
        part: &mut Field<'_>,
        name: &str,
        total: &mut u64,
    ) -> Result<String, Error> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk(part).await? {
            *total += chunk.len() as u64;
            if *total > TEXT_LIMIT {
                return Err(Error::new(Kind::TooLarge, "body_too_large")
                    .with("max", TEXT_LIMIT)
                    .on(name));
            }
            bytes.extend_from_slice(&chunk);
        }
        String::from_utf8(bytes).map_err(|_| Error::bad("invalid_field", name))
    }

    async fn chunk(&self, part: &mut Field<'_>) -> Result<Option<Bytes>, Error> {
        let chunk = part.chunk().await.map_err(broken)?;
        self.progress.made();
        Ok(chunk)
    }
}

impl Reader<'_> {
    /// Why a file was not taken, in the words of the interface.
    fn refused(&self, error: MediaError) -> Error {
        let field = self.wanted.files;
        match error {
            MediaError::TooLarge { limit } if self.wanted.only_photos => {
                Error::new(Kind::TooLarge, "photo_too_large")
                    .on(field)
                    .with("max", limit)
            }
            MediaError::TooLarge { limit } => Error::new(Kind::TooLarge, "file_too_large")
                .on(field)
                .with("max", limit),
            MediaError::NotAnImage => Error::new(Kind::UnsupportedMedia, "not_an_image").on(field),
            MediaError::TooManyPixels { max } => Error::new(Kind::TooLarge, "too_many_pixels")
                .on(field)
                .with("max", max / 1_000_000),
            MediaError::DiskFull => Error::new(Kind::StorageFull, "storage_full"),
            MediaError::Io(error) => Error::internal(format_args!("storing a file: {error}")),
        }
    }
}

fn broken(error: multer::Error) -> Error {
    match error {
        multer::Error::StreamSizeExceeded { limit } => {
            Error::new(Kind::TooLarge, "body_too_large").with("max", limit)
        }
        other => {
            tracing::debug!(error = %other, "a form could not be read");
            Error::new(Kind::BadRequest, "invalid_multipart")
        }
    }
}
