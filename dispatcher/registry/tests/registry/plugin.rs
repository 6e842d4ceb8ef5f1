//! Plugins to take in.

use signalbox_registry::{Artifact, Entry, Lock, Source};

/// A prefetcher of that id and version which is granted these capabilities, as TOML.
pub(crate) fn artifact(version: &str, capabilities: &str) -> Artifact {
    let shipped = signalbox_shipped::ALL.iter().find(|it| it.manifest.contains("id = \"thread\"")).unwrap();
    let manifest = format!(
        "id = \"acme/word\"\nversion = \"{version}\"\napi = \"0.1\"\nworld = \"prefetcher\"\non-error = \"skip\"\n{capabilities}"
    );
    Artifact { manifest, component: shipped.component.to_vec() }
}

/// What every version may: read the conversation.
pub(crate) const THREAD: &str = "[[capabilities]]\nfetch = \"thread\"\n";
/// What not every version may.
pub(crate) const PAGES: &str =
    "[[capabilities]]\nfetch = \"thread\"\n[[capabilities]]\nfetch = \"http\"\nhosts = [\"docs.example.com\"]\n";

pub(crate) fn source() -> Source {
    "path:plugins/word".parse().unwrap()
}

pub(crate) fn entry(artifact: &Artifact) -> Entry {
    Entry::new(artifact, source(), None).unwrap()
}

/// A lock with version 1.0.0, granted the conversation and enabled.
pub(crate) fn locked() -> (Lock, Artifact) {
    let first = artifact("1.0.0", THREAD);
    let mut lock = Lock::default();
    lock.add(entry(&first)).unwrap();
    lock.grant("acme/word", &first, "ana", "today").unwrap();
    lock.enable("acme/word", signalbox_domain::id::Digest::of(b"{}"), Vec::new(), false).unwrap();
    (lock, first)
}
