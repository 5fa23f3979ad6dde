//! Stories through the real server against the sandbox, one file for each capability.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)] // a test that panics has said what it found

mod world;

mod faults_group;
mod faults_push;
mod faults_telegram;
mod faults_updates;
mod push;
mod relay;
mod telegram_answers;
mod telegram_forum;
mod telegram_meant;
mod telegram_photos;
mod telegram_posts;
mod telegram_rate;
mod telegram_webhook;
