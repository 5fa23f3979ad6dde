//! What the server counts as it goes: one recorder for the process, as there is one log. Where something is counted,
//! stands where it happens; here are the words for it.

use std::sync::OnceLock;

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

static RECORDER: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();

/// Seconds that requests and commits take.
const QUICK: [f64; 10] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0];
/// Seconds that deliveries take, with limits and outages in them.
const SLOW: [f64; 11] = [
    0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0, 86400.0,
];

/// Begins to count, at the first call.
///
/// # Errors
/// In words, when something else in this process counts already.
pub fn begin() -> Result<PrometheusHandle, String> {
    let begun = RECORDER.get_or_init(|| {
        let recorder = builder().map_err(|error| format!("counting: {error}"))?;
        let recorder = recorder.build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).map_err(|error| format!("counting: {error}"))?;
        describe();
        Ok(handle)
    });
    begun.clone()
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    let seconds = |name: &str| Matcher::Full(name.to_owned());
    PrometheusBuilder::new()
        .set_buckets_for_metric(seconds("relaydesk_delivery_seconds"), &SLOW)?
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &QUICK)
}

fn describe() {
    for (name, words) in [
        (
            "relaydesk_messages_total",
            "Messages stored, by direction (user: of contacts, support: answers and greetings).",
        ),
        (
            "relaydesk_writes_total",
            "Pieces of work that the database's writer did.",
        ),
        (
            "relaydesk_http_requests_total",
            "Requests answered, by documented path and status.",
        ),
        (
            "relaydesk_delivery_steps_total",
            "Steps of deliveries by carrier (group, private, broadcast, push) and outcome.",
        ),
        (
            "relaydesk_deliveries_dead_total",
            "Deliveries that were given up, by carrier.",
        ),
        (
            "relaydesk_telegram_calls_total",
            "Calls of the Bot API by method and result (flood is a 429).",
        ),
    ] {
        describe_counter!(name, words);
    }
    for (name, unit, words) in [
        (
            "relaydesk_outbox_waiting",
            Unit::Count,
            "Deliveries that wait, by carrier.",
        ),
        (
            "relaydesk_outbox_oldest_seconds",
            Unit::Seconds,
            "Age of the oldest of them.",
        ),
        (
            "relaydesk_outbox_dead",
            Unit::Count,
            "Deliveries that were given up and not replayed.",
        ),
        (
            "relaydesk_inbox_waiting",
            Unit::Count,
            "Updates of Telegram that are not handled yet.",
        ),
        (
            "relaydesk_inbox_dead",
            Unit::Count,
            "Updates that could not be handled.",
        ),
        (
            "relaydesk_tickets_open",
            Unit::Count,
            "Tickets that are not over.",
        ),
        (
            "relaydesk_database_bytes",
            Unit::Bytes,
            "What the database takes on the disk.",
        ),
        (
            "relaydesk_last_backup_timestamp_seconds",
            Unit::Seconds,
            "When `relaydesk backup` last succeeded; not there before.",
        ),
        (
            "relaydesk_connections",
            Unit::Count,
            "Connections that are open.",
        ),
        (
            "relaydesk_uptime_seconds",
            Unit::Seconds,
            "Since the start of the server.",
        ),
        (
            "relaydesk_part_well",
            Unit::Count,
            "1 while a part is well, 0 while it is in trouble; /ready says why. Not there where it is off.",
        ),
        (
            "process_resident_memory_bytes",
            Unit::Bytes,
            "Memory of the process.",
        ),
    ] {
        describe_gauge!(name, unit, words);
    }
    for (name, words) in [
        (
            "relaydesk_http_request_seconds",
            "Until an answer begins, by documented path.",
        ),
        (
            "relaydesk_commit_seconds",
            "Commits of the database: how quick the disk is.",
        ),
        (
            "relaydesk_delivery_seconds",
            "From the cause to the delivery, by carrier.",
        ),
    ] {
        describe_histogram!(name, Unit::Seconds, words);
    }
}
