//! `/metrics`: what was counted since the start, and how things stand, for Prometheus and its kin.

use std::sync::Arc;

use metrics::gauge;
use metrics_exporter_prometheus::PrometheusHandle;
use poem_openapi::payload::Binary;
use poem_openapi::{ApiResponse, OpenApi};

use super::Tags;
use super::errors::{Failure, Reads};
use super::lines::Lines;
use super::staff::StaffAsking;
use crate::desk::Desk;
use crate::desk::health::{Part, Standing};

pub struct Metrics {
    pub desk: Arc<Desk>,
    pub counted: PrometheusHandle,
    pub lines: Lines,
    /// Whether Telegram and push are configured.
    pub telegram: bool,
    pub push: bool,
}

#[derive(ApiResponse)]
enum Rendered {
    /// The text format of Prometheus.
    #[oai(
        status = 200,
        content_type = "text/plain; version=0.0.4; charset=utf-8"
    )]
    Text(Binary<String>),
}

#[OpenApi(tag = "Tags::System")]
impl Metrics {
    /// Figures for monitoring
    ///
    /// In the text format of Prometheus; for owners, and for a scraper with `API_TOKEN` as its bearer token. What ends with
    /// `_total`, and histograms, count from the start of the server; the rest is how things stand now. README names those
    /// that say why an answer did not arrive.
    #[oai(path = "/metrics", method = "get", operation_id = "metrics")]
    async fn metrics(&self, asking: StaffAsking) -> Result<Rendered, Failure<Reads>> {
        let standing = self.desk.standing(&asking.staff).await?;
        self.tell(&standing);
        self.counted.run_upkeep();
        Ok(Rendered::Text(Binary(self.counted.render())))
    }
}

impl Metrics {
    /// What is no count is set just before it is read.
    #[allow(clippy::cast_precision_loss)] // figures for charts
    fn tell(&self, standing: &Standing) {
        for (carrier, queue) in &standing.queues {
            let set = |name: &'static str, value: i64| {
                gauge!(name, "carrier" => *carrier).set(value as f64);
            };
            set("relaydesk_outbox_waiting", queue.waiting);
            set("relaydesk_outbox_oldest_seconds", queue.oldest_seconds);
            set("relaydesk_outbox_dead", queue.dead);
        }
        let (waiting, dead) = standing.inbox;
        gauge!("relaydesk_inbox_waiting").set(waiting as f64);
        gauge!("relaydesk_inbox_dead").set(dead as f64);
        gauge!("relaydesk_tickets_open").set(standing.open_tickets as f64);
        gauge!("relaydesk_database_bytes").set(standing.database_bytes as f64);
        if let Some(at) = standing.last_backup {
            gauge!("relaydesk_last_backup_timestamp_seconds").set(at as f64);
        }
        gauge!("relaydesk_connections").set(self.lines.count() as f64);
        gauge!("relaydesk_uptime_seconds").set(self.desk.clock().monotonic().as_secs_f64());
        for (name, part, on) in [
            ("database", Part::Database, true),
            ("telegram", Part::Telegram, self.telegram),
            ("push", Part::Push, self.push),
        ] {
            if on {
                let well = self.desk.health().trouble(part).is_none();
                gauge!("relaydesk_part_well", "part" => name).set(f64::from(u8::from(well)));
            }
        }
        if let Some(bytes) = resident_bytes() {
            gauge!("process_resident_memory_bytes").set(bytes as f64);
        }
    }
}

/// What the process has in memory; None where the system does not say.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    kilobytes.checked_mul(1024)
}
