//! Files of the sandbox: kept in memory, oldest dropped first, looked up by `file_id` or path.

use std::collections::VecDeque;
use std::io::Cursor;
use std::sync::OnceLock;

use bytes::Bytes;
use image::ImageReader;
use serde_json::{Value, json};

use super::answer::ApiError;
use super::media::FileKind;
use super::params::Upload;

/// All files together stay under this; the oldest go first.
const KEEP_BYTES: usize = 256 * 1024 * 1024;
/// Telegram's limit for a photo.
const PHOTO_BYTES: usize = 10 * 1024 * 1024;
/// What bots can fetch.
const FETCH_BYTES: u64 = 20 * 1024 * 1024;

#[derive(Clone)]
pub(super) struct StoredFile {
    pub id: String,
    /// As what it was sent first; it stays that.
    pub kind: FileKind,
    pub path: String,
    pub name: String,
    pub mime: String,
    pub bytes: Bytes,
    /// What the sender said it weighs; more than the bytes for a file that is claimed too big.
    pub size: u64,
}

#[derive(Default)]
pub(super) struct Files {
    kept: VecDeque<StoredFile>,
    total: usize,
    last: u64,
}

impl Files {
    pub fn keep(&mut self, kind: FileKind, upload: Upload, claimed: Option<u64>) -> StoredFile {
        self.last += 1;
        let folder = kind.folder();
        let extension = extension(folder, &upload.name);
        let file = StoredFile {
            id: format!("AgACSandbox{:08}", self.last),
            kind,
            path: format!("{folder}/file_{}{extension}", self.last),
            size: claimed.unwrap_or(upload.bytes.len() as u64),
            name: upload.name,
            mime: upload.mime,
            bytes: upload.bytes,
        };
        self.total += file.bytes.len();
        self.kept.push_back(file.clone());
        while self.total > KEEP_BYTES
            && let Some(dropped) = self.kept.pop_front()
        {
            self.total -= dropped.bytes.len();
        }
        file
    }

    pub fn by_id(&self, id: &str) -> Option<&StoredFile> {
        self.kept.iter().rev().find(|file| file.id == id)
    }

    pub fn by_path(&self, path: &str) -> Option<&StoredFile> {
        self.kept.iter().rev().find(|file| file.path == path)
    }
}

impl StoredFile {
    /// The fields every Telegram file object has.
    pub fn meta(&self) -> Value {
        json!({
            "file_id": self.id,
            "file_unique_id": format!("u{}", self.id),
            "file_size": self.size,
        })
    }

    /// The `File` of `getFile`.
    pub fn fetchable(&self) -> Result<Value, ApiError> {
        if self.size > FETCH_BYTES {
            return Err(ApiError::bad("Bad Request: file is too big"));
        }
        let mut file = self.meta();
        if let Some(object) = file.as_object_mut() {
            object.insert("file_path".into(), json!(self.path));
        }
        Ok(file)
    }
}

fn extension(folder: &str, name: &str) -> String {
    // Telegram makes every photo a JPEG, and says so in the path whatever came in.
    if folder == "photos" {
        return ".jpg".to_owned();
    }
    match name.rsplit_once('.') {
        Some((_, extension)) if extension.chars().all(|c| c.is_ascii_alphanumeric()) => {
            format!(".{extension}")
        }
        _ => String::new(),
    }
}

/// Width and height, from the header alone.
pub(super) fn dimensions(bytes: &[u8]) -> Option<(u32, u32)> {
    ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .ok()?
        .into_dimensions()
        .ok()
}

