//! How many messages a second are taken, each durable before its answer.

use std::time::Duration;

use relaydesk::domain::clock::Clock;
use serde_json::json;

use crate::Scale;
use crate::load::{self, Requests};
use crate::server::{self, Server};
use crate::table::{Table, median};
use crate::{bare, seed};

const CONNECTIONS: usize = 64;
/// Users that write in turn on one connection.
const USERS_EACH: usize = 16;

pub async fn measure(scale: Scale, table: &mut Table) {
    let folder = server::folder();
    let sandbox = server::sandbox(Clock::system(), 20).await;
    let own = folder.path().join("own-commit.db");
    seed::empty(&own).await;
    let real = Server::real(folder.path(), &sandbox, &[]);
    let same_writer = Server::bare(bare::SAME_WRITER, &folder.path().join("same-writer.db"));
    let own_commit = Server::bare(bare::OWN_COMMIT, &own);
    let requests = requests();
    let time = scale.pick(Duration::from_secs(3), Duration::from_millis(500));
    let mut rates: [Vec<f64>; 3] = Default::default();
    // In turns, so that whatever else the machine does falls on all alike.
    for _ in 0..scale.pick(5, 1) {
        for (server, rates) in [&real, &same_writer, &own_commit]
            .into_iter()
            .zip(&mut rates)
        {
            rates.push(load::rate(server.address, &requests, time).await);
        }
    }
    let ratio = |to: usize| {
        let pairs = rates[0].iter().zip(&rates[to]);
        median(pairs.map(|(real, other)| real / other).collect())
    };
    let beside = |to: usize| {
        let [real, other] = [0, to].map(|index| median(rates[index].clone()));
        format!("{real:.0}/s beside {other:.0}/s")
    };
    table.ratio(
        "POST /send_message, JSON, 64 connections, durable, beside a bare poem handler with the same rows through the same writer",
        0.7,
        beside(1),
        ratio(1),
    );
    table.ratio(
        "the same beside a bare poem handler with one commit a request",
        15.0,
        beside(2),
        ratio(2),
    );
    drop((real, same_writer, own_commit));
    sandbox.stop().await;
}

fn requests() -> Requests {
    let text =
        "Good morning, my order 4711 was to come on Monday and is still on its way. Where is it?";
    let one = |user: usize| {
        let body =
            json!({"user_id": format!("user-{user}"), "message": text, "user_name": "Alice"});
        load::post("/send_message", &body, "")
    };
    (0..CONNECTIONS)
        .map(|connection| {
            let first = connection * USERS_EACH;
            (first..first + USERS_EACH).map(one).collect()
        })
        .collect()
}
