//! The nouns and their rules, pure: no I/O, no SQL, no HTTP. Everything above speaks in these types.

pub mod agent;
pub mod attachment;
pub mod broadcast;
pub mod category;
pub mod clock;
pub mod content;
pub mod day;
pub mod device;
pub mod error;
pub mod event;
pub mod greeting;
pub mod group;
pub mod hours;
pub mod ids;
pub mod item;
pub mod link_code;
pub mod locale;
pub mod message;
pub mod text;
pub mod ticket;
pub mod ticket_item;
