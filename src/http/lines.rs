//! Connections that can be cut off. A stream to a client that does not read waits in its connection's buffer,
//! where nobody asks it for more; only the connection itself can end that.

use std::collections::HashMap;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// The connections by the address at their other end.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<HashMap<SocketAddr, CancellationToken>>>);

impl Lines {
    /// A connection that can be cut for as long as it lives.
    pub fn open<T>(&self, peer: Option<SocketAddr>, inner: T) -> Line<T> {
        let cut = CancellationToken::new();
        if let Some(peer) = peer {
            self.lock().insert(peer, cut.clone());
        }
        Line {
            inner,
            cut: Box::pin(cut.cancelled_owned()),
            lines: self.clone(),
            peer,
        }
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// What cuts a connection: writes that can not go at once fail from then on.
    pub fn of(&self, peer: SocketAddr) -> Option<CancellationToken> {
        self.lock().get(&peer).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SocketAddr, CancellationToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection of [`Lines`].
pub struct Line<T> {
    inner: T,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    lines: Lines,
    peer: Option<SocketAddr>,
}

impl<T> Line<T> {
    fn unless_cut<R>(
        &mut self,
        cx: &mut Context<'_>,
        wrote: Poll<io::Result<R>>,
    ) -> Poll<io::Result<R>> {
        if wrote.is_pending() && self.cut.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        wrote
    }
}

impl<T> Drop for Line<T> {
    fn drop(&mut self) {
        if let Some(peer) = self.peer {
            self.lines.lock().remove(&peer);
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Line<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Line<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.inner).poll_write(cx, bytes);
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

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.inner).poll_write_vectored(cx, parts);
        self.unless_cut(cx, wrote)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    fn peer() -> SocketAddr {
        "192.0.2.1:7000".parse().unwrap()
    }

    #[tokio::test]
    async fn a_write_that_waits_for_the_other_side_ends_when_it_is_cut() {
        let (server, mut client) = tokio::io::duplex(10);
        let lines = Lines::default();
        let mut line = lines.open(Some(peer()), server);
        let writing = tokio::spawn(async move { line.write_all(&[0; 100]).await });
        client.read_exact(&mut [0; 10]).await.unwrap();
        lines.of(peer()).unwrap().cancel();
        let error = writing.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
        assert!(lines.of(peer()).is_none(), "it is forgotten with its line");
    }

    #[tokio::test]
    async fn what_can_leave_at_once_leaves_all_the_same() {
        let (server, mut client) = tokio::io::duplex(100);
        let lines = Lines::default();
        let mut line = lines.open(Some(peer()), server);
        lines.of(peer()).unwrap().cancel();
        line.write_all(b"bye").await.unwrap();
        line.shutdown().await.unwrap();
        let mut heard = Vec::new();
        client.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, b"bye");
    }
}
