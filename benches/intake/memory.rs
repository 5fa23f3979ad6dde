//! How much memory the real binary holds: idle, with a crowd of sockets, and while a photo arrives.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use relaydesk::domain::clock::Clock;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::Scale;
use crate::files;
use crate::load::{self, Connection};
use crate::server::{self, Server};
use crate::socket::Socket;
use crate::table::Table;

/// Sockets that connect at the same time.
const AT_ONCE: usize = 100;
/// Sockets that come from one loopback address: far fewer than it has ports.
const FROM_ONE_ADDRESS: usize = 5000;
/// Over the server's 25 s between pings, so that every socket has been pinged.
const UNTIL_PINGED: Duration = Duration::from_secs(30);
const BOUNDARY: &str = "bench-boundary";

pub async fn measure(scale: Scale, table: &mut Table) {
    let folder = server::folder();
    let sandbox = server::sandbox(Clock::system(), 20).await;
    let server = Server::real(folder.path(), &sandbox, &[]);
    tokio::time::sleep(Duration::from_secs(2)).await;
    table.most("memory, idle", 40.0, "MB", server.memory(), "");
    upload(&server, table).await;
    drop(server);
    if files::many_allowed() {
        let server = Server::real(folder.path(), &sandbox, &[]);
        crowd(&server, scale, table).await;
    } else {
        table.aside(
            "memory with 10000 idle sockets",
            format!("not measured: needs `ulimit -n {}`", files::NEEDED),
        );
    }
    sandbox.stop().await;
}

async fn crowd(server: &Server, scale: Scale, table: &mut Table) {
    let count = scale.pick(10_000, 500);
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut joining = JoinSet::new();
    for number in 0..count {
        let (turns, to) = (Arc::clone(&turns), server.address);
        joining.spawn(async move {
            let _turn = turns.acquire_owned().await.unwrap();
            let from = Ipv4Addr::new(127, 0, 0, 2 + (number / FROM_ONE_ADDRESS) as u8);
            Socket::join(from, to, &format!("user-{number}")).await
        });
    }
    let sockets = joining.join_all().await;
    let mut idle = JoinSet::new();
    for socket in sockets {
        idle.spawn(socket.idle());
    }
    tokio::time::sleep(scale.pick(UNTIL_PINGED, Duration::from_secs(1))).await;
    assert_eq!(idle.len(), count, "sockets were ended");
    let what = format!("memory with {count} idle sockets, each joined and pinged");
    let beside = format!(" (peak {:.0} MB)", server.peak_memory());
    table.most(&what, 350.0, "MB", server.memory(), &beside);
    if let Some(ended) = idle.try_join_next() {
        ended.unwrap();
    }
    idle.shutdown().await;
}

async fn upload(server: &Server, table: &mut Table) {
    // What the first upload of all brings in is code, not the cost of a photo.
    send_photo(server.address, &noise(32), async || ()).await;
    let photo = noise(1850);
    let mut before = 0.0;
    let mut during = 0.0;
    tokio::time::sleep(Duration::from_millis(500)).await;
    server.forget_peak();
    before += server.memory();
    send_photo(server.address, &photo, async || {
        during = server.peak_memory();
    })
    .await;
    let what = format!(
        "memory for a photo of {:.1} MB while it arrives",
        photo.len() as f64 / (1024.0 * 1024.0)
    );
    let beside = format!(
        " (decoding it afterwards: {:.0} MB for a moment)",
        server.peak_memory() - before
    );
    table.most(&what, 2.0, "MB", (during - before).max(0.0), &beside);
}

/// A picture that no compression makes smaller.
fn noise(side: u32) -> Vec<u8> {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let pixels: Vec<u8> = (0..side * side * 3)
        .map(|_| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed >> 32) as u8
        })
        .collect();
    let mut file = Vec::new();
    PngEncoder::new(&mut file)
        .write_image(&pixels, side, side, ExtendedColorType::Rgb8)
        .unwrap();
    file
}

/// Sends a photo steadily and calls `before_end` when all but its end has arrived.
async fn send_photo(to: SocketAddr, photo: &[u8], before_end: impl AsyncFnOnce()) {
    let mut body = Vec::new();
    for (name, value) in [("user_id", "photographer"), ("message", "broken")] {
        body.extend(
            format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )
            .into_bytes(),
        );
    }
    body.extend(
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"photo.png\"\r\n\r\n").into_bytes(),
    );
    body.extend_from_slice(photo);
    body.extend(format!("\r\n--{BOUNDARY}--\r\n").into_bytes());
    let head = format!(
        "POST /send_message HTTP/1.1\r\nHost: bench\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut connection = Connection::open(to).await;
    connection.send(head.as_bytes()).await;
    let (most, end) = body.split_at(body.len() - 1000);
    for chunk in most.chunks(64 * 1024) {
        connection.send(chunk).await;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    before_end().await;
    connection.send(end).await;
    connection.answer().await;
    // The connection is used again, as a phone would.
    let body = json!({"user_id": "photographer", "message": "did it arrive?"});
    connection
        .ask(&load::post("/send_message", &body, ""))
        .await;
}
