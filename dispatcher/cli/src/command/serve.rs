//! `serve`: the dispatcher, with its page.

use std::process::ExitCode;

use anyhow::{Context as _, Result};

use crate::arguments::Serve;
use crate::config::Config;
use crate::dispatcher::Dispatcher;
use crate::home::Home;
use crate::print;

pub(crate) fn serve(home: &Home, mut config: Config, serve: &Serve) -> Result<ExitCode> {
    if let Some(listen) = &serve.listen {
        config.listen.clone_from(listen);
    }
    let runtime = tokio::runtime::Runtime::new().context("failed to start")?;
    runtime.block_on(async {
        let dispatcher = Dispatcher::open(home, &config).await?;
        print::line(format_args!("Signalbox works in {}", home.path().display()));
        if config.agents.is_empty() {
            print::line(format_args!("No agent is set up yet: add [agents.default] to signalbox.toml."));
        }
        print::line(format_args!("Open  {}/?token={}", dispatcher.url, dispatcher.token));
        dispatcher.run(interrupted()).await;
        Ok(ExitCode::SUCCESS)
    })
}

/// Until Ctrl-C, or until the system asks to end.
pub(crate) async fn interrupted() {
    let term = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut term) => {
                term.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = term => {}
    }
}
