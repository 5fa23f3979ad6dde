//! One keep-alive connection that takes whatever status comes.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            buffer: Vec::with_capacity(1024 * 1024),
        }
    }

    /// The status of the answer, and how long it took to come whole.
    pub async fn get(&mut self, path: &str, token: &str) -> (u16, Duration) {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n");
        let began = Instant::now();
        self.stream.write_all(request.as_bytes()).await.unwrap();
        self.buffer.clear();
        let mut end = None;
        while end.is_none_or(|end| self.buffer.len() < end) {
            let read = self.stream.read_buf(&mut self.buffer).await.unwrap();
            assert!(read > 0, "the server closed the connection after {path}");
            end = end.or_else(|| whole(&self.buffer));
        }
        let took = began.elapsed();
        let status = std::str::from_utf8(&self.buffer[9..12]).unwrap();
        (status.parse().unwrap(), took)
    }
}

/// How many bytes an answer has, once its head is there.
fn whole(buffer: &[u8]) -> Option<usize> {
    let head = buffer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&buffer[..head]).unwrap();
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.parse::<usize>().unwrap())
    });
    Some(head + length.expect("an answer with its length"))
}
