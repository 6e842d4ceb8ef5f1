//! `plugin new`: a folder with everything a plugin needs, that builds and whose cases hold.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, ValueEnum};
use signalbox_authoring as authoring;

use crate::print;

/// What to begin.
#[derive(Debug, Args)]
pub(crate) struct New {
    /// Its name: `word`, or `acme/word` with its owner. The folder is named as the plugin
    name: String,
    /// What to write it in
    #[arg(long, value_enum, default_value_t = Lang::Rust)]
    lang: Lang,
    /// What it is: a router decides where a request goes, a prefetcher gathers context for it
    #[arg(long, value_enum, default_value_t = World::Router)]
    world: World,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Lang {
    Rust,
    #[value(alias = "javascript")]
    Js,
    /// Large and slow: for what only Python has
    Python,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum World {
    Router,
    Prefetcher,
}

pub(crate) fn new(asked: &New) -> Result<ExitCode> {
    let plan = authoring::Plan {
        id: asked.name.clone(),
        language: match asked.lang {
            Lang::Rust => authoring::Language::Rust,
            Lang::Js => authoring::Language::JavaScript,
            Lang::Python => authoring::Language::Python,
        },
        world: match asked.world {
            World::Router => authoring::World::Router,
            World::Prefetcher => authoring::World::Prefetcher,
        },
    };
    let folder = authoring::create(Path::new("."), &plan)?;
    let folder = folder.strip_prefix(".").unwrap_or(&folder).display();
    print::line(format_args!("{} is begun in {folder}: {}, plugin.toml, cases/.", plan.id, plan.language.source()));
    print::line(format_args!("Next: cd {folder} && signalbox plugin build && signalbox plugin test"));
    Ok(ExitCode::SUCCESS)
}
