//! A web session's events: what happens, in order, without a gap and nothing twice.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::world::{Events, JWT_SECRET, PATIENCE, Phone, World};

fn path(session: &str, rest: &str) -> String {
    format!("/support/api/sessions/{session}/{rest}")
}

/// The UUIDs of a session's messages.
async fn ids(guest: &Phone, session: &str) -> Vec<String> {
    let messages = guest.messages(session, "").await;
    let ids = messages.iter().map(|one| one["id"].as_str().unwrap());
    ids.map(str::to_owned).collect()
}

#[tokio::test]
async fn everything_that_happens_is_told_as_it_happens() {
    let world = World::web().await;
    let ann = world.guest("ann");
    let session = ann.tells(None, "hi").await;
    let post = world.post_with("hi").await;
    let mut events = ann.follows(&session, None).await;
    let mut elsewhere = {
        let other = ann.tells(None, "another session").await;
        ann.follows(&other, None).await
    };
    ann.tells(Some(&session), "still there?").await;
    let own = events.hears(&world, "message").await;
    let known = ids(&ann, &session).await;
    assert_eq!(
        (&own.data["content"], own.id.as_ref()),
        (&json!("still there?"), Some(&known[1]))
    );
    assert_eq!(own.data["id"], json!(known[1]));

    let reply = world.sandbox.agent_replies(post, "on its wya");
    let answer = events.hears(&world, "message").await;
    assert_eq!(
        (&answer.data["sender"], &answer.data["content"]),
        (&json!("support"), &json!("on its wya"))
    );
    world.sandbox.agent_edits(reply, "on its way");
    let edited = events.hears(&world, "message_updated").await;
    assert_eq!(
        (&edited.data["content"], &edited.id),
        (&json!("on its way"), &None)
    );
    assert_eq!(
        (&edited.data["id"], edited.data["edited_at"].is_string()),
        (&answer.data["id"], true)
    );

    ann.does(&session, "read").await.ok();
    let read = events.hears(&world, "read").await;
    assert_eq!(
        (read.data, read.id),
        (json!({"by": "user", "up_to_id": answer.data["id"]}), None)
    );
    assert_eq!(ann.does(&session, "typing").await.status, 204);
    ann.does(&session, "close").await.ok();
    let closed = events.hears(&world, "closed").await;
    let expected = json!({"session_id": session, "is_active": false, "can_rate": true});
    assert_eq!(
        (closed.data, closed.id),
        (expected, None),
        "the own typing is not told back"
    );
    ann.tells(Some(&session), "one more thing").await;
    assert_eq!(
        events.hears(&world, "message").await.data["content"],
        "one more thing"
    );

    // Of all that the other session hears nothing.
    ann.tells(None, "a third session").await;
    let quiet = tokio::time::timeout(Duration::from_millis(200), elsewhere.next());
    assert!(quiet.await.is_err());
    drop((events, elsewhere));
    world.ends().await;
}

#[tokio::test]
async fn with_the_last_id_it_goes_on_where_it_stopped() {
    let world = World::web().await;
    let ann = world.guest("ann");
    let session = ann.tells(None, "m0").await;
    for number in 1..250 {
        ann.tells(Some(&session), &format!("m{number}")).await;
    }
    let known = ids(&ann, &session).await;
    let mut events = ann.follows(&session, Some(&known[10])).await;
    // More than one page of what was missed, and live ones behind it.
    ann.tells(Some(&session), "m250").await;
    for number in 11..=250 {
        let heard = events.hears(&world, "message").await;
        assert_eq!(heard.data["content"], json!(format!("m{number}")));
    }
    let by_query = path(&session, &format!("events/?after_id={}", known[248]));
    let mut events = Events::of(ann.request(Method::GET, &by_query).send().await.unwrap());
    assert_eq!(
        events.hears(&world, "message").await.data["content"],
        "m249"
    );
    // A browser that comes back keeps its address, and says in the header how far it got.
    let back = ann
        .request(Method::GET, &by_query)
        .header("Last-Event-ID", &known[249]);
    let mut events = Events::of(back.send().await.unwrap());
    assert_eq!(
        events.hears(&world, "message").await.data["content"],
        "m250"
    );
    let mut live = ann.follows(&session, None).await;
    ann.tells(Some(&session), "live").await;
    assert_eq!(
        live.hears(&world, "message").await.data["content"],
        "live",
        "no cursor, no past"
    );
    drop((events, live));
    world.ends().await;
}

