//! A repository that gets another name: GitHub points from the old one to it, and what is under way goes on there.

use signalbox_domain::time::Span;
use signalbox_ports::store::Store as _;
use signalbox_world_github::{Ci, CiJob, Role};

use super::World;
use super::asked::SITE;
use super::code::{asked, draft};
use super::stories::acts::{after, built};

/// What it is called afterwards.
const SHOP: &str = "acme/shop";

#[tokio::test]
async fn a_run_at_work_goes_on_where_its_repository_is_now() {
    let world = World::forged();
    world.vendor.collaborator(SITE, "Max", Some(Role::Admin)).unwrap();
    world.script("build", vec![after(60, built())]);
    let thread = asked(&world);
    world.hear(Span::seconds(20)).await;
    world.vendor.person("Max").rename(SITE, "shop").unwrap();
    world.hear(Span::minutes(5)).await;
    assert_eq!(world.vendor.pulls(SHOP).len(), 1, "{:?}", world.run(&thread).await);
    let read = world.vendor.conversation(SHOP, thread.root.parse().unwrap()).unwrap();
    let said: Vec<&str> = read.shown().iter().map(|said| said.body.as_str()).collect();
    assert_eq!(said.iter().filter(|said| said.contains("Ready for review")).count(), 1, "{said:?}");
    assert!(world.vendor.tokens().iter().all(|token| token.repositories.is_none() || !token.live));
    world.abandon();
}

#[tokio::test]
async fn what_is_said_in_its_thread_under_the_new_name_reaches_the_run() {
    let world = World::forged();
    world.vendor.collaborator(SITE, "Max", Some(Role::Admin)).unwrap();
    world.script("build", vec![after(600, built())]);
    let thread = asked(&world);
    world.hear(Span::seconds(20)).await;
    world.vendor.person("Max").rename(SITE, "shop").unwrap();
    let issue = thread.root.parse().unwrap();
    world.vendor.person("Ana").comment(SHOP, issue, "@signalbox stop").unwrap();
    world.hear(Span::minutes(2)).await;
    let run = world.run(&thread).await.unwrap();
    assert_eq!(run.outcome().map(|outcome| outcome.name()), Some("stopped"), "{run:?}");
    assert_eq!(world.boxes.live().len(), 0);
    assert_eq!(world.store.runs(9).await.unwrap().len(), 1, "no second run was begun by the stop");
    let read = world.vendor.conversation(SHOP, issue).unwrap();
    let closings = read.shown().iter().filter(|said| said.body.contains("Stopped by Ana")).count();
    assert_eq!(closings, 1, "it is told where people are now");
    world.abandon();
}

#[tokio::test]
async fn a_word_on_the_draft_of_a_renamed_repository_is_for_the_run_that_opened_it() {
    let world = World::forged();
    world.vendor.collaborator(SITE, "Max", Some(Role::Admin)).unwrap();
    let max = world.vendor.person("Max");
    max.push(SITE, "main", "CI", &[(".github/workflows/ci.yml", Some("on: push\n"))]).unwrap();
    world.vendor.ci(SITE, Ci { hold: true, ..Ci::of([CiJob::green("unit")]) }).unwrap();
    let thread = asked(&world);
    world.hear(Span::minutes(2)).await;
    let (number, _) = draft(&world);
    max.rename(SITE, "shop").unwrap();
    world.vendor.person("Ana").comment(SHOP, number, "stop").unwrap();
    world.hear(Span::minutes(2)).await;
    let run = world.run(&thread).await.unwrap();
    assert_eq!(run.outcome().map(|outcome| outcome.name()), Some("stopped"), "{run:?}");
    world.abandon();
}

#[tokio::test]
async fn what_is_asked_anew_is_asked_under_the_new_name() {
    let world = World::forged();
    world.vendor.collaborator(SITE, "Max", Some(Role::Admin)).unwrap();
    world.script("build", vec![after(600, built())]);
    let old = asked(&world);
    world.hear(Span::seconds(20)).await;
    world.vendor.person("Max").rename(SITE, "shop").unwrap();
    let ana = world.vendor.person("Ana");
    let issue = ana.open_issue(SHOP, "The price is wrong", "@signalbox it should say $13").unwrap();
    world.hear(Span::seconds(20)).await;
    let runs = world.store.runs(9).await.unwrap();
    let rooms: Vec<&str> = runs.iter().map(|run| run.thread.room.as_str()).collect();
    assert!(rooms.contains(&SHOP) && rooms.contains(&SITE), "{rooms:?}, issue {issue}");
    assert!(!world.run(&old).await.unwrap().ended());
    world.abandon();
}

#[tokio::test]
async fn whoever_takes_the_old_name_speaks_to_no_run_that_was_begun_under_it() {
    let world = World::forged();
    world.vendor.collaborator(SITE, "Max", Some(Role::Admin)).unwrap();
    world.script("build", vec![after(600, built())]);
    let thread = asked(&world);
    world.hear(Span::seconds(20)).await;
    let (ana, max) = (world.vendor.person("Ana"), world.vendor.person("Max"));
    max.rename(SITE, "shop").unwrap();
    // It is known under its new name before somebody takes the old one.
    ana.comment(SHOP, thread.root.parse().unwrap(), "Thank you.\n\n@signalbox verbose").unwrap();
    world.hear(Span::seconds(20)).await;
    world.vendor.repository(SITE, &[("README.md", "Another site\n")]).unwrap();
    world.vendor.collaborator(SITE, "Ana", Some(Role::Write)).unwrap();
    let number = ana.open_issue(SITE, "Something else", "@signalbox stop").unwrap();
    assert_eq!(number.to_string(), thread.root, "it would be the same thread, by its name");
    world.hear(Span::minutes(1)).await;
    assert_eq!(world.store.runs(9).await.unwrap().len(), 1);
    assert!(!world.run(&thread).await.unwrap().ended(), "a word in another repository stopped it");
    world.abandon();
}
