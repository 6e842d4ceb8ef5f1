//! Stop, in every state: said only once nothing runs any more.

use super::World;
use expect_test::expect;
use signalbox_domain::time::Span;
use signalbox_ports::Error;
use signalbox_world::boxes::Act;
use signalbox_world::fault::Fault;

use super::acts::{after, approved, built, failed, planned};

#[tokio::test]
async fn stopped_while_the_place_is_looked_for() {
    let world = World::default();
    world.faults.fail_next("forge.repositories", Fault::FailBefore(Error::unavailable("down")));
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.settle().await;
    world.reply(&thread, "Ana", "stop").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  🚫
        Ana: stop
        Signalbox: Stopped by Ana before any work began.
            0 s · $0.00 · run:1
            [Retry]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn stopped_while_the_place_is_asked_for() {
    let world = World::default();
    let thread = world.ask("lobby", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(1)).await;
    world.reply(&thread, "Ana", "stop").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  🚫
        Signalbox: Which repository is this about? — not asked any more
        Ana: stop
        Signalbox: Stopped by Ana before any work began.
            1 min · $0.00 · run:1
            [Retry]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn stopped_while_the_workflow_is_read() {
    let world = World::default();
    world.faults.fail_next("forge.head", Fault::FailBefore(Error::unavailable("down")));
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.settle().await;
    world.press(&thread, "Ana", "Stop").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  🚫
        Signalbox: acme/website: stopped.
        Signalbox: Stopped by Ana before any work began.
            0 s · $0.00 · run:1
            [Retry]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn stopped_while_queued() {
    let world = World::with(|settings| settings.concurrent_runs = 1);
    world.script("plan", vec![after(60, planned("low"))]);
    let first = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(4)).await;
    let second = world.ask("web", "Bo", "the FAQ should say $12").await;
    world.pass(Span::seconds(4)).await;
    world.press(&second, "Bo", "Stop").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Bo: the FAQ should say $12  🚫
        Signalbox: acme/website: stopped.
        Signalbox: Stopped by Bo before any work began.
            4 s · $0.00 · run:1
            [Retry]
    "#]]
    .assert_eq(&world.transcript(&second).await);
    assert!(world.transcript(&first).await.contains("Ready for review"));
}

#[tokio::test]
async fn stopped_while_a_box_starts() {
    let world = World::default();
    world.boxes.boot(Span::seconds(20));
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(4)).await;
    world.press(&thread, "Ana", "Stop").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  🚫
        Signalbox: acme/website: stopped.
            ▸ Plan       —
            ▸ Approve    —
            ▸ Build      —
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            4 s · $0.00 of $8
        Signalbox: Stopped by Ana. Nothing runs any more, and nothing more is spent.
            acme/website · 4 s · $0.00 · run:1
            [Retry]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn stopped_while_it_builds_keeps_what_was_done() {
    let world = World::default();
    world.script("build", vec![[built(), after(600, vec![])].concat()]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(10)).await;
    world.press(&thread, "Ana", "Stop").await;
    world.settle().await;
    expect![[r#"
        Ana: the price should say $12  ⏳
        Signalbox: Changing acme/website: I'll plan, build, check and review it, then open a draft change request.
            ▸ Plan       done · 0 s
            ▸ Build      editing src/pricing.html …
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            Stopping: ending its devbox …
            [Why here?]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  🚫
        Signalbox: acme/website: stopped.
            ▸ Plan       done · 0 s
            ▸ Build      not finished
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            12 s · $0.51 of $8
        Signalbox: Stopped by Ana. Nothing runs any more, and nothing more is spent.
            The work so far is kept; no change request was opened.
            Done so far: plan. Retry goes on with build.
            acme/website · plan → build · 12 s · $0.51 · run:1
            [Retry]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert!(world.forge.branches("acme/website").len() == 2, "the partial work is kept");
}

#[tokio::test]
async fn stopped_while_a_person_is_awaited() {
    let world = World::default();
    world.script("plan", vec![planned("high")]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(1)).await;
    world.reply(&thread, "Ana", "stop").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  🚫
        Signalbox: acme/website: stopped.
            ▸ Plan       done · 0 s
            ▸ Approve    —
            ▸ Build      —
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            1 min · $0.11 of $8
        Signalbox: May I go on with acme/website? — not asked any more
        Ana: stop
        Signalbox: Stopped by Ana. Nothing runs any more, and nothing more is spent.
            Done so far: plan. Retry goes on with approve.
            acme/website · plan · 1 min · $0.11 · run:1
            [Retry]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn stopped_while_it_waits_to_try_again() {
    let world = World::default();
    world.script("build", vec![vec![Act::Vanish]]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(20)).await;
    world.reply(&thread, "Ana", "stop").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  🚫
        Signalbox: acme/website: stopped.
            ▸ Plan       done · 0 s
            ▸ Build      not finished
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            20 s · $0.11 of $8
        Ana: stop
        Signalbox: Stopped by Ana. Nothing runs any more, and nothing more is spent.
            Done so far: plan. Retry goes on with build.
            acme/website · plan · 20 s · $0.11 · run:1
            [Retry]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn stopped_while_the_change_request_is_opened_tells_that_it_was() {
    let world = World::default();
    world.faults.fail_next("forge.open", Fault::FailAfter(Error::unavailable("the answer was lost")));
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.rest().await;
    world.reply(&thread, "Ana", "stop").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  🚫
        Signalbox: acme/website: stopped.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            1 s · $0.56 of $8
        Ana: stop
        Signalbox: Stopped by Ana. Nothing runs any more, and nothing more is spent.
            The draft was opened already: one file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 1 s · $0.56 · run:1
            [View change request] [Retry]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn a_second_stop_ends_a_box_that_does_not_listen() {
    let world = World::default();
    world.script("build", vec![vec![Act::Deaf]]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(10)).await;
    world.reply(&thread, "Ana", "stop").await;
    world.pass(Span::seconds(4)).await;
    assert_eq!(world.boxes.live().len(), 1);
    world.reply(&thread, "Ana", "stop").await;
    world.settle().await;
    assert!(world.boxes.live().is_empty());
    expect![[r#"
        Ana: the price should say $12  🚫
        Signalbox: acme/website: stopped.
            ▸ Plan       done · 0 s
            ▸ Build      not finished
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            14 s · $0.11 of $8
        Ana: stop
        Ana: stop
        Signalbox (only Ana): Ending it at once.
        Signalbox: Stopped by Ana. Nothing runs any more, and nothing more is spent.
            Done so far: plan. Retry goes on with build.
            acme/website · plan · 14 s · $0.11 · run:1
            [Retry]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn a_box_that_does_not_listen_is_ended_after_its_grace() {
    let world = World::default();
    world.script("build", vec![vec![Act::Deaf]]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(10)).await;
    world.reply(&thread, "Ana", "please stop").await;
    world.pass(Span::seconds(20)).await;
    expect![[r#"
        Ana: the price should say $12  🚫
        Signalbox: acme/website: stopped.
            ▸ Plan       done · 0 s
            ▸ Build      not finished
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            20 s · $0.11 of $8
        Ana: please stop
        Signalbox: Stopped by Ana. Nothing runs any more, and nothing more is spent.
            Done so far: plan. Retry goes on with build.
            acme/website · plan · 20 s · $0.11 · run:1
            [Retry]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn somebody_who_may_not_stop_is_told_who_may() {
    let world = World::default();
    world.script("build", vec![after(60, built())]);
    world.script("review", vec![after(60, approved())]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(10)).await;
    world.reply(&thread, "Bo", "stop").await;
    world.pass(Span::seconds(4)).await;
    world.press(&thread, "Max", "Stop").await;
    world.pass(Span::minutes(1)).await;
    world.reply(&thread, "Ana", "stop").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  🚫
        Signalbox: acme/website: stopped.
            ▸ Plan       done · 0 s
            ▸ Build      not finished
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            16 s · $0.11 of $8
        Bo: stop
        Signalbox (only Bo): Only Ana, people who added to this run, and maintainers can stop it.
        Signalbox: Stopped by Max. Nothing runs any more, and nothing more is spent.
            Done so far: plan. Retry goes on with build.
            acme/website · plan → build · 16 s · $0.11 · run:1
            [Retry]
        Ana: stop
        Signalbox: It is over already; nothing to stop.
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn stopped_while_a_check_is_mended() {
    let world = World::default();
    world.script("check", vec![failed("1 check failed: it still says $9")]);
    world.script("build", vec![built(), after(60, built())]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(10)).await;
    world.reply(&thread, "Ana", "stop").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  🚫
        Signalbox: acme/website: stopped.
            ▸ Plan       done · 0 s
            ▸ Build      not finished
            ▸ Check      not finished
            ▸ Review     —
            ▸ Open       —
            12 s · $0.51 of $8
        Ana: stop
        Signalbox: Stopped by Ana. Nothing runs any more, and nothing more is spent.
            The work so far is kept; no change request was opened.
            Done so far: plan. Retry goes on with build.
            acme/website · plan → build → check · 12 s · $0.51 · run:1
            [Retry]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}
