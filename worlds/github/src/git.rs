//! The repositories' own files: bare git repositories, read and written by git itself.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::Error;

/// Nothing: the parent of a repository's first commit, and where a new branch comes from.
pub(crate) const ZERO: &str = "0000000000000000000000000000000000000000";

/// A GitHub App without the permission `workflows` changes none; nobody moves a protected branch back.
const PRE_RECEIVE: &str = r#"#!/bin/sh
zero=0000000000000000000000000000000000000000
while read -r old new ref; do
  [ "$new" = "$zero" ] && continue
  if [ -n "$WORLD_NO_WORKFLOWS" ]; then
    for commit in $(git rev-list "$new" --not --all); do
      path=$(git diff-tree --root -r --no-commit-id --name-only "$commit" -- .github/workflows | head -n 1)
      if [ -n "$path" ]; then
        echo "refusing to allow a GitHub App to create or update workflow \`$path\` without \`workflows\` permission" >&2
        exit 1
      fi
    done
  fi
done
"#;

/// What GitHub lets clients do, and what they do not see.
const CONFIG: &str = "[http]
\treceivepack = true
[uploadpack]
\tallowFilter = true
\tallowAnySHA1InWant = true
[receive]
\tdenyDeleteCurrent = ignore
\thideRefs = refs/pull
[gc]
\tauto = 0
";

/// One file of a commit that is made here: its path, and what it holds or that it goes.
pub(crate) type File<'a> = (&'a str, Option<&'a [u8]>);

/// Who makes a commit, and when.
#[derive(Clone, Debug)]
pub(crate) struct By {
    pub(crate) name: String,
    pub(crate) email: String,
    /// In milliseconds since 1970.
    pub(crate) at: u64,
}

/// A commit as git tells it.
#[derive(Clone, Debug)]
pub(crate) struct Commit {
    pub(crate) sha: String,
    pub(crate) tree: String,
    pub(crate) parents: Vec<String>,
    pub(crate) author: (String, String, u64),
    pub(crate) committer: (String, String, u64),
    pub(crate) message: String,
}

/// A path in a tree.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) mode: String,
    pub(crate) kind: String,
    pub(crate) sha: String,
    pub(crate) size: Option<u64>,
    pub(crate) path: String,
}

/// A path that differs between two commits.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    pub(crate) status: char,
    pub(crate) sha: String,
    pub(crate) path: String,
    pub(crate) previous: Option<String>,
    pub(crate) additions: u64,
    pub(crate) deletions: u64,
    pub(crate) patch: String,
}

/// One bare repository.
#[derive(Clone, Debug)]
pub(crate) struct Git {
    pub(crate) folder: PathBuf,
}

impl Git {
    pub(crate) fn at(root: &Path, id: u64) -> Self {
        Self { folder: root.join(format!("{id}.git")) }
    }

