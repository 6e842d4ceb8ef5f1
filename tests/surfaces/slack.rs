//! A workspace on Slack: Ana asks, Max maintains, Vic only looks, Eve is a guest.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use signalbox_domain::id::{EffectId, Repository, RunId};
use signalbox_domain::identity::Roles;
use signalbox_domain::post::{Action, Mark, Slot};
use signalbox_domain::run::Run;
use signalbox_domain::talk::{MessageId, Person, Role, ThreadId};
use signalbox_engine::Settings as Engine;
use signalbox_ports::Error;
use signalbox_ports::clock::Clock;
use signalbox_ports::store::Store as _;
use signalbox_slack::{Board, CHAT, Secret, Settings, Slack, Spend, Summary, Workspace, manifest};
use signalbox_world::chat::Recall;
use signalbox_world::notes::Notes;
use signalbox_world::store::Store;
use signalbox_world::surface::Surface;
use signalbox_world_slack::{
    AppSpec, ChannelId, Installed, Kind, Limits, Manner, Options, Registered, Rule, Screen, Seen as Message, TeamId,
    Ts, Urls, UserId, World as Vendor,
};

use crate::faulty::Faulty;
use crate::runtime::{beside, serve};
use crate::shown::{self, MARKS, Seen};

/// What is asked of whoever denies.
const WHY: &str = "Why not?";
/// The people stories are about.
const PEOPLE: [&str; 7] = ["Ana", "Ben", "Bo", "Cy", "Max", "Vic", "Eve"];

/// A world whose people are on Slack.
pub struct World {
    world: signalbox_world::World,
    /// The workspace.
    pub place: Arc<Place>,
    on: On,
}

/// A workspace with its people, two channels and the app.
pub struct Place {
    /// The Slack it is on.
    pub vendor: Vendor,
    /// The workspace.
    pub team: TeamId,
    /// The app, as it is registered.
    pub app: Registered,
    /// The app, as it is installed.
    pub bot: Installed,
    people: BTreeMap<String, UserId>,
    channels: BTreeMap<String, ChannelId>,
}

/// The surface: people in the workspace.
#[derive(Clone)]
struct On {
    place: Arc<Place>,
    store: Arc<Store>,
}

/// What the app's Home shows: what the store knows.
struct Known(OnceLock<Arc<Store>>);

#[async_trait]
impl Board for Known {
    async fn runs(&self, person: &str, limit: usize) -> Result<Vec<Summary>, Error> {
        let Some(store) = self.0.get() else { return Ok(Vec::new()) };
        let theirs = store.runs(1_000).await?.into_iter().filter(|run| run.request.by.id == person);
        let summary = |run: Run| Summary {
            standing: if run.ended() { "over" } else { "at work" }.into(),
            run: run.id,
            title: run.request.text,
            place: run.thread.room,
            url: None,
            at: run.asked,
        };
        Ok(theirs.take(limit).map(summary).collect())
    }

    async fn spend(&self, _person: &str) -> Result<Spend, Error> {
        Ok(Spend::default())
    }

    async fn link(&self, _person: &str) -> Result<Option<String>, Error> {
        Ok(None)
    }

