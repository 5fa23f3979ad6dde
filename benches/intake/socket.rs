//! A Socket.IO client (EIO=4, websocket) with small buffers, so that thousands fit in here.

use std::net::{Ipv4Addr, SocketAddr};

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::protocol::{Message, WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

pub struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    /// Connects from a loopback address of one's own choice and joins the room of a user.
    pub async fn join(from: Ipv4Addr, to: SocketAddr, user: &str) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_nodelay(true).unwrap();
        socket.bind((from, 0).into()).unwrap();
        let stream = socket.connect(to).await.unwrap();
        let config = WebSocketConfig::default()
            .read_buffer_size(1024)
            .write_buffer_size(0);
        let address = format!("ws://{to}/socket.io/?EIO=4&transport=websocket");
        let (stream, _) = client_async_with_config(address, stream, Some(config))
            .await
            .unwrap();
        let mut joined = Self(stream);
        joined.hear_frame("0").await;
        joined.say("40".to_owned()).await;
        joined.hear_frame("40").await;
        let join = json!(["join_chat", {"user_id": user}]);
        joined.say(format!("42{join}")).await;
        joined.hear("joined").await;
        joined
    }

    /// Waits for an event that has this in it.
    pub async fn hear(&mut self, part: &str) {
        loop {
            let frame = self.frame().await;
            if frame.starts_with("42") && frame.contains(part) {
                return;
            }
        }
    }

    /// Stays, and answers pings, until the task ends.
    pub async fn idle(mut self) {
        loop {
            self.frame().await;
        }
    }

    async fn hear_frame(&mut self, start: &str) {
        let frame = self.frame().await;
        assert!(frame.starts_with(start), "{frame}");
    }

    async fn say(&mut self, frame: String) {
        self.0.send(Message::text(frame)).await.unwrap();
    }

    /// The next frame that is no ping.
    async fn frame(&mut self) -> String {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) if text.as_str() == "2" => {
                    self.say("3".to_owned()).await;
                }
                Some(Ok(Message::Text(text))) => return text.to_string(),
                Some(Ok(Message::Close(_)) | Err(_)) | None => panic!("the socket was ended"),
                Some(Ok(_)) => {}
            }
        }
    }
}
