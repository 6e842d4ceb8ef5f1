//! A run and everything the world owes it, moved one event at a time.

#![expect(clippy::wildcard_enum_match_arm, reason = "a letter is about few of many variants")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use signalbox_domain::change::{Change, Checks, Ran, Review, Verdict};
use signalbox_domain::devbox::{DiffStat, End, Finish, Proposal, Usage};
use signalbox_domain::effect::{Effect, Owed};
use signalbox_domain::event::{Alarm, Event, Fact};
use signalbox_domain::id::{Commit, DeliveryId, DevboxId, Digest, PhaseName, RunId};
use signalbox_domain::post::{Action, Slot};
use signalbox_domain::reason::Reason;
use signalbox_domain::route::{Candidate, Decision, Target};
use signalbox_domain::run::{Run, Stage, State};
use signalbox_domain::step::{Step, fold, step};
use signalbox_domain::talk::{Message, MessageId, Person, Role, ThreadId};
use signalbox_domain::time::Time;
use signalbox_domain::workflow::Workflow;

use super::letter::Letter;
use super::letter::Letter::*;
use super::workflow;

/// A thread's run, and what is under way.
#[derive(Clone, Default)]
pub(super) struct Model {
    pub(super) run: Option<Run>,
    /// Effects that were not performed yet.
    pub(super) owed: Vec<Owed>,
    /// Whether a limiter keeps the run waiting and will let it in.
    queued: bool,
    /// What happened to the run, and the run before it.
    history: Vec<Event>,
    before: Option<Run>,
    /// How often each run was closed.
    closings: BTreeMap<RunId, usize>,
    at: u64,
    events: u64,
    /// Whether it is only about how it ends: then what steps are made of is not looked at.
    hasty: bool,
}

const START: u64 = 1_700_000_000_000;

pub(super) fn thread() -> ThreadId {
    ThreadId { chat: "chat".into(), room: "web".into(), root: "m1".into() }
}

fn person(name: &str, role: Role) -> Person {
    Person { id: format!("chat:{name}"), name: name.into(), role }
}

fn ana() -> Person {
    person("Ana", Role::Member)
}

fn max() -> Person {
    person("Max", Role::Maintainer)
}

impl Model {
    /// The event that a letter stands for now, and the effect that it answers, by its place in what is owed.
    pub(super) fn event(&self, letter: Letter) -> (Event, Option<usize>) {
        let (fact, answered) = self.fact(letter);
        let mut at = START + self.at + 1_000;
        if let Some(answered) = answered
            && matches!(self.owed[answered].effect, Effect::Wake { .. })
        {
            at = at.max(self.owed[answered].due.0);
        }
        (Event { id: DeliveryId(format!("event:{}", self.events)), at: Time(at), fact }, answered)
    }

    /// Lets a letter happen. What is wrong with the step, if anything is.
    pub(super) fn take(&mut self, letter: Letter) -> Result<Option<Reason>, String> {
        let (event, answered) = self.event(letter);
        if let Some(answered) = answered {
            let owed = self.owed.remove(answered);
            self.queued |= matches!(owed.effect, Effect::Admit) && matches!(event.fact, Fact::Queued { .. });
        }
        self.queued &= !matches!(event.fact, Fact::Admitted);
        self.apply(event)
    }

    fn apply(&mut self, event: Event) -> Result<Option<Reason>, String> {
        self.events += 1;
        self.at = event.at.0 - START;
        let stepped = step(self.run.as_ref(), &thread(), &event);
        if !self.hasty && stepped != step(self.run.as_ref(), &thread(), &event) {
            return Err("the same event came to something else the second time".into());
        }
        let (run, effects) = match stepped {
            Step::Ignored(reason) => return Ok(Some(reason)),
            Step::Advanced { run, effects } => (run, effects),
        };
        let owed = Effect::owed(&run, event.at, effects);
        if !self.hasty {
            round(&event)?;
            round(&run)?;
            round(&owed)?;
        }
        let same = self.run.as_ref().filter(|was| was.id == run.id);
        let version = same.map_or(1, |was| was.version + 1);
        if run.version != version {
            return Err(format!("version {} follows {}", run.version, version - 1));
        }
        if same.is_none() {
            if self.run.as_ref().is_some_and(|was| !was.ended()) {
                return Err("a new run began before the one before it was over".into());
            }
            if run.before != self.run.as_ref().map(|was| was.id.clone()) {
                return Err("a new run does not know the one before it".into());
            }
            self.before = self.run.take();
            self.history.clear();
        }
        for owed in &owed {
            if matches!(&owed.effect, Effect::Say { slot: Slot::Closing, .. }) {
                *self.closings.entry(run.id.clone()).or_default() += 1;
            }
        }
        self.history.push(event);
        self.owed.extend(owed.into_iter().filter(|owed| answers(&owed.effect)));
        self.run = Some(run);
        self.check()?;
        Ok(None)
    }

