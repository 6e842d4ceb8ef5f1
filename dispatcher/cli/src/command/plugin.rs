//! `plugin`: what people type to write a plugin, and to let one in.

mod bench;
mod build;
mod check;
mod new;
mod run;
mod test;

mod add;
mod bundle;
mod disable;
mod enable;
mod grant;
mod info;
mod list;
mod publish;
mod rollback;
mod update;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

use crate::config::Config;
use crate::home::Home;

/// What can be done with plugins: first what their authors do, then what the people of an installation do.
#[derive(Debug, Subcommand)]
pub(crate) enum Plugin {
    /// Begin a plugin: a folder that builds, with its tests
    New(new::New),
    /// Build the plugin of this folder
    Build(build::Build),
    /// Look whether it may be loaded, and say what to do where not
    Check(check::Check),
    /// Run its cases on what was built, and show what came out otherwise
    Test(test::Test),
    /// Call it with one event, and show what it says
    Run(run::Run),
    /// Measure what a call of it takes: fuel, time and memory, beside its limits
    Bench(bench::Bench),
    /// Compile every plugin that is let in here, for a host that compiles nothing
    Bundle(bundle::Bundle),
    /// Push a plugin to a registry
    Publish(publish::Publish),
    /// Take a plugin in, by folder, file or registry; it is not asked before it is enabled
    Add(add::Add),
    /// Allow a plugin what it asks for
    Grant(grant::Grant),
    /// Let a plugin be asked
    Enable(enable::Enable),
    /// No longer let a plugin be asked
    Disable(disable::Disable),
    /// List the plugins of this installation
    List(list::List),
    /// Show one plugin: where it is from, what it may, how it is set
    Info(info::Info),
    /// Take another version of a plugin; one that asks for more than was granted is not loaded
    Update(update::Update),
    /// Go back to the version of a plugin that was here before
    Rollback(rollback::Rollback),
}

/// The installation that is meant. It is opened only by commands that are about one: an author may have none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Installation<'a> {
    /// Its folder, if one was named.
    pub(crate) data: Option<&'a Path>,
    /// Its settings, if they were named.
    pub(crate) config: Option<&'a Path>,
}

impl Installation<'_> {
    /// Its folder, made if it is not there.
    pub(crate) fn home(&self) -> Result<Home> {
        Home::open(self.data)
    }

    /// Its settings.
    pub(crate) fn config(&self) -> Result<Config> {
        Config::load(self.config)
    }
}

/// Does what was typed.
pub(crate) fn run(here: Installation<'_>, plugin: &Plugin) -> Result<ExitCode> {
    match plugin {
        Plugin::New(asked) => new::new(asked),
        Plugin::Build(asked) => build::build(asked),
        Plugin::Check(asked) => check::check(asked),
        Plugin::Test(asked) => test::test(asked),
        Plugin::Run(asked) => run::run(asked),
        Plugin::Bench(asked) => bench::bench(asked),
        Plugin::Bundle(asked) => bundle::bundle(here, asked),
        Plugin::Publish(asked) => publish::publish(here, asked),
        Plugin::Add(asked) => add::add(here, asked),
        Plugin::Grant(asked) => grant::grant(here, asked),
        Plugin::Enable(asked) => enable::enable(here, asked),
        Plugin::Disable(asked) => disable::disable(here, asked),
        Plugin::List(asked) => list::list(here, asked),
        Plugin::Info(asked) => info::info(here, asked),
        Plugin::Update(asked) => update::update(here, asked),
        Plugin::Rollback(asked) => rollback::rollback(here, asked),
    }
}

/// Fuel as people compare it.
fn millions(fuel: u64) -> String {
    format!("{}.{:02} M", fuel / 1_000_000, fuel % 1_000_000 / 10_000)
}
