//! Issues on GitHub: Ana may push, Max maintains, Vic sorts issues, Eve is anybody.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, OnceLock};

use async_trait::async_trait;
use signalbox_domain::id::{EffectId, RunId};
use signalbox_domain::post::{Action, Mark, Slot};
use signalbox_domain::talk::{MessageId, Person, Role, ThreadId};
use signalbox_domain::time::Span;
use signalbox_engine::Settings as Engine;
use signalbox_github::{CHAT, Comments, Github, PATH, Secret, Settings};
use signalbox_ports::clock::Clock;
use signalbox_webhook::Counter;
use signalbox_world::chat::Recall;
use signalbox_world::notes::Notes;
use signalbox_world::store::Store;
use signalbox_world::surface::Surface;
use signalbox_world_github::{Fate, Role as Level, Said, World as Vendor};

use crate::faulty::Faulty;
use crate::git::Git;
use crate::runtime::{beside, serve};
use crate::shown::{self, Seen};

/// The people stories are about, and what they may do.
const PEOPLE: [(&str, Option<Level>, Role); 6] = [
    ("Ana", Some(Level::Write), Role::Member),
    ("Bo", Some(Level::Write), Role::Member),
    ("Cy", Some(Level::Write), Role::Member),
    ("Max", Some(Level::Maintain), Role::Maintainer),
    ("Vic", Some(Level::Triage), Role::Viewer),
    ("Eve", None, Role::Outsider),
];
/// The repositories that rooms are. In the last one people only talk: the team's forge has no such repository.
const ROOMS: [(&str, &str); 3] = [("web", "acme/website"), ("api", "acme/api"), ("lobby", "acme/lobby")];

/// What is in them, where the code is on GitHub as well.
const FILES: [(&str, &str, &str); 4] = [
    ("acme/website", "src/pricing.html", "<p>$9</p>\n"),
    ("acme/website", "src/faq.html", "<p>It costs $9.</p>\n"),
    ("acme/website", "AGENTS.md", "Be brief.\n"),
    ("acme/api", "src/main.rs", "fn main() {}\n"),
];

/// Where the code is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Code {
    /// In the forge in memory, where stories look at it in the same words on every chat.
    InMemory,
    /// On the same GitHub.
    Here,
}

/// A world whose people are in GitHub's issues.
pub struct World {
    world: signalbox_world::World,
    /// The GitHub.
    pub vendor: Vendor,
    surface: Arc<On>,
}

/// The surface: people in issues.
struct On {
    vendor: Vendor,
    store: Arc<Store>,
    /// Who wrote which comment: only its author changes it.
    written: Mutex<BTreeMap<String, String>>,
    /// The comments that began threads.
    began: Mutex<BTreeMap<ThreadId, MessageId>>,
    /// The comments that stand for a button pressed: in the chat in memory nobody sees that.
    pressed: Mutex<BTreeSet<MessageId>>,
    ids: BTreeMap<String, u64>,
    mention: String,
}

impl Default for World {
    fn default() -> Self {
        Self::with(|_| {})
    }
}

impl Deref for World {
    type Target = signalbox_world::World;

    fn deref(&self) -> &Self::Target {
        &self.world
    }
}

impl DerefMut for World {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.world
    }
}

impl World {
    /// A world whose dispatcher has these settings changed.
    pub fn with(change: impl FnOnce(&mut Engine)) -> Self {
        Self::made(Code::InMemory, |_| {}, change)
    }

    /// A world whose code is on GitHub, too: the App is its forge, and its boxes push there with git.
    pub fn forged() -> Self {
        Self::forged_with(|_| {}, |_| {})
    }

    /// The same, whose App and whose dispatcher have these settings changed.
    pub fn forged_with(adapt: impl FnOnce(&mut Settings), change: impl FnOnce(&mut Engine)) -> Self {
        Self::made(Code::Here, adapt, change)
    }

