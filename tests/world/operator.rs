//! An operator's page in a story: a plain websocket with JSON frames.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::{PATIENCE, World};

pub struct Operator {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    heard: Vec<Value>,
}

impl Operator {
    /// Connects with these headers; the status of the refusal where it is one.
    pub async fn tries(world: &World, headers: &[(&str, &str)]) -> Result<Self, u16> {
        let address = world.url("/ws/support/manager/").replacen("http", "ws", 1);
        let mut request = address.into_client_request().unwrap();
        for (name, value) in headers {
            let name: reqwest::header::HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((stream, _)) => Ok(Self {
                stream,
                heard: Vec::new(),
            }),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }

    pub async fn connects(world: &World, token: &str) -> Self {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("accept-language", "en"),
        ];
        let mut operator = Self::tries(world, &headers).await.unwrap();
        // An answer to its own frame says that it is in the hall.
        operator.fence().await;
        operator
    }

    pub async fn says(&mut self, frame: Value) {
        self.says_raw(Message::text(frame.to_string())).await;
    }

    pub async fn says_raw(&mut self, frame: Message) {
        self.stream.send(frame).await.unwrap();
    }

    /// The next frame; None when the connection ended, with its code in `closed`.
    pub async fn next(&mut self) -> Result<Value, Option<u16>> {
        let next = async {
            loop {
                match self.stream.next().await {
                    Some(Ok(Message::Text(text))) => {
                        return Ok(serde_json::from_str(&text).unwrap());
                    }
                    Some(Ok(Message::Close(frame))) => {
                        return Err(frame.map(|frame| frame.code.into()));
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return Err(None),
                }
            }
        };
        let next = tokio::time::timeout(PATIENCE, next).await;
        next.unwrap_or_else(|_| panic!("nothing more is heard after {:#?}", self.heard))
    }

    /// The next frame of that type; others before it are left aside.
    pub async fn hears(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next().await;
            let frame = frame.unwrap_or_else(|code| {
                panic!("closed ({code:?}) before {kind}: {:#?}", self.heard)
            });
            self.heard.push(frame.clone());
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// The code of the error that is answered to this frame.
    pub async fn refused(&mut self, frame: Value) -> String {
        self.says(frame).await;
        let error = self.hears("error").await;
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|words| !words.is_empty())
        );
        error["code"].as_str().unwrap().to_owned()
    }

    /// Everything heard since the last fence, by type; what was told before now is among it.
    pub async fn fence(&mut self) -> Vec<String> {
        // Events are told after their commit by a task of its own: a moment of real time.
        tokio::time::sleep(Duration::from_millis(60)).await;
        self.says(json!({"type": "ping"})).await;
        let mut kinds = Vec::new();
        loop {
            let frame = self.next().await.unwrap();
            if frame["type"] == "pong" {
                return kinds;
            }
            kinds.push(frame["type"].as_str().unwrap().to_owned());
        }
    }

    /// Waits for the end; its close code.
    pub async fn ends(&mut self) -> Option<u16> {
        loop {
            if let Err(code) = self.next().await {
                return code;
            }
        }
    }
}
