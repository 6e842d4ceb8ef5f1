//! Phases: what may begin, what a result means, when it is all done.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Map, Value, json};

use crate::change::{Change, Checks, Proposed};
use crate::context::Omission;
use crate::devbox::{Attempt, DiffStat, Proposal};
use crate::effect::Effect;
use crate::event::Alarm;
use crate::id::{DevboxId, Digest, PhaseName};
use crate::outcome::Outcome;
use crate::post::Slot;
use crate::reason::Reason;
use crate::reply;
use crate::run::{Job, Plan, Progress, Run, Stage, State};
use crate::step::turn::Turn;
use crate::step::{Step, closing, watch};
use crate::time::{Span, Time};
use crate::workflow::{Exhausted, Fix, Gate, Phase, Work};

/// How much of a phase's output is kept as feedback for the agent that mends it, in bytes.
pub(super) const MAX_FEEDBACK: usize = 8 * 1024;

impl Job {
    /// Work that has not begun.
    pub(super) fn new(plan: Plan, began: Time, bundle: Digest, context: Vec<String>, omissions: Vec<Omission>) -> Self {
        let phases: BTreeMap<PhaseName, Progress> =
            plan.workflow.phases.iter().map(|phase| (phase.name.clone(), Progress::new())).collect();
        // No phase can be named so.
        let facts = Map::from_iter([("inputs".to_string(), json!(plan.target.inputs))]);
        Self {
            plan,
            began,
            waited: Span(0),
            bundle,
            context,
            omissions,
            phases,
            head: None,
            diff: DiffStat::default(),
            artifacts: BTreeMap::new(),
            facts,
            proposals: Vec::new(),
            checks: Vec::new(),
            change: None,
            ci: Checks::default(),
            heard: 0,
            handoff: None,
            warned: false,
            refused: Vec::new(),
        }
    }

    /// A phase and everything that follows it.
    fn from(&self, name: &PhaseName) -> Vec<PhaseName> {
        let workflow = &self.plan.workflow;
        let names = workflow.phases.iter().map(|phase| &phase.name);
        names.filter(|other| *other == name || workflow.follows(other, name)).cloned().collect()
    }

    /// Makes what a run left ready to go on: what passed has passed, everything else, and what follows it, begins anew.
    pub(super) fn revive(&mut self) {
        self.handoff = None;
        self.warned = false;
        self.waited = Span(0);
        self.proposals.retain(|proposal| matches!(proposal, Proposal::ChangeRequest { .. }));
        for progress in self.phases.values_mut() {
            progress.tries = 0;
            progress.rounds = 0;
        }
        let names = self.plan.workflow.phases.iter().map(|phase| &phase.name);
        let left = names.filter(|name| self.phases.get(*name).is_some_and(|progress| !progress.stage.passed()));
        for name in left.flat_map(|name| self.from(name)).collect::<Vec<_>>() {
            self.facts.remove(name.as_str());
            self.stage(&name, Stage::Pending);
        }
    }

    /// The phase that acts on what people add: the last agent that may write, else the last agent.
    pub(super) fn listener(&self) -> Option<&Phase> {
        let agents = || self.plan.workflow.phases.iter().rev().filter(|phase| matches!(phase.work, Work::Agent(_)));
        agents().find(|phase| phase.grant.writes()).or_else(|| agents().next())
    }

    /// There is nothing to change: the phase that found that is done, what would have followed is not needed.
    pub(super) fn spare(&mut self, name: &PhaseName) {
        self.stage(name, Stage::Done);
        for progress in self.phases.values_mut().filter(|progress| matches!(progress.stage, Stage::Pending)) {
            progress.stage = Stage::Skipped;
        }
    }

    pub(super) fn stage(&mut self, name: &PhaseName, stage: Stage) {
        if let Some(progress) = self.phases.get_mut(name) {
            progress.stage = stage;
        }
    }
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            stage: Stage::Pending,
            tries: 0,
            rounds: 0,
            feedback: Vec::new(),
            took: Span(0),
            transcripts: Vec::new(),
        }
    }
}