    /// Makes the repository, empty.
    pub(crate) fn make(&self, default_branch: &str) -> Result<(), Error> {
        std::fs::create_dir_all(&self.folder)?;
        self.run(&["init", "--quiet", "--bare", "--template=", "-b", default_branch, "."])?;
        // Written at once: a process for each line would be most of what a small test takes.
        let mut config = std::fs::OpenOptions::new().append(true).open(self.folder.join("config"))?;
        config.write_all(CONFIG.as_bytes())?;
        let hook = self.folder.join("hooks/pre-receive");
        std::fs::create_dir_all(self.folder.join("hooks"))?;
        std::fs::write(&hook, PRE_RECEIVE)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755))?;
        }
        Ok(())
    }

    /// Takes over everything on the branches of another one.
    pub(crate) fn copy(&self, from: &Self) -> Result<(), Error> {
        self.run(&["fetch", "--quiet", &from.folder.to_string_lossy(), "+refs/heads/*:refs/heads/*"]).map(drop)
    }

    /// Takes over one commit of another one, as `reference`.
    pub(crate) fn take(&self, from: &Self, branch: &str, reference: &str) -> Result<(), Error> {
        let what = format!("+refs/heads/{branch}:{reference}");
        self.run(&["fetch", "--quiet", &from.folder.to_string_lossy(), &what]).map(drop)
    }

    /// The commit something names, if it names one.
    pub(crate) fn commit_of(&self, what: &str) -> Option<String> {
        if what.starts_with('-') || what.is_empty() {
            return None;
        }
        for name in [format!("refs/heads/{what}"), format!("refs/tags/{what}"), what.to_owned()] {
            let spec = format!("{name}^{{commit}}");
            if let Ok(found) = self.text(&["rev-parse", "--quiet", "--verify", "--end-of-options", &spec]) {
                return Some(found.trim().to_owned());
            }
        }
        None
    }

    /// Every reference below a prefix, with its object.
    pub(crate) fn references(&self, prefix: &str) -> Result<Vec<(String, String)>, Error> {
        let text = self.text(&["for-each-ref", "--format=%(objectname) %(refname)", prefix])?;
        Ok(text.lines().filter_map(|line| line.split_once(' ')).map(|(sha, name)| (name.into(), sha.into())).collect())
    }

    /// Where a reference is.
    pub(crate) fn reference(&self, name: &str) -> Option<String> {
        let found = self.references(name).ok()?;
        found.into_iter().find(|(found, _)| found == name).map(|(_, sha)| sha)
    }

    /// Moves, makes or (`None`) removes a reference.
    pub(crate) fn set(&self, name: &str, to: Option<&str>) -> Result<(), Error> {
        match to {
            Some(to) => self.run(&["update-ref", name, to]).map(drop),
            None => self.run(&["update-ref", "-d", name]).map(drop),
        }
    }

    /// Commits files on a branch, on top of `from` or of nothing; gives the commit.
    pub(crate) fn write(
        &self,
        branch: &str,
        from: Option<&str>,
        by: &By,
        message: &str,
        files: &[File<'_>],
    ) -> Result<String, Error> {
        let mut stream = Vec::new();
        let seconds = by.at / 1_000;
        writeln!(stream, "commit refs/heads/{branch}")?;
        writeln!(stream, "committer {} <{}> {seconds} +0000", by.name, by.email)?;
        writeln!(stream, "data {}\n{message}", message.len())?;
        if let Some(from) = from {
            writeln!(stream, "from {from}")?;
        }
        for (path, content) in files {
            match content {
                Some(content) => {
                    writeln!(stream, "M 100644 inline {path}\ndata {}", content.len())?;
                    stream.write_all(content)?;
                    writeln!(stream)?;
                }
                None => writeln!(stream, "D {path}")?,
            }
        }
        writeln!(stream, "done")?;
        self.feed(&["fast-import", "--quiet", "--force", "--done", "--date-format=raw"], &stream)?;
        self.reference(&format!("refs/heads/{branch}")).ok_or_else(|| Error::Git("the commit was not made".into()))
    }

    /// Merges two commits into a new one on neither of their branches; `None`: they conflict.
    pub(crate) fn merge(&self, base: &str, head: &str, by: &By, message: &str) -> Result<Option<String>, Error> {
        let Ok(tree) = self.text(&["merge-tree", "--write-tree", base, head]) else { return Ok(None) };
        let tree = tree.lines().next().unwrap_or_default().to_owned();
        self.commit_tree(&tree, &[base, head], by, message).map(Some)
    }

    /// A commit of a tree with the given parents.
    pub(crate) fn commit_tree(&self, tree: &str, parents: &[&str], by: &By, message: &str) -> Result<String, Error> {
        let date = format!("{} +0000", by.at / 1_000);
        let mut command = self.command(&["commit-tree", tree, "-m", message]);
        for parent in parents {
            command.args(["-p", parent]);
        }
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), &by.name);
            command.env(format!("GIT_{role}_EMAIL"), &by.email);
            command.env(format!("GIT_{role}_DATE"), &date);
        }
        Ok(String::from_utf8_lossy(&finish(command, None)?).trim().to_owned())
    }

    /// The commits of a range, newest first.
    pub(crate) fn log(&self, range: &str, path: Option<&str>, limit: usize) -> Result<Vec<Commit>, Error> {
        let limit = format!("-n{limit}");
        let format = "--format=%H%x00%T%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%B%x1e";
        let mut args = vec!["log", &limit, format, range, "--"];
        args.extend(path);
        let text = self.text(&args)?;
        Ok(text.split('\u{1e}').filter_map(|one| commit(one.trim_start_matches('\n'))).collect())
    }

    /// One commit.
    pub(crate) fn commit(&self, sha: &str) -> Result<Commit, Error> {
        let mut found = self.log(sha, None, 1)?;
        found.pop().ok_or_else(|| Error::Git(format!("there is no commit {sha}")))
    }

    /// The best common ancestor.
    pub(crate) fn base(&self, one: &str, other: &str) -> Option<String> {
        self.text(&["merge-base", one, other]).ok().map(|found| found.trim().to_owned())
    }

    /// Whether one commit is in the history of another.
    pub(crate) fn contains(&self, newer: &str, older: &str) -> bool {
        self.run(&["merge-base", "--is-ancestor", older, newer]).is_ok()
    }

    /// What is in a tree.
    pub(crate) fn tree(&self, tree: &str, path: Option<&str>, recursive: bool) -> Result<Vec<Entry>, Error> {
        let mut args = vec!["ls-tree", "-l", "-z", "--full-tree"];
        if recursive {
            args.extend(["-r", "-t"]);
        }
        args.push(tree);
        if let Some(path) = path {
            args.extend(["--", path]);
        }
        let text = self.text(&args)?;
        Ok(text.split('\0').filter_map(entry).collect())
    }

    /// What an object holds.
    pub(crate) fn blob(&self, sha: &str) -> Result<Vec<u8>, Error> {
        self.run(&["cat-file", "blob", sha])
    }

    /// The object that something names, whatever it is.
    pub(crate) fn object(&self, what: &str) -> Option<String> {
        self.text(&["rev-parse", "--quiet", "--verify", "--end-of-options", what]).ok().map(|sha| sha.trim().to_owned())
    }

    /// The diff as text, or as a series of patches.
    pub(crate) fn diff(&self, from: &str, to: &str) -> Result<Vec<u8>, Error> {
        self.run(&["diff", "--no-color", from, to])
    }

    /// Every path that differs.
    pub(crate) fn differences(&self, from: &str, to: &str) -> Result<Vec<Difference>, Error> {
        let raw = self.text(&["diff", "--raw", "-M", "-z", "--no-abbrev", from, to])?;
        let mut parts = raw.split('\0');
        let mut found = Vec::new();
        while let Some(head) = parts.next().filter(|head| !head.is_empty()) {
            let words: Vec<_> = head.trim_start_matches(':').split(' ').collect();
            let &[_, _, _, sha, status] = words.as_slice() else { break };
            let status = status.chars().next().unwrap_or('M');
            let first = parts.next().unwrap_or_default().to_owned();
            let (previous, path) = match status {
                'R' | 'C' => (Some(first), parts.next().unwrap_or_default().to_owned()),
                _ => (None, first),
            };
            let mut args = vec!["diff", "--no-color", "-M", from, to, "--", &path];
            args.extend(previous.as_deref());
            let text = self.text(&args)?;
            let patch =
                text.find("\n@@").map(|at| text[at + 1..].trim_end_matches('\n').to_owned()).unwrap_or_default();
            let count = |sign: char| patch.lines().filter(|line| line.starts_with(sign)).count() as u64;
            let (additions, deletions) = (count('+'), count('-'));
            found.push(Difference { status, sha: sha.into(), path, previous, additions, deletions, patch });
        }
        Ok(found)
    }

    /// How much there is between a base and a head.
    pub(crate) fn size(&self, base: &str, head: &str) -> crate::show::Size {
        let number = |text: Option<&str>| text.and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        let commits = self.text(&["rev-list", "--count", &format!("{base}..{head}")]).ok();
        let commits = number(commits.as_deref()) as usize;
        let mut size = crate::show::Size { commits, ..Default::default() };
        for line in self.text(&["diff", "--numstat", &format!("{base}...{head}")]).unwrap_or_default().lines() {
            let mut words = line.split('\t');
            size.additions += number(words.next());
            size.deletions += number(words.next());
            size.files += 1;
        }
        size
    }

    /// What git says to these arguments.
    pub(crate) fn run(&self, args: &[&str]) -> Result<Vec<u8>, Error> {
        finish(self.command(args), None)
    }

    fn text(&self, args: &[&str]) -> Result<String, Error> {
        Ok(String::from_utf8_lossy(&self.run(args)?).into_owned())
    }

    fn feed(&self, args: &[&str], input: &[u8]) -> Result<Vec<u8>, Error> {
        finish(self.command(args), Some(input))
    }

    /// A git that knows nothing of this machine's settings.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.env_clear().env("PATH", path).env("HOME", &self.folder).env("LC_ALL", "C.UTF-8");
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_DIR", &self.folder);
        command.env("GIT_AUTHOR_NAME", "GitHub").env("GIT_AUTHOR_EMAIL", "noreply@example.com");
        command.env("GIT_COMMITTER_NAME", "GitHub").env("GIT_COMMITTER_EMAIL", "noreply@example.com");
        command.args(["-c", "safe.directory=*", "-c", "core.quotePath=false"]).args(args).current_dir(&self.folder);
        command
    }
}

