//! `plugin run`: one event, and everything that came of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow};
use clap::Args;
use serde_json::{Map, Value, json};
use signalbox_authoring::{Project, Question, Tried, Trying};

use crate::print;

/// What to call it with.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The plugin's folder
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// The event, as in cases/event.json, which is taken if none is named
    #[arg(long, value_name = "FILE")]
    event: Option<PathBuf>,
    /// The request, in place of the event's own text
    #[arg(long)]
    text: Option<String>,
    /// A setting; what is not JSON is taken as text
    #[arg(long = "set", value_name = "NAME=VALUE")]
    settings: Vec<String>,
    /// For a prefetcher: the repository the request goes to, instead of the first of the event
    #[arg(long, value_name = "OWNER/NAME")]
    repository: Option<String>,
    /// For a prefetcher: what there is to fetch, a JSON list as in a case's `world`
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,
    /// Show whether it would be asked at all, and each call: fuel, memory, time, log
    #[arg(long)]
    trace: bool,
    /// Try it as it is, WASI and all: the clock stands at the event's time, chance is the event's seed, what it prints is
    /// shown, and there is nothing else
    #[arg(long)]
    dev: bool,
}

pub(crate) fn run(asked: &Run) -> Result<ExitCode> {
    let mut project = Project::find(&asked.folder)?;
    if asked.dev {
        project = project.developing();
    }
    let event = asked.event.clone().unwrap_or_else(|| project.at("cases/event.json"));
    let mut event: Value = read(&event)?;
    if let Some(text) = &asked.text {
        event["text"] = json!(text);
    }
    let first = |list: &str| event[list].pointer("/0/name").cloned().unwrap_or(Value::Null);
    let repository = asked.repository.as_ref().map_or_else(|| first("repositories"), |it| json!(it));
    let route = json!({ "workflow": first("workflows"), "repository": repository, "branch": null });
    let world = asked.world.as_deref().map(read).transpose()?.unwrap_or_default();
    let settings = asked.settings.iter().map(|it| setting(it)).collect::<Result<Map<_, _>>>()?;

    let (trying, question) = (Trying::open(&project)?, Question { event, settings, route, world });
    if asked.trace {
        print::line(match trying.unasked(&question) {
            None => "triggers: met; it would be asked".into(),
            Some(why) => format!("triggers: not met, it would not be asked: {why}. It is called here all the same"),
        });
    }
    let tried = trying.ask(&question)?;
    show(&tried, asked.trace, asked.dev)?;
    Ok(if tried.problem.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn show(Tried { said, problem, calls }: &Tried, trace: bool, log: bool) -> Result<()> {
    for call in calls {
        if trace {
            let (fuel, kib) = (super::millions(call.fuel), call.memory / 1024);
            print::line(format_args!("{}: {fuel} of fuel, {kib} KiB, {:.1?}", call.what, call.took));
        }
        for line in call.log.iter().filter(|_| trace || log) {
            print::line(format_args!("  log: {line}"));
        }
    }
    match (problem, said) {
        (Some(problem), _) => print::line(problem),
        (None, Some(said)) => print::line(serde_json::to_string_pretty(said.get("Ok").unwrap_or(said))?),
        (None, None) => {}
    }
    Ok(())
}

fn setting(text: &str) -> Result<(String, Value)> {
    let (name, value) = text.split_once('=').ok_or_else(|| anyhow!("`{text}` sets nothing; write --set NAME=VALUE"))?;
    Ok((name.to_owned(), serde_json::from_str(value).unwrap_or_else(|_| json!(value))))
}

fn read<T: serde::de::DeserializeOwned>(file: &Path) -> Result<T> {
    let text = fs::read_to_string(file).with_context(|| format!("failed to read {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not what it should be", file.display()))
}