/// Begins every phase that may begin; ends the run when all is done.
pub(super) fn pump(turn: &mut Turn<'_>) {
    loop {
        let State::Working(job) = &turn.run.state else { return };
        let Some(phase) = ready(job).cloned() else { break };
        begin(turn, &phase);
    }
    let State::Working(job) = &turn.run.state else { return };
    if job.phases.values().all(|progress| progress.stage.passed() || matches!(progress.stage, Stage::Failed)) {
        conclude(turn);
    }
}

fn ready(job: &Job) -> Option<&Phase> {
    job.plan.workflow.phases.iter().find(|phase| {
        let pending = job.phases.get(&phase.name).is_some_and(|progress| matches!(progress.stage, Stage::Pending));
        let passed = |need: &PhaseName| job.phases.get(need).is_some_and(|progress| progress.stage.passed());
        // What is handed to a person is shown to them as it is.
        let handoff = job.handoff.is_some() && matches!(phase.work, Work::OpenChange);
        pending && (handoff || phase.needs.iter().all(passed))
    })
}

fn begin(turn: &mut Turn<'_>, phase: &Phase) {
    let State::Working(job) = &mut turn.run.state else { return };
    if let Some(when) = &phase.when
        && !when.holds(&job.facts)
    {
        job.stage(&phase.name, Stage::Skipped);
        return;
    }
    match &phase.work {
        Work::Agent(_) | Work::Script { .. } => provision(turn, phase),
        Work::Gate(gate) => ask(turn, phase, gate),
        Work::OpenChange => open(turn, phase),
        Work::WatchChecks => watch::begin(turn, phase),
    }
}

fn provision(turn: &mut Turn<'_>, phase: &Phase) {
    turn.run.epoch += 1;
    let devbox = DevboxId::of(&turn.run.id, turn.run.epoch);
    let attempt = Attempt { run: turn.run.id.clone(), phase: phase.name.clone(), epoch: turn.run.epoch };
    let State::Working(job) = &mut turn.run.state else { return };
    job.stage(&phase.name, Stage::Starting { devbox: devbox.clone(), since: turn.at });
    turn.run.boxes.insert(devbox.clone());
    turn.ask(Effect::Provision { devbox: devbox.clone(), attempt });
    let at = turn.at + phase.timeout.start;
    turn.ask(Effect::Wake { alarm: Alarm::Start { devbox }, at });
}

fn ask(turn: &mut Turn<'_>, phase: &Phase, gate: &Gate) {
    let State::Working(job) = &mut turn.run.state else { return };
    let digest = bound(job, &turn.run.id.0, phase, gate);
    let until = turn.at + gate.expires;
    job.stage(&phase.name, Stage::Deciding { digest: digest.clone(), since: turn.at, until });
    let post = reply::gate(job, phase, gate, &digest);
    turn.say(Slot::Gate(phase.name.clone(), digest.clone()), post);
    turn.ask(Effect::Wake { alarm: Alarm::Expiry { phase: phase.name.clone(), digest: digest.clone() }, at: until });
    if let Some(remind) = gate.remind {
        let at = turn.at + remind;
        turn.ask(Effect::Wake { alarm: Alarm::Reminder { phase: phase.name.clone(), digest }, at });
    }
}

/// What an approval is bound to: this run, this phase, this round, these handoffs, this commit. Anything else is
/// another digest.
fn bound(job: &Job, run: &str, phase: &Phase, gate: &Gate) -> Digest {
    let mut text = format!("{run}\n{}\n{}\n", phase.name, job.plan.workflow.digest);
    for name in &gate.binds {
        let value = if name == "head" {
            job.head.as_ref().or(job.plan.base.as_ref()).map_or("", |commit| commit.as_str())
        } else {
            job.artifacts.get(name).map_or("", |digest| digest.as_str())
        };
        text.push_str(&format!("{name}={value}\n"));
    }
    Digest::of(text.as_bytes())
}

