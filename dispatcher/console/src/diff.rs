//! A unified diff, read: files, hunks, numbered lines.

use serde::Serialize;

use crate::encode::clean;

/// A file of a diff.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct File {
    /// Its path after the change (before it, if it is gone).
    pub(crate) path: String,
    /// Its path before, if that was another.
    pub(crate) was: Option<String>,
    /// `changed`, `added`, `removed`, `renamed`.
    pub(crate) what: &'static str,
    /// Whether its contents are not text.
    pub(crate) binary: bool,
    pub(crate) added: u32,
    pub(crate) removed: u32,
    pub(crate) hunks: Vec<Hunk>,
}

/// A stretch of a file.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Hunk {
    /// What git says it is in.
    pub(crate) heading: String,
    pub(crate) rows: Vec<Row>,
}

/// A line of a file, with its number before and after.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Row {
    /// `same`, `added`, `removed`, `note`.
    pub(crate) kind: &'static str,
    pub(crate) old: Option<u32>,
    pub(crate) new: Option<u32>,
    pub(crate) text: String,
}

/// Reads a diff as git writes it. What cannot be read is shown as a note, not lost.
pub(crate) fn files(diff: &str) -> Vec<File> {
    let mut files: Vec<File> = Vec::new();
    // The numbers of the next line, and how many lines of the hunk are left on either side: a line that begins with
    // `---` inside a hunk is a removed line, not a header.
    let (mut old, mut new, mut old_left, mut new_left) = (0, 0, 0, 0);
    for line in diff.lines() {
        if old_left == 0 && new_left == 0 && !line.starts_with('\\') {
            if let Some(paths) = line.strip_prefix("diff --git ") {
                files.push(File { path: guess(paths), what: "changed", ..File::default() });
                continue;
            }
            if let Some((starts, heading)) = hunk(line) {
                ((old, old_left), (new, new_left)) = starts;
                let file = last(&mut files);
                file.hunks.push(Hunk { heading: clean(heading), rows: Vec::new() });
                continue;
            }
            header(last(&mut files), line);
            continue;
        }
        let file = last(&mut files);
        let text = || clean(line.get(1..).unwrap_or_default());
        let row = match line.as_bytes().first() {
            Some(b'+') => {
                file.added += 1;
                (new, new_left) = (new + 1, new_left.saturating_sub(1));
                Row { kind: "added", old: None, new: Some(new - 1), text: text() }
            }
            Some(b'-') => {
                file.removed += 1;
                (old, old_left) = (old + 1, old_left.saturating_sub(1));
                Row { kind: "removed", old: Some(old - 1), new: None, text: text() }
            }
            Some(b' ') | None => {
                (old, old_left) = (old + 1, old_left.saturating_sub(1));
                (new, new_left) = (new + 1, new_left.saturating_sub(1));
                Row { kind: "same", old: Some(old - 1), new: Some(new - 1), text: text() }
            }
            Some(_) => {
                // Anything else is a note of git's (no newline at the end) or of whoever cut the diff.
                if !line.starts_with('\\') {
                    (old_left, new_left) = (0, 0);
                }
                note(line)
            }
        };
        if let Some(hunk) = file.hunks.last_mut() {
            hunk.rows.push(row);
        }
    }
    files
}

fn last(files: &mut Vec<File>) -> &mut File {
    if files.is_empty() {
        files.push(File { what: "changed", ..File::default() });
    }
    let end = files.len() - 1;
    &mut files[end]
}

fn header(file: &mut File, line: &str) {
    if let Some(path) = line.strip_prefix("--- ").and_then(side) {
        file.path = path;
    } else if let Some(path) = line.strip_prefix("+++ ").and_then(side) {
        file.path = path;
    } else if line.starts_with("new file mode") {
        file.what = "added";
    } else if line.starts_with("deleted file mode") {
        file.what = "removed";
    } else if let Some(path) = line.strip_prefix("rename from ") {
        (file.what, file.was) = ("renamed", Some(unquote(path)));
    } else if let Some(path) = line.strip_prefix("rename to ") {
        file.path = unquote(path);
    } else if line.starts_with("Binary files ") || line.starts_with("GIT binary patch") {
        file.binary = true;
    } else if !KNOWN.iter().any(|known| line.starts_with(known)) && !line.is_empty() && !file.binary {
        let rows = vec![note(line)];
        file.hunks.push(Hunk { heading: String::new(), rows });
    }
}

/// Headers that say nothing a person needs.
const KNOWN: [&str; 7] =
    ["index ", "similarity index", "dissimilarity index", "old mode", "new mode", "--- /dev/null", "+++ /dev/null"];