#[tokio::test]
async fn a_cursor_that_leads_nowhere_is_refused() {
    let world = World::web().await;
    let ann = world.guest("ann");
    let session = ann.tells(None, "hi").await;
    let other = ann.tells(None, "other").await;
    let foreign = ids(&ann, &other).await.remove(0);
    for wrong in ["x", "7", "00000000-0000-4000-8000-000000000000", &foreign] {
        let by_query = ann
            .gets(&path(&session, &format!("events/?after_id={wrong}")))
            .await;
        by_query.refused(400, "unknown_cursor");
        let by_header = ann
            .request(Method::GET, &path(&session, "events/"))
            .header("Last-Event-ID", wrong);
        ann.answer(by_header).await.refused(400, "unknown_cursor");
    }
    world.ends().await;
}

#[tokio::test]
async fn a_quiet_stream_has_a_heartbeat_and_ends_with_the_link_that_opened_it() {
    let world = World::web().await;
    let ann = world.guest("ann");
    let body = json!({"content": "hi"});
    let said = ann.posts("/support/api/messages/", body).await.created();
    let (_, key) = said["session_link"]
        .as_str()
        .unwrap()
        .split_once("?key=")
        .unwrap();
    let session = said["session_id"].as_str().unwrap();
    world.queue_is_empty().await;
    let by_link = world
        .phone("")
        .request(Method::GET, &path(session, &format!("events/?key={key}")));
    let mut events = Events::of(by_link.send().await.unwrap());
    events.beats(&world, 3).await;
    world.clock.advance(Duration::from_secs(30 * 24 * 3600));
    events.ends(&world).await;
    world.ends().await;
}

#[tokio::test]
async fn a_stop_ends_streams_at_once_and_they_resume_after_the_start() {
    let mut world = World::web().await;
    let ann = world.guest("ann");
    let session = ann.tells(None, "one").await;
    let mut events = ann.follows(&session, None).await;
    ann.tells(Some(&session), "two").await;
    let last = events.hears(&world, "message").await.id.unwrap();
    let began = std::time::Instant::now();
    world.server_stops().await;
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(events.next().await, None);
    world.server_starts().await;
    ann.tells(Some(&session), "three").await;
    let mut events = ann.follows(&session, Some(&last)).await;
    ann.tells(Some(&session), "four").await;
    for expected in ["three", "four"] {
        assert_eq!(
            events.hears(&world, "message").await.data["content"],
            expected
        );
    }
    drop(events);
    world.ends().await;
}

/// A connection that asks for the events and never reads them; little fits on its way.
async fn never_reads(world: &World, guest: &Phone, session: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let address = world.url("").replace("http://", "").parse().unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    let (line, token) = (path(session, "events/"), guest.token.as_ref().unwrap());
    let head =
        format!("GET {line} HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {token}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut first = [0; 15];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    stream
}

/// A world without a group, where much may be said at once.
async fn without_group() -> World {
    World::with(|options| {
        options.telegram = false;
        options.settings.push(("JWT_SECRET", JWT_SECRET.to_owned()));
    })
    .await
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_cut_off_and_others_are_not() {
    let world = without_group().await;
    let ann = world.guest("ann");
    let session = ann.tells(None, "start").await;
    let mut slow = never_reads(&world, &ann, &session).await;
    let mut quick = ann.follows(&session, None).await;
    let text = "\u{1F600}".repeat(15_000);
    // Enough for the buffers on the way and for what may wait beside them: 36 MB.
    for number in 0..600 {
        let said = format!("{number} {text}");
        ann.tells(Some(&session), &said).await;
        assert!(quick.hears(&world, "message").await.data["content"] == json!(said));
    }
    let mut heard = Vec::new();
    // However it ended: what matters is that it did, in the middle.
    let ended = tokio::time::timeout(PATIENCE, slow.read_to_end(&mut heard)).await;
    assert!(ended.is_ok(), "still open after {} bytes", heard.len());
    assert!(heard.len() < 600 * text.len());
    drop(quick);
    world.ends().await;
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_reader_that_does_not_read() {
    let mut world = without_group().await;
    let ann = world.guest("ann");
    let session = ann.tells(None, "start").await;
    let slow = never_reads(&world, &ann, &session).await;
    let text = "\u{1F600}".repeat(15_000);
    for _ in 0..150 {
        ann.tells(Some(&session), &text).await;
    }
    let began = std::time::Instant::now();
    world.server_stops().await;
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    drop(slow);
    world.ends().await;
}
