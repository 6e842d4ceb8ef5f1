//! A workspace with a channel, a person and our app in it.

use std::sync::Arc;

use async_trait::async_trait;
use signalbox_domain::id::{EffectId, Repository, RunId};
use signalbox_domain::post::{Post, Slot};
use signalbox_domain::talk::{MessageId, Person, Role, ThreadId};
use signalbox_domain::time::{Span, Time};
use signalbox_ports::Error;
use signalbox_ports::chat::Utterance;
use signalbox_ports::clock::Clock as _;
use signalbox_slack::{Board, Secret, Settings, Slack, Spend, Summary, Workspace};
use signalbox_world::clock::Clock;
use signalbox_world::notes::Notes;
use signalbox_world_slack::{AppSpec, ChannelId, Installed, Limits, Options, Registered, TeamId, Ts, UserId, World};

/// A workspace with our app in it, and a request in its channel.
pub(crate) struct Desk {
    pub(crate) world: World,
    pub(crate) clock: Arc<Clock>,
    pub(crate) notes: Arc<Notes>,
    pub(crate) team: TeamId,
    pub(crate) ana: UserId,
    pub(crate) channel: ChannelId,
    pub(crate) app: Installed,
    pub(crate) registered: Registered,
    /// The request.
    pub(crate) root: Ts,
    pub(crate) slack: Slack,
}

/// A board with nothing on it.
struct Empty;

#[async_trait]
impl Board for Empty {
    async fn runs(&self, _: &str, _: usize) -> Result<Vec<Summary>, Error> {
        Ok(Vec::new())
    }

    async fn spend(&self, _: &str) -> Result<Spend, Error> {
        Ok(Spend::default())
    }

    async fn repositories(&self, _: &str, _: usize) -> Result<Vec<Repository>, Error> {
        Ok(Vec::new())
    }
}

impl Desk {
    pub(crate) async fn new(spec: AppSpec, limits: Limits) -> Self {
        let clock = Arc::new(Clock::default());
        let ticking = clock.clone();
        let options = Options { clock: Arc::new(move || ticking.now().0), limits, ..Options::default() };
        let world = World::start(options).await.unwrap();
        let team = world.team("Acme");
        let ana = world.person(&team, "Ana");
        let registered = world.app(spec);
        let app = world.install(&registered.id, &team).unwrap();
        let channel = world.channel(&team, "web", &[&ana, &app.user]);
        let root = world.say(&ana, &channel, "the pricing page says $9, it should say $12").await.unwrap();
        let notes = Arc::new(Notes::default());
        let slack = handle(&world, &clock, &notes, &registered, &app);
        Self { world, clock, notes, team, ana, channel, app, registered, root, slack }
    }

    pub(crate) async fn with_everything() -> Self {
        Self::new(AppSpec::everything("Signalbox"), Limits::Metered).await
    }

    /// The dispatcher died and came back: what it only remembered is gone.
    pub(crate) fn restart(&mut self) {
        self.slack = handle(&self.world, &self.clock, &self.notes, &self.registered, &self.app);
    }

    pub(crate) fn thread(&self) -> ThreadId {
        self.thread_in(&self.channel, &self.root)
    }

    pub(crate) fn thread_in(&self, channel: &ChannelId, root: &Ts) -> ThreadId {
        ThreadId { chat: "slack".into(), room: format!("{}/{channel}", self.team), root: root.0.clone() }
    }

    pub(crate) fn person(&self, user: &UserId, name: &str) -> Person {
        Person { id: format!("slack:{}/{user}", self.team), name: name.into(), role: Role::Member }
    }

    pub(crate) fn utterance(&self, version: u64, slot: Slot, post: Post, known: Option<&MessageId>) -> Utterance {
        let run = RunId("01JQRUN".into());
        let id = EffectId { run: run.clone(), version, index: 0 };
        Utterance { id, thread: self.thread(), run, slot, post, known: known.cloned(), retried: false }
    }

    /// What the people in the thread read, without the request.
    pub(crate) fn read(&self) -> String {
        let transcript = self.world.transcript(&self.channel, &self.root).unwrap();
        let ours = transcript.split_once("Signalbox").map_or("", |(_, ours)| ours);
        if ours.is_empty() { String::new() } else { format!("Signalbox{ours}") }
    }

    /// The messages of ours that stand in the thread.
    pub(crate) fn ours(&self) -> Vec<signalbox_world_slack::Seen> {
        let thread = self.world.thread(&self.channel, &self.root).unwrap();
        thread.into_iter().filter(|seen| seen.by_app && !seen.deleted).collect()
    }

    pub(crate) fn marks(&self) -> String {
        self.world.message(&self.channel, &self.root).unwrap().marks()
    }

    pub(crate) fn clock_now(&self) -> Time {
        self.clock.now()
    }

    pub(crate) fn later(&self, seconds: u64) {
        self.clock.advance(Span::seconds(seconds));
    }

    /// No call was refused, over a limit, or too early.
    pub(crate) fn is_content(&self) {
        assert_eq!(self.world.refusals(), [], "nothing was refused");
        let meters = self.world.meters();
        assert_eq!((meters.over_total(), meters.early_total()), (0, 0), "{meters:?}");
    }
}

fn handle(world: &World, clock: &Arc<Clock>, notes: &Arc<Notes>, registered: &Registered, app: &Installed) -> Slack {
    let mut settings = Settings::new(registered.id.0.clone());
    settings.api_url = world.api_url();
    settings.console_url = Some("https://signalbox.example".into());
    let bot_token = Secret::new(app.token.clone());
    settings.workspaces.push(Workspace { team: app.team.0.clone(), bot_token, watched: Vec::new() });
    Slack::new(settings, clock.clone(), notes.clone(), Arc::new(Empty)).unwrap()
}
