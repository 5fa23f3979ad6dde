//! Tests of the whole sandbox, through real clients.

use super::*;

mod bot_api;