fn open(turn: &mut Turn<'_>, phase: &Phase) {
    if listen(turn) {
        return;
    }
    let (branch, request, by) = (turn.run.branch(), turn.run.request.text.clone(), turn.run.request.by.name.clone());
    let id = turn.run.origin().clone();
    let State::Working(job) = &mut turn.run.state else { return };
    let (Some(head), Some(repository)) = (job.head.clone(), job.plan.target.repository.clone()) else {
        job.stage(&phase.name, Stage::Skipped);
        return;
    };
    let rule = phase.grant.outputs.get("change_request");
    let (title, body, not_done) = job
        .proposals
        .iter()
        .rev()
        .find_map(|proposal| match proposal {
            Proposal::ChangeRequest { title, body, not_done } => Some((title.clone(), body.clone(), not_done.clone())),
            Proposal::Answer { .. } | Proposal::NoChangeNeeded { .. } | Proposal::Blocked { .. } => None,
        })
        .unwrap_or_else(|| (reply::title(&request), String::new(), String::new()));
    let prefix = rule.map_or("", |rule| rule.title_prefix.as_str());
    let title = if title.starts_with(prefix) { title } else { format!("{prefix}{title}") };
    // What people know it by, it keeps.
    let title = job.plan.continues.as_ref().map_or(title, |change| change.title.clone());
    let proposed = Proposed {
        repository,
        base: job.plan.onto.clone(),
        branch,
        head,
        title,
        body: reply::description(&id, &by, &request, &body, &not_done, job),
        draft: rule.is_none_or(|rule| rule.draft) || job.handoff.is_some(),
        checks: job.checks.clone(),
    };
    job.stage(&phase.name, Stage::Opening { since: turn.at });
    turn.ask(Effect::Open { phase: phase.name.clone(), proposed });
}

/// Whether there is something people added that no agent has acted on yet: then one does, before anything is shown.
pub(super) fn listen(turn: &mut Turn<'_>) -> bool {
    let State::Working(job) = &mut turn.run.state else { return false };
    let unheard = turn.run.followups.iter().skip(job.heard).any(|followup| !followup.withdrawn);
    if !unheard || job.handoff.is_some() {
        return false;
    }
    let Some(name) = job.listener().map(|phase| phase.name.clone()) else { return false };
    let stage = |name: &PhaseName| job.phases.get(name).map(|progress| &progress.stage);
    if !matches!(stage(&name), Some(Stage::Skipped)) {
        redo(turn, &name);
        return true;
    }
    // Its condition does not hold, and will not when it is asked again: then the last agent that worked acts on it.
    let worked =
        |phase: &&Phase| matches!(phase.work, Work::Agent(_)) && matches!(stage(&phase.name), Some(Stage::Done));
    let Some(name) = job.plan.workflow.phases.iter().rev().find(worked).map(|phase| phase.name.clone()) else {
        return false;
    };
    job.heard = turn.run.followups.len();
    redo(turn, &name);
    true
}

/// Something was added while only the forge's checks are awaited: an agent acts on it now, not when they are over.
pub(super) fn heed(turn: &mut Turn<'_>) {
    let State::Working(job) = &turn.run.state else { return };
    let watching = job.phases.values().any(|progress| matches!(progress.stage, Stage::Watching { .. }));
    if watching && listen(turn) {
        pump(turn);
    }
}

/// Has a phase, and everything that follows it, done again. What works on any of it is ended, and what was asked about
/// any of it is asked no more.
fn redo(turn: &mut Turn<'_>, name: &PhaseName) {
    let State::Working(job) = &mut turn.run.state else { return };
    let mut left = Vec::new();
    for name in job.from(name) {
        job.facts.remove(name.as_str());
        let Some(progress) = job.phases.get_mut(&name) else { continue };
        let stage = core::mem::replace(&mut progress.stage, Stage::Pending);
        if let Stage::Working { since, .. } = &stage {
            progress.took = Span(progress.took.0 + (turn.at - *since).0);
        }
        left.push((name, stage));
    }
    let waited = left.iter().any(|(_, stage)| matches!(stage, Stage::Deciding { .. } | Stage::Watching { .. }));
    for (name, stage) in left {
        if let Stage::Working { usage, .. } = &stage {
            turn.run.spent = turn.run.spent + *usage;
        }
        if let Some(devbox) = stage.devbox() {
            turn.ask(Effect::Release { devbox: devbox.clone() });
        }
        match stage {
            Stage::Deciding { digest, since, .. } => withdraw(turn, &name, digest, since),
            Stage::Watching { since, .. } => {
                if let State::Working(job) = &mut turn.run.state {
                    job.waited = Span(job.waited.0 + (turn.at - since).0);
                }
            }
            Stage::Pending
            | Stage::Starting { .. }
            | Stage::Working { .. }
            | Stage::Resting { .. }
            | Stage::Opening { .. }
            | Stage::Done
            | Stage::Skipped
            | Stage::Failed => {}
        }
    }
    if waited {
        limit_time(turn);
    }
}

