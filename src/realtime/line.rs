//! The connection under a websocket: ends when the server stops or its session is over, whatever its other
//! side does, and tells how much of what was queued has really left. No events, no rooms.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use socketioxide::extract::SocketRef;
use socketioxide::socket::Sid;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// What is known of a connection; travels with its handshake to whoever emits.
#[derive(Clone)]
pub struct Line {
    told: Arc<AtomicU64>,
    written: Arc<AtomicU64>,
    cut: CancellationToken,
}

/// Bytes that may wait for a client that does not read; a queue alone counts events, and events may be large.
const MOST_UNREAD: u64 = 128 * 1024;

impl Line {
    /// A line that ends with the server.
    pub fn new(stopping: &CancellationToken) -> Self {
        Self {
            told: Arc::default(),
            written: Arc::default(),
            cut: stopping.child_token(),
        }
    }

    /// Counts what is queued for it. The frames around it are not counted, so what was written is never less
    /// than what was told and left.
    pub fn tells(&self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.told.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Whether its client reads what it is told, or at least has not let much pile up yet.
    pub fn has_room(&self) -> bool {
        let written = self.written.load(Ordering::Relaxed);
        self.told.load(Ordering::Relaxed).saturating_sub(written) < MOST_UNREAD
    }

    /// Ends it: what can leave at once still leaves, what would have to wait for the other side does not.
    pub fn cut(&self) {
        self.cut.cancel();
    }
}

/// The lines of sessions that began by polling: their handshake knew none.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<HashMap<Sid, Line>>>);

impl Lines {
    /// The line of a session; None while it polls.
    pub fn of(&self, socket: &SocketRef) -> Option<Line> {
        let own = socket.req_parts().extensions.get::<Line>().cloned();
        own.or_else(|| self.lock().get(&socket.id).cloned())
    }

    /// A session goes on by websocket, for as long as what this returns lives.
    pub fn upgraded(&self, sid: Sid, line: &Line) -> Upgraded {
        self.lock().entry(sid).or_insert_with(|| line.clone());
        Upgraded {
            lines: self.clone(),
            sid,
            line: line.clone(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Sid, Line>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub struct Upgraded {
    lines: Lines,
    sid: Sid,
    line: Line,
}

impl Drop for Upgraded {
    fn drop(&mut self) {
        let mut lines = self.lines.lock();
        // A second upgrade of the same session is refused, and must not take the first one's line along.
        let own = |line: &Line| Arc::ptr_eq(&line.told, &self.line.told);
        if lines.get(&self.sid).is_some_and(own) {
            lines.remove(&self.sid);
        }
    }
}

/// A connection with its line.
pub struct Cut<T> {
    inner: T,
    line: Line,
    _upgraded: Option<Upgraded>,
    reading: Pin<Box<WaitForCancellationFutureOwned>>,
    writing: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl<T> Cut<T> {
    pub fn new(inner: T, line: Line, upgraded: Option<Upgraded>) -> Self {
        Self {
            inner,
            _upgraded: upgraded,
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
        let mut cut = Cut::new(server, line.clone(), None);
        let writing = tokio::spawn(async move { cut.write_all(&[0; 100]).await });
        while line.written.load(Ordering::Relaxed) < 10 {
            tokio::task::yield_now().await;
        }
        line.cut();
        let error = writing.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
    }

    #[tokio::test]
    async fn room_comes_back_as_the_client_reads() {
        let (server, mut client) = tokio::io::duplex(4096);
        let line = Line::new(&CancellationToken::new());
        let mut cut = Cut::new(server, line.clone(), None);
        let much = usize::try_from(MOST_UNREAD).unwrap();
        line.tells(much);
        assert!(!line.has_room());
        let writing = tokio::spawn(async move { cut.write_all(&vec![0; much]).await });
        client.read_exact(&mut [0; 1000]).await.unwrap();
        assert!(line.has_room());
        client.read_exact(&mut vec![0; much - 1000]).await.unwrap();
        writing.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_stop_ends_what_waits_to_read_and_lets_last_words_through() {
        let (server, mut client) = tokio::io::duplex(100);
        let stopping = CancellationToken::new();
        let mut cut = Cut::new(server, Line::new(&stopping), None);
        stopping.cancel();
        assert_eq!(cut.read(&mut [0; 10]).await.unwrap(), 0);
        cut.write_all(b"bye").await.unwrap();
        cut.shutdown().await.unwrap();
        let mut heard = Vec::new();
        client.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, b"bye");
    }
}
