//! The connection under a websocket: ends when the server stops or its session is over, whatever its other
//! side does, and tells how much of what was queued has really left. No events, no rooms.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// What is known of a connection; travels with its handshake to whoever emits.
#[derive(Clone)]
pub struct Line {
    written: Arc<AtomicU64>,
    cut: CancellationToken,
}

impl Line {
    /// A line that ends with the server.
    pub fn new(stopping: &CancellationToken) -> Self {
        Self {
            written: Arc::default(),
            cut: stopping.child_token(),
        }
    }

    /// Bytes handed to the operating system since the connection began.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Ends it: what can leave at once still leaves, what would have to wait for the other side does not.
    pub fn cut(&self) {
        self.cut.cancel();
    }
}

/// A connection with its line.
pub struct Cut<T> {
    inner: T,
    line: Line,
    reading: Pin<Box<WaitForCancellationFutureOwned>>,
    writing: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl<T> Cut<T> {
    pub fn new(inner: T, line: Line) -> Self {
        Self {
            inner,
            reading: Box::pin(line.cut.clone().cancelled_owned()),
            writing: Box::pin(line.cut.clone().cancelled_owned()),
            line,
        }
    }

    /// A write that waits for the other side is over when the line is cut.
    fn unless_cut<R>(
        &mut self,
        cx: &mut Context<'_>,
        waits: Poll<io::Result<R>>,
    ) -> Poll<io::Result<R>> {
        if waits.is_pending() && self.writing.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        waits
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Cut<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.line.cut.is_cancelled() || self.reading.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Cut<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.inner).poll_write(cx, buf);
        if let Poll::Ready(Ok(bytes)) = &wrote {
            let bytes = u64::try_from(*bytes).unwrap_or_default();
            self.line.written.fetch_add(bytes, Ordering::Relaxed);
        }
        self.unless_cut(cx, wrote)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(cx);
        self.unless_cut(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.inner).poll_shutdown(cx);
        self.unless_cut(cx, shut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn a_write_to_a_client_that_does_not_read_ends_with_the_line() {
        let (server, _client) = tokio::io::duplex(10);
        let line = Line::new(&CancellationToken::new());
        let mut cut = Cut::new(server, line.clone());
        let writing = tokio::spawn(async move { cut.write_all(&[0; 100]).await });
        while line.written() < 10 {
            tokio::task::yield_now().await;
        }
        line.cut();
        let error = writing.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
        assert_eq!(line.written(), 10);
    }

    #[tokio::test]
    async fn a_stop_ends_what_waits_to_read_and_lets_last_words_through() {
        let (server, mut client) = tokio::io::duplex(100);
        let stopping = CancellationToken::new();
        let mut cut = Cut::new(server, Line::new(&stopping));
        stopping.cancel();
        assert_eq!(cut.read(&mut [0; 10]).await.unwrap(), 0);
        cut.write_all(b"bye").await.unwrap();
        cut.shutdown().await.unwrap();
        let mut heard = Vec::new();
        client.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, b"bye");
    }
}