    fn made(code: Code, adapt: impl FnOnce(&mut Settings), change: impl FnOnce(&mut Engine)) -> Self {
        let (clock, faults) = (Arc::new(OnceLock::<Arc<dyn Clock>>::new()), Arc::new(OnceLock::new()));
        let time = clock.clone();
        let vendor = beside(async move { Vendor::start(move || time.get().map_or(0, |clock| clock.now().0)) });
        let vendor = vendor.expect("a free port");
        let ids: BTreeMap<String, u64> =
            PEOPLE.iter().map(|(login, ..)| ((*login).to_owned(), vendor.user(login))).collect();
        vendor.organization("acme");
        for (_, repository) in ROOMS {
            let files = FILES.iter().filter(|(of, ..)| code == Code::Here && *of == repository);
            let files = files.map(|(_, path, text)| (*path, *text)).chain([("README.md", "# Acme\n")]);
            vendor.repository(repository, &files.collect::<Vec<_>>()).expect("a repository");
            vendor.private(repository, false).expect("a repository");
            for (login, level, _) in PEOPLE {
                vendor.collaborator(repository, login, level).expect("a collaborator");
            }
        }
        vendor.install("acme", None);
        let app = vendor.app();
        let mut settings = Settings::new(app.id, Secret::new(app.private_key), &app.slug);
        settings.webhook_secrets = vec![Secret::new(app.webhook_secret)];
        settings.api_url = vendor.url().to_owned();
        settings.web_url = vendor.url().to_owned();
        adapt(&mut settings);

        let change = |engine: &mut Engine| {
            change(engine);
            let rooms = std::mem::take(&mut engine.rooms).into_iter();
            engine.rooms = rooms.map(|(room, bound)| (bound_to(&room), bound)).collect();
        };
        let mut github = None;
        let world = signalbox_world::World::made(change, Recall::Slots, |mut ports| {
            drop(clock.set(ports.clock.clone()));
            let made = Github::new(settings, ports.clock.clone(), Arc::new(Notes::default())).expect("an adapter");
            let comments = Comments::new(made.clone(), ports.store.clone());
            let (chat, lobby, linked) = (Arc::new(comments), Some("acme/lobby"), code == Code::Here);
            let chat = Faulty { chat, faults: faults.clone(), lobby, linked };
            ports.chats.insert(CHAT.into(), Arc::new(chat));
            if code == Code::Here {
                ports.forge = Arc::new(made.clone());
            }
            github = Some(made);
            ports
        });
        drop(faults.set(world.faults.clone()));
        if code == Code::Here {
            world.boxes.push_to(Arc::new(Git));
        }
        let github = github.expect("a world reaches its chat");
        let url = serve(signalbox_github::routes(&github, world.engine.clone(), Arc::new(Counter::default())));
        vendor.hook(&format!("{url}{PATH}"));
        let surface = Arc::new(On {
            vendor: vendor.clone(),
            store: world.store.clone(),
            written: Mutex::default(),
            began: Mutex::default(),
            pressed: Mutex::default(),
            ids,
            mention: format!("@{}", app.slug),
        });
        Self { world: world.on(surface.clone()), vendor, surface }
    }

    /// Every message of a run that is there to be read, by what it is.
    pub fn said(&self) -> Vec<(RunId, Slot)> {
        self.surface.slots()
    }

    /// Lets what GitHub sends arrive, then everything happen within a span, a minute at a time.
    pub async fn hear(&self, span: Span) {
        let end = self.clock.now() + span;
        loop {
            self.vendor.settled().await;
            self.world.settle().await;
            let left = end - self.clock.now();
            if left == Span::default() {
                return;
            }
            self.world.pass(left.min(Span::minutes(1))).await;
        }
    }

    /// Leaves the world as it is: for stories about what is not finished.
    pub fn abandon(self) {
        self.world.abandon();
    }
}

/// The room that a room of the chat in memory is here.
fn bound_to(room: &str) -> String {
    format!("{CHAT}:{}", repository(room.strip_prefix("chat:").unwrap_or(room)))
}

fn repository(room: &str) -> &'static str {
    let found = ROOMS.iter().find(|(name, _)| *name == room);
    found.unwrap_or_else(|| panic!("there is no repository for the room {room}")).1
}

