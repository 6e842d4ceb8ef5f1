//! Repositories to work in, and what git takes for the same.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

/// Workflows of the repository's own: one phase, whose agent says when it began. `linger` then waits until it may go.
pub(crate) const WORKFLOWS: [(&str, &str); 3] = [
    ("first.yaml", include_str!("workflows/first.yaml")),
    ("linger.yaml", include_str!("workflows/linger.yaml")),
    ("prompt.md", include_str!("workflows/prompt.md")),
];
/// Where a repository keeps them.
const WORKFLOW_FOLDER: &str = ".signalbox/workflows";
/// Folders of the large repository, and files in each.
const FOLDERS: usize = 1_000;
const FILES_EACH: usize = 100;
/// About the bytes of each of those files.
const FILE_BYTES: usize = 1_000;
const WORDS: [&str; 16] = [
    "let", "request", "route", "=", "match", "world", "(", ")", "{", "}", "return", "phase", "+", "count", "in", "for",
];

/// Adds the workflows to a working copy, in a commit.
pub(crate) fn add_workflows(folder: &Path) -> Result<()> {
    let own = folder.join(WORKFLOW_FOLDER);
    fs::create_dir_all(&own)?;
    for (name, text) in WORKFLOWS {
        fs::write(own.join(name), text)?;
    }
    git(folder, &["add", ".signalbox"])?;
    git(folder, &["commit", "--quiet", "--message", "Say when an agent begins"])
}

/// A bare repository of 100,000 files in one commit, the same every time.
pub(crate) fn large(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    git(folder, &["init", "--quiet", "--bare", "--initial-branch=main"])?;
    let mut import = command(folder, &["fast-import", "--quiet"]);
    let mut import = import.stdin(Stdio::piped()).spawn().context("failed to start git")?;
    let mut stream = BufWriter::new(import.stdin.take().context("git takes no input")?);
    let who = "Bench <bench@localhost> 1700000000 +0000";
    writeln!(stream, "commit refs/heads/main\nauthor {who}\ncommitter {who}\ndata 16\nAll at one time\n")?;
    for (name, text) in WORKFLOWS {
        file(&mut stream, &format!("{WORKFLOW_FOLDER}/{name}"), text)?;
    }
    // Any numbers that look like none: what is measured must not depend on luck.
    let mut seed = 7_u64;
    for folder in 0..FOLDERS {
        for number in 0..FILES_EACH {
            let mut text = String::with_capacity(FILE_BYTES + 16);
            while text.len() < FILE_BYTES {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let end = if seed >> 60 == 0 { '\n' } else { ' ' };
                text.push_str(WORDS[(seed >> 33) as usize % WORDS.len()]);
                text.push(end);
            }
            text.push_str(&format!("{folder} {number}\n"));
            file(&mut stream, &format!("src/{folder:04}/{number:02}.txt"), &text)?;
        }
    }
    stream.flush()?;
    drop(stream);
    ensure!(import.wait()?.success(), "git could not take the repository in");
    Ok(())
}

/// Runs git in a folder, without anybody's settings.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> Result<()> {
    let status = command(folder, arguments).status().context("failed to start git")?;
    ensure!(status.success(), "`git {}` failed in {}", arguments.join(" "), folder.display());
    Ok(())
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "Bench").env(format!("GIT_{who}_EMAIL"), "bench@localhost");
    }
    command
}

fn file(stream: &mut impl Write, path: &str, text: &str) -> Result<()> {
    write!(stream, "M 100644 inline {path}\ndata {}\n{text}\n", text.len())?;
    Ok(())
}