    /// Whether the history makes the run.
    pub(super) fn folds(&self) -> Result<(), String> {
        let folded = fold(self.before.as_ref(), &thread(), &self.history);
        if folded == self.run { Ok(()) } else { Err("the history makes another run".into()) }
    }

    /// Whether something is under way that moves the run on, whatever state it is in.
    fn check(&self) -> Result<(), String> {
        let Some(run) = &self.run else { return Ok(()) };
        let closings = self.closings.get(&run.id).copied().unwrap_or_default();
        if closings != usize::from(run.ended()) {
            return Err(format!("{closings} closing messages in {:?}", run.state));
        }
        if run.ended() && !run.boxes.is_empty() {
            return Err("it is over and has boxes".into());
        }
        let owes = |so: &dyn Fn(&Owed) -> bool| self.owed.iter().any(so);
        let alarm =
            |so: &dyn Fn(&Alarm) -> bool| owes(&|owed| matches!(&owed.effect, Effect::Wake { alarm, .. } if so(alarm)));
        let releasing = |devbox: &DevboxId| {
            owes(&|owed| matches!(&owed.effect, Effect::Release { devbox: gone } if gone == devbox))
        };
        let stages: Vec<(&PhaseName, &Stage)> =
            run.job().into_iter().flat_map(|job| &job.phases).map(|(name, progress)| (name, &progress.stage)).collect();
        for devbox in &run.boxes {
            let worked = stages.iter().any(|(_, stage)| stage.devbox() == Some(devbox));
            if !worked && !releasing(devbox) {
                return Err(format!("nobody wants the box {devbox}, and nobody ends it"));
            }
        }
        let asked = stages.iter().any(|(_, stage)| matches!(stage, Stage::Deciding { .. } | Stage::Watching { .. }));
        let mut awaited = false;
        for (name, stage) in stages.iter().filter(|_| !run.ended()) {
            let (active, moved) = match stage {
                Stage::Starting { devbox, .. } => {
                    (true, alarm(&|alarm| *alarm == Alarm::Start { devbox: devbox.clone() }))
                }
                Stage::Working { devbox, .. } => {
                    (true, alarm(&|alarm| *alarm == Alarm::Wall { devbox: devbox.clone() }) || releasing(devbox))
                }
                Stage::Resting { .. } => {
                    (true, alarm(&|alarm| matches!(alarm, Alarm::Retry { phase, .. } if phase == *name)))
                }
                Stage::Deciding { digest, .. } => {
                    (true, alarm(&|alarm| *alarm == Alarm::Expiry { phase: (*name).clone(), digest: digest.clone() }))
                }
                Stage::Watching { head, looks, .. } => {
                    let look = Alarm::Look { phase: (*name).clone(), head: head.clone(), looks: *looks };
                    let asked = owes(&|owed| matches!(&owed.effect, Effect::Look { head: at, .. } if at == head));
                    (true, asked || alarm(&|alarm| *alarm == look))
                }
                Stage::Opening { .. } => (true, owes(&|owed| matches!(owed.effect, Effect::Open { .. }))),
                Stage::Pending | Stage::Done | Stage::Skipped | Stage::Failed => (false, true),
            };
            awaited |= active;
            if !moved {
                return Err(format!("nothing moves {name} on: {stage:?}"));
            }
        }
        let moved = match &run.state {
            State::Routing { asked } => owes(&|owed| owed.effect == Effect::Route && owed.id.version == *asked),
            State::Resolving { asked, unlinked: false, .. } => {
                owes(&|owed| matches!(owed.effect, Effect::Resolve { .. }) && owed.id.version == *asked)
            }
            State::Choosing { asked, .. } | State::Resolving { asked, unlinked: true, .. } => {
                alarm(&|alarm| *alarm == Alarm::Question { asked: *asked })
            }
            State::Waiting { .. } => self.queued || owes(&|owed| owed.effect == Effect::Admit),
            State::Gathering { .. } => owes(&|owed| matches!(owed.effect, Effect::Gather { .. })),
            // A person, or the forge, is waited for without the clock of the work.
            State::Working(_) => awaited && (asked || alarm(&|alarm| *alarm == Alarm::Budget)),
            State::Closing { .. } => awaited || !run.boxes.is_empty(),
            State::Ended { .. } => true,
        };
        if moved { Ok(()) } else { Err(format!("nothing moves it on: {:?}", run.state)) }
    }

