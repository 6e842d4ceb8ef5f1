//! A dispatcher on this machine, wired as the program `signalbox` wires its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, anyhow};
use axum::Router;
use signalbox_console::{Console, Settings as ConsoleSettings, Views};
use signalbox_engine::{Agent, Engine, Ports, Secret, Settings};
use signalbox_git::Forge;
use signalbox_ports::clock::System;
use signalbox_sandbox::{Config, Sandbox, Sizes};
use signalbox_sqlite::Folder;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::cold::PROGRAM;
use crate::repository::WORKFLOWS;

/// What lets the one person in.
pub(crate) const TOKEN: &str = "the-token-of-the-benchmarks";
/// The room everything is said in.
pub(crate) const ROOM: &str = "general";
/// Deliveries worked beside each other, as in the program.
const WORKERS: usize = 4;

/// A dispatcher that answers, until it is dropped.
pub(crate) struct Dispatcher {
    pub(crate) runtime: Runtime,
    pub(crate) engine: Arc<Engine>,
    pub(crate) forge: Arc<Forge>,
    /// Where it is reached.
    pub(crate) url: String,
    /// Where its boxes are, a folder each.
    pub(crate) boxes: PathBuf,
}

impl Dispatcher {
    /// Opens everything in `home` and answers. It works nothing before [`Self::drive`]. `more` are addresses beside the
    /// usual ones.
    pub(crate) fn open(home: &Path, agents: &[(&str, &str)], more: impl FnOnce(Arc<Engine>) -> Router) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let (engine, forge, url) = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let url = format!("http://{}", listener.local_addr()?);
            let state = Arc::new(Folder::open(home.join("state"))?);
            let forge = Arc::new(Forge::open(home.join("forge"), &url).await?);
            let plugins = signalbox_bench::open(signalbox_bench::shipped(), &home.join("plugins"));
            let plugins = Arc::new(plugins.map_err(|refusals| anyhow!("{refusals}"))?);
            let console = Console::open(&home.join("console"), ConsoleSettings::local("You", TOKEN))?;
            let endpoint = home.join("endpoint");
            fs::write(&endpoint, &url)?;
            let sandbox = Sandbox::new(Config {
                folder: home.join("boxes"),
                program: PROGRAM.into(),
                endpoint,
                tools: Vec::new(),
                sizes: Sizes::default(),
                warm: 2,
                unsandboxed_i_accept_the_risk: false,
            });
            let ports = Ports {
                store: state.clone(),
                queue: state.clone(),
                blobs: state.clone(),
                plugins,
                chats: [("console".to_owned(), Arc::new(console.clone()) as _)].into(),
                forge: forge.clone(),
                web: Arc::new(signalbox_ports::web::Closed),
                devbox: Arc::new(sandbox),
                clock: Arc::new(System),
            };
            let mut settings = Settings::new(Secret::new([7; 32]));
            settings.agents = agents.iter().map(|(name, command)| ((*name).to_owned(), agent(command))).collect();
            // The team has them too: a request can only name a workflow that somebody knows before a repository is chosen.
            settings.workflows = WORKFLOWS.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
            let engine = Arc::new(Engine::new(ports, settings));
            let views = Views { store: state.clone(), blobs: state, changes: None };
            let router = signalbox_ingress::router(
                engine.clone(),
                [console.routes(engine.clone(), views), signalbox_git::routes(forge.clone()), more(engine.clone())],
            );
            tokio::spawn(signalbox_ingress::serve(listener, router, std::future::pending()));
            anyhow::Ok((engine, forge, url))
        })?;
        Ok(Self { runtime, engine, forge, url, boxes: home.join("boxes/boxes") })
    }

    /// Begins to work.
    pub(crate) fn drive(&self) {
        let engine = self.engine.clone();
        self.runtime.spawn(async move { engine.drive(WORKERS).await });
    }

    /// Where a person begins a thread.
    pub(crate) fn messages(&self) -> String {
        format!("{}/api/rooms/{ROOM}/messages", self.url)
    }
}

fn agent(command: &str) -> Agent {
    let settings = BTreeMap::from([("command".to_owned(), command.to_owned())]);
    Agent { adapter: "command".into(), settings, ..Agent::default() }
}
