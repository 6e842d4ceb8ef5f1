//! git, as a box runs it: the checkout's address, its token, its branch.

use std::path::Path;
use std::process::Command;

use signalbox_domain::devbox::Checkout;
use signalbox_domain::id::Commit;
use signalbox_ports::Error;
use signalbox_world::boxes::Remote;
use signalbox_world::forge::Edit;

/// Boxes that push over HTTP, with nothing but what they were handed.
pub(crate) struct Git;

impl Remote for Git {
    fn push(&self, checkout: &Checkout, edits: &[(&'static str, Edit)]) -> Result<Commit, Error> {
        let folder = tempfile::tempdir().map_err(Error::unavailable)?;
        let (here, branch) = (folder.path(), format!("refs/heads/{}", checkout.branch));
        let token = checkout.token.as_deref().unwrap_or_default();
        let url = checkout.url.replacen("http://", &format!("http://x-access-token:{token}@"), 1);
        git(here, &["init", "-q"])?;
        git(here, &["fetch", "-q", "--no-tags", &url, checkout.start.as_str()])?;
        git(here, &["checkout", "-q", "FETCH_HEAD"])?;
        for (path, edit) in edits {
            let path = here.join(path);
            let folder = path.parent().unwrap_or(here);
            std::fs::create_dir_all(folder).map_err(Error::unavailable)?;
            match edit {
                Edit::Write(text) => std::fs::write(&path, text),
                Edit::Link(to) => std::os::unix::fs::symlink(to, &path),
                Edit::Remove => std::fs::remove_file(&path),
            }
            .map_err(Error::unavailable)?;
        }
        git(here, &["add", "-A"])?;
        git(here, &["commit", "-q", "--allow-empty", "-m", &checkout.subject])?;
        // A branch that somebody else moved is not moved back.
        let found = git(here, &["ls-remote", "-q", &url, &branch])?;
        let found = found.split_whitespace().next().unwrap_or_default();
        if !found.is_empty() && found != checkout.start.as_str() {
            return Err(Error::rejected(format!("{branch} is at {found}, not at {}", checkout.start)));
        }
        git(here, &["push", "-q", &url, &format!("HEAD:{branch}")])?;
        Ok(Commit(git(here, &["rev-parse", "HEAD"])?))
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Result<String, Error> {
    let mut command = Command::new("git");
    command.current_dir(folder).args(arguments).env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "Box").env(format!("GIT_{role}_EMAIL"), "box@example.com");
    }
    let output = command.output().map_err(Error::unavailable)?;
    if !output.status.success() {
        return Err(Error::rejected(String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
