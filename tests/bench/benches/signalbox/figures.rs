//! What was measured: a table for people, JSON for whoever compares.

use std::time::Duration;

use serde_json::{Value, json};

use crate::samples::Samples;

/// What was measured, on which machine.
pub(crate) struct Figures {
    machine: String,
    bench: String,
    rows: Vec<Row>,
}

struct Row {
    bench: String,
    what: String,
    figure: Figure,
}

enum Figure {
    Times { samples: Samples, beside: Option<(f64, String)> },
    Amount { value: f64, unit: &'static str },
}

impl Figures {
    pub(crate) fn new(machine: String) -> Self {
        Self { machine, bench: String::new(), rows: Vec::new() }
    }

    /// What follows is of this benchmark.
    pub(crate) fn begin(&mut self, bench: &str) {
        self.bench = bench.to_owned();
    }

    /// Times that nothing is beside: a floor, or what stands for itself.
    pub(crate) fn times(&mut self, what: impl Into<String>, samples: &Samples) {
        self.push(what.into(), Figure::Times { samples: samples.clone(), beside: None });
    }

    /// Times beside a floor of the same run.
    pub(crate) fn beside(&mut self, what: impl Into<String>, samples: &Samples, floor: &Samples, of: &str) {
        let beside = Some((samples.over(floor), of.to_owned()));
        self.push(what.into(), Figure::Times { samples: samples.clone(), beside });
    }

    /// Something that is not a time.
    pub(crate) fn amount(&mut self, what: impl Into<String>, value: f64, unit: &'static str) {
        self.push(what.into(), Figure::Amount { value, unit });
    }

    fn push(&mut self, what: String, figure: Figure) {
        eprintln!("  {}: {}", self.bench, line(&what, &figure));
        self.rows.push(Row { bench: self.bench.clone(), what, figure });
    }

    pub(crate) fn print_table(&self) {
        println!("{}\n", self.machine);
        let mut bench = "";
        for row in &self.rows {
            if row.bench != bench {
                bench = &row.bench;
                println!(
                    "\n### {bench}\n\n| | p50 | p99 | per second | beside | samples |\n|---|---:|---:|---:|---|---:|"
                );
            }
            println!("{}", line(&row.what, &row.figure));
        }
    }

    pub(crate) fn print_json(&self) {
        let rows: Vec<Value> = self.rows.iter().map(Row::json).collect();
        println!("{}", json!({ "machine": self.machine, "figures": rows }));
    }
}

impl Row {
    fn json(&self) -> Value {
        let Self { bench, what, figure } = self;
        match figure {
            Figure::Times { samples, beside } => json!({
                "bench": bench,
                "what": what,
                "samples": samples.count(),
                "p50_us": samples.p50().as_secs_f64() * 1e6,
                "p99_us": samples.p99().as_secs_f64() * 1e6,
                "per_second": samples.per_second,
                "times_as_long": beside.as_ref().map(|(ratio, _)| ratio),
                "as": beside.as_ref().map(|(_, of)| of),
            }),
            Figure::Amount { value, unit } => json!({ "bench": bench, "what": what, "value": value, "unit": unit }),
        }
    }
}

fn line(what: &str, figure: &Figure) -> String {
    match figure {
        Figure::Times { samples, beside } => {
            let rate = samples.per_second.map(number).unwrap_or_default();
            let beside = beside.as_ref().map(|(ratio, of)| format!("{ratio:.2} × {of}")).unwrap_or_default();
            let (p50, p99) = (time(samples.p50()), time(samples.p99()));
            format!("| {what} | {p50} | {p99} | {rate} | {beside} | {} |", samples.count())
        }
        Figure::Amount { value, unit } => format!("| {what} | {} {unit} | | | | |", number(*value)),
    }
}

fn time(time: Duration) -> String {
    match time.as_nanos() {
        0..10_000 => format!("{:.2} µs", time.as_secs_f64() * 1e6),
        10_000..1_000_000 => format!("{:.0} µs", time.as_secs_f64() * 1e6),
        1_000_000..10_000_000 => format!("{:.2} ms", time.as_secs_f64() * 1e3),
        10_000_000..1_000_000_000 => format!("{:.0} ms", time.as_secs_f64() * 1e3),
        1_000_000_000.. => format!("{:.2} s", time.as_secs_f64()),
    }
}

fn number(value: f64) -> String {
    if value < 100.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let from_end = |at: usize| digits.len() - at;
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && from_end(at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
