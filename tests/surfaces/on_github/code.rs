//! Where the code is on GitHub, too: one pull request, by real git, with tokens that do no more than their phase.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use signalbox_domain::talk::ThreadId;
use signalbox_domain::time::Span;
use signalbox_ports::store::Store as _;
use signalbox_world::boxes::Act;
use signalbox_world_github::{Conversation, Fault, NewPull};

use super::World;
use super::asked::{SITE, thread};
use super::stories::acts::{after, built};

/// What Ana asks for, in an issue.
pub(super) fn asked(world: &World) -> ThreadId {
    let ana = world.vendor.person("Ana");
    thread(ana.open_issue(SITE, "The price is wrong", "@signalbox it should say $12").unwrap())
}

/// Ana's request, worked.
pub(super) async fn delivered(world: &World) -> (ThreadId, u64) {
    let thread = asked(world);
    world.hear(Span::minutes(5)).await;
    (thread, draft(world).0)
}

/// The one pull request of ours, by its number.
pub(super) fn draft(world: &World) -> (u64, Conversation) {
    let all = world.vendor.pulls(SITE).into_iter();
    let mut ours: Vec<_> = all.filter_map(|number| Some((number, world.vendor.conversation(SITE, number)?))).collect();
    ours.retain(|(_, read)| read.opening.by.ends_with("[bot]"));
    assert_eq!(ours.len(), 1, "one pull request of ours was expected");
    ours.remove(0)
}

/// A file where the pull request proposes it.
pub(super) fn proposed(world: &World, pull: &Conversation, path: &str) -> String {
    let head = &pull.pull.as_ref().unwrap().head;
    world.vendor.file(SITE, head, path).unwrap_or_default()
}

/// How many of our narrowed tokens open something now.
fn live(world: &World) -> usize {
    world.vendor.tokens().into_iter().filter(|token| token.live && token.repositories.is_some()).count()
}

#[tokio::test]
async fn a_request_becomes_one_draft_with_the_template_the_requester_and_the_thread() {
    let world = World::forged();
    let template = "## What\n\n## Checklist\n- [ ] told support\n";
    let max = world.vendor.person("Max");
    max.push(SITE, "main", "A template", &[(".github/pull_request_template.md", Some(template))]).unwrap();
    let (thread, _) = delivered(&world).await;
    let transcript = world.transcript(&thread).await;
    assert!(transcript.contains("Ready for review: “Pricing: $9 → $12”"), "{transcript}");
    assert!(!transcript.contains("BUT IS SEEN AS"), "{transcript}");
    let (_, read) = draft(&world);
    let body = &read.opening.body;
    let pull = read.pull.as_ref().unwrap();
    assert!(pull.draft && pull.base_branch == "main" && pull.head_branch.starts_with("signalbox/"), "{pull:?}");
    assert!(body.starts_with("## What\n\nChanges the price.") && body.contains("- [ ] told support"), "{body}");
    assert!(body.contains("Asked for by Ana") && body.contains("it should say $12"), "{body}");
    let here = format!("{}/{SITE}/issues/{}", world.vendor.url(), thread.root);
    assert!(body.contains(&format!("Asked for here: <{here}>")), "{body}");
    assert_eq!(proposed(&world, &read, "src/pricing.html"), "<p>$12</p>\n");
}

#[tokio::test]
async fn a_token_is_for_one_repository_and_one_phase_and_ends_with_it() {
    let world = World::forged();
    world.script("build", vec![after(60, built())]);
    asked(&world);
    world.hear(Span::seconds(20)).await;
    assert_eq!(live(&world), 1, "the phase at work has one");
    world.hear(Span::minutes(5)).await;
    assert_eq!(live(&world), 0);
    let narrowed = world.vendor.tokens().into_iter().filter(|token| token.repositories.is_some());
    let given: Vec<_> = narrowed.map(|token| (token.repositories.unwrap(), token.permissions)).collect();
    assert_eq!(given.len(), 4, "plan, build, check, review");
    assert!(given.iter().all(|(repositories, _)| *repositories == [SITE]));
    let writes = |(_, permissions): &&(Vec<String>, Vec<String>)| permissions.iter().any(|it| it.ends_with(":write"));
    assert_eq!(given.iter().filter(writes).count(), 1, "only what builds may push: {given:?}");
}

