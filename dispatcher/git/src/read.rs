//! What is in a repository: branches, files, folders, differences.

use signalbox_domain::devbox::DiffStat;
use signalbox_domain::id::{Commit, Repository};
use signalbox_ports::Error;
use signalbox_ports::forge::{Changed, Head};

use crate::git::Failed;
use crate::{Forge, Place, names};

/// The most bytes of names one listing reads.
const LISTING: usize = 16 << 20;

impl Forge {
    /// The commit of a branch, of the default one if none is named.
    pub(crate) async fn find(&self, repository: &Repository, branch: Option<&str>) -> Result<Head, Error> {
        let place = self.there(repository)?;
        let branch = match branch {
            Some(branch) => names::branch(branch)?.to_owned(),
            None => self.about(&place)?.map(|about| about.default_branch).unwrap_or_default(),
        };
        match self.tip(&place, &branch).await? {
            Some(commit) => Ok(Head { branch, commit }),
            None => Err(Error::rejected(format!("{repository} has no branch {branch}"))),
        }
    }

    /// The commit of a branch whose name was checked, if it is there.
    pub(crate) async fn tip(&self, place: &Place, branch: &str) -> Result<Option<Commit>, Error> {
        let name = format!("refs/heads/{branch}^{{commit}}");
        match self.git.text(&place.git, &["rev-parse", "--verify", "--quiet", &name]).await {
            Ok(id) => Ok(Some(Commit(id))),
            Err(Failed::Exit { code: Some(1), .. }) => Ok(None),
            Err(failed) => Err(failed.into()),
        }
    }

    /// Whether `newer` has `older` in its history, or is it.
    pub(crate) async fn follows(&self, place: &Place, older: &str, newer: &str) -> Result<bool, Error> {
        Ok(self.git.whether(&place.git, &["merge-base", "--is-ancestor", older, newer]).await?)
    }

    /// A text file at a commit. A link is no file, whatever it points to.
    pub(crate) async fn text(
        &self,
        place: &Place,
        at: &Commit,
        path: &str,
        limit: usize,
    ) -> Result<Option<String>, Error> {
        let Some(path) = names::path(path) else { return Ok(None) };
        let at = names::commit(at)?;
        let entry = self.tree(place, &["ls-tree", "-z", "-l", "--full-tree", at, "--", path], at, LISTING).await?;
        let Some((id, size)) = file(&entry) else { return Ok(None) };
        if size > limit {
            return Ok(None);
        }
        let bytes = self.git.ask(&place.git, &["cat-file", "blob", &id]).await?;
        Ok(String::from_utf8(bytes).ok().filter(|text| !text.contains('\0')))
    }

