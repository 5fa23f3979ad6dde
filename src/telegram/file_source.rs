//! Files of this bot by their `file_id`, for whoever names one through an interface.

use futures_util::future::BoxFuture;

use super::client::Client;
use super::files::{LARGEST, NotFetched, download};
use super::settings::TelegramSettings;
use crate::desk::files::FileSource;
use crate::domain::error::{Error, Kind};
use crate::media::{MediaError, Stored, Uploads};

/// When to come again after Telegram could not be reached, seconds.
const COME_AGAIN: u64 = 30;

/// Where the Bot API keeps its files.
pub struct TelegramFiles(Client);

impl TelegramFiles {
    /// # Errors
    /// When TLS can not be set up.
    pub fn new(settings: &TelegramSettings) -> Result<Self, String> {
        Client::new(settings).map(Self)
    }
}

/// The client's addresses hold the token.
impl std::fmt::Debug for TelegramFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TelegramFiles")
    }
}

impl FileSource for TelegramFiles {
    fn fetch<'a>(
        &'a self,
        uploads: &'a Uploads,
        file_id: &'a str,
    ) -> BoxFuture<'a, Result<Stored, Error>> {
        Box::pin(async move {
            let stored = download(&self.0, uploads, file_id, None).await;
            stored.map_err(told)
        })
    }
}

/// In the words of the interface.
fn told(failure: NotFetched) -> Error {
    match failure {
        NotFetched::TooLarge => Error::bad("file_too_large", "file").with("max", LARGEST),
        NotFetched::Refused(_) => Error::bad("file_not_found", "file"),
        NotFetched::Disturbed(reason) => {
            let mut error = Error::new(Kind::Unavailable, "telegram_unreachable");
            error.detail = Some(reason);
            error.with("seconds", COME_AGAIN)
        }
        NotFetched::NotStored(MediaError::DiskFull) => {
            Error::new(Kind::StorageFull, "storage_full")
        }
        NotFetched::NotStored(error) => Error::internal(format_args!("storing a file: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_will_never_be_is_the_callers_and_what_may_pass_is_not() {
        let cases = [
            (NotFetched::TooLarge, Kind::BadRequest, "file_too_large"),
            (
                NotFetched::Refused("no".into()),
                Kind::BadRequest,
                "file_not_found",
            ),
            (
                NotFetched::Disturbed("cut".into()),
                Kind::Unavailable,
                "telegram_unreachable",
            ),
            (
                NotFetched::NotStored(MediaError::DiskFull),
                Kind::StorageFull,
                "storage_full",
            ),
        ];
        for (failure, kind, code) in cases {
            let error = told(failure);
            assert_eq!((error.kind, error.code), (kind, code));
        }
    }
}
