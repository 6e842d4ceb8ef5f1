//! `runs`, `show`, `why`, `replay`: what is stored, for people and for programs.

use std::process::ExitCode;

use anyhow::Result;
use signalbox_domain::outcome::Outcome;
use signalbox_domain::reply;
use signalbox_domain::run::Run;
use signalbox_domain::time::Time;

use crate::arguments::{Named, Runs, Why};
use crate::client::{Client, Entry};
use crate::print;

pub(crate) fn runs(client: &Client, asked: &Runs) -> Result<ExitCode> {
    let runs = client.runs(asked.limit)?;
    if asked.json {
        print::line(format_args!("{}", serde_json::to_string_pretty(&runs)?));
        return Ok(ExitCode::SUCCESS);
    }
    if runs.is_empty() {
        print::line(format_args!("There is no run yet. Ask for something: signalbox ask \"…\" --repo PATH"));
    }
    for run in &runs {
        let state = run.outcome().map_or("working", Outcome::name);
        let place = run.target().and_then(|target| target.repository.as_ref()).map_or("", |name| name.as_str());
        let request: String = run.request.text.lines().next().unwrap_or_default().chars().take(60).collect();
        let mark = reply::mark(run).emoji();
        print::line(format_args!(
            "{mark} {}  {state:<16} {place:<24} {:>7}  {request}",
            run.id,
            reply::money(run.usage().micro_usd)
        ));
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn show(client: &Client, asked: &Named) -> Result<ExitCode> {
    let run = client.find(&asked.run)?;
    if asked.json {
        print::line(format_args!("{}", serde_json::to_string_pretty(&run)?));
        return Ok(ExitCode::SUCCESS);
    }
    print::line(format_args!("run:{} in {}", run.id, run.thread));
    print::line(format_args!("{}: {}", run.request.by.name, run.request.text));
    for followup in &run.followups {
        print::line(format_args!("{}: {}", followup.message.by.name, followup.message.text));
    }
    print::line("");
    let last = ended(&run);
    if let Some(status) = reply::status(&run, last) {
        print::line(format_args!("{}\n", without_buttons(status)));
    }
    if run.ended() {
        print::line(format_args!("{}\n", without_buttons(reply::closing(&run, last))));
    }
    let Some(job) = run.job() else { return Ok(ExitCode::SUCCESS) };
    for phase in &job.plan.workflow.phases {
        let Some(progress) = job.phases.get(&phase.name) else { continue };
        for (number, digest) in (1..).zip(&progress.transcripts) {
            print::line(format_args!("── {} · attempt {number} · {}", phase.label, digest.short()));
            for entry in client.transcript(&run.id, digest)? {
                print::line(told(&entry));
            }
            print::line("");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn ended(run: &Run) -> Time {
    use signalbox_domain::run::State;
    match &run.state {
        State::Ended { at, .. } => *at,
        State::Routing { .. }
        | State::Choosing { .. }
        | State::Resolving { .. }
        | State::Waiting { .. }
        | State::Gathering { .. }
        | State::Working(_)
        | State::Closing { .. } => run.asked,
    }
}

fn without_buttons(mut post: signalbox_domain::post::Post) -> String {
    post.buttons.clear();
    post.plain()
}

/// The most lines of one entry that are shown; the page shows all of them.
const MAX_LINES: usize = 12;

/// One entry of a transcript, for people.
fn told(entry: &Entry) -> String {
    let kind = entry.kind.replace('_', " ");
    let title = if entry.ok { entry.title.clone() } else { format!("{} (failed)", entry.title) };
    let mut lines: Vec<&str> = entry.text.trim_end().lines().collect();
    let more = lines.len().saturating_sub(MAX_LINES);
    lines.truncate(MAX_LINES);
    let mut text = format!("  {kind:<12} {title}");
    if lines.len() == 1 && more == 0 {
        text.push_str(&format!(" {}", lines.concat()));
    } else {
        lines.iter().for_each(|line| text.push_str(&format!("\n               {line}")));
    }
    if more > 0 {
        text.push_str(&format!("\n               … {more} lines more"));
    }
    text.trim_end().to_owned()
}

pub(crate) fn why(client: &Client, asked: &Why) -> Result<ExitCode> {
    let why = client.why(&asked.what)?;
    if asked.json {
        let records = why.run.as_ref().map(|run| client.decisions(run)).transpose()?.unwrap_or_default();
        print::line(format_args!("{}", serde_json::to_string_pretty(&records)?));
    } else {
        print::line(format_args!("{}", why.text));
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn replay(client: &Client, asked: &Named) -> Result<ExitCode> {
    let run = client.find(&asked.run)?;
    let replayed = client.replay(&run.id)?;
    let differences = replayed["differences"].as_array().cloned().unwrap_or_default();
    if asked.json {
        print::line(format_args!("{}", serde_json::to_string_pretty(&replayed)?));
    } else {
        print::line(format_args!(
            "run:{}: {} steps folded, {} decisions and {} prefetches made again. Differences: {}",
            run.id,
            replayed["steps"],
            replayed["routes"],
            replayed["prefetches"],
            match differences.len() {
                0 => "none".to_owned(),
                many => many.to_string(),
            }
        ));
        for difference in &differences {
            print::line(format_args!("  {}", difference.as_str().unwrap_or_default()));
        }
    }
    Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
