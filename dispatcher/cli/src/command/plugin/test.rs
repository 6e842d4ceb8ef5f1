//! `plugin test`: the plugin's cases, through the host that will run it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use signalbox_authoring::{Outcome, Project, test as run};

use crate::print;

/// What to test.
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// The plugin's folder
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Write what it says now into the cases that expect something else
    #[arg(long)]
    update: bool,
    /// Try it as it is, WASI and all, as `plugin run --dev` does
    #[arg(long)]
    dev: bool,
}

pub(crate) fn test(asked: &Test) -> Result<ExitCode> {
    let mut project = Project::find(&asked.folder)?;
    if asked.dev {
        project = project.developing();
    }
    let report = run(&project, asked.update)?;
    for case in &report.cases {
        let (mark, detail) = match &case.outcome {
            Outcome::Held => ('✓', None),
            Outcome::Updated => ('~', None),
            Outcome::Differed(lines) => ('✗', Some(lines)),
            Outcome::BrokeDown(problem) => ('✗', Some(problem)),
        };
        print::line(format_args!("{mark} {}", case.name));
        if let Some(detail) = detail {
            print::line(format_args!("  in {}", case.file));
            let log = case.log.iter().map(|line| format!("log: {line}"));
            for line in detail.lines().map(str::to_owned).chain(log) {
                print::line(format_args!("    {line}"));
            }
        }
    }
    let held = report.cases.iter().filter(|case| case.outcome == Outcome::Held).count();
    let fuel = super::millions(report.fuel);
    print::line(format_args!("{held} of {} cases hold; the most fuel of a call is {fuel}", report.cases.len()));
    if !report.held() {
        print::line("If what it says now is right, `signalbox plugin test --update` makes it what is expected.");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}
