//! Where a plugin is from, in a form that finds it again.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use oci_client::Reference;
use serde::{Deserialize, Serialize};
use signalbox_domain::id::Digest;

use crate::error::Error;

/// What the name of a registry's plugin begins with.
const OCI: &str = "oci://";
/// What the name of a folder begins with, in a lock.
const PATH: &str = "path:";

/// A plugin's source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Source {
    /// A folder of this machine: a plugin's own, or one with a `plugin.toml` and a `.wasm`.
    Path(PathBuf),
    /// A registry.
    Oci(Reference),
}

impl Source {
    /// What somebody typed: `oci://registry/name:version`, or a folder.
    pub fn typed(text: &str) -> Result<Self, Error> {
        if text.starts_with(OCI) || text.starts_with(PATH) {
            return text.parse();
        }
        let path = Path::new(text);
        if path.exists() {
            return Ok(Self::Path(path.to_path_buf()));
        }
        Err(Error::refused(format!(
            "there is no folder {text}. Name a folder with a plugin.toml, or a plugin in a registry as \
             {OCI}registry.example.com/acme/word:1.0.0"
        )))
    }

    /// The same source, held to one manifest of it: whatever its tag names by then.
    pub fn at(&self, digest: &Digest) -> Self {
        match self {
            Self::Path(path) => Self::Path(path.clone()),
            Self::Oci(it) => {
                let (registry, repository) = (it.registry().to_string(), it.repository().to_string());
                let digest = digest.to_string();
                Self::Oci(match it.tag() {
                    Some(tag) => Reference::with_tag_and_digest(registry, repository, tag.to_string(), digest),
                    None => Reference::with_digest(registry, repository, digest),
                })
            }
        }
    }

    /// The same repository of a registry, by another tag. A folder has none.
    pub fn tagged(&self, tag: &str) -> Self {
        match self {
            Self::Path(path) => Self::Path(path.clone()),
            Self::Oci(it) => {
                Self::Oci(Reference::with_tag(it.registry().to_string(), it.repository().to_string(), tag.to_string()))
            }
        }
    }

    /// The manifest it is held to.
    pub fn digest(&self) -> Option<Digest> {
        match self {
            Self::Path(_) => None,
            Self::Oci(it) => it.digest().map(Digest::from),
        }
    }

    /// Whether it is a folder of this machine, which is worked on and changes as it likes.
    pub fn is_folder(&self) -> bool {
        matches!(self, Self::Path(_))
    }

    /// Where it is from, without which of them: `path:plugins/word`, `oci://registry.example.com/acme/word`.
    pub fn place(&self) -> String {
        match self {
            Self::Path(_) => self.to_string(),
            Self::Oci(it) => format!("{OCI}{}/{}", it.registry(), it.repository()),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "{PATH}{}", path.display()),
            Self::Oci(reference) => write!(f, "{OCI}{}", reference.whole()),
        }
    }
}

impl FromStr for Source {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if let Some(path) = text.strip_prefix(PATH) {
            return Ok(Self::Path(path.into()));
        }
        let wrong = |why: String| {
            Error::refused(format!("`{text}` names no plugin: {why}. Write {OCI}registry.example.com/acme/word:1.0.0"))
        };
        let rest = text.strip_prefix(OCI).ok_or_else(|| wrong("it is neither a folder nor in a registry".into()))?;
        let reference: Reference = rest.parse().map_err(|error| wrong(format!("{error}")))?;
        // A name without a registry would be looked for where images for everybody are.
        let named = rest.split('/').next().is_some_and(|host| host == reference.registry());
        if !named || !(reference.registry().contains(['.', ':']) || reference.registry() == "localhost") {
            return Err(wrong("it does not say which registry".into()));
        }
        Ok(Self::Oci(reference))
    }
}

impl TryFrom<String> for Source {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Source> for String {
    fn from(source: Source) -> Self {
        source.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_reads_as_it_is_written() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for text in [
            "path:plugins/word",
            "oci://registry.example.com/acme/word:1.0.0",
            &format!("oci://localhost:5000/word:1.0.0@{digest}"),
        ] {
            assert_eq!(text.parse::<Source>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_name_without_a_registry_is_nobodys() {
        for text in ["oci://acme/word:1.0.0", "oci://word", "acme/word", "oci://", "oci://A B/c"] {
            let error = text.parse::<Source>().unwrap_err().to_string();
            assert!(error.contains("Write oci://"), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_held_to_a_digest_keeps_its_tag_for_people() {
        let digest = Digest::of(b"manifest");
        let source = "oci://registry.example.com/acme/word:1.0.0".parse::<Source>().unwrap().at(&digest);
        assert_eq!(source.to_string(), format!("oci://registry.example.com/acme/word:1.0.0@{digest}"));
        assert_eq!((source.digest(), source.place().as_str()), (Some(digest), "oci://registry.example.com/acme/word"));
    }
}
