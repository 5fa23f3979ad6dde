//! How long a start takes when there is much to start with.

use relaydesk::domain::clock::Clock;

use crate::Scale;
use crate::seed;
use crate::server::{self, Server};
use crate::table::{Table, median};

pub async fn measure(scale: Scale, table: &mut Table) {
    let contacts = scale.pick(10_000, 100);
    let folder = server::folder();
    seed::conversations(&server::database(folder.path()), contacts, 100).await;
    let sandbox = server::sandbox(Clock::system(), 20).await;
    // Each server is killed, so every start but the first is one after a crash.
    let times = (0..scale.pick(5, 2)).map(|_| {
        let server = Server::real(folder.path(), &sandbox, &[]);
        server.took.as_secs_f64()
    });
    let took = median(times.collect());
    let what = format!(
        "start with {} messages: from the process to the first 200 of /health",
        contacts * 100
    );
    table.most(&what, 1.0, "s", took, "");
    sandbox.stop().await;
}
