use signalbox_domain::change::{Check, Proposed};
use signalbox_domain::devbox::DiffStat;
use signalbox_domain::id::{Commit, EffectId};
use signalbox_git::State;
use signalbox_ports::Error;
use signalbox_ports::forge::Forge as _;

use crate::world::{World, ana, git, said, website};

fn effect(version: u64) -> EffectId {
    EffectId { run: "01J".into(), version, index: 0 }
}

fn proposed(head: &Commit) -> Proposed {
    Proposed {
        repository: website(),
        base: None,
        branch: "signalbox/01J".into(),
        head: head.clone(),
        title: "Pricing: $9 to $12".into(),
        body: "Asked for by Ana.".into(),
        draft: true,
        checks: vec![Check { name: "Check".into(), passed: true, summary: "12 checks, 0 failed".into() }],
    }
}

fn words<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Rejected(words)) => words,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_run_has_one_change_request_however_often_it_is_opened() {
    let world = World::new().await;
    let head = world.branch("signalbox/01J", "main", "src/new.html", "one\ntwo\n").await;
    let first = world.forge.open(&effect(3), &"01J".into(), &proposed(&head)).await.unwrap();
    assert_eq!((first.number, &first.head, first.draft), (1, &head, true));
    assert_eq!(first.url, format!("{}/changes/acme/website/1", world.url));
    assert_eq!(first.diff, DiffStat { files: 1, added: 2, removed: 0 });
    for _ in 0..3 {
        assert_eq!(world.forge.open(&effect(3), &"01J".into(), &proposed(&head)).await.unwrap(), first);
    }

    let newer = world.branch("signalbox/01J", "signalbox/01J", "src/new.html", "one\n").await;
    let update = Proposed { title: "Better".into(), draft: false, ..proposed(&newer) };
    let second = world.forge.open(&effect(5), &"01J".into(), &update).await.unwrap();
    assert_eq!((second.number, second.title.as_str(), &second.head), (1, "Better", &newer));
    assert_eq!(second.diff, DiffStat { files: 1, added: 1, removed: 0 });
    let late = world.forge.open(&effect(3), &"01J".into(), &proposed(&head)).await.unwrap();
    assert_eq!(late, second, "an old effect that is done again late undoes nothing");

    let other = Proposed {
        branch: "signalbox/02J".into(),
        ..proposed(&world.branch("signalbox/02J", "main", "x", "x\n").await)
    };
    let id = EffectId { run: "02J".into(), ..effect(1) };
    assert_eq!(world.forge.open(&id, &"02J".into(), &other).await.unwrap().number, 2);
    let records = world.forge.changes(&website()).await.unwrap();
    assert_eq!(records.iter().map(|record| record.number).collect::<Vec<_>>(), [2, 1]);

    let (change, text) = world.forge.change(&website(), 1, 1 << 20).await.unwrap().unwrap();
    assert_eq!(change, second);
    assert!(text.starts_with("Asked for by Ana.\n\n---\ndiff --git a/src/new.html b/src/new.html\n"), "{text}");
    let (_, short) = world.forge.change(&website(), 1, 120).await.unwrap().unwrap();
    assert!(short.len() <= 120 && short.contains("[cut here"), "{short}");
    assert_eq!(world.forge.change(&website(), 9, 100).await.unwrap(), None);
    assert_eq!(world.forge.proposed(&website(), 1).await.unwrap(), Some(newer.clone()));
    assert_eq!(world.forge.issue(&website(), 1).await.unwrap(), None, "nobody talks here");
    let past = world.forge.history(&website(), &newer, "src/new.html", 9).await.unwrap().unwrap();
    assert_eq!(past.first().map(|past| &past.commit), Some(&newer));
    assert!(past.len() == 2 && past.iter().all(|past| !past.title.is_empty() && past.at.0 > 0), "{past:?}");
    assert_eq!(world.forge.history(&website(), &newer, "src/new.html", 1).await.unwrap().unwrap().len(), 1);
    assert_eq!(world.forge.history(&website(), &newer, "nowhere", 9).await.unwrap().unwrap(), []);
    let hits = world.forge.search(&website(), "<h1>", 9).await.unwrap().unwrap();
    assert!(hits.iter().all(|hit| hit.text.contains("<h1>") && hit.line.is_some()), "{hits:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_who_open_at_once_get_the_same_change_request_and_different_runs_different_ones() {
    let world = World::new().await;
    let head = world.branch("signalbox/01J", "main", "x", "x\n").await;
    let mut opening = tokio::task::JoinSet::new();
    for place in 0..12 {
        let (forge, head) = (world.forge.clone(), head.clone());
        let run = format!("run{}", place % 3);
        opening.spawn(async move {
            let id = EffectId { run: run.clone().into(), version: 1, index: 0 };
            (run.clone(), forge.open(&id, &run.into(), &proposed(&head)).await.unwrap().number)
        });
    }
    let mut numbers = opening.join_all().await;
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), 3, "{numbers:?}");
    assert_eq!(world.forge.changes(&website()).await.unwrap().len(), 3);
}

