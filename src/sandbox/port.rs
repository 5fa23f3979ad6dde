//! One loopback port that can be opened and shut at will, with an accept loop of our own: shut means
//! connections are refused and live ones are cut, and opening takes the same port again.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;
pub(super) type Answered = Pin<Box<dyn Future<Output = Result<Response<Body>, Cut>> + Send>>;
/// Answers one request; `Err(Cut)` drops the connection without a word.
pub(super) type Site = Arc<dyn Fn(Request<Incoming>) -> Answered + Send + Sync>;

/// The connection is to be dropped unanswered.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox cuts this connection on purpose")]
pub(super) struct Cut;

pub(super) fn full(body: impl Into<Bytes>) -> Body {
    http_body_util::Full::new(body.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

pub(super) struct Port {
    address: SocketAddr,
    /// Bound but never listening: keeps the number ours while the port is shut, so that no other
    /// process of a parallel test run is given it.
    _reserved: TcpSocket,
    running: Mutex<Option<Running>>,
}

struct Running {
    cut: CancellationToken,
    tasks: TaskTracker,
}

impl Port {
    /// Takes a port of 127.0.0.1 without listening yet; 0 is any free one.
    pub fn reserve(port: u16) -> io::Result<Self> {
        // Sockets that share a port would share it with another sandbox's listener too; a socket that
        // does not share finds that out.
        let alone = TcpSocket::new_v4()?;
        alone.set_reuseaddr(true)?;
        alone.bind((Ipv4Addr::LOCALHOST, port).into())?;
        drop(alone);
        let reserved = socket()?;
        reserved.bind((Ipv4Addr::LOCALHOST, port).into())?;
        Ok(Self {
            address: reserved.local_addr()?,
            _reserved: reserved,
            running: Mutex::new(None),
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub async fn is_open(&self) -> bool {
        self.running.lock().await.is_some()
    }

    /// Listens; nothing happens to a port that is open.
    pub async fn open(&self, site: Site) -> io::Result<()> {
        let mut running = self.running.lock().await;
        if running.is_some() {
            return Ok(());
        }
        let listener = socket()?;
        listener.bind(self.address)?;
        let listener = listener.listen(1024)?;
        let cut = CancellationToken::new();
        let tasks = TaskTracker::new();
        tasks.spawn(accept(listener, site, cut.clone(), tasks.clone()));
        *running = Some(Running { cut, tasks });
        Ok(())
    }

    /// Stops listening and cuts every connection; when this returns, connecting is refused.
    pub async fn shut(&self) {
        let running = self.running.lock().await.take();
        if let Some(Running { cut, tasks }) = running {
            cut.cancel();
            tasks.close();
            tasks.wait().await;
        }
    }
}

fn socket() -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    #[cfg(unix)]
    socket.set_reuseport(true)?;
    Ok(socket)
}

async fn accept(listener: TcpListener, site: Site, cut: CancellationToken, tasks: TaskTracker) {
    loop {
        let accepted = tokio::select! {
            () = cut.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                tasks.spawn(serve(stream, Arc::clone(&site), cut.clone()));
            }
            // Out of file descriptors, or a peer already gone: both pass.
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

async fn serve(stream: TcpStream, site: Site, cut: CancellationToken) {
    // Answers are small and waited for.
    let _ = stream.set_nodelay(true);
    let serving = http1::Builder::new().serve_connection(
        TokioIo::new(stream),
        service_fn(move |request| site(request)),
    );
    tokio::select! {
        () = cut.cancelled() => {}
        // How a connection ended is the client's to tell: cuts are made on purpose here.
        _ = serving => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello() -> Site {
        Arc::new(|_| Box::pin(async { Ok(Response::new(full("hello"))) }))
    }

    async fn get(port: &Port) -> Result<String, reqwest::Error> {
        let url = format!("http://{}/", port.address());
        reqwest::get(url).await?.text().await
    }

    #[tokio::test]
    async fn a_shut_port_refuses_and_the_same_port_answers_again() {
        let port = Port::reserve(0).unwrap();
        assert!(get(&port).await.unwrap_err().is_connect());
        for _ in 0..3 {
            port.open(hello()).await.unwrap();
            assert_eq!(get(&port).await.unwrap(), "hello");
            port.shut().await;
            assert!(get(&port).await.unwrap_err().is_connect());
        }
    }

    #[tokio::test]
    async fn shutting_cuts_a_request_under_way() {
        let port = Arc::new(Port::reserve(0).unwrap());
        let (arrived, mut seen) = tokio::sync::mpsc::unbounded_channel();
        let never: Site = Arc::new(move |_| {
            let _ = arrived.send(());
            Box::pin(std::future::pending())
        });
        port.open(never).await.unwrap();
        let caller = tokio::spawn({
            let port = Arc::clone(&port);
            async move { get(&port).await }
        });
        seen.recv().await.unwrap();
        port.shut().await;
        let error = caller.await.unwrap().unwrap_err();
        assert!(!error.is_connect());
    }

    #[tokio::test]
    async fn a_cut_leaves_the_caller_without_an_answer() {
        let port = Port::reserve(0).unwrap();
        port.open(Arc::new(|_| Box::pin(async { Err(Cut) })))
            .await
            .unwrap();
        assert!(get(&port).await.is_err());
    }
}