#[tokio::test]
async fn a_pull_request_whose_making_was_answered_with_silence_is_there_once() {
    let world = World::forged();
    let fell = Arc::new(AtomicU32::new(0));
    let counted = fell.clone();
    world.vendor.trouble(move |called| {
        let makes = called.method == "POST" && called.template == "/repos/{owner}/{repo}/pulls";
        if makes && counted.fetch_add(1, Ordering::SeqCst) == 0 { Fault::After } else { Fault::Pass }
    });
    let (thread, _) = delivered(&world).await;
    assert_eq!(fell.load(Ordering::SeqCst), 1, "it was found, not made again");
    let transcript = world.transcript(&thread).await;
    assert_eq!(transcript.matches("Ready for review").count(), 1, "{transcript}");
}

#[tokio::test]
async fn while_nobody_can_say_what_somebody_may_do_nothing_is_started() {
    let world = World::forged();
    let permission = |status| {
        move |called: &signalbox_world_github::Called| {
            if called.template.ends_with("/permission") { Fault::Status(status) } else { Fault::Pass }
        }
    };
    world.vendor.trouble(permission(500));
    let thread = asked(&world);
    world.hear(Span::minutes(20)).await;
    assert_eq!((world.store.runs(9).await.unwrap().len(), world.boxes.made(), live(&world)), (0, 0, 0));
    world.vendor.calm();
    world.hear(Span::minutes(20)).await;
    assert!(world.transcript(&thread).await.contains("Ready for review"), "it was put off, not lost");

    let world = World::forged();
    world.vendor.trouble(permission(403));
    asked(&world);
    world.hear(Span::minutes(20)).await;
    assert_eq!((world.store.runs(9).await.unwrap().len(), world.boxes.made(), live(&world)), (0, 0, 0));
}

#[tokio::test]
async fn workflows_and_policy_are_those_of_the_default_branch() {
    let world = World::forged();
    let max = world.vendor.person("Max");
    // A branch that says how requests on it are worked: without a plan, a check or a review.
    let workflow = "name: build\ndescription: Anything goes.\nphases:\n  - name: build\n    agent: default\n";
    let files = [(".signalbox/workflows/build.yaml", Some(workflow)), ("src/pricing.html", Some("<p>$10</p>\n"))];
    max.push(SITE, "ten", "My own rules", &files).unwrap();
    let pull = max.open_pull(SITE, &NewPull { title: "Ten", head: "ten", ..NewPull::default() }).unwrap();
    world.vendor.person("Ana").comment(SITE, pull, "@signalbox it should say $12").unwrap();
    world.hear(Span::minutes(5)).await;
    let phases: Vec<String> = world.boxes.assignments().iter().map(|told| told.attempt.phase.0.clone()).collect();
    assert_eq!(phases, ["plan", "build", "check", "review"]);
}

#[tokio::test]
async fn what_rules_the_repository_is_not_changed_by_an_agent() {
    for path in ["CODEOWNERS", ".github/CODEOWNERS", ".github/workflows/ci.yml", ".signalbox/workflows/build.yaml"] {
        let world = World::forged();
        let mut acts = built();
        acts.insert(0, Act::Write(path, "mine\n"));
        world.script("build", vec![acts]);
        let thread = asked(&world);
        world.hear(Span::minutes(5)).await;
        let transcript = world.transcript(&thread).await;
        assert!(!transcript.contains("Ready for review"), "{path}: {transcript}");
        assert!(world.vendor.pulls(SITE).is_empty(), "{path}");
    }
}
