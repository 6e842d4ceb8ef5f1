//! People: what they ask, add, edit, delete and press.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::command::{self, Command};
use crate::devbox::Usage;
use crate::effect::Effect;
use crate::event::{Alarm, Event};
use crate::id::{Digest, PhaseName, RunId};
use crate::outcome::Outcome;
use crate::post::{Action, Mark, Slot};
use crate::reason::Reason;
use crate::reply;
use crate::run::{Followup, Run, Stage, State, Voice};
use crate::step::turn::Turn;
use crate::step::{Step, closing, phases, place, review};
use crate::talk::{Message, MessageId, Person, Role, ThreadId};
use crate::time::{Span, Time};
use crate::workflow::Work;

/// The most follow-ups a run takes; what comes after is answered, not kept.
pub(super) const MAX_FOLLOWUPS: usize = 50;
/// What is said of a deleted message that cannot be unread.
const READ: &str = "An agent has read that already. Say what should happen instead.";
/// What somebody who is not of the team is told.
const STRANGER: &str = "Only people of this team can ask me for something.";

/// A message that begins a run. `before` is the thread's run before it, which is over.
pub(super) fn begin(before: Option<&Run>, thread: &ThreadId, message: &Message, event: &Event) -> Step {
    let mut blank = blank(before, thread, message, event);
    // If its change request can still be added to, what people say next is about it.
    blank.origin = before.filter(|run| run.proposes()).map(|run| run.origin().clone());
    let mut turn = Turn::new(&blank, event);
    turn.ask(Effect::Mark { message: message.id.clone(), mark: Mark::Seen });
    match command::parse(&message.text) {
        _ if message.by.role == Role::Outsider => {
            closing::end(&mut turn, Outcome::Refused { reason: STRANGER.into() });
        }
        Command::Aside => return Step::Ignored(Reason::NotAddressed),
        Command::Words(_) | Command::Now(_) | Command::Deny(_) => place::route(&mut turn),
        Command::Nothing
        | Command::Help
        | Command::Status
        | Command::Why
        | Command::Plan
        | Command::Cost
        | Command::Approve
        | Command::Stop
        | Command::Retry
        | Command::Mute
        | Command::Quiet
        | Command::Verbose
        | Command::Dashboard => closing::end(&mut turn, Outcome::Helped),
    }
    turn.done()
}

/// A run before its first step.
pub(super) fn blank(before: Option<&Run>, thread: &ThreadId, message: &Message, event: &Event) -> Run {
    Run {
        id: RunId::of(event.at, &event.id),
        version: 0,
        thread: thread.clone(),
        request: message.clone(),
        asked: event.at,
        followups: Vec::new(),
        state: State::Routing { asked: 0 },
        route: None,
        epoch: 0,
        boxes: BTreeSet::new(),
        spent: Usage::default(),
        voice: before.map_or(Voice::Quiet, |run| run.voice),
        memory: before.and_then(|run| run.target().cloned().or_else(|| run.memory.clone())),
        before: before.map(|run| run.id.clone()),
        again: false,
        origin: None,
        starter: None,
        reviews: before.map(|run| run.reviews.clone()).unwrap_or_default(),
        shown: false,
    }
}

/// A message in the thread of a run that is being worked.
pub(super) fn said(turn: Turn<'_>, message: &Message, addressed: bool) -> Step {
    if !addressed {
        return Step::Ignored(Reason::NotAddressed);
    }
    if message.by.role < Role::Viewer {
        let mut turn = turn;
        turn.whisper(&message.by, "Only people of this team can steer this run.");
        return turn.done();
    }
    let by = &message.by;
    let command = command::parse(&message.text);
    match command {
        Command::Words(_) => follow(turn, message, false, false),
        Command::Now(text) => interrupt(turn, message, text),
        Command::Approve => decide(turn, by, None),
        Command::Deny(reason) if gate(&turn.run).is_some() => decide(turn, by, Some(reason)),
        Command::Deny(_) => follow(turn, message, false, false),
        Command::Stop => stop(turn, by),
        Command::Aside => Step::Ignored(Reason::NotAddressed),
        Command::Mute => voice(turn, Voice::Muted),
        Command::Quiet => voice(turn, Voice::Quiet),
        Command::Verbose => voice(turn, Voice::Verbose),
        Command::Retry => {
            let mut turn = turn;
            turn.reply("It is still at work; there is nothing to try again yet.");
            turn.done()
        }
        Command::Nothing
        | Command::Help
        | Command::Status
        | Command::Why
        | Command::Plan
        | Command::Cost
        | Command::Dashboard => answer(turn, &command),
    }
}

