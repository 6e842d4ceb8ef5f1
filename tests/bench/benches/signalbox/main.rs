//! How fast it is: `cargo bench -p signalbox-bench`.
//!
//! Everything is measured beside a floor of the same run, because absolutes move with the machine and ratios less so.
//! `SIGNALBOX_BENCH_ONLY=name` runs one of them; `-- --json` prints the figures as JSON.

mod figures;
mod samples;

mod client;
mod dispatcher;
mod machine;
mod repository;

mod cold;
mod deliveries;
mod instruction;
mod plugins;
mod steps;

use std::time::Instant;

use anyhow::{Result, bail};

use figures::Figures;

type Measure = fn(&mut Figures) -> Result<()>;

/// Each by its name, quickest first.
const BENCHES: [(&str, Measure); 5] = [
    ("steps", steps::measure),
    ("plugins", plugins::measure),
    ("cold", cold::measure),
    ("deliveries", deliveries::measure),
    ("instruction", instruction::measure),
];

fn main() -> Result<()> {
    let only = std::env::var("SIGNALBOX_BENCH_ONLY").unwrap_or_default();
    let chosen: Vec<_> = BENCHES.iter().filter(|(name, _)| only.is_empty() || *name == only).collect();
    if chosen.is_empty() {
        let names = BENCHES.map(|(name, _)| name);
        bail!("SIGNALBOX_BENCH_ONLY is `{only}`; there are {}", names.join(", "));
    }
    let mut figures = Figures::new(machine::describe());
    for (name, measure) in chosen {
        let began = Instant::now();
        figures.begin(name);
        measure(&mut figures)?;
        eprintln!("{name}: {:.0} s", began.elapsed().as_secs_f64());
    }
    if std::env::args().any(|word| word == "--json") {
        figures.print_json()
    } else {
        figures.print_table()
    }
    Ok(())
}
