//! Relaydesk: apps write in, agents answer from a Telegram group, answers go back by push, socket and chat.

/// The nouns and their rules, pure.
pub mod domain;
/// Uploads: sniffing, limits, metadata removal, thumbnails, the folder.
pub mod media;