/// A message in the thread of a run that is over.
pub(super) fn after(run: &Run, message: &Message, event: &Event) -> Step {
    if message.by.role < Role::Viewer {
        // Not even a run that refuses them: the thread's latest run stays the one that its people know.
        let mut turn = Turn::new(run, event);
        turn.whisper(&message.by, STRANGER);
        return turn.done();
    }
    let command = command::parse(&message.text);
    match command {
        Command::Words(_) | Command::Now(_) if awaits(run, message) => go_on(run, message, event),
        Command::Words(_) | Command::Now(_) | Command::Deny(_) => begin(Some(run), &run.thread, message, event),
        Command::Aside => Step::Ignored(Reason::NotAddressed),
        Command::Retry => retry(run, &message.by, event),
        Command::Approve => answered(run, event, "Nothing waits for a decision here."),
        Command::Stop => answered(run, event, "It is over already; nothing to stop."),
        Command::Mute => voice(Turn::new(run, event), Voice::Muted),
        Command::Quiet => voice(Turn::new(run, event), Voice::Quiet),
        Command::Verbose => voice(Turn::new(run, event), Voice::Verbose),
        Command::Nothing
        | Command::Help
        | Command::Status
        | Command::Why
        | Command::Plan
        | Command::Cost
        | Command::Dashboard => answer(Turn::new(run, event), &command),
    }
}

/// Whether the run ended because it needs a person, and this is one who may answer.
fn awaits(run: &Run, message: &Message) -> bool {
    let asked = match run.outcome() {
        Some(Outcome::Blocked { .. } | Outcome::Refused { .. }) => run.job().is_some(),
        Some(
            Outcome::Delivered
            | Outcome::Answered { .. }
            | Outcome::NoChangeNeeded { .. }
            | Outcome::Rejected { .. }
            | Outcome::Failed { .. }
            | Outcome::BudgetExhausted { .. }
            | Outcome::Stopped { .. }
            | Outcome::Expired { .. }
            | Outcome::Lost
            | Outcome::Helped,
        )
        | None => false,
    };
    asked && (message.by.role >= Role::Member || message.by.id == run.request.by.id)
}

fn answered(run: &Run, event: &Event, text: &str) -> Step {
    let mut turn = Turn::new(run, event);
    turn.reply(text);
    turn.done()
}

fn answer(mut turn: Turn<'_>, command: &Command) -> Step {
    let post = reply::answer(command, &turn.run, turn.at);
    turn.say(Slot::Reply(turn.event.id.clone()), post);
    turn.done()
}

fn voice(mut turn: Turn<'_>, voice: Voice) -> Step {
    turn.run.voice = voice;
    turn.reply(match voice {
        Voice::Muted => "I'll only say what needs a person, and how it ends.",
        Voice::Quiet => "I'll keep to the one status message, what needs a person, and how it ends.",
        Voice::Verbose => "I'll say when each phase begins.",
    });
    turn.done()
}

/// More of a request: an answer to a question where it goes, or something for the agent's next step.
///
/// `urgent`: it was to interrupt, and there is nothing to interrupt.
fn follow(mut turn: Turn<'_>, message: &Message, correction: bool, urgent: bool) -> Step {
    if message.by.role < Role::Member && message.by.id != turn.run.request.by.id {
        turn.whisper(&message.by, "Only members of this team and the person who asked can add to this run.");
        return turn.done();
    }
    if turn.run.followups.len() >= MAX_FOLLOWUPS {
        turn.reply(format!(
            "This run has {MAX_FOLLOWUPS} follow-ups, the most it takes. Ask again in a new thread when it is done."
        ));
        return turn.done();
    }
    if matches!(turn.run.state, State::Closing { .. }) {
        turn.reply("It is ending just now. Say it again once it is over, and I'll begin anew.");
        return turn.done();
    }
    let unread = !correction && !message.attachments.is_empty() && matches!(turn.run.state, State::Working(_));
    // A line the first time; after that the mark says it.
    let known = turn.run.followups.iter().any(|followup| !followup.withdrawn && !followup.correction);
    turn.run.followups.push(added(message, turn.at, correction));
    turn.ask(Effect::Mark { message: message.id.clone(), mark: Mark::Passed });
    if let State::Choosing { asked, .. } = &turn.run.state
        && place::may_choose(&turn.run, &message.by)
    {
        let slot = Slot::Question(*asked);
        turn.say(slot, reply::question_over(&turn.run, "answered in words"));
        place::route(&mut turn);
    } else {
        if correction || !known || urgent {
            let mut text = reply::noted(&turn.run, correction, urgent);
            if unread {
                text.push_str(reply::UNREAD);
            }
            turn.reply(text);
        } else if unread {
            turn.reply(reply::UNREAD.trim_start());
        }
        phases::heed(&mut turn);
    }
    turn.done()
}

