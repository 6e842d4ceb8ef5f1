//! Money and time: warned of, and never gone over quietly.

use super::World;
use expect_test::expect;
use signalbox_domain::time::Span;
use signalbox_world::boxes::Act;

use super::acts::{after, built};

#[tokio::test]
async fn at_four_fifths_the_person_is_warned_and_at_the_cap_it_stops_cleanly() {
    let world = World::default();
    let spend = |micro_usd| vec![Act::Spend(micro_usd), Act::Report("editing src/pricing.html"), Act::Take(60)];
    world.script("build", vec![[built(), spend(6_200_000), spend(2_000_000), after(600, vec![])].concat()]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(30)).await;
    expect![[r#"
        Ana: the price should say $12  ⏳
        Signalbox: Changing acme/website: I'll plan, build, check and review it, then open a draft change request.
            ▸ Plan       done · 0 s
            ▸ Build      editing src/pricing.html …
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            0 s · $6.71 of $8
            [Stop] [Why here?]
        Signalbox: $6.71 of $8 is used. At $8 I stop and keep what is done so far.
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ❌
        Signalbox: acme/website: stopped at the budget.
            ▸ Plan       done · 0 s
            ▸ Build      not finished
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            1 min 2 s · $8.71 of $8
        Signalbox: $6.71 of $8 is used. At $8 I stop and keep what is done so far.
        Signalbox: I stopped at the budget of $8.
            The work so far is kept; no change request was opened.
            Done so far: plan. Retry goes on with build, with a fresh budget.
            acme/website · plan → build · 1 min 2 s · $8.71 · run:1
            [Retry]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert_eq!(world.forge.branches("acme/website").len(), 2, "the partial work is kept");
}

#[tokio::test]
async fn a_run_takes_no_longer_than_its_budget_of_time() {
    let world = World::default();
    world.script("build", vec![after(2_000, built())]);
    world.script("check", vec![after(1_500, super::acts::failed("it still says $9"))]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::hours(2)).await;
    expect![[r#"
        Ana: the price should say $12  ❌
        Signalbox: acme/website: stopped at the budget.
            ▸ Plan       done · 0 s
            ▸ Build      not finished
            ▸ Check      not finished
            ▸ Review     —
            ▸ Open       —
            1 h 30 min · $0.51 of $8
        Signalbox: I stopped at the budget of 1 h 30 min of work.
            The work so far is kept; no change request was opened.
            Done so far: plan. Retry goes on with build, with a fresh budget.
            acme/website · plan → build → check · 1 h 30 min · $0.51 · run:1
            [Retry]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn a_last_phase_that_goes_over_the_cap_is_delivered_all_the_same() {
    let world = World::default();
    world.script("review", vec![[vec![Act::Spend(9_000_000)], super::acts::approved()].concat()]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            0 s · $9.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 0 s · $9.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}
