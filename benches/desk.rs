//! The desk grown large: lists, searches, the start and a thousand operators, on a database of 100,000 tickets and
//! 1,000,000 messages: `cargo bench --bench desk [-- [--quick] [pages] [start] [managers]]`.
//! `RELAYDESK_BENCH_TICKETS=1000` makes it smaller. Prints one table. Needs nothing outside this repository.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods
)] // a measurement that fails ends the run, and what it measures is real time

#[allow(dead_code)] // the other bench uses more of these
#[path = "intake/bare.rs"]
mod bare;
#[path = "desk/client.rs"]
mod client;
#[allow(dead_code)]
#[path = "intake/files.rs"]
mod files;
#[path = "desk/grown.rs"]
mod grown;
#[allow(dead_code)]
#[path = "intake/load.rs"]
mod load;
#[path = "desk/managers.rs"]
mod managers;
#[path = "desk/pages.rs"]
mod pages;
#[allow(dead_code)]
#[path = "intake/server.rs"]
mod server;
#[allow(dead_code)]
#[path = "intake/table.rs"]
mod table;
#[path = "desk/words.rs"]
mod words;

use std::process::ExitCode;

use relaydesk::domain::clock::Clock;
use server::Server;
use table::{Table, median};

const PARTS: [&str; 3] = ["pages", "start", "managers"];
/// The service's key in every run.
pub const API_TOKEN: &str = "api-token-of-the-bench-0123456789";
/// Signs contacts' tokens.
pub const JWT_SECRET: &str = "a-jwt-secret-of-the-bench-0123456789";

/// How long and how often to measure.
#[derive(Clone, Copy)]
pub struct Scale {
    pub quick: bool,
}

impl Scale {
    /// The figure of a real run, or the one of a smoke run.
    pub fn pick<T>(self, real: T, quick: T) -> T {
        if self.quick { quick } else { real }
    }
}

fn main() -> ExitCode {
    let mut scale = Scale { quick: false };
    let mut chosen = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            // Cargo's own.
            "--bench" => {}
            "--quick" => scale.quick = true,
            part => match PARTS.iter().find(|known| **known == part) {
                Some(known) => chosen.push(*known),
                None => {
                    eprintln!("unknown: {part}; parts are {}", PARTS.join(", "));
                    return ExitCode::from(2);
                }
            },
        }
    }
    files::allow_many_open();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let table = runtime.block_on(measure(scale, &chosen));
    println!("{}", table.markdown(scale));
    ExitCode::SUCCESS
}

async fn measure(scale: Scale, chosen: &[&str]) -> Table {
    let mut table = Table::default();
    let folder = server::folder();
    let size = grown::Size::asked(scale);
    eprintln!(
        "making {} tickets, {} messages",
        size.tickets,
        size.messages()
    );
    grown::make(&server::database(folder.path()), size).await;
    let sandbox = server::sandbox(Clock::system(), 1000).await;
    let settings = [("API_TOKEN", API_TOKEN), ("JWT_SECRET", JWT_SECRET)];
    let start = || Server::real(folder.path(), &sandbox, &settings);
    for part in PARTS {
        if !chosen.is_empty() && !chosen.contains(&part) {
            continue;
        }
        eprintln!("measuring: {part}");
        match part {
            "pages" => pages::measure(&start(), size, scale, &mut table).await,
            "managers" => managers::measure(&start(), scale, &mut table).await,
            _ => {
                // Each is killed, so every start but the first is one after a crash.
                let times = (0..scale.pick(5, 2)).map(|_| start().took.as_secs_f64());
                let what = format!(
                    "start with {} messages: from the process to the first 200 of /health",
                    size.messages()
                );
                table.most(&what, 1.0, "s", median(times.collect()), "");
            }
        }
    }
    sandbox.stop().await;
    table
}
