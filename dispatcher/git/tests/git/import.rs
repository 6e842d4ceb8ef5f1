use signalbox_domain::workflow::Access;
use signalbox_git::sample;
use signalbox_ports::Error;
use signalbox_ports::forge::Forge as _;

use crate::world::{World, ana, commit, git, grant, ok, said, website};

fn words<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Rejected(words)) => words,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_working_copy_comes_in_with_what_is_committed_and_is_kept_up_to_date() {
    let world = World::empty().await;
    let copy = world.path("My Website");
    sample::website(&copy).await.unwrap();
    std::fs::write(copy.join("README.md"), "unfinished").unwrap();
    std::fs::write(copy.join("new.txt"), "unfinished").unwrap();
    let first = world.forge.import(copy.to_str().unwrap(), None).await.unwrap();
    assert_eq!(first.known.repository.as_str(), "local/My-Website");
    assert_eq!((first.commit.as_str(), first.new), (sample::HEAD, true));
    assert_eq!(first.notices, ["2 files with uncommitted changes did not come along: only what is committed does"]);
    let readme = world.forge.file(&first.known.repository, &first.commit, "README.md", 9999).await.unwrap().unwrap();
    assert!(readme.starts_with("# Mosskit"));

    let newer = commit(&copy, "README.md", b"finished\n").await;
    let second = world.forge.import(copy.to_str().unwrap(), None).await.unwrap();
    assert_eq!((second.commit, second.new, second.notices), (newer, false, vec![]));
    assert_eq!(world.forge.repositories().await.unwrap().len(), 1);
}

#[tokio::test]
async fn bare_repositories_worktrees_shallow_copies_and_addresses_come_in_too() {
    let world = World::empty().await;
    let copy = world.path("copy");
    sample::website(&copy).await.unwrap();
    let root = world.path("");
    ok(&git(&root, &["clone", "-q", "--bare", "copy", "bare.git"]).await);
    ok(&git(&copy, &["worktree", "add", "-q", "-b", "side", "../tree"]).await);
    let file = format!("file://{}", copy.display());
    ok(&git(&root, &["clone", "-q", "--depth", "2", &file, "shallow"]).await);
    for (source, name, branch) in [
        (root.join("bare.git").display().to_string(), "local/bare", "main"),
        (root.join("tree").display().to_string(), "local/tree", "side"),
        (root.join("shallow").display().to_string(), "local/shallow", "main"),
        (file, "local/copy", "main"),
    ] {
        let imported = world.forge.import(&source, None).await.unwrap();
        assert_eq!((imported.known.repository.as_str(), imported.commit.as_str()), (name, sample::HEAD), "{source}");
        assert_eq!(imported.known.default_branch, branch, "{source}");
        let again = world.forge.import(&source, None).await.unwrap();
        assert!(!again.new);
        ok(&git(&world.path(&format!("forge/{name}.git")), &["fsck"]).await);
    }
}

