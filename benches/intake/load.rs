//! The load generator: requests made beforehand, one in flight on each connection, as little work
//! as possible for each answer, on one thread of its own.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

/// A keep-alive connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer of status 200.
pub struct Answer<'a> {
    pub body: &'a [u8],
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            buffer: Vec::with_capacity(64 * 1024),
        }
    }

    pub async fn ask(&mut self, request: &[u8]) -> Answer<'_> {
        self.send(request).await;
        self.answer().await
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    pub async fn answer(&mut self) -> Answer<'_> {
        self.buffer.clear();
        let mut whole = None;
        while whole.is_none_or(|(_, end)| self.buffer.len() < end) {
            let read = self.stream.read_buf(&mut self.buffer).await.unwrap();
            assert!(read > 0, "the server closed the connection");
            whole = whole.or_else(|| head(&self.buffer));
        }
        let (begin, end) = whole.unwrap();
        assert!(
            self.buffer.starts_with(b"HTTP/1.1 200"),
            "{}",
            String::from_utf8_lossy(&self.buffer)
        );
        Answer {
            body: &self.buffer[begin..end],
        }
    }
}

/// Where the body begins and ends, once the head is there.
fn head(buffer: &[u8]) -> Option<(usize, usize)> {
    const LENGTH: &[u8] = b"content-length: ";
    let begin = buffer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = &buffer[..begin];
    let at = head
        .windows(LENGTH.len())
        .position(|name| name.eq_ignore_ascii_case(LENGTH))
        .expect("an answer with its length");
    let digits = head[at + LENGTH.len()..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    let length = digits.fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
    Some((begin, begin + length))
}

/// The requests of each connection, sent in turn, again and again.
pub type Requests = Vec<Vec<Vec<u8>>>;

/// Answers a second, after a moment to warm up.
pub async fn rate(address: SocketAddr, requests: &Requests, time: Duration) -> f64 {
    let requests = requests.clone();
    tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        LocalSet::new().block_on(&runtime, run(address, requests, time))
    })
    .await
    .unwrap()
}

async fn run(address: SocketAddr, requests: Requests, time: Duration) -> f64 {
    let begin = Instant::now() + Duration::from_millis(300);
    let end = begin + time;
    let all: Vec<_> = requests
        .into_iter()
        .map(|own| {
            tokio::task::spawn_local(async move {
                let mut connection = Connection::open(address).await;
                let mut answered = 0u64;
                for request in own.iter().cycle() {
                    connection.ask(request).await;
                    let now = Instant::now();
                    if now >= end {
                        break;
                    }
                    answered += u64::from(now >= begin);
                }
                answered
            })
        })
        .collect();
    let mut answered = 0;
    for one in all {
        answered += one.await.unwrap();
    }
    answered as f64 / time.as_secs_f64()
}

/// A request with a JSON body.
pub fn post(path: &str, body: &serde_json::Value, further: &str) -> Vec<u8> {
    let body = body.to_string();
    format!(
        "POST {path} HTTP/1.1\r\nHost: bench\r\n{further}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

pub fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n").into_bytes()
}
