//! Stories through the real server against the sandbox, one file for each capability.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)] // a test that panics has said what it found

mod world;

mod mobile;
mod relay;
