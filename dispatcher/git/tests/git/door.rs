use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;

use signalbox_domain::workflow::{Access, Grant};
use signalbox_ports::Error;
use signalbox_ports::forge::Forge as _;

use crate::world::{World, commit, complaint, git, grant, ok, said, website};

const BRANCH: &str = "signalbox/01J";

async fn push(world: &World, folder: &std::path::Path, token: &str, what: &str) -> Result<(), String> {
    let url = world.with(token, "acme/website");
    let output = git(folder, &["push", &url, what]).await;
    if output.status.success() { Ok(()) } else { Err(complaint(&output)) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_devbox_clones_and_pushes_its_branch_and_nothing_else() {
    let world = World::new().await;
    let writer = world.token("writer", Access::Write, BRANCH).await;
    let reader = world.token("reader", Access::Read, BRANCH).await;
    let folder = world.clone(&writer, "copy").await;
    world.clone(&reader, "other").await;
    let url = world.with(&reader, "acme/website");
    ok(&git(&world.path(""), &["clone", "-q", "--depth", "1", &url, "shallow"]).await);
    ok(&git(&world.path(""), &["clone", "-q", "--filter=blob:none", &url, "partial"]).await);
    ok(&git(&world.path(""), &["-c", "protocol.version=0", "clone", "-q", &url, "old"]).await);
    for (copy, commits) in [("shallow", "1"), ("partial", "12"), ("old", "12"), ("other", "12")] {
        assert_eq!(said(&git(&world.path(copy), &["rev-list", "--count", "HEAD"]).await), commits, "{copy}");
    }

    let first = commit(&folder, "one.txt", b"1").await;
    push(&world, &folder, &writer, &format!("HEAD:refs/heads/{BRANCH}")).await.unwrap();
    assert_eq!(world.tip(BRANCH).await, Some(first.clone()));
    let from_shallow = commit(&world.path("shallow"), "two.txt", b"2").await;
    push(&world, &world.path("shallow"), &writer, &format!("+HEAD:refs/heads/{BRANCH}")).await.unwrap();
    assert_eq!(world.tip(BRANCH).await, Some(from_shallow.clone()), "a branch may be rewritten");

    let only = format!("this token may push to {BRANCH} only");
    for (what, why) in [
        ("HEAD:refs/heads/main".to_owned(), only.clone()),
        ("+HEAD:refs/heads/main".into(), only.clone()),
        ("HEAD:refs/heads/signalbox/01".into(), only.clone()),
        ("HEAD:refs/tags/v1".into(), only.clone()),
        ("HEAD:refs/signalbox/changes/1".into(), only.clone()),
        (":refs/heads/main".into(), only.clone()),
        (format!(":refs/heads/{BRANCH}"), "this token may not delete its branch".into()),
    ] {
        let error = push(&world, &folder, &writer, &what).await.unwrap_err();
        assert!(error.contains("remote rejected") && error.contains(&why), "{what}: {error}");
    }
    let both = git(
        &folder,
        &["push", &world.with(&writer, "acme/website"), &format!("+HEAD:{BRANCH}"), "HEAD:refs/heads/main"],
    )
    .await;
    assert!(complaint(&both).contains("another part of the push was refused"), "{}", complaint(&both));
    let error = push(&world, &folder, &reader, &format!("+HEAD:refs/heads/{BRANCH}")).await.unwrap_err();
    assert!(error.contains("may read acme/website, not push to it") && error.contains("403"), "{error}");
    assert_eq!(world.tip(BRANCH).await, Some(from_shallow));
    assert_eq!(world.tip("main").await.unwrap().as_str(), signalbox_git::sample::HEAD);
    let refs = said(&git(&world.bare(), &["for-each-ref", "--format=%(refname)"]).await);
    assert_eq!(
        refs.lines().filter(|name| !name.contains("/import/")).collect::<Vec<_>>(),
        ["refs/heads/main", "refs/heads/signalbox/01J"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_wrong_late_ended_or_for_elsewhere_opens_nothing() {
    let world = World::new().await;
    let shop = world.path("website").display().to_string();
    world.forge.import(&shop, Some("acme/shop")).await.unwrap();
    let good = world.token("good", Access::Write, BRANCH).await;
    let replaced = world.token("again", Access::Write, BRANCH).await;
    let fresh = world.token("again", Access::Write, BRANCH).await;
    let late = world.token("late", Access::Write, BRANCH).await;
    let ended = world.token("ended", Access::Write, BRANCH).await;
    world.forge.revoke(&"ended".into()).await.unwrap();
    world.forge.revoke(&"ended".into()).await.unwrap();
    world.forge.revoke(&"never was".into()).await.unwrap();
    for entry in std::fs::read_dir(world.path("forge/.tokens")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for token in [&good, &fresh, &late] {
            assert!(!text.contains(token.rsplit_once('_').unwrap().1), "a token is not kept as it is");
        }
        if text.contains("\"late\"") {
            let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
            value["until"] = 1.into();
            std::fs::write(&path, value.to_string()).unwrap();
        }
    }
    let folder = world.clone(&good, "copy").await;
    let tip = commit(&folder, "x", b"x").await;
    let swapped = format!("{}{}", &good[..good.len() - 1], if good.ends_with('A') { "Q" } else { "A" });
    let other_key = good.replace(&good[4..12], "00000000");
    let wrong = ["", "x", "sbx_", "sbx__", "sbx_..%2F..%2Fx_y", &swapped, &other_key, &replaced, &ended, &late];
    for token in wrong {
        for arguments in [vec!["ls-remote"], vec!["push"]] {
            let url = world.with(token, "acme/website");
            let target = format!("HEAD:refs/heads/{BRANCH}");
            let mut arguments = arguments;
            arguments.push(&url);
            if arguments[0] == "push" {
                arguments.push(&target);
            }
            let output = git(&folder, &arguments).await;
            let words = complaint(&output);
            assert!(
                !output.status.success() && words.contains("Authentication failed") || words.contains("could not read"),
                "{token}: {words}"
            );
        }
    }
    for name in
        ["acme/shop", "acme/nothing", "acme/website.git/x", "acme/..%2Facme%2Fwebsite", "--upload-pack=x/website"]
    {
        let url = world.with(&good, name);
        let words = complaint(&git(&folder, &["ls-remote", &url]).await);
        assert!(words.contains("error: 403") || words.contains("not found"), "{name}: {words}");
        let words = complaint(&git(&folder, &["push", &url, &format!("HEAD:refs/heads/{BRANCH}")]).await);
        assert!(words.contains("error: 403") || words.contains("not found"), "{name}: {words}");
    }
    assert!(world.forge.head(&"acme/shop".into(), Some(BRANCH)).await.is_err());
    assert_eq!(world.tip(BRANCH).await, None);
    push(&world, &folder, &fresh, &format!("HEAD:refs/heads/{BRANCH}")).await.unwrap();
    assert_eq!(world.tip(BRANCH).await, Some(tip), "the good ones still open what they should");
}

#[tokio::test]
async fn minting_again_gives_the_same_powers_and_never_after_the_end() {
    let world = World::new().await;
    let mint = |devbox: &'static str, grant: Grant, branch: &'static str| {
        let forge = world.forge.clone();
        async move { forge.mint(&devbox.into(), &website(), &grant, branch).await }
    };
    assert_eq!(mint("none", Grant::default(), BRANCH).await.unwrap().token, None, "no grant, no token");
    mint("box", grant(Access::Read), BRANCH).await.unwrap();
    mint("box", grant(Access::Read), BRANCH).await.unwrap();
    let more = mint("box", grant(Access::Write), BRANCH).await.unwrap_err();
    assert!(more.to_string().contains("other powers already"), "{more}");
    mint("writer", grant(Access::Write), BRANCH).await.unwrap();
    assert!(mint("writer", grant(Access::Write), "signalbox/02J").await.is_err());
    let main = mint("other", grant(Access::Write), "main").await.unwrap_err();
    assert!(main.to_string().contains("is the default branch"), "{main}");
    assert!(matches!(mint("odd", grant(Access::Write), "-f").await, Err(Error::Rejected(_))));
    world.forge.revoke(&"box".into()).await.unwrap();
    world.forge.revoke(&"not yet".into()).await.unwrap();
    for devbox in ["box", "not yet"] {
        let over = mint(devbox, grant(Access::Read), BRANCH).await.unwrap_err();
        assert!(over.to_string().contains("is over"), "{over}");
    }
    let reopened = signalbox_git::Forge::open(world.path("forge"), &world.url).await.unwrap();
    let over = reopened.mint(&"box".into(), &website(), &grant(Access::Read), BRANCH).await;
    assert!(matches!(over, Err(Error::Rejected(_))), "the end is remembered");
}

// `/proc/locks` says who waits for a lock.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_push_that_waits_when_its_token_ends_is_refused_and_the_end_waits_for_a_push_under_way() {
    let world = World::new().await;
    let token = world.token("box", Access::Write, BRANCH).await;
    let folder = world.clone(&token, "copy").await;
    commit(&folder, "x", b"x").await;
    let kept = std::fs::read_dir(world.path("forge/.tokens")).unwrap().next().unwrap().unwrap().path();
    // As if another push was being received: whoever moves a branch holds this lock.
    let lock = File::options().create(true).append(true).open(world.path("forge/.locks/acme~website")).unwrap();
    lock.lock().unwrap();
    let url = world.with(&token, "acme/website");
    let pushing = tokio::spawn(async move { git(&folder, &["push", &url, "HEAD:refs/heads/signalbox/01J"]).await });
    // The push has arrived and passed the door; all that it waits for is the lock.
    let waiting = || {
        let place = format!(":{} ", lock.metadata().unwrap().ino());
        let locks = std::fs::read_to_string("/proc/locks").unwrap();
        locks.lines().any(|line| line.contains("->") && line.contains(&place))
    };
    while !waiting() {
        tokio::task::yield_now().await;
    }
    let forge = world.forge.clone();
    let ending = tokio::spawn(async move { forge.revoke(&"box".into()).await });
    while !std::fs::read_to_string(&kept).unwrap().contains("\"ended\"") {
        tokio::task::yield_now().await;
    }
    assert!(!ending.is_finished(), "the end is not told while something could still move");
    drop(lock);
    ending.await.unwrap().unwrap();
    let output = pushing.await.unwrap();
    assert!(!output.status.success(), "{}", complaint(&output));
    assert_eq!(world.tip(BRANCH).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_the_end_is_told_no_push_moves_the_branch_whenever_it_came() {
    let world = World::new().await;
    let (mut before, mut after) = (0, 0);
    let first = world.token("first", Access::Read, BRANCH).await;
    let folder = world.clone(&first, "copy").await;
    for round in 0..24 {
        let (devbox, branch) = (format!("box{round}"), format!("signalbox/{round}"));
        let token = world.token(&devbox, Access::Write, &branch).await;
        commit(&folder, "x", round.to_string().as_bytes()).await;
        let (url, target) = (world.with(&token, "acme/website"), format!("HEAD:refs/heads/{branch}"));
        let copy = folder.clone();
        let pushing = tokio::spawn(async move { git(&copy, &["push", &url, &target]).await });
        // Later and later, by looking at the clockwork of the push itself: objects arrive while it is received.
        for _ in 0..round * 40 {
            let _ = std::fs::read_dir(world.bare().join("objects")).unwrap().count();
            tokio::task::yield_now().await;
        }
        world.forge.revoke(&devbox.as_str().into()).await.unwrap();
        let told = world.tip(&branch).await;
        let output = pushing.await.unwrap();
        assert_eq!(world.tip(&branch).await, told, "round {round}: the branch moved after the end was told");
        assert_eq!(output.status.success(), told.is_some(), "round {round}: {}", complaint(&output));
        if told.is_some() { before += 1 } else { after += 1 }
    }
    println!("the push won {before} times, the end {after} times");
    assert!(after > 0, "the race was never lost by the push: this test proves nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_fetch_under_way_is_cut_when_its_token_ends() {
    let world = World::new().await;
    let mut noise = vec![0; 48 << 20];
    File::open("/dev/urandom").unwrap().read_exact(&mut noise).unwrap();
    let copy = world.path("website");
    let head = commit(&copy, "noise", &noise).await;
    world.forge.import(copy.to_str().unwrap(), Some("acme/website")).await.unwrap();
    let token = world.token("box", Access::Read, BRANCH).await;
    let url = format!("{}/git/acme/website.git/git-upload-pack", world.url);
    let body = format!("0032want {head}\n00000009done\n");
    let (began, beginning) = tokio::sync::oneshot::channel();
    let (go, gone) = std::sync::mpsc::channel::<()>();
    let fetching = tokio::task::spawn_blocking(move || {
        let basic = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, format!("x-access-token:{token}"));
        let response = ureq::post(&url)
            .header("authorization", format!("Basic {basic}"))
            .header("content-type", "application/x-git-upload-pack-request")
            .send(body)
            .unwrap();
        let mut reader = response.into_body().into_reader();
        let mut bytes = vec![0; 4096];
        reader.read_exact(&mut bytes).unwrap();
        began.send(()).unwrap();
        gone.recv().unwrap();
        let read = reader.read_to_end(&mut bytes);
        (read.is_err(), bytes.len())
    });
    beginning.await.unwrap();
    world.forge.revoke(&"box".into()).await.unwrap();
    go.send(()).unwrap();
    let (broken, length) = fetching.await.unwrap();
    assert!(broken && length < noise.len(), "broken: {broken}, {length} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn big_files_many_branches_and_trees_meant_to_harm_come_through_or_are_refused() {
    let world = World::new().await;
    let token = world.token("box", Access::Write, BRANCH).await;
    let folder = world.clone(&token, "copy").await;
    let mut noise = vec![0; 16 << 20];
    File::open("/dev/urandom").unwrap().read_exact(&mut noise).unwrap();
    commit(&folder, "noise", &noise).await;
    let target = format!("HEAD:refs/heads/{BRANCH}");
    push(&world, &folder, &token, &target).await.unwrap();

    // Hooks, as a file of the repository, are a file of the repository.
    let marker = world.path("marker");
    for hook in ["pre-receive", "update", "post-receive", "post-update", "reference-transaction"] {
        let script = format!("#!/bin/sh\ntouch {}\n", marker.display());
        let path = folder.join(format!("hooks/{hook}"));
        commit(&folder, &format!("hooks/{hook}"), script.as_bytes()).await;
        let runs = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&path, runs).unwrap();
        // The same in the repository's own folder: not even those are run.
        std::fs::create_dir_all(world.bare().join("hooks")).unwrap();
        std::fs::copy(&path, world.bare().join(format!("hooks/{hook}"))).unwrap();
    }
    ok(&git(&folder, &["commit", "-q", "-a", "-m", "They run"]).await);
    push(&world, &folder, &token, &target).await.unwrap();
    let good = world.tip(BRANCH).await;
    assert!(!marker.exists());

    // A tree that would write into `.git` where it is checked out.
    let blob = said(&git(&folder, &["rev-parse", "HEAD:hooks/update"]).await);
    for name in [".git", ".GIT", "..", "."] {
        std::fs::write(world.path("tree"), format!("100755 blob {blob}\t{name}\n")).unwrap();
        let make = format!("git mktree < {}", world.path("tree").display());
        let output = Command::new("sh").args(["-c", &make]).current_dir(&folder).output().unwrap();
        let tree = said(&output);
        let bad = said(&git(&folder, &["commit-tree", "-p", "HEAD", "-m", "Bad", &tree]).await);
        let error = push(&world, &folder, &token, &format!("{bad}:refs/heads/{BRANCH}")).await.unwrap_err();
        assert!(error.contains("remote unpack failed") || error.contains("unpacker error"), "{name}: {error}");
    }
    assert_eq!(world.tip(BRANCH).await, good);

    for place in 0..200 {
        ok(&git(&world.bare(), &["update-ref", &format!("refs/heads/many/{place}"), &format!("HEAD~{}", place % 11)])
            .await);
    }
    let again = world.clone(&token, "again").await;
    ok(&git(&again, &["checkout", "-q", BRANCH]).await);
    assert_eq!(std::fs::read(again.join("noise")).unwrap(), noise);
    // What is asked for by more than a kilobyte of names is asked for packed.
    commit(&world.path("website"), "later", b"later").await;
    let copy = world.path("website").display().to_string();
    world.forge.import(&copy, Some("acme/website")).await.unwrap();
    let fetch = git(&again, &["-c", "protocol.version=0", "fetch", "-q", "--refetch"]).await;
    ok(&fetch);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_door_says_in_words_what_it_does_not_do() {
    let world = World::new().await;
    let token = world.token("box", Access::Write, BRANCH).await;
    let base = format!("{}/git/acme/website.git", world.url);
    let basic = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, format!("x-access-token:{token}"));
    let told = tokio::task::spawn_blocking(move || {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let get = |path: &str, basic: Option<&str>| {
            let mut request = agent.get(format!("{base}{path}"));
            if let Some(basic) = basic {
                request = request.header("authorization", format!("Basic {basic}"));
            }
            let response = request.call().unwrap();
            let asks = response.headers().contains_key("www-authenticate");
            (response.status().as_u16(), asks, response.into_body().read_to_string().unwrap())
        };
        let post = |kind: &str, body: &[u8]| {
            let request =
                agent.post(format!("{base}/git-receive-pack")).header("authorization", format!("Basic {basic}"));
            let response = request.header("content-type", kind).send(body).unwrap();
            (response.status().as_u16(), response.into_body().read_to_string().unwrap())
        };
        let good = "application/x-git-receive-pack-request";
        let packed = Command::new("sh").args(["-c", "head -c 32000000 /dev/zero | gzip"]).output().unwrap().stdout;
        assert!(packed.len() < 100_000);
        let request = agent.post(format!("{base}/git-upload-pack")).header("authorization", format!("Basic {basic}"));
        let request = request.header("content-type", "application/x-git-upload-pack-request");
        let bomb = request.header("content-encoding", "gzip").send(&packed[..]).unwrap().status().as_u16();
        (
            get("/info/refs?service=git-upload-pack", None),
            get("/info/refs", Some(&basic)),
            [
                get("/config", Some(&basic)),
                get("/hooks/update", Some(&basic)),
                get("/HEAD", Some(&basic)),
                get("/signalbox/about.json", Some(&basic)),
            ],
            post("text/plain", b"0000"),
            post(good, b"0000"),
            post(good, b"what is this"),
            bomb,
        )
    });
    let (nobody, dumb, files, typed, probe, noise, bomb) = told.await.unwrap();
    assert_eq!(nobody, (401, true, "a token is needed here\n".into()));
    assert_eq!(dumb.0, 403);
    assert!(files.iter().all(|(status, _, _)| *status == 404), "{files:?}");
    assert_eq!(bomb, 413, "what is small when packed is counted unpacked");
    assert_eq!(typed.0, 400);
    assert_eq!(probe, (200, String::new()));
    assert!(noise.0 == 400 && noise.1.contains("this is not a push as git writes it"), "{noise:?}");
}
