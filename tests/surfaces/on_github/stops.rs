//! A run is stopped from wherever somebody reaches for it: one end, and its box is gone.
//!
//! A reaction stops nothing: GitHub tells no App of reactions.

use signalbox_domain::talk::ThreadId;
use signalbox_domain::time::Span;
use signalbox_world_github::{Ci, CiJob, NewPull};

use super::World;
use super::asked::{SITE, thread};
use super::code::draft;
use super::stories::acts::{after, built, wrote};

/// The places there are on a run that is at work for the first time.
const PLACES: [&str; 9] = [
    "a comment",
    "a command",
    "a comment that asked, deleted",
    "the issue closed",
    "the issue deleted",
    "its label taken off",
    "its assignment taken back",
    "the button of a check",
    "an edit that takes the request back and says stop",
];

#[tokio::test]
async fn a_run_is_stopped_from_each_of_its_places_with_one_end() {
    for place in PLACES {
        let world = World::forged_with(|settings| settings.assignee = Some("robot".into()), |_| {});
        world.script("build", vec![after(600, built())]);
        world.vendor.collaborator(SITE, "Cy", Some(signalbox_world_github::Role::Admin)).unwrap();
        let (thread, comment) = begun(&world, place).await;
        world.hear(Span::seconds(20)).await;
        assert_eq!(world.boxes.live().len(), 1, "{place}");
        stop(&world, place, &thread, comment).await;
        world.hear(Span::minutes(2)).await;
        let run = world.run(&thread).await.unwrap();
        assert_eq!(run.outcome().map(|outcome| outcome.name()), Some("stopped"), "{place}: {run:?}");
        assert_eq!(world.boxes.live().len(), 0, "{place}");
        if place == "the issue deleted" {
            world.abandon();
            continue;
        }
        assert_eq!(world.unkept().await, Vec::<String>::new(), "{place}: {}", world.transcript(&thread).await);
    }
}

/// A request that can be taken back there, and the comment that asked.
async fn begun(world: &World, place: &str) -> (ThreadId, u64) {
    let (ana, max) = (world.vendor.person("Ana"), world.vendor.person("Max"));
    let issue = match place {
        // Only a pull request has checks.
        "the button of a check" => {
            max.push(SITE, "ten", "Ten", &[("src/faq.html", Some("<p>It costs $10.</p>\n"))]).unwrap();
            max.open_pull(SITE, &NewPull { title: "Ten", head: "ten", ..NewPull::default() }).unwrap()
        }
        _ => ana.open_issue(SITE, "The price should say $12", "").unwrap(),
    };
    let mut comment = 0;
    match place {
        "its label taken off" => {
            max.call("POST", SITE, "labels", serde_json::json!({ "name": "signalbox", "color": "0e8a16" })).unwrap();
            ana.label(SITE, issue, "signalbox").unwrap();
        }
        "its assignment taken back" => {
            world.vendor.collaborator(SITE, "robot", Some(signalbox_world_github::Role::Write)).unwrap();
            ana.assign(SITE, issue, "robot").unwrap();
        }
        _ => comment = ana.comment(SITE, issue, "@signalbox please").unwrap(),
    }
    (thread(issue), comment)
}

async fn stop(world: &World, place: &str, thread: &ThreadId, comment: u64) {
    let ana = world.vendor.person("Ana");
    let issue = thread.root.parse().unwrap();
    match place {
        "a comment" => drop(ana.comment(SITE, issue, "@signalbox stop").unwrap()),
        "a command" => drop(ana.comment(SITE, issue, "/signalbox stop").unwrap()),
        "a comment that asked, deleted" => ana.delete_comment(SITE, comment).unwrap(),
        "the issue closed" => ana.close(SITE, issue).unwrap(),
        "the issue deleted" => world.vendor.person("Cy").delete_issue(SITE, issue).unwrap(),
        "its label taken off" => ana.unlabel(SITE, issue, "signalbox").unwrap(),
        "its assignment taken back" => ana.unassign(SITE, issue, "robot").unwrap(),
        "the button of a check" => {
            let checks = world.vendor.checks(SITE, None);
            let check = checks.iter().find(|check| check.status == "in_progress").expect("a check of ours");
            ana.press(SITE, check.id, "stop").unwrap();
        }
        _ => ana.edit_comment(SITE, comment, "@signalbox stop").unwrap(),
    }
}

#[tokio::test]
async fn on_the_draft_of_a_run_asked_elsewhere_stop_needs_no_mention() {
    for place in ["a comment", "the draft closed"] {
        let world = World::forged();
        world.vendor.ci(SITE, Ci { hold: true, ..Ci::of([CiJob::green("unit")]) }).unwrap();
        watched(&world);
        let thread = super::code::asked(&world);
        world.hear(Span::minutes(2)).await;
        let (number, _) = draft(&world);
        assert!(!world.run(&thread).await.unwrap().ended(), "it watches");
        let ana = world.vendor.person("Ana");
        match place {
            "a comment" => drop(ana.comment(SITE, number, "stop").unwrap()),
            _ => ana.close(SITE, number).unwrap(),
        }
        world.hear(Span::minutes(2)).await;
        let transcript = world.transcript(&thread).await;
        assert!(transcript.contains("Stopped by Ana"), "{place}: {transcript}");
    }
}

#[tokio::test]
async fn who_may_not_stop_it_stops_nothing_by_closing_the_issue() {
    let world = World::forged();
    world.script("build", vec![after(60, built()), wrote("<p>$12</p>\n", "Pricing")]);
    let thread = super::code::asked(&world);
    world.hear(Span::seconds(20)).await;
    let issue = thread.root.parse().unwrap();
    world.vendor.person("Bo").close(SITE, issue).unwrap();
    world.hear(Span::minutes(5)).await;
    let transcript = world.transcript(&thread).await;
    assert!(transcript.contains("Only Ana") && transcript.contains("Ready for review"), "{transcript}");
}

/// The repository has workflows.
fn watched(world: &World) {
    let max = world.vendor.person("Max");
    max.push(SITE, "main", "CI", &[(".github/workflows/ci.yml", Some("on: push\n"))]).unwrap();
}
