//! What became of the files: one commit, made by us from what lies there, and the push.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use signalbox_domain::devbox::{Author, Checkout, DiffStat};
use signalbox_domain::id::Commit;

use crate::checkout::Work;
use crate::git::{self, Error, Git};
use crate::place::Place;

/// Who commits. The author is who asked.
const COMMITTER: &str = "Signalbox";
const COMMITTER_EMAIL: &str = "signalbox@localhost";

/// A commit that is not pushed yet.
pub(crate) struct Committed {
    /// Its name.
    pub(crate) head: Commit,
    /// What it changed.
    pub(crate) diff: DiffStat,
}

/// Why the branch is as it was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PushError {
    /// Git or the forge said no.
    #[error(transparent)]
    Git(#[from] Error),
    /// Somebody else's commit is there.
    #[error("the branch {branch} is at {found}, not at {expected}: somebody else pushed to it")]
    Moved {
        /// The branch.
        branch: String,
        /// Where it should have been.
        expected: Commit,
        /// Where it is.
        found: String,
    },
}

/// Commits everything that lies in the checkout, and `handoffs` by their path. Nothing, if nothing was changed: handoffs
/// alone are words about a change, not one.
///
/// The jail must have ended: nobody may change the files while they are read.
pub(crate) fn commit(
    place: &Place,
    work: &Work,
    author: &Author,
    handoffs: &BTreeMap<String, Vec<u8>>,
) -> Result<Option<Committed>, Error> {
    let checkout = &work.checkout;
    let before = git(place, "rev-parse").args([format!("{}^{{tree}}", checkout.start)]).line()?;
    if tree(place, work)? == before {
        return Ok(None);
    }
    let tree = add(place, handoffs)?;
    let mut message = format!("{}\n", checkout.subject);
    if !checkout.trailers.is_empty() {
        message.push_str(&format!("\n{}\n", checkout.trailers.join("\n")));
    }
    let head = git(place, "commit-tree")
        .args([&tree, "-p", checkout.start.as_str(), "-F", "-"])
        .env("GIT_AUTHOR_NAME", &author.name)
        .env("GIT_AUTHOR_EMAIL", &author.email)
        .env("GIT_COMMITTER_NAME", COMMITTER)
        .env("GIT_COMMITTER_EMAIL", COMMITTER_EMAIL)
        .input(message)
        .line()?;
    let numbers = changes(place, checkout, &head, &["--numstat", "-z"])?;
    Ok(Some(Committed { head: Commit(head), diff: count(&numbers) }))
}

/// The change that `committed` makes, as a patch.
pub(crate) fn patch(place: &Place, work: &Work, committed: &Committed) -> Result<Vec<u8>, Error> {
    changes(place, &work.checkout, committed.head.as_str(), &["--patch", "--binary", "--full-index"])
}

impl PushError {
    /// Whether pushing again later may help.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Git(error) => error.is_transient(),
            Self::Moved { .. } => false,
        }
    }
}

/// Puts the branch at `committed`, if it is where this attempt began, does not exist yet, or holds nothing but what an
/// earlier, lost attempt at the same work left there.
pub(crate) fn push(place: &Place, work: &Work, token: Option<&str>, committed: &Committed) -> Result<(), PushError> {
    // Looking again each time where the branch is: a push whose answer was lost has happened.
    git::patiently(PushError::is_transient, || push_once(place, work, token, committed))
}

