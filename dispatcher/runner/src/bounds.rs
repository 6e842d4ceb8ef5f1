//! Whether a commit may leave the box: what it touches, how much it is, and whether it carries a secret.

use signalbox_domain::patch::{Kind, Touched};

use crate::checkout::Work;
use crate::commit::Committed;
use crate::git::{Error, Git};
use crate::place::Place;
use crate::secret::Secrets;

/// The most that one attempt may add to a repository, in bytes.
const ADDED_BYTES: u64 = 64 << 20;
/// The largest file, in bytes. No forge takes one of twice that.
const FILE_BYTES: u64 = 50 << 20;

/// Why `committed` may not leave; nothing if it may.
pub(crate) fn breach(
    place: &Place,
    work: &Work,
    committed: &Committed,
    secrets: &Secrets,
) -> Result<Option<String>, Error> {
    let changes = changes(place, work, committed)?;
    let touched: Vec<Touched> = changes.iter().map(|change| change.touched.clone()).collect();
    if let Some(breach) = work.checkout.rules.breach(&touched) {
        return Ok(Some(breach));
    }
    if let Some(breach) = weigh(place, &changes)? {
        return Ok(Some(breach));
    }
    let named = touched.iter().find_map(|touched| secrets.find(&touched.path));
    if let Some(found) = named {
        return Ok(Some(format!("the name of a file is what looks like a {}", found.what)));
    }
    let patch = diff(place, work, committed, &["--patch", "--text", "--unified=0", "--no-color", "--no-prefix"])?;
    Ok(leak(&String::from_utf8_lossy(&patch), secrets))
}

struct Change {
    touched: Touched,
    object: String,
}

fn changes(place: &Place, work: &Work, committed: &Committed) -> Result<Vec<Change>, Error> {
    let raw = diff(place, work, committed, &["--raw", "-z", "--no-abbrev"])?;
    let mut parts = raw.split(|byte| *byte == 0);
    let mut changes = Vec::new();
    // `:mode mode before after status`, then the path.
    while let (Some(head), Some(path)) = (parts.next(), parts.next()) {
        let head = String::from_utf8_lossy(head);
        let mut columns = head.split(' ').skip(1);
        let kind = match columns.next() {
            Some("120000" | "160000") => Kind::Link,
            Some("000000") => Kind::Gone,
            Some(_) | None => Kind::File,
        };
        let object = columns.nth(1).unwrap_or_default().to_owned();
        changes.push(Change { touched: Touched::new(&String::from_utf8_lossy(path), kind), object });
    }
    Ok(changes)
}

/// What is too large to be meant.
fn weigh(place: &Place, changes: &[Change]) -> Result<Option<String>, Error> {
    let there: Vec<&Change> = changes.iter().filter(|change| change.touched.kind == Kind::File).collect();
    let objects: Vec<&str> = there.iter().map(|change| change.object.as_str()).collect();
    let sizes = Git::new(&place.git_config(), &place.git(), "cat-file")
        .args(["--batch-check=%(objectsize)"])
        .input(objects.join("\n"))
        .line()?;
    let sizes: Vec<u64> = sizes.lines().map(|size| size.parse().unwrap_or(0)).collect();
    if let Some((change, size)) = there.iter().zip(&sizes).find(|(_, size)| **size > FILE_BYTES) {
        return Ok(Some(format!("{} has {size} bytes; {FILE_BYTES} are the most", change.touched.path)));
    }
    let bytes: u64 = sizes.iter().sum();
    Ok((bytes > ADDED_BYTES).then(|| format!("its files have {bytes} bytes together; {ADDED_BYTES} are the most")))
}

/// The first secret in what a patch adds. Each run of added lines is looked at as a whole: a key has many.
fn leak(patch: &str, secrets: &Secrets) -> Option<String> {
    let (mut path, mut number, mut left, mut gone) = (String::new(), 0, 0, 0);
    let mut added = String::new();
    for line in patch.lines() {
        if left > 0 || gone > 0 {
            if let Some(text) = line.strip_prefix('+') {
                left -= 1;
                added.push_str(text);
                added.push('\n');
            } else if line.starts_with('-') {
                gone -= 1;
            }
            if left == 0
                && let Some(found) = secrets.find(&added)
            {
                let line = number + added[..found.at.start].matches('\n').count();
                return Some(format!("it adds what looks like a {} to {path}, line {line}", found.what));
            }
        } else if let Some(name) = line.strip_prefix("+++ ") {
            name.trim_end_matches('\t').clone_into(&mut path);
        } else if let Some((before, after)) = hunk(line) {
            (number, left, gone) = (after.0, after.1, before.1);
            added.clear();
        }
    }
    None
}

/// Where a hunk is and how many lines it has, before and after: `@@ -4,0 +5,2 @@`.
fn hunk(line: &str) -> Option<((usize, usize), (usize, usize))> {
    let mut words = line.strip_prefix("@@ -")?.split(' ');
    let range = |text: &str| {
        let (start, count) = text.split_once(',').unwrap_or((text, "1"));
        Some((start.parse().ok()?, count.parse().ok()?))
    };
    let before = range(words.next()?)?;
    Some((before, range(words.next()?.strip_prefix('+')?)?))
}

fn diff(place: &Place, work: &Work, committed: &Committed, format: &[&str]) -> Result<Vec<u8>, Error> {
    Git::new(&place.git_config(), &place.git(), "diff-tree")
        .args(["-r", "--no-renames", "--no-ext-diff", "--no-textconv"])
        .args(format)
        .args([work.checkout.start.as_str(), committed.head.as_str()])
        .bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_where_it_is_added_and_not_where_it_is_taken_out() {
        let secrets = Secrets::new(["t0k3n-t0k3n"]);
        let head = "diff --git a.txt a.txt\n--- a.txt\n+++ a.txt\n";
        let told = |hunks: &str| leak(&format!("{head}{hunks}"), &secrets);
        assert_eq!(told("@@ -1 +1 @@\n-t0k3n-t0k3n\n+none\n"), None);
        let found = told("@@ -1 +1 @@\n-one\n+two\n@@ -9,0 +10,2 @@\n+fine\n+a t0k3n-t0k3n\n").unwrap();
        assert_eq!(found, "it adds what looks like a credential of this run to a.txt, line 11");
        // A line that looks like the head of a file is still a line.
        assert!(told("@@ -0,0 +1,2 @@\n+++ b.txt\n+t0k3n-t0k3n\n").unwrap().ends_with("a.txt, line 2"));
    }
}
