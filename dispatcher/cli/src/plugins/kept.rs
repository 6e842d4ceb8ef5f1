//! The lock and the files of an installation, while a command changes them.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, Result, bail};
use signalbox_domain::id::Digest;
use signalbox_plugin_host::manifest::Manifest;
use signalbox_plugin_host::{Host, settings};
use signalbox_registry::{Artifact, Entry, Lock, Login, Pulled, Registry, Source, Store, Trust};

use super::{chosen, lock_file, store, trust};
use crate::config::Config;
use crate::home::Home;
use crate::secrets::Secrets;

/// What a command works on. No other command changes it meanwhile.
pub(crate) struct Kept {
    pub(crate) home: Home,
    pub(crate) config: Config,
    pub(crate) lock: Lock,
    pub(crate) trust: Trust,
    file: PathBuf,
    store: Store,
    _alone: File,
}

impl Kept {
    /// Opens it, once whoever is at it has finished.
    pub(crate) fn open(home: Home, config: Config) -> Result<Self> {
        let alone = File::create(home.at("plugins.busy")).context("failed to open the folder of this installation")?;
        alone.lock().context("failed to wait for another command")?;
        let file = lock_file(&home, &config);
        Ok(Self {
            lock: Lock::read(&file)?,
            trust: trust(&config)?,
            store: store(&home),
            file,
            home,
            config,
            _alone: alone,
        })
    }

    /// Writes the lock, if every plugin it lets in may be loaded: a lock that would be refused is never written.
    pub(crate) fn save(&self) -> Result<()> {
        let chosen = chosen(&self.home, &self.config, &self.lock)?;
        let beside = chosen.beside.into_iter().map(|(_, host)| host);
        for host in [chosen.live].into_iter().chain(beside) {
            Host::open(host, &self.home.at("plugins")).context("nothing was changed")?;
        }
        self.lock.write(&self.file)?;
        Ok(())
    }

    /// A plugin from where it is, if it is let in; its files are kept here.
    pub(crate) fn take(&self, source: &Source) -> Result<Entry> {
        let pulled = match source {
            Source::Path(path) => {
                let folder = self.folder(path);
                self.trust.still(source, None)?;
                Pulled { artifact: Artifact::read(&folder)?, source: self.portable(&folder), signed_by: None }
            }
            Source::Oci(_) => {
                let trust = &self.trust;
                wait(async { Ok(self.registry()?.pull(source, trust).await?) })?
            }
        };
        self.store.put(&pulled.artifact)?;
        Ok(Entry::new(&pulled.artifact, pulled.source, pulled.signed_by)?)
    }

    /// The newest version of what is locked, from where it is.
    pub(crate) fn newest(&self, source: &Source) -> Result<Source> {
        if source.is_folder() {
            return Ok(source.clone());
        }
        let versions = wait(async { Ok(self.registry()?.versions(source).await?) })?;
        let newest = versions.last().with_context(|| format!("{} has no version any more", source.place()))?;
        Ok(source.tagged(newest))
    }

    /// The files of a plugin: those kept here, else those of its source, if they are still the same.
    pub(crate) fn artifact(&self, entry: &Entry) -> Result<Artifact> {
        if let Some(artifact) = self.store.get(&entry.manifest, &entry.component)? {
            return Ok(artifact);
        }
        self.take(&entry.source)?;
        let artifact = self.store.get(&entry.manifest, &entry.component)?;
        artifact.with_context(|| format!("{} is no longer what the lock says of {}", entry.source, entry.id))
    }

    /// The digest of a plugin's settings as it is given them; an error says what they lack.
    pub(crate) fn settings(&self, entry: &Entry) -> Result<Digest> {
        let artifact = self.artifact(entry)?;
        let manifest = artifact.parsed()?;
        Ok(Digest::of(self.filled(&manifest)?.as_bytes()))
    }

    fn filled(&self, manifest: &Manifest) -> Result<String> {
        let given = super::settings(self.config.plugins.get(&manifest.id).cloned())?;
        match settings::fill(&manifest.config, &given) {
            Ok(filled) => Ok(filled),
            Err(problem) => {
                bail!("{problem}\nSettings of this plugin are in signalbox.toml, under [plugins.\"{}\"]", manifest.id)
            }
        }
    }

    /// The client for registries, with what lets us into them.
    pub(crate) fn registry(&self) -> Result<Registry> {
        registry(&self.home)
    }

    /// A folder as the lock names it: from where the lock is, if it is below.
    fn portable(&self, folder: &Path) -> Source {
        let base = self.base();
        Source::Path(folder.strip_prefix(&base).map_or(folder.to_path_buf(), Path::to_path_buf))
    }

    /// A folder that the lock names.
    pub(crate) fn folder(&self, path: &Path) -> PathBuf {
        let below = self.base().join(path);
        let folder = if below.is_dir() { below } else { path.to_path_buf() };
        folder.canonicalize().unwrap_or(folder)
    }

    fn base(&self) -> PathBuf {
        let folder = self.file.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        folder.canonicalize().unwrap_or(folder.to_path_buf())
    }
}

/// The client for registries.
pub(crate) fn registry(home: &Home) -> Result<Registry> {
    let secrets = Secrets::load(home)?;
    let login = |(host, it): (&String, &crate::secrets::Login)| Login {
        host: host.clone(),
        user: it.user.clone(),
        password: it.password.clone(),
    };
    Ok(Registry::new(secrets.registries.iter().map(login).collect()))
}

/// Waits for what a registry answers.
pub(crate) fn wait<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Runtime::new().context("failed to start")?.block_on(future)
}

/// Who types, as far as this machine knows.
pub(crate) fn who() -> String {
    let named = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    named("USER").or_else(|| named("LOGNAME")).unwrap_or_else(|| "somebody".to_string())
}

/// Now, in words.
pub(crate) fn now() -> String {
    httpdate::fmt_http_date(SystemTime::now())
}
