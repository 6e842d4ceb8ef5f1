//! A Slack and a GitHub in this process, over HTTP on loopback, that the program is connected to as to the real ones.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::time::{SystemTime, UNIX_EPOCH};

use signalbox_world_github::{Conversation, Role, World as GithubWorld};
use signalbox_world_slack::{
    AppSpec, ChannelId, Installed, Options, Registered, Seen, TeamId, Ts, Urls, UserId, World as SlackWorld,
};
use tokio::runtime::Runtime;

use crate::program::{PATIENCE, World, until};
use crate::serve::AGENT;
use crate::site::Site;

/// The repository that is worked on.
pub(crate) const REPOSITORY: &str = "acme/hello";

/// A workspace with Ana, who is a member, and Max, who is a maintainer.
pub(crate) struct Workspace {
    pub(crate) team: TeamId,
    pub(crate) ana: UserId,
    pub(crate) max: UserId,
    /// A channel whose topic names the repository.
    pub(crate) web: ChannelId,
    pub(crate) app: Installed,
}

/// A Slack.
pub(crate) struct Slack {
    pub(crate) world: SlackWorld,
    pub(crate) app: Registered,
    pub(crate) workspaces: Vec<Workspace>,
    runtime: Runtime,
}

impl Slack {
    /// One with the app in these workspaces.
    pub(crate) fn new(spec: AppSpec, workspaces: &[&str]) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let world = runtime.block_on(SlackWorld::start(Options::default())).unwrap();
        let app = world.app(spec);
        let workspaces = workspaces.iter().map(|name| workspace(&world, &app, name)).collect();
        Self { world, app, workspaces, runtime }
    }

    pub(crate) fn first(&self) -> &Workspace {
        &self.workspaces[0]
    }

    /// The settings of a dispatcher that is connected to it.
    pub(crate) fn settings(&self, more: &str) -> String {
        let lines =
            self.workspaces.iter().map(|place| format!("\"slack:{}/{}\" = \"maintainer\"\n", place.team, place.max));
        let roles: String = lines.collect();
        format!("\n[slack]\napi_url = \"{}\"\n{more}\n[roles]\n{roles}", self.world.api_url())
    }

    /// What lets a dispatcher in.
    pub(crate) fn secrets(&self) -> String {
        let tokens = self.workspaces.iter().map(|place| format!("{} = \"{}\"\n", place.team, place.app.token));
        let tokens: String = tokens.collect();
        let Registered { id, signing_secret, app_token } = &self.app;
        format!(
            "[slack]\napp = \"{id}\"\nsigning = [\"{signing_secret}\"]\napp_token = \"{app_token}\"\n\n\
             [slack.workspaces]\n{tokens}\n"
        )
    }

    /// Sends everything to the dispatcher at `site` from now on.
    pub(crate) fn sends_to(&self, site: &Site) {
        self.world.point(&self.app.id, Urls::all(&format!("{}/hooks/slack", site.url)));
    }

    /// Waits for what somebody does.
    pub(crate) fn wait<T>(&self, act: impl Future<Output = T>) -> T {
        self.runtime.block_on(act)
    }

    /// Ana mentions the app.
    pub(crate) fn ask(&self, place: &Workspace, text: &str) -> Ts {
        let text = format!("<@{}> {text}", place.app.user);
        self.wait(self.world.say(&place.ana, &place.web, &text)).unwrap()
    }

    pub(crate) fn thread(&self, place: &Workspace, root: &Ts) -> Vec<Seen> {
        self.world.thread(&place.web, root).unwrap().into_iter().filter(|seen| !seen.deleted).collect()
    }

    pub(crate) fn transcript(&self, place: &Workspace, root: &Ts) -> String {
        self.world.transcript(&place.web, root).unwrap()
    }

    /// Waits until something in the thread says `words`; gives that message.
    #[track_caller]
    pub(crate) fn hears(&self, place: &Workspace, root: &Ts, words: &str) -> Seen {
        let mut last = String::new();
        let found = || {
            let now = self.transcript(place, root);
            if now != last {
                last.clone_from(&now);
                println!("{now}\n");
            }
            self.thread(place, root).into_iter().find(|seen| seen.by_app && seen.text.contains(words))
        };
        until(&format!("Slack shows: {words}"), PATIENCE, found)
    }

    /// Nothing that Slack does not take was sent, and nothing too often.
    #[track_caller]
    pub(crate) fn assert_well_treated(&self) {
        let (meters, refusals) = (self.world.meters(), self.world.refusals());
        assert_eq!((meters.over_total(), meters.early_total()), (0, 0), "{meters:?}");
        assert!(refusals.is_empty(), "{refusals:#?}");
    }
}

