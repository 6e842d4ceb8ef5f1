//! The forge's own checks: awaited, mended, and never claimed.

use super::World;
use expect_test::expect;
use signalbox_domain::change::{Checks, Verdict};
use signalbox_domain::time::Span;
use signalbox_ports::Error;
use signalbox_world::fault::Fault;

use super::acts::{after, built, fail, pass, pending, ran, told, wrote};

const CHANGE: &str = "the price should say $12";

#[tokio::test]
async fn the_forges_checks_are_awaited_and_named() {
    let world = World::default();
    world.forge.check(vec![vec![Checks::default(), pending(), pending(), pass()]]);
    let thread = world.ask("web", "Ana", CHANGE).await;
    world.pass(Span::seconds(20)).await;
    expect![[r#"
        Ana: the price should say $12  ⏳
        Signalbox: Changing acme/website: I'll plan, build, check and review it, then open a draft change request.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            ▸ CI         0 of 1 checks are over …
            15 s · $0.56 of $8
            [Stop] [Why here?]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
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
            1 min 11 s · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once. The forge's one check passes.
            acme/website · plan → build → check → review · 1 min 11 s · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert_eq!(world.forge.looks(), 4);
}

#[tokio::test]
async fn looks_grow_rarer_and_a_word_of_the_forge_is_looked_at_at_once() {
    let world = World::default();
    world.forge.check(vec![vec![pending()]]);
    let thread = world.ask("web", "Ana", CHANGE).await;
    world.pass(Span::minutes(20)).await;
    let looks = world.forge.looks();
    assert!((6..=10).contains(&looks), "{looks}");
    world.stir(&thread).await;
    world.settle().await;
    assert_eq!(world.forge.looks(), looks + 1);
    // Fifty jobs move on at once: it is looked at, and once more, for what came while it was.
    for _ in 0..50 {
        world.stir(&thread).await;
    }
    world.settle().await;
    assert_eq!(world.forge.looks(), looks + 3);
    world.pass(Span::minutes(50)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            ▸ CI         done
            1 h · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once. At the forge these are not over yet: unit.
            acme/website · plan → build → check → review · 1 h · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn a_failing_check_is_mended_with_its_log() {
    let world = World::default();
    world.script("build", vec![wrote("<p>12$</p>\n", "Pricing"), built()]);
    world.forge.check(vec![vec![pending(), fail("assert: 12$ is not a price")], vec![pending(), pass()]]);
    let thread = world.ask("web", "Ana", CHANGE).await;
    world.pass(Span::minutes(10)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            ▸ CI         done · 2nd round
            30 s · $1.01 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once. The forge's one check passes.
            acme/website · plan → build → check → review · 30 s · $1.01 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert_eq!(told(&world, "build", "12$ is not a price"), [false, true]);
    assert_eq!(world.forge.changes().len(), 1);
}

#[tokio::test]
async fn a_check_that_keeps_failing_is_handed_over_and_the_change_request_says_so() {
    let world = World::default();
    world.script("build", vec![wrote("<p>1</p>\n", "One"), wrote("<p>2</p>\n", "Two"), wrote("<p>3</p>\n", "Three")]);
    world.forge.check(vec![vec![fail("assert: it still says $9")]]);
    let thread = world.ask("web", "Ana", CHANGE).await;
    world.pass(Span::minutes(10)).await;
    expect![[r#"
        Ana: the price should say $12  ❓
        Signalbox: acme/website: a person is needed.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            ▸ CI         failed · 3rd round
            0 s · $1.46 of $8
        Signalbox: I could not finish this alone: CI still fails after 3 rounds.
            > assert: it still says $9
            One file changed (+1 −1), all checks pass, reviewed once. At the forge these fail: unit.
            Take the draft over, or reply here with what to try, and I'll go on from there.
            acme/website · plan → build → check → review · 0 s · $1.46 · run:1
            [View change request] [Retry]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    let change = &world.forge.changes()[0];
    expect![[r#"
        **This is not finished.** CI still fails after 3 rounds. A person needs to take it from here.

        > assert: it still says $9

        Changes the price.

        Asked for by Ana:

        > the price should say $12

        <!-- signalbox run:1 -->
    "#]]
    .assert_eq(&change.body.replace(&change.run.0, "1"));
}

#[tokio::test]
async fn a_reply_after_a_handover_goes_to_the_agent_before_anything_is_watched() {
    let world = World::default();
    world.script("build", vec![built(), built(), built(), wrote("<p>4</p>\n", "Four")]);
    world.forge.check(vec![vec![fail("no")], vec![pass()]]);
    let thread = world.ask("web", "Ana", CHANGE).await;
    world.pass(Span::minutes(10)).await;
    world.reply(&thread, "Ana", "try four").await;
    world.pass(Span::minutes(10)).await;
    assert_eq!(told(&world, "build", "try four"), [false, false, false, true]);
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: a person is needed.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            ▸ CI         failed · 3rd round
            0 s · $1.46 of $8
        Signalbox: I could not finish this alone: CI still fails after 3 rounds.
            > no
            One file changed (+1 −1), all checks pass, reviewed once. At the forge these fail: unit.
            Take the draft over, or reply here with what to try, and I'll go on from there.
            acme/website · plan → build → check → review · 0 s · $1.46 · run:1
            [View change request] [Retry]
        Ana: try four  ↪
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            ▸ CI         done
            0 s · $0.45 of $8
        Signalbox: Ready for review: “Four”
            One file changed (+1 −1), all checks pass, reviewed once. The forge's one check passes.
            acme/website · plan → build → check → review · 0 s · $0.45 · run:2
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn checks_that_a_person_has_to_let_begin_are_told_once() {
    let world = World::default();
    let held = Checks { ran: Vec::new(), held: true };
    world.forge.check(vec![vec![held.clone(), held.clone(), held]]);
    let thread = world.ask("web", "Ana", CHANGE).await;
    world.pass(Span::minutes(70)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            ▸ CI         done
            1 h 2 min · $0.56 of $8
        Signalbox: The forge waits for a person with write access to let the checks of this change request begin.
            [View change request]
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once. The forge's checks wait for a person to let them begin.
            acme/website · plan → build → check → review · 1 h 2 min · $0.56 · run:1
            [View change request]
    "#]].assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn checks_that_never_begin_are_not_needed() {
    let world = World::default();
    world.forge.check(vec![vec![Checks::default()]]);
    let thread = world.ask("web", "Ana", CHANGE).await;
    world.pass(Span::minutes(10)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            ▸ CI         not needed
            2 min 1 s · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 2 min 1 s · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn checks_that_cannot_be_read_cost_no_agent() {
    let world = World::default();
    world.forge.check(vec![vec![pass()]]);
    let no = Error::rejected("the forge says that Signalbox may not read checks of acme/website");
    world.faults.fail_next("forge.checks", Fault::FailBefore(no));
    let thread = world.ask("web", "Ana", CHANGE).await;
    world.pass(Span::minutes(10)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            ▸ CI         failed
            0 s · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            > the forge says that Signalbox may not read checks of acme/website
            One file changed (+1 −1), all checks pass, reviewed once. The forge's checks could not be read.
            acme/website · plan → build → check → review · 0 s · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert_eq!(told(&world, "build", ""), [true]);
}

#[tokio::test]
async fn a_forge_that_is_away_is_asked_again() {
    let world = World::default();
    world.forge.check(vec![vec![pass()]]);
    for _ in 0..3 {
        world.faults.fail_next("forge.checks", Fault::FailBefore(Error::unavailable("away")));
    }
    let thread = world.ask("web", "Ana", CHANGE).await;
    world.pass(Span::minutes(1)).await;
    assert!(world.transcript(&thread).await.contains("The forge's one check passes."));
}

#[tokio::test]
async fn a_follow_up_while_checks_are_awaited_sends_an_agent_at_once() {
    let world = World::default();
    world.script("build", vec![built(), wrote("<p><b>$12</b></p>\n", "Pricing: $12, bold")]);
    world.forge.check(vec![vec![pending()], vec![pass()]]);
    let thread = world.ask("web", "Ana", CHANGE).await;
    world.pass(Span::minutes(2)).await;
    world.reply(&thread, "Ana", "make it bold").await;
    world.settle().await;
    assert_eq!(told(&world, "build", "make it bold"), [false, true]);
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
            2 min · $1.01 of $8
        Ana: make it bold  ↪
        Signalbox: I'll pass that on at the next step.
        Signalbox: Ready for review: “Pricing: $12, bold”
            One file changed (+1 −1), all checks pass, reviewed once. The forge's one check passes.
            acme/website · plan → build → check → review · 2 min · $1.01 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert_eq!(world.forge.changes().len(), 1);
}

#[tokio::test]
async fn an_edit_while_checks_are_awaited_sends_an_agent_at_once() {
    let world = World::default();
    world.script("build", vec![built(), wrote("<p>$13</p>\n", "Pricing: $13")]);
    world.forge.check(vec![vec![pending()], vec![pass()]]);
    let thread = world.ask("web", "Ana", CHANGE).await;
    world.pass(Span::minutes(2)).await;
    let root = signalbox_domain::talk::MessageId(thread.root.clone());
    world.edit(&thread, &root, "the price should say $13").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana (edited): the price should say $13  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            ▸ CI         done
            2 min · $1.01 of $8
        Signalbox: I've read your edit and pass it on at the next step.
        Signalbox: Ready for review: “Pricing: $13”
            One file changed (+1 −1), all checks pass, reviewed once. The forge's one check passes.
            acme/website · plan → build → check → review · 2 min · $1.01 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert_eq!(told(&world, "build", "should say $13"), [false, true]);
}

#[tokio::test]
async fn a_stop_while_checks_are_awaited_leaves_the_draft() {
    let world = World::default();
    world.forge.check(vec![vec![pending()]]);
    let thread = world.ask("web", "Ana", CHANGE).await;
    world.pass(Span::minutes(2)).await;
    world.reply(&thread, "Ana", "stop").await;
    world.pass(Span::minutes(20)).await;
    expect![[r#"
        Ana: the price should say $12  🚫
        Signalbox: acme/website: stopped.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            ▸ CI         —
            2 min · $0.56 of $8
        Ana: stop
        Signalbox: Stopped by Ana. Nothing runs any more, and nothing more is spent.
            The draft was opened already: one file changed (+1 −1), all checks pass, reviewed once. At the forge these are not over yet: unit.
            Done so far: plan, build, check, review. Retry goes on with CI.
            acme/website · plan → build → check → review · 2 min · $0.56 · run:1
            [View change request] [Retry]
    "#]].assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn waiting_for_checks_does_not_use_up_the_time_for_work() {
    let world = World::default();
    // Twice 52 minutes of waiting, and 60 of the 90 for the work.
    let slow = || [vec![pending(); 16], vec![fail("no")]].concat();
    world.forge.check(vec![slow(), slow(), vec![pass()]]);
    let thrice = ["<p>1</p>\n", "<p>2</p>\n", "<p>3</p>\n"].map(|page| after(20 * 60, wrote(page, "Pricing")));
    world.script("build", thrice.into());
    let thread = world.ask("web", "Ana", CHANGE).await;
    world.pass(Span::hours(6)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 1 h
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            ▸ CI         done · 3rd round
            2 h 44 min · $1.46 of $8
        Signalbox: Ready for review: “Pricing”
            One file changed (+1 −1), all checks pass, reviewed once. The forge's one check passes.
            acme/website · plan → build → check → review · 2 h 44 min · $1.46 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn work_after_a_wait_is_counted_again() {
    let world = World::default();
    world.forge.check(vec![vec![pending()]]);
    world.script("build", vec![after(39 * 60, built())]);
    let thread = world.ask("web", "Ana", CHANGE).await;
    // The time for work was over at 90 minutes, had the checks not been awaited then.
    world.pass(Span::minutes(95)).await;
    world.reply(&thread, "Ana", "the FAQ, too").await;
    world.pass(Span::minutes(41)).await;
    world.reply(&thread, "Ana", "and the footer").await;
    world.pass(Span::minutes(60)).await;
    let transcript = world.transcript(&thread).await;
    assert!(transcript.contains("I stopped at the budget of 1 h 30 min of work."), "{transcript}");
}

#[tokio::test]
async fn what_passed_and_what_did_not_is_named() {
    let world = World::default();
    let mut both = pass();
    both.ran.extend(ran("lint", Verdict::Pending, "").ran);
    world.forge.check(vec![vec![both]]);
    let thread = world.ask("web", "Ana", CHANGE).await;
    world.pass(Span::minutes(70)).await;
    let transcript = world.transcript(&thread).await;
    assert!(transcript.contains("At the forge these are not over yet: lint."), "{transcript}");
}
