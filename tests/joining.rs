//! Sockets that join the moment they are connected.

use serde_json::json;
use tokio::task::JoinSet;

use super::world::{Socket, World};

/// Enough that some of their first events overtake whatever is slow in the server.
const CROWD: usize = 400;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everybody_in_a_crowd_that_joins_at_once_is_heard() {
    let world = World::start().await;
    let url = world.url("");
    let mut crowd = JoinSet::new();
    for number in 0..CROWD {
        let url = url.clone();
        crowd.spawn(async move {
            let mut socket = Socket::connect(&url, None).await;
            let user = format!("user-{number}");
            socket.emits("join_chat", json!({"user_id": user})).await;
            let joined = tokio::time::timeout(super::world::PATIENCE, socket.next()).await;
            let (event, payload) = joined.expect("an answer").expect("a connection");
            assert_eq!(
                (event.as_str(), &payload["user_id"]),
                ("joined", &json!(user))
            );
        });
    }
    crowd.join_all().await;
    world.ends().await;
}