    /// Lets the world do what it owes until the run is over: well, or only by alarms.
    pub(super) fn heal(&mut self, well: bool) -> Result<usize, String> {
        self.hasty = true;
        for steps in 0..400 {
            let Some(run) = &self.run else { return Ok(steps) };
            if run.ended() {
                return Ok(steps);
            }
            let wanted = |so: &dyn Fn(&Effect) -> bool| self.owed.iter().position(|owed| so(&owed.effect));
            // What is not wanted any more is dropped, as the engine does; its answer is not awaited.
            let dropped = self.owed.iter().position(|owed| {
                !owed.wanted(run) && !matches!(owed.effect, Effect::Open { .. } | Effect::Wake { .. })
            });
            if let Some(dropped) = dropped {
                self.owed.remove(dropped);
                continue;
            }
            let box_of = |so: fn(&Stage) -> bool| {
                run.job().is_some_and(|job| job.phases.values().any(|progress| so(&progress.stage)))
            };
            let letter = if wanted(&|effect| matches!(effect, Effect::Release { .. })).is_some() {
                Released
            } else if wanted(&decides).is_some() {
                Answer
            } else if wanted(&|effect| matches!(effect, Effect::Open { .. })).is_some() {
                if well { Opened } else { Unopened }
            } else if wanted(&looks).is_some() {
                if well { ChecksPassed } else { ChecksPending }
            } else if well && matches!(run.state, State::Resolving { unlinked: true, .. }) {
                Linked
            } else if self.queued {
                Admitted
            } else if well && box_of(|stage| matches!(stage, Stage::Starting { .. })) {
                Claimed
            } else if well && box_of(|stage| matches!(stage, Stage::Working { .. })) {
                Done
            } else if well && matches!(run.state, State::Choosing { .. }) {
                Choose
            } else if well && box_of(|stage| matches!(stage, Stage::Deciding { .. })) {
                Approve
            } else {
                Alarm
            };
            self.take(letter)?;
        }
        Err(format!("it does not end: {:?}", self.run.as_ref().map(|run| &run.state)))
    }

