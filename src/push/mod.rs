//! Pushes to phones by FCM HTTP v1: what is said (a pure function), who says it (the service account),
//! and how it is sent. When a push is due, and how often it is tried, is the outbox's business.

mod fcm;
mod payload;
mod sender;
mod token;

pub use sender::{Sender, Tested};
pub use token::{ServiceAccount, read_service_account};

/// What the operator set for pushes.
#[derive(Debug, Clone)]
pub struct PushSettings {
    pub account: ServiceAccount,
    /// Base address of FCM, without `/v1`.
    pub api_url: String,
    /// Base address of this server as phones see it; makes the address of a photo absolute.
    pub public_url: Option<String>,
}