    async fn repositories(&self, query: &str, limit: usize) -> Result<Vec<Repository>, Error> {
        let all = ["acme/website", "acme/api"];
        Ok(all.into_iter().filter(|name| name.contains(query)).take(limit).map(Repository::from).collect())
    }
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
        Self::made(AppSpec::everything("Signalbox"), |_| {}, change)
    }

    /// A world whose app is registered so, whose adapter and whose dispatcher have these settings changed.
    pub fn made(spec: AppSpec, adapt: impl FnOnce(&mut Settings), change: impl FnOnce(&mut Engine)) -> Self {
        let (clock, faults) = (Arc::new(OnceLock::<Arc<dyn Clock>>::new()), Arc::new(OnceLock::new()));
        let place = Arc::new(Place::new(spec, clock.clone()));
        let mut settings = place.settings();
        adapt(&mut settings);
        let mut slack = None;
        let board = Arc::new(Known(OnceLock::new()));
        let change = |engine: &mut Engine| {
            change(engine);
            // What is decided about a room is decided about the channel that it is here.
            let rooms = std::mem::take(&mut engine.rooms).into_iter();
            engine.rooms = rooms.map(|(room, bound)| (place.bound(&room), bound)).collect();
        };
        let world = signalbox_world::World::made(change, Recall::Slots, |mut ports| {
            drop(clock.set(ports.clock.clone()));
            let made = Slack::new(settings, ports.clock.clone(), Arc::new(Notes::default()), board.clone());
            let made = made.expect("an adapter");
            let chat = Faulty { chat: Arc::new(made.clone()), faults: faults.clone(), lobby: None, linked: false };
            ports.chats.insert(CHAT.into(), Arc::new(chat));
            slack = Some(made);
            ports
        });
        drop(faults.set(world.faults.clone()));
        drop(board.0.set(world.store.clone()));
        let slack = slack.expect("a world reaches its chat");
        let url = serve(signalbox_slack::routes(&slack, world.engine.clone()));
        place.vendor.point(&place.app.id, Urls::all(&format!("{url}{}", manifest::PATH)));
        let on = On { place: place.clone(), store: world.store.clone() };
        Self { world: world.on(Arc::new(on.clone())), place, on }
    }

    /// What runs said in the channels and what of it is there, a message each.
    pub fn said(&self) -> Vec<(RunId, Slot)> {
        self.on.slots()
    }

    /// Leaves the world as it is: for stories about what is not finished.
    pub fn abandon(self) {
        self.world.abandon();
    }
}

impl Place {
    fn new(spec: AppSpec, clock: Arc<OnceLock<Arc<dyn Clock>>>) -> Self {
        let options = Options {
            clock: Arc::new(move || clock.get().map_or(0, |clock| clock.now().0)),
            limits: Limits::Enforced,
            patience: Duration::from_secs(60),
            ..Options::default()
        };
        let vendor = beside(Vendor::start(options)).expect("a free port");
        let team = vendor.team("Acme");
        let app = vendor.app(spec);
        let bot = vendor.install(&app.id, &team).expect("an app to install");
        let mut people = BTreeMap::new();
        for name in PEOPLE {
            let kind = if name == "Eve" { Kind::Guest } else { Kind::Member };
            people.insert(name.to_owned(), vendor.person_as(&team, name, kind));
        }
        let everybody: Vec<&UserId> = people.values().chain([&bot.user]).collect();
        let channels: BTreeMap<String, ChannelId> = ["web", "lobby", "api"]
            .into_iter()
            .map(|name| (name.to_owned(), vendor.channel(&team, name, &everybody)))
            .collect();
        vendor.set_topic(&channels["web"], "repo:acme/website");
        Self { vendor, team, app, bot, people, channels }
    }

    /// The thread that a message begins.
    pub fn thread(&self, channel: &ChannelId, root: &Ts) -> ThreadId {
        ThreadId { chat: CHAT.into(), room: format!("{}/{channel}", self.team), root: root.0.clone() }
    }

    fn settings(&self) -> Settings {
        let mut settings = Settings::new(self.app.id.to_string());
        settings.api_url = self.vendor.api_url();
        settings.signing_secrets = vec![Secret::new(&self.app.signing_secret)];
        let bot_token = Secret::new(&self.bot.token);
        settings.workspaces = vec![Workspace { team: self.team.to_string(), bot_token, watched: Vec::new() }];
        let listed = [("Max", Role::Maintainer), ("Vic", Role::Viewer)];
        let listed = listed.into_iter().map(|(who, role)| (self.id(who), role)).collect();
        settings.roles = Roles { listed, members: Role::Member };
        settings
    }

