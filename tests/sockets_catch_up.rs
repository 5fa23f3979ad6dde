//! Coming back with `after_id`: what was missed first, in order, then `joined`, then live ones; no gap and
//! nothing twice, whoever writes meanwhile and wherever the connection was cut.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::world::{PATIENCE, Phone, Socket, World};

/// A world with no group, so that only the sockets are looked at.
async fn quiet_world() -> World {
    World::with(|options| options.telegram = false).await
}

fn id(item: &Value) -> i64 {
    item["id"].as_i64().unwrap()
}

/// Writes that many messages, several at a time.
fn writing(phone: &Phone, count: usize) -> JoinSet<()> {
    let mut writers = JoinSet::new();
    for writer in 0..5 {
        let phone = phone.clone();
        writers.spawn(async move {
            for number in (writer..count).step_by(5) {
                phone.sends(&format!("message {number}")).await;
            }
        });
    }
    writers
}

async fn all_ids(phone: &Phone) -> Vec<i64> {
    let history = crate::world::whole_history(phone).await;
    history.iter().map(id).collect()
}

/// The ids heard until the newest one came, and how many of them before `joined`.
async fn hears_up_to(socket: &mut Socket, newest: i64) -> (Vec<i64>, Option<usize>) {
    let (mut ids, mut joined) = (Vec::new(), None);
    while joined.is_none() || ids.last().is_none_or(|last| *last < newest) {
        match socket.next_soon().await {
            (name, _) if name == "joined" => joined = Some(ids.len()),
            (name, item) => {
                assert_eq!(name, "new_message");
                ids.push(id(&item));
            }
        }
    }
    (ids, joined)
}

#[tokio::test]
async fn what_was_missed_comes_first_in_order_then_joined_then_the_rest() {
    let world = quiet_world().await;
    let alice = world.phone("alice");
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(alice.sends(&format!("{number}")).await);
    }
    let mut socket = alice.joins(Some(ids[1])).await;
    for expected in &ids[2..] {
        let (name, item) = socket.next_soon().await;
        assert_eq!((&*name, id(&item)), ("new_message", *expected));
        assert_eq!(item["user_id"], "alice");
    }
    let joined = json!({"user_id": "alice", "status": "connected", "has_more": false});
    assert_eq!(socket.next_soon().await, ("joined".to_owned(), joined));
    let live = alice.sends("live").await;
    assert_eq!(id(&socket.next_soon().await.1), live);
    // Nobody missed anything of somebody unknown, or after the newest.
    for (user, after) in [("nobody", 0), ("alice", live), ("alice", i64::MAX)] {
        let mut socket = world.phone(user).joins(Some(after)).await;
        assert_eq!(socket.next_soon().await.0, "joined", "{user} {after}");
    }
    world.ends().await;
}

#[tokio::test]
async fn no_gap_and_nothing_twice_while_others_write() {
    let world = quiet_world().await;
    let alice = world.phone("alice");
    let first = alice.sends("first").await;
    for round in 0..8 {
        let mut writers = writing(&alice, 40);
        let mut sockets = JoinSet::new();
        for late in 0..4 {
            let alice = alice.clone();
            sockets.spawn(async move {
                tokio::time::sleep(Duration::from_millis(late * 7 + round)).await;
                alice.joins(Some(first)).await
            });
        }
        let mut listening: Vec<Socket> = sockets.join_all().await;
        while let Some(written) = writers.join_next().await {
            written.unwrap();
        }
        let ids = all_ids(&alice).await;
        let expected: Vec<i64> = ids.iter().copied().filter(|id| *id > first).collect();
        for socket in &mut listening {
            let (heard, _) = hears_up_to(socket, *ids.last().unwrap()).await;
            assert_eq!(heard, expected, "round {round}");
        }
    }
    world.ends().await;
}

#[tokio::test]
async fn a_connection_cut_in_mid_emit_goes_on_where_it_was() {
    let world = quiet_world().await;
    let alice = world.phone("alice");
    let mut last = alice.sends("first").await;
    let mut heard = vec![last];
    let mut writers = writing(&alice, 200);
    let mut cuts = 0;
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let all = loop {
        assert!(
            tokio::time::Instant::now() < deadline,
            "heard only {}",
            heard.len()
        );
        let mut socket = alice.joins(Some(last)).await;
        // Cut after a few, in the middle of whatever is under way.
        for _ in 0..=cuts % 13 {
            let soon = tokio::time::timeout(Duration::from_millis(50), socket.next()).await;
            if let Ok(Some((name, item))) = soon
                && name == "new_message"
            {
                last = id(&item);
                heard.push(last);
            }
        }
        drop(socket);
        cuts += 1;
        while writers.try_join_next().is_some() {}
        if writers.is_empty() {
            let all = all_ids(&alice).await;
            if all.last() == Some(&last) {
                break all;
            }
        }
    };
    assert!(cuts > 10, "cut only {cuts} times");
    assert_eq!(heard, all);
    world.ends().await;
}

#[tokio::test]
async fn of_more_than_500_missed_the_oldest_500_come_and_has_more_says_so() {
    let world = quiet_world().await;
    let alice = world.phone("alice");
    let greeting = id(&alice.history("").await["messages"][0]);
    writing(&alice, 507).join_all().await;
    let ids = all_ids(&alice).await[1..].to_vec();
    assert_eq!(ids.len(), 507);
    let mut socket = alice.joins(Some(greeting)).await;
    let mut heard = Vec::new();
    let joined = loop {
        match socket.next_soon().await {
            (name, joined) if name == "joined" => break joined,
            (_, item) => heard.push(id(&item)),
        }
    };
    assert_eq!(joined["has_more"], true);
    assert_eq!(heard, ids[..500]);
    // As the app does then: it joins again after the last it has.
    socket
        .emits(
            "join_chat",
            json!({"user_id": "alice", "after_id": heard[499]}),
        )
        .await;
    let (rest, before_joined) = hears_up_to(&mut socket, ids[506]).await;
    assert_eq!((&*rest, before_joined), (&ids[500..], Some(7)));
    world.ends().await;
}
