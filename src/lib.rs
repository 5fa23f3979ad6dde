//! Relaydesk: apps write in, agents answer from a Telegram group, answers go back by push, socket and chat.

/// The composition root: configuration in, running server out.
pub mod app;
/// Every setting once: flag, environment, `.env`, default, meaning and check.
pub mod config;
/// The engine that empties the outbox: lanes, leases, retries, limits.
pub mod delivery;
/// What the product does, one file for each capability.
pub mod desk;
/// The nouns and their rules, pure.
pub mod domain;
/// HTTP: one file for each interface.
pub mod http;
/// Uploads: sniffing, limits, metadata removal, thumbnails, the folder.
pub mod media;
/// Pushes to phones by FCM.
pub mod push;
/// Socket.IO: events out, join, typing and read in.
pub mod realtime;
/// A Telegram Bot API and an FCM of our own, in memory, over HTTP.
pub mod sandbox;
/// SQLite and nothing but: writer, readers, migrations.
pub mod store;
/// The agents' Telegram group: posts out, answers in.
pub mod telegram;
/// Every sentence for people, in each language.
pub mod texts;
