//! A thousand operators' sockets that never read: cut off one by one, and nobody else waits for them.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::world::{API_TOKEN, Binary, PATIENCE};

/// A socket with a small buffer of its own.
async fn connects(server: &Binary) -> WebSocketStream<TcpStream> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(32 * 1024).unwrap();
    let address = server.url().replace("http://", "");
    let stream = socket.connect(address.parse().unwrap()).await.unwrap();
    let url = format!("ws://{address}/ws/support/manager/");
    let mut request = url.into_client_request().unwrap();
    let bearer = format!("Bearer {API_TOKEN}").parse().unwrap();
    request.headers_mut().insert("authorization", bearer);
    let (mut stream, _) = client_async(request, stream).await.unwrap();
    let ping = json!({"type": "ping"}).to_string();
    stream.send(Message::text(ping)).await.unwrap();
    hears(&mut stream, "pong").await;
    stream
}

async fn hears(stream: &mut WebSocketStream<TcpStream>, part: &str) {
    let heard = async {
        loop {
            let frame = stream.next().await.unwrap().unwrap();
            if frame.into_text().is_ok_and(|text| text.contains(part)) {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, heard)
        .await
        .unwrap_or_else(|_| panic!("in vain waited for {part}"));
}

fn weighs(server: &Binary) -> (u64, usize) {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
    let files = std::fs::read_dir(format!("/proc/{}/fd", server.id())).unwrap();
    (kilobytes.parse::<u64>().unwrap() / 1024, files.count())
}

#[tokio::test]
async fn a_thousand_operators_that_never_read_are_cut_off_and_hold_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let settings = [
        ("LOG", "warn,relaydesk::app=info"),
        ("API_TOKEN", API_TOKEN),
    ];
    let server = Binary::serves(folder.path(), None, &settings);
    let alice = server.phone("alice");
    alice.sends("hello").await;
    let before = weighs(&server).0;
    let mut crowd = Vec::new();
    for _ in 0..10 {
        let connecting = (0..100).map(|_| connects(&server));
        crowd.extend(futures_util::future::join_all(connecting).await);
    }
    let connected = weighs(&server).0;
    assert!(
        connected < before + 60,
        "{before} MB grew to {connected} MB"
    );
    let mut reader = connects(&server).await;
    let deadline = tokio::time::Instant::now() + 3 * PATIENCE;
    let (mut sent, mut most) = (0, connected);
    while weighs(&server).1 > 200 {
        assert!(
            tokio::time::Instant::now() < deadline,
            "after {sent} messages there are still {:?}",
            weighs(&server)
        );
        let text = format!("story-{sent} {}", "long ".repeat(3000));
        alice.sends(&text).await;
        hears(&mut reader, &format!("story-{sent} ")).await;
        sent += 1;
        most = most.max(weighs(&server).0);
    }
    assert!(most < connected + 200, "{connected} MB grew to {most} MB");
    let mut deaf = crowd.pop().unwrap();
    let end = async { while let Some(Ok(_)) = deaf.next().await {} };
    tokio::time::timeout(PATIENCE, end)
        .await
        .expect("the connection to end");
    let answer = tokio::time::timeout(Duration::from_secs(5), alice.gets("/check_device/alice"));
    answer.await.expect("an answer in time").ok();
}
