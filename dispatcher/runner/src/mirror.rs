//! A repository's warm copy, shared by all boxes: what is already here is never fetched again.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use signalbox_domain::devbox::Checkout;
use signalbox_domain::id::{Commit, Repository};

use crate::git::{self, Error, Git};

/// The mirror of one repository.
pub(crate) struct Mirror {
    dir: PathBuf,
    config: PathBuf,
}

impl Mirror {
    /// The mirror of `checkout`'s repository below `mirrors`, holding the commits that `checkout` names: fetched now
    /// if they were not there. Boxes that need the same mirror take turns.
    pub(crate) fn with(mirrors: &Path, config: &Path, checkout: &Checkout) -> Result<Self, Error> {
        let dir = mirrors.join(name(&checkout.repository));
        let mirror = Self { dir, config: config.to_path_buf() };
        fs::create_dir_all(mirrors)?;
        let lock = File::create(mirror.dir.with_extension("lock"))?;
        lock.lock()?;
        if !mirror.dir.join("HEAD").exists() {
            fs::create_dir_all(&mirror.dir)?;
            mirror.git("init").args(["--quiet", "--bare", "--template="]).run()?;
        }
        let missing =
            [&checkout.start, &checkout.base].into_iter().chain(&checkout.trusted).filter(|commit| !mirror.has(commit));
        for commit in missing.collect::<Vec<_>>() {
            mirror.fetch(checkout, commit)?;
        }
        Ok(mirror)
    }

    /// Its objects, for a repository that borrows them.
    pub(crate) fn objects(&self) -> PathBuf {
        self.dir.join("objects")
    }

    /// Where trees of its commits are laid out.
    pub(crate) fn trees(&self) -> PathBuf {
        self.dir.with_extension("trees")
    }

    /// Where folders made of its commits are kept.
    pub(crate) fn caches(&self) -> PathBuf {
        self.dir.with_extension("caches")
    }

    /// How many files differ between two commits. More than anybody has, if one is not here.
    pub(crate) fn distance(&self, one: &Commit, other: &Commit) -> usize {
        let differ = self.git("diff-tree").args(["-r", "-z", "--name-only", one.as_str(), other.as_str()]).bytes();
        differ.map_or(usize::MAX, |names| names.iter().filter(|byte| **byte == 0).count())
    }

    /// What `commit` has at `path`, by its number.
    pub(crate) fn object(&self, commit: &Commit, path: &str) -> Option<String> {
        self.git("rev-parse").args(["--quiet", "--verify", &format!("{commit}:{path}")]).line().ok()
    }

    /// Whether `one` is `other` or came before it.
    pub(crate) fn is_in(&self, one: &Commit, other: &Commit) -> bool {
        one == other || self.git("merge-base").args(["--is-ancestor", one.as_str(), other.as_str()]).run().is_ok()
    }

    /// The content of the file `path` in `commit`, if it is there.
    pub(crate) fn file(&self, commit: &Commit, path: &str) -> Option<Vec<u8>> {
        self.git("cat-file").args(["blob", &format!("{commit}:{path}")]).bytes().ok()
    }

    fn fetch(&self, checkout: &Checkout, commit: &Commit) -> Result<(), Error> {
        let fetch = |refspecs: &[&str]| {
            git::patiently(Error::is_transient, || {
                self.git("fetch")
                    .credential(&checkout.url, checkout.token.as_deref())
                    .args(["--quiet", "--no-tags", "--no-write-fetch-head", "--end-of-options", &checkout.url])
                    .args(refspecs)
                    .run()
            })
        };
        // By name first: the commits between are fetched once and found by the next fetch. A forge may no longer have
        // a branch for the commit, or refuse to give one by its number: the other way is tried then.
        let by_branch = fetch(&["+refs/heads/*:refs/heads/*"]);
        if by_branch.is_ok() && self.has(commit) {
            return Ok(());
        }
        fetch(&[&format!("+{commit}:refs/kept/{commit}")]).map_err(|by_number| by_branch.err().unwrap_or(by_number))
    }

    fn has(&self, commit: &Commit) -> bool {
        self.git("cat-file").args(["-e", &format!("{commit}^{{commit}}")]).run().is_ok()
    }

    fn git(&self, name: &str) -> Git {
        Git::new(&self.config, &self.dir, name)
    }
}

/// The folder of a repository's mirror: a plain name, whatever the forge calls the repository.
fn name(repository: &Repository) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let folder: String = repository
        .as_str()
        .chars()
        .map(|c| match c {
            '/' => "__".to_owned(),
            c if plain(c) => c.to_string(),
            other => format!("_{:x}_", u32::from(other)),
        })
        .collect();
    format!("{folder}.git")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_cannot_name_a_folder_outside() {
        assert_eq!(name(&"acme/shop".into()), "acme__shop.git");
        assert_eq!(name(&"../../etc".into()), "..__..__etc.git");
        assert_ne!(name(&"a/b".into()), name(&"a__b".into()));
    }
}
