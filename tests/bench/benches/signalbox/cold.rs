//! A cold start: from the start of a process to its first routed event.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::figures::Figures;
use crate::samples::{Plan, Samples};

/// The program that is started: see `src/main.rs`.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_signalbox-bench");
const PLAN: Plan = Plan { warm: 3, count: 30, within: Duration::from_secs(15) };
const COMPILING: Plan = Plan { warm: 0, count: 3, within: Duration::from_secs(10) };

pub(crate) fn measure(figures: &mut Figures) -> Result<()> {
    let nothing = Samples::told(PLAN, || Ok(start(&["nothing"])?.0))?;
    figures.times("a process that does nothing", &nothing);
    for (which, name) in [("shipped", "the six shipped plugins"), ("20", "twenty routers")] {
        let cache = tempfile::tempdir()?;
        let arguments = ["first-route", path(cache.path())?, which];
        // Compiles what is not compiled yet.
        start(&arguments)?;
        let bytes = size(cache.path())?;
        let mut from_main = Vec::new();
        let cached = Samples::told(PLAN, || {
            let (took, own) = start(&arguments)?;
            from_main.push(own);
            Ok(took)
        })?;
        figures.beside(format!("process start to the first routed event, {name}"), &cached, &nothing, "nothing");
        figures.times("… of it from `main` on", &Samples::of(from_main.split_off(PLAN.warm)));
        figures.amount("… compiled code read and checked", bytes as f64 / 1e6, "MB");
        let compiled = Samples::told(COMPILING, || {
            let cache = tempfile::tempdir()?;
            Ok(start(&["first-route", path(cache.path())?, which])?.0)
        })?;
        figures.beside("… compiling them first", &compiled, &cached, "compiled before");
    }
    Ok(())
}

/// How long from here to the line it prints; beside it, what the process says of itself from `main` on.
fn start(arguments: &[&str]) -> Result<(Duration, Duration)> {
    let began = Instant::now();
    let mut child = Command::new(PROGRAM).args(arguments).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().context("it has no output")?).read_line(&mut line)?;
    let took = began.elapsed();
    ensure!(child.wait()?.success(), "`{PROGRAM} {}` failed", arguments.join(" "));
    let nanos = line.trim().parse().with_context(|| format!("it printed {line:?}"))?;
    Ok((took, Duration::from_nanos(nanos)))
}

fn size(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes)
}

fn path(path: &Path) -> Result<&str> {
    path.to_str().context("the temporary folder's name is no text")
}
