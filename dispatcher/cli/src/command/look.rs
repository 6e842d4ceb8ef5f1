//! `runs`, `show`, `why`, `replay`: what is stored, for people and for programs.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::Value;
use signalbox_domain::outcome::Outcome;
use signalbox_domain::reply;
use signalbox_domain::run::Run;
use signalbox_domain::time::Time;

use crate::arguments::{Named, Runs};
use crate::client::Client;

pub(crate) fn runs(client: &Client, asked: &Runs) -> Result<ExitCode> {
    let runs = client.runs(asked.limit)?;
    if asked.json {
        println!("{}", serde_json::to_string_pretty(&runs)?);
        return Ok(ExitCode::SUCCESS);
    }
    if runs.is_empty() {
        println!("There is no run yet. Ask for something: signalbox ask \"…\" --repo PATH");
    }
    for run in &runs {
        let state = run.outcome().map_or("working", Outcome::name);
        let place = run.target().and_then(|target| target.repository.as_ref()).map_or("", |name| name.as_str());
        let request: String = run.request.text.lines().next().unwrap_or_default().chars().take(60).collect();
        let mark = reply::mark(run).emoji();
        println!("{mark} {}  {state:<16} {place:<24} {:>7}  {request}", run.id, reply::money(run.usage().micro_usd));
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn show(client: &Client, asked: &Named) -> Result<ExitCode> {
    let run = client.find(&asked.run)?;
    if asked.json {
        println!("{}", serde_json::to_string_pretty(&run)?);
        return Ok(ExitCode::SUCCESS);
    }
    println!("run:{} in {}", run.id, run.thread);
    println!("{}: {}", run.request.by.name, run.request.text);
    for followup in &run.followups {
        println!("{}: {}", followup.message.by.name, followup.message.text);
    }
    println!();
    let last = ended(&run);
    if let Some(status) = reply::status(&run, last) {
        println!("{}\n", without_buttons(status));
    }
    if run.ended() {
        println!("{}\n", without_buttons(reply::closing(&run, last)));
    }
    let Some(job) = run.job() else { return Ok(ExitCode::SUCCESS) };
    for phase in &job.plan.workflow.phases {
        let Some(progress) = job.phases.get(&phase.name) else { continue };
        for (number, digest) in (1..).zip(&progress.transcripts) {
            println!("── {} · attempt {number} · {}", phase.label, digest.short());
            let bytes = client.blob(digest)?;
            for line in String::from_utf8_lossy(&bytes).lines() {
                println!("{}", entry(line));
            }
            println!();
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

/// One line of a transcript, for people: what it is, then its words.
fn entry(line: &str) -> String {
    let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(line) else { return format!("  {line}") };
    let kind = ["entry", "kind", "type"].iter().find_map(|key| fields.get(*key)?.as_str()).unwrap_or("·");
    let words: Vec<String> = fields
        .iter()
        .filter(|(key, _)| !["entry", "kind", "type"].contains(&key.as_str()))
        .map(|(_, value)| match value {
            Value::String(text) => text.trim_end().replace('\n', "\n               "),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
        })
        .filter(|text| !text.is_empty())
        .collect();
    format!("  {kind:<12} {}", words.join(" "))
}

pub(crate) fn why(client: &Client, asked: &Named) -> Result<ExitCode> {
    let run = client.find(&asked.run)?;
    if asked.json {
        println!("{}", serde_json::to_string_pretty(&run.route)?);
    } else {
        println!("{}", reply::why(&run).plain());
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn replay(client: &Client, asked: &Named) -> Result<ExitCode> {
    let run = client.find(&asked.run)?;
    let replayed = client.replay(&run.id)?;
    let differences = replayed["differences"].as_array().cloned().unwrap_or_default();
    if asked.json {
        println!("{}", serde_json::to_string_pretty(&replayed)?);
    } else {
        let routes = if replayed["routed"] == true { "its routes decided again" } else { "it was not routed" };
        println!(
            "run:{}: {} steps folded, {routes}. Differences: {}",
            run.id,
            replayed["steps"],
            match differences.len() {
                0 => "none".to_owned(),
                many => many.to_string(),
            }
        );
        for difference in &differences {
            println!("  {}", difference.as_str().unwrap_or_default());
        }
    }
    Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
