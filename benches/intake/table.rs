//! The table that is printed, and where it was measured.

use std::fmt::Write;

use crate::Scale;

#[derive(Default)]
pub struct Table(Vec<Row>);

struct Row {
    what: String,
    goal: String,
    measured: String,
    ratio: String,
}

impl Table {
    /// A rate beside another one of the same run.
    pub fn ratio(&mut self, what: &str, goal: f64, measured: String, ratio: f64) {
        let mark = if ratio < goal { " **missed**" } else { "" };
        self.row(
            what,
            format!("≥ {goal} ×"),
            measured,
            format!("{ratio:.2} ×{mark}"),
        );
    }

    /// A figure that must not be larger than its goal.
    pub fn most(&mut self, what: &str, goal: f64, unit: &str, measured: f64, beside: &str) {
        let mark = if measured > goal { " **missed**" } else { "" };
        let shown = format!("{} {unit}{beside}{mark}", short(measured));
        self.row(
            what,
            format!("≤ {} {unit}", short(goal)),
            shown,
            "—".to_owned(),
        );
    }

    /// A figure without a goal.
    pub fn aside(&mut self, what: &str, measured: String) {
        self.row(what, "—".to_owned(), measured, "—".to_owned());
    }

    fn row(&mut self, what: &str, goal: String, measured: String, ratio: String) {
        eprintln!("  {what}: {measured} {ratio}");
        self.0.push(Row {
            what: what.to_owned(),
            goal,
            measured,
            ratio,
        });
    }

    pub fn markdown(&self, scale: Scale) -> String {
        let mut text = format!(
            "{}{}\n\n| what | goal | measured | ratio |\n| --- | --- | --- | --- |\n",
            machine(),
            scale.pick("", " Quick run: only a smoke test.")
        );
        for Row {
            what,
            goal,
            measured,
            ratio,
        } in &self.0
        {
            let _ = writeln!(text, "| {what} | {goal} | {measured} | {ratio} |");
        }
        text
    }
}

fn short(figure: f64) -> String {
    let digits = if figure.fract() == 0.0 || figure >= 100.0 {
        0
    } else if figure >= 10.0 {
        1
    } else {
        2
    };
    format!("{figure:.digits$}")
}

fn machine() -> String {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("unknown processor", |(_, model)| model.trim());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{model}, {cores} cores shared by server and load generator; real binary, `LOG=warn`, no rate limits, sandbox as Telegram and FCM."
    )
}

/// The middle one.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// The figure that this share of all does not exceed.
pub fn share(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len() - 1;
    sorted[((last as f64) * share).round() as usize]
}