/// Telegram's demands on a photo a bot sends.
pub(super) fn check_photo(upload: &Upload) -> Result<(u32, u32), ApiError> {
    check_upload(upload)?;
    if upload.bytes.len() > PHOTO_BYTES {
        return Err(ApiError::bad(format!(
            "Bad Request: file of size {} bytes is too big for a photo; the maximum size is {PHOTO_BYTES} bytes",
            upload.bytes.len()
        )));
    }
    let Some((width, height)) = dimensions(&upload.bytes) else {
        return Err(ApiError::bad("Bad Request: IMAGE_PROCESS_FAILED"));
    };
    let (long, short) = (width.max(height), width.min(height));
    if u64::from(width) + u64::from(height) > 10_000 || u64::from(long) > 20 * u64::from(short) {
        return Err(ApiError::bad("Bad Request: PHOTO_INVALID_DIMENSIONS"));
    }
    Ok((width, height))
}

pub(super) fn check_upload(upload: &Upload) -> Result<(), ApiError> {
    match upload.bytes.is_empty() {
        true => Err(ApiError::bad("Bad Request: file must be non-empty")),
        false => Ok(()),
    }
}

/// The small size of every photo: one grey pixel, so that whoever takes it for the photo is found out.
pub(super) fn small_photo() -> Bytes {
    static SMALL: OnceLock<Bytes> = OnceLock::new();
    SMALL
        .get_or_init(|| {
            let mut jpeg = Cursor::new(Vec::new());
            // Writing one pixel into memory can not fail; an empty file would be as telling.
            let _ =
                image::DynamicImage::new_luma8(1, 1).write_to(&mut jpeg, image::ImageFormat::Jpeg);
            Bytes::from(jpeg.into_inner())
        })
        .clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Upload {
        let mut bytes = Cursor::new(Vec::new());
        image::DynamicImage::new_luma8(width, height)
            .write_to(&mut bytes, image::ImageFormat::Png)
            .unwrap();
        upload(bytes.into_inner())
    }

    fn upload(bytes: Vec<u8>) -> Upload {
        Upload {
            name: "a.png".into(),
            mime: "image/png".into(),
            bytes: bytes.into(),
        }
    }

    #[test]
    fn photos_are_refused_for_shape_and_content_with_telegrams_words() {
        for (upload, verdict) in [
            (png(20, 400), Ok((20, 400))),
            (png(19, 400), Err("Bad Request: PHOTO_INVALID_DIMENSIONS")),
            (png(9000, 1000), Ok((9000, 1000))),
            (
                png(9000, 1001),
                Err("Bad Request: PHOTO_INVALID_DIMENSIONS"),
            ),
            (
                upload(b"no image".to_vec()),
                Err("Bad Request: IMAGE_PROCESS_FAILED"),
            ),
            (
                upload(Vec::new()),
                Err("Bad Request: file must be non-empty"),
            ),
        ] {
            let checked = check_photo(&upload).map_err(|error| error.description);
            assert_eq!(checked, verdict.map_err(str::to_owned));
        }
    }

    #[test]
    fn a_photo_over_ten_megabytes_is_too_big() {
        let mut large = png(10, 10).bytes.to_vec();
        large.resize(PHOTO_BYTES + 1, 0);
        let error = check_photo(&upload(large)).unwrap_err();
        assert!(error.description.contains("bytes is too big for a photo"));
    }

    #[test]
    fn a_file_claimed_over_twenty_megabytes_can_not_be_fetched() {
        let mut files = Files::default();
        let fits = files.keep(FileKind::Document, upload(vec![1]), Some(FETCH_BYTES));
        let over = files.keep(FileKind::Document, upload(vec![1]), Some(FETCH_BYTES + 1));
        assert!(fits.fetchable().is_ok());
        assert_eq!(
            over.fetchable().unwrap_err().description,
            "Bad Request: file is too big"
        );
    }

    #[test]
    fn old_files_make_room() {
        let mut files = Files::default();
        let first = files.keep(FileKind::Document, upload(vec![0; KEEP_BYTES / 2]), None);
        files.keep(
            FileKind::Document,
            upload(vec![0; KEEP_BYTES / 2 + 1]),
            None,
        );
        assert!(files.by_id(&first.id).is_none());
        assert!(files.total <= KEEP_BYTES);
    }
}
