//! Socket.IO as apps use it, row by row: join, live events, leave, typing, read, errors, tokens.

use relaydesk::desk::access::TokenKey;
use relaydesk::domain::ids::UserId;
use relaydesk::sandbox::{AgentFile, FileKind};
use serde_json::{Value, json};

use crate::world::{Phone, Socket, World, jpeg};

const SECRET: &str = "a-jwt-secret-of-these-tests-0123456789";

/// Everything emitted to this socket before now: an error is answered last.
async fn heard_until_now(socket: &mut Socket) -> Vec<(String, Value)> {
    let before = socket.heard().len();
    socket
        .emits("leave_chat", json!({"user_id": 1, "fence": true}))
        .await;
    loop {
        let (name, payload) = socket.next_soon().await;
        if name == "error" && payload["code"] == "invalid_field" {
            let heard = &socket.heard()[before..];
            return heard[..heard.len() - 1].to_vec();
        }
    }
}

async fn joins(world: &World, phone: &Phone) -> Socket {
    let mut socket = phone.joins(None).await;
    let joined = socket.hears(world, "joined").await;
    assert_eq!(
        joined,
        json!({"user_id": phone.user_id, "status": "connected", "has_more": false})
    );
    socket
}

#[tokio::test]
async fn all_sockets_of_a_contact_hear_each_message_once_as_the_history_shows_it() {
    let world = World::start().await;
    let alice = world.phone("a/b я");
    let mut sockets = Vec::new();
    for _ in 0..3 {
        sockets.push(joins(&world, &alice).await);
    }
    // Joining again is no second pair of ears.
    sockets[0]
        .emits("join_chat", json!({"user_id": "a/b я"}))
        .await;
    sockets[0].hears(&world, "joined").await;
    let mut stranger = joins(&world, &world.phone("bob")).await;

    alice.sends("one").await;
    alice
        .sends_photos("two", vec![jpeg(30, 20), jpeg(20, 30)])
        .await
        .ok();
    let post = world.post_with("one").await;
    world.sandbox.agent_replies(post, "three");
    alice.sees(&world, &["one", "two", "three"]).await;

    let mut history = alice.history("").await["messages"].clone();
    for item in history.as_array_mut().unwrap() {
        item["user_id"] = json!("a/b я");
    }
    for socket in &mut sockets {
        let mut heard = Vec::new();
        while heard.len() < history.as_array().unwrap().len() {
            let (name, mut item) = socket.next_soon().await;
            assert_eq!(name, "new_message");
            // An agent's answer marks what came before it as read, which no message tells.
            item["read"] = history[heard.len()]["read"].clone();
            heard.push(item);
        }
        assert_eq!(Value::from(heard), history);
        assert_eq!(heard_until_now(socket).await, []);
    }
    assert_eq!(heard_until_now(&mut stranger).await, []);
    world.ends().await;
}

#[tokio::test]
async fn who_left_hears_nothing_more_until_it_joins_again() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let (mut leaver, mut stayer) = (joins(&world, &alice).await, joins(&world, &alice).await);
    leaver
        .emits("leave_chat", json!({"user_id": "alice"}))
        .await;
    assert_eq!(heard_until_now(&mut leaver).await, []);
    let missed = alice.sends("missed").await;
    stayer.hears(&world, "new_message").await;
    assert_eq!(heard_until_now(&mut leaver).await, []);
    leaver
        .emits(
            "join_chat",
            json!({"user_id": "alice", "after_id": missed - 1}),
        )
        .await;
    assert_eq!(
        leaver.hears(&world, "new_message").await["message"],
        "missed"
    );
    leaver.hears(&world, "joined").await;
    alice.sends("live").await;
    assert_eq!(leaver.hears(&world, "new_message").await["message"], "live");
    world.ends().await;
}

#[tokio::test]
async fn an_edit_of_the_agent_is_told_with_the_whole_message() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let mut socket = joins(&world, &alice).await;
    alice.sends("hello").await;
    let post = world.post_with("hello").await;
    let answer = world.sandbox.agent_replies(post, "helo");
    alice.sees(&world, &["hello", "helo"]).await;
    world.sandbox.agent_edits(answer, "hello!");
    let updated = socket.hears(&world, "message_updated").await;
    alice.sees(&world, &["hello", "hello!"]).await;
    let mut item = alice.history("?limit=1").await["messages"][0].clone();
    item["user_id"] = json!("alice");
    assert_eq!(updated, item);
    assert!(updated["edited_at"].is_string(), "{updated}");
    world.ends().await;
}

