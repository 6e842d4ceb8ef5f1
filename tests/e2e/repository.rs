//! Git repositories: those that people bring along, and those in the built-in forge, both seen by git itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes a repository at `folder` of these files, committed once.
pub(crate) fn make(folder: &Path, files: &[(&str, &str)]) {
    fs::create_dir_all(folder).unwrap();
    git(folder, &["init", "--quiet", "--initial-branch", "main"]);
    for (path, content) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message", "Begin"]);
}

/// Where the built-in forge of the dispatcher in `data` keeps the repository.
pub(crate) fn bare(data: &Path, name: &str) -> PathBuf {
    data.join("forge").join(format!("{name}.git"))
}

/// What git says, without the last line's end.
pub(crate) fn git(folder: &Path, words: &[&str]) -> String {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(words);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    for (role, name) in [("AUTHOR", "Ana"), ("COMMITTER", "Ana")] {
        command.env(format!("GIT_{role}_NAME"), name).env(format!("GIT_{role}_EMAIL"), "ana@example.com");
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}
