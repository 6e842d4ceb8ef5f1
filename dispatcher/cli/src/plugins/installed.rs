//! The plugins of a running dispatcher: in a process of their own, and those of the lock as it is now.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use signalbox_domain::route::Opinion;
use signalbox_engine::beside::{Beside, Other};
use signalbox_plugin_host::{Apart, Config as HostConfig};
use signalbox_ports::plugins::{About, Event, Fetch, Fetched, Plugins, Prefetcher, Scope, Shadow, Turn};
use signalbox_registry::Lock;

use super::{chosen, lock_file};
use crate::config::Config;
use crate::home::Home;

/// The word that this program is started with to be the process of the plugins.
pub(crate) const WORD: &str = "plugin-host";

/// The plugins of a running dispatcher.
///
/// When the lock has changed, the next event has the plugins it names: they are loaded beside the others and take their
/// place at once, or, if one of them is refused, not at all. Where a request went is recorded with it, so that a run at
/// work keeps its route.
pub(crate) struct Installed {
    home: Home,
    config: Config,
    lock: PathBuf,
    now: Mutex<Now>,
}

struct Now {
    seen: Option<Seen>,
    plugins: Arc<dyn Plugins>,
}

/// What tells one writing of a file from the next: each is a file of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen(u64, i64, i64, u64);

impl Seen {
    fn of(file: &Path) -> Option<Self> {
        let it = fs::metadata(file).ok()?;
        Some(Self(it.ino(), it.mtime(), it.mtime_nsec(), it.size()))
    }
}

impl Installed {
    /// Loads them; the error names each that was refused.
    pub(crate) fn open(home: &Home, config: &Config) -> Result<Self> {
        let lock = lock_file(home, config);
        let seen = Seen::of(&lock);
        let plugins = load(home, config, &lock)?;
        Ok(Self { home: home.clone(), config: config.clone(), lock, now: Mutex::new(Now { seen, plugins }) })
    }

    /// Those of the lock as it is now.
    fn current(&self) -> Arc<dyn Plugins> {
        let seen = Seen::of(&self.lock);
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if now.seen != seen {
            // Seen once: a lock that is refused is not read again before it is changed again.
            now.seen = seen;
            match self.config.reloaded().and_then(|config| load(&self.home, &config, &self.lock)) {
                Ok(plugins) => {
                    tracing::info!("the lock has changed, and its plugins are loaded");
                    now.plugins = plugins;
                }
                Err(error) => {
                    tracing::error!(
                        error = format!("{error:#}"),
                        "the lock has changed, and the plugins stay as they are"
                    );
                }
            }
        }
        now.plugins.clone()
    }
}

fn load(home: &Home, config: &Config, lock: &Path) -> Result<Arc<dyn Plugins>> {
    let chosen = chosen(home, config, &Lock::read(lock)?)?;
    let live = apart(home, chosen.live)?;
    if chosen.beside.is_empty() {
        return Ok(live);
    }
    let beside = chosen.beside.into_iter().map(|(rooms, host)| Ok(Other { plugins: apart(home, host)?, rooms }));
    Ok(Arc::new(Beside::new(live, beside.collect::<Result<_>>()?)))
}

/// Plugins in a process of their own, which knows nothing else.
fn apart(home: &Home, host: HostConfig) -> Result<Arc<dyn Plugins>> {
    let program = std::env::current_exe().context("failed to find this program")?;
    let start = move || {
        let mut command = Command::new(&program);
        command.arg(WORD);
        command
    };
    let apart = Apart::open(start, host, &home.at("plugins"))?;
    for remark in apart.remarks() {
        tracing::warn!(remark, "a plugin was not as it should be");
    }
    tracing::info!(plugins = apart.names().join(", "), "plugins loaded");
    Ok(Arc::new(apart))
}

impl Plugins for Installed {
    fn about(&self) -> About {
        self.current().about()
    }

    fn route(&self, event: &Event) -> Vec<Opinion> {
        self.current().route(event)
    }

    fn shadows(&self, event: &Event, opinions: &[Opinion]) -> Vec<Shadow> {
        self.current().shadows(event, opinions)
    }

    fn prefetchers(&self, event: &Event, scope: &Scope) -> Vec<Prefetcher> {
        self.current().prefetchers(event, scope)
    }

    fn gather(&self, prefetcher: &str, event: &Event, scope: &Scope, round: u32, fetched: &[(Fetch, Fetched)]) -> Turn {
        self.current().gather(prefetcher, event, scope, round, fetched)
    }
}
