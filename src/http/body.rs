//! Request bodies, read with limits on size and on slowness.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use poem::Body;
use serde_json::Value;

use super::fields::Fields;
use crate::domain::clock::Clock;
use crate::domain::error::{Error, Kind};

/// The largest JSON body, bytes: 16,000 characters, each escaped as a surrogate pair, fit well.
pub const JSON_LIMIT: usize = 512 * 1024;
/// How long the longest pause in a body may be.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// A body may take this long, and a second more for each of these bytes that came.
const PATIENCE: Duration = Duration::from_secs(60);
const SLOWEST_BYTES_PER_SECOND: u64 = 2 * 1024;
/// How much of a refused body is still read, so that the caller gets to read the answer.
const DRAIN_BYTES: u64 = 128 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// The bytes of a body, cut off when they come too slowly.
pub struct SteadyBody {
    chunks: BoxStream<'static, std::io::Result<Bytes>>,
    clock: Clock,
    began: Duration,
    received: u64,
    /// It came too slowly; nothing more is expected of it.
    given_up: bool,
}

impl SteadyBody {
    pub fn new(body: Body, clock: Clock) -> Self {
        Self {
            chunks: body.into_bytes_stream().boxed(),
            began: clock.monotonic(),
            clock,
            received: 0,
            given_up: false,
        }
    }

    /// The next bytes; None at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let earned = Duration::from_secs(self.received / SLOWEST_BYTES_PER_SECOND);
        let left = (self.began + PATIENCE + earned).saturating_sub(self.clock.monotonic());
        tokio::select! {
            chunk = self.chunks.next() => match chunk {
                None => Ok(None),
                Some(Ok(bytes)) => {
                    self.received += bytes.len() as u64;
                    Ok(Some(bytes))
                }
                Some(Err(error)) => {
                    tracing::debug!(%error, "a request body was cut off");
                    Err(Error::new(Kind::BadRequest, "invalid_request"))
                }
            },
            () = self.clock.sleep(left.min(LONGEST_PAUSE)) => {
                self.given_up = true;
                Err(Error::new(Kind::BadRequest, "upload_timed_out"))
            }
        }
    }

    /// Reads on for a while and forgets what comes, so that a caller who still sends gets to see the refusal.
    pub async fn drain(&mut self) {
        let most = self.received + DRAIN_BYTES;
        let reading = async {
            while self.received < most && !self.given_up {
                match self.next().await {
                    Ok(Some(_)) => {}
                    Ok(None) | Err(_) => break,
                }
            }
        };
        // Whoever is slower than this will see a closed connection.
        let _ = tokio::time::timeout(DRAIN_TIME, reading).await;
    }

    /// The whole body, at most `limit` bytes.
    pub async fn collect(&mut self, limit: usize) -> Result<Vec<u8>, Error> {
        let mut whole = Vec::new();
        while let Some(chunk) = self.next().await? {
            if whole.len() + chunk.len() > limit {
                return Err(Error::new(Kind::TooLarge, "body_too_large").with("max", limit));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole)
    }
}

/// The fields of a JSON body.
pub fn json_fields(body: &[u8]) -> Result<Fields, Error> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(map)) => Ok(map.into()),
        Ok(_) | Err(_) => Err(Error::new(Kind::BadRequest, "invalid_json")),
    }
}
