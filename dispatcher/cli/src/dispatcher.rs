//! The dispatcher of one machine, wired: where every port gets its adapter, and nothing is decided.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, bail};
use axum::Router;
use signalbox_console::{Console, Member, Settings as ConsoleSettings, Views};
use signalbox_domain::talk::Person;
use signalbox_engine::{Engine, Ports, Settings};
use signalbox_git::Forge;
use signalbox_plugin_host::Host;
use signalbox_ports::clock::System;
use signalbox_registry::Lock;
use signalbox_sandbox::Sandbox;
use signalbox_sqlite::Folder;
use tokio::net::TcpListener;

use crate::api;
use crate::changes::BuiltIn;
use crate::config::Config;
use crate::edges::Edges;
use crate::home::{Home, write_private};
use crate::models::Models;
use crate::plugins::{Installed, chosen, lock_file};
use crate::secrets::Secrets;

/// Deliveries worked beside each other.
const WORKERS: usize = 4;

/// A dispatcher that is up.
pub(crate) struct Dispatcher {
    /// Where its page is.
    pub(crate) url: String,
    /// What lets a person into it.
    pub(crate) token: String,
    engine: Arc<Engine>,
    listener: TcpListener,
    router: Router,
    edges: Edges,
}

impl Dispatcher {
    /// Opens everything in `home` and listens, without working yet.
    pub(crate) async fn open(home: &Home, config: &Config) -> Result<Self> {
        let listener = listen(home, config).await?;
        let address = listener.local_addr().context("failed to learn where the dispatcher listens")?;
        let url = format!("http://{}", reachable(address));

        let state = Arc::new(Folder::open(home.at("state"))?);
        let forge = Arc::new(Forge::open(home.at("forge"), &url).await?);
        for repository in &config.repositories {
            take_in(&forge, repository).await?;
        }
        let plugins = Arc::new(Installed::open(home, config)?);
        let console = console(home, config)?;
        let endpoint = home.at("endpoint");
        let sandbox = Sandbox::new(signalbox_sandbox::Config {
            folder: home.at("boxes"),
            program: std::env::current_exe().context("failed to find this program")?,
            endpoint: endpoint.clone(),
            tools: tools(home, config)?,
            sizes: config.sizes()?,
            warm: config.warm_boxes,
            unsandboxed_i_accept_the_risk: config.unsandboxed_i_accept_the_risk,
        });
        let secrets = Secrets::load(home)?;
        let edges = Edges::open(config, &secrets, &state, forge.clone(), &url)?;
        let mut chats = edges.chats();
        chats.insert("console".into(), Arc::new(console.clone()));
        let ports = Ports {
            store: state.clone(),
            queue: state.clone(),
            blobs: state.clone(),
            plugins,
            chats,
            forge: edges.forge.clone(),
            web: web(config)?,
            devbox: Arc::new(sandbox),
            clock: Arc::new(System),
        };
        let mut settings = Settings::new(home.secret()?);
        settings.concurrent_runs = config.concurrent_runs;
        settings.protect.clone_from(&config.protect);
        settings.fetch = config.fetch.for_engine();
        settings.rooms = config.bounds.iter().map(|bound| (bound.room.clone(), bound.for_engine())).collect();
        settings.agents = config.agents.iter().map(|(name, agent)| (name.clone(), agent.for_engine())).collect();
        settings.agents.extend(config.recorded.clone());
        settings.prices = config.prices()?;
        let models = Models::open(config)?;
        let engine = Arc::new(Engine::new(ports, settings));

        let token = home.token()?;
        let changes = Arc::new(BuiltIn(forge.clone()));
        let views = Views { store: state.clone(), blobs: state, changes: Some(changes) };
        let router = signalbox_ingress::router(
            engine.clone(),
            [
                console.routes(engine.clone(), views),
                signalbox_git::routes(forge.clone()),
                api::routes(engine.clone(), forge.clone(), &token),
                edges.routes(&engine, &console),
            ],
        );
        // Beside the edge, not below it: an answer of a model takes its time.
        let router = match models {
            Some(models) => router.merge(models.routes(engine.clone())),
            None => router,
        };
        write_private(&endpoint, &url)?;
        Ok(Self { url, token, engine, listener, router, edges })
    }

