//! Two stores side by side: whatever is asked of both, both answer the same.

use std::sync::Arc;

use signalbox_domain::devbox::Control;
use signalbox_domain::effect::Effect;
use signalbox_domain::event::Delivery;
use signalbox_domain::id::{DevboxId, RunId};
use signalbox_domain::post::{Mark, Slot};
use signalbox_domain::reason::Reason;
use signalbox_domain::run::Run;
use signalbox_domain::talk::ThreadId;
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::store::{Claimed, Commit, Lease, Settlement, Store, Subject};

use crate::contract::value::{at, lease, mark, next, said, say, start, thread, wake};

/// Asks both stores, which are new and empty, the same `count` questions, drawn by `seed`. Panics at the first that
/// they answer differently; gives how many were refused or lost, so that it is seen that both kinds were asked.
pub async fn twins(one: &Arc<dyn Store>, two: &Arc<dyn Store>, seed: u64, count: usize) -> usize {
    let mut drawer = Drawer { dice: Dice(seed.max(1)), recorded: Vec::new(), runs: Vec::new(), claims: Vec::new() };
    let mut refused = 0;
    for number in 0..count {
        let question = drawer.draw();
        let (first, second) = (ask(one, &question).await, ask(two, &question).await);
        assert_eq!(first.words, second.words, "seed {seed}, question {number}: {question:?}");
        refused += usize::from(first.words.starts_with("Err"));
        drawer.runs.extend(first.run);
        drawer.claims.extend(first.claimed);
    }
    refused
}

#[derive(Debug)]
enum Question {
    Record(Delivery),
    Delivery(Delivery),
    Unworked(Time, usize),
    Load(Subject),
    Commit(Box<Commit>),
    Ignore(Delivery, Option<RunId>),
    Due(Time, usize),
    NextDue,
    Claim(RunId, Time, Time),
    Settle(Box<Claimed>, Settlement),
    Slot(RunId, String),
    History(RunId),
    Effects(RunId),
    Ignored(ThreadId),
    Runs(usize),
    Lease(Lease),
    Leased(DevboxId),
    Take(DevboxId, Time),
    Beat(DevboxId, u32, Time),
    Direct(DevboxId, Control),
    Lapsed(Time, usize),
    Admit(u32, RunId),
    Leave(u32, RunId),
    Line(usize),
}

/// What a store said, and what later questions can be about.
#[derive(Default)]
struct Answer {
    words: String,
    run: Option<Run>,
    claimed: Vec<Claimed>,
}

async fn ask(store: &Arc<dyn Store>, question: &Question) -> Answer {
    let mut answer = Answer::default();
    answer.words = match question {
        Question::Record(delivery) => words(store.record(delivery).await),
        Question::Delivery(delivery) => words(store.delivery(&delivery.event.id).await),
        Question::Unworked(before, limit) => words(store.unworked(*before, *limit).await),
        Question::Load(subject) => words(store.load(subject).await),
        Question::Commit(commit) => {
            let committed = store.commit(commit).await;
            answer.run = committed.is_ok().then(|| commit.run.clone());
            words(committed)
        }
        Question::Ignore(delivery, run) => {
            words(store.ignore(&delivery.event.id, run.as_ref(), Reason::NotAddressed).await)
        }
        Question::Due(now, limit) => words(store.due(*now, *limit).await),
        Question::NextDue => words(store.next_due().await),
        Question::Claim(run, now, until) => {
            let claimed = store.claim(run, *now, *until).await;
            answer.claimed = claimed.clone().unwrap_or_default();
            words(claimed)
        }
        Question::Settle(claimed, settlement) => words(store.settle(claimed, settlement, at(0)).await),
        Question::Slot(run, slot) => words(store.slot(run, slot).await),
        Question::History(run) => words(store.history(run).await),
        Question::Effects(run) => words(store.effects(run).await),
        Question::Ignored(thread) => words(store.ignored(thread).await),
        Question::Runs(limit) => words(store.runs(*limit).await),
        Question::Lease(lease) => words(store.lease(lease).await),
        Question::Leased(devbox) => words(store.leased(devbox).await),
        Question::Take(devbox, deadline) => words(store.take(devbox, *deadline).await),
        Question::Beat(devbox, epoch, deadline) => words(store.beat(devbox, *epoch, *deadline).await),
        Question::Direct(devbox, control) => words(store.direct(devbox, control.clone()).await),
        Question::Lapsed(now, limit) => words(store.lapsed(*now, *limit).await),
        Question::Admit(limit, run) => words(store.admit("all", *limit, run, at(0)).await),
        Question::Leave(limit, run) => words(store.leave("all", *limit, run).await),
        Question::Line(limit) => words(store.line("all", *limit).await),
    };
    answer
}

/// An answer to compare; of an error, what the caller would do next.
fn words<T: std::fmt::Debug>(answer: Result<T, Error>) -> String {
    match answer {
        Ok(value) => format!("{value:?}"),
        Err(Error::Conflict) => "Err: load again".into(),
        Err(Error::Rejected(_)) => "Err: never".into(),
        Err(Error::Unavailable(why) | Error::Later { why, .. }) => panic!("a store could not be asked: {why}"),
    }
}

/// Draws questions that are mostly about what is there, and sometimes about what was there before.
struct Drawer {
    dice: Dice,
    recorded: Vec<Delivery>,
    /// Every version of every run so far.
    runs: Vec<Run>,
    claims: Vec<Claimed>,
}

