//! Branches and commits of one repository.

use std::collections::{BTreeMap, BTreeSet};

use signalbox_domain::devbox::DiffStat;
use signalbox_domain::id::{Commit, Digest, Repository};
use signalbox_ports::Error;
use signalbox_ports::forge::Head;
use similar::{ChangeTag, TextDiff};

/// What a commit does to a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Writes a file.
    Write(String),
    /// Makes a symbolic link that leads there.
    Link(String),
    /// Removes it.
    Remove,
}

impl From<&str> for Edit {
    fn from(text: &str) -> Self {
        Self::Write(text.into())
    }
}

pub(super) struct Kept {
    pub(super) description: String,
    pub(super) default_branch: String,
    pub(super) branches: BTreeMap<String, Commit>,
    pub(super) commits: BTreeMap<Commit, Snapshot>,
}

/// The files of a commit; a link's text is where it leads.
#[derive(Clone, Default)]
pub(super) struct Snapshot {
    pub(super) files: BTreeMap<String, String>,
    pub(super) links: BTreeSet<String>,
}

impl Kept {
    pub(super) fn new(description: &str) -> Self {
        Self {
            description: description.into(),
            default_branch: "main".into(),
            branches: BTreeMap::new(),
            commits: BTreeMap::new(),
        }
    }

    /// Puts a commit on top of `parent` at the branch. Nothing edited gives the parent.
    pub(super) fn commit(&mut self, branch: &str, parent: Option<Commit>, edits: &[(&str, Edit)]) -> Commit {
        let before = parent.as_ref().and_then(|parent| self.commits.get(parent)).cloned().unwrap_or_default();
        let mut after = before.clone();
        for (path, edit) in edits {
            after.links.remove(*path);
            match edit {
                Edit::Write(text) => drop(after.files.insert((*path).into(), text.clone())),
                Edit::Link(to) => {
                    after.files.insert((*path).into(), to.clone());
                    after.links.insert((*path).into());
                }
                Edit::Remove => drop(after.files.remove(*path)),
            }
        }
        let commit = match parent {
            Some(parent) if before.changed(&after).is_empty() => parent,
            parent => name(parent.as_ref(), &after),
        };
        self.commits.insert(commit.clone(), after);
        self.branches.insert(branch.into(), commit.clone());
        commit
    }

    pub(super) fn head(&self, repository: &Repository, branch: Option<&str>) -> Result<Head, Error> {
        let branch = branch.unwrap_or(&self.default_branch);
        match self.branches.get(branch) {
            Some(commit) => Ok(Head { branch: branch.into(), commit: commit.clone() }),
            None => Err(Error::rejected(format!("{repository} has no branch {branch}"))),
        }
    }

    pub(super) fn snapshot(&self, repository: &Repository, at: &Commit) -> Result<&Snapshot, Error> {
        self.commits.get(at).ok_or_else(|| Error::rejected(format!("{repository} has no commit {at}")))
    }

    pub(super) fn pair(
        &self,
        repository: &Repository,
        from: &Commit,
        to: &Commit,
    ) -> Result<(&Snapshot, &Snapshot), Error> {
        Ok((self.snapshot(repository, from)?, self.snapshot(repository, to)?))
    }
}

impl Snapshot {
    /// The paths that differ.
    pub(super) fn changed(&self, after: &Self) -> Vec<String> {
        let paths: BTreeSet<&String> = self.files.keys().chain(after.files.keys()).collect();
        let differs = |path: &&&String| {
            self.files.get(**path) != after.files.get(**path)
                || self.links.contains(**path) != after.links.contains(**path)
        };
        paths.iter().filter(differs).map(|path| (*path).clone()).collect()
    }

    /// The difference as text.
    pub(super) fn diff(&self, after: &Self) -> String {
        let mut text = String::new();
        for path in self.changed(after) {
            let (old, new) = (self.text(&path), after.text(&path));
            let diff = TextDiff::from_lines(old, new);
            text.push_str(&diff.unified_diff().header(&format!("a/{path}"), &format!("b/{path}")).to_string());
        }
        text
    }

    /// The difference in numbers.
    pub(super) fn count(&self, after: &Self) -> DiffStat {
        let mut count = DiffStat::default();
        for path in self.changed(after) {
            count.files += 1;
            for change in TextDiff::from_lines(self.text(&path), after.text(&path)).iter_all_changes() {
                match change.tag() {
                    ChangeTag::Insert => count.added += 1,
                    ChangeTag::Delete => count.removed += 1,
                    ChangeTag::Equal => {}
                }
            }
        }
        count
    }

    fn text(&self, path: &str) -> &str {
        self.files.get(path).map_or("", String::as_str)
    }
}

/// The text, at most `limit` bytes of it: cut at a line, with a last line that says so.
pub(super) fn cut(text: String, limit: usize) -> String {
    const SAYS: &str = "(the rest is cut)\n";
    if text.len() <= limit {
        return text;
    }
    let mut kept = String::new();
    for line in text.split_inclusive('\n') {
        if kept.len() + line.len() + SAYS.len() > limit {
            break;
        }
        kept.push_str(line);
    }
    if kept.len() + SAYS.len() <= limit {
        kept.push_str(SAYS);
    }
    kept
}

/// A commit's name: computed from what it holds, like a real one.
fn name(parent: Option<&Commit>, snapshot: &Snapshot) -> Commit {
    let content = format!("{parent:?} {:?} {:?}", snapshot.files, snapshot.links);
    Commit(Digest::of(content.as_bytes()).0[7..47].into())
}
