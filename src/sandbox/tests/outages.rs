//! Faults: what the caller sees of each, and whether the call took effect.

use std::time::Duration;

use serde_json::json;

use super::*;

/// Sends "x" to the group; status and content type, or the error.
async fn send(sandbox: &Sandbox) -> Result<(u16, String), reqwest::Error> {
    let url = format!("{}/bot{}/SendMessage", sandbox.url(), sandbox.bot_token());
    let params = json!({"chat_id": sandbox.group_chat_id(), "text": "x"});
    let patience = Duration::from_millis(300);
    let answer = http()
        .post(url)
        .json(&params)
        .timeout(patience)
        .send()
        .await?;
    let content_type = answer.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    let status = answer.status().as_u16();
    Ok((status, format!("{content_type} {}", answer.text().await?)))
}

#[tokio::test]
async fn down_is_refused_and_up_is_the_same_port() {
    let (sandbox, _) = world(false).await;
    sandbox.telegram_down().await;
    assert!(send(&sandbox).await.unwrap_err().is_connect());
    assert_eq!(
        http().get(sandbox.fcm_url()).send().await.unwrap().status(),
        404
    );
    sandbox.telegram_up().await.unwrap();
    assert_eq!(send(&sandbox).await.unwrap().0, 200);
    sandbox.fcm_down().await;
    assert!(
        http()
            .get(sandbox.fcm_url())
            .send()
            .await
            .unwrap_err()
            .is_connect()
    );
    sandbox.fcm_up().await.unwrap();
    assert_eq!(
        http().get(sandbox.fcm_url()).send().await.unwrap().status(),
        404
    );
}

#[tokio::test]
async fn going_down_cuts_a_poll_under_way() {
    let (sandbox, bot) = world(false).await;
    let poll = tokio::spawn(async move {
        use teloxide::payloads::GetUpdatesSetters;
        use teloxide::requests::Requester;
        bot.get_updates()
            .allowed_updates([teloxide::types::AllowedUpdate::Message])
            .timeout(15)
            .await
    });
    while sandbox.look(|world| world.updates.allowed().is_empty()) {
        tokio::task::yield_now().await;
    }
    sandbox.telegram_down().await;
    assert!(poll.await.unwrap().is_err());
}

#[tokio::test]
async fn every_fault_does_what_its_name_says_once() {
    for (fault, expected, posted) in [
        (
            Fault::TooManyRequests { retry_after: 9 },
            Some((429, "retry after 9")),
            0,
        ),
        (Fault::CutBeforeAccept, None, 0),
        (Fault::CutAfterAccept, None, 1),
        (Fault::Hang, None, 0),
        (Fault::HangAfterAccept, None, 1),
        (Fault::BadGateway, Some((502, "text/html <html>")), 0),
        (Fault::Garbage200, Some((200, "text/html <html>")), 1),
        (
            Fault::ServerError500,
            Some((500, "Internal Server Error")),
            0,
        ),
        (
            Fault::Forbidden,
            Some((403, "bot was kicked from the supergroup chat")),
            0,
        ),
        (
            Fault::Refuse {
                status: 400,
                description: "Bad Request: CHAT_RESTRICTED".into(),
            },
            Some((400, "CHAT_RESTRICTED")),
            0,
        ),
    ] {
        let (sandbox, _) = world(false).await;
        sandbox.break_next(fault.clone(), Some("sendMessage"), 1);
        match (send(&sandbox).await, expected) {
            (Ok((status, body)), Some((wanted, words))) => {
                assert_eq!(status, wanted, "{fault:?}");
                assert!(body.contains(words), "{fault:?}: {body}");
            }
            (Err(error), None) => assert!(!error.is_connect(), "{fault:?}"),
            (got, _) => panic!("{fault:?}: {got:?}"),
        }
        assert_eq!(sandbox.posts().len(), posted, "{fault:?}");
        let (status, _) = send(&sandbox).await.unwrap();
        assert_eq!(status, 200, "{fault:?} happened twice");
        sandbox.stop().await;
    }
}

#[tokio::test]
async fn calls_are_logged_with_what_became_of_them() {
    let (sandbox, _) = world(false).await;
    sandbox.break_next(Fault::CutAfterAccept, None, 1);
    send(&sandbox).await.unwrap_err();
    send(&sandbox).await.unwrap();
    let calls: Vec<_> = sandbox
        .calls()
        .into_iter()
        .map(|call| (call.method, call.status))
        .collect();
    assert_eq!(
        calls,
        [
            ("SendMessage".to_owned(), 0),
            ("SendMessage".to_owned(), 200)
        ]
    );
}

/// A sandbox on a port chosen beforehand. The two next ones may be in use, so there are more tries.
async fn on_a_fixed_port() -> (u16, Sandbox) {
    for _ in 0..100 {
        let port = port::Port::reserve(0).unwrap().address().port();
        if let Ok(sandbox) = Sandbox::start(fixed(port)).await {
            return (port, sandbox);
        }
    }
    panic!("no three free ports in a row were found");
}

fn fixed(port: u16) -> SandboxOptions {
    SandboxOptions {
        clock: Clock::system(),
        forum: false,
        group_rate: 20,
        port,
    }
}

#[tokio::test]
async fn a_fixed_port_takes_three_in_a_row_and_shares_them_with_nobody() {
    let (port, sandbox) = on_a_fixed_port().await;
    assert_eq!(sandbox.url(), format!("http://127.0.0.1:{port}"));
    assert_eq!(sandbox.fcm_url(), format!("http://127.0.0.1:{}", port + 1));
    let second = Sandbox::start(fixed(port)).await;
    assert_eq!(second.err().unwrap().kind(), std::io::ErrorKind::AddrInUse);
    sandbox.stop().await;
    assert!(send(&sandbox).await.unwrap_err().is_connect());
}
