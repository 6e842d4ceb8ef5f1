//! What is wrong with a world that had trouble and time to get over it.

use std::collections::{BTreeMap, BTreeSet};

use signalbox_domain::effect::Effect;
use signalbox_domain::id::{EffectId, RunId};
use signalbox_domain::post::{Mark, Slot};
use signalbox_domain::run::Run;
use signalbox_domain::talk::MessageId;
use signalbox_domain::time::Time;
use signalbox_ports::clock::Clock as _;
use signalbox_ports::devbox::Devbox as _;
use signalbox_ports::store::{Place, Store as _};
use signalbox_world::World;
use signalbox_world::chat::Author;

use super::harness::Harness;
use super::scenario::Scenario;

/// What is wrong.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// What was promised and did not happen.
    pub(super) lost: Vec<String>,
    /// What happened more than once, and still shows.
    pub(super) duplicated: Vec<String>,
}

/// Judges a world at rest.
pub(super) async fn judge(harness: &Harness, scenario: &Scenario) -> Verdict {
    let mut verdict = Verdict { lost: harness.missed.clone(), duplicated: Vec::new() };
    harness
        .aside(async |world| {
            for wrong in world.unkept().await {
                let twice = wrong.contains("twice") || wrong.contains("closing messages") && !wrong.contains(" 0 ");
                if twice { &mut verdict.duplicated } else { &mut verdict.lost }.push(wrong);
            }
            let mut runs = world.store.runs(100).await.expect("memory");
            runs.sort_by_key(|run| (order(harness, run), run.asked, run.id.clone()));
            let outcomes: Vec<&str> = runs.iter().filter_map(Run::outcome).map(|outcome| outcome.name()).collect();
            if outcomes != scenario.outcomes {
                let how: Vec<_> = runs.iter().map(Run::outcome).collect();
                verdict.lost.push(format!("the runs ended as {outcomes:?}: {how:?}"));
            }
            for run in &runs {
                thread(world, run, &mut verdict).await;
                let replayed = world.engine.replay(&run.id).await.expect("memory");
                verdict.lost.extend(replayed.differences.iter().map(|why| format!("replay: {why}")));
            }
            changes(world, scenario, &mut verdict);
            leftovers(world, scenario, &mut verdict).await;
        })
        .await;
    verdict
}

fn order(harness: &Harness, run: &Run) -> usize {
    harness.threads.iter().position(|thread| *thread == run.thread).unwrap_or(usize::MAX)
}

/// Whether the thread shows what the run decided: the newest words of each slot, the newest mark of each message,
/// every whisper.
async fn thread(world: &World, run: &Run, verdict: &mut Verdict) {
    let shown = world.chat.shown(&run.thread);
    let mut newest: BTreeMap<&Slot, (&EffectId, &signalbox_domain::post::Post)> = BTreeMap::new();
    let mut marks: BTreeMap<&MessageId, Mark> = BTreeMap::new();
    let effects = world.store.effects(&run.id).await.expect("memory");
    for standing in &effects {
        let id = &standing.owed.id;
        match &standing.owed.effect {
            Effect::Say { slot, post } => drop(newest.insert(slot, (id, post))),
            Effect::Mark { message, mark } => drop(marks.insert(message, *mark)),
            Effect::Whisper { .. } => {
                let heard = |by: &Author| matches!(by, Author::Ours { effect, .. } if effect == id);
                if !shown.iter().any(|shown| heard(&shown.by)) {
                    verdict.lost.push(format!("the whisper {id} was not heard"));
                }
            }
            Effect::Route
            | Effect::Resolve { .. }
            | Effect::Admit
            | Effect::Leave
            | Effect::Gather { .. }
            | Effect::Provision { .. }
            | Effect::Halt { .. }
            | Effect::Release { .. }
            | Effect::Open { .. }
            | Effect::Look { .. }
            | Effect::Wake { .. } => {}
        }
    }
    for (slot, (id, post)) in newest {
        let said = shown.iter().filter(|shown| !shown.gone).find_map(|shown| match &shown.by {
            Author::Ours { effect, slot: Some(said), posts } if effect.run == run.id && said == slot => posts.last(),
            Author::Ours { .. } | Author::Person { .. } => None,
        });
        if said != Some(post) {
            verdict.lost.push(format!("the thread does not show {id} in {slot:?}"));
        }
    }
    // A later run of the thread may have put its own mark on a message.
    for (message, mark) in marks.into_iter().filter(|(message, _)| **message == run.request.id) {
        let found = shown.iter().find(|shown| shown.id == *message).and_then(|shown| shown.mark);
        if found != Some(mark) && world.chat.shown(&run.thread).len() < 2 {
            verdict.lost.push(format!("{message:?} is marked {found:?}, not {mark:?}"));
        }
    }
}

/// Whether there are the right change requests, with the right change in them.
fn changes(world: &World, scenario: &Scenario, verdict: &mut Verdict) {
    let opened = world.forge.changes();
    let runs: BTreeSet<&RunId> = opened.iter().map(|opened| &opened.run).collect();
    if runs.len() != opened.len() || opened.len() > scenario.changes {
        verdict.duplicated.push(format!("there are {} change requests", opened.len()));
    }
    if opened.len() < scenario.changes {
        verdict.lost.push(format!("there are {} change requests, not {}", opened.len(), scenario.changes));
    }
    for opened in &opened {
        let branch = world.forge.branches("acme/website").get(&opened.branch).cloned();
        let text = world.forge.files("acme/website", &opened.change.head).get("src/pricing.html").cloned();
        if branch.as_ref() != Some(&opened.change.head) || text.as_deref() != Some("<p>$12</p>\n") {
            verdict.lost.push(format!("the change request is of {branch:?}, which says {text:?}"));
        }
    }
}

/// Whether something was left behind that nobody would ever take up.
async fn leftovers(world: &World, scenario: &Scenario, verdict: &mut Verdict) {
    let lost = &mut verdict.lost;
    let waiting = world.queue.waiting();
    if !waiting.is_empty() {
        lost.push(format!("still queued: {waiting:?}"));
    }
    let unworked = world.store.unworked(Time(u64::MAX), 100).await.expect("memory");
    lost.extend(unworked.iter().map(|(_, delivery)| format!("never worked: {delivery}")));
    let listed = world.boxes.list().await.expect("memory");
    lost.extend(listed.iter().map(|listed| format!("the box {} is still listed", listed.devbox)));
    let lapsed = world.store.lapsed(Time(u64::MAX), 100).await.expect("memory");
    lost.extend(lapsed.iter().map(|lease| format!("the lease of {} is never over", lease.devbox)));
    let now = world.clock.now();
    for guest in 0..scenario.places {
        let place = world.store.admit("runs", scenario.places, &RunId(format!("guest {guest}")), now).await;
        if place != Ok(Place::In) {
            lost.push(format!("the place {guest} of {} is never given back", scenario.places));
        }
    }
}
