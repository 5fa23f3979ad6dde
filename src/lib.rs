//! Relaydesk: apps write in, agents answer from a Telegram group, answers go back by push, socket and chat.

/// The engine that empties the outbox: lanes, leases, retries, limits.
pub mod delivery;
/// The nouns and their rules, pure.
pub mod domain;
/// Pushes to phones by FCM.
pub mod push;
/// SQLite and nothing but: writer, readers, migrations.
pub mod store;
/// Every sentence for people, in each language.
pub mod texts;
