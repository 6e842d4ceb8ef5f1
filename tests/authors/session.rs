//! A terminal session as a page shows it, and as it goes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the output of each command ends with, before its status.
const END: &str = "--- ended with";
/// What `plugin build` says where a tool is missing that it cannot install.
const MISSING: [&str; 5] = [
    "is not on this machine",
    "cargo did not build the compiler for JavaScript",
    "pip did not install componentize-py",
    "`python3 -m venv` failed",
    "`rustup target add",
];

/// The commands of a page's section, with what each should print.
pub(crate) struct Session {
    pub(crate) commands: Vec<Step>,
}

/// One command.
pub(crate) struct Step {
    typed: String,
    printed: Vec<String>,
}

/// How a session went.
pub(crate) enum Ended {
    /// As the page says, but for what a command says it skipped.
    AsWritten { skipped: Vec<String> },
    /// A tool is missing, and could not be installed.
    Without(String),
    /// Otherwise than the page says.
    Otherwise(String),
}

impl Session {
    /// Everything in the `console` blocks below a heading, up to the next of the same level: `$ ` is what is typed, `> `
    /// what goes on with it, the rest what is printed. `…` stands for anything.
    pub(crate) fn of(page: &str, heading: &str) -> Self {
        let mut commands: Vec<Step> = Vec::new();
        let (mut here, mut inside) = (false, false);
        for line in page.lines() {
            if let Some(title) = line.strip_prefix("## ") {
                here = title == heading;
            } else if line.starts_with("```") {
                inside = line == "```console";
            } else if !(here && inside) {
                continue;
            } else if let Some(typed) = line.strip_prefix("$ ") {
                commands.push(Step::new(typed));
            } else if let Some(step) = commands.last_mut() {
                match line.strip_prefix("> ").or((line == ">").then_some("")) {
                    Some(more) => step.typed.push_str(&format!("\n{more}")),
                    None => step.printed.push(line.to_owned()),
                }
            }
        }
        Self { commands }
    }

    /// Types all of it into one shell, in an empty folder.
    pub(crate) fn run(&self) -> Ended {
        let folder = tempfile::Builder::new().prefix("signalbox-author-").tempdir().expect("a folder");
        let shell = self.commands.iter().map(|step| format!("{}\necho \"{END} $?\"\n", step.typed));
        let output = Command::new("bash")
            .arg("-c")
            .arg(format!("exec 2>&1\n{}", shell.collect::<String>()))
            .current_dir(folder.path())
            .env("PATH", path())
            .env("SIGNALBOX_HOME", folder.path().join(".home"))
            .envs([("GIT_AUTHOR_NAME", "Ana"), ("GIT_AUTHOR_EMAIL", "ana@example.com")])
            .envs([("GIT_COMMITTER_NAME", "Ana"), ("GIT_COMMITTER_EMAIL", "ana@example.com")])
            .stdin(Stdio::null())
            .output()
            .expect("bash");
        let output = String::from_utf8_lossy(&output.stdout);
        let mut rest = output.as_ref();
        let mut skipped = Vec::new();
        for step in &self.commands {
            let Some((printed, after)) = rest.split_once(END) else {
                return Ended::Otherwise(format!("the shell ended before `{}`:\n{rest}", step.typed));
            };
            let (status, after) = after.split_once('\n').unwrap_or((after, ""));
            if let Err(problem) = step.check(printed, status.trim()) {
                let missing = MISSING.iter().find(|it| printed.contains(*it));
                return match missing {
                    Some(missing) => Ended::Without(format!("`{}`: {missing} …", step.typed)),
                    None => Ended::Otherwise(problem),
                };
            }
            skipped.extend(printed.lines().filter(|line| line.starts_with("SKIPPED: ")).map(str::to_owned));
            rest = after;
        }
        Ended::AsWritten { skipped }
    }
}

impl Step {
    /// A command that has to succeed.
    pub(crate) fn new(typed: impl Into<String>) -> Self {
        Self { typed: typed.into(), printed: Vec::new() }
    }

    /// What it has to print, too.
    pub(crate) fn printing(mut self, line: &str) -> Self {
        self.printed.push(line.to_owned());
        self
    }

    fn check(&self, printed: &str, status: &str) -> Result<(), String> {
        if status != "0" {
            return Err(format!("`{}` ended with {status}:\n{printed}", self.typed));
        }
        let mut lines = printed.lines();
        for expected in self.printed.iter().filter(|line| !line.is_empty() && *line != "…") {
            if !lines.any(|line| like(expected, line)) {
                return Err(format!(
                    "`{}` does not print, where the page does:\n{expected}\nIt prints:\n{printed}",
                    self.typed
                ));
            }
        }
        Ok(())
    }
}

/// Whether a line is as a page has it, where `…` stands for anything.
fn like(expected: &str, line: &str) -> bool {
    let (expected, line) = (expected.trim_end(), line.trim_end());
    let Some((first, others)) = expected.split_once('…') else { return expected == line };
    let (middle, last) = others.rsplit_once('…').unwrap_or(("", others));
    let Some(mut rest) = line.strip_prefix(first).and_then(|rest| rest.strip_suffix(last)) else { return false };
    middle.split('…').all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

/// Where programs are looked for: the one under test first.
fn path() -> std::ffi::OsString {
    let program = match std::env::var_os("SIGNALBOX_PROGRAM") {
        Some(named) => PathBuf::from(named),
        None => {
            let tests = std::env::current_exe().expect("these tests");
            tests.ancestors().nth(2).expect("a target folder").join("signalbox")
        }
    };
    assert!(program.is_file(), "{} is not there: cargo build -p signalbox-cli", program.display());
    let beside = program.parent().map(Path::to_path_buf).unwrap_or_default();
    let others = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths([beside].into_iter().chain(std::env::split_paths(&others))).expect("a PATH")
}

#[test]
fn a_page_reads_as_commands_with_what_they_print() {
    let page = "## A\n```console\n$ cat > x <<'END'\n> y\n>\n> END\n$ ls\nx …\n```\n## B\n```console\n$ no\n```\n";
    let session = Session::of(page, "A");
    let typed: Vec<_> = session.commands.iter().map(|step| step.typed.as_str()).collect();
    assert_eq!(typed, ["cat > x <<'END'\ny\n\nEND", "ls"]);
    assert_eq!(session.commands[1].printed, ["x …"]);
}

#[test]
fn what_stands_for_anything_stands_for_anything() {
    assert!(
        like("a … c", "a b c") && like("a …", "a b") && like("…/word: … KiB", "/tmp/word: 7 KiB") && like("a", "a")
    );
    assert!(!like("a … c", "a b d") && !like("a", "ab") && !like("a … c", "a b c d"));
}
