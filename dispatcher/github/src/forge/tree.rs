//! What lies in a commit: its tree, read once, for a commit never changes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::Deserialize;
use signalbox_domain::id::Commit;
use signalbox_ports::Error;

use crate::app::{Github, Place};

/// The trees that are kept.
const KEPT: usize = 8;
/// The most calls made for one tree that GitHub does not give whole.
const CALLS: usize = 300;

/// Everything in a commit, by path: files, links and submodules, not folders.
pub(crate) type Tree = BTreeMap<String, Entry>;

/// One thing in a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    mode: Mode,
    /// The name of its content.
    pub(crate) sha: String,
    /// How long it is, in bytes.
    pub(crate) size: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    File,
    Program,
    Link,
    Submodule,
}

/// The trees read lately.
#[derive(Default)]
pub(crate) struct Trees(VecDeque<((String, String), Arc<Tree>)>);

#[derive(Deserialize)]
struct Listing {
    tree: Vec<Listed>,
    #[serde(default)]
    truncated: bool,
}

#[derive(Deserialize)]
struct Listed {
    path: String,
    mode: String,
    sha: String,
    #[serde(default)]
    size: u64,
}

impl Entry {
    /// Whether it is a file with content of its own.
    pub(crate) fn plain(&self) -> bool {
        matches!(self.mode, Mode::File | Mode::Program)
    }

    /// Whether it is a symbolic link or a submodule.
    pub(crate) fn link(&self) -> bool {
        matches!(self.mode, Mode::Link | Mode::Submodule)
    }

    /// Its mode as git writes it.
    pub(crate) fn mode(&self) -> &'static str {
        match self.mode {
            Mode::File => "100644",
            Mode::Program => "100755",
            Mode::Link => "120000",
            Mode::Submodule => "160000",
        }
    }
}

impl Github {
    /// The tree of a commit: all of it, or an error.
    pub(crate) async fn tree(&self, place: &Place, at: &Commit) -> Result<Arc<Tree>, Error> {
        let name = commit(at)?;
        let key = (place.repository.0.clone(), name.to_owned());
        if let Some((_, tree)) = self.known().trees.0.iter().find(|(kept, _)| *kept == key) {
            return Ok(tree.clone());
        }
        let mut tree = Tree::new();
        let mut calls = 0;
        // Folders to read, each by its path and name. One that GitHub does not give whole is read folder by folder.
        let mut folders = vec![(String::new(), name.to_owned())];
        while let Some((above, sha)) = folders.pop() {
            let mut listing = listing_of(place, &sha, "?recursive=1", at).await?;
            calls += 1;
            let whole = !listing.truncated;
            if !whole {
                listing = listing_of(place, &sha, "", at).await?;
                calls += 1;
            }
            if listing.truncated || calls > CALLS {
                return Err(Error::rejected(format!("{} is too large to be looked through at {at}", place.repository)));
            }
            for found in listing.tree {
                let path = if above.is_empty() { found.path } else { format!("{above}/{}", found.path) };
                let mode = match found.mode.as_str() {
                    "040000" => {
                        if !whole {
                            folders.push((path, found.sha));
                        }
                        continue;
                    }
                    "120000" => Mode::Link,
                    "160000" => Mode::Submodule,
                    "100755" => Mode::Program,
                    _ => Mode::File,
                };
                tree.insert(path, Entry { mode, sha: found.sha, size: found.size });
            }
        }
        let tree = Arc::new(tree);
        let kept = &mut self.known().trees.0;
        kept.push_front((key, tree.clone()));
        kept.truncate(KEPT);
        Ok(tree)
    }
}

async fn listing_of(place: &Place, sha: &str, how: &str, at: &Commit) -> Result<Listing, Error> {
    let path = format!("{}/git/trees/{sha}{how}", place.path);
    place.caller.get(&path).await.map_err(|trouble| trouble.or(|| format!("{} has no commit {at}", place.repository)))
}

/// A commit's name, if it is one.
pub(crate) fn commit(at: &Commit) -> Result<&str, Error> {
    let name = at.as_str();
    let plain = matches!(name.len(), 40 | 64) && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    if plain { Ok(name) } else { Err(Error::rejected(format!("{name:?} is no commit"))) }
}