#[tokio::test]
async fn typing_goes_to_the_other_side_only() {
    let world = World::with(|options| options.forum = true).await;
    let alice = world.phone("alice");
    let (mut socket, mut other) = (joins(&world, &alice).await, joins(&world, &alice).await);
    alice.sends("hello").await;
    let post = world.post_with("hello").await;
    world.queue_is_empty().await;
    socket
        .emits("typing", json!({"user_id": "alice", "typing": true}))
        .await;
    world
        .until("typing in the topic", async || {
            !world.sandbox.typing().is_empty()
        })
        .await;
    socket
        .emits("typing", json!({"user_id": "alice", "typing": false}))
        .await;
    for socket in [&mut socket, &mut other] {
        let heard = heard_until_now(socket).await;
        assert!(
            heard.iter().all(|(name, _)| name == "new_message"),
            "{heard:?}"
        );
    }
    // While the agent's photo is fetched, the contact sees typing.
    let photo = AgentFile {
        kind: FileKind::Photo,
        name: "photo.jpg".to_owned(),
        mime: "image/jpeg".to_owned(),
        bytes: jpeg(60, 40).into(),
        claimed_size: None,
    };
    world
        .sandbox
        .agent_replies_with(post, vec![photo], "like this");
    let typing = other.hears(&world, "typing").await;
    assert_eq!(typing, json!({"user_id": "alice", "typing": true}));
    other.hears(&world, "new_message").await;
    world.ends().await;
}

#[tokio::test]
async fn reading_is_told_over_the_socket() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let mut socket = joins(&world, &alice).await;
    alice.sends("hello").await;
    world
        .sandbox
        .agent_replies(world.post_with("hello").await, "hi");
    alice.sees(&world, &["hello", "hi"]).await;
    let answer = async || alice.history("?limit=1").await["messages"][0].clone();
    assert_eq!(answer().await["read"], false);
    let up_to = answer().await["id"].clone();
    socket
        .emits("mark_read", json!({"user_id": "alice", "up_to_id": up_to}))
        .await;
    world
        .until("the answer is read", async || {
            answer().await["read"] == true
        })
        .await;
    let left = alice
        .posts("/mark_read", json!({"user_id": "alice", "up_to_id": 0}))
        .await
        .ok();
    assert_eq!(left["unread_count"], 0, "a mark never goes back");
    world.ends().await;
}

#[tokio::test]
async fn bad_payloads_of_every_event_are_answered_and_end_nothing() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let mut socket = joins(&world, &alice).await;
    let nobody = [
        json!(null),
        json!({}),
        json!([]),
        json!("alice"),
        json!(7),
        json!({"user_id": null}),
        json!({"user_id": ""}),
    ];
    let required =
        json!({"message": "user_id обязателен", "code": "user_id_required", "field": "user_id"});
    for event in ["join_chat", "leave_chat", "typing", "mark_read"] {
        for payload in &nobody {
            socket.emits(event, payload.clone()).await;
            assert_eq!(
                socket.next_soon().await,
                ("error".to_owned(), required.clone()),
                "{event} {payload}"
            );
        }
        socket.send(format!("42[\"{event}\"]")).await;
        assert_eq!(
            socket.next_soon().await,
            ("error".to_owned(), required.clone()),
            "{event} alone"
        );
        for strange in [
            json!(5),
            json!({"a": 1}),
            json!(["alice"]),
            json!("x".repeat(129)),
            json!("a\u{7}b"),
        ] {
            socket.emits(event, json!({"user_id": strange})).await;
            let (name, payload) = socket.next_soon().await;
            assert_eq!(
                (&*name, &payload["field"]),
                ("error", &json!("user_id")),
                "{event} {strange}"
            );
            assert!(
                payload["message"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty())
            );
        }
    }
    for (event, field, value) in [
        ("join_chat", "after_id", json!("x")),
        ("join_chat", "after_id", json!(-1)),
        ("join_chat", "after_id", json!(1.5)),
        ("join_chat", "token", json!(5)),
        ("typing", "typing", json!("yes")),
        ("mark_read", "up_to_id", json!(null)),
        ("mark_read", "up_to_id", json!("3")),
        ("mark_read", "up_to_id", json!(-3)),
    ] {
        socket
            .emits(event, json!({"user_id": "alice", field: value}))
            .await;
        let (name, payload) = socket.next_soon().await;
        assert_eq!(
            (&*name, &payload["field"]),
            ("error", &json!(field)),
            "{event} {field} {value}"
        );
    }
    alice.sends("still here").await;
    assert_eq!(
        socket.hears(&world, "new_message").await["message"],
        "still here"
    );
    world.ends().await;
}

