//! Finding the place: routing, choosing, loading the workflow, waiting in line, gathering the context.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::change::Change;
use crate::context::Omission;
use crate::effect::Effect;
use crate::event::Alarm;
use crate::id::{Commit, Digest};
use crate::outcome::Outcome;
use crate::post::Slot;
use crate::reason::Reason;
use crate::reply;
use crate::route::{Decision, Target};
use crate::run::{Job, Plan, Routed, Run, State, Voice};
use crate::step::turn::Turn;
use crate::step::{Step, closing, phases};
use crate::talk::{Person, Role};
use crate::time::Span;
use crate::workflow::Workflow;

/// How long a question where a request goes waits for its answer.
pub(super) const QUESTION_EXPIRES: Span = Span::hours(24);

/// Asks the routers (again): the words have changed.
pub(super) fn route(turn: &mut Turn<'_>) {
    turn.run.state = State::Routing { asked: turn.run.version };
    turn.ask(Effect::Route);
}

pub(super) fn routed(mut turn: Turn<'_>, asked: u64, route: Routed, verbose: bool) -> Step {
    if !matches!(turn.run.state, State::Routing { asked: mine } if mine == asked) {
        return Step::Ignored(Reason::Late);
    }
    if verbose && turn.run.voice == Voice::Quiet && turn.run.before.is_none() {
        turn.run.voice = Voice::Verbose;
    }
    let decision = route.decision.clone();
    turn.run.route = Some(route);
    match &decision {
        Decision::Go { target, .. } => resolve(&mut turn, target.clone()),
        Decision::Ask { candidates, question, .. } => {
            let asked = turn.run.version;
            turn.run.state = State::Choosing { candidates: candidates.clone(), asked };
            let post = reply::question(question, candidates, &turn.run);
            turn.say(Slot::Question(asked), post);
            let at = turn.at + QUESTION_EXPIRES;
            turn.ask(Effect::Wake { alarm: Alarm::Question { asked }, at });
        }
        Decision::Nowhere { reason, failed } if failed.is_empty() => {
            closing::end(&mut turn, Outcome::Refused { reason: reason.clone() });
        }
        Decision::Nowhere { reason, failed } => {
            let details: Vec<String> = failed.iter().map(|(router, error)| format!("{router}: {error}")).collect();
            closing::end(&mut turn, Outcome::Failed { cause: reason.clone(), details: details.join("\n") });
        }
    }
    turn.done()
}

/// A person answered where the request goes.
pub(super) fn chosen(mut turn: Turn<'_>, target: &Target, by: &Person) -> Step {
    let State::Choosing { candidates, asked } = &turn.run.state else {
        turn.whisper(by, "That question is answered already; nothing changed.");
        return turn.done();
    };
    if !may_choose(&turn.run, by) {
        let text = format!("Only {} or a maintainer can answer that.", turn.run.request.by.name);
        turn.whisper(by, text);
        return turn.done();
    }
    if candidates.iter().all(|candidate| candidate.target != *target) {
        turn.whisper(by, "That was not one of the choices; nothing changed.");
        return turn.done();
    }
    let slot = Slot::Question(*asked);
    turn.say(slot, reply::chosen(&turn.run, target, by));
    if let Some(route) = &mut turn.run.route {
        route.chosen = Some(by.clone());
    }
    resolve(&mut turn, target.clone());
    turn.done()
}

pub(super) fn may_choose(run: &Run, by: &Person) -> bool {
    by.id == run.request.by.id || by.role >= Role::Maintainer
}

/// Has the workflow loaded, for that place.
pub(super) fn resolve(turn: &mut Turn<'_>, target: Target) {
    turn.run.state = State::Resolving { target: target.clone(), asked: turn.run.version, unlinked: false, kept: None };
    turn.ask(Effect::Resolve { target });
}

/// Has it asked whether whoever tries it again may; then it goes on with the work there is.
pub(super) fn resolve_kept(turn: &mut Turn<'_>, job: Box<Job>) {
    let target = job.plan.target.clone();
    turn.run.state =
        State::Resolving { target: target.clone(), asked: turn.run.version, unlinked: false, kept: Some(job) };
    turn.ask(Effect::Resolve { target });
}

pub(super) fn resolved(
    mut turn: Turn<'_>,
    asked: u64,
    workflow: &Workflow,
    base: Option<&Commit>,
    onto: Option<&str>,
    continues: Option<&Change>,
) -> Step {
    let (target, kept) = match &turn.run.state {
        State::Resolving { target, asked: mine, kept, .. } if *mine == asked => (target.clone(), kept.clone()),
        State::Resolving { .. }
        | State::Routing { .. }
        | State::Choosing { .. }
        | State::Waiting { .. }
        | State::Gathering { .. }
        | State::Working(_)
        | State::Closing { .. }
        | State::Ended { .. } => return Step::Ignored(Reason::Late),
    };
    if turn.run.starter().role < workflow.role {
        let (needed, by) = (workflow.role.words(), turn.run.starter());
        let reason = format!(
            "Only a {needed} can ask for this, and {} is a {} here. Ask a {needed} of the team to ask for it in this \
             thread.",
            by.name,
            by.role.words(),
        );
        closing::end(&mut turn, Outcome::Refused { reason });
        return turn.done();
    }
    if kept.is_some() {
        let plan = kept.as_ref().map(|job| job.plan.clone());
        if let Some(plan) = plan {
            turn.run.state = State::Waiting { plan, line: None, kept };
        }
        turn.ask(Effect::Admit);
        return turn.done();
    }
    if continues.is_none() {
        // What it would have gone on with is merged, closed, or elsewhere.
        turn.run.origin = None;
    }
    let plan = Plan {
        target,
        workflow: workflow.clone(),
        base: base.cloned(),
        onto: onto.map(ToString::to_string),
        continues: continues.cloned(),
    };
    turn.run.state = State::Waiting { plan, line: None, kept: None };
    turn.ask(Effect::Admit);
    turn.done()
}

