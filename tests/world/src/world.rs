//! The world whole: people, a chat, a forge, boxes and a dispatcher, moved by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;
use signalbox_domain::change::Review;
use signalbox_domain::devbox::Proposal;
use signalbox_domain::effect::Lane;
use signalbox_domain::event::{Delivery, Event, Fact};
use signalbox_domain::id::{DeliveryId, RunId};
use signalbox_domain::identity::Permission;
use signalbox_domain::post::Action;
use signalbox_domain::run::Run;
use signalbox_domain::talk::{Message, MessageId, Person, Role, ThreadId};
use signalbox_domain::time::{Span, Time};
use signalbox_engine::{Agent, Engine, Ports, Secret, Settings};
use signalbox_ports::clock::Clock as _;
use signalbox_ports::intake::Intake;
use signalbox_ports::store::{Store as _, Subject};

use crate::blobs::Blobs;
use crate::boxes::{Act, Boxes, Turned};
use crate::chat::{Chat, Recall};
use crate::clock::Clock;
use crate::fault::Script;
use crate::forge::Forge;
use crate::plugins::Plugins;
use crate::queue::Queue;
use crate::store::Store;
use crate::surface::Surface;

/// A team with a website, an API, and a dispatcher that works for them.
///
/// When it goes out of scope it refuses to leave a run without an end, an effect owed, a box up or a token alive.
pub struct World {
    /// Trouble, by plan.
    pub faults: Arc<Script>,
    /// The time.
    pub clock: Arc<Clock>,
    /// Where they talk.
    pub chat: Arc<Chat>,
    /// Where their code is.
    pub forge: Arc<Forge>,
    /// Where phases run.
    pub boxes: Arc<Boxes>,
    /// What routes.
    pub plugins: Arc<Plugins>,
    /// What is durable.
    pub store: Arc<Store>,
    /// The order of things.
    pub queue: Arc<Queue>,
    /// Bytes.
    pub blobs: Arc<Blobs>,
    /// The dispatcher.
    pub engine: Arc<Engine>,
    /// Where people are, if that is not `chat`.
    surface: Option<Arc<dyn Surface>>,
    settings: Settings,
    presses: AtomicU64,
    /// Whether it is left as it is.
    abandoned: bool,
}

/// Someone of the team, by name: Ana asks, Max maintains, Vic only looks, Eve is a stranger.
pub fn person(name: &str) -> Person {
    let role = match name {
        "Max" => Role::Maintainer,
        "Vic" => Role::Viewer,
        "Eve" => Role::Outsider,
        _ => Role::Member,
    };
    Person { id: format!("chat:{}", name.to_lowercase()), name: name.into(), role }
}

impl Default for World {
    fn default() -> Self {
        Self::with(|_| {})
    }
}

/// The most turns anything may take to come to rest.
const MAX_TURNS: usize = 20_000;
/// How many more each run may take.
const TURNS_OF_A_RUN: usize = 500;
/// The chat in memory.
const IN_MEMORY: &str = "chat";
/// How often boxes are looked at while one works.
const BEAT: Span = Span::seconds(2);
/// How long a real chat may take to say what is due.
const UNHURRIED: Span = Span::seconds(5);