fn numbered(thread: &ThreadId) -> u64 {
    thread.root.parse().expect("a thread is an issue")
}

/// The number of a comment.
fn comment(message: &MessageId) -> Option<u64> {
    message.0.strip_prefix("comment:")?.parse().ok()
}

/// The effect that said a comment last.
fn marker(body: &str) -> Option<EffectId> {
    let line = body.rsplit_once("<!-- signalbox ")?.1.split_once(" -->")?.0;
    let field = |name: &str| line.split(' ').find_map(|part| part.strip_prefix(name));
    format!("{}.{}", field("run:")?, field("by:")?).parse().ok()
}

impl On {
    async fn said(&self, repository: &str, issue: u64, who: &str, text: &str) -> MessageId {
        let number = self.vendor.person(who).comment(repository, issue, text).unwrap();
        self.vendor.settled().await;
        let id = MessageId(format!("comment:{number}"));
        self.written.lock().unwrap().insert(id.0.clone(), who.to_owned());
        id
    }

    fn addressed(&self, text: &str) -> String {
        let apart = if text.starts_with(['>', '`', '<']) { "\n" } else { " " };
        format!("{}{apart}{text}", self.mention)
    }

    /// A message; the first of a thread goes by the thread's own name, too.
    fn meant(&self, thread: &ThreadId, message: &MessageId) -> MessageId {
        let first = self.began.lock().unwrap().get(thread).filter(|_| message.0 == thread.root).cloned();
        first.unwrap_or_else(|| message.clone())
    }

    /// What of ours is there to be read, oldest first.
    fn bodies(&self, thread: &ThreadId) -> Vec<String> {
        let conversation = self.vendor.conversation(&thread.room, numbered(thread));
        let comments = conversation.into_iter().flat_map(|it| it.comments);
        let ours = comments.filter(|said| said.by.ends_with("[bot]") && !said.deleted);
        ours.map(|said| said.body).collect()
    }

    fn author(&self, message: &MessageId) -> Option<String> {
        self.written.lock().unwrap().get(&message.0).cloned()
    }

    /// Our mark. One reaction stands for two of them: which, the run knows.
    fn mark(&self, said: &Said) -> Option<Mark> {
        let (_, content) = said.reactions.iter().find(|(login, _)| login.ends_with("[bot]"))?;
        match content.as_str() {
            "eyes" => Some(Mark::Seen),
            "rocket" => Some(Mark::Working),
            "confused" => Some(Mark::Waiting),
            "+1" => Some(Mark::Passed),
            "hooray" => Some(Mark::Done),
            "-1" => shown::marked(&self.store, &MessageId(format!("comment:{}", said.id))),
            _ => None,
        }
    }

    fn slots(&self) -> Vec<(RunId, Slot)> {
        let everywhere = ROOMS.iter().flat_map(|(_, repository)| {
            let numbers = self.vendor.conversations(repository);
            numbers.into_iter().filter_map(|number| self.vendor.conversation(repository, number))
        });
        let comments = everywhere.flat_map(|conversation| conversation.comments);
        let said = comments.filter(|said| !said.deleted).filter_map(|said| marker(&said.body));
        shown::slots(&self.store, said.collect::<Vec<_>>().into_iter())
    }
}

#[async_trait]
impl Surface for On {
    async fn open(&self, room: &str, who: &str, text: &str) -> ThreadId {
        let repository = repository(room);
        let issue = self.vendor.person(who).open_issue(repository, "Something to talk about", "").unwrap();
        let thread = ThreadId { chat: CHAT.into(), room: repository.into(), root: issue.to_string() };
        let first = self.said(repository, issue, who, &self.addressed(text)).await;
        self.began.lock().unwrap().insert(thread.clone(), first);
        thread
    }

    /// Each under a GUID of its own: whatever is sent for the next comment.
    fn copies(&self, copies: usize) {
        let (count, mut over) = (u32::try_from(copies).unwrap(), false);
        self.vendor.deliver(move |outgoing| match outgoing.event.as_str() {
            "issue_comment" if !std::mem::replace(&mut over, true) => Fate::Fresh(count),
            _ => Fate::Arrive,
        });
    }

