//! `[plugins.trust]`: whose signature lets a plugin in.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use signalbox_registry::{PublicKey, Signer, Trust};

use crate::config::Config;

use super::TRUST;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Table {
    /// Files with public keys, beside signalbox.toml; or the keys themselves.
    keys: Vec<String>,
    /// Sources that need no signature: `path` for folders, patterns such as `oci://registry.example.com/acme/*`.
    unsigned: Option<Vec<String>>,
}

/// Whom the settings trust.
pub(crate) fn trust(config: &Config) -> Result<Trust> {
    let Some(table) = config.plugins.get(TRUST) else { return Ok(Trust::default()) };
    let wrong = "[plugins.trust] in signalbox.toml is wrong";
    let table: Table = toml::Value::Table(table.clone()).try_into().context(wrong)?;
    let folder = config.folder.as_deref().unwrap_or(Path::new("."));
    let mut trust = Trust::default();
    for key in &table.keys {
        let inline = key.trim_start().starts_with("-----BEGIN");
        let (name, pem) = if inline {
            ("a key in signalbox.toml".to_string(), key.clone())
        } else {
            let file = folder.join(key);
            let pem =
                fs::read_to_string(&file).with_context(|| format!("{wrong}: failed to read {}", file.display()))?;
            let name = Path::new(key).file_stem().unwrap_or_default().to_string_lossy().into_owned();
            (name, pem)
        };
        let key = PublicKey::from_pem(&pem).with_context(|| format!("{wrong}: {name}"))?;
        trust.keys.push(Signer { name, key });
    }
    if let Some(unsigned) = table.unsigned {
        trust.unsigned = unsigned;
    }
    Ok(trust)
}