fn note(line: &str) -> Row {
    Row { kind: "note", old: None, new: None, text: clean(line.trim_start_matches('\\').trim()) }
}

type Starts = ((u32, u32), (u32, u32));

/// `@@ -1,2 +3,4 @@ heading`: where it starts and how long it is, before and after.
fn hunk(line: &str) -> Option<(Starts, &str)> {
    let (ranges, heading) = line.strip_prefix("@@ -")?.split_once(" @@")?;
    let (old, new) = ranges.split_once(" +")?;
    Some(((range(old)?, range(new)?), heading.trim()))
}

fn range(text: &str) -> Option<(u32, u32)> {
    match text.split_once(',') {
        Some((start, count)) => Some((start.parse().ok()?, count.parse().ok()?)),
        None => Some((text.parse().ok()?, 1)),
    }
}

/// The path on one side: `a/src/x.rs`, `"b/with \"quotes\""`, `/dev/null` (none).
fn side(text: &str) -> Option<String> {
    let path = unquote(text.trim_end_matches('\t'));
    (path != "/dev/null").then(|| path.split_once('/').map_or(path.clone(), |(_, rest)| rest.into()))
}

/// The path in `a/x b/x`, for files that have no `---` line: the same on both sides unless it is a rename.
fn guess(paths: &str) -> String {
    let half = paths.len() / 2;
    let after = paths.get(half + 1..).unwrap_or(paths);
    side(after).unwrap_or_else(|| clean(paths))
}

/// Undoes git's quoting of unusual paths.
fn unquote(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return clean(text);
    };
    let (mut bytes, mut rest) = (Vec::new(), inner.bytes());
    while let Some(byte) = rest.next() {
        let plain = if byte == b'\\' { rest.next() } else { None };
        bytes.push(match plain {
            None => byte,
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(digit @ b'0'..=b'3') => {
                let mut octal = || rest.next().map_or(0, |digit| digit.wrapping_sub(b'0') & 7);
                (digit - b'0') << 6 | octal() << 3 | octal()
            }
            Some(other) => other,
        });
    }
    clean(&String::from_utf8_lossy(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_is_read_with_the_numbers_of_its_lines() {
        let diff = "diff --git a/src/pricing.html b/src/pricing.html\nindex 1..2 100644\n--- a/src/pricing.html\n+++ b/src/pricing.html\n@@ -4,3 +4,3 @@ <main>\n <h1>\n-$9\n+$12\n </h1>\ndiff --git a/old.md b/new.md\nsimilarity index 100%\nrename from old.md\nrename to new.md\ndiff --git a/x.png b/x.png\nnew file mode 100644\nBinary files /dev/null and b/x.png differ\n";
        let files = files(diff);
        let paths: Vec<_> = files.iter().map(|file| (file.path.as_str(), file.what, file.binary)).collect();
        assert_eq!(
            paths,
            [("src/pricing.html", "changed", false), ("new.md", "renamed", false), ("x.png", "added", true)]
        );
        let rows: Vec<_> =
            files[0].hunks[0].rows.iter().map(|row| (row.kind, row.old, row.new, row.text.as_str())).collect();
        assert_eq!(
            rows,
            [
                ("same", Some(4), Some(4), "<h1>"),
                ("removed", Some(5), None, "$9"),
                ("added", None, Some(5), "$12"),
                ("same", Some(6), Some(6), "</h1>"),
            ]
        );
        assert_eq!((files[0].added, files[0].removed), (1, 1));
    }

    #[test]
    fn a_removed_line_that_looks_like_a_header_stays_a_line_and_a_cut_is_told() {
        let diff = "diff --git a/a.sql b/a.sql\n--- a/a.sql\n+++ b/a.sql\n@@ -1,2 +1,1 @@\n--- comment\n SELECT 1\n\\ No newline at end of file\n[the diff goes on: 12 more lines]\n";
        let files = files(diff);
        assert_eq!(files[0].hunks[0].rows[0].text, "-- comment");
        assert_eq!(files[0].hunks[0].rows[0].kind, "removed");
        let all: Vec<_> = files[0].hunks.iter().flat_map(|hunk| &hunk.rows).map(|row| row.text.as_str()).collect();
        assert!(all.contains(&"[the diff goes on: 12 more lines]"), "{all:?}");
        assert_eq!(
            super::files("diff --git \"a/\\303\\251 x\" \"b/\\303\\251 x\"\ndeleted file mode 100644\n")[0].path,
            "é x"
        );
    }
}