    /// Works and answers until `until` is over.
    pub(crate) async fn run(self, until: impl Future<Output = ()>) {
        let _listening = self.edges.listen(&self.engine);
        tokio::select! {
            () = signalbox_ingress::serve(self.listener, self.router, until) => {}
            () = self.engine.drive(WORKERS) => {}
        }
    }
}

/// Folders of tools in boxes: those the settings name, and the one that agents are installed in.
pub(crate) fn tools(home: &Home, config: &Config) -> Result<Vec<PathBuf>> {
    let installed = crate::command::agents_folder(home);
    fs::create_dir_all(installed.join("bin")).with_context(|| format!("failed to make {}", installed.display()))?;
    Ok([installed].into_iter().chain(config.tools.iter().cloned()).collect())
}

/// Takes a repository in, or brings it up to date.
pub(crate) async fn take_in(forge: &Forge, repository: &crate::config::Repository) -> Result<signalbox_git::Imported> {
    let imported = forge
        .import(&repository.from, repository.name.as_deref())
        .await
        .with_context(|| format!("failed to take in the repository {}", repository.from))?;
    if let Some(description) = &repository.description {
        forge.describe(&imported.known.repository, description).await?;
    }
    Ok(imported)
}

async fn listen(home: &Home, config: &Config) -> Result<TcpListener> {
    let address: SocketAddr = config
        .listen
        .parse()
        .map_err(|error| anyhow!("`{}` is no address and port ({error}); write 127.0.0.1:7420", config.listen))?;
    if !address.ip().is_loopback() && !config.open_to_the_network {
        bail!(
            "{address} can be reached by others. If that is meant, set `open_to_the_network = true`; \
             otherwise listen on 127.0.0.1"
        );
    }
    // Boxes at work know the last address: take it again if any will do.
    if address.port() == 0
        && let Some(last) = last(home).filter(|last| last.ip() == address.ip())
        && let Ok(listener) = TcpListener::bind(last).await
    {
        return Ok(listener);
    }
    TcpListener::bind(address).await.with_context(|| {
        format!("failed to listen on {address}; if another dispatcher is there, stop it or take another port")
    })
}

fn last(home: &Home) -> Option<SocketAddr> {
    fs::read_to_string(home.at("endpoint")).ok()?.trim().strip_prefix("http://")?.parse().ok()
}

/// The address to reach it by from this machine.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(std::net::Ipv6Addr::LOCALHOST),
        IpAddr::V4(_) | IpAddr::V6(_) => address.ip(),
    };
    SocketAddr::new(ip, address.port())
}

/// The plugins of this installation, in this process: for commands that only look.
pub(crate) fn plugins(home: &Home, config: &Config) -> Result<Host> {
    let lock = Lock::read(&lock_file(home, config))?;
    Ok(Host::open(chosen(home, config, &lock)?.live, &home.at("plugins"))?)
}

fn console(home: &Home, config: &Config) -> Result<Console> {
    let mut settings = ConsoleSettings::local(&config.name, home.token()?);
    settings.members.extend(config.people.iter().map(|member| Member {
        person: Person { id: format!("console:{}", member.id), name: member.name.clone(), role: member.role },
        token: member.token.clone(),
    }));
    settings.rooms = config.rooms.iter().map(|room| (room.name.clone(), room.topic.clone())).collect();
    let folder: PathBuf = home.at("console");
    fs::create_dir_all(&folder).with_context(|| format!("failed to make {}", folder.display()))?;
    Ok(Console::open(&folder, settings)?)
}

/// The public web, if any of it may be read.
fn web(config: &Config) -> Result<Arc<dyn signalbox_ports::web::Web>> {
    if config.fetch.hosts.is_empty() {
        return Ok(Arc::new(signalbox_ports::web::Closed));
    }
    Ok(Arc::new(signalbox_web::Web::open().context("failed to open the way to the web that [fetch] hosts asks for")?))
}
