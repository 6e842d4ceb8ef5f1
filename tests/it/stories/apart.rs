//! Stories that not every chat can tell in the same words. They are told where a chat is in memory; elsewhere is why not:
//!
//! - On GitHub a stranger is told once in a thread, since everybody reads it: its own stories say so.
//! - A real chat edits a status at most every two seconds: what was shown for less is not seen there.
//! - On GitHub a lost box shows another elapsed time. Why is not known yet; that the dispatcher wakes at other moments
//!   there is a guess.

use expect_test::expect;
use signalbox_domain::time::Span;
use signalbox_world::boxes::Act;

use super::World;
use super::stories::acts::{after, built};

#[tokio::test]
async fn a_stranger_steers_nobodys_run() {
    let world = World::default();
    world.script("build", vec![after(60, vec![])]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(10)).await;
    world.reply(&thread, "Eve", "now: make it $0").await;
    world.press(&thread, "Eve", "Stop").await;
    world.pass(Span::minutes(5)).await;
    world.reply(&thread, "Eve", "mute").await;
    world.reply(&thread, "Eve", "make it $0").await;
    world.pass(Span::minutes(5)).await;
    world.reply(&thread, "Ana", "status").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 1 min
            ▸ Check      not needed
            ▸ Review     not needed
            ▸ Open       not needed
            1 min · $0.11 of $8
        Eve: now: make it $0
        Signalbox (only Eve): Only people of this team can steer this run.
        Signalbox (only Eve): Only people of this team can press that.
        Signalbox: Nothing needed to be changed (the agent changed nothing and did not say why).
            acme/website · plan → build · 1 min · $0.11 · run:1
        Eve: mute
        Eve: make it $0
        Signalbox (only Eve): Only people of this team can ask me for something.
        Signalbox (only Eve): Only people of this team can ask me for something.
        Ana: status
        Signalbox: Nothing needed to be changed (the agent changed nothing and did not say why).
            acme/website · plan → build · 1 min · $0.11 · run:1
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn a_lost_box_is_replaced() {
    let world = World::default();
    world.script("build", vec![vec![Act::Spend(100_000), Act::Report("editing"), Act::Vanish], built()]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(20)).await;
    expect![[r#"
        Ana: the price should say $12  ⏳
        Signalbox: Changing acme/website: I'll plan, build, check and review it, then open a draft change request.
            ▸ Plan       done · 0 s
            ▸ Build      trying again soon: its devbox was lost
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            10 s · $0.21 of $8
            [Stop] [Why here?]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 10 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            40 s · $0.66 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 40 s · $0.66 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert_eq!(world.boxes.made(), 5);
}

#[tokio::test]
async fn a_box_that_is_lost_again_and_again_is_given_up() {
    let world = World::default();
    world.script("build", vec![vec![Act::Vanish]]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(30)).await;
    expect![[r#"
        Ana: the price should say $12  ❌
        Signalbox: acme/website: failed.
            ▸ Plan       done · 0 s
            ▸ Build      failed
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            1 min 30 s · $0.11 of $8
        Signalbox: The devbox was lost again and again, so I gave up.
            Done so far: plan. Retry goes on with build.
            acme/website · plan · 1 min 30 s · $0.11 · run:1
            [Retry]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}
