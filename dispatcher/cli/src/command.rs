//! What each command does.

mod act;
mod agents;
mod ask;
mod context;
mod dev;
mod doctor;
mod look;
mod plugin;
mod route;
mod serve;
mod setup;
mod transcript;

pub(crate) use agents::{Agents, folder as agents_folder, is_installed};
pub(crate) use ask::code;
pub(crate) use plugin::Plugin;
pub(crate) use route::Route;
pub(crate) use serve::interrupted;

use std::process::ExitCode;

use anyhow::{Context as _, Result};

use crate::arguments::{Arguments, Command, Setup};
use crate::client::Client;
use crate::config::Config;
use crate::demo;
use crate::dispatcher::Dispatcher;
use crate::home::Home;

/// Does what was typed.
pub(crate) fn run(arguments: Arguments) -> Result<ExitCode> {
    if let Command::Plugin(plugin) = &arguments.command {
        let (data, config) = (arguments.data.as_deref(), arguments.config.as_deref());
        return plugin::run(plugin::Installation { data, config }, plugin);
    }
    let config = Config::load(arguments.config.as_deref())?;
    if let Command::Demo(demo) = &arguments.command {
        return demo::run(arguments.data.as_deref(), demo);
    }
    let home = Home::open(arguments.data.as_deref())?;
    match &arguments.command {
        Command::Demo(_) | Command::Plugin(_) => Ok(ExitCode::SUCCESS),
        Command::Serve(serve) => serve::serve(&home, config, serve),
        Command::Ask(ask) => ask::ask(&home, config, ask),
        Command::Runs(runs) => with(&home, &config, |client| look::runs(client, runs)),
        Command::Show(named) => with(&home, &config, |client| look::show(client, named)),
        Command::Why(asked) => with(&home, &config, |client| look::why(client, asked)),
        Command::Context(asked) => with(&home, &config, |client| context::context(client, asked)),
        Command::Transcript(asked) => with(&home, &config, |client| transcript::transcript(client, asked)),
        Command::Route(asked) => route::run(&home, &config, asked),
        Command::Stop(named) => with(&home, &config, |client| act::stop(client, named)),
        Command::Approve(named) => with(&home, &config, |client| act::approve(client, named)),
        Command::Deny(deny) => with(&home, &config, |client| act::deny(client, deny)),
        Command::Replay(named) => with(&home, &config, |client| look::replay(client, named)),
        Command::Setup(Setup::Slack(setup)) => setup::slack(&home, &config, setup),
        Command::Setup(Setup::Github(setup)) => setup::github(&home, &config, setup),
        Command::Agents(asked) => agents::run(&home, asked),
        Command::Dev(dev) => dev::dev(&home, dev),
        Command::Doctor(doctor) => doctor::doctor(&home, &config, doctor),
    }
}

/// Asks the dispatcher that runs on this folder; if none does, one is up for as long as it takes.
pub(crate) fn with(home: &Home, config: &Config, ask: impl FnOnce(&Client) -> Result<ExitCode>) -> Result<ExitCode> {
    if let Some(client) = Client::running(home) {
        return ask(&client);
    }
    let config = Config { listen: "127.0.0.1:0".into(), ..config.clone() };
    up(home, &config, |dispatcher| Client::new(&dispatcher.url, &dispatcher.token), ask)
}

/// Has a dispatcher up while `during` runs, which is given what `before` made of it.
pub(crate) fn up<T>(
    home: &Home,
    config: &Config,
    before: impl FnOnce(&Dispatcher) -> T,
    during: impl FnOnce(&T) -> Result<ExitCode>,
) -> Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new().context("failed to start")?;
    let dispatcher = runtime.block_on(Dispatcher::open(home, config))?;
    let (over, end) = tokio::sync::oneshot::channel::<()>();
    let made = before(&dispatcher);
    let served = runtime.spawn(dispatcher.run(async {
        let _ = end.await;
    }));
    let answer = during(&made);
    let _ = over.send(());
    runtime.block_on(served).context("the dispatcher broke off")?;
    answer
}
