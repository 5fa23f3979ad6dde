//! Stories through the real server against the sandbox, one file for each capability.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::type_complexity
)] // a test that panics has said what it found

mod backup;
mod bot;
mod bot_owner;
mod bot_owner_groups;
mod bot_rights;
mod bot_said;
mod bot_staff;
mod world;

mod broadcasts;
mod canned;
mod chat_page;
mod contact_card;
mod dead_jobs;
mod document;
mod faults_group;
mod faults_push;
mod faults_telegram;
mod faults_updates;
mod group_buttons;
mod group_commands;
mod group_rights;
mod group_sessions;
mod groups;
mod groups_one_chat;
mod helpdesk;
mod helpdesk_accounts;
mod hours;
mod house;
mod joining;
mod linking;
mod manager_crowd;
mod manager_socket;
mod metrics;
mod mobile;
mod pages;
mod process_broadcast;
mod process_full;
mod process_kill;
mod process_start;
mod process_stop;
mod push;
mod ratings;
mod relay;
mod report_pages;
mod rights;
mod sessions_events;
mod sessions_keys;
mod sessions_said;
mod sessions_storm;
mod settings;
mod settings_log;
mod sockets;
mod sockets_catch_up;
mod sockets_crowd;
mod staff_command;
mod staff_login;
mod staff_signed_in;
mod telegram_answers;
mod telegram_forum;
mod telegram_late;
mod telegram_meant;
mod telegram_photos;
mod telegram_posts;
mod telegram_rate;
mod telegram_webhook;
mod tickets_list;
mod tickets_one;
