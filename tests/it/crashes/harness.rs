//! One schedule: a story, told while planned calls meet trouble.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::poll;
use signalbox_domain::change::{Remark, Review};
use signalbox_domain::devbox::{Assignment, Control, Report};
use signalbox_domain::event::{Delivery, Event, Fact};
use signalbox_domain::id::{DeliveryId, Digest, RunId};
use signalbox_domain::identity::Permission;
use signalbox_domain::run::{Run, Stage, State};
use signalbox_domain::talk::{Message, ThreadId};
use signalbox_domain::time::{Span, Time};
use signalbox_engine::{Engine, Ports};
use signalbox_ports::Error;
use signalbox_ports::boxes::{Boxes as Door, Refusal};
use signalbox_ports::clock::Clock as _;
use signalbox_ports::intake::Intake as _;
use signalbox_ports::store::Store as _;
use signalbox_world::boxes::Turned;
use signalbox_world::chat::{Chat, Recall};
use signalbox_world::fault::{Fault, Moment};
use signalbox_world::{World, person};

use super::scenario::{Beat, PATIENCE, Scenario};

/// What a call meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The dispatcher dies before the call has its effect.
    CrashBefore,
    /// The dispatcher dies after it had its effect.
    CrashAfter,
    /// It fails without effect.
    FailBefore,
    /// It has its effect, and the answer is lost.
    FailAfter,
    /// It hangs past every lease, and has its effect when somebody else has long done the work.
    Stall,
}

/// Which calls meet what, by their number.
pub(super) type Plan = Vec<(usize, Trouble)>;

/// How long a call that hangs takes: longer than any lease of the dispatcher.
const STALL: Span = Span::seconds(75);
/// How often a dispatcher looks again at what is due and cannot be done yet.
const LOOK: Span = Span(500);
/// The most turns anything may take to come to rest.
const MAX_TURNS: usize = 5_000;
/// What is left to do after the story is done in this time: the longest lease of a box nobody claims, and more.
const AFTERWARDS: Span = Span::minutes(45);

type Parked = Arc<Mutex<Vec<Pin<Box<dyn Future<Output = ()> + Send>>>>>;

/// The world and whoever is stuck in it.
pub(super) struct Harness {
    pub(super) world: World,
    pub(super) threads: Vec<ThreadId>,
    pub(super) missed: Vec<String>,
    pub(super) crashes: usize,
    plan: VecDeque<(usize, Trouble)>,
    parked: Parked,
    free_at: Option<Time>,
    presses: u64,
    raw: bool,
}

impl Harness {
    pub(super) fn new(scenario: &Scenario, recall: Recall, plan: &Plan, through: impl FnOnce(Ports) -> Ports) -> Self {
        let world = World::made(|settings| settings.concurrent_runs = scenario.places, recall, through);
        (scenario.arrange)(&world);
        let mut harness = Self {
            world,
            threads: Vec::new(),
            missed: Vec::new(),
            crashes: 0,
            plan: plan.iter().copied().collect(),
            parked: Parked::default(),
            free_at: None,
            presses: 0,
            raw: scenario.raw,
        };
        harness.prepare();
        harness
    }

    /// Plans the trouble up to the next crash; what is after it is planned when the dispatcher is up again.
    fn prepare(&mut self) {
        let unavailable = || Error::unavailable("trouble, as planned");
        while let Some((nth, trouble)) = self.plan.pop_front() {
            match trouble {
                Trouble::CrashBefore => return self.world.faults.crash(nth, Moment::Before),
                Trouble::CrashAfter => return self.world.faults.crash(nth, Moment::After),
                Trouble::FailBefore => self.world.faults.fail(nth, Fault::FailBefore(unavailable())),
                Trouble::FailAfter => self.world.faults.fail(nth, Fault::FailAfter(unavailable())),
                Trouble::Stall => self.world.faults.fail(nth, Fault::Stall),
            }
        }
    }