pub(super) fn unresolved(mut turn: Turn<'_>, asked: u64, problems: &[String]) -> Step {
    let current = match &turn.run.state {
        State::Routing { asked: mine } | State::Resolving { asked: mine, .. } => *mine == asked,
        State::Waiting { .. } | State::Gathering { .. } => true,
        State::Choosing { .. } | State::Working(_) | State::Closing { .. } | State::Ended { .. } => false,
    };
    if !current {
        return Step::Ignored(Reason::Late);
    }
    let cause = problems.first().cloned().unwrap_or_else(|| "The workflow could not be loaded.".into());
    let details = problems.get(1..).unwrap_or_default().join("\n");
    closing::end(&mut turn, Outcome::Failed { cause, details });
    turn.done()
}

/// Policy says no.
pub(super) fn forbidden(mut turn: Turn<'_>, asked: u64, reason: &str) -> Step {
    if !matches!(turn.run.state, State::Resolving { asked: mine, .. } if mine == asked) {
        return Step::Ignored(Reason::Late);
    }
    closing::end(&mut turn, Outcome::Refused { reason: reason.to_string() });
    turn.done()
}

/// The forge does not know the person who asked: they are told privately where to say who they are, and waited for.
pub(super) fn unlinked(mut turn: Turn<'_>, asked: u64, url: &str) -> Step {
    match &mut turn.run.state {
        State::Resolving { asked: mine, unlinked, .. } if *mine == asked => *unlinked = true,
        State::Resolving { .. }
        | State::Routing { .. }
        | State::Choosing { .. }
        | State::Waiting { .. }
        | State::Gathering { .. }
        | State::Working(_)
        | State::Closing { .. }
        | State::Ended { .. } => return Step::Ignored(Reason::Late),
    }
    turn.say(Slot::Question(asked), reply::unlinked(&turn.run));
    let (to, post) = (turn.run.starter().clone(), reply::link(url));
    turn.ask(Effect::Whisper { to, post });
    let at = turn.at + QUESTION_EXPIRES;
    turn.ask(Effect::Wake { alarm: Alarm::Question { asked }, at });
    turn.done()
}

/// What a person was asked, where the request goes or who they are, is asked no more.
pub(super) fn withdraw(turn: &mut Turn<'_>, why: &str) {
    let (asked, post) = match &turn.run.state {
        State::Choosing { asked, .. } => (*asked, reply::question_over(&turn.run, why)),
        State::Resolving { asked, unlinked: true, .. } => (*asked, reply::unlinked_over(&turn.run, why)),
        State::Resolving { unlinked: false, .. }
        | State::Routing { .. }
        | State::Waiting { .. }
        | State::Gathering { .. }
        | State::Working(_)
        | State::Closing { .. }
        | State::Ended { .. } => return,
    };
    turn.say(Slot::Question(asked), post);
}

/// Somebody said who they are at the forge: if that was waited for, the same request goes on.
pub(super) fn linked(mut turn: Turn<'_>, by: &Person) -> Step {
    let (target, asked, kept) = match &turn.run.state {
        State::Resolving { target, asked, unlinked: true, kept } if by.id == turn.run.starter().id => {
            (target.clone(), *asked, kept.clone())
        }
        State::Resolving { .. }
        | State::Routing { .. }
        | State::Choosing { .. }
        | State::Waiting { .. }
        | State::Gathering { .. }
        | State::Working(_)
        | State::Closing { .. }
        | State::Ended { .. } => return Step::Ignored(Reason::Late),
    };
    turn.say(Slot::Question(asked), reply::linked(&turn.run));
    match kept {
        Some(job) => resolve_kept(&mut turn, job),
        None => resolve(&mut turn, target),
    }
    turn.done()
}

pub(super) fn queued(mut turn: Turn<'_>, place: u32, limit: u32) -> Step {
    match &mut turn.run.state {
        State::Waiting { line, .. } => {
            *line = Some((place, limit));
            turn.done()
        }
        State::Routing { .. }
        | State::Choosing { .. }
        | State::Resolving { .. }
        | State::Gathering { .. }
        | State::Working(_)
        | State::Closing { .. }
        | State::Ended { .. } => Step::Ignored(Reason::Late),
    }
}

pub(super) fn admitted(mut turn: Turn<'_>) -> Step {
    let State::Waiting { plan, kept, .. } = &mut turn.run.state else {
        return Step::Ignored(Reason::Late);
    };
    if let Some(mut job) = kept.take() {
        job.began = turn.at;
        job.waited = Span(0);
        work(&mut turn, job);
    } else {
        let plan = plan.clone();
        turn.ask(Effect::Gather { target: plan.target.clone() });
        turn.run.state = State::Gathering { plan };
    }
    turn.done()
}

pub(super) fn gathered(mut turn: Turn<'_>, bundle: &Digest, titles: &[String], omissions: &[Omission]) -> Step {
    let State::Gathering { plan } = &turn.run.state else {
        return Step::Ignored(Reason::Late);
    };
    let job = Box::new(Job::new(plan.clone(), turn.at, bundle.clone(), Vec::from(titles), Vec::from(omissions)));
    work(&mut turn, job);
    turn.done()
}

fn work(turn: &mut Turn<'_>, job: Box<Job>) {
    turn.run.state = State::Working(job);
    phases::limit_time(turn);
    phases::pump(turn);
}