pub(super) fn added(message: &Message, at: Time, correction: bool) -> Followup {
    Followup { message: message.clone(), at, correction, withdrawn: false }
}

/// `now: …`: the agent at work is stopped and begins anew with what was said.
fn interrupt(mut turn: Turn<'_>, message: &Message, text: String) -> Step {
    let message = Message { text, ..message.clone() };
    if message.by.role < Role::Member && message.by.id != turn.run.request.by.id {
        return follow(turn, &message, false, true);
    }
    if turn.run.followups.len() >= MAX_FOLLOWUPS {
        return follow(turn, &message, false, true);
    }
    let State::Working(job) = &mut turn.run.state else { return follow(turn, &message, false, true) };
    let agents: Vec<PhaseName> = job
        .plan
        .workflow
        .phases
        .iter()
        .filter(|phase| matches!(phase.work, Work::Agent(_)))
        .map(|phase| phase.name.clone())
        .collect();
    let mut halted = None;
    for name in agents {
        if let Some(Stage::Working { devbox, interrupted, .. }) =
            job.phases.get_mut(&name).map(|progress| &mut progress.stage)
        {
            *interrupted = true;
            halted = Some(devbox.clone());
        }
    }
    let Some(devbox) = halted else { return follow(turn, &message, false, true) };
    turn.run.followups.push(added(&message, turn.at, true));
    let at = turn.at + closing::HALT_GRACE;
    turn.ask(Effect::Halt { devbox: devbox.clone() });
    turn.ask(Effect::Wake { alarm: Alarm::Halt { devbox }, at });
    turn.ask(Effect::Mark { message: message.id.clone(), mark: Mark::Passed });
    turn.reply("Interrupting: the agent begins this step anew with that.");
    turn.done()
}

/// Somebody changed a message.
pub(super) fn edited(mut turn: Turn<'_>, message: &Message) -> Step {
    let begun = matches!(turn.run.state, State::Working(_) | State::Closing { .. } | State::Ended { .. });
    if message.id == turn.run.request.id {
        if message.text == turn.run.request.text {
            return Step::Ignored(Reason::Repeated);
        }
        if begun {
            return follow(turn, message, true, false);
        }
        turn.run.request = message.clone();
        place::withdraw(&mut turn, "the request was edited");
        if matches!(turn.run.state, State::Waiting { .. }) {
            turn.ask(Effect::Leave);
        }
        place::route(&mut turn);
        turn.reply("I've read your edit and begin with it.");
        return turn.done();
    }
    let told = told(&turn.run);
    match turn.run.followups.iter().rposition(|followup| followup.message.id == message.id) {
        Some(place) if place >= told => {
            // Added anew, not changed in place: a box may have been handed the old words a moment ago.
            withdraw(&mut turn.run, place);
            turn.run.followups.push(added(message, turn.at, false));
            turn.reply("I've read your edit and pass that on instead.");
            phases::heed(&mut turn);
            turn.done()
        }
        Some(_) => follow(turn, message, true, false),
        None => Step::Ignored(Reason::Unrelated),
    }
}

fn withdraw(run: &mut Run, place: usize) {
    if let Some(followup) = run.followups.get_mut(place) {
        followup.withdrawn = true;
    }
}

/// How many follow-ups some attempt was told of.
fn told(run: &Run) -> usize {
    let stages = run.job().into_iter().flat_map(|job| job.phases.values().map(|progress| &progress.stage));
    stages.fold(run.job().map_or(0, |job| job.heard), |most, stage| match stage {
        Stage::Working { told, .. } => most.max(*told),
        Stage::Pending
        | Stage::Starting { .. }
        | Stage::Resting { .. }
        | Stage::Deciding { .. }
        | Stage::Opening { .. }
        | Stage::Watching { .. }
        | Stage::Done
        | Stage::Skipped
        | Stage::Failed => most,
    })
}

pub(super) fn edited_after(mut turn: Turn<'_>, message: &Message) -> Step {
    if message.id != turn.run.request.id {
        return Step::Ignored(Reason::Over);
    }
    turn.reply("That run is over. Reply here with what should be different, and I'll begin anew.");
    turn.done()
}

