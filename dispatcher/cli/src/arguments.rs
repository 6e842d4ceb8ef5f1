//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::command::{Agents, Plugin, Route};

/// Sentences in, reviewed change requests out.
#[derive(Debug, Parser)]
#[command(name = "signalbox", version, max_term_width = 100)]
pub(crate) struct Arguments {
    /// The folder everything is kept in [default: $SIGNALBOX_HOME, else signalbox in the user's data folder]
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,
    /// The settings [default: signalbox.toml in the current folder, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Say more about what happens; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Try it: a sample repository, a request, the thread live, a change request at the end. No model is asked
    Demo(Demo),
    /// Run the dispatcher, with its page for people
    Serve(Serve),
    /// Ask for something and follow it
    Ask(Ask),
    /// List runs, newest first
    Runs(Runs),
    /// Show a run: how it stands, and everything its agents saw and did
    Show(Named),
    /// Say why a request went where it went, or why nothing came of it, and what the agent knew
    Why(Why),
    /// Show what the agents of a run knew: what was gathered, by whom, who wrote it, and what was left out
    Context(Knew),
    /// Play back what the agents of a run saw and did, whole, with the time of each
    Transcript(Transcript),
    /// Try out where requests go: over a corpus, over what is recorded, with another plugin
    #[command(subcommand)]
    Route(Route),
    /// Stop a run, and wait until it is stopped
    Stop(Named),
    /// Approve what a run waits for
    Approve(Named),
    /// Deny what a run waits for
    Deny(Deny),
    /// Make a run again from its history, decide its routes again, and print the differences: there should be none
    Replay(Named),
    /// Write, try and let in plugins: rules that decide where a request goes, sources of context
    #[command(subcommand)]
    Plugin(Plugin),
    /// Install coding agents, in the versions that were tried
    #[command(subcommand)]
    Agents(Agents),
    /// Connect a Slack workspace or GitHub
    #[command(subcommand)]
    Setup(Setup),
    /// A Slack or a GitHub of your own on this machine, to try things with
    #[command(subcommand)]
    Dev(Dev),
    /// Look whether this machine, and what is connected, has what is needed, and say what to do where it has not
    Doctor(Doctor),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Setup {
    /// Make the Slack app: one link to open, then what to copy
    Slack(SetupSlack),
    /// Make the GitHub App in the browser
    Github(SetupGithub),
}

#[derive(Debug, Args)]
pub(crate) struct SetupSlack {
    /// What the app is called
    #[arg(long, default_value = "Signalbox")]
    pub(crate) name: String,
    /// Only print the link and write the manifest: after switching a feature on or off
    #[arg(long)]
    pub(crate) manifest_only: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SetupGithub {
    /// What the App is called; GitHub wants a name nobody else has
    #[arg(long, default_value = "Signalbox")]
    pub(crate) name: String,
    /// The organisation it will belong to; yourself, if none is named
    #[arg(long, value_name = "ORGANISATION")]
    pub(crate) organisation: Option<String>,
    /// The port of the page; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Make another App in place of the one whose keys are here
    #[arg(long)]
    pub(crate) replace: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Dev {
    /// A Slack that remembers, with a page to write in it
    Slack(DevWorld),
    /// A GitHub that remembers, with a page to write in it
    Github(DevWorld),
}

#[derive(Debug, Args)]
pub(crate) struct DevWorld {
    /// Its port; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Where the dispatcher under trial listens
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7420")]
    pub(crate) dispatcher: String,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// End when the run has ended, instead of keeping the page up
    #[arg(long)]
    pub(crate) exit: bool,
    /// Do not wait between the steps of the recorded session
    #[arg(long)]
    pub(crate) fast: bool,
    /// The port of the page; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Run the agent without a sandbox if this machine cannot make one: it may then do whatever you may
    #[arg(long)]
    pub(crate) unsandboxed_i_accept_the_risk: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where to listen, instead of the setting `listen`
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Ask {
    /// What to ask for
    pub(crate) request: String,
    /// The repository, by its folder, its URL, or its name here
    #[arg(long, value_name = "PATH|URL|NAME")]
    pub(crate) repo: Option<String>,
    /// The agent: a name from the settings, or `command:PROGRAM`
    #[arg(long)]
    pub(crate) agent: Option<String>,
    /// The room to ask in
    #[arg(long, default_value = "general")]
    pub(crate) room: String,
    /// Stay until the run has ended. Always so while no dispatcher is running
    #[arg(long)]
    pub(crate) follow: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Runs {
    /// How many
    #[arg(long, default_value_t = 20)]
    pub(crate) limit: usize,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The run: its id or the beginning of it; `last` is the newest
    pub(crate) run: String,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Why {
    /// What: a run by its id, the beginning of it, or `last`; a link to a thread or a change request; a message as
    /// chat:room:message
    #[arg(value_name = "RUN|LINK|MESSAGE")]
    pub(crate) what: String,
    /// Print the record of the decision as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Knew {
    /// The run: its id or the beginning of it; `last` is the newest
    pub(crate) run: String,
    /// Print JSON, with the texts
    #[arg(long, conflicts_with = "prompt")]
    pub(crate) json: bool,
    /// Print what the agents were given of it, byte for byte
    #[arg(long)]
    pub(crate) prompt: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Transcript {
    /// The run: its id or the beginning of it; `last` is the newest
    pub(crate) run: String,
    /// Of this phase only
    #[arg(long)]
    pub(crate) phase: Option<String>,
    /// Print JSON, an entry a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Deny {
    /// The run: its id or the beginning of it; `last` is the newest
    pub(crate) run: String,
    /// Why; the person who asked reads it
    #[arg(default_value = "")]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
