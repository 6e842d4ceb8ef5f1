use signalbox_ports::Error;
use signalbox_ports::forge::{Changed, Forge as _};

use crate::world::{World, git, ok, said, website};

#[tokio::test]
async fn a_repository_is_read_at_a_commit() {
    let world = World::new().await;
    let known = world.forge.repositories().await.unwrap();
    assert_eq!(known.len(), 1);
    assert_eq!((known[0].repository.as_str(), known[0].default_branch.as_str()), ("acme/website", "main"));
    assert!(known[0].description.starts_with("The website of Mosskit"), "{}", known[0].description);
    let head = world.forge.head(&website(), None).await.unwrap();
    assert_eq!((head.branch.as_str(), head.commit.as_str()), ("main", signalbox_git::sample::HEAD));

    let file = |path: &'static str, limit| {
        let (forge, at) = (world.forge.clone(), head.commit.clone());
        async move { forge.file(&website(), &at, path, limit).await.unwrap() }
    };
    let pricing = file("src/pricing.html", 1 << 20).await.unwrap();
    assert!(pricing.contains("$9"));
    assert_eq!(file("src/pricing.html", pricing.len()).await.as_deref(), Some(pricing.as_str()));
    assert_eq!(file("src/pricing.html", pricing.len() - 1).await, None, "over the limit");
    for path in ["src/none.html", "src", "", "/etc/passwd", "../x", "src/*.html", ":(top)README.md", "--output=x"] {
        assert_eq!(file(path, 1 << 20).await, None, "{path}");
    }

    let list = |folder: &'static str, limit| {
        let (forge, at) = (world.forge.clone(), head.commit.clone());
        async move { forge.list(&website(), &at, folder, limit).await.unwrap() }
    };
    assert_eq!(list("", 100).await.len(), 15);
    assert_eq!(list("src", 2).await, ["src/about.html", "src/contact.html"]);
    assert_eq!(list("src/", 100).await.len(), 8);
    for folder in ["sr", "src/about.html", "../..", "s*", "none"] {
        assert_eq!(list(folder, 100).await.len(), 0, "{folder}");
    }
}

#[tokio::test]
async fn links_pictures_and_submodules_are_no_text_and_a_diff_says_where_it_is_cut() {
    let world = World::new().await;
    let copy = world.path("copy");
    ok(&git(&world.path(""), &["clone", "-q", world.bare().to_str().unwrap(), "copy"]).await);
    std::os::unix::fs::symlink("/etc/passwd", copy.join("link")).unwrap();
    std::os::unix::fs::symlink("src", copy.join("folder")).unwrap();
    std::fs::write(copy.join("picture.png"), b"\x89PNG\0\xff").unwrap();
    std::fs::write(copy.join("über straße.txt"), "ä\n").unwrap();
    std::fs::write(copy.join("long.txt"), "a line of this file\n".repeat(1000)).unwrap();
    ok(&git(&copy, &["add", "-A"]).await);
    let head = signalbox_git::sample::HEAD;
    ok(&git(&copy, &["update-index", "--add", "--cacheinfo", &format!("160000,{head},module")]).await);
    ok(&git(&copy, &["mv", "README.md", "LIESMICH.md"]).await);
    ok(&git(&copy, &["commit", "-q", "-m", "All sorts"]).await);
    ok(&git(&copy, &["push", "-q", "origin", "HEAD:refs/heads/sorts"]).await);
    let (from, to) = (head.into(), said(&git(&copy, &["rev-parse", "HEAD"]).await).into());

    for path in ["link", "folder/pricing.html", "picture.png", "module"] {
        assert_eq!(world.forge.file(&website(), &to, path, 1 << 20).await.unwrap(), None, "{path}");
    }
    assert_eq!(world.forge.file(&website(), &to, "über straße.txt", 99).await.unwrap().as_deref(), Some("ä\n"));
    let list = world.forge.list(&website(), &to, "folder", 99).await.unwrap();
    assert!(list.iter().all(|path| !path.starts_with("folder/")), "{list:?}");

    let changed = world.forge.changed(&website(), &from, &to).await.unwrap();
    let plain = |path: &str| Changed { path: path.into(), link: false };
    let link = |path: &str| Changed { path: path.into(), link: true };
    assert_eq!(
        changed,
        [
            plain("LIESMICH.md"),
            plain("README.md"),
            link("folder"),
            link("link"),
            plain("long.txt"),
            link("module"),
            plain("picture.png"),
            plain("über straße.txt")
        ]
    );

    let whole = world.forge.diff(&website(), &from, &to, 1 << 20).await.unwrap();
    assert!(whole.contains("+a line of this file\n") && whole.contains("Binary files"), "{whole}");
    let cut = world.forge.diff(&website(), &from, &to, 2000).await.unwrap();
    assert!(cut.len() <= 2000 && cut.ends_with("\n[cut here: this is longer than 2000 bytes]\n"), "{cut}");
    assert!(whole.starts_with(cut.rsplit_once("\n[").unwrap().0));
}

#[tokio::test]
async fn what_is_not_there_is_said_in_words() {
    let world = World::new().await;
    let at = signalbox_git::sample::HEAD.into();
    let none = "1234567812345678123456781234567812345678".into();
    let words = |result: Result<(), Error>| match result {
        Err(Error::Rejected(words)) => words,
        other => panic!("{other:?}"),
    };
    let forge = &world.forge;
    let to = |name: &str| name.to_owned().into();
    assert_eq!(words(forge.head(&to("acme/shop"), None).await.map(drop)), "there is no repository acme/shop here");
    assert_eq!(words(forge.head(&website(), Some("next")).await.map(drop)), "acme/website has no branch next");
    for name in [
        "../../etc",
        "acme/website/..",
        "acme/../acme",
        "--upload-pack=x/y",
        "acme/web site",
        "acme/ü",
        "acme/website.git",
    ] {
        assert!(words(forge.head(&to(name), None).await.map(drop)).contains("is no repository's name"), "{name}");
    }
    for name in ["--all", "-h", "main:README.md", "main~1", "refs/../main", "main^{tree}", "@{-1}", ""] {
        assert!(
            words(forge.head(&website(), Some(name)).await.map(drop)).contains("cannot be a branch's name"),
            "{name}"
        );
    }
    for commit in ["--output=/tmp/x", "main", "HEAD", "e3b0", ""] {
        assert!(words(forge.list(&website(), &commit.into(), "", 9).await.map(drop)).contains("is no commit's name"));
        assert!(words(forge.diff(&website(), &at, &commit.into(), 9).await.map(drop)).contains("is no commit's name"));
    }
    assert!(words(forge.file(&website(), &none, "README.md", 9).await.map(drop)).contains("has no commit 1234"));
    assert!(words(forge.list(&website(), &none, "", 9).await.map(drop)).contains("has no commit 1234"));
    assert!(words(forge.diff(&website(), &at, &none, 9).await.map(drop)).contains("has no commit 1234"));
    assert!(words(forge.changed(&website(), &none, &at).await.map(drop)).contains("has no commit 1234"));
}
