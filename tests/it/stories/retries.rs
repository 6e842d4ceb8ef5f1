//! Trying again: from the last good phase.

use super::World;
use expect_test::expect;
use signalbox_domain::devbox::End;
use signalbox_domain::time::Span;
use signalbox_world::boxes::Act;

use super::acts::{after, built, failed};

#[tokio::test]
async fn retry_goes_on_from_the_last_good_phase() {
    let world = World::default();
    let broken = |transient| Act::End(End::Broken { transient, detail: "the model's provider said no".into() });
    world.script("build", vec![vec![broken(false)], built()]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    world.press(&thread, "Bo", "Retry").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: failed.
            ▸ Plan       done · 0 s
            ▸ Build      failed
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            0 s · $0.11 of $8
        Signalbox: Build failed: the model's provider said no
            Done so far: plan. Retry goes on with build.
            acme/website · plan → build · 0 s · $0.11 · run:1
            [Retry]
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            0 s · $0.45 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 0 s · $0.45 · run:2
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert_eq!(world.boxes.made(), 5, "the plan is not made again");
}

#[tokio::test]
async fn retry_after_a_stop_goes_on_with_the_partial_work() {
    let world = World::default();
    world.script("build", vec![built()]);
    world.script("check", vec![after(600, vec![]), vec![]]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(10)).await;
    world.reply(&thread, "Ana", "stop").await;
    world.pass(Span::minutes(1)).await;
    world.reply(&thread, "Ana", "continue").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: stopped.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      not finished
            ▸ Review     —
            ▸ Open       —
            12 s · $0.51 of $8
        Ana: stop
        Signalbox: Stopped by Ana. Nothing runs any more, and nothing more is spent.
            The work so far is kept; no change request was opened.
            Done so far: plan, build. Retry goes on with check.
            acme/website · plan → build → check · 12 s · $0.51 · run:1
            [Retry]
        Ana: continue
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 12 s
            ▸ Review     done · 0 s
            ▸ Open       done
            0 s · $0.05 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 0 s · $0.05 · run:2
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert_eq!(world.forge.changes().len(), 1);
}

#[tokio::test]
async fn retry_after_a_handover_goes_on_with_the_same_change_request() {
    let world = World::default();
    world.script(
        "check",
        vec![failed("flaky"), failed("flaky"), failed("flaky"), vec![Act::Say("12 checks, 0 failed")]],
    );
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    world.press(&thread, "Ana", "Retry").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: a person is needed.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      failed · 3rd round
            ▸ Review     not needed
            ▸ Open       done
            0 s · $1.31 of $8
        Signalbox: I could not finish this alone: Check still fails after 3 rounds.
            > flaky
            One file changed (+1 −1). These checks fail: Check.
            Take the draft over, or reply here with what to try, and I'll go on from there.
            acme/website · plan → build → check · 0 s · $1.31 · run:1
            [View change request] [Retry]
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            0 s · $0.05 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 0 s · $0.05 · run:2
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    let changes = world.forge.changes();
    assert_eq!(changes.len(), 1);
    assert!(!changes[0].body.contains("Handed over"), "{}", changes[0].body);
}

#[tokio::test]
async fn retry_is_refused_to_a_viewer_and_where_there_is_nothing_to_try() {
    let world = World::default();
    let fails = Act::End(End::Broken { transient: false, detail: "the model's provider said no".into() });
    world.script("build", vec![vec![fails], built()]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    world.press(&thread, "Vic", "Retry").await;
    world.pass(Span::minutes(1)).await;
    let old = world.button(&thread, "Retry").unwrap();
    world.act(&thread, "Ana", old).await;
    world.pass(Span::minutes(5)).await;
    world.reply(&thread, "Ana", "retry").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: failed.
            ▸ Plan       done · 0 s
            ▸ Build      failed
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            0 s · $0.11 of $8
        Signalbox: Build failed: the model's provider said no
            Done so far: plan. Retry goes on with build.
            acme/website · plan → build · 0 s · $0.11 · run:1
            [Retry]
        Signalbox (only Vic): Only members of this team and the person who asked can try it again.
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            0 s · $0.45 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 0 s · $0.45 · run:2
            [View change request]
        Ana: retry
        Signalbox: There is nothing to try again here. Reply with what should be different, and I'll begin anew.
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}
