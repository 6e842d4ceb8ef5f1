//! One conversation, one change request, as long as it can be added to.

use super::World;
use expect_test::expect;
use signalbox_domain::time::Span;
use signalbox_ports::Error;
use signalbox_world::boxes::Act;
use signalbox_world::fault::Fault;

use super::acts::{approved, built, failed, pass, told, wrote};

const CHANGE: &str = "the price should say $12";

async fn delivered(world: &World) -> signalbox_domain::talk::ThreadId {
    world.script("build", vec![built(), wrote("<p><b>$12</b></p>\n", "Bold"), wrote("<p><i>$12</i></p>\n", "Italic")]);
    let thread = world.ask("web", "Ana", CHANGE).await;
    world.pass(Span::minutes(5)).await;
    thread
}

#[tokio::test]
async fn what_is_asked_after_a_delivery_is_added_to_its_change_request() {
    let world = World::default();
    world.forge.check(vec![vec![pass()]]);
    let thread = delivered(&world).await;
    let first = world.forge.changes()[0].clone();
    world.reply(&thread, "Ana", "make it bold").await;
    world.pass(Span::minutes(5)).await;
    world.reply(&thread, "Max", "italic, rather").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            ▸ CI         done
            0 s · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once. The forge's one check passes.
            acme/website · plan → build → check → review · 0 s · $0.56 · run:1
            [View change request]
        Ana: make it bold  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            ▸ CI         done
            0 s · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once. The forge's one check passes.
            acme/website · plan → build → check → review · 0 s · $0.56 · run:2
            [View change request]
        Max: italic, rather  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            ▸ CI         done
            0 s · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once. The forge's one check passes.
            acme/website · plan → build → check → review · 0 s · $0.56 · run:3
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    let changes = world.forge.changes();
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].branch.clone(), changes[0].run.clone()), (first.branch, first.run));
    assert_ne!(changes[0].change.head, first.change.head);
    // The second and the third begin where the one before ended.
    let starts: Vec<_> = world
        .boxes
        .assignments()
        .iter()
        .filter(|told| told.attempt.phase.0 == "plan")
        .filter_map(|told| told.checkout.as_ref().map(|checkout| checkout.start.clone()))
        .collect();
    assert_eq!(starts[1], first.change.head);
}

#[tokio::test]
async fn a_merged_change_request_is_not_added_to() {
    let world = World::default();
    let thread = delivered(&world).await;
    world.forge.close(1);
    world.reply(&thread, "Ana", "make it bold").await;
    world.pass(Span::minutes(5)).await;
    let changes = world.forge.changes();
    assert_eq!(changes.len(), 2);
    assert_ne!(changes[0].branch, changes[1].branch);
    world.reply(&thread, "Ana", "italic, rather").await;
    world.pass(Span::minutes(5)).await;
    assert_eq!(world.forge.changes().len(), 2, "the second one is added to");
}

#[tokio::test]
async fn another_repository_is_another_change_request() {
    let world = World::default();
    let thread = delivered(&world).await;
    world.script("build", vec![vec![Act::Write("src/main.rs", "fn main() { run() }\n")]]);
    world.reply(&thread, "Ana", "call run repo:acme/api").await;
    world.pass(Span::minutes(5)).await;
    let changes = world.forge.changes();
    assert_eq!(changes.len(), 2);
    assert_eq!(changes[1].change.title, "call run");
}

#[tokio::test]
async fn a_run_that_failed_in_between_breaks_no_chain() {
    let world = World::default();
    let thread = delivered(&world).await;
    world.boxes.refuse("no machine is left");
    world.reply(&thread, "Ana", "make it bold").await;
    world.pass(Span::minutes(5)).await;
    world.boxes.allow();
    world.faults.fail_next("forge.head", Fault::FailBefore(Error::rejected("acme/website has no branch main")));
    world.reply(&thread, "Ana", "bold, please").await;
    world.pass(Span::minutes(5)).await;
    world.reply(&thread, "Ana", "italic, rather").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            0 s · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 0 s · $0.56 · run:1
            [View change request]
        Ana: make it bold  ❌
        Signalbox: acme/website: failed.
            ▸ Plan       failed
            ▸ Approve    —
            ▸ Build      —
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            0 s · $0.00 of $8
        Signalbox: Plan could not begin: no machine is left
            acme/website · 0 s · $0.00 · run:2
            [Retry]
        Ana: bold, please  ❌
        Signalbox: acme/website: failed.
        Signalbox: acme/website has no branch main
            Nothing was changed. Once that is put right, press Retry.
            0 s · $0.00 · run:3
            [Retry]
        Ana: italic, rather  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            0 s · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 0 s · $0.56 · run:4
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert_eq!(world.forge.changes().len(), 1);
    assert_eq!(told(&world, "build", "italic").len(), 2);
}

