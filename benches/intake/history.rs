//! How many pages of history a second are read.

use std::time::Duration;

use relaydesk::domain::clock::Clock;
use serde_json::Value;

use crate::Scale;
use crate::load::{self, Connection, Requests};
use crate::server::{self, Server};
use crate::table::{Table, median};
use crate::{bare, seed};

const CONNECTIONS: usize = 64;
const USERS: u32 = 256;

pub async fn measure(scale: Scale, table: &mut Table) {
    let folder = server::folder();
    let sandbox = server::sandbox(Clock::system(), 20).await;
    let database = server::database(folder.path());
    seed::conversations(&database, USERS, 100).await;
    let real = Server::real(folder.path(), &sandbox, &[]);
    let plain = Server::bare(bare::PLAIN_SQL, &database);
    greet_and_compare(&real, &plain).await;
    let requests: Requests = (0..CONNECTIONS)
        .map(|connection| {
            (0..4)
                .map(|turn| load::get(&path(connection as u32 * 4 + turn + 1)))
                .collect()
        })
        .collect();
    let time = scale.pick(Duration::from_secs(3), Duration::from_millis(500));
    let mut rates: [Vec<f64>; 2] = Default::default();
    for _ in 0..scale.pick(5, 1) {
        for (server, rates) in [&real, &plain].into_iter().zip(&mut rates) {
            rates.push(load::rate(server.address, &requests, time).await);
        }
    }
    let pairs = rates[0].iter().zip(&rates[1]);
    let ratio = median(pairs.map(|(real, plain)| real / plain).collect());
    let [real_rate, plain_rate] = rates.map(median);
    table.ratio(
        "GET /message_history, 50 rows, 64 connections, beside bare SQL and serialisation in a bare poem handler",
        0.5,
        format!("{real_rate:.0}/s beside {plain_rate:.0}/s"),
        ratio,
    );
    drop((real, plain));
    sandbox.stop().await;
}

fn path(user: u32) -> String {
    format!("/message_history/user-{user}?limit=50")
}

/// The first look of the day is greeted; after that both servers must say the same.
async fn greet_and_compare(real: &Server, plain: &Server) {
    let mut real = Connection::open(real.address).await;
    let mut plain = Connection::open(plain.address).await;
    for user in 1..=USERS {
        let request = load::get(&path(user));
        real.ask(&request).await;
        let [said, expected]: [Value; 2] = [
            serde_json::from_slice(real.ask(&request).await.body).unwrap(),
            serde_json::from_slice(plain.ask(&request).await.body).unwrap(),
        ];
        assert_eq!(said, expected);
        assert_eq!(said["messages"].as_array().unwrap().len(), 50);
    }
}