    fn fact(&self, letter: Letter) -> (Fact, Option<usize>) {
        let said = |by: Person, text: &str| {
            let message =
                Message { id: MessageId(format!("m{}", self.events)), by, text: text.into(), attachments: Vec::new() };
            Fact::Said { message, addressed: true }
        };
        let find = |so: &dyn Fn(&Effect) -> bool| self.owed.iter().position(|owed| so(&owed.effect));
        let stage = |so: fn(&Stage) -> bool| {
            let phases = self.run.as_ref().and_then(Run::job).map(|job| &job.phases);
            phases.and_then(|phases| phases.iter().find(|(_, progress)| so(&progress.stage)))
        };
        let at_work =
            stage(|stage| matches!(stage, Stage::Working { .. })).or_else(|| stage(|stage| stage.devbox().is_some()));
        let devbox = at_work.and_then(|(_, progress)| progress.stage.devbox().cloned()).or_else(|| self.stale());
        let devbox = devbox.unwrap_or_else(|| "nobody's-1".into());
        let phase = at_work.map_or("plan", |(name, _)| name.as_str());
        let finished = |end: End, output, head: bool| {
            let finish = Finish { head: head.then(|| Commit(format!("{:040}", self.events))), ..finish(end, output) };
            Fact::Finished { devbox: devbox.clone(), epoch: 1, finish, invalid: Vec::new(), refused: Vec::new() }
        };
        let progressed = |micro_usd| Fact::Progressed {
            devbox: devbox.clone(),
            epoch: 1,
            sequence: self.events,
            activity: "typing".into(),
            usage: Usage { micro_usd, ..Usage::default() },
        };
        let request = self.run.as_ref().map_or("m0".into(), |run| run.request.id.clone());
        let followup =
            self.run.as_ref().and_then(|run| run.followups.last()).map(|followup| followup.message.id.clone());
        let decide = find(&decides);
        match letter {
            Ask => (said(ana(), "make it twelve"), None),
            Chatter => (
                Fact::Said {
                    message: Message { id: "m".into(), by: ana(), text: "hm".into(), attachments: Vec::new() },
                    addressed: false,
                },
                None,
            ),
            Now => (said(max(), "now: and be quick"), None),
            Letter::Stop => (said(ana(), "stop"), None),
            StopByStranger => (said(person("Eve", Role::Outsider), "stop"), None),
            Approve => (said(max(), "approve"), None),
            Deny => (said(max(), "deny too risky"), None),
            Status => (said(ana(), "status"), None),
            Edit => (
                Fact::Edited {
                    message: Message {
                        id: request,
                        by: ana(),
                        text: format!("edited {}", self.events),
                        attachments: Vec::new(),
                    },
                },
                None,
            ),
            EditFollowup => {
                let id = followup.unwrap_or_else(|| "m0".into());
                (
                    Fact::Edited {
                        message: Message {
                            id,
                            by: ana(),
                            text: format!("edited {}", self.events),
                            attachments: Vec::new(),
                        },
                    },
                    None,
                )
            }
            Delete => (Fact::Deleted { message: request, by: ana() }, None),
            DeleteFollowup => (Fact::Deleted { message: followup.unwrap_or_else(|| "m0".into()), by: ana() }, None),
            Press => {
                let gate = stage(|stage| matches!(stage, Stage::Deciding { .. }));
                let digest = gate.and_then(|(_, progress)| match &progress.stage {
                    Stage::Deciding { digest, .. } => Some(digest.clone()),
                    _ => None,
                });
                let phase = gate.map_or_else(|| "approve".into(), |(name, _)| name.clone());
                let digest = digest.unwrap_or_else(|| Digest::of(b"old"));
                (Fact::Pressed { action: Action::Approve { phase, digest }, by: max() }, None)
            }
            Retry => (Fact::Pressed { action: Action::Retry, by: ana() }, None),
            Choose => (Fact::Pressed { action: Action::Choose { target: target() }, by: max() }, None),
            Answer | AnswerOtherwise | AnswerBadly => match decide {
                Some(place) => (self.answer(&self.owed[place], letter), Some(place)),
                None => {
                    (Fact::Gathered { bundle: Digest::of(b"old"), titles: Vec::new(), omissions: Vec::new() }, None)
                }
            },
            Admitted => (Fact::Admitted, None),
            Claimed => {
                let starting = stage(|stage| matches!(stage, Stage::Starting { .. }));
                let devbox = starting.and_then(|(_, progress)| progress.stage.devbox().cloned()).unwrap_or(devbox);
                let asked = find(&|effect| matches!(effect, Effect::Provision { devbox: mine, .. } if *mine == devbox));
                let told = self.run.as_ref().map_or(0, |run| run.followups.len());
                (Fact::Claimed { devbox, epoch: 1, told }, asked)
            }
            Progressed => (progressed(10), None),
            OverBudget => (progressed(9_000_000), None),
            Done => (finished(End::Ok, Some(json!({ "verdict": "approve" })), phase == "build"), None),
            NotGood => (finished(End::Ok, Some(json!({ "verdict": "mend" })), phase == "build"), None),
            Exit => (finished(End::Exit { code: 1 }, None, false), None),
            Broken => (finished(End::Broken { transient: true, detail: "no model".into() }, None, false), None),
            Stopped => (finished(End::Stopped, None, phase == "build"), None),
            Vanished => (Fact::Vanished { devbox }, None),
            Unprovided => (Fact::Unprovided { devbox, reason: "no room".into() }, None),
            Released => match find(&|effect| matches!(effect, Effect::Release { .. })) {
                Some(place) => match &self.owed[place].effect {
                    Effect::Release { devbox } => (Fact::Released { devbox: devbox.clone() }, Some(place)),
                    _ => unreachable!("it was found"),
                },
                None => {
                    // Nothing says so of a box that nobody asked to end.
                    let gone =
                        self.stale().filter(|stale| self.run.as_ref().is_none_or(|run| !run.boxes.contains(stale)));
                    (Fact::Released { devbox: gone.unwrap_or_else(|| "nobody's-1".into()) }, None)
                }
            },
            Opened => {
                let place = find(&opens);
                // It is at the commit that was to be opened.
                let head = place.and_then(|place| match &self.owed[place].effect {
                    Effect::Open { proposed, .. } => Some(proposed.head.clone()),
                    _ => None,
                });
                let change = change();
                let change = Change { head: head.unwrap_or_else(|| change.head.clone()), ..change };
                (Fact::Opened { phase: "open".into(), change }, place)
            }
            Unopened => (Fact::Unopened { phase: "open".into(), reason: "no".into() }, find(&opens)),
            ChecksPending => {
                self.checked(Checks { ran: vec![ran(Verdict::Pending)], held: self.events.is_multiple_of(2) })
            }
            ChecksPassed => self.checked(Checks { ran: vec![ran(Verdict::Passed)], held: false }),
            ChecksFailed => self.checked(Checks { ran: vec![ran(Verdict::Failed)], held: false }),
            ChecksUnread => self.checked(Checks::unreadable("no")),
            Stirred => (Fact::Stirred, None),
            Letter::Review => (Fact::Reviewed { review: review(), by: max() }, None),
            Resolve => (Fact::Pressed { action: Action::Resolve { review: review().id }, by: ana() }, None),
            Linked => (Fact::Linked { by: self.run.as_ref().map_or_else(ana, |run| run.request.by.clone()) }, None),
            Unlinked | Forbidden | GoingOn => {
                let place = find(&|effect| matches!(effect, Effect::Resolve { .. }));
                // Where none is asked for it is the answer to an older question.
                let asked = place.map_or(0, |place| self.owed[place].id.version);
                let fact = match letter {
                    Unlinked => Fact::Unlinked { asked, url: "https://forge.example/link".into() },
                    Forbidden => Fact::Forbidden { asked, reason: "The forge says no.".into() },
                    _ => resolved(asked, workflow::build(), Some(change())),
                };
                (fact, place)
            }
            Letter::Alarm | LastAlarm => {
                let alarms =
                    self.owed.iter().enumerate().filter(|(_, owed)| matches!(owed.effect, Effect::Wake { .. }));
                let by_due = |(place, owed): &(usize, &Owed)| (owed.due, *place);
                let next = if letter == Letter::Alarm { alarms.min_by_key(by_due) } else { alarms.max_by_key(by_due) };
                match next {
                    Some((place, Owed { effect: Effect::Wake { alarm, .. }, .. })) => {
                        (Fact::Woke { alarm: alarm.clone() }, Some(place))
                    }
                    _ => (Fact::Woke { alarm: signalbox_domain::event::Alarm::Budget }, None),
                }
            }
        }
    }

