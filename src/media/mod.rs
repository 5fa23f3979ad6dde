//! Uploaded files: the folder they live in, what they may be, how large, and what is taken out of
//! them before anybody else sees them. Knows files and bytes only: no HTTP, no SQL, no tickets.
//!
//! The way of a photo: [`Uploads::begin`] → [`Incoming::write`] for each chunk →
//! [`Incoming::finish_image`] → a row is committed → [`Stored::keep`]. Whatever is dropped on that
//! way takes its files with it.

mod clean;
mod error;
#[cfg(test)]
mod fixtures;
mod folder;
mod incoming;
mod kinds;
mod names;
mod picture;
mod stored;

pub use error::MediaError;
pub use folder::{OldNames, Uploads};
pub use incoming::Incoming;
pub use kinds::{Serving, serving};
pub use stored::{Stored, StoredFile};
