//! The mobile interface over HTTP, row by row of its contract.

mod access;
mod cross_origin;
mod devices;
mod errors;
mod files;
mod forms;
mod greeting;
mod history;
mod idempotency;
mod limits;
mod messages;
mod photos;
mod reading;
mod refused_uploads;
mod system;
mod tickets;
mod webhooks;