/// Runs a command to its end, giving it `input` meanwhile.
pub(crate) fn finish(mut command: Command, input: Option<&[u8]>) -> Result<Vec<u8>, Error> {
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let stdin = child.stdin.take();
    let output = std::thread::scope(|scope| {
        if let (Some(mut stdin), Some(input)) = (stdin, input) {
            // Whoever reads no further has said why on its way out.
            scope.spawn(move || drop(stdin.write_all(input)));
        }
        child.wait_with_output()
    })?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(Error::Git(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
    }
}

fn commit(text: &str) -> Option<Commit> {
    let parts: Vec<_> = text.split('\0').collect();
    let &[sha, tree, parents, an, ae, at, cn, ce, ct, message] = parts.as_slice() else { return None };
    let seconds = |text: &str| text.parse::<u64>().unwrap_or_default() * 1_000;
    Some(Commit {
        sha: sha.into(),
        tree: tree.into(),
        parents: parents.split_whitespace().map(str::to_owned).collect(),
        author: (an.into(), ae.into(), seconds(at)),
        committer: (cn.into(), ce.into(), seconds(ct)),
        message: message.trim_end_matches('\n').into(),
    })
}

fn entry(line: &str) -> Option<Entry> {
    let (about, path) = line.split_once('\t')?;
    let words: Vec<_> = about.split_whitespace().collect();
    let &[mode, kind, sha, size] = words.as_slice() else { return None };
    let (mode, kind, sha) = (mode.to_owned(), kind.to_owned(), sha.to_owned());
    Some(Entry { mode, kind, sha, size: size.parse().ok(), path: path.to_owned() })
}
