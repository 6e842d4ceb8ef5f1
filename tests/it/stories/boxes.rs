//! Devboxes that are lost, late or not to be had.

use super::World;
use expect_test::expect;
use signalbox_domain::devbox::{End, Limit};
use signalbox_domain::time::Span;
use signalbox_world::boxes::Act;
use signalbox_world::fault::Moment;

use super::acts::{after, built};

#[tokio::test]
async fn a_box_that_does_not_come_up_in_time_is_replaced_and_then_given_up() {
    let world = World::default();
    world.boxes.boot(Span::hours(3));
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(30)).await;
    expect![[r#"
        Ana: the price should say $12  ❌
        Signalbox: acme/website: failed.
            ▸ Plan       failed
            ▸ Approve    —
            ▸ Build      —
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            4 min · $0.00 of $8
        Signalbox: No devbox came up for Plan within 1 min, again and again.
            acme/website · 4 min · $0.00 · run:1
            [Retry]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn a_machine_that_cannot_make_boxes_says_exactly_why() {
    let world = World::default();
    world
        .boxes
        .refuse("user namespaces are switched off (kernel.unprivileged_userns_clone = 0); run `signalbox doctor`");
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ❌
        Signalbox: acme/website: failed.
            ▸ Plan       failed
            ▸ Approve    —
            ▸ Build      —
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            0 s · $0.00 of $8
        Signalbox: Plan could not begin: user namespaces are switched off (kernel.unprivileged_userns_clone = 0); run `signalbox doctor`
            acme/website · 0 s · $0.00 · run:1
            [Retry]
    "#]].assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn a_phase_that_takes_too_long_is_ended_and_told() {
    let world = World::default();
    world.script("plan", vec![vec![Act::End(End::TimedOut { limit: Limit::Idle })]]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ❌
        Signalbox: acme/website: failed.
            ▸ Plan       failed
            ▸ Approve    —
            ▸ Build      —
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            0 s · $0.00 of $8
        Signalbox: Plan did nothing for 5 min, its limit.
            acme/website · plan · 0 s · $0.00 · run:1
            [Retry]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn a_box_that_never_ends_is_ended_from_outside() {
    let world = World::default();
    world.script("plan", vec![vec![Act::Deaf]]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(30)).await;
    expect![[r#"
        Ana: the price should say $12  ❌
        Signalbox: acme/website: failed.
            ▸ Plan       failed
            ▸ Approve    —
            ▸ Build      —
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            21 min · $0.00 of $8
        Signalbox: Plan took longer than 20 min, its limit.
            acme/website · 21 min · $0.00 · run:1
            [Retry]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn an_agent_that_crashes_is_tried_again_and_then_told() {
    let world = World::default();
    world.script("plan", vec![vec![Act::Say("panic: no model"), Act::End(End::Exit { code: 101 })]]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(30)).await;
    world.press(&thread, "Ana", "Details").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  ❌
        Signalbox: acme/website: failed.
            ▸ Plan       failed
            ▸ Approve    —
            ▸ Build      —
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            1 min · $0.00 of $8
        Signalbox: Plan failed: its agent ended with code 101.
            acme/website · plan · 1 min · $0.00 · run:1
            [Retry] [Details]
        Signalbox: Plan failed: its agent ended with code 101.
            > panic: no model
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn a_box_that_vanishes_while_the_dispatcher_is_down_is_noticed_when_it_is_back() {
    let world = World::default();
    world.script("build", vec![after(600, built()), built()]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(10)).await;
    world.faults.crash(world.faults.hits().len(), Moment::Before);
    world.boxes.vanish();
    world.clock.advance(Span::minutes(5));
    world.faults.restart();
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 5 min 10 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            5 min 40 s · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 5 min 40 s · $0.56 · run:1
            [View change request]
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
            8 s · $0.21 of $8
            [Stop] [Why here?]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 8 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            38 s · $0.66 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 38 s · $0.66 · run:1
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
            1 min 24 s · $0.11 of $8
        Signalbox: The devbox was lost again and again, so I gave up.
            Done so far: plan. Retry goes on with build.
            acme/website · plan · 1 min 24 s · $0.11 · run:1
            [Retry]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}
