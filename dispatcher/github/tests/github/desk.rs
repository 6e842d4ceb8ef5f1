//! The comment chat at work: the edge on loopback, and whatever it kept made sense of.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use signalbox_domain::change::Change;
use signalbox_domain::devbox::DiffStat;
use signalbox_domain::event::{Delivery, Event, Fact};
use signalbox_domain::id::{Digest, EffectId};
use signalbox_domain::outcome::Outcome;
use signalbox_domain::post::{Post, Slot};
use signalbox_domain::route::Target;
use signalbox_domain::run::{Job, Plan, Progress, Run, Stage, State};
use signalbox_domain::step::{Step, step};
use signalbox_domain::talk::{Message, Person, Role, ThreadId};
use signalbox_domain::time::Span;
use signalbox_domain::workflow::{Budget, Workflow};
use signalbox_github::{Comments, Github, Secret, Settings};
use signalbox_ports::Error;
use signalbox_ports::chat::{Chat as _, Understood, Utterance};
use signalbox_ports::clock::Clock as _;
use signalbox_ports::intake::Intake;
use signalbox_ports::store::{Commit, Recorded, Store as _};
use signalbox_webhook::Counter;
use signalbox_world::store::Store;

use crate::world::{Place, SITE};

pub(crate) struct Desk {
    pub(crate) place: Place,
    pub(crate) github: Github,
    pub(crate) comments: Comments,
    pub(crate) store: Arc<Store>,
    pub(crate) counter: Arc<Counter>,
    kept: Arc<Kept>,
}

/// What the edge handed in: each key once.
#[derive(Default)]
pub(crate) struct Kept(Mutex<Vec<Delivery>>);

#[async_trait]
impl Intake for Kept {
    async fn receive(&self, delivery: Delivery) -> Result<Recorded, Error> {
        let mut kept = self.0.lock().unwrap();
        if kept.iter().any(|known| known.event.id == delivery.event.id) {
            return Ok(Recorded::Pending);
        }
        kept.push(delivery);
        Ok(Recorded::New)
    }
}

