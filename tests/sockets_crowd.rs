//! Sockets that do what no client should: bad handshakes, junk, silence, never reading. None of them
//! harms the server or the others.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::world::{Binary, PATIENCE, Phone, Socket, World};

/// The head of the answer to a hand-made upgrade.
async fn upgrade(world: &World, query: &str, key: &str, version: &str) -> (String, TcpStream) {
    let address = world.url("").replace("http://", "");
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let request = format!(
        "GET /socket.io/{query} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{key}{version}\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = vec![0; 4096];
    let length = tokio::time::timeout(PATIENCE, stream.read(&mut head))
        .await
        .unwrap()
        .unwrap();
    (
        String::from_utf8_lossy(&head[..length]).into_owned(),
        stream,
    )
}

const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const VERSION: &str = "Sec-WebSocket-Version: 13\r\n";

#[tokio::test]
async fn a_bad_handshake_is_a_400_with_words() {
    let world = World::start().await;
    let good = "?EIO=4&transport=websocket";
    for (query, key, version) in [
        ("", KEY, VERSION),
        ("?EIO=4", KEY, VERSION),
        ("?transport=websocket", KEY, VERSION),
        ("?EIO=5&transport=websocket", KEY, VERSION),
        ("?EIO=x&transport=websocket", KEY, VERSION),
        ("?EIO=4&transport=pigeon", KEY, VERSION),
        ("?EIO=4&transport=polling", KEY, VERSION),
        ("?EIO=4&transport=websocket&sid=nonsense", KEY, VERSION),
        (good, "", VERSION),
        (good, KEY, ""),
        (good, KEY, "Sec-WebSocket-Version: 12\r\n"),
    ] {
        let (head, _) = upgrade(&world, query, key, version).await;
        assert!(
            head.starts_with("HTTP/1.1 400"),
            "{query} {key} {version}: {head}"
        );
        assert!(head.contains("\"code\":"), "{query}: {head}");
    }
    let (head, _) = upgrade(&world, good, KEY, VERSION).await;
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    for query in [
        "",
        "?EIO=4",
        "?EIO=9&transport=polling",
        "?EIO=4&transport=polling&sid=nonsense",
    ] {
        let answer = world.phone("x").gets(&format!("/socket.io/{query}")).await;
        assert_eq!(answer.status, 400, "{query}: {}", answer.body);
        assert!(answer.body["code"].is_string(), "{query}: {}", answer.body);
    }
    world.ends().await;
}

#[tokio::test]
async fn a_stop_ends_sockets_that_joined_and_those_that_never_said_a_word() {
    let mut world = World::start().await;
    let alice = world.phone("alice");
    let mut joined = alice.joins(None).await;
    joined.hears(&world, "joined").await;
    let mut connected = alice.connects().await;
    let (head, mut silent) = upgrade(&world, "?EIO=4&transport=websocket", KEY, VERSION).await;
    assert!(head.starts_with("HTTP/1.1 101"));
    let sid = session(&alice).await;
    let poll = alice.request(
        reqwest::Method::GET,
        &format!("/socket.io/?EIO=4&transport=polling&sid={sid}"),
    );
    let waiting = tokio::spawn(poll.send());
    tokio::time::timeout(Duration::from_secs(5), world.server_stops())
        .await
        .expect("a stop without delay");
    joined.ends().await;
    connected.ends().await;
    let ended = async { while matches!(silent.read(&mut [0; 100]).await, Ok(1..)) {} };
    tokio::time::timeout(PATIENCE, ended)
        .await
        .expect("the silent one to end");
    // The poll is answered or cut; it does not wait.
    let _ = tokio::time::timeout(PATIENCE, waiting)
        .await
        .expect("the poll to end");
    world.ends().await;
}

#[tokio::test]
async fn a_frame_over_100_kb_may_end_its_connection_and_nothing_else() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let mut well = alice.joins(None).await;
    well.hears(&world, "joined").await;
    let mut heavy = alice.joins(None).await;
    heavy.hears(&world, "joined").await;
    heavy
        .emits(
            "join_chat",
            json!({"user_id": "alice", "more": "x".repeat(150_000)}),
        )
        .await;
    heavy.ends().await;
    // Just below is taken.
    well.emits(
        "typing",
        json!({"user_id": "alice", "more": "x".repeat(90_000)}),
    )
    .await;
    alice.sends("hello").await;
    assert_eq!(well.hears(&world, "new_message").await["message"], "hello");
    world.ends().await;
}

