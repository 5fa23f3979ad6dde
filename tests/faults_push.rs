//! FCM in trouble: no push is lost that may still arrive, and no token is deleted without reason.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use relaydesk::sandbox::{Fault, Push};

use crate::world::{Phone, World};

const HOUR: Duration = Duration::from_secs(3600);

async fn asked(world: &World) -> (Phone, i64) {
    let alice = world.phone("alice");
    alice.registers("alice-token").await;
    alice.sends("hi").await;
    (alice, world.known_post("hi").await)
}

fn accepted(world: &World) -> Vec<Push> {
    let pushes = world.sandbox.pushes().into_iter();
    pushes.filter(|push| push.accepted).collect()
}

async fn arrive(world: &World, count: usize) {
    world
        .until(&format!("{count} pushes"), async || {
            accepted(world).len() >= count
        })
        .await;
    world.queue_is_empty().await;
    assert_eq!(accepted(world).len(), count);
}

async fn tries(world: &World, count: usize) {
    world
        .until(&format!("{count} tries"), async || {
            world.sandbox.pushes().len() >= count
        })
        .await;
}

fn last_error(world: &World, token: &str) -> Option<String> {
    let sql = "SELECT last_error FROM device_tokens WHERE token = ?1";
    world.in_database(|db| db.query_row(sql, [token], |row| row.get(0)).unwrap())
}

#[tokio::test]
async fn unregistered_prunes_that_token_and_no_other() {
    let world = World::start().await;
    let (alice, post) = asked(&world).await;
    alice.registers("removed-app").await;
    world.sandbox.token_is_unregistered("removed-app");
    world.sandbox.agent_replies(post, "one");
    arrive(&world, 1).await;
    assert_eq!(
        alice.gets("/check_device/alice").await.ok()["device_count"],
        1
    );
    world.sandbox.agent_replies(post, "two");
    arrive(&world, 2).await;
    let to_removed = world
        .sandbox
        .pushes()
        .iter()
        .filter(|push| push.token == "removed-app")
        .count();
    assert_eq!(to_removed, 1);
    world.ends().await;
}

#[tokio::test]
async fn invalid_argument_prunes_a_token_only_when_it_names_it() {
    let world = World::start().await;
    let (alice, post) = asked(&world).await;
    world.expects_warning("a delivery is dead");
    world.sandbox.payload_invalid_once();
    world.sandbox.agent_replies(post, "one");
    world.are_dead(1).await;
    assert_eq!(
        alice.gets("/check_device/alice").await.ok()["device_count"],
        1
    );
    assert_eq!(
        last_error(&world, "alice-token").as_deref(),
        Some("HTTP 400 INVALID_ARGUMENT")
    );

    alice.registers("no-token-at-all").await;
    world.sandbox.token_is_invalid("no-token-at-all");
    world.sandbox.agent_replies(post, "two");
    arrive(&world, 1).await;
    assert_eq!(
        alice.gets("/check_device/alice").await.ok()["device_count"],
        1
    );
    // The refused one can be sent again.
    let (replayed, said) = world.runs(&["outbox", "replay"]).await;
    assert!(replayed && said.contains("1 to be tried again"), "{said}");
    arrive(&world, 2).await;
    world.ends().await;
}

#[tokio::test]
async fn sender_id_mismatch_ends_the_push_and_is_kept_as_the_devices_last_error() {
    let world = World::start().await;
    let (alice, post) = asked(&world).await;
    alice.registers("other-project").await;
    world.sandbox.sender_id_mismatch("other-project");
    world.expects_warning("a delivery is dead");
    world.sandbox.agent_replies(post, "one");
    arrive(&world, 1).await;
    world.are_dead(1).await;
    assert_eq!(
        last_error(&world, "other-project").as_deref(),
        Some("HTTP 403 SENDER_ID_MISMATCH")
    );
    assert_eq!(last_error(&world, "alice-token"), None);
    assert_eq!(
        alice.gets("/check_device/alice").await.ok()["device_count"],
        2
    );

    // The next push that FCM takes says that the device is well again.
    world.sandbox.token_is_fine("other-project");
    let (replayed, said) = world.runs(&["outbox", "replay"]).await;
    assert!(replayed, "{said}");
    arrive(&world, 2).await;
    world
        .until("the error is taken back", async || {
            last_error(&world, "other-project").is_none()
        })
        .await;
    world.ends().await;
}

