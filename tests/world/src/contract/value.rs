//! Small runs, deliveries and effects to tell stories with.

use std::sync::Arc;

use signalbox_domain::devbox::Control;
use signalbox_domain::effect::{Effect, Owed};
use signalbox_domain::event::{Alarm, Delivery, Event, Fact};
use signalbox_domain::id::{DeliveryId, DevboxId, RunId};
use signalbox_domain::post::{Mark, Post, Slot};
use signalbox_domain::run::Run;
use signalbox_domain::step::{Step, step};
use signalbox_domain::talk::{Message, MessageId, Person, Role, ThreadId};
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::store::{Commit, Lease, Settlement, Store};

/// The moment every story begins.
pub(super) const START: Time = Time(1_700_000_000_000);

/// So many milliseconds into the story.
pub(super) fn at(ms: u64) -> Time {
    Time(START.0 + ms)
}

pub(super) fn thread(root: &str) -> ThreadId {
    ThreadId { chat: "world".into(), room: "C:1".into(), root: root.into() }
}

/// Ana says `text` in the thread. The same text in the same thread is the same delivery.
pub(super) fn said(thread: &ThreadId, text: &str, at: Time) -> Delivery {
    let by = Person { id: "world:ana".into(), name: "Ana".into(), role: Role::Member };
    let message =
        Message { id: MessageId(format!("{}.{text}", thread.root)), by, text: text.into(), attachments: Vec::new() };
    let id = Event::said(thread, &message);
    Delivery {
        thread: thread.clone(),
        run: None,
        event: Event { id, at, fact: Fact::Said { message, addressed: true } },
    }
}

pub(super) fn key(thread: &ThreadId, text: &str) -> DeliveryId {
    said(thread, text, START).event.id
}

/// The step by which the delivery starts a run of its thread.
pub(super) fn start(delivery: &Delivery, after: Option<&RunId>, effects: Vec<Effect>) -> Commit {
    let Step::Advanced { run, .. } = step(None, &delivery.thread, &delivery.event) else {
        unreachable!("stories begin with somebody's words")
    };
    commit(delivery, run, after, effects)
}

/// The step by which the delivery makes the run's next version.
pub(super) fn next(delivery: &Delivery, run: &Run, effects: Vec<Effect>) -> Commit {
    commit(delivery, Run { version: run.version + 1, ..run.clone() }, None, effects)
}

fn commit(delivery: &Delivery, run: Run, after: Option<&RunId>, effects: Vec<Effect>) -> Commit {
    Commit {
        delivery: delivery.event.id.clone(),
        loaded: run.version - 1,
        after: after.cloned(),
        event: delivery.event.clone(),
        effects: Effect::owed(&run, delivery.event.at, effects),
        run,
    }
}

/// A run of a new thread that owes these effects from the story's start.
pub(super) async fn begun(store: &Arc<dyn Store>, root: &str, effects: Vec<Effect>) -> Run {
    let delivery = said(&thread(root), root, START);
    store.record(&delivery).await.unwrap();
    let commit = start(&delivery, None, effects);
    store.commit(&commit).await.unwrap();
    commit.run
}

/// The run, one version on, because Ana said `text`.
pub(super) async fn advanced(store: &Arc<dyn Store>, run: &Run, text: &str, effects: Vec<Effect>) -> Run {
    let delivery = said(&run.thread, text, START);
    store.record(&delivery).await.unwrap();
    let commit = next(&delivery, run, effects);
    store.commit(&commit).await.unwrap();
    commit.run
}

pub(super) fn mark(mark: Mark) -> Effect {
    Effect::Mark { message: "m1".into(), mark }
}

pub(super) fn say(slot: Slot, text: &str) -> Effect {
    Effect::Say { slot, post: Post::line(text) }
}

pub(super) fn wake(at: Time) -> Effect {
    Effect::Wake { alarm: Alarm::Budget, at }
}

/// What the run's effects that can be taken up now are, by their place in the step.
pub(super) fn places(claimed: &[signalbox_ports::store::Claimed]) -> Vec<u32> {
    let owed: Vec<&Owed> = claimed.iter().map(|claimed| &claimed.owed).collect();
    owed.iter().map(|owed| owed.id.index).collect()
}

pub(super) fn done() -> Settlement {
    Settlement::Done { message: None, result: None }
}

pub(super) fn lease(run: &Run, epoch: u32, deadline: Time) -> Lease {
    Lease {
        devbox: DevboxId::of(&run.id, epoch),
        run: run.id.clone(),
        thread: run.thread.clone(),
        epoch,
        deadline,
        claimed: false,
        control: Control::Continue,
    }
}

/// Whether it was refused for good, in words.
pub(super) fn rejected<T>(result: Result<T, Error>) -> bool {
    matches!(result, Err(Error::Rejected(why)) if !why.is_empty())
}
