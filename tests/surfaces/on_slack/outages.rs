//! Slack is away for an hour, in one direction or the other: one run, one end, nothing lost and nothing twice.

use signalbox_domain::time::Span;

use super::World;
use super::arrivals::once;
use super::stories::acts::{after, built, planned, told};

#[tokio::test]
async fn nothing_can_be_said_for_an_hour_while_a_run_works() {
    let world = World::default();
    world.script("build", vec![after(600, built())]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(10)).await;
    world.place.vendor.down(true);
    world.pass(Span::hours(1)).await;
    let during = world.transcript(&thread).await;
    assert!(!during.contains("Ready for review"), "{during}");
    assert_eq!(world.forge.changes().len(), 1, "the work goes on");
    world.place.vendor.down(false);
    world.pass(Span::minutes(20)).await;
    let after = world.transcript(&thread).await;
    assert!(after.contains("Ready for review") && after.contains("✅") && !after.contains("BUT IS SEEN AS"), "{after}");
    once(&world, &thread).await;
    let meters = world.place.vendor.meters();
    assert_eq!((meters.over_total(), meters.early_total()), (0, 0), "{meters:?}");
}

#[tokio::test]
async fn nothing_is_heard_for_an_hour_and_the_sweep_finds_the_request() {
    let world = World::default();
    // The channel is known before: what was said in it before anybody listened is nobody's request.
    world.pass(Span::minutes(5)).await;
    world.place.vendor.outage(true);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::hours(1)).await;
    world.place.vendor.outage(false);
    // It is found by the first sweep, and worked and told after it.
    world.pass(Span::minutes(2)).await;
    world.pass(Span::minutes(20)).await;
    once(&world, &thread).await;
}

#[tokio::test]
async fn nothing_is_heard_for_an_hour_and_the_sweep_finds_what_was_added() {
    let world = World::default();
    world.script("plan", vec![planned("high")]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    world.place.vendor.outage(true);
    world.reply(&thread, "Ana", "the FAQ, too").await;
    world.pass(Span::hours(1)).await;
    world.place.vendor.outage(false);
    world.pass(Span::minutes(2)).await;
    world.pass(Span::minutes(2)).await;
    world.press(&thread, "Max", "Approve").await;
    world.pass(Span::minutes(20)).await;
    assert!(told(&world, "build", "the FAQ, too").contains(&true), "{}", world.transcript(&thread).await);
    once(&world, &thread).await;
}