impl Kept {
    /// What is there, taken.
    pub(crate) fn take(&self) -> Vec<Delivery> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Desk {
    /// [`SITE`] with Ana, who owns it, Ben, who may write, and the edge that GitHub sends its webhooks to.
    pub(crate) async fn new() -> Self {
        Self::with(|settings| settings).await
    }

    pub(crate) async fn with(change: impl FnOnce(Settings) -> Settings) -> Self {
        Self::over(Place::new(), change).await
    }

    /// The same with everything that is sent compared with GitHub's own description.
    pub(crate) async fn checked() -> Self {
        Self::over(Place::checked(), |settings| settings).await
    }

    async fn over(place: Place, change: impl FnOnce(Settings) -> Settings) -> Self {
        place.allow("ben", signalbox_world_github::Role::Write);
        place.world.user("eve");
        place.world.private(SITE, false).unwrap();
        let app = place.world.app();
        let settings = Settings {
            mention: app.slug.clone(),
            webhook_secrets: vec![Secret::new(app.webhook_secret)],
            ..place.github.settings().clone()
        };
        let github = Github::new(change(settings), place.clock.clone(), place.notes.clone()).unwrap();
        let (store, kept, counter) = (Arc::new(Store::default()), Arc::<Kept>::default(), Arc::<Counter>::default());
        let comments = Comments::new(github.clone(), store.clone());
        let routes = signalbox_github::routes(&github, kept.clone(), counter.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}{}", listener.local_addr().unwrap(), signalbox_github::PATH);
        tokio::spawn(async move { axum::serve(listener, routes).await });
        place.world.hook(&url);
        // What it took to set all this up is nobody's story.
        place.world.settled().await;
        kept.take();
        Self { place, github, comments, store, counter, kept }
    }

    /// What the edge kept since it was asked last.
    pub(crate) async fn kept(&self) -> Vec<Delivery> {
        self.place.world.settled().await;
        self.kept.take()
    }

    /// What all of it means: the facts, or why it means nothing. Asked twice, as after a crash, it means the same.
    pub(crate) async fn heard(&self) -> Vec<Result<Delivery, String>> {
        let mut heard = Vec::new();
        for delivery in self.kept().await {
            let Fact::Received { what } = &delivery.event.fact else { panic!("the edge hands in what it received") };
            let understand = || self.comments.understand(&delivery.thread, delivery.event.at, what);
            let first = understand().await.unwrap();
            assert_eq!(understand().await.unwrap(), first, "it means the same again");
            match first {
                Understood::Deliveries(deliveries) => heard.extend(deliveries.into_iter().map(Ok)),
                Understood::Nothing(why) => heard.push(Err(why)),
            }
        }
        heard
    }

    /// The same in a line each: who, as what, and what they did.
    pub(crate) async fn told(&self) -> Vec<String> {
        self.heard()
            .await
            .into_iter()
            .map(|heard| heard.map_or_else(|why| format!("- {why}"), |it| line(&it)))
            .collect()
    }

    /// A run that Ana asked for in `thread` and that is over, having proposed the pull request `number` of [`SITE`].
    pub(crate) async fn proposed(&self, thread: &ThreadId, number: u64) -> Run {
        let run = self.begun(thread, "fix the price").await;
        let mut worked = Run { version: 2, ..run };
        worked.state =
            State::Ended { outcome: Outcome::Delivered, job: Some(Box::new(job(number))), at: self.place.clock.now() };
        self.commit(&worked, 1, "worked").await;
        worked
    }

    /// The run, waiting at a gate to have what its branch is at, `head`, approved.
    pub(crate) async fn waiting(&self, run: &Run, loaded: u64, head: &str) -> Run {
        let mut job = run.job().cloned().unwrap();
        job.head = Some(head.into());
        let now = self.place.clock.now();
        let stage = Stage::Deciding { digest: Digest::of(head.as_bytes()), since: now, until: now + Span::hours(1) };
        let progress = Progress {
            stage,
            tries: 0,
            rounds: 0,
            feedback: Vec::new(),
            took: Span::default(),
            transcripts: Vec::new(),
        };
        job.phases = [("approve".into(), progress)].into();
        let waiting = Run { version: loaded + 1, state: State::Working(Box::new(job)), ..run.clone() };
        self.commit(&waiting, loaded, head).await;
        waiting
    }

    /// A run that Ana just asked for.
    pub(crate) async fn begun(&self, thread: &ThreadId, text: &str) -> Run {
        let by = Person { id: self.place.account("ana"), name: "ana".into(), role: Role::Maintainer };
        let message = Message { id: "comment:1".into(), by, text: text.into(), attachments: Vec::new() };
        let id = Event::said(thread, &message);
        let at = self.place.clock.now();
        let event = Event { id, at, fact: Fact::Said { message, addressed: true } };
        let Step::Advanced { run, .. } = step(None, thread, &event) else { panic!("it begins a run") };
        self.store.record(&Delivery { thread: thread.clone(), run: None, event: event.clone() }).await.unwrap();
        let commit =
            Commit { delivery: event.id.clone(), run: run.clone(), loaded: 0, after: None, event, effects: Vec::new() };
        self.store.commit(&commit).await.unwrap();
        run
    }

    /// The run as a later step made it.
    pub(crate) async fn commit(&self, run: &Run, loaded: u64, why: &str) {
        let event = Event { id: format!("{why}:{}", run.id).into(), at: self.place.clock.now(), fact: Fact::Stirred };
        let delivery = Delivery { thread: run.thread.clone(), run: Some(run.id.clone()), event: event.clone() };
        self.store.record(&delivery).await.unwrap();
        let commit =
            Commit { delivery: event.id.clone(), run: run.clone(), loaded, after: None, event, effects: Vec::new() };
        self.store.commit(&commit).await.unwrap();
    }

    /// Says a line in a slot, as the effect of that version.
    pub(crate) fn utterance(&self, thread: &ThreadId, run: &Run, version: u64, slot: Slot, post: Post) -> Utterance {
        let id = EffectId { run: run.id.clone(), version, index: 0 };
        Utterance { id, thread: thread.clone(), run: run.id.clone(), slot, post, known: None, retried: false }
    }

    /// What people read in an issue below its text, without what is hidden.
    pub(crate) fn shown(&self, number: u64) -> Vec<String> {
        let conversation = self.place.world.conversation(SITE, number).unwrap();
        conversation
            .shown()
            .iter()
            .map(|said| format!("{}: {}", said.by, said.body.split("\n\n<!--").next().unwrap_or_default()))
            .collect()
    }
}

/// An issue or a pull request of [`SITE`].
pub(crate) fn thread(number: u64) -> ThreadId {
    ThreadId { chat: "github".into(), room: SITE.into(), root: number.to_string() }
}

/// A thread of another chat.
pub(crate) fn elsewhere() -> ThreadId {
    ThreadId { chat: "console".into(), room: "pricing".into(), root: "m1".into() }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else there is, this chat must not hand it on")]
fn line(delivery: &Delivery) -> String {
    let run = if delivery.run.is_some() { " (to the run)" } else { "" };
    let person = |by: &Person| format!("{}, {}", by.name, by.role.words());
    match &delivery.event.fact {
        Fact::Said { message, .. } => format!("{} says: {}{run}", person(&message.by), message.text),
        Fact::Edited { message } => format!("{} corrects: {}{run}", person(&message.by), message.text),
        Fact::Deleted { message, by } => format!("{} deletes {}{run}", person(by), message.0),
        Fact::Pressed { action, by } => format!("{} presses {action:?}{run}", person(by)),
        Fact::Reviewed { review, by } => {
            let remarks: Vec<String> =
                review.remarks.iter().map(|remark| format!("{}: {}", remark.path, remark.text)).collect();
            let asks = if review.asks { "asks" } else { "remarks" };
            format!("{} {asks}: {} [{}]{run}", person(by), review.text, remarks.join("; "))
        }
        Fact::Stirred => format!("checks moved{run}"),
        other => panic!("this chat hands on no {other:?}"),
    }
}

fn job(number: u64) -> Job {
    let nothing = DiffStat::default();
    let change = Change {
        repository: SITE.into(),
        number,
        url: String::new(),
        title: "Fix the price".into(),
        head: "abc".into(),
        draft: true,
        diff: nothing,
    };
    let target =
        Target { workflow: "build".into(), repository: Some(SITE.into()), branch: None, inputs: Default::default() };
    let workflow = Workflow {
        name: "build".into(),
        description: String::new(),
        digest: "sha256:0".into(),
        repository: true,
        role: Role::Member,
        budget: Budget { micro_usd: 1, wall: Span::hours(1), turns: 1 },
        phases: Vec::new(),
    };
    Job {
        plan: Plan { target, workflow, base: None, onto: None, continues: None },
        began: Default::default(),
        waited: Default::default(),
        bundle: "sha256:0".into(),
        context: Vec::new(),
        omissions: Vec::new(),
        phases: Default::default(),
        head: None,
        diff: nothing,
        artifacts: Default::default(),
        facts: Default::default(),
        proposals: Vec::new(),
        checks: Vec::new(),
        change: Some(change),
        ci: Default::default(),
        heard: 0,
        handoff: None,
        warned: false,
        refused: Vec::new(),
    }
}
