//! Stories through the real server against the sandbox, one file for each capability.

mod world;

mod relay;
