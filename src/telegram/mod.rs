//! Telegram: posts to the agents' group, and what agents answer there. It speaks the Bot API and nothing else of the
//! outside; it reaches the store through the desk only.

mod incoming;
mod markup;
mod render;
mod router;
pub mod settings;
mod split;
mod steps;
