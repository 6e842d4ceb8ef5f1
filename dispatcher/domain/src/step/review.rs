//! Reviews of a run's change request: told in the thread, and resolved or left by a person's word.

use crate::change::Review;
use crate::effect::Effect;
use crate::event::Event;
use crate::post::{Mark, Slot};
use crate::reason::Reason;
use crate::reply;
use crate::run::{Reviewed, Run, State};
use crate::step::talk::{MAX_FOLLOWUPS, added, blank};
use crate::step::turn::Turn;
use crate::step::{Step, phases, place};
use crate::talk::{Message, MessageId, Person, Role};

/// The most reviews a run keeps; what comes after is only at the forge.
const MAX_REVIEWS: usize = 50;

/// Somebody reviewed the change request.
pub(super) fn reviewed(mut turn: Turn<'_>, review: &Review, by: &Person) -> Step {
    if !turn.run.proposes() {
        return Step::Ignored(Reason::Unrelated);
    }
    let says = review.asks || !review.remarks.is_empty();
    if !says || by.role < Role::Viewer || turn.run.reviews.len() >= MAX_REVIEWS {
        return Step::Ignored(Reason::NotAddressed);
    }
    if turn.run.reviews.iter().any(|known| known.review.id == review.id) {
        return Step::Ignored(Reason::Repeated);
    }
    let reviewed = Reviewed { review: review.clone(), by: by.clone(), settled: false, resolved: false };
    turn.say(Slot::Review(review.id.clone()), reply::reviewed(&reviewed));
    turn.run.reviews.push(reviewed);
    turn.done()
}

/// A person wants it resolved, and the run is at work: an agent acts on it at the next step.
pub(super) fn resolve(mut turn: Turn<'_>, id: &str, by: &Person) -> Step {
    let Some(place) = open(&mut turn, id, by) else { return turn.done() };
    if matches!(turn.run.state, State::Closing { .. }) {
        turn.whisper(by, "It is ending just now. Press it again once it is over, and I'll begin anew.");
        return turn.done();
    }
    if turn.run.followups.len() >= MAX_FOLLOWUPS {
        turn.whisper(by, "This run takes no more follow-ups; press it again once it is over.");
        return turn.done();
    }
    let Some(reviewed) = settle(&mut turn, place, by, true) else { return turn.done() };
    let message = request(&reviewed, MessageId(alloc::format!("review:{id}")), by);
    turn.run.followups.push(added(&message, turn.at, false));
    phases::heed(&mut turn);
    turn.done()
}

/// The same, once the run is over: a new run goes on with its change request.
pub(super) fn resolve_after(run: &Run, id: &str, by: &Person, event: &Event) -> Step {
    let mut old = Turn::new(run, event);
    let Some(place) = open(&mut old, id, by) else { return old.done() };
    let Some(target) = run.target().or(run.memory.as_ref()).cloned() else {
        old.whisper(by, "I do not know any more where that was; say here what should be different.");
        return old.done();
    };
    let mut fresh = blank(Some(run), &run.thread, &run.request, event);
    fresh.origin = Some(run.origin().clone());
    fresh.route.clone_from(&run.route);
    // What the run before acted on is answered.
    fresh.reviews.iter_mut().for_each(|known| known.resolved = false);
    let mut turn = Turn::new(&fresh, event);
    let Some(reviewed) = settle(&mut turn, place, by, true) else { return turn.done() };
    turn.run.request = request(&reviewed, run.request.id.clone(), by);
    turn.ask(Effect::Mark { message: run.request.id.clone(), mark: Mark::Seen });
    // It is about what was decided already; a reviewer's words decide no place.
    place::resolve(&mut turn, target);
    turn.done()
}

/// A person leaves it at that.
pub(super) fn dismiss(mut turn: Turn<'_>, id: &str, by: &Person) -> Step {
    if let Some(place) = open(&mut turn, id, by) {
        settle(&mut turn, place, by, false);
    }
    turn.done()
}

/// A review that somebody may decide about now, by its place. `None`: they were told why not.
fn open(turn: &mut Turn<'_>, id: &str, by: &Person) -> Option<usize> {
    if by.role < Role::Member && by.id != turn.run.request.by.id {
        turn.whisper(by, "Only members of this team and the person who asked can decide that.");
        return None;
    }
    let Some(place) = turn.run.reviews.iter().position(|known| known.review.id == id) else {
        turn.whisper(by, "I do not know that review any more; say here what should be different.");
        return None;
    };
    if turn.run.reviews.get(place).is_none_or(|known| known.settled) {
        turn.whisper(by, "That is decided already; nothing changed.");
        return None;
    }
    Some(place)
}

/// Decides about a review, once.
fn settle(turn: &mut Turn<'_>, place: usize, by: &Person, resolve: bool) -> Option<Reviewed> {
    let known = turn.run.reviews.get_mut(place)?;
    (known.settled, known.resolved) = (true, resolve);
    let reviewed = known.clone();
    turn.say(Slot::Review(reviewed.review.id.clone()), reply::review_settled(&reviewed, by, resolve));
    Some(reviewed)
}

fn request(reviewed: &Reviewed, id: MessageId, by: &Person) -> Message {
    Message { id, by: by.clone(), text: reply::resolution(reviewed), attachments: alloc::vec::Vec::new() }
}
