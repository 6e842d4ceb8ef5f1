//! Many runs at once on one installation, where one call in twenty goes wrong.

use std::io::Write as _;
use std::time::Instant;

use signalbox_domain::post::Slot;
use signalbox_domain::time::{Span, Time};
use signalbox_ports::clock::Clock as _;
use signalbox_ports::store::Store as _;
use signalbox_world_github::seeded;

use super::World;

/// How many, unless `RUNS` says.
const RUNS: usize = 30;
/// How often a dispatcher sweeps.
const SWEEP: Span = Span::minutes(1);
/// How long the slowest may take: GitHub takes 500 posts an hour.
const LONGEST: Span = Span::hours(48);

#[tokio::test]
async fn many_runs_lose_nothing_say_nothing_twice_and_never_ask_too_much() {
    let runs = std::env::var("RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(RUNS);
    let (real, world) = (Instant::now(), World::default());
    let began = world.clock.now();
    world.vendor.enforce_limits(true);
    world.vendor.trouble(seeded(7, 5));
    for number in 0..runs {
        world.ask("web", "Ana", &format!("the price on page {number} should say $12")).await;
    }
    world.vendor.settled().await;
    let mut swept = began;
    loop {
        world.rest().await;
        let now = world.clock.now();
        let due = world.store.next_due().await.unwrap();
        let Some(next) = due.into_iter().chain(world.queue.next(now)).min() else { break };
        assert!(now - began < LONGEST, "something is never done");
        world.clock.set(next.max(Time(now.0 + 1)).min(swept + SWEEP));
        world.boxes.beat(&*world.engine).await;
        if world.clock.now() >= swept + SWEEP {
            swept = world.clock.now();
            if is_over(&world, runs).await {
                break;
            }
            drop(world.engine.sweep().await);
            world.vendor.settled().await;
        }
    }
    world.vendor.calm();

    let all = world.store.runs(runs + 1).await.unwrap();
    assert_eq!(all.len(), runs);
    let mut lost = Vec::new();
    for run in &all {
        assert!(run.ended(), "{} has not ended: {:?}", run.id, run.state);
        let effects = world.store.effects(&run.id).await.unwrap();
        lost.extend(effects.into_iter().filter(|standing| !standing.settled).map(|standing| standing.owed));
    }
    let mut said = world.said();
    let closings = said.iter().filter(|(_, slot)| *slot == Slot::Closing).count();
    let messages = said.len();
    said.sort();
    said.dedup();
    let duplicates = messages - said.len();
    let meters = world.vendor.meters();
    let calls: u64 = meters.calls.values().sum();
    let figures = format!(
        "{runs} runs: {calls} calls, {} faults, {} over limits, {} early, {} lost, {duplicates} said twice, {closings} \
         closings, {} refused, {} min of theirs, {:.1} s of ours",
        meters.faults,
        meters.over.len(),
        meters.early,
        lost.len(),
        meters.refused.len(),
        (world.clock.now() - began).0 / 60_000,
        real.elapsed().as_secs_f64(),
    );
    drop(writeln!(std::io::stderr(), "{figures}"));
    let wrong = (meters.over.len(), meters.early, lost.len(), duplicates, closings);
    assert_eq!(wrong, (0, 0, 0, 0, runs), "{figures}\n{:?}\n{:?}", lost.first(), meters.over.first());
    world.abandon();
}

/// Whether that many runs are over, and nothing is owed.
async fn is_over(world: &World, runs: usize) -> bool {
    let all = world.store.runs(runs + 1).await.unwrap();
    if all.len() < runs || all.iter().any(|run| !run.ended()) {
        return false;
    }
    for run in all {
        if world.store.effects(&run.id).await.unwrap().iter().any(|standing| !standing.settled) {
            return false;
        }
    }
    true
}