/// A message is gone.
pub(super) fn deleted(mut turn: Turn<'_>, message: &MessageId, by: &Person) -> Step {
    if *message == turn.run.request.id {
        closing::end(&mut turn, Outcome::Stopped { by: by.clone(), deleted: true });
        return turn.done();
    }
    let told = told(&turn.run);
    match turn.run.followups.iter().rposition(|followup| followup.message.id == *message) {
        Some(place) if place >= told => {
            withdraw(&mut turn.run, place);
            let read = turn.run.followups.iter().take(told).any(|followup| followup.message.id == *message);
            turn.reply(if read { READ } else { "Taken back: no agent hears of it." });
            turn.done()
        }
        Some(_) => {
            turn.reply(READ);
            turn.done()
        }
        None => Step::Ignored(Reason::Unrelated),
    }
}

/// Somebody pressed a button of a run that is being worked.
pub(super) fn pressed(mut turn: Turn<'_>, action: &Action, by: &Person) -> Step {
    if by.role < Role::Viewer {
        turn.whisper(by, "Only people of this team can press that.");
        return turn.done();
    }
    match action {
        Action::Stop => stop(turn, by),
        Action::Why => answer(turn, &Command::Why),
        Action::Details => answer(turn, &Command::Status),
        Action::Approve { phase, digest } => decide_at(turn, by, phase, digest, None),
        Action::Deny { phase, digest, reason } => decide_at(turn, by, phase, digest, Some(reason.clone())),
        Action::Choose { target } => place::chosen(turn, target, by),
        Action::Retry => {
            turn.whisper(by, "It is being worked already; nothing changed.");
            turn.done()
        }
        Action::Resolve { review } => review::resolve(turn, review, by),
        Action::Dismiss { review } => review::dismiss(turn, review, by),
        Action::View { .. } => Step::Ignored(Reason::Passed),
    }
}

/// Somebody pressed a button of a run that is over.
pub(super) fn pressed_after(run: &Run, action: &Action, by: &Person, event: &Event) -> Step {
    let mut turn = Turn::new(run, event);
    match action {
        Action::Retry => return retry(run, by, event),
        Action::Resolve { review } => return review::resolve_after(run, review, by, event),
        Action::Dismiss { review } => return review::dismiss(turn, review, by),
        Action::Why => return answer(turn, &Command::Why),
        Action::Details => {
            turn.say(Slot::Reply(event.id.clone()), reply::details(run));
        }
        Action::Stop => turn.whisper(by, "It is over already; nothing changed."),
        Action::Approve { .. } | Action::Deny { .. } => {
            turn.whisper(by, "That is decided already, or the run is over; nothing changed.")
        }
        Action::Choose { .. } => turn.whisper(by, "That question is over; nothing changed."),
        Action::View { .. } => return Step::Ignored(Reason::Passed),
    }
    turn.done()
}

fn stop(mut turn: Turn<'_>, by: &Person) -> Step {
    let mine = [&turn.run.request.by.id, &turn.run.starter().id].contains(&&by.id)
        || turn.run.followups.iter().any(|followup| followup.message.by.id == by.id);
    if !mine && by.role < Role::Maintainer {
        let text =
            format!("Only {}, people who added to this run, and maintainers can stop it.", turn.run.request.by.name);
        turn.whisper(by, text);
        return turn.done();
    }
    if matches!(turn.run.state, State::Closing { .. }) {
        closing::kill(&mut turn);
        turn.whisper(by, "Ending it at once.");
    } else {
        closing::end(&mut turn, Outcome::Stopped { by: by.clone(), deleted: false });
    }
    turn.done()
}

/// The gate that is open, and what it was asked for.
fn gate(run: &Run) -> Option<(PhaseName, Digest)> {
    let State::Working(job) = &run.state else { return None };
    job.phases.iter().find_map(|(name, progress)| match &progress.stage {
        Stage::Deciding { digest, .. } => Some((name.clone(), digest.clone())),
        Stage::Pending
        | Stage::Starting { .. }
        | Stage::Working { .. }
        | Stage::Resting { .. }
        | Stage::Opening { .. }
        | Stage::Watching { .. }
        | Stage::Done
        | Stage::Skipped
        | Stage::Failed => None,
    })
}

fn decide(mut turn: Turn<'_>, by: &Person, deny: Option<String>) -> Step {
    let Some((phase, digest)) = gate(&turn.run) else {
        turn.reply("Nothing waits for a decision here.");
        return turn.done();
    };
    decide_at(turn, by, &phase, &digest, deny)
}

