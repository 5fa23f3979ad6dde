//! The commands of private chats: which there are, and what they ask for.

use super::dialogue::Input;
use super::state::Wish;
use crate::domain::ids::CategoryId;

/// The commands as they are offered, each with the key of its description.
pub const COMMANDS: [(&str, &str); 6] = [
    ("start", "bot-command-start"),
    ("ask", "bot-command-ask"),
    ("questions", "bot-command-questions"),
    ("language", "bot-command-language"),
    ("cancel", "bot-command-cancel"),
    ("help", "bot-command-help"),
];
/// Those that staff has besides.
pub const STAFF_COMMANDS: [(&str, &str); 1] = [("admin", "bot-command-admin")];
/// Those that owners have besides.
pub const OWNER_COMMANDS: [(&str, &str); 2] = [
    ("superadmin", "bot-command-superadmin"),
    ("broadcast", "bot-command-broadcast"),
];
/// Those that are told of where they are needed, and stand in no menu.
pub const UNLISTED_COMMANDS: [&str; 2] = ["link", "unlink"];

/// A command of these lists, however it was typed: no other does anything.
pub(super) fn known(name: &str) -> Option<&'static str> {
    let all = COMMANDS.iter().chain(&STAFF_COMMANDS);
    let all = all.chain(&OWNER_COMMANDS).map(|(known, _)| *known);
    let mut all = all.chain(UNLISTED_COMMANDS);
    all.find(|known| known.eq_ignore_ascii_case(name))
}

/// What a command asks for.
pub(super) fn command(name: &str, rest: &str) -> Input {
    match known(name) {
        Some("start") => Input::Start(wish(rest.trim())),
        Some("ask") => Input::Ask,
        Some("questions") => Input::Mine,
        Some("language") => Input::Language,
        Some("help") => Input::Help,
        Some("cancel") => Input::Cancel,
        Some("unlink") => Input::Unlink,
        _ => Input::UnknownCommand,
    }
}

/// A link to the bot may name a category: `?start=c5`.
fn wish(payload: &str) -> Wish {
    let id = payload.strip_prefix('c').and_then(|id| id.parse().ok());
    Wish {
        category: id.map(CategoryId),
    }
}
