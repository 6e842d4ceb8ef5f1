//! Routers that fail.

use super::World;
use expect_test::expect;
use signalbox_domain::time::Span;

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
            • rules@1 said acme/website, 50 % sure: it is what this room is about
            Failed and passed over: broken@1 — it trapped: out of fuel
            What you say outright outweighs all of this: `repo:owner/name` sends it to another repository, `workflow:name` to another workflow.
            The agent was given: AGENTS.md
            Decided by rules, not by a model. The whole record of it is kept as (digest).
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn without_a_router_that_must_not_fail_the_person_is_asked() {
    let world = World::default();
    world.plugins.fail("it trapped: out of fuel", true);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    assert!(world.press(&thread, "Ana", "acme/website").await);
    world.pass(Span::minutes(5)).await;
    world.reply(&thread, "Ana", "why").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: The router broken@1 failed, and without it I would be guessing. Where does this go? — Ana chose acme/website
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            A routing plugin failed and was passed over: broken@1 (it trapped: out of fuel)
            5 min · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 5 min · $0.56 · run:1
            [View change request]
        Ana: why
        Signalbox: I asked: The router broken@1 failed, and without it I would be guessing. Where does this go?
            Ana chose acme/website.
            • rules@1 said acme/website, 50 % sure: it is what this room is about
            Failed and passed over: broken@1 — it trapped: out of fuel
            What you say outright outweighs all of this: `repo:owner/name` sends it to another repository, `workflow:name` to another workflow.
            The agent was given: AGENTS.md
            Decided by rules, not by a model. The whole record of it is kept as (digest).
    "#]].assert_eq(&world.transcript(&thread).await);
}
