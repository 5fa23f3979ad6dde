//! The nouns and their rules, pure: no I/O, no SQL, no HTTP. Everything above speaks in these types.

pub mod clock;