/// A gate is asked no more: the time until now was waited, not worked.
fn withdraw(turn: &mut Turn<'_>, name: &PhaseName, digest: Digest, since: Time) {
    let State::Working(job) = &mut turn.run.state else { return };
    job.waited = Span(job.waited.0 + (turn.at - since).0);
    let Some(phase) = job.plan.workflow.phase(name) else { return };
    let post = reply::gate_withdrawn(job, phase);
    turn.say(Slot::Gate(name.clone(), digest), post);
}

/// All phases are over: how it ends.
fn conclude(turn: &mut Turn<'_>) {
    if listen(turn) {
        pump(turn);
        return;
    }
    let State::Working(job) = &mut turn.run.state else { return };
    let outcome = outcome(job);
    let again = matches!(outcome, Outcome::Failed { .. } | Outcome::Blocked { .. }) && job.handoff.is_none();
    if again && let Some(name) = job.listener().map(|phase| phase.name.clone()) {
        // So that trying again begins with it.
        job.stage(&name, Stage::Failed);
    }
    closing::end(turn, outcome);
}

/// Has the run looked at when its time is used up.
pub(super) fn limit_time(turn: &mut Turn<'_>) {
    let State::Working(job) = &turn.run.state else { return };
    let left = Span(job.plan.workflow.budget.wall.0.saturating_sub(job.worked(turn.at).0));
    let at = turn.at + left;
    turn.ask(Effect::Wake { alarm: Alarm::Budget, at });
}

/// How the run ended, from the evidence: a change request the forge has, an answer that was written, checks that ran.
fn outcome(job: &Job) -> Outcome {
    if let Some(reason) = &job.handoff {
        return Outcome::Blocked { needs: reason.clone() };
    }
    // A run that goes on with a change request and leaves it as it was has not delivered it.
    if job.change.is_some() {
        return Outcome::Delivered;
    }
    for proposal in job.proposals.iter().rev() {
        match proposal {
            Proposal::Answer { text } => return Outcome::Answered { text: text.clone() },
            Proposal::NoChangeNeeded { reason } => return Outcome::NoChangeNeeded { reason: reason.clone() },
            Proposal::Blocked { needs } => return Outcome::Blocked { needs: needs.clone() },
            Proposal::ChangeRequest { .. } => {}
        }
    }
    if job.plan.workflow.phases.iter().any(|phase| phase.grant.writes()) {
        return Outcome::NoChangeNeeded { reason: String::new() };
    }
    Outcome::Failed {
        cause: "The agent finished without an answer.".into(),
        details: "It wrote none to its outputs folder, and nothing else can be told apart from talk.".into(),
    }
}

/// A phase's result is in, and its program ended well: whether it is good enough.
pub(super) fn passed(turn: &mut Turn<'_>, phase: &Phase, output: Option<&Value>, summary: &str) {
    let State::Working(job) = &mut turn.run.state else { return };
    job.facts.insert(phase.name.0.clone(), json!({ "ok": true, "output": output.cloned().unwrap_or(Value::Null) }));
    let good = phase.fix.as_ref().and_then(|fix| fix.until.as_ref()).is_none_or(|until| until.holds(&job.facts));
    if good {
        job.stage(&phase.name, Stage::Done);
        pump(turn);
    } else if let Some(fix) = &phase.fix {
        let feedback = output.map_or_else(|| summary.to_string(), Value::to_string);
        mend(turn, phase, fix, &feedback);
    }
}