    /// Tells the story to its end.
    pub(super) async fn tell(&mut self, scenario: &Scenario) {
        for beat in scenario.beats {
            match *beat {
                Beat::Ask(who, text) => {
                    let (thread, message) = self.world.chat.open("web", &person(who), text);
                    self.threads.push(thread.clone());
                    self.said(&thread, message).await;
                }
                Beat::Reply(thread, who, text) => {
                    let thread = self.threads[thread].clone();
                    let message = self.world.chat.write(&thread, &person(who), text);
                    self.said(&thread, message).await;
                }
                Beat::Edit(thread, text) => {
                    let thread = self.threads[thread].clone();
                    let root = signalbox_domain::talk::MessageId(thread.root.clone());
                    let message = self.world.chat.edit(&thread, &root, text).expect("it is there");
                    self.deliver(&thread, None, format!("edited:{thread}"), Fact::Edited { message }).await;
                }
                Beat::Press(thread, who, label) => {
                    let thread = self.threads[thread].clone();
                    if !self.wait(|harness, _| harness.world.chat.button(&thread, label).is_some(), &thread).await {
                        self.missed.push(format!("the button {label} of {thread} was never there"));
                        continue;
                    }
                    let Some(action) = self.world.chat.button(&thread, label) else { continue };
                    let run = self.run(&thread).await.map(|run| run.id);
                    self.presses += 1;
                    let key = format!("pressed:{thread}:{}", self.presses);
                    self.deliver(&thread, run, key, Fact::Pressed { action, by: person(who) }).await;
                }
                Beat::Review(thread, who, text) => {
                    let thread = self.threads[thread].clone();
                    let review = review(text);
                    let fact = Fact::Reviewed { review, by: person(who) };
                    self.deliver(&thread, None, format!("reviewed:{thread}"), fact).await;
                }
                Beat::Link(thread, who) => {
                    let thread = self.threads[thread].clone();
                    let asked = |harness: &Self, _: Option<&Run>| {
                        harness.world.chat.button(&thread, "Link my account").is_some()
                    };
                    if !self.wait(asked, &thread).await {
                        self.missed.push(format!("{who} was never asked who they are"));
                    }
                    let by = person(who);
                    self.world.forge.link(&by.id, "forge:1", "acme/website", Permission::Write);
                    self.deliver(&thread, None, format!("linked:{thread}"), Fact::Linked { by }).await;
                }
                Beat::Await(thread, phase) => {
                    let thread = self.threads[thread].clone();
                    let so =
                        |harness: &Self, run: Option<&Run>| run.is_some_and(|run| at_work(&harness.world, run, phase));
                    if !self.wait(so, &thread).await {
                        self.missed.push(format!("{phase} of {thread} was never worked on"));
                    }
                }
                Beat::Over(thread) => {
                    let thread = self.threads[thread].clone();
                    if !self.wait(|_, run| run.is_some_and(Run::ended), &thread).await {
                        self.missed.push(format!("the run of {thread} never ended"));
                    }
                }
            }
        }
        for thread in self.threads.clone() {
            self.wait(|_, run| run.is_some_and(Run::ended), &thread).await;
        }
        self.pass(AFTERWARDS).await;
    }

    /// Looks at the world from outside of it.
    pub(super) async fn aside<T>(&self, look: impl AsyncFnOnce(&World) -> T) -> T {
        self.world.faults.aside(true);
        let seen = look(&self.world).await;
        self.world.faults.aside(false);
        seen
    }

    async fn run(&self, thread: &ThreadId) -> Option<Run> {
        self.aside(async |world| world.run(thread).await).await
    }

    async fn said(&mut self, thread: &ThreadId, message: Message) {
        let id = Event::said(thread, &message);
        self.deliver(thread, None, id.0, Fact::Said { message, addressed: true }).await;
    }

    /// An edge receives something, and its sender tries again until it is taken.
    async fn deliver(&mut self, thread: &ThreadId, run: Option<RunId>, id: String, fact: Fact) {
        let event = Event { id: DeliveryId(id), at: self.world.clock.now(), fact };
        let mut delivery = Delivery { thread: thread.clone(), run, event };
        if self.raw {
            let id = DeliveryId(format!("raw:{}", delivery.event.id));
            let event = Event { id, at: delivery.event.at, fact: Chat::raw(std::slice::from_ref(&delivery)) };
            delivery = Delivery { thread: thread.clone(), run: None, event };
        }
        for _ in 0..MAX_TURNS {
            let (engine, copy) = (self.world.engine.clone(), delivery.clone());
            if let Some(Ok(_)) = attempt(&self.parked, async move { engine.receive(copy).await }).await {
                return;
            }
            self.revive();
            self.tick(Span::seconds(3)).await;
        }
        self.missed.push(format!("a delivery was never taken: {}", delivery.event.id));
    }

    /// Lets time pass until it is so. False: it never was.
    async fn wait(&mut self, so: impl Fn(&Self, Option<&Run>) -> bool, thread: &ThreadId) -> bool {
        let end = self.world.clock.now() + PATIENCE;
        loop {
            self.settle().await;
            let run = self.run(thread).await;
            if so(self, run.as_ref()) {
                return true;
            }
            if self.world.clock.now() >= end {
                return false;
            }
            self.tick((end - self.world.clock.now()).min(PATIENCE)).await;
        }
    }

    async fn pass(&mut self, span: Span) {
        let end = self.world.clock.now() + span;
        self.settle().await;
        while self.world.clock.now() < end {
            self.tick(end - self.world.clock.now()).await;
            self.settle().await;
        }
    }

    /// Moves the clock to when something is due next, by `most` at most; boxes beat, and a sweep is made.
    async fn tick(&mut self, most: Span) {
        let now = self.world.clock.now();
        let mut next = now + most;
        if let Some(due) = self.aside(async |world| world.store.next_due().await.ok().flatten()).await {
            next = next.min(due);
        }
        // A dispatcher sweeps all the time; here it is enough to while something waits.
        let unworked = self.aside(async |world| world.store.unworked(Time(u64::MAX), 1).await).await;
        let waiting = unworked.is_ok_and(|unworked| !unworked.is_empty());
        if waiting || !self.world.boxes.live().is_empty() {
            next = next.min(now + Span::seconds(2));
        }
        if let Some(free) = self.free_at {
            next = next.min(free);
        }
        self.world.clock.set(next.max(now + LOOK));
        if self.free_at.is_some_and(|free| free <= self.world.clock.now()) {
            self.let_go().await;
        }
        let door = self.door();
        self.world.boxes.beat(&door).await;
        let engine = self.world.engine.clone();
        let _ = attempt(&self.parked, async move { engine.sweep().await }).await;
        self.revive();
    }