#[tokio::test]
async fn a_folder_that_cannot_come_in_is_told_why_and_leaves_nothing() {
    let world = World::empty().await;
    let folder = |name: &str| {
        let path = world.path(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    };
    let import = |source: String| {
        let forge = world.forge.clone();
        async move { words(forge.import(&source, None).await) }
    };
    let plain = folder("plain");
    assert!(import(plain.display().to_string()).await.contains("is not a git repository"), "a plain folder");
    let empty = folder("empty");
    ok(&git(&empty, &["init", "-q"]).await);
    assert!(import(empty.display().to_string()).await.contains("has no commit on any branch yet"));
    std::fs::write(world.path("file"), "").unwrap();
    assert!(import(world.path("file").display().to_string()).await.contains("is a file"));
    assert!(import("/nowhere/at/all".into()).await.contains("neither a folder"));
    let odd = folder("日本");
    sample::website(&odd).await.unwrap();
    assert!(import(odd.display().to_string()).await.contains("needs a name here"));
    let marker = world.path("marker");
    for source in [
        format!("--upload-pack=touch {}", marker.display()),
        format!("ext::sh -c touch% {}", marker.display()),
        format!("-oProxyCommand=touch {}@host:x", marker.display()),
    ] {
        assert!(import(source).await.contains("neither a folder"));
    }
    assert!(!marker.exists());
    for name in ["../up", "a/b/c", "-x", "a b", ".hidden"] {
        assert!(
            words(world.forge.import(odd.to_str().unwrap(), Some(name)).await).contains("is no repository's name"),
            "{name}"
        );
    }
    assert_eq!(world.forge.repositories().await.unwrap(), []);
}

#[tokio::test]
async fn without_a_branch_checked_out_the_usual_one_is_taken_and_said() {
    let world = World::empty().await;
    let copy = world.path("copy");
    sample::website(&copy).await.unwrap();
    ok(&git(&copy, &["checkout", "-q", "--detach"]).await);
    let imported = world.forge.import(copy.to_str().unwrap(), None).await.unwrap();
    assert_eq!(imported.known.default_branch, "main");
    assert_eq!(imported.notices, ["main is taken as the default branch, because no branch is checked out there"]);
    ok(&git(&copy, &["branch", "-m", "main", "one"]).await);
    ok(&git(&copy, &["branch", "two"]).await);
    let error = words(world.forge.import(copy.to_str().unwrap(), Some("other")).await);
    assert!(error.contains("does not say which branch is the default one"), "{error}");
}

#[tokio::test]
async fn work_that_was_merged_here_is_never_lost_by_an_import() {
    let world = World::new().await;
    let copy = world.path("website");
    let merged = world.branch("main", "main", "merged.txt", "here\n").await;
    let again = world.forge.import(copy.to_str().unwrap(), Some("acme/website")).await.unwrap();
    assert_eq!(again.commit, merged, "ahead of the copy, so it stays");
    commit(&copy, "own.txt", b"there\n").await;
    let error = words(world.forge.import(copy.to_str().unwrap(), Some("acme/website")).await);
    assert!(error.contains("has moved on both here and there") && error.contains("git pull"), "{error}");
    assert_eq!(world.tip("main").await, Some(merged));
    ok(&git(&copy, &["pull", "-q", "--no-rebase", world.bare().to_str().unwrap(), "main"]).await);
    let both = world.forge.import(copy.to_str().unwrap(), Some("acme/website")).await.unwrap();
    assert_eq!(both.commit.as_str(), said(&git(&copy, &["rev-parse", "HEAD"]).await));
}

#[tokio::test]
async fn an_import_that_was_cut_off_is_not_there_and_can_be_done_again() {
    let world = World::empty().await;
    let copy = world.path("copy");
    sample::website(&copy).await.unwrap();
    let half = world.path("forge/local/copy.git");
    std::fs::create_dir_all(half.join("objects")).unwrap();
    std::fs::write(half.join("HEAD"), "ref: refs/heads/other\n").unwrap();
    assert_eq!(world.forge.repositories().await.unwrap(), []);
    assert!(world.forge.head(&"local/copy".into(), None).await.is_err());
    let imported = world.forge.import(copy.to_str().unwrap(), None).await.unwrap();
    assert!(imported.new);
    assert_eq!(said(&git(&half, &["symbolic-ref", "HEAD"]).await), "refs/heads/main");
}

#[tokio::test]
async fn what_is_removed_is_gone_with_its_tokens_even_if_it_comes_back() {
    let world = World::new().await;
    let token = world.token("box", Access::Read, "x").await;
    world.forge.describe(&website(), "The shop window").await.unwrap();
    assert_eq!(world.forge.repositories().await.unwrap()[0].description, "The shop window");
    world.forge.remove(&website()).await.unwrap();
    world.forge.remove(&website()).await.unwrap();
    assert_eq!(world.forge.repositories().await.unwrap(), []);
    assert!(
        words(world.forge.merge(&website(), 1, &sample::HEAD.into(), &ana()).await).contains("there is no repository")
    );
    assert!(
        words(world.forge.mint(&"new".into(), &website(), &grant(Access::Read), "x").await).contains("no repository")
    );
    let copy = world.path("website");
    world.forge.import(copy.to_str().unwrap(), Some("acme/website")).await.unwrap();
    let url = world.with(&token, "acme/website");
    assert!(!git(&copy, &["ls-remote", &url]).await.status.success());
}