fn push_once(place: &Place, work: &Work, token: Option<&str>, committed: &Committed) -> Result<(), PushError> {
    let checkout = &work.checkout;
    let branch = format!("refs/heads/{}", checkout.branch);
    let remote = |name: &str| git(place, name).credential(&checkout.url, token);
    let listed = remote("ls-remote").args(["--end-of-options", &checkout.url, &branch]).line()?;
    let found = listed.split_whitespace().next().unwrap_or_default();
    if found == committed.head.as_str() {
        return Ok(());
    }
    if !found.is_empty() && found != checkout.start.as_str() {
        remote("fetch")
            .args(["--quiet", "--no-tags", "--no-write-fetch-head", "--end-of-options", &checkout.url])
            .args([format!("+{branch}:refs/left/over")])
            .run()?;
        if !is_ours(place, checkout, found)? {
            let expected = checkout.start.clone();
            return Err(PushError::Moved { branch: checkout.branch.clone(), expected, found: found.to_owned() });
        }
    }
    remote("push")
        .args(["--quiet", "--no-verify", &format!("--force-with-lease={branch}:{found}"), "--end-of-options"])
        .args([checkout.url.clone(), format!("{}:{branch}", committed.head)])
        .run()?;
    Ok(())
}

/// Whether `commit` was made by an attempt like this one: by us, on the same start, with the same trailers.
fn is_ours(place: &Place, checkout: &Checkout, commit: &str) -> Result<bool, Error> {
    let text = git(place, "log").args(["-1", "--format=%P%n%cn%n%ce%n%B", commit]).line()?;
    let mut lines = text.lines();
    let ours = [checkout.start.as_str(), COMMITTER, COMMITTER_EMAIL].iter().all(|line| lines.next() == Some(line));
    let message: Vec<&str> = lines.collect();
    Ok(ours && checkout.trailers.iter().all(|trailer| message.contains(&trailer.as_str())))
}

fn tree(place: &Place, work: &Work) -> Result<String, Error> {
    remove_repositories(&place.checkout())?;
    let held = work.replaced.iter().map(|path| format!(":(top,exclude){path}"));
    git(place, "add").work_tree(&place.checkout()).args(["--all", "--", ":(top)"]).args(held).run()?;
    git(place, "write-tree").line()
}

fn add(place: &Place, handoffs: &BTreeMap<String, Vec<u8>>) -> Result<String, Error> {
    for (path, content) in handoffs {
        // Straight into the index: what the agent put at that path, a link perhaps, is never followed.
        let object = git(place, "hash-object").args(["-w", "--stdin"]).input(content.clone()).line()?;
        git(place, "update-index")
            .args(["--add", "--replace", "--cacheinfo", &format!("100644,{object},{path}")])
            .run()?;
    }
    git(place, "write-tree").line()
}

/// Removes every repository that lies in the files: the agent's own, and those it made below. Git would ask them about
/// themselves and obey their configuration.
fn remove_repositories(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if entry.file_name().eq_ignore_ascii_case(".git") {
            if kind.is_dir() { fs::remove_dir_all(entry.path())? } else { fs::remove_file(entry.path())? }
        } else if kind.is_dir() {
            remove_repositories(&entry.path())?;
        }
    }
    Ok(())
}

fn changes(place: &Place, checkout: &Checkout, head: &str, format: &[&str]) -> Result<Vec<u8>, Error> {
    git(place, "diff-tree")
        .args(["-r", "--no-renames", "--no-ext-diff", "--no-textconv"])
        .args(format)
        .args([checkout.start.as_str(), head])
        .bytes()
}

fn count(numbers: &[u8]) -> DiffStat {
    let mut stat = DiffStat::default();
    for line in numbers.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
        let line = String::from_utf8_lossy(line);
        // A binary file has no lines: `-`.
        let mut columns = line.split('\t').map(|column| column.parse::<u32>().unwrap_or(0));
        stat.files += 1;
        stat.added = stat.added.saturating_add(columns.next().unwrap_or(0));
        stat.removed = stat.removed.saturating_add(columns.next().unwrap_or(0));
    }
    stat
}

fn git(place: &Place, name: &str) -> Git {
    Git::new(&place.git_config(), &place.git(), name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_file_counts_as_a_file_without_lines() {
        let stat = count(b"3\t1\tsrc/a.rs\0-\t-\tlogo.png\0");
        assert_eq!(stat, DiffStat { files: 2, added: 3, removed: 1 });
    }
}
