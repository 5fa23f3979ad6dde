//! Tests of the whole sandbox, through the clients Relaydesk uses: teloxide, reqwest, gcp_auth.

use std::io::Cursor;

use bytes::Bytes;
use serde_json::Value;
use teloxide::Bot;

use super::*;

mod bot_api;
mod buttons;
mod commands;
mod control;
mod control_private;
mod edits;
mod forum;
mod groups;
mod outages;
mod private;
mod push;
mod updates_in;

/// A running sandbox with a clock that stands still, and a teloxide bot in it.
async fn world(forum: bool) -> (Sandbox, Bot) {
    let options = SandboxOptions {
        clock: Clock::fake("2026-03-01T12:00:00Z".parse().unwrap()),
        forum,
        group_rate: 20,
        port: 0,
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let bot = Bot::new(sandbox.bot_token()).set_api_url(sandbox.url().parse().unwrap());
    (sandbox, bot)
}

/// Calls a method by plain JSON; gives status and body.
async fn call(sandbox: &Sandbox, method: &str, params: Value) -> (u16, Value) {
    let url = format!("{}/bot{}/{method}", sandbox.url(), sandbox.bot_token());
    let answer = http().post(url).json(&params).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap())
}

/// The description of a refused call.
async fn refusal(sandbox: &Sandbox, method: &str, params: Value) -> String {
    let (status, body) = call(sandbox, method, params).await;
    assert_ne!(status, 200, "{body}");
    assert_eq!(body["ok"], false);
    assert_eq!(body["error_code"], status);
    body["description"].as_str().unwrap().to_owned()
}

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

fn png(width: u32, height: u32) -> Bytes {
    let mut bytes = Cursor::new(Vec::new());
    image::DynamicImage::new_luma8(width, height)
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner().into()
}

fn file(kind: FileKind, name: &str, mime: &str, bytes: Bytes) -> AgentFile {
    AgentFile {
        kind,
        name: name.to_owned(),
        mime: mime.to_owned(),
        bytes,
        claimed_size: None,
    }
}