#[tokio::test]
async fn errors_speak_the_language_of_the_handshake() {
    let world = World::start().await;
    for (language, words) in [
        ("", "user_id обязателен"),
        ("en-GB,en;q=0.9", "user_id is required"),
        ("fr, ru;q=0.5", "user_id обязателен"),
        ("uz", "user_id majburiy"),
        ("xx", "user_id обязателен"),
    ] {
        let mut socket = Socket::connect_in(&world.url(""), None, language).await;
        socket.emits("leave_chat", json!({})).await;
        let (_, payload) = socket.next_soon().await;
        assert_eq!(payload["message"], words, "{language}");
    }
    world.ends().await;
}

#[tokio::test]
async fn with_tokens_a_room_opens_to_its_own_user_only() {
    let world = World::with(|options| {
        options.settings = vec![
            ("USER_AUTH", "token".to_owned()),
            ("JWT_SECRET", SECRET.to_owned()),
        ];
    })
    .await;
    let token = |user: &str, seconds| {
        let user = UserId::parse(user, "user").unwrap();
        TokenKey::new(SECRET.to_owned())
            .issue(&user, seconds, &world.clock)
            .unwrap()
    };
    let (own, foreign, old) = (token("alice", 3600), token("bob", 3600), token("alice", -1));
    let mut alice = world.phone("alice");
    let refusal = async |socket: &mut Socket, payload: Value| {
        socket.emits("join_chat", payload).await;
        let (name, payload) = socket.next_soon().await;
        assert_eq!(name, "error");
        payload["code"].as_str().unwrap().to_owned()
    };
    // At the handshake nothing; then in the event.
    let mut socket = alice.connects().await;
    assert_eq!(
        refusal(&mut socket, json!({"user_id": "alice"})).await,
        "unauthorized"
    );
    for wrong in [json!("nonsense"), json!(old)] {
        assert_eq!(
            refusal(&mut socket, json!({"user_id": "alice", "token": wrong})).await,
            "unauthorized"
        );
    }
    assert_eq!(
        refusal(&mut socket, json!({"user_id": "alice", "token": foreign})).await,
        "forbidden"
    );
    socket
        .emits("join_chat", json!({"user_id": "alice", "token": own}))
        .await;
    assert_eq!(socket.next_soon().await.0, "joined");
    // A token given once counts for the events after it.
    socket
        .emits("mark_read", json!({"user_id": "bob", "up_to_id": 1}))
        .await;
    assert_eq!(socket.next_soon().await.1["code"], "forbidden");
    socket.emits("typing", json!({"user_id": "bob"})).await;
    assert_eq!(socket.next_soon().await.1["code"], "forbidden");

    alice.token = Some(own);
    let mut shaken = joins(&world, &alice).await;
    assert_eq!(
        refusal(&mut shaken, json!({"user_id": "bob"})).await,
        "forbidden"
    );
    let mut spy = Socket::connect(&world.url(""), Some(&foreign)).await;
    assert_eq!(
        refusal(&mut spy, json!({"user_id": "alice"})).await,
        "forbidden"
    );
    alice.sends("for my eyes only").await;
    for socket in [&mut socket, &mut shaken] {
        assert_eq!(
            socket.hears(&world, "new_message").await["message"],
            "for my eyes only"
        );
    }
    assert_eq!(heard_until_now(&mut spy).await, []);
    world.ends().await;
}
