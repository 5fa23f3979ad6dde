//! Relaydesk: apps write in, agents answer from a Telegram group, answers go back by push, socket and chat.

/// The nouns and their rules, pure.
pub mod domain;

/// A Telegram Bot API and an FCM of our own, in memory: the world of the demo and of the tests.
pub mod sandbox;
