//! The folder everything is kept in, and what lies where.
//!
//! ```text
//! state/       the store, the queue and the blobs
//! forge/       the built-in forge's repositories
//! console/     the built-in chat
//! agents/      coding agents that were installed
//! boxes/       devboxes at work, and warm mirrors
//! plugins/     plugins that were taken in, and compiled ones
//! secret       what the tokens of boxes are made with
//! token        what lets a person into the page
//! secrets.toml what lets the dispatcher into Slack and GitHub
//! endpoint     where the dispatcher that runs on this folder listens
//! ```

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use signalbox_engine::Secret;

/// The folder everything is kept in.
#[derive(Clone, Debug)]
pub(crate) struct Home(PathBuf);

impl Home {
    /// The folder that was asked for, or this user's own; made if it is not there, closed to everybody else.
    pub(crate) fn open(asked: Option<&Path>) -> Result<Self> {
        let folder = match asked {
            Some(folder) => folder.to_path_buf(),
            None => default()?,
        };
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        made.with_context(|| format!("failed to make the folder {}", folder.display()))?;
        let folder = folder.canonicalize().with_context(|| format!("failed to find {}", folder.display()))?;
        Ok(Self(folder))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// What the tokens of boxes are made with.
    pub(crate) fn secret(&self) -> Result<Secret> {
        let hex = self.kept("secret")?;
        let bytes: Vec<u8> =
            (0..hex.len() / 2).filter_map(|at| u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()).collect();
        match <[u8; 32]>::try_from(bytes) {
            Ok(bytes) => Ok(Secret::new(bytes)),
            Err(_) => bail!(
                "{} does not hold 64 hexadecimal digits; remove it, and a new one is made (boxes at work are lost)",
                self.at("secret").display()
            ),
        }
    }

    /// What lets a person into the page.
    pub(crate) fn token(&self) -> Result<String> {
        self.kept("token")
    }

    /// A secret of 32 bytes in a file of its own, made the first time it is asked for.
    fn kept(&self, name: &str) -> Result<String> {
        let file = self.at(name);
        if let Ok(text) = fs::read_to_string(&file) {
            return Ok(text.trim().to_owned());
        }
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).context("failed to get randomness from the system")?;
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        write_private(&file, &text)?;
        Ok(text)
    }
}

/// Writes a file that only this user may read, whole or not at all.
pub(crate) fn write_private(file: &Path, text: &str) -> Result<()> {
    let failed = || format!("failed to write {}", file.display());
    let fresh = file.with_extension("new");
    let mut open = fs::OpenOptions::new();
    let mut handle = open.write(true).create(true).truncate(true).mode(0o600).open(&fresh).with_context(failed)?;
    handle.write_all(text.as_bytes()).with_context(failed)?;
    handle.sync_all().with_context(failed)?;
    fs::rename(&fresh, file).with_context(failed)
}

fn default() -> Result<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(home) = set("SIGNALBOX_HOME") {
        return Ok(home);
    }
    let data = set("XDG_DATA_HOME").or_else(|| set("HOME").map(|home| home.join(".local/share")));
    match data {
        Some(data) => Ok(data.join("signalbox")),
        None => bail!("there is no home folder to keep anything in; name one with --data"),
    }
}