#[tokio::test]
async fn fcm_503_for_everybody_then_ok() {
    let world = World::start().await;
    let (alice, post) = asked(&world).await;
    alice.registers("tablet").await;
    world.expects_warning("HTTP 503 UNAVAILABLE");
    world.sandbox.fcm_fail_all(503, None);
    world.sandbox.agent_replies(post, "one");
    world.sandbox.agent_replies(post, "two");
    world
        .is_in_trouble("push", "FCM does not answer (HTTP 503 UNAVAILABLE)")
        .await;
    tries(&world, 8).await;
    assert_eq!(
        alice.gets("/check_device/alice").await.ok()["device_count"],
        2
    );
    world.sandbox.fcm_ok();
    arrive(&world, 4).await;
    for token in ["alice-token", "tablet"] {
        let pushes = accepted(&world)
            .into_iter()
            .filter(|push| push.token == token);
        let texts: Vec<_> = pushes
            .map(|push| push.message["data"]["message"].clone())
            .collect();
        assert_eq!(texts, ["one", "two"], "{token}");
    }
    world.is_well().await;
    world.ends().await;
}

#[tokio::test]
async fn fcm_429_with_retry_after_is_honoured() {
    let world = World::start().await;
    let (_, post) = asked(&world).await;
    world.expects_warning("HTTP 429 QUOTA_EXCEEDED");
    world.sandbox.fcm_fail_all(429, Some(600));
    world.sandbox.agent_replies(post, "one");
    tries(&world, 1).await;
    world.sandbox.fcm_ok();
    world.passes(Duration::from_secs(590)).await;
    assert_eq!(world.sandbox.pushes().len(), 1);
    arrive(&world, 1).await;
    let pushes = world.sandbox.pushes();
    assert_eq!(pushes.len(), 2, "{pushes:#?}");
    let waited = pushes[1].at - pushes[0].at;
    assert!((598..=630).contains(&waited.as_secs()), "{waited:?}");
    world.ends().await;
}

#[tokio::test]
async fn fcm_down_for_an_hour_then_up() {
    let world = World::start().await;
    let (alice, post) = asked(&world).await;
    world.expects_warning("a delivery failed and is tried again");
    world.sandbox.fcm_down().await;
    world.sandbox.agent_replies(post, "one");
    world
        .is_in_trouble("push", "Google's token address does not answer")
        .await;
    alice.is_answered(&world, 1).await;
    world.passes(HOUR).await;
    world.sandbox.agent_replies(post, "two");
    world.sandbox.fcm_up().await.unwrap();
    arrive(&world, 2).await;
    world.is_well().await;
    world.ends().await;
}

#[tokio::test]
async fn an_answer_of_fcm_that_is_cut_off_or_no_json_is_tried_again() {
    let world = World::start().await;
    let (_, post) = asked(&world).await;
    world.expects_warning("a delivery failed and is tried again");
    world.expects_warning("a part is in trouble");
    for fault in [
        Fault::CutBeforeAccept,
        Fault::BadGateway,
        Fault::ServerError500,
    ] {
        world.sandbox.fcm_break_next(fault, None, 1);
    }
    world
        .sandbox
        .fcm_break_next(Fault::BadGateway, Some("token"), 2);
    world.sandbox.agent_replies(post, "one");
    arrive(&world, 1).await;
    world.is_well().await;
    world.ends().await;
}

#[tokio::test]
async fn a_service_account_that_google_refuses_is_told_and_the_pushes_wait() {
    let world = World::start().await;
    let (alice, post) = asked(&world).await;
    world.sandbox.agent_replies(post, "zero");
    arrive(&world, 1).await;
    world.expects_warning("a delivery failed and is tried again");
    world.sandbox.refuse_service_account(true);
    world.sandbox.agent_replies(post, "one");
    world.sandbox.agent_replies(post, "two");
    world
        .is_in_trouble("push", "Google refuses the service account (invalid_grant)")
        .await;
    world
        .is_in_trouble("push", "FCM_SERVICE_ACCOUNT_PATH")
        .await;
    world.passes(HOUR * 5).await;
    let ready = world.ready().await;
    assert_eq!(
        (
            &ready["status"],
            &ready["queue"]["waiting"],
            &ready["queue"]["dead"]
        ),
        (&"degraded".into(), &2.into(), &0.into())
    );
    assert_eq!(
        alice.gets("/check_device/alice").await.ok()["device_count"],
        1
    );
    world.sandbox.refuse_service_account(false);
    arrive(&world, 3).await;
    world.is_well().await;
    world.ends().await;
}

