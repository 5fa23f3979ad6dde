//! How long a message takes through the server, each way, one at a time.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use relaydesk::domain::clock::Clock;
use relaydesk::sandbox::Sandbox;
use serde_json::{Value, json};

use crate::Scale;
use crate::load::{self, Connection};
use crate::server::{self, Server, WEBHOOK_SECRET};
use crate::socket::Socket;
use crate::table::{Table, share};

/// The most the setting allows: the limit is not what is measured.
const RATE: u32 = 1000;
/// Between two: the bot itself sends at most 25 a second, and the way is not free beyond that.
const PAUSE: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(10);

pub async fn measure(scale: Scale, table: &mut Table) {
    let folder = server::folder();
    let sandbox = server::sandbox(Clock::system(), RATE).await;
    let rate = RATE.to_string();
    let server = Server::real(folder.path(), &sandbox, &[("TELEGRAM_GROUP_RATE", &rate)]);
    let times = out(&server, &sandbox, scale.pick(300, 20)).await;
    let p99 = share(&times, 0.99);
    let beside = format!(" p99 ({} ms p50)", format_ms(share(&times, 0.5)));
    table.most(
        "message → Telegram call, the lane free",
        50.0,
        "ms",
        p99,
        &beside,
    );
    let times = back(&server, &sandbox, scale.pick(1000, 50)).await;
    let p99 = share(&times, 0.99);
    let beside = format!(" p99 ({} ms p50)", format_ms(share(&times, 0.5)));
    table.most(
        "agent's reply → socket, from the update's arrival",
        100.0,
        "ms",
        p99,
        &beside,
    );
    drop(server);
    sandbox.stop().await;
}

fn format_ms(figure: f64) -> String {
    format!("{figure:.2}")
}

/// From the request of a phone to the call that the sandbox sees, ms, sorted.
async fn out(server: &Server, sandbox: &Sandbox, count: usize) -> Vec<f64> {
    let mut phone = Connection::open(server.address).await;
    let mut times = Vec::with_capacity(count);
    for number in 0..count {
        let before = sandbox.posts().len();
        let body = json!({"user_id": "alice", "message": format!("message {number}")});
        let request = load::post("/send_message", &body, "");
        let began = Instant::now();
        phone.ask(&request).await;
        let posted = sandbox
            .until(PATIENCE, |sandbox| sandbox.posts().len() > before)
            .await;
        assert!(posted, "message {number} was not posted");
        times.push(began.elapsed().as_secs_f64() * 1000.0);
        tokio::time::sleep(PAUSE).await;
    }
    times.sort_by(f64::total_cmp);
    times
}

/// From the request of Telegram's webhook to the event on the contact's socket, ms, sorted.
async fn back(server: &Server, sandbox: &Sandbox, count: usize) -> Vec<f64> {
    let post = sandbox.posts().last().expect("a post").id;
    let mut socket = Socket::join(Ipv4Addr::LOCALHOST, server.address, "alice").await;
    let mut telegram = Connection::open(server.address).await;
    let secret = format!("X-Telegram-Bot-Api-Secret-Token: {WEBHOOK_SECRET}\r\n");
    let mut times = Vec::with_capacity(count);
    for number in 0..count {
        let text = format!("answer {number} is this");
        let update = update(sandbox, number, post, &text);
        let request = load::post("/api/telegram/webhook/", &update, &secret);
        let began = Instant::now();
        telegram.ask(&request).await;
        let heard = tokio::time::timeout(PATIENCE, socket.hear(&text)).await;
        heard.expect("the answer on the socket");
        times.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    times
}

/// An agent's reply to a post of the bot.
fn update(sandbox: &Sandbox, number: usize, post: i64, text: &str) -> Value {
    let chat = json!({"id": sandbox.group_chat_id(), "type": "supergroup", "title": "Support"});
    let bot: i64 = sandbox
        .bot_token()
        .split(':')
        .next()
        .and_then(|id| id.parse().ok())
        .unwrap();
    json!({
        "update_id": 900_000_000 + number,
        "message": {
            "message_id": 1_000_000 + number,
            "date": 1_767_225_600,
            "chat": chat,
            "from": {"id": 200_000_001, "is_bot": false, "first_name": "Anna", "last_name": "Petrova"},
            "text": text,
            "reply_to_message": {
                "message_id": post,
                "date": 1_767_225_600,
                "chat": chat,
                "from": {"id": bot, "is_bot": true, "first_name": "Bot"},
                "text": "a post",
            },
        },
    })
}