    /// What the forge says of checks: the answer to a look, or to one that nobody waits for any more.
    fn checked(&self, checks: Checks) -> (Fact, Option<usize>) {
        let place = self.owed.iter().position(|owed| looks(&owed.effect));
        let (phase, head) = match place.map(|place| &self.owed[place].effect) {
            Some(Effect::Look { phase, head, .. }) => (phase.clone(), head.clone()),
            _ => ("watch".into(), Commit("1".repeat(40))),
        };
        (Fact::Checked { phase, head, checks }, place)
    }

    /// A box of the run that was replaced, or never was.
    fn stale(&self) -> Option<DevboxId> {
        self.run.as_ref().map(|run| DevboxId::of(&run.id, 1))
    }

    fn answer(&self, owed: &Owed, letter: Letter) -> Fact {
        let asked = owed.id.version;
        if letter == AnswerBadly && !matches!(owed.effect, Effect::Route) {
            return Fact::Unresolved { asked, problems: vec!["it is not there".into()] };
        }
        match &owed.effect {
            Effect::Route => {
                let decision = match letter {
                    Answer => Decision::Go { target: target(), grounds: Vec::new(), failed: Vec::new() },
                    AnswerOtherwise => Decision::Ask {
                        candidates: vec![Candidate { target: target(), reason: "it may be".into() }],
                        question: "Where?".into(),
                        failed: Vec::new(),
                    },
                    _ => Decision::Nowhere { reason: "nobody wants it".into(), failed: Vec::new() },
                };
                Fact::Routed { asked, decision, trace: Digest::of(b"trace"), parts: Vec::new(), verbose: false }
            }
            Effect::Resolve { .. } => {
                resolved(asked, if letter == Answer { workflow::build() } else { workflow::answer() }, None)
            }
            Effect::Admit if letter == Answer => Fact::Admitted,
            Effect::Admit => Fact::Queued { place: 1, limit: 1 },
            _ => Fact::Gathered { bundle: Digest::of(b"bundle"), titles: Vec::new(), omissions: Vec::new() },
        }
    }

