//! A thousand operators: what they weigh, and how long an event needs to reach all of them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::{Message, WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::load::{self, Connection};
use crate::server::Server;
use crate::table::{Table, share};
use crate::{API_TOKEN, Scale};

/// Over the server's 25 s between pings, so that every socket has been pinged.
const UNTIL_PINGED: Duration = Duration::from_secs(30);
const PATIENCE: Duration = Duration::from_secs(20);

pub async fn measure(server: &Server, scale: Scale, table: &mut Table) {
    let count = scale.pick(1000, 100);
    // What the first request of all brings in is not what sockets cost.
    connect(server.address).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = server.memory();
    let (heard, mut hearing) = mpsc::unbounded_channel::<Arc<str>>();
    for _ in 0..count {
        let (mut socket, heard) = (connect(server.address).await, heard.clone());
        tokio::spawn(async move {
            while let Some(Ok(frame)) = socket.next().await {
                if let Message::Text(text) = frame
                    && text.contains("ticket.message.new")
                {
                    let _ = heard.send(text.as_str().into());
                }
            }
        });
    }
    tokio::time::sleep(scale.pick(UNTIL_PINGED, Duration::from_secs(1))).await;
    let what = format!("memory for {count} operators' sockets, each pinged");
    table.most(&what, 60.0, "MB", server.memory() - before, "");
    let mut phone = Connection::open(server.address).await;
    let mut times = Vec::new();
    for number in 0..scale.pick(100, 10) {
        let body = json!({"user_id": format!("phone-{number}"), "message": format!("event {number} is this")});
        let request = load::post("/send_message", &body, "");
        let began = Instant::now();
        phone.ask(&request).await;
        for _ in 0..count {
            let text = tokio::time::timeout(PATIENCE, hearing.recv()).await;
            let text = text.expect("all sockets to hear it").unwrap();
            assert!(text.contains(&format!("event {number} is this")), "{text}");
        }
        times.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    let what = format!("a phone's message → all of {count} operators");
    let beside = format!(" p99 ({:.1} ms p50)", share(&times, 0.5));
    table.most(&what, 200.0, "ms", share(&times, 0.99), &beside);
    let beside = format!(" (before: {before:.0} MB)");
    let what = format!("memory for {count} operators' sockets after that");
    table.most(&what, 60.0, "MB", server.memory() - before, &beside);
}

async fn connect(to: SocketAddr) -> WebSocketStream<TcpStream> {
    let stream = TcpStream::connect(to).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let url = format!("ws://{to}/ws/support/manager/");
    let mut request = url.into_client_request().unwrap();
    let bearer = format!("Bearer {API_TOKEN}").parse().unwrap();
    request.headers_mut().insert("authorization", bearer);
    let config = WebSocketConfig::default()
        .read_buffer_size(1024)
        .write_buffer_size(0);
    let (mut socket, _) = client_async_with_config(request, stream, Some(config))
        .await
        .unwrap();
    let ping = json!({"type": "ping"}).to_string();
    socket.send(Message::text(ping)).await.unwrap();
    socket.next().await.unwrap().unwrap();
    socket
}