#[tokio::test]
async fn nothing_to_add_delivers_nothing_and_the_next_goes_on_all_the_same() {
    let world = World::default();
    let thread = delivered(&world).await;
    world.script("build", vec![vec![], wrote("<p><b>$12</b></p>\n", "Bold")]);
    world.reply(&thread, "Ana", "is it bold").await;
    world.pass(Span::minutes(5)).await;
    world.reply(&thread, "Ana", "make it bold").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            0 s · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 0 s · $0.56 · run:1
            [View change request]
        Ana: is it bold  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      not needed
            ▸ Review     not needed
            ▸ Open       not needed
            0 s · $0.11 of $8
        Signalbox: Nothing needed to be changed (the agent changed nothing and did not say why).
            acme/website · plan → build · 0 s · $0.11 · run:2
        Ana: make it bold  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            0 s · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 0 s · $0.56 · run:3
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert_eq!(world.forge.changes().len(), 1);
}

#[tokio::test]
async fn what_was_refused_once_does_not_slip_in_with_the_next() {
    let world = World::default();
    let thread = delivered(&world).await;
    world.script("build", vec![vec![Act::Write("CODEOWNERS", "* @ana\n")], wrote("<p><b>$12</b></p>\n", "Bold")]);
    world.reply(&thread, "Ana", "make Ana own everything").await;
    world.pass(Span::minutes(5)).await;
    world.reply(&thread, "Ana", "make it bold").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            0 s · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 0 s · $0.56 · run:1
            [View change request]
        Ana: make Ana own everything  ❌
        Signalbox: acme/website: refused.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       failed
            0 s · $0.16 of $8
        Signalbox: The change request was refused: it touches CODEOWNERS, which is protected (CODEOWNERS); a person has to make that change.
            The work so far is kept; no change request was opened.
            Reply here with what should be different, and I'll go on from there.
            acme/website · plan → build → check → review · 0 s · $0.16 · run:2
        Ana: make it bold  ↪
        Signalbox: acme/website: refused.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       failed
            0 s · $0.45 of $8
        Signalbox: The change request was refused: it touches CODEOWNERS, which is protected (CODEOWNERS); a person has to make that change.
            The work so far is kept; no change request was opened.
            Reply here with what should be different, and I'll go on from there.
            acme/website · plan → build → check → review · 0 s · $0.45 · run:3
    "#]].assert_eq(&world.transcript(&thread).await);
    assert!(!world.forge.changes()[0].body.contains("bold"));
}

#[tokio::test]
async fn what_a_stopped_run_left_on_the_branch_is_looked_at_with_the_next() {
    let world = World::default();
    let thread = delivered(&world).await;
    world.script("build", vec![vec![Act::Write("CODEOWNERS", "* @ana\n")], wrote("<p><b>$12</b></p>\n", "Bold")]);
    world.script("review", vec![vec![Act::Hang], approved()]);
    world.reply(&thread, "Ana", "make Ana own everything").await;
    world.pass(Span::minutes(1)).await;
    world.reply(&thread, "Ana", "stop").await;
    world.pass(Span::minutes(1)).await;
    world.reply(&thread, "Ana", "make it bold").await;
    world.pass(Span::minutes(5)).await;
    let transcript = world.transcript(&thread).await;
    assert!(transcript.contains("it touches CODEOWNERS, which is protected"), "{transcript}");
}

#[tokio::test]
async fn a_delivery_that_needed_a_round_is_added_to_as_well() {
    let world = World::default();
    world.script("check", vec![failed("no"), vec![]]);
    let thread = delivered(&world).await;
    world.reply(&thread, "Ana", "italic, rather").await;
    world.pass(Span::minutes(5)).await;
    assert_eq!(world.forge.changes().len(), 1);
}

#[tokio::test]
async fn what_phases_hand_on_is_not_counted_as_changed() {
    let world = World::default();
    let both = |page| {
        vec![
            Act::Write("src/pricing.html", page),
            Act::Write(".signalbox/runs/1/plan.md", "Change it."),
            Act::Handoff("summary.md", "Changed it."),
        ]
    };
    world.script("build", vec![both("<p>$12</p>\n"), both("<p>$13</p>\n")]);
    let thread = world.ask("web", "Ana", "repo:acme/website the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    world.reply(&thread, "Ana", "13").await;
    world.pass(Span::minutes(5)).await;
    let transcript = world.transcript(&thread).await;
    assert_eq!(transcript.matches("One file changed").count(), 2, "{transcript}");
    assert!(transcript.contains("Ready for review: “the price should say $12”"), "{transcript}");
}