/// A decision at a gate: it counts for exactly what was shown, once, from somebody who may.
fn decide_at(mut turn: Turn<'_>, by: &Person, name: &PhaseName, wanted: &Digest, deny: Option<String>) -> Step {
    let asker = [&turn.run.request.by.id, &turn.run.starter().id].contains(&&by.id);
    let State::Working(job) = &mut turn.run.state else {
        turn.whisper(by, "That is decided already; nothing changed.");
        return turn.done();
    };
    let (since, until) = match job.phases.get(name).map(|progress| &progress.stage) {
        Some(Stage::Deciding { digest, since, until }) if digest == wanted => (*since, *until),
        Some(
            Stage::Deciding { .. }
            | Stage::Pending
            | Stage::Starting { .. }
            | Stage::Working { .. }
            | Stage::Resting { .. }
            | Stage::Opening { .. }
            | Stage::Watching { .. }
            | Stage::Done
            | Stage::Skipped
            | Stage::Failed,
        )
        | None => {
            turn.whisper(by, "That is decided already, or it has changed since; nothing changed.");
            return turn.done();
        }
    };
    let Some(phase) = job.plan.workflow.phase(name).cloned() else { return Step::Ignored(Reason::Unrelated) };
    let (role, not_requester) = match &phase.work {
        Work::Gate(gate) => (gate.role, gate.not_requester),
        Work::Agent(_) | Work::Script { .. } | Work::OpenChange | Work::WatchChecks => (Role::Member, false),
    };
    if by.role < role {
        turn.whisper(by, format!("Only a {} can decide that.", role.words()));
        return turn.done();
    }
    if not_requester && asker {
        turn.whisper(by, "The person who asked cannot decide that; somebody else has to.");
        return turn.done();
    }
    if turn.at >= until {
        turn.whisper(by, "That has expired; nothing changed.");
        return turn.done();
    }
    let at = turn.at;
    job.waited = Span(job.waited.0 + (at - since).0);
    if let Some(progress) = job.phases.get_mut(name) {
        progress.stage = if deny.is_some() { Stage::Failed } else { Stage::Done };
    }
    let post = reply::gate_decided(job, &phase, by, deny.is_some());
    turn.say(Slot::Gate(name.clone(), wanted.clone()), post);
    match deny {
        Some(reason) => closing::end(&mut turn, Outcome::Rejected { by: by.clone(), reason }),
        None => {
            phases::limit_time(&mut turn);
            phases::pump(&mut turn);
        }
    }
    turn.done()
}

/// Works a request again: a new run that goes on from the last good phase.
fn retry(run: &Run, by: &Person, event: &Event) -> Step {
    let mut turn = Turn::new(run, event);
    if by.role < Role::Member && by.id != run.request.by.id {
        turn.whisper(by, "Only members of this team and the person who asked can try it again.");
        return turn.done();
    }
    if !run.retryable() {
        turn.reply("There is nothing to try again here. Reply with what should be different, and I'll begin anew.");
        return turn.done();
    }
    let fresh = anew(run, by, event);
    let mut turn = Turn::new(&fresh, event);
    resume(&mut turn, run);
    turn.done()
}

/// Goes on with what a run needed a person for, now that one has said it.
fn go_on(run: &Run, message: &Message, event: &Event) -> Step {
    let mut fresh = anew(run, &message.by, event);
    fresh.followups.push(added(message, event.at, false));
    let mut turn = Turn::new(&fresh, event);
    turn.ask(Effect::Mark { message: message.id.clone(), mark: Mark::Passed });
    if !message.attachments.is_empty() {
        turn.reply(reply::UNREAD.trim_start());
    }
    resume(&mut turn, run);
    turn.done()
}

/// A new run for the request of one that is over, on its branch.
fn anew(run: &Run, by: &Person, event: &Event) -> Run {
    let mut fresh = blank(Some(run), &run.thread, &run.request, event);
    fresh.again = true;
    fresh.starter = Some(by.clone());
    fresh.followups.clone_from(&run.followups);
    fresh.origin = Some(run.origin().clone());
    fresh
}

fn resume(turn: &mut Turn<'_>, run: &Run) {
    let Some(job) = run.job() else { return place::route(turn) };
    let mut kept = Box::new(job.clone());
    kept.revive();
    turn.run.route.clone_from(&run.route);
    place::resolve_kept(turn, kept);
}
