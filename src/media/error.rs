//! Why a file was not taken. The edge turns these into answers; nothing here knows a status code.

use std::io;

/// Why a file was not taken. Whatever the reason, nothing of the file is left in the folder.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// More bytes came than the limit the upload began with.
    #[error("the file is larger than {limit} bytes")]
    TooLarge { limit: u64 },
    /// Not PNG, JPEG, GIF or WebP by its content, or too broken to show.
    #[error("the file is not a PNG, JPEG, GIF or WebP image")]
    NotAnImage,
    /// The image's header promises more pixels than anybody should have to decode.
    #[error("the image has more than {max} pixels")]
    TooManyPixels { max: u64 },
    /// No space, no quota, or the file system's own size limit.
    #[error("there is no space left for uploads")]
    DiskFull,
    #[error("the uploads folder can not be used: {0}")]
    Io(#[source] io::Error),
}

impl From<io::Error> for MediaError {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        match error.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => Self::DiskFull,
            _ => Self::Io(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_running_out_of_space_is_a_full_disk() {
        // Linux: EFBIG, ENOSPC, EDQUOT.
        for number in [27, 28, 122] {
            let error = MediaError::from(io::Error::from_raw_os_error(number));
            assert!(matches!(error, MediaError::DiskFull), "{number}: {error}");
        }
        // EACCES, EIO
        for number in [13, 5] {
            let error = MediaError::from(io::Error::from_raw_os_error(number));
            assert!(matches!(error, MediaError::Io(_)), "{number}: {error}");
        }
    }
}
