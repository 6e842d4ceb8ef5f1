//! Boxes that vanish, fall silent, or come back from the dead: in each phase, at each second of it.

use std::fmt::Write as _;

use signalbox_domain::event::Fact;
use signalbox_domain::outcome::Outcome;
use signalbox_domain::run::{Run, Stage, State};
use signalbox_domain::time::{Span, Time};
use signalbox_ports::clock::Clock as _;
use signalbox_ports::store::Store as _;
use signalbox_world::World;
use signalbox_world::boxes::Act;

use crate::stories::acts::{after, approved, built, planned};

/// Phases that are worked in boxes.
const PHASES: [&str; 4] = ["plan", "build", "check", "review"];
/// How long each of them takes here, in seconds.
const TAKES: u64 = 12;
/// Two heartbeats.
const LIMIT: Span = Span::seconds(10);
/// How often it is looked.
const LOOK: Span = Span::seconds(2);
/// A run whose box is lost once is over by then.
const OVER: u64 = 300;

/// What becomes of a box.
#[derive(Clone, Copy, Debug)]
enum Loss {
    /// Its machine is gone, and its provider knows.
    Vanished,
    /// Its machine is gone, and its provider never heard of it.
    Forgotten,
    /// It is silent, and runs on.
    Frozen,
}

/// What was seen, all runs together.
#[derive(Default)]
struct Seen {
    runs: u32,
    silent: u32,
    unnoticed: u32,
    doubled: u32,
    zombies: u32,
    attempts: u32,
    orphans: u32,
    latest: Span,
}

fn acts(phase: &str) -> Vec<Act> {
    match phase {
        "plan" => planned("low"),
        "build" => built(),
        "review" => approved(),
        _ => Vec::new(),
    }
}

fn works(run: &Run, phase: &str) -> bool {
    let State::Working(job) = &run.state else { return false };
    job.phases.get(&phase.into()).is_some_and(|progress| matches!(progress.stage, Stage::Working { .. }))
}

async fn lose(seen: &mut Seen, phase: &'static str, second: u64, loss: Loss) {
    let world = World::default();
    world.script(phase, vec![after(TAKES, acts(phase))]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.settle().await;
    world.pass(Span::seconds(second)).await;
    let run = world.run(&thread).await.expect("a run");
    assert!(works(&run, phase), "{phase} is not at work after {second} s");

    let at = world.clock.now();
    let ghosts = world.boxes.freeze();
    match loss {
        Loss::Vanished => world.boxes.vanish(),
        Loss::Forgotten => world.boxes.forget(),
        Loss::Frozen => {}
    }
    let mut doubled = false;
    let mut noticed = None;
    for _ in 0..OVER / 2 {
        world.pass(LOOK).await;
        doubled |= world.boxes.live().len() > 1;
        noticed = noticed.or(lost(&world, &run).await);
        if noticed.is_some() {
            for ghost in &ghosts {
                let (attempts, done) = world.boxes.haunt(ghost, &*world.engine).await;
                seen.zombies += done.len() as u32;
                seen.attempts += attempts;
                assert!(done.is_empty(), "{phase} {second} {loss:?}: a box that was given up may {done:?}");
            }
        }
        if world.run(&thread).await.is_some_and(|run| run.ended()) {
            break;
        }
    }
    let run = world.run(&thread).await.expect("a run");
    let took = noticed.map(|noticed| noticed - at);
    seen.runs += 1;
    seen.silent += u32::from(!matches!(run.outcome(), Some(Outcome::Delivered)));
    seen.unnoticed += u32::from(took.is_none_or(|took| took > LIMIT));
    seen.doubled += u32::from(doubled);
    seen.orphans += world.boxes.live().len() as u32 + world.forge.live().len() as u32;
    seen.latest = seen.latest.max(took.unwrap_or(Span::hours(1)));
    // What the world is left with is looked at when it is dropped: one closing message, no box, no token.
}

async fn lost(world: &World, run: &Run) -> Option<Time> {
    let history = world.store.history(&run.id).await.unwrap_or_default();
    history.iter().find(|entry| matches!(entry.event.fact, Fact::Vanished { .. })).map(|entry| entry.event.at)
}

#[tokio::test]
async fn a_box_that_is_lost_at_any_second_of_any_phase_is_noticed_replaced_and_fenced() {
    let mut table = String::new();
    let mut all = Seen::default();
    for loss in [Loss::Vanished, Loss::Forgotten, Loss::Frozen] {
        let mut seen = Seen::default();
        for phase in PHASES {
            for second in 0..TAKES {
                lose(&mut seen, phase, second, loss).await;
            }
        }
        let Seen { runs, silent, unnoticed, doubled, zombies, attempts, orphans, latest } = seen;
        let _ = writeln!(
            table,
            "losses: {loss:?}: {runs} runs, noticed within {} s at the latest (two heartbeats: {} s), later {unnoticed}, \
             silent {silent}, double-live {doubled}, zombie writes {zombies} of {attempts}, orphans {orphans}",
            latest.0 / 1000,
            LIMIT.0 / 1000
        );
        all.silent += silent + unnoticed + doubled + zombies + orphans;
        all.attempts += attempts;
    }
    println!("{table}");
    assert_eq!(all.silent, 0, "{table}");
    assert!(all.attempts > 1_000, "{table}");
}