#[tokio::test]
async fn an_access_token_that_was_voided_is_replaced_at_once() {
    let world = World::start().await;
    let (_, post) = asked(&world).await;
    world.sandbox.agent_replies(post, "one");
    arrive(&world, 1).await;
    world.sandbox.void_bearers();
    world.sandbox.agent_replies(post, "two");
    arrive(&world, 2).await;
    world.passes(HOUR * 2).await;
    world.sandbox.agent_replies(post, "three");
    arrive(&world, 3).await;
    world.ends().await;
}

#[tokio::test]
async fn a_push_nobody_takes_for_24_hours_is_dead() {
    let world = World::start().await;
    let (_, post) = asked(&world).await;
    world.expects_warning("a delivery failed and is tried again");
    world.expects_warning("a delivery is dead");
    world.sandbox.fcm_fail_all(503, None);
    world.sandbox.agent_replies(post, "too late");
    world.is_in_trouble("push", "FCM does not answer").await;
    world.passes(HOUR * 23).await;
    assert_eq!(world.ready().await["queue"]["dead"], 0);
    world.passes(HOUR * 2).await;
    world.are_dead(1).await;
    world.sandbox.fcm_ok();
    world.sandbox.agent_replies(post, "in time");
    arrive(&world, 1).await;
    assert_eq!(accepted(&world)[0].message["data"]["message"], "in time");
    world.ends_with_dead(1).await;
}

#[tokio::test]
async fn a_clock_set_back_an_hour_delays_nothing() {
    let mut world = World::start().await;
    let (alice, post) = asked(&world).await;
    world.expects_warning("HTTP 503 UNAVAILABLE");
    world.expects_warning("a part is in trouble");
    for restart in [false, true] {
        world.sandbox.fcm_fail_all(503, None);
        let told = accepted(&world).len();
        let tried = world.sandbox.pushes().len();
        world.sandbox.agent_replies(post, "patience");
        tries(&world, tried + 3).await;
        let back = world.clock.now() - HOUR;
        world.clock.set_wall(back);
        if restart {
            world.server_stops().await;
            world.server_starts().await;
        }
        let began = world.clock.monotonic();
        world.sandbox.fcm_ok();
        alice.sends(&format!("to the group, {restart}")).await;
        world.post_with(&format!("to the group, {restart}")).await;
        assert!(world.clock.monotonic() - began < Duration::from_secs(70));
        arrive(&world, told + 1).await;
        let waited = accepted(&world)[told].at - began;
        assert!(waited < Duration::from_secs(130), "{waited:?}");
    }
    world.ends().await;
}

#[tokio::test]
async fn a_push_that_a_crash_cut_off_goes_again_at_once() {
    let mut world = World::start().await;
    let (_, post) = asked(&world).await;
    world.expects_warning("a delivery failed and is tried again");
    world.expects_warning("a part is in trouble");
    world.expects_warning("sends were cut by the last stop");
    world.sandbox.fcm_down().await;
    world.sandbox.agent_replies(post, "one");
    world.is_in_trouble("push", "does not answer").await;
    world.server_stops().await;
    // What a kill in the middle of a send leaves behind.
    let sql = "UPDATE outbox SET state = 'sending' WHERE carrier = 'push'";
    assert_eq!(world.in_database(|db| db.execute(sql, []).unwrap()), 1);
    world.sandbox.fcm_up().await.unwrap();
    let began = world.clock.monotonic();
    world.server_starts().await;
    arrive(&world, 1).await;
    assert!(accepted(&world)[0].at - began < Duration::from_secs(30));
    world.ends().await;
}

#[tokio::test]
async fn every_one_of_many_devices_gets_its_push_once_after_an_outage() {
    let world = World::start().await;
    let alice = world.phone("alice");
    alice.sends("hi").await;
    let post = world.post_with("hi").await;
    let tokens: BTreeSet<String> = (0..300).map(|n| format!("token-{n}")).collect();
    join_all(tokens.iter().map(|token| alice.registers(token))).await;
    world.expects_warning("HTTP 503 UNAVAILABLE");
    world.expects_warning("a part is in trouble");
    world.sandbox.fcm_fail_all(503, None);
    world.sandbox.agent_replies(post, "one");
    world.sandbox.agent_replies(post, "two");
    world.passes(Duration::from_secs(90)).await;
    world.sandbox.fcm_ok();
    world.queue_is_empty().await;
    for text in ["one", "two"] {
        let pushes = accepted(&world).into_iter();
        let of_text = pushes.filter(|push| push.message["data"]["message"] == text);
        let mut told: Vec<String> = of_text.map(|push| push.token).collect();
        told.sort_unstable();
        assert!(told.iter().eq(&tokens), "{text}: {} of 300", told.len());
    }
    world.ends().await;
}