fn workspace(world: &SlackWorld, app: &Registered, name: &str) -> Workspace {
    let team = world.team(name);
    let (ana, max) = (world.person(&team, "Ana"), world.person(&team, "Max"));
    let app = world.install(&app.id, &team).unwrap();
    let web = world.channel(&team, "web", &[&ana, &max, &app.user]);
    world.set_topic(&web, &format!("repo:{REPOSITORY}"));
    Workspace { team, ana, max, web, app }
}

/// A GitHub with the repository, in which Ana may write.
pub(crate) struct Github {
    pub(crate) world: GithubWorld,
}

impl Github {
    pub(crate) fn new() -> Self {
        Self::at(now)
    }

    /// One with a clock of its own.
    pub(crate) fn at(clock: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        let world = GithubWorld::start(clock).unwrap();
        world.organization("acme");
        for login in ["ana", "max", "eve"] {
            world.user(login);
        }
        for login in ["ana", "max"] {
            world.member("acme", login, false, true);
        }
        let files = [("README.md", "# Hello\n"), ("greeting.txt", "Hello.\n"), ("agent.sh", AGENT)];
        world.repository(REPOSITORY, &files).unwrap();
        world.repository("acme/other", &files).unwrap();
        world.collaborator(REPOSITORY, "ana", Some(Role::Write)).unwrap();
        world.collaborator(REPOSITORY, "max", Some(Role::Maintain)).unwrap();
        world.install("acme", None);
        Self { world }
    }

    pub(crate) fn settings(&self, more: &str) -> String {
        let url = self.world.url();
        format!("\n[github]\napi_url = \"{url}\"\nweb_url = \"{url}\"\n{more}\n")
    }

    pub(crate) fn secrets(&self) -> String {
        let app = self.world.app();
        format!(
            "[github]\napp_id = {}\nmention = \"{}\"\nwebhook = [\"{}\"]\nclient_id = \"{}\"\nclient_secret = \"{}\"\n\
             private_key = \"\"\"\n{}\"\"\"\n\n",
            app.id, app.slug, app.webhook_secret, app.client_id, app.client_secret, app.private_key
        )
    }

    pub(crate) fn sends_to(&self, site: &Site) {
        self.world.hook(&format!("{}/hooks/github", site.url));
    }

    /// Has an address for its webhooks where nobody listens: what it would send there, it lists.
    pub(crate) fn sends_nowhere(&self) {
        self.world.hook("http://127.0.0.1:1/hooks/github");
    }

    pub(crate) fn read(&self, number: u64) -> Conversation {
        self.world.conversation(REPOSITORY, number).unwrap()
    }

    /// Waits until a comment says `words`; gives it.
    #[track_caller]
    pub(crate) fn hears(&self, number: u64, words: &str) -> String {
        let mut last = Vec::new();
        until(&format!("GitHub shows: {words}"), PATIENCE, || {
            let read = self.read(number);
            let said: Vec<String> = read.shown().iter().map(|said| format!("{}: {}", said.by, said.body)).collect();
            if said != last {
                println!("{}\n", said.join("\n"));
                last.clone_from(&said);
            }
            said.into_iter().find(|said| said.contains(words))
        })
    }

    /// No token is alive of all that boxes were given: those for one repository.
    #[track_caller]
    pub(crate) fn assert_revoked(&self) {
        until("every token of a box is revoked", PATIENCE, || {
            let narrow = self.world.tokens().into_iter().filter(|token| token.repositories.is_some());
            let pushing = narrow.filter(|token| token.permissions.iter().any(|one| one.starts_with("contents:")));
            let live: Vec<_> = pushing.filter(|token| token.revoked.is_none()).collect();
            live.is_empty().then_some(())
        });
    }
}

/// Puts into the dispatcher's folder what lets it in, closed to others.
pub(crate) fn keep(world: &World, secrets: &str) {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(world.data()).unwrap();
    let mut open = fs::OpenOptions::new();
    let mut file = open.write(true).create(true).truncate(true).mode(0o600).open(world.data().join("secrets.toml"));
    file.as_mut().unwrap().write_all(secrets.as_bytes()).unwrap();
}

pub(crate) fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}