/// A phase's result is not good enough: another round, or what the workflow says then.
pub(super) fn mend(turn: &mut Turn<'_>, phase: &Phase, fix: &Fix, feedback: &str) {
    let State::Working(job) = &mut turn.run.state else { return };
    let rounds = job.phases.get(&phase.name).map_or(0, |progress| progress.rounds);
    if rounds < fix.max {
        if let Some(progress) = job.phases.get_mut(&phase.name) {
            progress.rounds += 1;
        }
        if let Some(progress) = job.phases.get_mut(&fix.with) {
            progress.feedback.push(format!("{}:\n{}", phase.label, tail(feedback, MAX_FEEDBACK)));
        }
        redo(turn, &fix.with);
        pump(turn);
        return;
    }
    match fix.on_exhausted {
        Exhausted::Fail => {
            let cause = still(phase, fix);
            job.stage(&phase.name, Stage::Failed);
            closing::end(turn, Outcome::Failed { cause, details: tail(feedback, MAX_FEEDBACK).to_string() });
        }
        Exhausted::Handoff => {
            job.stage(&phase.name, Stage::Failed);
            job.handoff = Some(still(phase, fix));
            for other in job.plan.workflow.phases.clone() {
                let pending =
                    job.phases.get(&other.name).is_some_and(|progress| matches!(progress.stage, Stage::Pending));
                if matches!(other.work, Work::OpenChange) {
                    // A change request that is open already is to say that it is not finished.
                    job.stage(&other.name, Stage::Pending);
                } else if pending {
                    job.stage(&other.name, Stage::Skipped);
                }
            }
            pump(turn);
        }
        Exhausted::Pause => {
            let gate = Gate {
                binds: Vec::from(["head".to_string()]),
                role: crate::talk::Role::Member,
                not_requester: false,
                expires: crate::step::place::QUESTION_EXPIRES,
                remind: None,
            };
            ask(turn, phase, &gate);
        }
    }
}

fn still(phase: &Phase, fix: &Fix) -> String {
    let what = if fix.until.is_some() { "is still not content" } else { "still fails" };
    format!("{} {what} after {} rounds.", phase.label, fix.max + 1)
}

/// Trouble that is not the phase's own: another try, or the end.
pub(super) fn again(turn: &mut Turn<'_>, phase: &Phase, why: &str, outcome: Outcome) {
    let State::Working(job) = &mut turn.run.state else { return };
    let Some(progress) = job.phases.get_mut(&phase.name) else { return };
    if progress.tries >= phase.retry.max {
        progress.stage = Stage::Failed;
        closing::end(turn, outcome);
        return;
    }
    progress.tries += 1;
    let tries = progress.tries;
    progress.stage = Stage::Resting { reason: why.to_string() };
    let at = turn.at + phase.retry.backoff;
    turn.ask(Effect::Wake { alarm: Alarm::Retry { phase: phase.name.clone(), tries }, at });
}

pub(super) fn opened(mut turn: Turn<'_>, name: &PhaseName, change: &Change) -> Step {
    let Some(job) = opening(&mut turn.run, name) else { return Step::Ignored(Reason::Late) };
    job.stage(name, Stage::Done);
    if job.change.as_ref().is_some_and(|known| known.head != change.head) {
        // What ran, ran for another commit.
        job.ci = Checks::default();
    }
    job.change = Some(change.clone());
    pump(&mut turn);
    closing::settle(&mut turn);
    turn.done()
}

pub(super) fn unopened(mut turn: Turn<'_>, name: &PhaseName, reason: &str) -> Step {
    let Some(job) = opening(&mut turn.run, name) else { return Step::Ignored(Reason::Late) };
    job.stage(name, Stage::Failed);
    let reason = format!("The change request was refused: {reason}.");
    closing::end(&mut turn, Outcome::Refused { reason });
    closing::settle(&mut turn);
    turn.done()
}

fn opening<'r>(run: &'r mut Run, name: &PhaseName) -> Option<&'r mut Job> {
    let job = match &mut run.state {
        State::Working(job) => job,
        State::Closing { job: Some(job), .. } => job,
        State::Closing { job: None, .. }
        | State::Routing { .. }
        | State::Choosing { .. }
        | State::Resolving { .. }
        | State::Waiting { .. }
        | State::Gathering { .. }
        | State::Ended { .. } => return None,
    };
    let waiting = job.phases.get(name).is_some_and(|progress| matches!(progress.stage, Stage::Opening { .. }));
    waiting.then_some(&mut **job)
}

/// The last `limit` bytes of a text, from a whole character on.
pub(super) fn tail(text: &str, limit: usize) -> &str {
    let mut start = text.len().saturating_sub(limit);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}