    /// Lets everything happen that happens without time passing.
    async fn settle(&mut self) {
        for _ in 0..MAX_TURNS {
            let engine = self.world.engine.clone();
            let turned = attempt(&self.parked, async move { engine.turn().await }).await;
            let engine = self.world.engine.clone();
            let due = attempt(&self.parked, async move { engine.due().await }).await;
            let mut moved = !matches!(turned, Some(Ok(false) | Err(_))) || !matches!(due, Some(Ok(0) | Err(_)));
            if !moved {
                let door = self.door();
                moved = self.world.boxes.turn(&door).await == Turned::Moved;
            }
            if self.revive() {
                continue;
            }
            if !moved {
                return;
            }
        }
        self.missed.push("the world does not come to rest".into());
    }

    /// Starts the dispatcher again if it died, and notes when what hangs is let go.
    fn revive(&mut self) -> bool {
        if self.free_at.is_none() && !self.parked.lock().expect("one thread").is_empty() {
            self.free_at = Some(self.world.clock.now() + STALL);
        }
        if !self.world.faults.crashed() {
            return false;
        }
        self.crashes += 1;
        // What hung in the process that died hangs no more: it is gone with it.
        self.parked.lock().expect("one thread").clear();
        self.free_at = None;
        self.world.restart();
        self.prepare();
        true
    }

    async fn let_go(&mut self) {
        self.free_at = None;
        self.world.faults.release();
        let parked = std::mem::take(&mut *self.parked.lock().expect("one thread"));
        for mut hangs in parked {
            if poll!(&mut hangs).is_pending() {
                self.missed.push("a call that was let go hangs again".into());
            }
        }
    }

    fn door(&self) -> Patient {
        Patient { engine: self.world.engine.clone(), parked: self.parked.clone() }
    }
}

/// Whether a box has begun the phase: its runner has its assignment, and the run knows.
fn at_work(world: &World, run: &Run, phase: &str) -> bool {
    let State::Working(job) = &run.state else { return false };
    let Some(Stage::Working { devbox, .. }) = job.phases.get(&phase.into()).map(|progress| &progress.stage) else {
        return false;
    };
    world.boxes.assignments().iter().any(|assignment| assignment.devbox == *devbox)
}

fn review(text: &str) -> Review {
    Review {
        id: "7".into(),
        url: "https://forge.example/7".into(),
        asks: true,
        text: String::new(),
        remarks: vec![Remark { path: "src/pricing.html".into(), line: Some(1), text: text.into() }],
    }
}

/// Makes a call on the dispatcher. `None`: it hangs; it is left hanging, and whoever called gives up.
async fn attempt<T: 'static>(parked: &Parked, work: impl Future<Output = T> + Send + 'static) -> Option<T> {
    let mut work = Box::pin(work);
    match poll!(&mut work) {
        std::task::Poll::Ready(done) => Some(done),
        std::task::Poll::Pending => {
            parked.lock().expect("one thread").push(Box::pin(async move { drop(work.await) }));
            None
        }
    }
}

/// The dispatcher's door, for boxes that do not wait for ever.
struct Patient {
    engine: Arc<Engine>,
    parked: Parked,
}

fn given_up<T>(answer: Option<Result<T, Refusal>>) -> Result<T, Refusal> {
    answer.unwrap_or_else(|| Err(Refusal::Unavailable("no answer in time".into())))
}

#[async_trait]
impl Door for Patient {
    async fn claim(&self, token: &str) -> Result<Assignment, Refusal> {
        let (engine, token) = (self.engine.clone(), token.to_owned());
        given_up(attempt(&self.parked, async move { engine.claim(&token).await }).await)
    }

    async fn report(&self, token: &str, report: Report) -> Result<Control, Refusal> {
        let (engine, token) = (self.engine.clone(), token.to_owned());
        given_up(attempt(&self.parked, async move { engine.report(&token, report).await }).await)
    }

    async fn upload(&self, token: &str, digest: &Digest, bytes: &[u8]) -> Result<(), Refusal> {
        let (engine, token, digest, bytes) = (self.engine.clone(), token.to_owned(), digest.clone(), bytes.to_vec());
        given_up(attempt(&self.parked, async move { engine.upload(&token, &digest, &bytes).await }).await)
    }

    async fn renew(&self, token: &str) -> Result<Option<String>, Refusal> {
        let (engine, token) = (self.engine.clone(), token.to_owned());
        given_up(attempt(&self.parked, async move { engine.renew(&token).await }).await)
    }
}
