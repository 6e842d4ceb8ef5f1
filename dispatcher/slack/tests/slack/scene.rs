//! Acme's workspace with Ana and Ben, a channel, the app in it, and a desk that keeps what the edge hands in.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use signalbox_domain::event::{Delivery, Event, Fact};
use signalbox_domain::id::{DeliveryId, Repository};
use signalbox_domain::post::Action;
use signalbox_domain::talk::{Person, Role, ThreadId};
use signalbox_domain::time::{Span, Time};
use signalbox_ports::Error;
use signalbox_ports::chat::{Chat, Understood};
use signalbox_ports::clock::Clock as _;
use signalbox_ports::intake::Intake;
use signalbox_ports::store::Recorded;
use signalbox_slack::{Board, Secret, Settings, Slack, Spend, Summary, Workspace, manifest, routes};
use signalbox_world::clock::Clock;
use signalbox_world::notes::Notes;
use signalbox_world_slack::{
    AppSpec, ChannelId, Installed, Limits, Options, Registered, TeamId, Ts, Urls, UserId, World,
};

/// What the edge handed in, in order, and what it meant.
#[derive(Default)]
pub(crate) struct Desk {
    kept: Mutex<Vec<Delivery>>,
    worked: Mutex<BTreeMap<DeliveryId, String>>,
    pub(crate) down: Mutex<bool>,
}

#[async_trait]
impl Intake for Desk {
    async fn receive(&self, delivery: Delivery) -> Result<Recorded, Error> {
        if *self.down.lock().unwrap() {
            return Err(Error::unavailable("the store is away"));
        }
        let mut kept = self.kept.lock().unwrap();
        if kept.iter().any(|one| one.event.id == delivery.event.id) {
            let worked = self.worked.lock().unwrap().contains_key(&delivery.event.id);
            return Ok(if worked { Recorded::Done } else { Recorded::Pending });
        }
        kept.push(delivery);
        Ok(Recorded::New)
    }
}

pub(crate) struct Knows;

#[async_trait]
impl Board for Knows {
    async fn runs(&self, _: &str, _: usize) -> Result<Vec<Summary>, Error> {
        Ok(vec![Summary {
            run: "01J".into(),
            title: "the price".into(),
            place: "acme/website".into(),
            standing: "working".into(),
            url: None,
            at: Time(0),
        }])
    }

    async fn spend(&self, _: &str) -> Result<Spend, Error> {
        Ok(Spend::default())
    }

    async fn link(&self, _: &str) -> Result<Option<String>, Error> {
        Ok(None)
    }

    async fn repositories(&self, query: &str, limit: usize) -> Result<Vec<Repository>, Error> {
        let all = ["acme/website", "acme/api"];
        Ok(all.into_iter().filter(|name| name.contains(query)).take(limit).map(Repository::from).collect())
    }
}

pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) slack: Slack,
    pub(crate) desk: Arc<Desk>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) app: Registered,
    pub(crate) bot: Installed,
    pub(crate) team: TeamId,
    pub(crate) ana: UserId,
    pub(crate) ben: UserId,
    pub(crate) web: ChannelId,
    pub(crate) url: String,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::with(spec(), |_| ()).await
    }

    pub(crate) async fn with(spec: AppSpec, change: impl FnOnce(&mut Settings)) -> Self {
        let clock = Arc::new(Clock::default());
        let shown = clock.clone();
        let options = Options {
            clock: Arc::new(move || shown.now().0),
            limits: Limits::Enforced,
            patience: Duration::from_secs(20),
            ..Options::default()
        };
        let world = World::start(options).await.unwrap();
        let team = world.team("Acme");
        let socket = spec.socket_mode;
        let app = world.app(spec);
        let bot = world.install(&app.id, &team).unwrap();
        let (ana, ben) = (world.person(&team, "Ana"), world.person(&team, "Ben"));
        let web = world.channel(&team, "web", &[&ana, &ben, &bot.user]);

        let mut settings = Settings::new(app.id.to_string());
        settings.api_url = world.api_url();
        settings.signing_secrets = vec![Secret::new(&app.signing_secret)];
        settings.app_token = socket.then(|| Secret::new(&app.app_token));
        let bot_token = Secret::new(&bot.token);
        settings.workspaces = vec![Workspace { team: team.to_string(), bot_token, watched: Vec::new() }];
        change(&mut settings);
        let slack = Slack::new(settings, clock.clone(), Arc::new(Notes::default()), Arc::new(Knows)).unwrap();
        let desk = Arc::new(Desk::default());
        let url = serve(&slack, desk.clone()).await;
        world.point(&app.id, Urls::all(&format!("{url}{}", manifest::PATH)));
        Self { world, slack, desk, clock, app, bot, team, ana, ben, web, url }
    }

    /// Understands everything that was kept, as the engine's worker does: what has to wait waits.
    pub(crate) async fn understand(&self) {
        let mut at = 0;
        loop {
            let Some(delivery) = self.desk.kept.lock().unwrap().get(at).cloned() else { return };
            at += 1;
            let Fact::Received { what } = &delivery.event.fact else { continue };
            if self.desk.worked.lock().unwrap().contains_key(&delivery.event.id) {
                continue;
            }
            let outcome = match self.patiently(&delivery, what).await {
                Understood::Deliveries(facts) => {
                    for fact in facts {
                        self.desk.receive(fact).await.unwrap();
                    }
                    "understood".into()
                }
                Understood::Nothing(why) => why,
            };
            self.desk.worked.lock().unwrap().insert(delivery.event.id.clone(), outcome);
        }
    }

    async fn patiently(&self, delivery: &Delivery, what: &Value) -> Understood {
        for _ in 0..20 {
            match self.slack.understand(&delivery.thread, delivery.event.at, what).await {
                Ok(understood) => return understood,
                Err(Error::Later { until, .. }) => self.clock.set(until),
                Err(Error::Unavailable(_) | Error::Conflict) => {
                    self.clock.advance(Span::seconds(1));
                }
                Err(error @ Error::Rejected(_)) => panic!("{error}"),
            }
        }
        panic!("{what} was never understood")
    }

    /// Every fact so far, a line each.
    pub(crate) async fn facts(&self) -> Vec<String> {
        self.understand().await;
        let kept = self.desk.kept.lock().unwrap();
        let lines: Vec<String> = kept.iter().filter_map(|delivery| self.line(delivery)).collect();
        lines
    }

    /// Why what came meant nothing, in the order it came.
    pub(crate) async fn reasons(&self) -> Vec<String> {
        self.understand().await;
        let (kept, worked) = (self.desk.kept.lock().unwrap(), self.desk.worked.lock().unwrap());
        let reasons = kept.iter().filter_map(|delivery| worked.get(&delivery.event.id).cloned());
        reasons.filter(|why| why != "understood").collect()
    }

    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.desk.kept.lock().unwrap().clone()
    }

    pub(crate) fn thread(&self, root: &Ts) -> ThreadId {
        ThreadId { chat: "slack".into(), room: format!("{}/{}", self.team, self.web), root: root.to_string() }
    }

    /// Sweeps once, and hands in what was found.
    pub(crate) async fn sweep(&self, open: &[ThreadId]) {
        let caught = loop {
            match self.slack.catch_up(open).await {
                Ok(caught) => break caught,
                Err(Error::Later { until, .. }) => self.clock.set(until),
                Err(error) => panic!("{error}"),
            }
        };
        for delivery in caught.deliveries {
            self.desk.receive(delivery).await.unwrap();
        }
    }

    fn line(&self, delivery: &Delivery) -> Option<String> {
        let name = |by: &Person| {
            if by.role == Role::Member { by.name.clone() } else { format!("{} ({})", by.name, by.role.words()) }
        };
        let fact = &delivery.event.fact;
        if let Fact::Said { message, addressed } = fact {
            assert!(addressed);
            assert_eq!(delivery.event.id, Event::said(&delivery.thread, message));
            let files: String = message.attachments.iter().map(|file| format!(" [{}]", file.name)).collect();
            return Some(format!("{}: {}{files}", name(&message.by), message.text));
        }
        if let Fact::Edited { message } = fact {
            return Some(format!("{} edited: {}", name(&message.by), message.text));
        }
        if let Fact::Deleted { by, .. } = fact {
            return Some(format!("deleted, of {}", name(by)));
        }
        let Fact::Pressed { action, by } = fact else { return None };
        if let Action::Deny { reason, .. } = action {
            return Some(format!("{} denies: {reason}", name(by)));
        }
        if let Action::Choose { target } = action {
            let place = target.repository.as_ref().map(Repository::as_str);
            return Some(format!("{} chooses {place:?} to {}", name(by), target.workflow));
        }
        Some(format!("{} presses {action:?}", name(by)))
    }
}

/// An app that is registered for what its manifest asks for.
pub(crate) fn spec() -> AppSpec {
    let asked = manifest::needs(&signalbox_slack::Features::default());
    let each = |of: fn(&manifest::Need) -> &'static [&'static str]| {
        asked.iter().flat_map(|need| of(need).iter().map(|name| (*name).to_owned())).collect()
    };
    let mut spec = AppSpec::everything("signalbox").with_shortcut("signalbox:ask");
    spec.scopes = each(|need| need.scopes);
    spec.events = each(|need| need.events);
    spec
}

async fn serve(slack: &Slack, desk: Arc<Desk>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = routes(slack, desk);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}
