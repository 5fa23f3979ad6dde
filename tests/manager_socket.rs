//! The operators' websocket: who gets in, who hears what, what bad frames do, and how it ends.

use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::world::{API_TOKEN, Operator, Phone, World};

async fn connects(world: &World, staff: &Phone) -> Operator {
    Operator::connects(world, staff.token.as_ref().unwrap()).await
}

/// The ticket of a contact that has just written.
async fn ticket_of(world: &World, user: &str, text: &str) -> i64 {
    let phone = world.phone(user);
    phone.sends(text).await;
    let list = world
        .service()
        .gets(&format!("/support/tickets/?user_id={user}"))
        .await
        .ok();
    list.as_array().unwrap().last().unwrap()["id"]
        .as_i64()
        .unwrap()
}

fn number(staff: &Phone) -> i64 {
    staff.user_id.parse().unwrap()
}

#[tokio::test]
async fn only_staff_gets_in_and_no_page_of_another_site() {
    let world = World::start().await;
    let olga = world.staff("olga", "agent");
    let token = olga.token.clone().unwrap();
    let (cookie, bearer) = (
        format!("relaydesk_session={token}"),
        format!("Bearer {token}"),
    );
    let own = world.url("");
    for (headers, expected) in [
        (vec![], 401),
        (vec![("authorization", "Bearer nobody")], 401),
        (vec![("cookie", "relaydesk_session=nobody")], 401),
        (
            vec![
                ("cookie", cookie.as_str()),
                ("origin", "https://evil.example"),
            ],
            403,
        ),
        (
            vec![("cookie", cookie.as_str()), ("origin", own.as_str())],
            101,
        ),
        (vec![("cookie", cookie.as_str())], 101),
        (vec![("authorization", bearer.as_str())], 101),
    ] {
        let found = Operator::tries(&world, &headers).await;
        let status = found.map_or_else(|status| status, |_| 101);
        assert_eq!(status, expected, "{headers:?}");
    }
    let plain = olga.gets("/ws/support/manager/").await;
    plain.refused(400, "invalid_request");
    olga.posts("/ws/support/manager/", json!({}))
        .await
        .refused(405, "method_not_allowed");
    world.ends().await;
}

