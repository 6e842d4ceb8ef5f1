//! Many runs in one channel while every twentieth call fails: no limit is passed, nothing is lost, nothing is twice.

use std::collections::BTreeMap;

use signalbox_domain::post::Slot;
use signalbox_domain::time::Span;
use signalbox_ports::clock::Clock as _;
use signalbox_ports::store::Store as _;

use super::World;

/// Runs, unless `RUNS` says how many.
const RUNS: usize = 40;
/// The longest that they may take, of the world's time.
const MAX_HOURS: u64 = 48;

#[tokio::test]
async fn many_runs_in_one_channel_while_slack_has_trouble() {
    let wanted = std::env::var("RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(RUNS);
    let world = World::default();
    let (vendor, web) = (&world.place.vendor, world.place.channel("web"));
    world.pass(Span::seconds(5)).await;
    vendor.faults(50);
    let mut roots = Vec::new();
    for number in 0..wanted {
        let text = format!("@Signalbox the price should say $12, says number {number}");
        roots.push(vendor.say(world.place.user("Ana"), web, &text).await.unwrap());
        world.clock.set(world.clock.now() + Span(100));
    }
    let began = world.clock.now();
    let mut left = wanted;
    for _ in 0..MAX_HOURS * 6 {
        world.pass(Span::minutes(10)).await;
        left = unsettled(&world).await;
        if left == 0 {
            break;
        }
    }
    let took = world.clock.now() - began;
    let mut said: BTreeMap<_, usize> = BTreeMap::new();
    for one in world.said() {
        *said.entry(one).or_default() += 1;
    }
    let runs = world.store.runs(wanted * 2).await.unwrap();
    let twice = said.values().filter(|times| **times > 1).count();
    let unclosed = runs.iter().filter(|run| said.get(&(run.id.clone(), Slot::Closing)) != Some(&1)).count();
    let unmarked = roots.iter().filter(|root| vendor.message(web, root).unwrap().marks() != "✅").count();
    let meters = vendor.meters();
    let figures = format!(
        "{} runs in {} min of the world's time: {} calls, {} faults, {} over a limit, {} early, {left} unsettled, \
         {twice} twice, {unclosed} without one end, {unmarked} without its last mark",
        runs.len(),
        took.0 / 60_000,
        meters.total(),
        meters.faults.values().sum::<u64>(),
        meters.over_total(),
        meters.early_total(),
    );
    println!("{figures}");
    assert_eq!(runs.len(), wanted, "{figures}");
    assert!(meters.faults.values().sum::<u64>() > 0, "{figures}");
    let wrong = (meters.over_total(), meters.early_total(), left, twice, unclosed, unmarked);
    assert_eq!(wrong, (0, 0, 0, 0, 0, 0), "{figures}\n{:?}\n{:?}", meters.over, meters.early);
    assert_eq!(world.boxes.live().len(), 0);
    world.abandon();
}

/// Runs that have not ended, and effects that are not done.
async fn unsettled(world: &World) -> usize {
    let mut left = 0;
    for run in world.store.runs(100_000).await.unwrap() {
        left += usize::from(!run.ended());
        let effects = world.store.effects(&run.id).await.unwrap();
        let due = |due| due <= world.clock.now() + Span::hours(2);
        left += effects.iter().filter(|standing| !standing.settled && due(standing.owed.due)).count();
    }
    left
}