    /// What tells this from other models: everything that decides what can happen next.
    pub(super) fn print(&self) -> Vec<u8> {
        serde_json::to_vec(&(&self.run, &self.owed, self.queued)).expect("it is data")
    }
}

fn round<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq>(value: &T) -> Result<(), String> {
    let text = serde_json::to_string(value).map_err(|error| format!("it cannot be written: {error}"))?;
    let again: T = serde_json::from_str(&text).map_err(|error| format!("it cannot be read: {error}"))?;
    if again == *value { Ok(()) } else { Err(format!("it reads back as something else: {text}")) }
}

/// Effects whose answer decides where the run goes on.
fn decides(effect: &Effect) -> bool {
    matches!(effect, Effect::Route | Effect::Resolve { .. } | Effect::Admit | Effect::Gather { .. })
}

fn opens(effect: &Effect) -> bool {
    matches!(effect, Effect::Open { .. })
}

fn looks(effect: &Effect) -> bool {
    matches!(effect, Effect::Look { .. })
}

fn answers(effect: &Effect) -> bool {
    decides(effect)
        || opens(effect)
        || looks(effect)
        || matches!(effect, Effect::Provision { .. } | Effect::Release { .. } | Effect::Wake { .. })
}

fn target() -> Target {
    Target { workflow: "build".into(), repository: Some("acme/website".into()), branch: None, inputs: BTreeMap::new() }
}

fn change() -> Change {
    Change {
        repository: "acme/website".into(),
        number: 1,
        url: "https://forge.example/1".into(),
        title: "Twelve".into(),
        head: Commit("1".repeat(40)),
        draft: true,
        diff: DiffStat::default(),
    }
}

fn resolved(asked: u64, workflow: Workflow, continues: Option<Change>) -> Fact {
    let (base, onto) = (Some(Commit("0".repeat(40))), Some("main".into()));
    Fact::Resolved { asked, workflow, base, onto, continues }
}

fn ran(verdict: Verdict) -> Ran {
    Ran { name: "unit".into(), verdict, url: String::new(), log: "no".into() }
}

fn review() -> Review {
    let (id, url, text) = ("7".into(), "https://forge.example/7".into(), "Nearly.".into());
    Review { id, url, asks: true, text, remarks: Vec::new() }
}

fn finish(end: End, output: Option<serde_json::Value>) -> Finish {
    Finish {
        end,
        head: None,
        diff: DiffStat::default(),
        output,
        proposals: vec![Proposal::Answer { text: "Because.".into() }],
        artifacts: BTreeMap::new(),
        summary: "said and done".into(),
        usage: Usage { micro_usd: 100_000, ..Usage::default() },
        transcript: None,
    }
}

/// Names of all states and stages that were visited.
pub(super) fn place(run: Option<&Run>) -> (String, BTreeSet<String>) {
    let name = |text: String| text.split([' ', '(', '{']).next().unwrap_or_default().to_owned();
    let Some(run) = run else { return ("None".into(), BTreeSet::new()) };
    let stages = run.job().into_iter().flat_map(|job| job.phases.values());
    (name(format!("{:?}", run.state)), stages.map(|progress| name(format!("{:?}", progress.stage))).collect())
}
