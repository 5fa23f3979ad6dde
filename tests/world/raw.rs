//! A connection whose bytes the story writes itself: for what no well-behaved client would send.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Answer, PATIENCE, World};

pub struct Raw(TcpStream);

impl Raw {
    pub async fn connect(world: &World) -> Self {
        let address = world.url("").replace("http://", "");
        Self(TcpStream::connect(address).await.unwrap())
    }

    /// Sends these bytes; a server that has closed its side already is no fault.
    pub async fn says(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.0.write_all(bytes.as_ref()).await;
    }

    /// Sends a request with this body and whatever `headers` say of it.
    pub async fn asks(&mut self, line: &str, headers: &str, body: &[u8]) {
        let head = format!("{line} HTTP/1.1\r\nHost: relaydesk\r\n{headers}\r\n");
        self.says(head).await;
        self.says(body).await;
    }

    /// Sends one chunk of a chunked body; an empty one ends it.
    pub async fn chunk(&mut self, bytes: &[u8]) {
        self.says(format!("{:x}\r\n", bytes.len())).await;
        self.says(bytes).await;
        self.says("\r\n").await;
    }

    /// The next answer; None when the server closed the connection without one.
    pub async fn hears(&mut self) -> Option<Answer> {
        tokio::time::timeout(PATIENCE, self.read_answer())
            .await
            .expect("an answer in time")
    }

    async fn read_answer(&mut self) -> Option<Answer> {
        let mut bytes = Vec::new();
        let head = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            self.read_some(&mut bytes).await?;
        };
        let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
        let mut lines = text.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().unwrap();
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        let length = headers
            .get("content-length")
            .map_or(0, |value| value.to_str().unwrap().parse().unwrap());
        while bytes.len() < head + 4 + length {
            self.read_some(&mut bytes).await?;
        }
        let body = &bytes[head + 4..head + 4 + length];
        let body = serde_json::from_slice(body)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into()));
        Some(Answer {
            status,
            headers,
            body,
        })
    }

    async fn read_some(&mut self, bytes: &mut Vec<u8>) -> Option<()> {
        let mut buffer = [0; 4096];
        match self.0.read(&mut buffer).await {
            Ok(0) | Err(_) => None,
            Ok(read) => {
                bytes.extend_from_slice(&buffer[..read]);
                Some(())
            }
        }
    }
}
