//! Updates that come twice, jump, or say what nobody understands; and code that panics.

use std::sync::{Arc, Mutex};

use relaydesk::delivery::{Carrier, Engine, Job, Outcome};
use relaydesk::domain::clock::Clock;
use relaydesk::domain::ids::Chance;
use relaydesk::sandbox::FileKind;
use relaydesk::store::{NewJob, Purpose, Store};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::world::{World, file};

#[tokio::test]
async fn the_same_update_five_times_is_one_answer_and_one_push() {
    let world = World::start().await;
    let alice = world.phone("alice");
    alice.registers("alice-token").await;
    alice.sends("hi").await;
    let post = world.post_with("hi").await;
    world.sandbox.agent_replies(post, "hello");
    world.sandbox.repeat_last_update(2);
    alice.is_answered(&world, 1).await;
    world.sandbox.repeat_last_update(2);
    world
        .until("updates taken", async || {
            world.sandbox.updates_waiting() == 0
        })
        .await;
    world.sandbox.agent_replies_with(
        post,
        vec![file(FileKind::Photo), file(FileKind::Photo)],
        "see",
    );
    world.sandbox.repeat_last_update(4);
    let album = alice.is_answered(&world, 2).await;
    assert_eq!(album["attachments"].as_array().unwrap().len(), 2);
    world.queue_is_empty().await;
    assert_eq!(world.sandbox.pushes().len(), 2);
    alice.is_answered(&world, 2).await;
    world.ends().await;
}

#[tokio::test]
async fn an_update_nobody_understands_holds_nothing_up() {
    let world = World::start().await;
    let alice = world.phone("alice");
    alice.sends("hi").await;
    let post = world.post_with("hi").await;
    world
        .sandbox
        .raw_update(json!({"something_new": {"deep": [1, 2, {"x": null}]}}));
    world
        .sandbox
        .raw_update(json!({"inline_query": {"id": "1", "query": "x"}}));
    world.sandbox.raw_update(json!({}));
    world.sandbox.agent_replies(post, "one");
    alice.is_answered(&world, 1).await;
    assert_eq!(world.ready().await["queue"]["dead"], 0);

    world.expects_warning("an update can not be read; it is kept as dead");
    world.sandbox.raw_update(json!({"message": {"no": "chat"}}));
    world.sandbox.raw_update(json!({"message": 7}));
    world.sandbox.agent_replies(post, "two");
    alice.is_answered(&world, 2).await;
    world.are_dead(2).await;
    world.ends_with_dead(2).await;
}

#[tokio::test]
async fn ids_of_updates_that_jump_lose_nothing() {
    let world = World::start().await;
    let alice = world.phone("alice");
    alice.sends("hi").await;
    let post = world.post_with("hi").await;
    for (n, jump) in [1, 1_000, 1_000_000].into_iter().enumerate() {
        world.sandbox.skip_update_ids(jump);
        world
            .sandbox
            .agent_replies(post, &format!("after a jump of {jump}"));
        alice.is_answered(&world, n + 1).await;
    }
    world.ends().await;
}

#[tokio::test]
async fn answers_given_while_the_server_was_away_come_in_their_order() {
    let mut world = World::start().await;
    let alice = world.phone("alice");
    alice.sends("hi").await;
    let post = world.post_with("hi").await;
    world.server_stops().await;
    for n in 0..120 {
        world.sandbox.agent_replies(post, &format!("{n}"));
    }
    world.server_starts().await;
    let last = alice.is_answered(&world, 120).await;
    assert_eq!(last["message"], "119");
    let all: Vec<String> = alice
        .answers()
        .await
        .iter()
        .map(|item| item["message"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(all, (0..120).map(|n| n.to_string()).collect::<Vec<_>>());
    world.ends().await;
}

/// Carries everything but key 2, at which it panics.
struct Fragile(Arc<Mutex<Vec<i64>>>);

impl Carrier for Fragile {
    fn name(&self) -> &'static str {
        "fragile"
    }

    fn parallel(&self) -> usize {
        1
    }

    async fn join(&self, _jobs: Vec<Job>) -> Option<(String, Value)> {
        None
    }

    async fn carry(&self, job: Job) -> Outcome {
        let number = job.payload.as_i64().unwrap();
        assert!(number != 2, "as a careless carrier would");
        self.0.lock().unwrap().push(number);
        Outcome::Delivered(None)
    }
}

#[tokio::test]
async fn a_panic_in_a_handler_ends_its_own_delivery_only() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::fake("2026-03-01T12:00:00Z".parse().unwrap());
    let store = Store::open(
        &folder.path().join("desk.db"),
        Purpose::Serve,
        clock.clone(),
        Chance,
    )
    .unwrap();
    store
        .write(|tx| {
            (1..=4).try_for_each(|number| {
                tx.add_job(&NewJob {
                    carrier: "fragile",
                    lane: "one",
                    key: number,
                    kind: "number",
                    ticket: None,
                    message: None,
                    device: None,
                    payload: json!(number),
                })
            })
        })
        .await
        .unwrap();
    let carried = Arc::default();
    let stop = CancellationToken::new();
    let engine = Engine::new(
        Arc::new(Fragile(Arc::clone(&carried))),
        store.clone(),
        clock.clone(),
        Chance,
    );
    let running = tokio::spawn(engine.run(stop.clone()));
    let deadline = tokio::time::Instant::now() + crate::world::PATIENCE;
    while *carried.lock().unwrap() != [1, 3, 4] {
        assert!(
            tokio::time::Instant::now() < deadline,
            "{:?}",
            carried.lock().unwrap()
        );
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    stop.cancel();
    running.await.unwrap().unwrap();
    let now = clock.now();
    let queue = store.read(move |r| r.queue_state(now)).await.unwrap();
    assert_eq!((queue.waiting, queue.dead), (0, 1));
    store.close().await;
}
