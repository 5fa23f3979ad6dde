//! Telegram: posts to the agents' groups, and what agents answer there. It speaks the Bot API and nothing else of the
//! outside; it reaches the store through the desk only.

pub mod admin;
mod album;
mod answering;
mod beside;
mod broadcasts;
mod buttons;
mod chart;
mod chats;
mod check;
mod client;
mod commands;
mod diagnosis;
mod failure;
mod file_source;
mod files;
mod group;
mod group_source;
mod inbox;
mod incoming;
mod lanes;
mod listener;
mod markup;
mod moving;
mod place;
mod planner;
mod poster;
mod presses;
mod private;
mod private_words;
mod render;
mod router;
mod sending;
pub mod settings;
mod split;
mod steps;
mod tries;
mod typing;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::desk::Desk;
pub use broadcasts::Broadcasts;
pub use file_source::TelegramFiles;
pub use group_source::TelegramGroups;
pub use poster::Poster;
pub use private::Private;
use settings::{Mode, TelegramSettings};

/// The adapter's parts, for the composition root to run.
pub struct Started {
    /// The carrier of the groups' lanes, for a delivery engine.
    pub poster: Arc<Poster>,
    /// The carrier of private chats, for another.
    pub private: Arc<Private>,
    /// The carrier of broadcasts, for a third.
    pub broadcasts: Arc<Broadcasts>,
    /// Named tasks; each runs until the token given to [`start`] is cancelled, then ends by itself.
    pub tasks: Vec<(&'static str, BoxFuture<'static, ()>)>,
}

/// Sets the adapter up. Nothing is asked of Telegram yet: whether it answers shows in the desk's health, never here.
///
/// # Errors
/// When TLS can not be set up.
pub fn start(
    settings: TelegramSettings,
    desk: Arc<Desk>,
    stop: &CancellationToken,
) -> Result<Started, String> {
    let client = client::Client::new(&settings)?;
    let polls = settings.mode == Mode::Polling;
    let group = Arc::new(group::Group::new(settings, client, desk));
    let mut tasks: Vec<(&'static str, BoxFuture<'static, ()>)> = vec![
        (
            "telegram inbox",
            Box::pin(inbox::run(Arc::clone(&group), stop.clone())),
        ),
        (
            "telegram check",
            Box::pin(check::watch(Arc::clone(&group), stop.clone())),
        ),
        (
            "telegram typing",
            Box::pin(typing::show(Arc::clone(&group), stop.clone())),
        ),
    ];
    if polls {
        tasks.push((
            "telegram polling",
            Box::pin(listener::poll(Arc::clone(&group), stop.clone())),
        ));
    }
    Ok(Started {
        poster: Arc::new(Poster::new(Arc::clone(&group))),
        private: Arc::new(Private::new(Arc::clone(&group))),
        broadcasts: Arc::new(Broadcasts::new(group)),
        tasks,
    })
}
