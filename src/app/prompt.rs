//! Connections that send at once: without `TCP_NODELAY` a small frame waits for the other side's
//! delayed acknowledgement, some 40 ms on each event of a socket. And that can be cut off.

use std::io::Result;

use poem::http::uri::Scheme;
use poem::listener::{Acceptor, TcpAcceptor};
use poem::web::{LocalAddr, RemoteAddr};
use tokio::net::TcpStream;

use crate::http::{Line, Lines};

pub struct Prompt {
    pub acceptor: TcpAcceptor,
    pub lines: Lines,
}

impl Acceptor for Prompt {
    type Io = Line<TcpStream>;

    fn local_addr(&self) -> Vec<LocalAddr> {
        self.acceptor.local_addr()
    }

    async fn accept(&mut self) -> Result<(Line<TcpStream>, LocalAddr, RemoteAddr, Scheme)> {
        let (stream, local, remote, scheme) = self.acceptor.accept().await?;
        stream.set_nodelay(true)?;
        let line = self.lines.open(remote.as_socket_addr().copied(), stream);
        Ok((line, local, remote, scheme))
    }
}