    /// The paths below a folder at a commit, at most `limit`; names that are no UTF-8 are left out.
    pub(crate) async fn below(
        &self,
        place: &Place,
        at: &Commit,
        folder: &str,
        limit: usize,
    ) -> Result<Vec<String>, Error> {
        let at = names::commit(at)?;
        let mut arguments =
            vec!["ls-tree".to_owned(), "-r".into(), "-z".into(), "--name-only".into(), "--full-tree".into(), at.into()];
        match folder.trim_end_matches('/') {
            "" | "." => {}
            folder => match names::path(folder) {
                Some(folder) => arguments.extend(["--".into(), format!("{folder}/")]),
                None => return Ok(Vec::new()),
            },
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let names = self.tree(place, &arguments, at, LISTING).await?;
        // The last piece is empty, or a name that was cut.
        let mut paths: Vec<&[u8]> = names.split(|byte| *byte == 0).collect();
        paths.pop();
        Ok(paths.into_iter().filter_map(|path| String::from_utf8(path.to_vec()).ok()).take(limit).collect())
    }

    /// The difference between two commits as text, cut at a line and saying so. A file that was renamed is one that
    /// went and one that came, so that nothing moves out of a protected folder unseen.
    pub(crate) async fn difference(
        &self,
        place: &Place,
        from: &Commit,
        to: &Commit,
        limit: usize,
    ) -> Result<String, Error> {
        let (from, to) = (names::commit(from)?, names::commit(to)?);
        let arguments =
            ["diff-tree", "-r", "-p", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color", from, to, "--"];
        match self.git.first(&place.git, &arguments, limit).await {
            Ok((bytes, more)) => Ok(cut(&String::from_utf8_lossy(&bytes), more, limit)),
            Err(failed) => Err(self.which(place, &[from, to], failed).await),
        }
    }

    /// Every path that differs between two commits.
    pub(crate) async fn paths(&self, place: &Place, from: &Commit, to: &Commit) -> Result<Vec<Changed>, Error> {
        let (from, to) = (names::commit(from)?, names::commit(to)?);
        match self.git.ask(&place.git, &["diff-tree", "-r", "--raw", "-z", "--no-renames", from, to, "--"]).await {
            Ok(raw) => Ok(changed(&raw)),
            Err(failed) => Err(self.which(place, &[from, to], failed).await),
        }
    }

    /// What lies between two commits, counted.
    pub(crate) async fn count(&self, place: &Place, from: &Commit, to: &Commit) -> Result<DiffStat, Error> {
        let (from, to) = (names::commit(from)?, names::commit(to)?);
        let arguments =
            ["diff-tree", "-r", "--numstat", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", from, to, "--"];
        Ok(counted(&self.git.ask(&place.git, &arguments).await?))
    }

    /// Asks about a tree; if git cannot say, finds out whether the commit is there.
    async fn tree(&self, place: &Place, arguments: &[&str], at: &str, limit: usize) -> Result<Vec<u8>, Error> {
        match self.git.first(&place.git, arguments, limit).await {
            Ok((bytes, _)) => Ok(bytes),
            Err(failed) => Err(self.which(place, &[at], failed).await),
        }
    }

    /// Says which of the commits is not there, if that is the reason of a failure.
    async fn which(&self, place: &Place, commits: &[&str], failed: Failed) -> Error {
        for commit in commits {
            if let Ok(false) | Err(Failed::Exit { .. }) =
                self.git.whether(&place.git, &["cat-file", "-e", &format!("{commit}^{{commit}}")]).await
            {
                return Error::rejected(format!("{} has no commit {commit}", place.repository));
            }
        }
        failed.into()
    }
}

/// The id and size of the one plain file in `git ls-tree -z -l`.
fn file(entry: &[u8]) -> Option<(String, usize)> {
    let entry = entry.split(|byte| *byte == 0).next()?;
    let tab = entry.iter().position(|byte| *byte == b'\t')?;
    let entry = std::str::from_utf8(&entry[..tab]).ok()?;
    let mut words = entry.split_ascii_whitespace();
    match (words.next()?, words.next()?, words.next()?, words.next()?.parse()) {
        ("100644" | "100755", "blob", id, Ok(size)) => Some((id.to_owned(), size)),
        (_, _, _, Ok(_) | Err(_)) => None,
    }
}

/// The first `limit` bytes by whole lines, and a line that says so if there was more.
pub(crate) fn cut(text: &str, more: bool, limit: usize) -> String {
    if !more && text.len() <= limit {
        return text.to_owned();
    }
    let notice = format!("[cut here: this is longer than {limit} bytes]\n");
    let room = limit.saturating_sub(notice.len()).min(text.len());
    let end = text.as_bytes()[..room].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let mut text = text[..end].to_owned();
    text.push_str(&notice);
    // A limit too small for the notice is still a limit; the notice is ASCII.
    text.truncate(limit);
    text
}

/// Reads `git diff-tree --raw -z`: what happened to a file, then its path. A path that is no UTF-8 keeps what of it is.
fn changed(raw: &[u8]) -> Vec<Changed> {
    let fields: Vec<&[u8]> = raw.split(|byte| *byte == 0).collect();
    let (pairs, _) = fields.as_chunks::<2>();
    let link = |what: &[u8]| matches!(what.split(|byte| *byte == b' ').nth(1), Some(b"120000" | b"160000"));
    pairs
        .iter()
        .map(|[what, path]| Changed { path: String::from_utf8_lossy(path).into_owned(), link: link(what) })
        .collect()
}

/// Sums up `git diff-tree --numstat -z`; a file that is no text counts as a file without lines.
fn counted(numbers: &[u8]) -> DiffStat {
    let mut stat = DiffStat::default();
    for line in String::from_utf8_lossy(numbers).split('\0') {
        let mut fields = line.splitn(3, '\t');
        if let (Some(added), Some(removed), Some(_)) = (fields.next(), fields.next(), fields.next()) {
            stat.files = stat.files.saturating_add(1);
            stat.added = stat.added.saturating_add(added.parse().unwrap_or(0));
            stat.removed = stat.removed.saturating_add(removed.parse().unwrap_or(0));
        }
    }
    stat
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_text_ends_at_a_line_within_its_limit_and_says_so() {
        let text = "one\ntwo\nthree\n".repeat(20);
        assert_eq!(cut(&text, false, text.len()), text);
        for limit in 0..text.len() {
            let cut = cut(&text, false, limit);
            assert!(cut.len() <= limit);
            if limit > 80 {
                let (kept, notice) = cut.trim_end().rsplit_once('\n').unwrap();
                assert!(text.starts_with(&format!("{kept}\n")), "{kept}");
                assert_eq!(notice, format!("[cut here: this is longer than {limit} bytes]"));
            }
        }
        assert!(cut("short\n", true, 100).ends_with("bytes]\n"), "more than was read");
    }

    #[test]
    fn lines_are_counted_and_a_picture_has_none() {
        let stat = counted(b"3\t1\tsrc/a\0-\t-\tlogo.png\0");
        assert_eq!(stat, DiffStat { files: 2, added: 3, removed: 1 });
    }
}
