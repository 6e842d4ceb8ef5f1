//! The program `signalbox`: one dispatcher on one machine, and what people type to it.

mod arguments;
mod command;

mod config;
mod home;
mod hush;
mod models;
mod plugins;
mod secrets;

mod api;
mod board;
mod changes;
mod dispatcher;
mod edges;
mod forges;

mod client;
mod follow;
mod print;

mod demo;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    // A box's runner is this same program, started again without any of what follows.
    let mut words = std::env::args_os().skip(1);
    match words.next().as_deref().and_then(|word| word.to_str()) {
        Some("runner") => return signalbox_runner::main(words),
        // So is the process of the plugins, which is given nothing but plugins and events.
        Some(plugins::WORD) => return plugins::serve(),
        Some(_) | None => {}
    }
    let arguments = arguments::Arguments::parse();
    log(arguments.verbose);
    match command::run(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("signalbox: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Logs go to standard error; what a command is asked for goes to standard output.
fn log(verbose: u8) {
    let level = match verbose {
        0 => "error",
        1 => "info",
        _ => "debug",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("SIGNALBOX_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
}
