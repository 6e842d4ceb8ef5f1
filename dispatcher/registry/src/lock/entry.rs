//! One plugin in a lock.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use signalbox_domain::id::Digest;
use signalbox_plugin_host::pin::Pin;

use crate::artifact::Artifact;
use crate::ask::Ask;
use crate::error::Error;
use crate::source::Source;

/// A plugin that was taken in: these bytes, from there, and what of it was agreed to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Where it is from. One in a registry is held to its manifest's digest.
    pub source: Source,
    /// The fingerprint of the key that signed it, if it was let in by a signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<Digest>,
    /// The digest of its `plugin.toml`.
    pub manifest: Digest,
    /// The digest of its component.
    pub component: Digest,
    /// The digest of the settings it was enabled with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Digest>,
    /// Whether it is asked.
    pub enabled: bool,
    /// Whether what it says is only recorded beside the decision, and counts for nothing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub shadow: bool,
    /// The rooms it is tried in first, by name or id; everywhere if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<String>,
    /// Agrees with everything above and below; what was changed by hand does not.
    pub seal: Digest,
    /// The digests of its compiled files, by the machine and the engine they are for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub compiled: BTreeMap<String, Digest>,
    /// What was granted, if anybody has granted anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted: Option<Granted>,
    /// A version that asks for more than was granted, and waits for somebody to decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Box<Entry>>,
    /// The version that was here before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Box<Entry>>,
}

/// What was granted to a plugin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Granted {
    /// Who granted it.
    pub by: String,
    /// When, in words.
    pub at: String,
    /// What.
    pub ask: Ask,
}

impl Entry {
    /// An artifact that was taken in, granted nothing and not asked yet.
    pub fn new(artifact: &Artifact, source: Source, signed_by: Option<Digest>) -> Result<Self, Error> {
        let parsed = artifact.parsed()?;
        if !parsed.id.contains('/') {
            return Err(Error::refused(format!(
                "its id is \"{}\"; names without an owner are kept for plugins that come with signalbox. Call it \
                 \"your-team/{}\" in its plugin.toml",
                parsed.id, parsed.id
            )));
        }
        let (manifest, component) = artifact.digests();
        Ok(Self {
            id: parsed.id,
            version: parsed.version,
            source,
            signed_by,
            manifest,
            component,
            settings: None,
            enabled: false,
            shadow: false,
            rooms: Vec::new(),
            seal: Digest::of(b""),
            compiled: BTreeMap::new(),
            granted: None,
            waiting: None,
            previous: None,
        }
        .sealed())
    }

    /// What the host holds it to, on the machine and by the engine named `target`.
    pub fn pin(&self, target: &str) -> Result<Pin, Error> {
        let granted = self.granted.as_ref().map(|granted| granted.ask.fetches()).transpose()?;
        Ok(Pin {
            manifest: self.manifest.clone(),
            component: self.component.clone(),
            compiled: self.compiled.get(target).cloned(),
            granted: granted.unwrap_or_default(),
        })
    }

    /// Whether these are the files that are meant, and they ask for no more than was granted.
    pub fn admits(&self, artifact: &Artifact) -> Result<(), Error> {
        let (manifest, component) = artifact.digests();
        for (what, found, locked) in
            [("plugin.toml", &manifest, &self.manifest), ("component", &component, &self.component)]
        {
            if found != locked {
                return Err(Error::refused(format!(
                    "the {what} of {} is {found}, and the lock says {locked}. If the change is meant, run `signalbox \
                     plugin update {}`",
                    self.id, self.id
                )));
            }
        }
        let ask = Ask::of(artifact)?;
        let beyond = match &self.granted {
            Some(granted) => ask.beyond(&granted.ask),
            None => ask.words(),
        };
        match beyond.is_empty() {
            true => Ok(()),
            false => Err(self.widened(&beyond)),
        }
    }

    /// What is said where a plugin wants more than it was granted.
    pub(crate) fn widened(&self, beyond: &[String]) -> Error {
        let lines: Vec<_> = beyond.iter().map(|it| format!("  - {it}")).collect();
        Error::refused(format!(
            "{} {} asks for more than it was granted:\n{}\nIf that is meant, allow it: signalbox plugin grant {}",
            self.id,
            self.version,
            lines.join("\n"),
            self.id
        ))
    }

    /// The entry with a seal that agrees with it.
    #[must_use]
    pub(crate) fn sealed(mut self) -> Self {
        self.seal = self.computed();
        self
    }

    /// Whether the entry agrees with itself, and so do those in it.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.seal != self.computed() {
            return Err(Error::refused(format!(
                "the entry of {} was changed by hand, or by a merge: it no longer fits its seal. Take the version of \
                 the file that was in order, and make the change with `signalbox plugin`",
                self.id
            )));
        }
        for other in self.waiting.iter().chain(&self.previous) {
            if other.id != self.id {
                return Err(Error::refused(format!("the entry of {} holds one of {}", self.id, other.id)));
            }
            other.check()?;
        }
        Ok(())
    }

    fn computed(&self) -> Digest {
        let unsealed = Self { seal: Digest::of(b""), ..self.clone() };
        Digest::of(toml::to_string(&unsealed).unwrap_or_default().as_bytes())
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}
