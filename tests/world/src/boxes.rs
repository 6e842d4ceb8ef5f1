//! Devboxes that play what they are told: they claim, report, push and finish through the same doors as a real runner.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use async_trait::async_trait;
use serde_json::Value;
use signalbox_domain::devbox::{
    Assignment, Checkout, Control, DiffStat, End, Finish, Listed, News, Proposal, Report, Usage,
};
use signalbox_domain::id::{Commit, DevboxId, Digest};
use signalbox_domain::time::{Span, Time};
use signalbox_ports::Error;
use signalbox_ports::boxes::{Boxes as Door, Refusal};
use signalbox_ports::clock::Clock;
use signalbox_ports::devbox::Spec;

use crate::fault::{Faults, call};
use crate::forge::{Edit, Forge};

/// One thing an agent (or script) does.
#[derive(Clone, Debug)]
pub enum Act {
    /// It reports what it is at.
    Report(&'static str),
    /// It has spent so much since its last report, in millionths of a dollar.
    Spend(u64),
    /// It writes a file.
    Write(&'static str, &'static str),
    /// It removes a file.
    Remove(&'static str),
    /// It plants a symbolic link.
    Link(&'static str, &'static str),
    /// It leaves its typed output.
    Output(Value),
    /// It proposes something.
    Propose(Proposal),
    /// It leaves a handoff.
    Handoff(&'static str, &'static str),
    /// It works for so many seconds, heartbeats included.
    Take(u64),
    /// It works on and on, heartbeats included, until it is told to stop.
    Hang,
    /// It works on and on, and does not listen when it is told to stop.
    Deaf,
    /// Its machine vanishes.
    Vanish,
    /// It ends otherwise than well.
    End(End),
    /// It says its last words.
    Say(&'static str),
}

/// Where boxes push to.
pub trait Remote: Send + Sync {
    /// A commit on top of the checkout's start, pushed to its branch with its token.
    fn push(&self, checkout: &Checkout, edits: &[(&'static str, Edit)]) -> Result<Commit, Error>;
}

impl Remote for Forge {
    fn push(&self, checkout: &Checkout, edits: &[(&'static str, Edit)]) -> Result<Commit, Error> {
        let token = checkout.token.as_deref().unwrap_or_default();
        self.push(token, &checkout.repository, &checkout.branch, &checkout.start, edits)
    }
}

/// What a box holds that is given up while it runs on somewhere.
pub struct Ghost {
    devbox: DevboxId,
    claim: String,
    held: Option<Assignment>,
}

/// The provider of boxes, and the boxes.
pub struct Boxes {
    faults: Arc<dyn Faults>,
    clock: Arc<dyn Clock>,
    forge: Arc<Forge>,
    elsewhere: OnceLock<Arc<dyn Remote>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    boxes: BTreeMap<DevboxId, Machine>,
    scripts: BTreeMap<String, VecDeque<Vec<Act>>>,
    seen: Vec<Assignment>,
    refuse: Option<String>,
    boot: Span,
    made: u32,
}

struct Machine {
    spec: Spec,
    since: Time,
    /// Until when it is at what takes time.
    busy: Option<Time>,
    assignment: Option<Assignment>,
    acts: VecDeque<Act>,
    sequence: u64,
    pushed: Option<Commit>,
    draft: Draft,
    gone: bool,
    frozen: bool,
}

#[derive(Clone, Default)]
struct Draft {
    edits: Vec<(&'static str, Edit)>,
    output: Option<Value>,
    proposals: Vec<Proposal>,
    handoffs: BTreeMap<String, &'static str>,
    usage: Usage,
    summary: &'static str,
}

/// What a box did when it was given a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turned {
    /// It did something.
    Moved,
    /// It waits: for the dispatcher to be back, or for ever.
    Idle,
}

impl Boxes {
    /// A provider without boxes, whose calls meet `faults`.
    pub fn new(clock: Arc<dyn Clock>, forge: Arc<Forge>, faults: Arc<dyn Faults>) -> Self {
        Self { faults, clock, forge, elsewhere: OnceLock::new(), state: Mutex::default() }
    }

    /// From the beginning on they push there, not to the forge in memory.
    pub fn push_to(&self, remote: Arc<dyn Remote>) {
        drop(self.elsewhere.set(remote));
    }

    /// What the next attempt at a phase does; attempts queue up, and the last one is done again and again.
    pub fn script(&self, phase: &str, acts: Vec<Act>) {
        self.state().scripts.entry(phase.into()).or_default().push_back(acts);
    }

    /// Forgets what was said about a phase.
    pub fn unscript(&self, phase: &str) {
        self.state().scripts.remove(phase);
    }

    /// From now on no box can be made, for that reason.
    pub fn refuse(&self, why: &str) {
        self.state().refuse = Some(why.into());
    }

    /// From now on boxes can be made again.
    pub fn allow(&self) {
        self.state().refuse = None;
    }

    /// From now on a box takes so long from being asked for to its claim.
    pub fn boot(&self, takes: Span) {
        self.state().boot = takes;
    }

    /// Every assignment that was handed out, oldest first.
    pub fn assignments(&self) -> Vec<Assignment> {
        self.state().seen.clone()
    }

    /// The boxes that run.
    pub fn live(&self) -> Vec<DevboxId> {
        self.state().boxes.iter().filter(|(_, machine)| !machine.gone).map(|(name, _)| name.clone()).collect()
    }

    /// How many boxes were ever made.
    pub fn made(&self) -> u32 {
        self.state().made
    }

    /// Every box loses its machine.
    pub fn vanish(&self) {
        for machine in self.state().boxes.values_mut() {
            machine.gone = true;
        }
    }

    /// Every box falls silent and runs on. What each of them holds, to come back with.
    pub fn freeze(&self) -> Vec<Ghost> {
        let mut state = self.state();
        let machines = state.boxes.iter_mut().filter(|(_, machine)| !machine.gone);
        let frozen = machines.map(|(name, machine)| {
            machine.frozen = true;
            Ghost { devbox: name.clone(), claim: machine.spec.claim_token.clone(), held: machine.assignment.clone() }
        });
        frozen.collect()
    }

    /// The provider forgets every box: none is listed any more.
    pub fn forget(&self) {
        self.state().boxes.clear();
    }

    /// A box that was given up is back, and tries everything it could before. How much it tried, and what of it
    /// it was let do.
    pub async fn haunt(&self, ghost: &Ghost, door: &dyn Door) -> (u32, Vec<&'static str>) {
        let (mut attempts, mut done) = (0, Vec::new());
        let mut tried = |what, let_in: bool| {
            attempts += 1;
            done.extend(let_in.then_some(what));
        };
        tried("claim", door.claim(&ghost.claim).await.is_ok());
        let Some(held) = &ghost.held else { return (attempts, done) };
        let token = &held.report_token;
        let report = |sequence, news| {
            let epoch = held.attempt.epoch;
            Report { devbox: ghost.devbox.clone(), epoch, sequence, news }
        };
        let progress = News::Progress { activity: "haunting".into(), usage: Usage::default() };
        for (number, news) in (1_000..).zip([News::Beat, progress, News::Finished(blank(End::Ok))]) {
            let heard = door.report(token, report(number, news)).await;
            tried("report", matches!(heard, Ok(Control::Continue | Control::Stop)));
        }
        tried("upload", door.upload(token, &Digest::of(b"haunted"), b"haunted").await.is_ok());
        tried("token", door.renew(token).await.is_ok());
        if let Some(checkout) = held.checkout.as_ref().filter(|checkout| checkout.push) {
            let edits = [("haunted.md", Edit::Write("Boo.".into()))];
            tried("push", Remote::push(&*self.forge, checkout, &edits).is_ok());
        }
        (attempts, done)
    }

    /// Gives every box one turn.
    pub async fn turn(&self, door: &dyn Door) -> Turned {
        let mut turned = Turned::Idle;
        for name in self.awake() {
            if self.one(&name, door).await == Turned::Moved {
                turned = Turned::Moved;
            }
        }
        turned
    }

    /// Every box that only works on says that it is alive, and does what it is told.
    pub async fn beat(&self, door: &dyn Door) {
        for name in self.awake() {
            let Some((token, report)) = self.report(&name, News::Beat) else { continue };
            let heard = door.report(&token, report).await;
            self.obey(&name, heard, door).await;
        }
    }

    /// The boxes that run and are not frozen.
    fn awake(&self) -> Vec<DevboxId> {
        let state = self.state();
        let awake = state.boxes.iter().filter(|(_, machine)| !machine.gone && !machine.frozen);
        awake.map(|(name, _)| name.clone()).collect()
    }

    async fn one(&self, name: &DevboxId, door: &dyn Door) -> Turned {
        let claim = self
            .state()
            .boxes
            .get(name)
            .filter(|machine| machine.assignment.is_none())
            .map(|machine| machine.spec.claim_token.clone());
        if let Some(token) = claim {
            if self.booting(name) {
                return Turned::Idle;
            }
            match door.claim(&token).await {
                Ok(assignment) => self.begin(name, assignment),
                Err(Refusal::Unavailable(_)) => return Turned::Idle,
                Err(Refusal::Taken | Refusal::Gone | Refusal::Rejected(_)) => self.die(name),
            }
            return Turned::Moved;
        }
        let next = self.state().boxes.get(name).and_then(|machine| machine.acts.front().cloned());
        let news = match next {
            Some(Act::Hang | Act::Deaf) => return Turned::Idle,
            Some(Act::Take(seconds)) => return self.pass(name, Span::seconds(seconds)),
            Some(Act::Vanish) => {
                self.die(name);
                return Turned::Moved;
            }
            Some(Act::Report(activity)) => {
                let usage = self.state().boxes.get(name).map(|machine| machine.draft.usage).unwrap_or_default();
                News::Progress { activity: activity.into(), usage }
            }
            Some(Act::End(end)) => News::Finished(self.finish(name, end)),
            None => News::Finished(self.finish(name, End::Ok)),
            Some(act) => {
                self.work(name, act);
                return Turned::Moved;
            }
        };
        let over = matches!(news, News::Finished(_));
        if over && !self.upload(name, door).await {
            return Turned::Idle;
        }
        let Some((token, report)) = self.report(name, news) else { return Turned::Idle };
        let heard = door.report(&token, report).await;
        match heard {
            Err(Refusal::Unavailable(_)) => return Turned::Idle,
            Ok(_) if over => self.die(name),
            Ok(_) => self.advance(name),
            Err(Refusal::Taken | Refusal::Gone | Refusal::Rejected(_)) => self.die(name),
        }
        if !over {
            self.obey(name, heard, door).await;
        }
        Turned::Moved
    }

    /// Does what the answer to a report says.
    async fn obey(&self, name: &DevboxId, heard: Result<Control, Refusal>, door: &dyn Door) {
        match heard {
            Ok(Control::Continue) | Err(Refusal::Unavailable(_)) => {}
            Ok(Control::Gone) | Err(Refusal::Gone | Refusal::Taken | Refusal::Rejected(_)) => self.die(name),
            Ok(Control::Stop) => {
                let deaf =
                    self.state().boxes.get(name).is_some_and(|machine| matches!(machine.acts.front(), Some(Act::Deaf)));
                if deaf {
                    return;
                }
                let finish = self.finish(name, End::Stopped);
                if let Some((token, report)) = self.report(name, News::Finished(finish))
                    && door.report(&token, report).await.is_ok()
                {
                    self.die(name);
                }
            }
        }
    }

    fn begin(&self, name: &DevboxId, assignment: Assignment) {
        let mut state = self.state();
        let phase = assignment.attempt.phase.0.clone();
        let acts = match state.scripts.get_mut(&phase) {
            Some(scripts) if scripts.len() > 1 => scripts.pop_front().unwrap_or_default(),
            Some(scripts) => scripts.front().cloned().unwrap_or_default(),
            None => Vec::new(),
        };
        state.seen.push(assignment.clone());
        if let Some(machine) = state.boxes.get_mut(name) {
            machine.assignment = Some(assignment);
            machine.acts = acts.into();
        }
    }

    fn work(&self, name: &DevboxId, act: Act) {
        let mut state = self.state();
        let Some(machine) = state.boxes.get_mut(name) else { return };
        machine.acts.pop_front();
        let draft = &mut machine.draft;
        match act {
            Act::Spend(micro_usd) => {
                draft.usage =
                    draft.usage + Usage { micro_usd, tokens_in: micro_usd / 3, tokens_out: micro_usd / 15, turns: 1 };
            }
            Act::Write(path, text) => draft.edits.push((path, Edit::Write(text.into()))),
            Act::Remove(path) => draft.edits.push((path, Edit::Remove)),
            Act::Link(path, to) => draft.edits.push((path, Edit::Link(to.into()))),
            Act::Output(output) => draft.output = Some(output),
            Act::Propose(proposal) => draft.proposals.push(proposal),
            Act::Handoff(file, text) => {
                draft.handoffs.insert(file.into(), text);
            }
            Act::Say(summary) => draft.summary = summary,
            Act::Report(_) | Act::Take(_) | Act::Hang | Act::Deaf | Act::Vanish | Act::End(_) => {}
        }
    }

    fn booting(&self, name: &DevboxId) -> bool {
        let state = self.state();
        state.boxes.get(name).is_some_and(|machine| self.clock.now() < machine.since + state.boot)
    }

    /// It is at something that takes so long.
    fn pass(&self, name: &DevboxId, takes: Span) -> Turned {
        let now = self.clock.now();
        let mut state = self.state();
        let Some(machine) = state.boxes.get_mut(name) else { return Turned::Idle };
        if now < *machine.busy.get_or_insert(now + takes) {
            return Turned::Idle;
        }
        machine.busy = None;
        machine.acts.pop_front();
        Turned::Moved
    }

    fn advance(&self, name: &DevboxId) {
        if let Some(machine) = self.state().boxes.get_mut(name) {
            machine.acts.pop_front();
        }
    }

    /// What the box leaves; what it may push, it pushes.
    fn finish(&self, name: &DevboxId, end: End) -> Finish {
        let mut state = self.state();
        let machine = state.boxes.get_mut(name);
        let (mut head, mut diff) = (None, DiffStat::default());
        let Some(machine) = machine else { return blank(end) };
        let draft = machine.draft.clone();
        let checkout = machine.assignment.as_ref().and_then(|assignment| assignment.checkout.clone());
        if let Some(checkout) = checkout.filter(|checkout| checkout.push && !draft.edits.is_empty()) {
            let pushed = match machine.pushed.clone() {
                Some(pushed) => Ok(pushed),
                None => match self.elsewhere.get() {
                    Some(remote) => remote.push(&checkout, &draft.edits),
                    None => Remote::push(&*self.forge, &checkout, &draft.edits),
                },
            };
            if let Ok(commit) = pushed {
                machine.pushed = Some(commit.clone());
                head = Some(commit);
                diff = DiffStat { files: draft.edits.len() as u32, added: 1, removed: 1 };
            }
        }
        let artifacts = draft.handoffs.iter().map(|(file, text)| (file.clone(), Digest::of(text.as_bytes()))).collect();
        Finish {
            head,
            diff,
            output: draft.output,
            proposals: draft.proposals,
            artifacts,
            summary: draft.summary.into(),
            usage: draft.usage,
            transcript: Some(Digest::of(b"transcript")),
            ..blank(end)
        }
    }

    async fn upload(&self, name: &DevboxId, door: &dyn Door) -> bool {
        let (token, handoffs) = {
            let state = self.state();
            let Some(machine) = state.boxes.get(name) else { return false };
            let token =
                machine.assignment.as_ref().map(|assignment| assignment.report_token.clone()).unwrap_or_default();
            (token, machine.draft.handoffs.values().map(|text| text.as_bytes().to_vec()).collect::<Vec<_>>())
        };
        for bytes in handoffs.iter().chain([&b"transcript".to_vec()]) {
            match door.upload(&token, &Digest::of(bytes), bytes).await {
                Ok(()) => {}
                Err(Refusal::Unavailable(_)) => return false,
                Err(Refusal::Taken | Refusal::Gone | Refusal::Rejected(_)) => {
                    self.die(name);
                    return false;
                }
            }
        }
        true
    }

    fn report(&self, name: &DevboxId, news: News) -> Option<(String, Report)> {
        let mut state = self.state();
        let machine = state.boxes.get_mut(name)?;
        let assignment = machine.assignment.as_ref()?;
        // A report that is sent again keeps its number.
        let sequence = machine.sequence + 1;
        if matches!(news, News::Progress { .. }) {
            machine.sequence = sequence;
        }
        let report = Report { devbox: name.clone(), epoch: assignment.attempt.epoch, sequence, news };
        Some((assignment.report_token.clone(), report))
    }

    fn die(&self, name: &DevboxId) {
        if let Some(machine) = self.state().boxes.get_mut(name) {
            machine.gone = true;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn blank(end: End) -> Finish {
    Finish {
        end,
        head: None,
        diff: DiffStat::default(),
        output: None,
        proposals: Vec::new(),
        artifacts: BTreeMap::new(),
        summary: String::new(),
        usage: Usage::default(),
        transcript: None,
    }
}

#[async_trait]
impl signalbox_ports::devbox::Devbox for Boxes {
    async fn provision(&self, spec: &Spec) -> Result<(), Error> {
        call(&*self.faults, "devbox.provision", || {
            let since = self.clock.now();
            let mut state = self.state();
            if let Some(why) = &state.refuse {
                return Err(Error::rejected(why));
            }
            if !state.boxes.contains_key(&spec.devbox) {
                state.made += 1;
                let machine = Machine {
                    spec: spec.clone(),
                    since,
                    busy: None,
                    assignment: None,
                    acts: VecDeque::new(),
                    sequence: 0,
                    pushed: None,
                    draft: Draft::default(),
                    gone: false,
                    frozen: false,
                };
                state.boxes.insert(spec.devbox.clone(), machine);
            }
            Ok(())
        })
        .await
    }

    async fn stop(&self, devbox: &DevboxId) -> Result<(), Error> {
        call(&*self.faults, "devbox.stop", || {
            self.state().boxes.remove(devbox);
            Ok(())
        })
        .await
    }

    async fn list(&self) -> Result<Vec<Listed>, Error> {
        call(&*self.faults, "devbox.list", || {
            let state = self.state();
            let listed = state.boxes.iter().map(|(name, machine)| Listed {
                devbox: name.clone(),
                since: machine.since,
                alive: !machine.gone,
            });
            Ok(listed.collect())
        })
        .await
    }
}