    /// Somebody's user.
    pub fn user(&self, who: &str) -> &UserId {
        self.people.get(who).unwrap_or_else(|| panic!("{who} is not in the workspace"))
    }

    /// The channel that a room is.
    pub fn channel(&self, room: &str) -> &ChannelId {
        self.channels.get(room).unwrap_or_else(|| panic!("there is no channel {room}"))
    }

    fn id(&self, who: &str) -> String {
        format!("{CHAT}:{}/{}", self.team, self.user(who))
    }

    /// The room that a room of the chat in memory is here.
    fn bound(&self, room: &str) -> String {
        let name = room.strip_prefix("chat:").unwrap_or(room);
        format!("{CHAT}:{}/{}", self.team, self.channel(name))
    }

    /// The channel and the first message of a thread.
    pub fn at(&self, thread: &ThreadId) -> (ChannelId, Ts) {
        let (_, channel) = thread.room.split_once('/').expect("a room is a workspace and a channel");
        (ChannelId(channel.into()), Ts(thread.root.clone()))
    }

    /// The words, as they are typed to the app.
    fn addressed(text: &str) -> String {
        // What counts only at the beginning of a line must stand there.
        let apart = if text.starts_with(['>', '`', '<']) { "\n" } else { " " };
        format!("@Signalbox{apart}{text}")
    }

    /// The name of a person, if the message is theirs.
    fn author(&self, message: &Message) -> Option<&str> {
        self.people.iter().find(|(_, user)| **user == message.user).map(|(name, _)| name.as_str())
    }

    fn mark(&self, message: &Message) -> Option<Mark> {
        let ours = message.reactions.iter().find(|(_, users)| users.contains(&self.bot.user));
        let bare = |emoji: &str| emoji.trim_end_matches('\u{fe0f}').to_owned();
        MARKS.into_iter().find(|mark| ours.is_some_and(|(emoji, _)| bare(emoji) == bare(mark.emoji())))
    }
}

/// The effect that said a message last, and which piece of what was said it is.
fn marker(message: &Message) -> Option<(EffectId, usize)> {
    let payload = message.metadata.as_ref()?.get("event_payload")?;
    let number = |name: &str| {
        let value = payload.get(name)?;
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    };
    let effect = payload.get("effect")?.as_str()?.parse().ok()?;
    Some((effect, usize::try_from(number("piece").unwrap_or_default()).ok()?))
}

impl On {
    fn slots(&self) -> Vec<(RunId, Slot)> {
        let channels = self.place.channels.values();
        let roots = channels.flat_map(|channel| {
            let history = self.place.vendor.history(channel).unwrap_or_default();
            history.into_iter().map(move |message| (channel, message.ts))
        });
        let messages = roots.flat_map(|(channel, root)| self.place.vendor.thread(channel, &root).unwrap_or_default());
        let said = messages.filter(|message| !message.deleted).filter_map(|message| marker(&message));
        shown::slots(&self.store, said.filter(|(_, piece)| *piece == 0).map(|(effect, _)| effect))
    }
}

#[async_trait]
impl Surface for On {
    async fn open(&self, room: &str, who: &str, text: &str) -> ThreadId {
        let channel = self.place.channel(room);
        let said = self.place.vendor.say(self.place.user(who), channel, &Place::addressed(text)).await;
        ThreadId { chat: CHAT.into(), room: format!("{}/{channel}", self.place.team), root: said.unwrap().0 }
    }

    /// Each with an id of its own: what is done is heard of as a mention and as a message.
    fn copies(&self, copies: usize) {
        let count = u32::try_from(copies).unwrap();
        self.place.vendor.rule(Rule::next_of_any(Manner::Copies { count, fresh_ids: true }).times(2));
    }

