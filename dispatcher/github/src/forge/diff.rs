//! Comparing: two commits by their trees, which nothing is left out of.
//!
//! GitHub's own comparison begins where the two parted and names 300 files at most; what a policy looks at is made of
//! the trees themselves.

use std::fmt::Write as _;

use serde::Deserialize;
use signalbox_domain::id::Commit;
use signalbox_ports::Error;
use signalbox_ports::forge::Changed;
use similar::TextDiff;

use super::tree::{Entry, Tree, commit};
use crate::app::{DIFF, Github, Place, Trouble};

/// The largest file whose lines are compared here, in bytes.
const COMPARED: u64 = 1024 * 1024;
/// The most files whose lines are compared here.
const FILES: usize = 200;

#[derive(Deserialize)]
struct Comparison {
    status: String,
}

impl Github {
    /// Every path that differs between two commits.
    pub(crate) async fn differing(&self, place: &Place, from: &Commit, to: &Commit) -> Result<Vec<Changed>, Error> {
        let (from, to) = (self.tree(place, from).await?, self.tree(place, to).await?);
        let changed = differing(&from, &to)
            .map(|(path, _, now)| Changed { path: path.clone(), link: now.is_some_and(Entry::link) });
        Ok(changed.collect())
    }

    /// The difference between two commits as text, cut at a line and saying so.
    pub(crate) async fn difference(
        &self,
        place: &Place,
        from: &Commit,
        to: &Commit,
        limit: usize,
    ) -> Result<String, Error> {
        let compare = format!("{}/compare/{}...{}", place.path, commit(from)?, commit(to)?);
        let known = |trouble: Trouble| trouble.or(|| format!("{} has no commit {from} or {to}", place.repository));
        let comparison: Comparison = place.caller.get(&format!("{compare}?per_page=1")).await.map_err(known)?;
        // GitHub's diff is the one we want only if one follows the other.
        if matches!(comparison.status.as_str(), "ahead" | "identical") {
            match place.caller.text(&compare, DIFF, limit).await {
                Ok((text, more)) => return Ok(cut(&text, more, limit)),
                Err(trouble) if too_large(&trouble) => {}
                Err(trouble) => return Err(trouble.into()),
            }
        }
        self.compared(place, from, to, limit).await
    }

    /// The difference between two commits, made here: for what GitHub finds too large to show, and for commits that do
    /// not follow each other.
    pub(crate) async fn compared(
        &self,
        place: &Place,
        from: &Commit,
        to: &Commit,
        limit: usize,
    ) -> Result<String, Error> {
        let (from, to) = (self.tree(place, from).await?, self.tree(place, to).await?);
        let mut text = String::new();
        for (place_in_line, (path, was, is)) in differing(&from, &to).enumerate() {
            if text.len() > limit || place_in_line >= FILES {
                return Ok(cut(&text, true, limit));
            }
            let _ = writeln!(text, "diff --git a/{path} b/{path}");
            match (was, is) {
                (None, Some(is)) => _ = writeln!(text, "new file mode {}", is.mode()),
                (Some(was), None) => _ = writeln!(text, "deleted file mode {}", was.mode()),
                (Some(was), Some(is)) if was.mode() != is.mode() => {
                    _ = writeln!(text, "old mode {}\nnew mode {}", was.mode(), is.mode());
                }
                (Some(_), Some(_)) | (None, None) => {}
            }
            match (self.lines(place, was).await?, self.lines(place, is).await?) {
                (Some(old), Some(new)) => {
                    let side = |side: &str, there: bool| {
                        if there { format!("{side}/{path}") } else { "/dev/null".to_owned() }
                    };
                    let diff = TextDiff::from_lines(&old, &new);
                    let mut unified = diff.unified_diff();
                    text.push_str(&unified.header(&side("a", was.is_some()), &side("b", is.is_some())).to_string());
                }
                (None, _) | (_, None) => text.push_str("Binary files differ\n"),
            }
        }
        Ok(cut(&text, false, limit))
    }

    /// The lines of a file, if it has some that can be compared; of nothing, none.
    async fn lines(&self, place: &Place, entry: Option<&Entry>) -> Result<Option<String>, Error> {
        match entry {
            None => Ok(Some(String::new())),
            Some(entry) if entry.link() && !entry.plain() && entry.mode() == "160000" => {
                Ok(Some(format!("Subproject commit {}\n", entry.sha)))
            }
            Some(entry) if entry.size > COMPARED => Ok(None),
            Some(entry) => {
                let text = String::from_utf8(self.content(place, &entry.sha).await?).ok();
                Ok(text.filter(|text| !text.contains('\0')))
            }
        }
    }
}

/// What differs between two trees: the path, what was there, what is there.
fn differing<'a>(
    from: &'a Tree,
    to: &'a Tree,
) -> impl Iterator<Item = (&'a String, Option<&'a Entry>, Option<&'a Entry>)> {
    let paths: std::collections::BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    paths.into_iter().map(|path| (path, from.get(path), to.get(path))).filter(|(_, was, is)| was != is)
}

/// Whether GitHub finds a diff too large to show.
pub(crate) fn too_large(trouble: &Trouble) -> bool {
    use http::StatusCode;
    trouble.is(StatusCode::NOT_ACCEPTABLE) || trouble.is(StatusCode::UNPROCESSABLE_ENTITY)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_text_ends_at_a_line_within_its_limit_and_says_so() {
        let text = "one\ntwo\nthree\n".repeat(20);
        assert_eq!(cut(&text, false, text.len()), text);
        for limit in 0..text.len() {
            assert!(cut(&text, false, limit).len() <= limit);
        }
        assert!(cut(&text, false, 100).ends_with("\n[cut here: this is longer than 100 bytes]\n"));
        assert!(cut("short\n", true, 100).ends_with("bytes]\n"), "more than was read");
    }
}