/// Frames from nearly right to plain noise.
fn frame() -> impl Strategy<Value = String> {
    let event = prop_oneof![
        "join_chat",
        "leave_chat",
        "typing",
        "mark_read",
        "\\PC{0,8}"
    ];
    let value = prop_oneof![
        Just("null".to_owned()),
        Just(r#"{"user_id":"alice"}"#.to_owned()),
        any::<i64>()
            .prop_map(|id| format!(r#"{{"user_id":"alice","after_id":{id},"up_to_id":{id}}}"#)),
        "\\PC{0,40}".prop_map(|text| json!({"user_id": text}).to_string()),
        "[\\[\\]{}\",:0-9a-z]{0,40}",
        Just("[".repeat(5000)),
    ];
    let packet = (event, value).prop_map(|(event, value)| format!("[{},{value}]", json!(event)));
    prop_oneof![
        4 => packet.clone().prop_map(|packet| format!("42{packet}")),
        1 => (any::<u64>(), packet.clone()).prop_map(|(ack, packet)| format!("42{ack}{packet}")),
        1 => (0..4u8, packet.clone()).prop_map(|(binary, packet)| format!("45{binary}-{packet}")),
        1 => packet.prop_map(|packet| format!("42/other,{packet}")),
        1 => "[0-9]{0,3}\\PC{0,40}",
        1 => "\\PC{0,60}",
        1 => Just("41".to_owned()),
        1 => Just("40{\"token\":5}".to_owned()),
    ]
}

#[tokio::test]
async fn whatever_frames_come_the_server_lives_and_others_are_served() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let mut well = alice.joins(None).await;
    well.hears(&world, "joined").await;
    let mut runner = TestRunner::deterministic();
    let frames = prop::collection::vec(frame(), 1..12);
    for round in 0..120 {
        let frames = frames.new_tree(&mut runner).unwrap().current();
        let mut junk = Socket::connect(&world.url(""), None).await;
        for frame in &frames {
            // The server may have ended this connection by now.
            if junk.tries(frame.clone()).await.is_err() {
                break;
            }
        }
        drop(junk);
        if round % 10 == 9 {
            alice.sends(&format!("after {round}")).await;
            assert_eq!(
                well.hears(&world, "new_message").await["message"],
                format!("after {round}"),
                "{frames:?}"
            );
        }
    }
    world.ends().await;
}

/// Begins a session by polling, as clients do by default.
async fn session(phone: &Phone) -> String {
    let path = "/socket.io/?EIO=4&transport=polling";
    let opened = phone.request(reqwest::Method::GET, path).send().await;
    let opened = opened.unwrap().text().await.unwrap();
    let (_, rest) = opened.split_once("\"sid\":\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// A client that joined and then never reads. One whose connection did not come about tries again, as clients do.
async fn deaf(server: &Binary, phone: &Phone, polls: bool) -> WebSocketStream<TcpStream> {
    for _ in 0..3 {
        if let Some(stream) = joins_and_reads_no_more(server, phone, polls).await {
            return stream;
        }
    }
    panic!("three connections in a row ended before they joined");
}

/// None when the connection ended before; its own buffer is small.
async fn joins_and_reads_no_more(
    server: &Binary,
    phone: &Phone,
    polls: bool,
) -> Option<WebSocketStream<TcpStream>> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(32 * 1024).unwrap();
    let address = server.url().replace("http://", "");
    let stream = socket.connect(address.parse().unwrap()).await.unwrap();
    let mut url = format!("ws://{address}/socket.io/?EIO=4&transport=websocket");
    if polls {
        url.push_str(&format!("&sid={}", session(phone).await));
    }
    let (mut stream, _) = client_async(url, stream).await.unwrap();
    if polls {
        says(&mut stream, "2probe").await?;
        hears(&mut stream, "3probe").await?;
        says(&mut stream, "5").await?;
    }
    says(&mut stream, "40").await?;
    hears(&mut stream, "40").await?;
    let join = format!("42{}", json!(["join_chat", {"user_id": phone.user_id}]));
    says(&mut stream, &join).await?;
    hears(&mut stream, "42[\"joined\"").await?;
    Some(stream)
}

async fn says(stream: &mut WebSocketStream<TcpStream>, frame: &str) -> Option<()> {
    stream.send(frame.into()).await.ok()
}

/// Reads until a frame that begins like this.
async fn hears(stream: &mut WebSocketStream<TcpStream>, beginning: &str) -> Option<()> {
    loop {
        let frame = stream.next().await?.ok()?;
        if frame.into_text().ok()?.starts_with(beginning) {
            return Some(());
        }
    }
}

/// Resident memory and open files of a process.
fn weighs(server: &Binary) -> (u64, usize) {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    let megabytes = line
        .split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<u64>()
        .unwrap()
        / 1024;
    let files = std::fs::read_dir(format!("/proc/{}/fd", server.id()))
        .unwrap()
        .count();
    (megabytes, files)
}

#[tokio::test]
async fn a_thousand_clients_that_never_read_are_cut_off_and_hold_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let server = Binary::serves(folder.path(), None, &[("LOG", "warn,relaydesk::app=info")]);
    let celebrity = server.phone("celebrity");
    let stranger = server.phone("stranger");
    let mut crowd = Vec::new();
    for _ in 0..10 {
        let joining = (0..100).map(|number| deaf(&server, &celebrity, number % 2 == 0));
        crowd.extend(futures_util::future::join_all(joining).await);
    }
    let (before, _) = weighs(&server);
    let mut most = before;
    let deadline = tokio::time::Instant::now() + 2 * PATIENCE;
    let mut reader = celebrity.joins(None).await;
    assert_eq!(reader.next_soon().await.0, "joined");
    let mut sent = 0;
    while weighs(&server).1 > 200 {
        assert!(
            tokio::time::Instant::now() < deadline,
            "after {sent} messages there are still {:?}",
            weighs(&server)
        );
        let text = format!("{sent} {}", "long story ".repeat(1400));
        celebrity.sends(&text).await;
        sent += 1;
        most = most.max(weighs(&server).0);
        // The one who reads hears all of it, and strangers are served.
        assert_eq!(reader.next_soon().await.1["message"], text);
        stranger_is_served(&stranger).await;
    }

    assert!(most < before + 300, "{before} MB grew to {most} MB");
    // Those who were cut off can tell: there is an end behind what still was on its way.
    let mut deaf = crowd.pop().unwrap();
    let end = async { while let Some(Ok(_)) = deaf.next().await {} };
    tokio::time::timeout(PATIENCE, end)
        .await
        .expect("the connection to end");
}

async fn stranger_is_served(stranger: &Phone) {
    let answer = tokio::time::timeout(
        Duration::from_secs(5),
        stranger.gets("/check_device/stranger"),
    )
    .await;
    answer.expect("an answer in time").ok();
}