#[tokio::test]
async fn what_a_crash_left_half_written_is_neither_shown_nor_in_the_way() {
    let world = World::new().await;
    let head = world.branch("signalbox/01J", "main", "x", "x\n").await;
    let folder = world.bare().join("signalbox/changes");
    std::fs::create_dir_all(&folder).unwrap();
    // A crash after the file was begun, and one after the commit was pinned but before the file was there.
    std::fs::write(folder.join(".writing-AbC"), "{\"format\":").unwrap();
    said(&git(&world.bare(), &["update-ref", "refs/signalbox/changes/1", "main"]).await);
    assert_eq!(world.forge.changes(&website()).await.unwrap(), []);
    let change = world.forge.open(&effect(1), &"01J".into(), &proposed(&head)).await.unwrap();
    assert_eq!(change.number, 1);
    assert_eq!(said(&git(&world.bare(), &["rev-parse", "refs/signalbox/changes/1"]).await), head.0);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "only the change request is left");
    // A crash after everything was written, before anybody was told: done again, it is the same one.
    let reopened = signalbox_git::Forge::open(world.path("forge"), &world.url).await.unwrap();
    assert_eq!(reopened.open(&effect(1), &"01J".into(), &proposed(&head)).await.unwrap(), change);
}

#[tokio::test]
async fn a_branch_elsewhere_or_without_a_difference_is_refused_in_words() {
    let world = World::new().await;
    let head = world.branch("signalbox/01J", "main", "x", "x\n").await;
    let open = |proposed: Proposed| {
        let forge = world.forge.clone();
        async move { words(forge.open(&effect(1), &"01J".into(), &proposed).await) }
    };
    let main: Commit = signalbox_git::sample::HEAD.into();
    assert!(open(proposed(&main)).await.contains(&format!("is at {head}, not at {main}")));
    assert!(open(Proposed { branch: "none".into(), ..proposed(&head) }).await.contains("has no branch none"));
    assert!(open(Proposed { branch: "main".into(), ..proposed(&main) }).await.contains("cannot be merged into itself"));
    assert!(
        open(Proposed { base: Some("next".into()), ..proposed(&head) }).await.contains("no branch next to merge into")
    );
    assert!(
        open(Proposed { repository: "acme/shop".into(), ..proposed(&head) }).await.contains("there is no repository")
    );
    assert!(open(Proposed { branch: "--all".into(), ..proposed(&head) }).await.contains("cannot be a branch's name"));
    let back = world.branch("signalbox/back", "signalbox/01J", "y", "y\n").await;
    let bare = world.bare();
    let tree = said(&git(&bare, &["rev-parse", "main^{tree}"]).await);
    let undone = said(&git(&bare, &["commit-tree", "-p", &back.0, "-m", "Undo", &tree]).await);
    said(&git(&bare, &["update-ref", "refs/heads/undone", &undone]).await);
    let undone = Proposed { branch: "undone".into(), ..proposed(&undone.into()) };
    assert!(open(undone).await.contains("does not differ from main"));
    let alien = said(&git(&bare, &["commit-tree", "-m", "Alien", &tree]).await);
    said(&git(&bare, &["update-ref", "refs/heads/alien", &alien]).await);
    assert!(open(Proposed { branch: "alien".into(), ..proposed(&alien.into()) }).await.contains("no commit in common"));
    assert_eq!(world.forge.changes(&website()).await.unwrap(), []);
}

