//! A small Socket.IO client (EIO=4, websocket), for stories; real clients have tests of their own.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::{PATIENCE, World};

pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    heard: Vec<(String, Value)>,
}

impl Socket {
    pub async fn connect(url: &str, token: Option<&str>) -> Self {
        Self::connect_in(url, token, "").await
    }

    /// Connects with that `Accept-Language`, none where it is empty.
    pub async fn connect_in(url: &str, token: Option<&str>, language: &str) -> Self {
        let address = format!(
            "{}/socket.io/?EIO=4&transport=websocket",
            url.replacen("http", "ws", 1)
        );
        let mut request = address.into_client_request().unwrap();
        if !language.is_empty() {
            let language = language.parse().unwrap();
            request.headers_mut().insert("accept-language", language);
        }
        let (stream, _) = connect_async(request).await.unwrap();
        let mut socket = Self {
            stream,
            heard: Vec::new(),
        };
        let open = socket.frame().await.expect("an opening frame");
        assert!(open.starts_with('0'), "{open}");
        let auth = token
            .map(|token| json!({"token": token}).to_string())
            .unwrap_or_default();
        socket.send(format!("40{auth}")).await;
        let connected = socket.frame().await.expect("a namespace");
        assert!(connected.starts_with("40"), "{connected}");
        socket
    }

    pub async fn emits(&mut self, event: &str, payload: Value) {
        self.send(format!("42{}", json!([event, payload]))).await;
    }

    /// Sends a raw frame.
    pub async fn send(&mut self, frame: String) {
        self.stream.send(Message::text(frame)).await.unwrap();
    }

    /// Sends a raw frame, if the connection still stands.
    pub async fn tries(&mut self, frame: String) -> Result<(), String> {
        let sent = self.stream.send(Message::text(frame)).await;
        sent.map_err(|error| error.to_string())
    }

    /// The next event that is not heard yet; None when the connection ended.
    pub async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            let frame = self.frame().await?;
            if let Some(event) = frame.strip_prefix("42") {
                let event: Value = serde_json::from_str(event).unwrap();
                let event = (event[0].as_str().unwrap().to_owned(), event[1].clone());
                self.heard.push(event.clone());
                return Some(event);
            }
            if frame.starts_with("41") {
                return None;
            }
        }
    }

    /// Waits for an event of that name; its payload. The story's time passes meanwhile.
    pub async fn hears(&mut self, world: &World, name: &str) -> Value {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let soon = tokio::time::timeout(Duration::from_millis(20), self.next()).await;
            match soon {
                Ok(Some((event, payload))) if event == name => return payload,
                Ok(Some(_)) => {}
                Ok(None) => panic!("the connection ended before {name}; heard {:?}", self.heard),
                Err(_) => world.clock.advance(Duration::from_millis(200)),
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "in vain waited for {name}; heard {:?}",
                self.heard
            );
        }
    }

    /// Waits, with the story's time standing still, for the next event; its name and payload.
    pub async fn next_soon(&mut self) -> (String, Value) {
        let next = tokio::time::timeout(PATIENCE, self.next()).await;
        match next {
            Ok(Some(event)) => event,
            Ok(None) => panic!("the connection ended; heard {:?}", self.heard),
            Err(_) => panic!("nothing more is heard after {:?}", self.heard),
        }
    }

    /// Everything heard so far, in order.
    pub fn heard(&self) -> &[(String, Value)] {
        &self.heard
    }

    /// Waits until the other side ends the connection.
    pub async fn ends(&mut self) {
        let ended = async { while self.next().await.is_some() {} };
        tokio::time::timeout(PATIENCE, ended)
            .await
            .expect("the connection to end");
    }

    async fn frame(&mut self) -> Option<String> {
        loop {
            match self.stream.next().await? {
                Ok(Message::Text(text)) if text.as_str() == "2" => self.send("3".to_owned()).await,
                Ok(Message::Text(text)) => return Some(text.to_string()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }
}
