//! `[models.…]`: providers of models, and where the keys to them are. The keys themselves are not in this file.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use serde::Deserialize;
use signalbox_gateway::Provider;

use crate::hush::Hush;

/// A provider of models, as the team has set it up.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Model {
    /// Where it is, if not where everybody finds it.
    pub(crate) url: Option<String>,
    /// The variable of the dispatcher's environment that holds the key.
    pub(crate) key_env: Option<String>,
    /// The file that holds the key, closed to everybody else.
    pub(crate) key_file: Option<PathBuf>,
}

impl Model {
    /// The provider called `name`.
    pub(crate) fn provider(&self, name: &str) -> Result<Provider> {
        let known = Provider::known(name).ok_or_else(|| {
            anyhow!("[models.{name}] is none that an agent asks: there are `anthropic`, `openai` and `gemini`")
        })?;
        let Some(url) = &self.url else { return Ok(known) };
        let plain = url.starts_with("https://") || url.starts_with("http://");
        match url.trim_end_matches('/').parse() {
            Ok(upstream) if plain => Ok(Provider { upstream, ..known }),
            Ok(_) | Err(_) => bail!("[models.{name}] has the url `{url}`; write one that begins with https://"),
        }
    }

    /// The key to it. `folder` is the one of the settings file.
    pub(crate) fn key(&self, name: &str, folder: Option<&Path>) -> Result<Hush> {
        match (&self.key_file, &self.key_env) {
            (Some(_), Some(_)) => bail!("[models.{name}] has `key_file` and `key_env`; leave one of them out"),
            (Some(file), None) => {
                let file = folder.unwrap_or(Path::new(".")).join(file);
                let shown = file.display();
                let failed = || format!("[models.{name}]: failed to read the key in {shown}");
                let text = Hush::new(fs::read_to_string(&file).with_context(failed)?);
                if fs::metadata(&file).with_context(failed)?.permissions().mode() & 0o077 != 0 {
                    bail!("{shown} can be read by others; close it: chmod 600 {shown}");
                }
                if text.show().trim().is_empty() {
                    bail!("[models.{name}]: there is no key in {shown}");
                }
                Ok(text)
            }
            (None, variable) => {
                let variable = variable.as_deref().unwrap_or_else(|| usual(name));
                match std::env::var(variable) {
                    Ok(key) if !key.trim().is_empty() => Ok(Hush::new(key)),
                    Ok(_) | Err(_) => bail!(
                        "[models.{name}]: the key is looked for in the variable {variable}, which is not set. Set it \
                         where the dispatcher is started, or name a file: key_file = \"…\""
                    ),
                }
            }
        }
    }
}

/// Where people have the key usually.
fn usual(name: &str) -> &'static str {
    match name {
        "openai" => "OPENAI_API_KEY",
        "gemini" => "GEMINI_API_KEY",
        _ => "ANTHROPIC_API_KEY",
    }
}
