//! What the server takes, measured beside what is possible on the same machine in the same run:
//! `cargo bench --bench intake [-- [--quick] [send] [history] [group] [latency] [memory] [start]]`.
//! Prints one table. Needs nothing outside this repository.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods
)] // a measurement that fails ends the run, and what it measures is real time

#[path = "intake/bare.rs"]
mod bare;
#[path = "intake/files.rs"]
mod files;
#[path = "intake/group.rs"]
mod group;
#[path = "intake/history.rs"]
mod history;
#[path = "intake/latency.rs"]
mod latency;
#[path = "intake/load.rs"]
mod load;
#[path = "intake/memory.rs"]
mod memory;
#[path = "intake/seed.rs"]
mod seed;
#[path = "intake/send.rs"]
mod send;
#[path = "intake/server.rs"]
mod server;
#[path = "intake/socket.rs"]
mod socket;
#[path = "intake/start.rs"]
mod start;
#[path = "intake/table.rs"]
mod table;

use std::process::ExitCode;

use table::Table;

const PARTS: [&str; 6] = ["send", "history", "group", "latency", "memory", "start"];

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
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [first, kind, port, database] = arguments.as_slice()
        && first == bare::ARGUMENT
    {
        bare::serve(kind, port.parse().unwrap(), database.as_ref());
        return ExitCode::SUCCESS;
    }
    let mut scale = Scale { quick: false };
    let mut chosen = Vec::new();
    for argument in &arguments {
        match argument.as_str() {
            // Cargo's own.
            "--bench" => {}
            "--quick" => scale.quick = true,
            part if PARTS.contains(&part) => chosen.push(part),
            other => {
                eprintln!("unknown: {other}; parts are {}", PARTS.join(", "));
                return ExitCode::from(2);
            }
        }
    }
    files::allow_many_open();
    let mut table = Table::default();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for part in PARTS {
        if !chosen.is_empty() && !chosen.contains(&part) {
            continue;
        }
        eprintln!("measuring: {part}");
        runtime.block_on(async {
            match part {
                "send" => send::measure(scale, &mut table).await,
                "history" => history::measure(scale, &mut table).await,
                "group" => group::measure(scale, &mut table).await,
                "latency" => latency::measure(scale, &mut table).await,
                "memory" => memory::measure(scale, &mut table).await,
                _ => start::measure(scale, &mut table).await,
            }
        });
    }
    println!("{}", table.markdown(scale));
    ExitCode::SUCCESS
}