impl Drawer {
    fn draw(&mut self) -> Question {
        match self.dice.roll(31) {
            0..3 => {
                let delivery = self.delivery();
                self.recorded.push(delivery.clone());
                Question::Record(delivery)
            }
            3 => Question::Delivery(self.delivery()),
            4 => Question::Unworked(self.time(), self.limit()),
            5 => Question::Load(Subject::Thread(self.thread())),
            6 => Question::Load(Subject::Run(self.run())),
            7..11 => Question::Commit(Box::new(self.commit())),
            11 => Question::Ignore(self.delivery(), self.dice.coin().then(|| self.run())),
            12 => Question::Due(self.time(), self.limit()),
            13 => Question::NextDue,
            14..17 => Question::Claim(self.run(), self.time(), self.time()),
            17..20 => match self.claims.is_empty() {
                true => Question::NextDue,
                false => Question::Settle(Box::new(self.claim()), self.settlement()),
            },
            20 => Question::Slot(self.run(), if self.dice.coin() { "status".into() } else { "closing".into() }),
            21 => Question::History(self.run()),
            22 => Question::Effects(self.run()),
            23 => Question::Ignored(self.thread()),
            24 => Question::Runs(self.limit()),
            25 => match self.runs.is_empty() {
                true => Question::Runs(self.limit()),
                false => Question::Lease(self.lease()),
            },
            26 => match self.dice.roll(4) {
                0 => Question::Leased(self.devbox()),
                1 => Question::Take(self.devbox(), self.time()),
                2 => Question::Direct(self.devbox(), self.control()),
                _ => Question::Lapsed(self.time(), self.limit()),
            },
            27 => Question::Beat(self.devbox(), self.epoch(), self.time()),
            28 => Question::Admit(self.places(), self.run()),
            29 => Question::Line(self.limit()),
            _ => Question::Leave(self.places(), self.run()),
        }
    }

    fn thread(&mut self) -> ThreadId {
        thread(["t", "u", "v"][self.dice.roll(3)])
    }

    /// A delivery that was recorded of late, or one that most likely was not.
    fn delivery(&mut self) -> Delivery {
        let known = if self.dice.roll(3) > 0 { self.dice.pick(&self.recorded).cloned() } else { None };
        known.unwrap_or_else(|| {
            let (thread, text, at) = (self.thread(), self.dice.roll(500).to_string(), self.time());
            said(&thread, &text, at)
        })
    }

    fn time(&mut self) -> Time {
        at(self.dice.roll(60) as u64)
    }

    fn limit(&mut self) -> usize {
        self.dice.roll(6)
    }

    fn places(&mut self) -> u32 {
        1 + self.dice.roll(3) as u32
    }

    /// A run that is there, or was never.
    fn run(&mut self) -> RunId {
        match self.dice.pick(&self.runs) {
            Some(run) => run.id.clone(),
            None => "no run".into(),
        }
    }

    fn commit(&mut self) -> Commit {
        let delivery = self.delivery();
        let effects = self.effects();
        // Mostly a newer version: from an old one, nothing can be written.
        let newest = self.runs.iter().rev().find(|run| run.thread == delivery.thread).cloned();
        let run = if self.dice.roll(5) == 0 { self.dice.pick(&self.runs).cloned() } else { newest };
        match run {
            Some(run) if self.dice.roll(6) > 0 => next(&delivery, &run, effects),
            run => start(&delivery, run.filter(|_| self.dice.roll(4) > 0).map(|run| run.id).as_ref(), effects),
        }
    }

    fn effects(&mut self) -> Vec<Effect> {
        (0..self.dice.roll(4))
            .map(|_| match self.dice.roll(6) {
                0 => Effect::Route,
                1 => Effect::Leave,
                2 => mark(Mark::Seen),
                3 => say(Slot::Status, "on it"),
                4 => say(Slot::Closing, "done"),
                _ => wake(self.time()),
            })
            .collect()
    }

    fn claim(&mut self) -> Claimed {
        // One of the last few: older ones were settled or taken up again.
        let recent = self.claims.len().saturating_sub(6);
        let place = recent + self.dice.roll(self.claims.len() - recent);
        self.claims[place].clone()
    }

    fn settlement(&mut self) -> Settlement {
        let result = self.dice.coin().then(|| self.delivery());
        match self.dice.roll(5) {
            0 => Settlement::Dropped,
            1 => Settlement::Failed { why: "it cannot be".into(), result },
            2 => Settlement::Later { due: self.time(), why: "busy".into() },
            _ => Settlement::Done { message: self.dice.coin().then(|| "m1".into()), result },
        }
    }

    fn lease(&mut self) -> Lease {
        let run = self.runs[self.dice.roll(self.runs.len())].clone();
        let (epoch, deadline) = (self.epoch(), self.time());
        lease(&run, epoch, deadline)
    }

    fn devbox(&mut self) -> DevboxId {
        let (run, epoch) = (self.run(), self.epoch());
        DevboxId::of(&run, epoch)
    }

    fn epoch(&mut self) -> u32 {
        self.dice.roll(2) as u32
    }

    fn control(&mut self) -> Control {
        match self.dice.roll(4) {
            0 => Control::Gone,
            1 => Control::Stop,
            _ => Control::Continue,
        }
    }
}

/// Chance that falls the same way every time (xorshift).
struct Dice(u64);

impl Dice {
    /// A number below `sides`.
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap_or(0)
    }

    fn coin(&mut self) -> bool {
        self.roll(2) == 0
    }

    /// One of the last few, or none.
    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.len().checked_sub(1 + self.roll(8)).map(|place| &from[place])
    }
}
