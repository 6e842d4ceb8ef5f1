//! Routers that fail.

use expect_test::expect;
use signalbox_domain::time::Span;
use signalbox_world::World;

#[tokio::test]
async fn a_router_that_fails_is_passed_over_and_named() {
    let world = World::default();
    world.plugins.fail("it trapped: out of fuel", false);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    world.reply(&thread, "Ana", "why?").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            A routing plugin failed and was passed over: broken@1 (it trapped: out of fuel)
            0 s · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 0 s · $0.56 · run:1
            [View change request]
        Ana: why?
        Signalbox: I chose acme/website because it is what this room is about · router rules@1, rule room, 50 % sure
            Failed and passed over: broken@1 — it trapped: out of fuel
            The agent was given: AGENTS.md
            Decided by rules, not by a model. Every router's part is kept as (digest).
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn a_router_that_must_not_fail_ends_the_run() {
    let world = World::default();
    world.plugins.fail("it trapped: out of fuel", true);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    world.press(&thread, "Ana", "Details").await;
    world.reply(&thread, "Ana", "why").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  ❌
        Signalbox: The router broken@1 failed, and its manifest says not to go on without it.
            Nothing was changed. Once that is put right, press Retry.
            0 s · $0.00 · run:1
            [Retry] [Details]
        Ana: why
        Signalbox: The router broken@1 failed, and its manifest says not to go on without it.
            > broken@1: it trapped: out of fuel
        Signalbox: No router took it: The router broken@1 failed, and its manifest says not to go on without it.
            Failed and passed over: broken@1 — it trapped: out of fuel
            Decided by rules, not by a model. Every router's part is kept as (digest).
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}