#[tokio::test]
async fn a_new_ticket_is_told_to_all_and_an_assignment_changes_who_hears_what() {
    let world = World::start().await;
    let (olga, ivan) = (world.staff("olga", "agent"), world.staff("ivan", "agent"));
    let mut to_olga = connects(&world, &olga).await;
    let mut to_ivan = connects(&world, &ivan).await;
    let id = ticket_of(&world, "alice", "hello").await;
    for operator in [&mut to_olga, &mut to_ivan] {
        let created = operator.hears("ticket.created").await;
        assert_eq!(created["ticket"]["id"], id);
        assert_eq!(created["ticket"]["user"]["user_id"], "alice");
        let message = operator.hears("ticket.message.new").await;
        assert_eq!(message["message"]["text"], "hello");
        assert_eq!(
            (&message["message"]["sender"], &message["message"]["ticket"]),
            (&json!("user"), &json!(id))
        );
    }
    to_olga
        .says(json!({"type": "ticket.assign", "ticket_id": id}))
        .await;
    for operator in [&mut to_olga, &mut to_ivan] {
        let assigned = operator.hears("ticket.assigned").await;
        let expected =
            json!({"type": "ticket.assigned", "id": id, "support_manager": number(&olga)});
        assert_eq!(assigned, expected);
    }
    let alice = world.phone("alice");
    alice.sends("only for Olga").await;
    assert_eq!(
        to_olga.hears("ticket.message.new").await["message"]["text"],
        "only for Olga"
    );
    assert_eq!(to_ivan.fence().await, [""; 0]);
    // Ivan takes it over: from then on Olga hears no more of it.
    to_ivan
        .says(json!({"type": "ticket.assign", "ticket_id": id}))
        .await;
    assert_eq!(
        to_olga.hears("ticket.assigned").await["support_manager"],
        number(&ivan)
    );
    to_ivan.hears("ticket.assigned").await;
    alice.sends("only for Ivan").await;
    assert_eq!(
        to_ivan.hears("ticket.message.new").await["message"]["text"],
        "only for Ivan"
    );
    assert_eq!(to_olga.fence().await, [""; 0]);
    // Unless she watches.
    to_olga
        .says(json!({"type": "ticket.watch", "ticket_id": id}))
        .await;
    assert_eq!(to_olga.fence().await, [""; 0]);
    alice.sends("for both").await;
    assert_eq!(
        to_olga.hears("ticket.message.new").await["message"]["text"],
        "for both"
    );
    to_olga
        .says(json!({"type": "ticket.unwatch", "ticket_id": id}))
        .await;
    to_olga.fence().await;
    // Nobody's again: all hear it.
    to_ivan
        .says(json!({"type": "ticket.assign", "ticket_id": id, "manager": null}))
        .await;
    assert_eq!(
        to_olga.hears("ticket.assigned").await["support_manager"],
        Value::Null
    );
    alice.sends("for all").await;
    assert_eq!(
        to_olga.hears("ticket.message.new").await["message"]["text"],
        "for all"
    );
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn an_answer_reaches_the_phone_and_resolving_is_told_to_all() {
    let world = World::start().await;
    let (olga, ivan) = (world.staff("olga", "agent"), world.staff("ivan", "agent"));
    let id = ticket_of(&world, "alice", "hello").await;
    let mut to_olga = connects(&world, &olga).await;
    let mut to_ivan = connects(&world, &ivan).await;
    let alice = world.phone("alice");
    let mut phone = alice.joins(None).await;
    phone.hears(&world, "joined").await;
    to_olga
        .says(json!({"type": "ticket.message.new", "ticket_id": id, "text": "on its way"}))
        .await;
    // The first answer takes the ticket; then comes the message.
    assert_eq!(
        to_olga.hears("ticket.assigned").await["support_manager"],
        number(&olga)
    );
    let told = to_olga.hears("ticket.message.new").await;
    assert_eq!(
        (
            &told["message"]["sender"],
            &told["message"]["viewed"],
            &told["message"]["text"]
        ),
        (&json!("supp"), &json!(true), &json!("on its way"))
    );
    // The first answer of the day brings the greeting first.
    phone.hears(&world, "new_message").await;
    assert_eq!(
        phone.hears(&world, "new_message").await["message"],
        "on its way"
    );
    assert_eq!(to_ivan.fence().await, ["ticket.assigned"]);
    // Another's ticket is another's, but the owner's word counts everywhere.
    let answer = json!({"type": "ticket.message.new", "ticket_id": id, "text": "me too"});
    assert_eq!(to_ivan.refused(answer.clone()).await, "not_yours");
    let resolve = json!({"type": "ticket.resolve", "ticket_id": id, "resolved": true});
    assert_eq!(to_ivan.refused(resolve.clone()).await, "not_yours");
    let mut to_boss = connects(&world, &world.staff("boss", "owner")).await;
    to_boss.says(answer).await;
    assert_eq!(
        to_boss.hears("ticket.message.new").await["message"]["text"],
        "me too"
    );
    assert_eq!(
        to_olga.hears("ticket.message.new").await["message"]["text"],
        "me too"
    );
    to_olga.says(resolve).await;
    for operator in [&mut to_olga, &mut to_ivan, &mut to_boss] {
        let resolved = operator.hears("ticket.resolved").await;
        assert_eq!(
            resolved,
            json!({"type": "ticket.resolved", "id": id, "resolved": true})
        );
    }
    let assign = json!({"type": "ticket.assign", "ticket_id": id});
    assert_eq!(to_ivan.refused(assign).await, "ticket_closed");
    to_olga
        .says(json!({"type": "ticket.resolve", "ticket_id": id, "resolved": false}))
        .await;
    assert_eq!(to_ivan.hears("ticket.resolved").await["resolved"], false);
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn reading_typing_and_edits_are_told() {
    let world = World::start().await;
    let (olga, ivan) = (world.staff("olga", "agent"), world.staff("ivan", "agent"));
    let id = ticket_of(&world, "alice", "hello").await;
    let mut to_olga = connects(&world, &olga).await;
    let mut to_ivan = connects(&world, &ivan).await;
    let alice = world.phone("alice");
    let mut phone = alice.joins(None).await;
    phone.hears(&world, "joined").await;
    let newest = alice.sends("more").await;
    to_olga
        .says(json!({"type": "ticket.viewed", "ticket_id": id, "up_to_id": newest}))
        .await;
    let viewed = to_ivan.hears("ticket.message.viewed").await;
    assert_eq!(
        viewed,
        json!({"type": "ticket.message.viewed", "ticket_id": id, "up_to_id": newest})
    );
    to_olga.fence().await;
    // Who types does not hear itself; the others and the contact do.
    to_olga
        .says(json!({"type": "ticket.typing", "ticket_id": id}))
        .await;
    let typing = to_ivan.hears("ticket.typing").await;
    assert_eq!(
        typing,
        json!({"type": "ticket.typing", "ticket_id": id, "by": "supp"})
    );
    assert_eq!(phone.hears(&world, "typing").await["typing"], true);
    assert_eq!(to_olga.fence().await, [""; 0]);
    // A phone knows no ticket: it is the open one.
    phone.emits("typing", json!({"user_id": "alice"})).await;
    assert_eq!(to_olga.hears("ticket.typing").await["by"], "user");
    phone
        .emits("mark_read", json!({"user_id": "alice", "up_to_id": newest}))
        .await;
    let read = to_ivan.hears("ticket.message.read").await;
    assert_eq!(
        read,
        json!({"type": "ticket.message.read", "ticket_id": id, "up_to_id": newest})
    );
    // An answer in the group is heard, and its edit.
    let post = world.post_with("more").await;
    let answer = world.sandbox.agent_replies(post, "first");
    let told = to_olga.hears("ticket.message.new").await;
    world.sandbox.agent_edits(answer, "second");
    let edited = to_olga.hears("ticket.message.updated").await;
    assert_eq!(
        (&edited["message"]["id"], &edited["message"]["text"]),
        (&told["message"]["id"], &json!("second"))
    );
    let request = olga.request(reqwest::Method::PATCH, &format!("/support/tickets/{id}/"));
    olga.answer(request.json(&json!({"title": "renamed"})))
        .await
        .ok();
    assert_eq!(
        to_ivan.hears("ticket.changed").await["ticket"]["title"],
        "renamed"
    );
    world.ends().await;
}

#[tokio::test]
async fn whatever_comes_is_answered_with_an_error_and_the_socket_stays() {
    let world = World::start().await;
    let id = ticket_of(&world, "alice", "hello").await;
    let mut olga = connects(&world, &world.staff("olga", "agent")).await;
    let about = |kind: &str, more: Value| {
        let mut frame = json!({"type": kind, "ticket_id": id});
        frame
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        frame
    };
    for (frame, code) in [
        (json!([]), "invalid_json"),
        (json!("ticket.assign"), "invalid_json"),
        (json!({}), "unknown_type"),
        (json!({"type": 5}), "unknown_type"),
        (
            json!({"type": "ticket.eat", "ticket_id": id}),
            "unknown_type",
        ),
        (json!({"type": "ticket.assign"}), "missing_field"),
        (
            json!({"type": "ticket.assign", "ticket_id": "16"}),
            "invalid_field",
        ),
        (
            json!({"type": "ticket.assign", "ticket_id": -1}),
            "invalid_field",
        ),
        (
            json!({"type": "ticket.assign", "ticket_id": 99999}),
            "ticket_not_found",
        ),
        (
            json!({"type": "ticket.typing", "ticket_id": 99999}),
            "ticket_not_found",
        ),
        (
            json!({"type": "ticket.watch", "ticket_id": 99999}),
            "ticket_not_found",
        ),
        (
            json!({"type": "ticket.viewed", "ticket_id": 99999, "up_to_id": 1}),
            "ticket_not_found",
        ),
        (
            about("ticket.assign", json!({"manager": 99999})),
            "agent_not_found",
        ),
        (
            about("ticket.assign", json!({"manager": "x"})),
            "invalid_field",
        ),
        (about("ticket.message.new", json!({})), "invalid"),
        (
            about("ticket.message.new", json!({"text": " \n"})),
            "invalid",
        ),
        (about("ticket.message.new", json!({"text": 5})), "invalid"),
        (
            about("ticket.message.new", json!({"text": "я".repeat(4097)})),
            "invalid",
        ),
        (about("ticket.resolve", json!({})), "missing_field"),
        (
            about("ticket.resolve", json!({"resolved": "true"})),
            "invalid_field",
        ),
        (about("ticket.viewed", json!({})), "missing_field"),
    ] {
        assert_eq!(olga.refused(frame.clone()).await, code, "{frame}");
    }
    for raw in [
        Message::text("not json"),
        Message::text(""),
        Message::text("[".repeat(20_000)),
        Message::binary(vec![0xff, 0xfe]),
    ] {
        olga.says_raw(raw).await;
        assert_eq!(olga.hears("error").await["code"], "invalid_json");
    }
    let mut service = Operator::connects(&world, API_TOKEN).await;
    assert_eq!(
        service.refused(about("ticket.assign", json!({}))).await,
        "not_an_agent"
    );
    let longest = "😀".repeat(4096);
    service
        .says(about("ticket.message.new", json!({"text": longest})))
        .await;
    assert_eq!(
        service.hears("ticket.message.new").await["message"]["text"],
        longest
    );
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn noise_harms_nobody() {
    let world = World::start().await;
    let id = ticket_of(&world, "alice", "hello").await;
    let mut olga = connects(&world, &world.staff("olga", "agent")).await;
    let kind = prop_oneof![
        "ticket\\.(assign|message\\.new|resolve|viewed|typing|watch|unwatch)",
        "\\PC{0,10}"
    ];
    let value = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        Just(Value::Null),
        Just(json!([{}])),
        Just(json!(id)),
    ];
    let frame = (kind, prop::collection::vec(value, 5)).prop_map(|(kind, values)| {
        json!({"type": kind, "ticket_id": values[0], "text": values[1], "resolved": values[2],
               "up_to_id": values[3], "manager": values[4]})
    });
    let mut runner = TestRunner::deterministic();
    for _ in 0..200 {
        let frame = frame.new_tree(&mut runner).unwrap().current();
        olga.says(frame).await;
    }
    olga.fence().await;
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn signing_out_and_being_blocked_end_the_socket() {
    let world = World::start().await;
    let olga = world.staff("olga", "agent");
    let ivan = world.staff("ivan", "agent");
    let mut to_olga = connects(&world, &olga).await;
    let mut to_ivan = connects(&world, &ivan).await;
    world
        .sql()
        .execute(
            "UPDATE agents SET is_blocked = 1 WHERE first_name = 'olga'",
            [],
        )
        .unwrap();
    to_olga.says(json!({"type": "ping"})).await;
    assert_eq!(to_olga.ends().await, Some(4401));
    // Who says nothing is found out within a minute.
    world
        .sql()
        .execute("DELETE FROM staff_sessions", [])
        .unwrap();
    let ended = async { to_ivan.ends().await };
    let passing = async {
        loop {
            world.clock.advance(Duration::from_secs(10));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        code = ended => assert_eq!(code, Some(4401)),
        () = passing => {}
    }
    world.ends().await;
}

#[tokio::test]
async fn a_frame_no_text_could_need_ends_its_own_socket_and_no_other() {
    let world = World::start().await;
    let olga = world.staff("olga", "agent");
    let mut heavy = connects(&world, &olga).await;
    let mut well = connects(&world, &olga).await;
    heavy.says_raw(Message::text("x".repeat(200_000))).await;
    assert_eq!(heavy.ends().await, Some(1009));
    assert_eq!(well.fence().await, [""; 0]);
    world.ends().await;
}

#[tokio::test]
async fn a_stop_says_goodbye() {
    let mut world = World::start().await;
    let olga = world.staff("olga", "agent");
    let mut operator = connects(&world, &olga).await;
    tokio::time::timeout(Duration::from_secs(5), world.server_stops())
        .await
        .expect("a stop without delay");
    assert_eq!(operator.ends().await, Some(1001));
    world.ends().await;
}