    async fn write(&self, thread: &ThreadId, who: &str, text: &str, addressed: bool) -> MessageId {
        let text = if addressed { self.addressed(text) } else { text.to_owned() };
        self.said(&thread.room, numbered(thread), who, &text).await
    }

    async fn edit(&self, thread: &ThreadId, message: &MessageId, text: &str) {
        let message = &self.meant(thread, message);
        let (Some(who), Some(number)) = (self.author(message), comment(message)) else { return };
        self.vendor.person(&who).edit_comment(&thread.room, number, &self.addressed(text)).unwrap();
        self.vendor.settled().await;
    }

    async fn delete(&self, thread: &ThreadId, _who: &str, message: &MessageId) {
        let message = &self.meant(thread, message);
        let (Some(who), Some(number)) = (self.author(message), comment(message)) else { return };
        self.vendor.person(&who).delete_comment(&thread.room, number).unwrap();
        self.vendor.settled().await;
    }

    /// There are no buttons: the words are said that stand beside the label.
    async fn press(&self, thread: &ThreadId, who: &str, label: &str) -> bool {
        let bodies = self.bodies(thread);
        let start = format!("- {label}: `");
        let words = |body: &String| {
            let line = body.lines().find_map(|line| line.strip_prefix(&start))?;
            line.strip_suffix('`').map(str::to_owned)
        };
        let Some(words) = bodies.iter().rev().find_map(words) else { return false };
        // "deny, and why" is said without a why.
        let words = words.split(", and why").next().unwrap_or_default();
        let message = self.said(&thread.room, numbered(thread), who, words).await;
        self.pressed.lock().unwrap().insert(message);
        true
    }

    fn button(&self, thread: &ThreadId, label: &str) -> Option<Action> {
        let effects: Vec<EffectId> = self.bodies(thread).iter().filter_map(|body| marker(body)).collect();
        shown::button(&self.store, &effects, label)
    }

    fn person(&self, who: &str) -> Person {
        let role = PEOPLE.iter().find(|(login, ..)| *login == who).map_or(Role::Outsider, |(.., role)| *role);
        let id = self.ids.get(who).unwrap_or_else(|| panic!("{who} has no account"));
        Person { id: format!("{CHAT}:{id}"), name: who.into(), role }
    }

    fn transcript(&self, thread: &ThreadId) -> String {
        let Some(conversation) = self.vendor.conversation(&thread.room, numbered(thread)) else {
            return String::new();
        };
        let mut text = String::new();
        let pressed = self.pressed.lock().unwrap().clone();
        for said in &conversation.comments {
            if pressed.contains(&MessageId(format!("comment:{}", said.id))) {
                continue;
            }
            if !said.by.ends_with("[bot]") {
                let words = said.body.strip_prefix(&self.mention).unwrap_or(&said.body).trim_start();
                text.push_str(&shown::said(&said.by, words, !said.edits.is_empty(), said.deleted, self.mark(said)));
                continue;
            }
            if said.deleted {
                continue;
            }
            // What is only for one person is for everybody here, and names them.
            let effect = marker(&said.body);
            let only = effect.as_ref().and_then(|effect| shown::only(&self.store, effect));
            let body = said.body.rsplit_once("<!-- signalbox ").map_or(said.body.as_str(), |(body, _)| body);
            text.push_str(&shown::line(&self.store, &Seen { text: body.to_owned(), effect, only }));
        }
        text
    }

    fn closings(&self, run: &RunId) -> usize {
        self.slots().iter().filter(|(of, slot)| of == run && *slot == Slot::Closing).count()
    }

    fn duplicates(&self) -> Vec<String> {
        shown::twice(&self.slots())
    }

    fn left(&self) -> Vec<String> {
        let narrowed = self.vendor.tokens().into_iter().filter(|token| token.live && token.repositories.is_some());
        narrowed.map(|token| format!("a token of a box is good: {:?}", token.permissions)).collect()
    }
}