impl World {
    /// A world whose dispatcher has these settings changed.
    pub fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::made(change, Recall::Slots, |ports| ports)
    }

    /// A world whose dispatcher has these settings changed, whose chat remembers no more than this, and whose
    /// dispatcher reaches it through these ports.
    pub fn made(change: impl FnOnce(&mut Settings), recall: Recall, through: impl FnOnce(Ports) -> Ports) -> Self {
        let faults = Arc::new(Script::default());
        let clock = Arc::new(Clock::default());
        let chat = Arc::new(Chat::new(IN_MEMORY, clock.clone(), faults.clone()).recalling(recall));
        let forge = Arc::new(Forge::new(faults.clone()));
        let boxes = Arc::new(Boxes::new(clock.clone(), forge.clone(), faults.clone()));
        let plugins = Arc::new(Plugins::default());
        let store = Arc::new(Store::new(faults.clone()));
        let queue = Arc::new(Queue::new(faults.clone()));
        let blobs = Arc::new(Blobs::new(faults.clone()));
        let ports = Ports {
            store: store.clone(),
            queue: queue.clone(),
            blobs: blobs.clone(),
            plugins: plugins.clone(),
            chats: [(IN_MEMORY.to_owned(), chat.clone() as _)].into(),
            forge: forge.clone(),
            web: Arc::new(signalbox_ports::web::Closed),
            devbox: boxes.clone(),
            clock: clock.clone(),
        };
        let mut settings = Settings::new(Secret::new([7; 32]));
        settings.agents.insert("default".into(), Agent { adapter: "scripted".into(), ..Agent::default() });
        change(&mut settings);
        let engine = Arc::new(Engine::new(through(ports), settings.clone()));
        let world = Self {
            faults,
            clock,
            chat,
            forge,
            boxes,
            plugins,
            store,
            queue,
            blobs,
            engine,
            surface: None,
            settings,
            presses: AtomicU64::new(0),
            abandoned: false,
        };
        world.forge.create(
            "acme/website",
            "the public website",
            &[
                ("src/pricing.html", "<p>$9</p>\n"),
                ("src/faq.html", "<p>It costs $9.</p>\n"),
                ("AGENTS.md", "Be brief.\n"),
            ],
        );
        world.forge.create("acme/api", "the API", &[("src/main.rs", "fn main() {}\n")]);
        world.chat.describe("web", "web", "repo:acme/website");
        world.play_well();
        world
    }

    /// The world, with its people on that surface. Its dispatcher must reach the surface's chat: see [`Self::made`].
    #[must_use]
    pub fn on(mut self, surface: Arc<dyn Surface>) -> Self {
        self.surface = Some(surface);
        self
    }

    /// Someone of the team, where they are.
    pub fn person(&self, who: &str) -> Person {
        self.surface.as_ref().map_or_else(|| person(who), |surface| surface.person(who))
    }

    /// Every phase goes well: what agents and scripts do unless a story says otherwise.
    fn play_well(&self) {
        let plan = json!({ "summary": "Change $9 to $12 on two pages.", "risk": "low", "files": ["src/pricing.html"] });
        self.boxes.script(
            "plan",
            vec![
                Act::Spend(110_000),
                Act::Report("reading src/pricing.html"),
                Act::Handoff("plan.md", "Change $9 to $12."),
                Act::Output(plan),
            ],
        );
        self.boxes.script(
            "build",
            vec![
                Act::Write("src/pricing.html", "<p>$12</p>\n"),
                Act::Spend(400_000),
                Act::Report("editing src/pricing.html"),
                Act::Handoff("summary.md", "Changed one price."),
                Act::Propose(Proposal::ChangeRequest {
                    title: "Pricing: $9 → $12".into(),
                    body: "Changes the price.".into(),
                    not_done: String::new(),
                }),
            ],
        );
        self.boxes.script("check", vec![Act::Say("12 checks, 0 failed")]);
        self.boxes
            .script("review", vec![Act::Spend(50_000), Act::Output(json!({ "verdict": "approve", "comments": [] }))]);
        self.boxes.script(
            "answer",
            vec![Act::Spend(20_000), Act::Propose(Proposal::Answer { text: "Because the law asks for it.".into() })],
        );
    }

    /// What a phase does instead, attempt by attempt; the last one is done again and again.
    pub fn script(&self, phase: &str, attempts: Vec<Vec<Act>>) {
        self.boxes.unscript(phase);
        for acts in attempts {
            self.boxes.script(phase, acts);
        }
    }

    /// Somebody begins a thread in a room, addressed to Signalbox.
    pub async fn ask(&self, room: &str, who: &str, text: &str) -> ThreadId {
        if let Some(surface) = &self.surface {
            return surface.open(room, who, text).await;
        }
        let (thread, message) = self.chat.open(room, &person(who), text);
        self.deliver_said(&thread, &message, true).await;
        thread
    }

    /// The same, and what tells of it arrives so many times.
    pub async fn ask_copied(&self, room: &str, who: &str, text: &str, copies: usize) -> ThreadId {
        if let Some(surface) = &self.surface {
            surface.copies(copies);
            return surface.open(room, who, text).await;
        }
        let (thread, message) = self.chat.open(room, &person(who), text);
        for _ in 0..copies {
            self.deliver_said(&thread, &message, true).await;
            self.settle().await;
        }
        thread
    }

    /// Somebody writes in a thread, addressed to Signalbox.
    pub async fn reply(&self, thread: &ThreadId, who: &str, text: &str) -> MessageId {
        if let Some(surface) = &self.surface {
            return surface.write(thread, who, text, true).await;
        }
        let message = self.chat.write(thread, &person(who), text);
        self.deliver_said(thread, &message, true).await;
        message.id
    }

    /// Somebody writes in a thread, to the others there.
    pub async fn chatter(&self, thread: &ThreadId, who: &str, text: &str) {
        if let Some(surface) = &self.surface {
            surface.write(thread, who, text, false).await;
            return;
        }
        let message = self.chat.write(thread, &person(who), text);
        self.deliver_said(thread, &message, false).await;
    }

    /// Somebody changes a message.
    pub async fn edit(&self, thread: &ThreadId, id: &MessageId, text: &str) {
        if let Some(surface) = &self.surface {
            return surface.edit(thread, id, text).await;
        }
        let Some(message) = self.chat.edit(thread, id, text) else { return };
        let key = format!("edited:{}:{}", message.key(thread), self.clock.now().0);
        self.deliver(thread, None, key, Fact::Edited { message }).await;
    }

    /// Somebody deletes a message.
    pub async fn delete(&self, thread: &ThreadId, who: &str, id: &MessageId) {
        if let Some(surface) = &self.surface {
            return surface.delete(thread, who, id).await;
        }
        self.chat.delete(thread, id);
        let fact = Fact::Deleted { message: id.clone(), by: person(who) };
        self.deliver(thread, None, format!("deleted:{}", id.0), fact).await;
    }

    /// Somebody presses the newest button of that label. False: there is none.
    pub async fn press(&self, thread: &ThreadId, who: &str, label: &str) -> bool {
        if let Some(surface) = &self.surface {
            return surface.press(thread, who, label).await;
        }
        let Some(action) = self.chat.button(thread, label) else { return false };
        self.act(thread, who, action).await;
        true
    }

    /// What the newest button of that label does: to be pressed when it may not be there any more.
    pub fn button(&self, thread: &ThreadId, label: &str) -> Option<Action> {
        match &self.surface {
            Some(surface) => surface.button(thread, label),
            None => self.chat.button(thread, label),
        }
    }

    /// Somebody presses a button that may not be there any more.
    pub async fn act(&self, thread: &ThreadId, who: &str, action: Action) {
        let run = self.run(thread).await.map(|run| run.id);
        let number = self.presses.fetch_add(1, Ordering::SeqCst);
        let key = format!("pressed:{}:{number}", thread.root);
        self.deliver(thread, run, key, Fact::Pressed { action, by: self.person(who) }).await;
    }

    /// The forge says that checks moved on.
    pub async fn stir(&self, thread: &ThreadId) {
        let number = self.presses.fetch_add(1, Ordering::SeqCst);
        self.deliver(thread, None, format!("stirred:{thread}:{number}"), Fact::Stirred).await;
    }

    /// Somebody reviews the thread's change request.
    pub async fn review(&self, thread: &ThreadId, who: &str, review: Review) {
        let key = format!("reviewed:{}:{who}", review.id);
        self.deliver(thread, None, key, Fact::Reviewed { review, by: self.person(who) }).await;
    }

    /// Somebody says who they are at the forge, where they may do that with the website.
    pub async fn link(&self, thread: &ThreadId, who: &str, permission: Permission) {
        self.linked(who, permission);
        let by = self.person(who);
        self.deliver(thread, None, format!("linked:{thread}:{}", by.id), Fact::Linked { by }).await;
    }

    /// The same, where the forge's own page tells of it: it is said of no thread.
    pub async fn link_at_the_forge(&self, who: &str, permission: Permission) {
        self.linked(who, permission);
        self.engine.linked(&self.person(who).id).await.unwrap_or_else(|error| panic!("{who} was not heard: {error}"));
    }

    /// Somebody is known at the forge, where they may do that with the website.
    pub fn linked(&self, who: &str, permission: Permission) {
        self.forge.link(&self.person(who).id, &format!("forge:{}", who.to_lowercase()), "acme/website", permission);
    }

    async fn deliver_said(&self, thread: &ThreadId, message: &Message, addressed: bool) {
        let id = Event::said(thread, message);
        self.deliver(thread, None, id.0, Fact::Said { message: message.clone(), addressed }).await;
    }

    /// An edge receives something. A sender tries again until it is taken, as real ones do.
    pub async fn deliver(&self, thread: &ThreadId, run: Option<RunId>, id: String, fact: Fact) {
        let event = Event { id: DeliveryId(id), at: self.clock.now(), fact };
        let delivery = Delivery { thread: thread.clone(), run, event };
        for _ in 0..MAX_TURNS {
            if self.engine.receive(delivery.clone()).await.is_ok() {
                return;
            }
            self.faults.restart();
        }
        panic!("a delivery was never taken: {delivery:?}");
    }

    /// Lets everything happen that happens without time passing; on a real chat, which bounds how much is said at once,
    /// within the few seconds that takes.
    pub async fn settle(&self) {
        self.rest().await;
        let end = self.clock.now() + UNHURRIED;
        while let Some(due) = self.unsaid().filter(|due| *due <= end) {
            self.clock.set(due.max(self.clock.now() + Span(1)));
            self.rest().await;
        }
    }

    /// When the next thing is said, marked or understood that had to be put off, on a real chat, if no other work is
    /// done before.
    fn unsaid(&self) -> Option<Time> {
        self.surface.as_ref()?;
        let next = self.put_off().into_iter().chain(self.queue.next(self.clock.now())).min()?;
        self.store.next_of(|lane| lane != Lane::Chat).is_none_or(|work| next < work).then_some(next)
    }

    /// When the next thing is said or marked that had to be put off, on a real chat.
    fn put_off(&self) -> Option<Time> {
        self.surface.as_ref()?;
        self.store.next_of(|lane| lane == Lane::Chat)
    }

    /// Lets everything happen that happens without time passing, whatever a real chat puts off.
    pub async fn rest(&self) {
        for turn in 0.. {
            if turn >= MAX_TURNS && turn >= MAX_TURNS + TURNS_OF_A_RUN * self.store.count() {
                break;
            }
            let worked = self.engine.turn().await.unwrap_or(false);
            let due = self.engine.due().await.unwrap_or(0);
            let moved = !worked && due == 0 && self.boxes.turn(&*self.engine).await == Turned::Moved;
            if !worked && due == 0 && !moved && !self.attended().await {
                return;
            }
        }
        panic!("the world does not come to rest");
    }

    /// Whether somebody did what they were asked to on the way.
    async fn attended(&self) -> bool {
        match &self.surface {
            Some(surface) => surface.attend().await,
            None => false,
        }
    }

    /// Lets everything happen that happens within a span: boxes beat, alarms ring, sweeps are made.
    pub async fn pass(&self, span: Span) {
        let end = self.clock.now() + span;
        self.rest().await;
        let mut beat = self.clock.now() + BEAT;
        while self.clock.now() < end {
            let due = self.store.next_due().await.ok().flatten();
            let next = due.into_iter().chain(self.queue.next(self.clock.now())).min().unwrap_or(end);
            let busy = !self.boxes.live().is_empty();
            let until = if busy { next.min(beat) } else { next };
            // What a real chat put off is said in its time, and nothing else is moved by that.
            let spoken = until < end && (!busy || until < beat) && self.put_off() == Some(until);
            self.clock.set(until.max(self.clock.now() + Span(1)).min(end));
            if !spoken {
                self.boxes.beat(&*self.engine).await;
                let _ = self.engine.sweep().await;
                beat = self.clock.now() + BEAT;
            }
            self.rest().await;
        }
    }

    /// The dispatcher is started again: all it had in memory is gone.
    pub fn restart(&mut self) {
        self.faults.restart();
        self.engine = Arc::new(Engine::new(self.engine.ports().clone(), self.settings.clone()));
    }

    /// The latest run of a thread.
    pub async fn run(&self, thread: &ThreadId) -> Option<Run> {
        self.store.load(&Subject::Thread(thread.clone())).await.ok().flatten()
    }

    /// The thread as a person reads it, without what is not the same twice: run ids, digests.
    pub async fn transcript(&self, thread: &ThreadId) -> String {
        let mut text = match &self.surface {
            Some(surface) if thread.chat != IN_MEMORY => surface.transcript(thread),
            Some(_) | None => self.chat.transcript(thread),
        };
        if let Ok(runs) = self.store.runs(100).await {
            for (number, run) in (1..).zip(runs.iter().rev().filter(|run| run.thread == *thread)) {
                text = text.replace(&run.id.0, &format!("{number}"));
            }
        }
        text.split_inclusive(|c: char| !c.is_alphanumeric()).map(undigested).collect()
    }

    /// Leaves the world as it is: for stories about what is not finished.
    pub fn abandon(mut self) {
        self.abandoned = true;
    }

    /// What is wrong with a world that should be at rest: nothing, if every promise is kept.
    pub async fn unkept(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for run in self.store.runs(10_000).await.unwrap_or_default() {
            if !run.ended() {
                wrong.push(format!("run {} has not ended: {:?}", run.id, run.state));
            }
            if !run.boxes.is_empty() {
                wrong.push(format!("run {} still has boxes: {:?}", run.id, run.boxes));
            }
            let elsewhere = self.surface.as_ref().map_or(0, |surface| surface.closings(&run.id));
            let closings = elsewhere + self.chat.closings(&run.id);
            if closings != 1 {
                wrong.push(format!("run {} has {closings} closing messages", run.id));
            }
            for standing in self.store.effects(&run.id).await.unwrap_or_default() {
                if !standing.settled && standing.owed.due <= self.clock.now() {
                    wrong.push(format!("{} is owed: {:?}", standing.owed.id, standing.owed.effect));
                }
            }
        }
        wrong.extend(self.boxes.live().iter().map(|devbox| format!("the box {devbox} is up")));
        wrong.extend(self.forge.live().iter().map(|devbox| format!("the box {devbox} still holds a token")));
        wrong.extend(self.surface.iter().flat_map(|surface| surface.duplicates().into_iter().chain(surface.left())));
        wrong.extend(self.chat.duplicates().iter().map(|(run, slot)| format!("{run} said {slot:?} twice")));
        wrong
    }

    /// Which runs are not what their histories and routers make of them.
    pub async fn unlike(&self) -> Vec<String> {
        let mut unlike = Vec::new();
        for run in self.store.runs(10_000).await.unwrap_or_default() {
            match self.engine.replay(&run.id).await {
                Ok(replayed) => unlike.extend(replayed.differences.iter().map(|what| format!("{}: {what}", run.id))),
                Err(error) => unlike.push(format!("{} could not be replayed: {error}", run.id)),
            }
        }
        unlike
    }
}

/// A word, unless it is a digest's first digits.
fn undigested(word: &str) -> String {
    let bare = word.trim_end_matches(|c: char| !c.is_alphanumeric());
    let digest = bare.len() == 12 && bare.chars().all(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase());
    if digest { format!("(digest){}", &word[bare.len()..]) } else { word.to_owned() }
}

impl Drop for World {
    fn drop(&mut self) {
        if self.abandoned || std::thread::panicking() {
            return;
        }
        let wrong = futures::executor::block_on(async {
            let mut wrong = self.unkept().await;
            wrong.extend(self.unlike().await);
            wrong
        });
        assert!(wrong.is_empty(), "the world is left with promises unkept:\n{}", wrong.join("\n"));
    }
}
