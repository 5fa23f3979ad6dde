//! Ten thousand sockets need as many open files, here and in the server.

use std::os::unix::process::CommandExt;
use std::process::Command;

/// Sockets of the largest crowd, and what else is open.
pub const NEEDED: u64 = 12_000;
/// Set for the run that was started with more, so that it happens once.
const MARK: &str = "INTAKE_FILES_RAISED";

/// Starts this program again with a higher limit where it is too low; servers inherit it.
pub fn allow_many_open() {
    let Some((soft, hard)) = limits() else { return };
    if soft >= NEEDED || hard < NEEDED || std::env::var_os(MARK).is_some() {
        return;
    }
    let error = Command::new("sh")
        .arg("-c")
        .arg(format!("ulimit -n {NEEDED} && exec \"$0\" \"$@\""))
        .arg(std::env::current_exe().unwrap())
        .args(std::env::args_os().skip(1))
        .env(MARK, "1")
        .exec();
    eprintln!("the limit of open files stays low: {error}");
}

/// Whether the limit is high enough.
pub fn many_allowed() -> bool {
    limits().is_some_and(|(soft, _)| soft >= NEEDED)
}

fn limits() -> Option<(u64, u64)> {
    let text = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    let mut words = line.split_whitespace();
    let mut next = || {
        let word = words.next()?;
        word.parse()
            .ok()
            .or_else(|| (word == "unlimited").then_some(u64::MAX))
    };
    Some((next()?, next()?))
}