    async fn write(&self, thread: &ThreadId, who: &str, text: &str, addressed: bool) -> MessageId {
        let (channel, root) = self.place.at(thread);
        let text = if addressed { Place::addressed(text) } else { format!("@Ben {text}") };
        MessageId(self.place.vendor.reply(self.place.user(who), &channel, &root, &text).await.unwrap().0)
    }

    async fn edit(&self, thread: &ThreadId, message: &MessageId, text: &str) {
        let ((channel, _), ts) = (self.place.at(thread), Ts(message.0.clone()));
        let Ok(before) = self.place.vendor.message(&channel, &ts) else { return };
        drop(self.place.vendor.edit(&before.user, &channel, &ts, &Place::addressed(text)).await);
    }

    async fn delete(&self, thread: &ThreadId, _who: &str, message: &MessageId) {
        let ((channel, _), ts) = (self.place.at(thread), Ts(message.0.clone()));
        let Ok(before) = self.place.vendor.message(&channel, &ts) else { return };
        drop(self.place.vendor.delete(&before.user, &channel, &ts).await);
    }

    async fn press(&self, thread: &ThreadId, who: &str, label: &str) -> bool {
        let (channel, root) = self.place.at(thread);
        let messages = self.place.vendor.thread(&channel, &root).unwrap_or_default();
        let offers = |message: &&Message| !message.deleted && message.buttons.iter().any(|button| button == label);
        let Some(newest) = messages.iter().rev().find(offers) else { return false };
        self.place.vendor.press(self.place.user(who), &channel, &newest.ts, label).await.unwrap();
        true
    }

    fn button(&self, thread: &ThreadId, label: &str) -> Option<Action> {
        let (channel, root) = self.place.at(thread);
        let thread = self.place.vendor.thread(&channel, &root).unwrap_or_default();
        let said = thread.iter().filter(|message| !message.deleted).filter_map(marker);
        let effects: Vec<EffectId> = said.map(|(effect, _)| effect).collect();
        shown::button(&self.store, &effects, label)
    }

    /// Whoever denies is asked why, and says nothing.
    async fn attend(&self) -> bool {
        for user in self.place.people.values() {
            let why = |form: &Screen| form.text.contains(WHY) || form.buttons.iter().any(|label| label == WHY);
            if let Some(form) = self.place.vendor.modals(user).into_iter().find(why) {
                return self.place.vendor.submit(user, &form.id, &[]).await.is_ok();
            }
        }
        false
    }

    fn person(&self, who: &str) -> Person {
        let role = match who {
            "Max" => Role::Maintainer,
            "Vic" => Role::Viewer,
            "Eve" => Role::Outsider,
            _ => Role::Member,
        };
        Person { id: self.place.id(who), name: who.into(), role }
    }

    fn transcript(&self, thread: &ThreadId) -> String {
        let (channel, root) = self.place.at(thread);
        let mut text = String::new();
        for message in self.place.vendor.thread(&channel, &root).unwrap_or_default() {
            if let Some(who) = self.place.author(&message) {
                let mut words = message.text.as_str();
                for named in ["@Signalbox", "@Ben"] {
                    words = words.strip_prefix(named).map_or(words, str::trim_start);
                }
                let (edited, mark) = (!message.edits.is_empty(), self.place.mark(&message));
                text.push_str(&shown::said(who, words, edited, message.deleted, mark));
                continue;
            }
            let said = marker(&message);
            if message.deleted || said.as_ref().is_some_and(|(_, piece)| *piece > 0) {
                continue;
            }
            let only = message.only_for.as_ref().map(|user| self.place.vendor.name(user));
            let seen = Seen { text: message.text, effect: said.map(|(effect, _)| effect), only };
            text.push_str(&shown::line(&self.store, &seen));
        }
        text
    }

    fn closings(&self, run: &RunId) -> usize {
        self.slots().iter().filter(|(of, slot)| of == run && *slot == Slot::Closing).count()
    }

    fn duplicates(&self) -> Vec<String> {
        shown::twice(&self.slots())
    }
}
