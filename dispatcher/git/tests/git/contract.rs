//! The contract of every forge, kept by this one.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use signalbox_domain::id::Commit;
use signalbox_ports::forge::Access;
use signalbox_world::contract;
use signalbox_world::forge::Edit;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use crate::world::{World, git, ok, said};

struct Site(World);

#[async_trait]
impl contract::forge::Site for Site {
    fn forge(&self) -> &dyn signalbox_ports::forge::Forge {
        &*self.0.forge
    }

    async fn create(&self, repository: &str, description: &str, files: &[(&str, &str)]) -> Commit {
        let folder = self.0.path(&repository.replace('/', "~"));
        std::fs::create_dir_all(&folder).unwrap();
        ok(&git(&folder, &["init", "-q", "-b", "main"]).await);
        let edits: Vec<(&str, Edit)> = files.iter().map(|(path, text)| (*path, Edit::from(*text))).collect();
        let first = edit(&folder, &edits).await;
        self.0.forge.import(folder.to_str().unwrap(), Some(repository)).await.unwrap();
        self.0.forge.describe(&repository.into(), description).await.unwrap();
        first
    }

    async fn commit(&self, repository: &str, branch: &str, edits: &[(&str, Edit)]) -> Commit {
        let folder = tempfile::tempdir().unwrap();
        let bare = self.0.path("forge").join(format!("{repository}.git"));
        ok(&git(folder.path(), &["clone", "-q", bare.to_str().unwrap(), "."]).await);
        if !git(folder.path(), &["checkout", "-q", branch]).await.status.success() {
            ok(&git(folder.path(), &["checkout", "-q", "-b", branch]).await);
        }
        let commit = edit(folder.path(), edits).await;
        ok(&git(folder.path(), &["push", "-q", "origin", branch]).await);
        commit
    }

    async fn opens(&self, access: &Access, repository: &str) -> bool {
        let url = self.0.with(access.token.as_deref().unwrap(), repository);
        git(Path::new("/"), &["ls-remote", "-q", &url]).await.status.success()
    }
}

/// Commits edits in a working copy.
async fn edit(folder: &Path, edits: &[(&str, Edit)]) -> Commit {
    for (path, edit) in edits {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        match edit {
            Edit::Write(text) => std::fs::write(path, text).unwrap(),
            Edit::Link(to) => std::os::unix::fs::symlink(to, path).unwrap(),
            Edit::Remove => std::fs::remove_file(path).unwrap(),
        }
    }
    ok(&git(folder, &["add", "-A"]).await);
    ok(&git(folder, &["commit", "-q", "-m", "A change"]).await);
    Commit(said(&git(folder, &["rev-parse", "HEAD"]).await))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_built_in_forge_keeps_its_contract() {
    let make = || Site(block_in_place(|| Handle::current().block_on(World::empty())));
    contract::forge::suite(|| Arc::new(make())).await;
}
