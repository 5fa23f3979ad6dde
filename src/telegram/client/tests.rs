//! The client against a socket that answers as told: what only a real connection can show.

use super::*;
use crate::delivery::Receipt;
use crate::telegram::settings::Mode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const TOKEN: &str = "424242:not-a-real-token";
const GROUP: Place = Place {
    chat: -100,
    topic: None,
};

fn client(url: &str) -> Client {
    Client::new(&TelegramSettings {
        token: TOKEN.into(),
        group_chat_id: -100,
        api_url: url.parse().unwrap(),
        mode: Mode::Polling,
        webhook_secret: None,
        public_url: None,
        group_rate: 20,
    })
    .unwrap()
}

/// Reads one request, headers and body.
async fn request(stream: &mut tokio::net::TcpStream) -> String {
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&read).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .filter_map(|line| {
                    line.to_lowercase()
                        .strip_prefix("content-length:")
                        .map(str::to_owned)
                })
                .find_map(|value| value.trim().parse::<usize>().ok());
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return text,
            Ok(n) => read.extend_from_slice(&buffer[..n]),
        }
    }
}

/// A server that answers its one caller with these bytes, and gives back what was asked.
async fn answering(answer: &'static str) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let asked = request(&mut stream).await;
        stream.write_all(answer.as_bytes()).await.unwrap();
        asked
    });
    (url, asked)
}

#[tokio::test]
async fn a_post_names_its_chat_its_topic_and_its_markup() {
    let (url, asked) =
        answering("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"ok\":true,\"result\":{\"message_id\":7,\"chat\":{\"id\":-100,\"type\":\"x\"}}}").await;
    let place = Place {
        topic: Some(9),
        ..GROUP
    };
    let receipt = client(&url)
        .send_html(place, "<b>hi</b>", &Manner::default())
        .await
        .unwrap();
    assert_eq!(
        receipt,
        Receipt {
            chat_id: -100,
            message_ids: vec![7],
            shows: false,
        }
    );
    let asked = asked.await.unwrap();
    assert!(
        asked.starts_with(&format!("POST /bot{TOKEN}/sendMessage ")),
        "{asked}"
    );
    let body: Value = serde_json::from_str(asked.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body["message_thread_id"], 9);
    assert_eq!(body["parse_mode"], "HTML");
    assert_eq!(body["text"], "<b>hi</b>");
}

#[tokio::test]
async fn a_refused_connection_is_certain() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let failure = client(&url)
        .send_html(GROUP, "hi", &Manner::default())
        .await
        .unwrap_err();
    assert!(matches!(failure, Failure::NotSent(_)), "{failure:?}");
}

#[tokio::test]
async fn a_connection_cut_after_the_request_is_uncertain() {
    let (url, _asked) = answering("").await;
    let failure = client(&url)
        .send_html(GROUP, "hi", &Manner::default())
        .await
        .unwrap_err();
    assert!(matches!(failure, Failure::Uncertain(_)), "{failure:?}");
}

#[tokio::test]
async fn an_answer_cut_half_way_is_uncertain_but_a_refusal_is_not() {
    let (url, _asked) = answering("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"ok\":tr").await;
    let failure = client(&url)
        .send_html(GROUP, "hi", &Manner::default())
        .await
        .unwrap_err();
    assert!(matches!(failure, Failure::Uncertain(_)), "{failure:?}");
    let (url, _asked) =
        answering("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 100\r\n\r\n<html>").await;
    let failure = client(&url)
        .send_html(GROUP, "hi", &Manner::default())
        .await
        .unwrap_err();
    assert!(matches!(failure, Failure::Unavailable(_)), "{failure:?}");
}

#[tokio::test]
async fn no_failure_says_the_token() {
    let dead = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refused = format!("http://{}", dead.local_addr().unwrap());
    drop(dead);
    let (cut, _asked) = answering("").await;
    let (half, _asked) = answering("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{").await;
    let (odd, _asked) = answering("HTTP/9.9 what\r\n\r\n").await;
    for url in [refused, cut, half, odd] {
        let failure = client(&url).get_me().await.unwrap_err();
        let said = format!("{failure} {failure:?}");
        assert!(!said.contains("not-a-real-token"), "{said}");
    }
}
