//! `route test`: a corpus of messages against the plugins of this installation, without a dispatcher.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use signalbox_engine::corpus::{COLUMNS, Judged, Message, Score, Team, told};
use signalbox_plugin_host::Host;
use signalbox_ports::plugins::Plugins as _;

use super::{because, goes};
use crate::config::Config;
use crate::dispatcher::plugins;
use crate::home::Home;
use crate::print::line;

#[derive(Debug, Args)]
pub(crate) struct Test {
    /// The folder: team.toml says whose messages they are, *.jsonl holds them, a JSON object a line
    folder: PathBuf,
    /// Write down where the messages go now as where they should go
    #[arg(long)]
    update: bool,
    /// How many in a hundred of those that say where they go may be asked about
    #[arg(long, value_name = "PERCENT", default_value_t = 0)]
    asks: u32,
}

/// The most folders below the named one that messages are looked for in.
const DEPTH: usize = 3;

pub(crate) fn test(home: &Home, config: &Config, asked: &Test) -> Result<ExitCode> {
    let files = files(&asked.folder, DEPTH)?;
    if files.is_empty() {
        bail!(
            "{} holds no messages. Write one a line into a file messages.jsonl there: \
             {{\"text\": \"fix the title\", \"expect\": \"acme/website build\"}}",
            asked.folder.display()
        );
    }
    let team = team(&asked.folder)?;
    let host = host(home, config, &team)?;
    let mut total = Score::default();
    let mut elsewhere = Vec::new();
    line(format_args!("{:<24} {COLUMNS}", ""));
    for file in &files {
        let text = fs::read_to_string(file).with_context(|| format!("failed to read {}", file.display()))?;
        let mut messages = Message::read(&text).map_err(|error| anyhow!("{}: {error}", file.display()))?;
        let name = file.strip_prefix(&asked.folder).unwrap_or(file).with_extension("").display().to_string();
        let mut score = Score::default();
        for (number, message) in (1..).zip(&mut messages) {
            let event = message.event(&team);
            let decision = event.decide(&host.route(&event));
            let judged = message.judge(&decision);
            score.count(message, &judged);
            if judged != Judged::Right {
                elsewhere.push(format!(
                    "{name}:{number}: {:?} should go to {}, and goes {}: {}",
                    message.text,
                    message.expect,
                    goes(&decision),
                    because(&decision)
                ));
                message.expect = told(&decision);
            }
        }
        line(format_args!("{name:<24} {score}"));
        total = total.and(score);
        if asked.update {
            write(file, &messages)?;
        }
    }
    line(format_args!("{:<24} {total}", "all"));
    elsewhere.iter().for_each(|it| line(format_args!("\n{it}")));
    if asked.update {
        line(format_args!("\n{} messages are written down as they go now", elsewhere.len()));
        return Ok(ExitCode::SUCCESS);
    }
    let fine = total.wrong == 0 && total.asks() <= asked.asks * 10;
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The files of a folder and those below it that hold messages, in order.
fn files(folder: &Path, depth: usize) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("failed to read the folder {}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() && depth > 0 {
            found.extend(files(&path, depth - 1)?);
        } else if path.extension().is_some_and(|it| it == "jsonl") {
            found.push(path);
        }
    }
    Ok(found)
}

/// The team in `team.toml` of the folder, or of one above it.
fn team(folder: &Path) -> Result<Team> {
    let whole = folder.canonicalize().with_context(|| format!("failed to read the folder {}", folder.display()))?;
    let Some(file) = whole.ancestors().take(DEPTH).map(|it| it.join("team.toml")).find(|it| it.is_file()) else {
        bail!(
            "{} has no team.toml, which says what the messages may be about: [[repositories]] and [[workflows]], each \
             with a name",
            folder.display()
        );
    };
    let text = fs::read_to_string(&file).with_context(|| format!("failed to read {}", file.display()))?;
    toml::from_str(&text).map_err(|error| anyhow!("{}: {error}", file.display()))
}

/// The plugins of this installation, set as the team of the corpus sets them if it says anything of that.
fn host(home: &Home, config: &Config, team: &Team) -> Result<Host> {
    let mut config = config.clone();
    for (id, settings) in &team.plugins {
        let table = toml::Table::try_from(settings).with_context(|| format!("[plugins.{id}] of team.toml is wrong"))?;
        config.plugins.insert(id.clone(), table);
    }
    plugins(home, &config)
}

fn write(file: &Path, messages: &[Message]) -> Result<()> {
    let lines: Vec<String> = messages.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    fs::write(file, format!("{}\n", lines.join("\n"))).with_context(|| format!("failed to write {}", file.display()))
}