#[tokio::test]
async fn a_person_merges_what_they_saw_and_nothing_else() {
    let world = World::new().await;
    let head = world.branch("signalbox/01J", "main", "x", "x\n").await;
    world.forge.open(&effect(1), &"01J".into(), &proposed(&head)).await.unwrap();
    let newer = world.branch("signalbox/01J", "signalbox/01J", "y", "y\n").await;
    assert!(world.forge.show(&website(), 1, 1000).await.unwrap().unwrap().moved);
    assert!(
        words(world.forge.merge(&website(), 1, &head, &ana()).await).contains("has changed since you looked at it")
    );
    assert!(
        words(world.forge.merge(&website(), 1, &newer, &ana()).await).contains("has changed since you looked at it")
    );
    world.forge.open(&effect(2), &"01J".into(), &proposed(&newer)).await.unwrap();
    assert!(
        words(world.forge.merge(&website(), 1, &head, &ana()).await).contains("has changed since you looked at it")
    );
    assert_eq!(world.tip("main").await.unwrap().as_str(), signalbox_git::sample::HEAD, "nothing was merged so far");

    let record = world.forge.merge(&website(), 1, &newer, &ana()).await.unwrap();
    assert!(matches!(&record.state, State::Merged { by, commit, .. } if by.name == "Ana" && *commit == newer));
    assert_eq!(world.tip("main").await, Some(newer.clone()), "forward, without a commit of its own");
    assert_eq!(world.forge.merge(&website(), 1, &newer, &ana()).await.unwrap(), record, "pressed twice");
    assert!(words(world.forge.close(&website(), 1, &ana()).await).contains("was merged already, by Ana"));
    let shown = world.forge.show(&website(), 1, 10_000).await.unwrap().unwrap();
    assert!(shown.diff.contains("+x"), "what was merged can still be seen: {}", shown.diff);
    let again = world.forge.open(&effect(2), &"01J".into(), &proposed(&newer)).await.unwrap();
    assert_eq!(again.number, 1, "the effect done again after the merge changes nothing");
    let more = world.branch("signalbox/01J", "signalbox/01J", "z", "z\n").await;
    assert!(
        words(world.forge.open(&effect(3), &"01J".into(), &proposed(&more)).await)
            .contains("was merged already, by Ana")
    );
}

#[tokio::test]
async fn branches_that_both_moved_are_joined_or_the_conflict_is_said() {
    let world = World::new().await;
    let head = world.branch("signalbox/01J", "main", "x", "x\n").await;
    world.forge.open(&effect(1), &"01J".into(), &proposed(&head)).await.unwrap();
    let base = world.branch("main", "main", "elsewhere", "1\n").await;
    let record = world.forge.merge(&website(), 1, &head, &ana()).await.unwrap();
    let parents = said(&git(&world.bare(), &["log", "-1", "--format=%P|%an|%ce|%s", "main"]).await);
    assert_eq!(parents, format!("{base} {head}|Ana|ana@example.com|Merge change request 1: Pricing: $9 to $12"));
    assert_eq!(record.diff.files, 1, "what it changed does not include what came meanwhile");

    let clash = world.branch("signalbox/02J", "main", "elsewhere", "2\n").await;
    let id = EffectId { run: "02J".into(), ..effect(1) };
    let change = Proposed { branch: "signalbox/02J".into(), ..proposed(&clash) };
    world.forge.open(&id, &"02J".into(), &change).await.unwrap();
    let moved = world.branch("main", "main", "elsewhere", "3\n").await;
    assert!(
        words(world.forge.merge(&website(), 2, &clash, &ana()).await).contains("conflicts with what main has become")
    );
    assert_eq!(world.tip("main").await, Some(moved));
    assert!(matches!(world.forge.close(&website(), 2, &ana()).await.unwrap().state, State::Closed { .. }));
    assert!(matches!(world.forge.close(&website(), 2, &ana()).await.unwrap().state, State::Closed { .. }));
    assert!(words(world.forge.merge(&website(), 2, &clash, &ana()).await).contains("was closed by Ana"));
    assert!(words(world.forge.merge(&website(), 7, &clash, &ana()).await).contains("has no change request 7"));
}

#[tokio::test]
async fn a_merge_that_was_cut_off_after_the_branch_moved_is_over_when_it_is_asked_for_again() {
    let world = World::new().await;
    let head = world.branch("signalbox/01J", "main", "x", "x\n").await;
    world.forge.open(&effect(1), &"01J".into(), &proposed(&head)).await.unwrap();
    said(&git(&world.bare(), &["update-ref", "refs/heads/main", &head.0]).await);
    let record = world.forge.merge(&website(), 1, &head, &ana()).await.unwrap();
    assert!(matches!(record.state, State::Merged { commit, .. } if commit == head));
}
