//! More of a request, at every moment: none is ever dropped.

use super::World;
use expect_test::expect;
use signalbox_domain::time::Span;
use signalbox_ports::Error;
use signalbox_world::fault::Fault;

use super::acts::{after, built, planned, told, wrote};

#[tokio::test]
async fn a_follow_up_before_the_start_is_taken_along() {
    let world = World::default();
    world.faults.fail_next("forge.repositories", Fault::FailBefore(Error::unavailable("down")));
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.settle().await;
    world.reply(&thread, "Ana", "also the FAQ").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Ana: also the FAQ  ↪
        Signalbox: Noted; I'll take it along from the start.
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            1 s · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 1 s · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert_eq!(told(&world, "plan", "also the FAQ"), [true]);
    assert_eq!(told(&world, "build", "also the FAQ"), [true]);
}

#[tokio::test]
async fn a_follow_up_while_a_box_starts_is_read_by_it() {
    let world = World::default();
    world.boxes.boot(Span::seconds(20));
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(4)).await;
    world.reply(&thread, "Ana", "also the FAQ").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            1 min 20 s · $0.56 of $8
        Ana: also the FAQ  ↪
        Signalbox: I'll pass that on at the next step.
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 1 min 20 s · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert_eq!(told(&world, "plan", "also the FAQ"), [true]);
}

#[tokio::test]
async fn a_follow_up_while_it_works_reaches_the_next_step() {
    let world = World::default();
    world.script("plan", vec![after(60, planned("low"))]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(10)).await;
    world.reply(&thread, "Ana", "also the FAQ").await;
    world.reply(&thread, "Ana", "and the footer").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 1 min
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            1 min · $0.56 of $8
        Ana: also the FAQ  ↪
        Ana: and the footer  ↪
        Signalbox: I'll pass that on at the next step. (Begin with `now:` to interrupt instead.)
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 1 min · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert_eq!(told(&world, "plan", "also the FAQ"), [false]);
    assert_eq!(told(&world, "build", "and the footer"), [true]);
}

#[tokio::test]
async fn a_follow_up_after_the_last_change_has_it_made_again_before_anything_is_shown() {
    let world = World::default();
    world.script("build", vec![after(60, built()), wrote("<p><b>$12</b></p>\n", "Pricing: $12, bold")]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(10)).await;
    world.reply(&thread, "Ana", "make it bold").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 1 min
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            1 min · $1.01 of $8
        Ana: make it bold  ↪
        Signalbox: I'll pass that on at the next step. (Begin with `now:` to interrupt instead.)
        Signalbox: Ready for review: “Pricing: $12, bold”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 1 min · $1.01 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert_eq!(told(&world, "build", "make it bold"), [false, true]);
    assert_eq!(world.forge.changes().len(), 1);
}

#[tokio::test]
async fn a_follow_up_while_the_change_request_is_opened_updates_it() {
    let world = World::default();
    world.script("build", vec![built(), wrote("<p><b>$12</b></p>\n", "Pricing: $12, bold")]);
    for _ in 0..3 {
        world.faults.fail_next("forge.open", Fault::FailAfter(Error::unavailable("the answer was lost")));
    }
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(1)).await;
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
            7 s · $1.01 of $8
        Ana: make it bold  ↪
        Signalbox: I'll pass that on at the next step.
        Signalbox: Ready for review: “Pricing: $12, bold”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 7 s · $1.01 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    let changes = world.forge.changes();
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].change.title, "Pricing: $12, bold");
}

#[tokio::test]
async fn a_follow_up_during_a_gate_goes_to_the_agent() {
    let world = World::default();
    world.script("plan", vec![planned("high")]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(1)).await;
    world.reply(&thread, "Ana", "also the FAQ").await;
    world.press(&thread, "Max", "Approve").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Approve    done
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            1 min · $0.56 of $8
        Signalbox: May I go on with acme/website? — approved by Max
        Ana: also the FAQ  ↪
        Signalbox: Noted; it goes along once this is approved.
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 1 min · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert_eq!(told(&world, "build", "also the FAQ"), [true]);
}

#[tokio::test]
async fn now_interrupts_the_agent_at_work() {
    let world = World::default();
    world.script("build", vec![after(600, built()), wrote("<p>$13</p>\n", "Pricing: $13")]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(10)).await;
    world.reply(&thread, "Ana", "now: it should be $13").await;
    world.settle().await;
    expect![[r#"
        Ana: the price should say $12  ⏳
        Signalbox: Changing acme/website: I'll plan, build, check and review it, then open a draft change request.
            ▸ Plan       done · 0 s
            ▸ Build      interrupted …
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            10 s · $0.11 of $8
            [Stop] [Why here?]
        Ana: now: it should be $13  ↪
        Signalbox: Interrupting: the agent begins this step anew with that.
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 12 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            12 s · $0.56 of $8
        Ana: now: it should be $13  ↪
        Signalbox: Interrupting: the agent begins this step anew with that.
        Signalbox: Ready for review: “Pricing: $13”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 12 s · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert_eq!(told(&world, "build", "it should be $13"), [false, true]);
}

#[tokio::test]
async fn now_while_no_agent_works_is_passed_on() {
    let world = World::default();
    world.boxes.boot(Span::seconds(20));
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(4)).await;
    world.reply(&thread, "Ana", "now: it should be $13").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            1 min 20 s · $0.56 of $8
        Ana: now: it should be $13  ↪
        Signalbox: No agent is at work right now; the next one begins with that.
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 1 min 20 s · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert_eq!(told(&world, "plan", "it should be $13"), [true]);
}

#[tokio::test]
async fn a_message_while_it_is_ending_is_answered() {
    let world = World::default();
    world.script("plan", vec![vec![signalbox_world::boxes::Act::Deaf]]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(4)).await;
    world.reply(&thread, "Ana", "stop").await;
    world.settle().await;
    world.reply(&thread, "Ana", "also the FAQ").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  🚫
        Signalbox: acme/website: stopped.
            ▸ Plan       not finished
            ▸ Approve    —
            ▸ Build      —
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            14 s · $0.00 of $8
        Ana: stop
        Ana: also the FAQ
        Signalbox: It is ending just now. Say it again once it is over, and I'll begin anew.
        Signalbox: Stopped by Ana. Nothing runs any more, and nothing more is spent.
            acme/website · 14 s · $0.00 · run:1
            [Retry]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}
