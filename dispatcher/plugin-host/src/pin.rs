//! What a lock holds a plugin to: these bytes and no others, allowed this much and no more.

use serde::{Deserialize, Serialize};
use signalbox_domain::id::Digest;

use crate::grant::Capability;
use crate::manifest::Manifest;

/// What was approved of a plugin when it was added. What is loaded is it, or is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// The digest of its `plugin.toml`.
    pub manifest: Digest,
    /// The digest of its component.
    pub component: Digest,
    /// The digest of its compiled file, if it was compiled when it was added. No other is ever run, also not one that
    /// this host makes itself: it is made for one kind of machine by one version of the engine, and the lock says so.
    pub compiled: Option<Digest>,
    /// What it was granted to fetch. A manifest that asks for more is refused, whoever wrote it.
    pub granted: Vec<Capability>,
}

impl Pin {
    /// Whether this is the manifest that was pinned. Asked before it is read.
    pub(crate) fn check_manifest(&self, text: &str) -> Result<(), String> {
        same("plugin.toml", &Digest::of(text.as_bytes()), &self.manifest)
    }

    /// Whether this is the component that was pinned: by the digest of the very buffer that is used, never one that was
    /// computed earlier.
    pub(crate) fn check_component(&self, found: &Digest) -> Result<(), String> {
        same("component", found, &self.component)
    }

    /// Whether this is the compiled file that was pinned, if one was.
    pub(crate) fn check_compiled(&self, found: &Digest) -> Result<(), String> {
        self.compiled.as_ref().map_or(Ok(()), |pinned| same("compiled file", found, pinned))
    }

    /// Whether the manifest asks for no more than was granted.
    pub(crate) fn check_grant(&self, manifest: &Manifest) -> Result<(), String> {
        match manifest.capabilities.iter().find(|asked| !self.granted.contains(asked)) {
            None => Ok(()),
            Some(asked) => Err(format!(
                "it asks for more than it was granted: {asked:?}. Read what it is for, then `signalbox plugin grant`"
            )),
        }
    }
}

fn same(what: &str, found: &Digest, pinned: &Digest) -> Result<(), String> {
    if found == pinned {
        return Ok(());
    }
    Err(format!("its {what} is not the one that was pinned: {found} instead of {pinned}. Add it again if you trust it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "id = \"a\"\nversion = \"0.1.0\"\napi = \"0.1\"\nworld = \"prefetcher\"\non-error = \"skip\"\n\
                        [[capabilities]]\nfetch = \"thread\"\n";

    fn pin() -> Pin {
        Pin {
            manifest: Digest::of(TEXT.as_bytes()),
            component: Digest::of(b"component"),
            compiled: None,
            granted: vec![Capability::Thread {}],
        }
    }

    #[test]
    fn what_was_pinned_is_let_in() {
        assert_eq!(pin().check_manifest(TEXT), Ok(()));
        assert_eq!(pin().check_component(&Digest::of(b"component")), Ok(()));
        assert_eq!(pin().check_compiled(&Digest::of(b"anything")), Ok(()));
        assert_eq!(pin().check_grant(&Manifest::parse(TEXT).unwrap()), Ok(()));
    }

    #[test]
    fn other_bytes_are_not() {
        let error = pin().check_component(&Digest::of(b"components")).unwrap_err();
        assert!(error.starts_with("its component is not the one that was pinned: sha256:"), "{error}");
        let error = pin().check_manifest(&TEXT.replace("0.1.0", "0.1.1")).unwrap_err();
        assert!(error.starts_with("its plugin.toml is not the one that was pinned"), "{error}");
        let compiled = Pin { compiled: Some(Digest::of(b"compiled")), ..pin() };
        let error = compiled.check_compiled(&Digest::of(b"Compiled")).unwrap_err();
        assert!(error.starts_with("its compiled file is not the one that was pinned"), "{error}");
    }

    #[test]
    fn nobody_is_granted_more_by_asking() {
        let none = Pin { granted: Vec::new(), ..pin() };
        let error = none.check_grant(&Manifest::parse(TEXT).unwrap()).unwrap_err();
        assert!(error.starts_with("it asks for more than it was granted: Thread"), "{error}");
    }
}
