//! Slack is away for an hour, in one direction or the other: one run, one end, nothing lost and nothing twice.

use signalbox_domain::time::Span;
use signalbox_ports::store::Store as _;

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

#[tokio::test]
async fn nothing_is_heard_for_an_hour_and_the_sweep_finds_the_emoji_that_stops() {
    let world = World::default();
    world.script("plan", vec![after(600, planned("low")), planned("low")]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(2)).await;
    let (channel, root) = world.place.at(&thread);
    let vendor = &world.place.vendor;
    vendor.outage(true);
    vendor.react(world.place.user("Ana"), &channel, &root, "x").await.unwrap();
    world.pass(Span::minutes(3)).await;
    let transcript = world.transcript(&thread).await;
    assert!(transcript.contains("Stopped by Ana") && transcript.contains("🚫"), "{transcript}");
    assert_eq!(world.boxes.live().len(), 0);

    // It stays where it is, and stops nothing that is tried again.
    vendor.outage(false);
    world.reply(&thread, "Ana", "the price should say $12, after all").await;
    world.pass(Span::minutes(20)).await;
    assert_eq!(world.store.runs(9).await.unwrap().len(), 2);
    let transcript = world.transcript(&thread).await;
    assert!(transcript.contains("Ready for review"), "{transcript}");
}

#[tokio::test]
async fn an_emoji_that_stopped_once_does_not_stop_what_is_tried_again() {
    let world = World::default();
    world.script("plan", vec![after(600, planned("low")), after(200, planned("low"))]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    // Between two sweeps, so that none of them sees it while its run is still there.
    world.pass(Span::seconds(130)).await;
    let (channel, root) = world.place.at(&thread);
    world.place.vendor.react(world.place.user("Ana"), &channel, &root, "x").await.unwrap();
    world.pass(Span::minutes(2)).await;
    world.reply(&thread, "Ana", "the price should say $12, after all").await;
    // Long enough for several sweeps while it works.
    world.pass(Span::minutes(20)).await;
    let transcript = world.transcript(&thread).await;
    assert!(transcript.contains("Stopped by Ana") && transcript.contains("Ready for review"), "{transcript}");
}

#[tokio::test]
async fn nothing_is_heard_for_an_hour_and_the_sweep_finds_a_mention_in_an_old_thread() {
    let world = World::default();
    let (place, web) = (&world.place, world.place.channel("web"));
    let root = place.vendor.say(place.user("Bo"), web, "the price is wrong").await.unwrap();
    world.pass(Span::hours(30)).await;
    place.vendor.outage(true);
    for number in 0..6 {
        let other = place.vendor.say(place.user("Ben"), web, &format!("lunch {number}?")).await.unwrap();
        place.vendor.reply(place.user("Bo"), web, &other, "yes").await.unwrap();
    }
    place.vendor.reply(place.user("Ana"), web, &root, "@Signalbox the price should say $12").await.unwrap();
    world.pass(Span::hours(1)).await;
    place.vendor.outage(false);
    world.pass(Span::minutes(2)).await;
    world.pass(Span::minutes(20)).await;
    once(&world, &place.thread(web, &root)).await;
    let meters = place.vendor.meters();
    assert_eq!((meters.over_total(), meters.early_total()), (0, 0), "{meters:?}");
}
