//! A forge that is being served, and people and devboxes with git.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use signalbox_domain::devbox::Author;
use signalbox_domain::id::{Commit, Repository};
use signalbox_domain::workflow::{Access, Grant};
use signalbox_git::Forge;
use signalbox_ports::forge::Forge as _;
use tempfile::TempDir;

pub(crate) struct World {
    pub(crate) forge: Arc<Forge>,
    pub(crate) url: String,
    folder: TempDir,
}

impl World {
    /// A served forge that has the sample website as `acme/website`.
    pub(crate) async fn new() -> Self {
        let world = Self::empty().await;
        let sample = world.path("website");
        signalbox_git::sample::website(&sample).await.unwrap();
        world.forge.import(sample.to_str().unwrap(), Some("acme/website")).await.unwrap();
        world
    }

    /// A served forge without repositories.
    pub(crate) async fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let forge = Arc::new(Forge::open(folder.path().join("forge"), &url).await.unwrap());
        let routes = signalbox_git::routes(forge.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { forge, url, folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A token for a devbox of its own.
    pub(crate) async fn token(&self, devbox: &str, access: Access, branch: &str) -> String {
        let access = self.forge.mint(&devbox.into(), &website(), &grant(access), branch).await.unwrap();
        assert_eq!(access.url, format!("{}/git/acme/website.git", self.url));
        access.token.unwrap()
    }

    /// Where a git client finds a repository with a token.
    pub(crate) fn with(&self, token: &str, repository: &str) -> String {
        format!("{}/git/{repository}.git", self.url.replace("http://", &format!("http://x-access-token:{token}@")))
    }

    /// A clone made with a token, by a devbox.
    pub(crate) async fn clone(&self, token: &str, name: &str) -> PathBuf {
        let folder = self.path(name);
        let url = self.with(token, "acme/website");
        ok(&git(self.folder.path(), &["clone", "-q", &url, folder.to_str().unwrap()]).await);
        folder
    }

    /// The commit of a branch here, if it is there.
    pub(crate) async fn tip(&self, branch: &str) -> Option<Commit> {
        self.forge.head(&website(), Some(branch)).await.ok().map(|head| head.commit)
    }

    /// The repository's own folder.
    pub(crate) fn bare(&self) -> PathBuf {
        self.path("forge/acme/website.git")
    }

    /// A branch in the repository with one commit that writes `text` to `file`; begun at `start`.
    pub(crate) async fn branch(&self, branch: &str, start: &str, file: &str, text: &str) -> Commit {
        let copy = tempfile::tempdir_in(self.folder.path()).unwrap();
        let bare = self.bare();
        ok(&git(copy.path(), &["clone", "-q", bare.to_str().unwrap(), "."]).await);
        let start = format!("origin/{start}");
        ok(&git(copy.path(), &["checkout", "-q", "-B", branch, &start]).await);
        let commit = commit(copy.path(), file, text.as_bytes()).await;
        ok(&git(copy.path(), &["push", "-q", "origin", branch]).await);
        commit
    }
}

pub(crate) fn website() -> Repository {
    "acme/website".into()
}

pub(crate) fn ana() -> Author {
    Author { name: "Ana".into(), email: "ana@example.com".into() }
}

pub(crate) fn grant(access: Access) -> Grant {
    Grant { permissions: [("contents".to_owned(), access)].into(), ..Grant::default() }
}

/// Commits a file in a working copy.
pub(crate) async fn commit(folder: &Path, file: &str, bytes: &[u8]) -> Commit {
    let path = folder.join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
    ok(&git(folder, &["add", "-A"]).await);
    ok(&git(folder, &["commit", "-q", "-m", "A change"]).await);
    Commit(said(&git(folder, &["rev-parse", "HEAD"]).await))
}

/// Git as anybody runs it, in a folder.
pub(crate) async fn git(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("git");
    command.current_dir(folder).args(arguments).env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "Box").env(format!("GIT_{role}_EMAIL"), "box@example.com");
    }
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

#[track_caller]
pub(crate) fn ok(output: &Output) {
    assert!(output.status.success(), "{}", complaint(output));
}

pub(crate) fn said(output: &Output) -> String {
    ok(output);
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

pub(crate) fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
