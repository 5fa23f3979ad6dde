//! The bytes of a form on their way to the parser. `multer` takes in all that is ready before it
//! looks at any of it, and searches all of it anew with each chunk; so it is fed one chunk at a time,
//! and no longer once it does not get on.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, Stream, StreamExt};

use super::body::SteadyBody;
use crate::domain::error::{Error, Kind};

/// What may come, in bytes, before the parser has found a part or given out some of its content: far
/// more than the head of a part has.
const PART_HEAD: usize = 64 * 1024;

/// Bytes that were fed since the parser last got on.
#[derive(Default)]
pub struct Progress(AtomicUsize);

impl Progress {
    /// The parser has found a part, or given out some of its content.
    pub fn made(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// The chunks of a body, as the parser wants them.
pub struct Feed<'a> {
    chunks: BoxStream<'a, io::Result<Bytes>>,
    fed: bool,
}

impl<'a> Feed<'a> {
    /// Why a body failed is noted in `failed`: the parser only knows that it did.
    pub fn new(
        body: &'a mut SteadyBody,
        progress: &'a Progress,
        failed: &'a mut Option<Error>,
    ) -> Self {
        let chunks = stream::unfold((body, failed), move |(body, failed)| async move {
            match next(body, progress).await {
                Ok(Some(bytes)) => Some((Ok(bytes), (body, failed))),
                Ok(None) => None,
                Err(error) => {
                    let shown = io::Error::other(error.to_string());
                    *failed = Some(error);
                    Some((Err(shown), (body, failed)))
                }
            }
        });
        Self {
            chunks: chunks.boxed(),
            fed: false,
        }
    }
}

async fn next(body: &mut SteadyBody, progress: &Progress) -> Result<Option<Bytes>, Error> {
    if progress.0.load(Ordering::Relaxed) > PART_HEAD {
        return Err(Error::new(Kind::BadRequest, "invalid_multipart"));
    }
    let chunk = body.next().await?;
    let bytes = chunk.as_ref().map_or(0, Bytes::len);
    progress.0.fetch_add(bytes, Ordering::Relaxed);
    Ok(chunk)
}

impl Stream for Feed<'_> {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.fed) {
            // There may be more; the parser is to look at what it has first.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let polled = self.chunks.poll_next_unpin(context);
        self.fed = matches!(polled, Poll::Ready(Some(_)));
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Clock;

    fn body(chunks: Vec<Vec<u8>>) -> SteadyBody {
        let chunks = chunks
            .into_iter()
            .map(|chunk| Ok::<_, io::Error>(Bytes::from(chunk)));
        SteadyBody::new(
            poem::Body::from_bytes_stream(stream::iter(chunks)),
            Clock::fake("2026-03-01T12:00:00Z".parse().unwrap()),
        )
    }

    #[tokio::test]
    async fn chunks_come_one_by_one_and_all_of_them() {
        let mut body = body(vec![vec![1; 10], vec![2; 20], vec![3; 30]]);
        let (progress, mut failed) = (Progress::default(), None);
        let mut feed = Feed::new(&mut body, &progress, &mut failed);
        let (mut sizes, mut rests) = (Vec::new(), 0);
        std::future::poll_fn(|context| {
            match feed.poll_next_unpin(context) {
                Poll::Ready(Some(chunk)) => sizes.push(chunk.unwrap().len()),
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending => rests += 1,
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        assert_eq!((sizes, rests), (vec![10, 20, 30], 3));
    }

    #[tokio::test]
    async fn a_parser_that_does_not_get_on_is_fed_no_more() {
        let mut body = body(vec![vec![1; 40_000]; 4]);
        let (progress, mut failed) = (Progress::default(), None);
        let mut feed = Feed::new(&mut body, &progress, &mut failed);
        assert!(feed.next().await.unwrap().is_ok());
        progress.made();
        assert!(feed.next().await.unwrap().is_ok());
        assert!(feed.next().await.unwrap().is_ok());
        assert!(feed.next().await.unwrap().is_err());
        drop(feed);
        assert_eq!(failed.unwrap().code, "invalid_multipart");
    }
}
