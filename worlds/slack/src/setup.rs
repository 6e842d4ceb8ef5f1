//! Building the world: workspaces, people, channels, apps.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::{App, AppSpec, Installation, Installed, Registered, Urls};
use crate::channel::{Channel, Sort};
use crate::error::Error;
use crate::ids::{AppId, BotId, ChannelId, TeamId, UserId};
use crate::state::State;
use crate::team::{Kind, Team, User, handle};
use crate::world::World;

impl World {
    /// A new workspace.
    pub fn team(&self, name: &str) -> TeamId {
        let mut state = self.state();
        let id = TeamId(state.chance.id("T"));
        let team = Team { id: id.clone(), name: name.to_owned(), domain: handle(name).replace('.', "-") };
        state.teams.insert(id.clone(), team);
        id
    }

    /// A new full member of a workspace.
    pub fn person(&self, team: &TeamId, name: &str) -> UserId {
        self.person_as(team, name, Kind::Member)
    }

    /// A new person of a workspace.
    pub fn person_as(&self, team: &TeamId, name: &str, kind: Kind) -> UserId {
        self.state().new_user(team, name, kind, None)
    }

    /// Makes somebody something else: a guest, an admin, gone.
    pub fn set_kind(&self, user: &UserId, kind: Kind) {
        if let Some(user) = self.state().users.get_mut(user) {
            user.kind = kind;
        }
    }

    /// A new public channel with these members.
    pub fn channel(&self, team: &TeamId, name: &str, members: &[&UserId]) -> ChannelId {
        self.state().new_channel("C", team, name, Sort::Public, members)
    }

    /// A new private channel with these members.
    pub fn private_channel(&self, team: &TeamId, name: &str, members: &[&UserId]) -> ChannelId {
        self.state().new_channel("C", team, name, Sort::Private, members)
    }

    /// A new group conversation of these people.
    pub fn group(&self, team: &TeamId, members: &[&UserId]) -> ChannelId {
        self.state().new_channel("G", team, "mpdm", Sort::Group, members)
    }

    /// The direct conversation of a person and an app in the app's workspace; opened if it was not.
    pub fn direct(&self, user: &UserId, app: &Installed) -> ChannelId {
        self.state().direct(user, &app.user, &app.team)
    }

    /// Lets a user join a channel, quietly: no event is sent.
    pub fn join(&self, channel: &ChannelId, user: &UserId) {
        if let Some(channel) = self.state().channels.get_mut(channel) {
            channel.members.insert(user.clone());
        }
    }

    /// Takes a user out of a channel, quietly.
    pub fn leave(&self, channel: &ChannelId, user: &UserId) {
        if let Some(channel) = self.state().channels.get_mut(channel) {
            channel.members.remove(user);
        }
    }

    /// Sets a channel's topic.
    pub fn set_topic(&self, channel: &ChannelId, topic: &str) {
        if let Some(channel) = self.state().channels.get_mut(channel) {
            topic.clone_into(&mut channel.topic);
        }
    }

    /// Archives a channel, or brings it back.
    pub fn archive(&self, channel: &ChannelId, archived: bool) {
        if let Some(channel) = self.state().channels.get_mut(channel) {
            channel.archived = archived;
        }
    }

    /// Shares a channel with another workspace by Slack Connect: its people may join, as outsiders.
    pub fn share(&self, channel: &ChannelId, with: &TeamId) {
        if let Some(channel) = self.state().channels.get_mut(channel) {
            channel.shared.insert(with.clone());
        }
    }

    /// A new app.
    pub fn app(&self, spec: AppSpec) -> Registered {
        let mut state = self.state();
        let id = AppId(state.chance.id("A"));
        let app_token = format!("xapp-1-{id}-{}", state.chance.text(32).to_lowercase());
        let registered = Registered { id: id.clone(), signing_secret: spec.signing_secret.clone(), app_token };
        let app = App {
            id: id.clone(),
            spec,
            urls: Urls::default(),
            app_token: registered.app_token.clone(),
            verification_token: state.chance.text(24),
            manifest: None,
        };
        state.apps.insert(id, app);
        registered
    }

    /// Changes what an app is registered with: its secret, its subscriptions, its mode.
    pub fn change_app(&self, app: &AppId, change: impl FnOnce(&mut AppSpec)) {
        if let Some(app) = self.state().apps.get_mut(app) {
            change(&mut app.spec);
        }
    }

    /// What an app is registered with.
    pub fn spec(&self, app: &AppId) -> Option<AppSpec> {
        self.state().apps.get(app).map(|app| app.spec.clone())
    }

    /// Sets the URLs at which an app hears from Slack.
    pub fn point(&self, app: &AppId, urls: Urls) {
        if let Some(app) = self.state().apps.get_mut(app) {
            app.urls = urls;
        }
    }

    /// Installs an app in a workspace.
    ///
    /// # Errors
    ///
    /// When there is no such app or workspace.
    pub fn install(&self, app: &AppId, team: &TeamId) -> Result<Installed, Error> {
        let mut state = self.state();
        state.team(team)?;
        let name = state.apps.get(app).ok_or_else(|| Error::unknown("app", app))?.spec.name.clone();
        let user = state.new_user(team, &name, Kind::Bot, Some(app.clone()));
        let bot = BotId(state.chance.id("B"));
        let token = format!("xoxb-{}-{}", state.count(), state.chance.text(24));
        let public = Installed { app: app.clone(), team: team.clone(), token, user, bot };
        state.installations.push(Installation { public: public.clone(), revoked: false });
        Ok(public)
    }

    /// A workspace to play in: Acme, with Ana, Ben and the app in #general.
    ///
    /// # Errors
    ///
    /// Never in an empty world.
    pub fn furnish(&self, spec: AppSpec, urls: Urls) -> Result<Installed, Error> {
        let team = self.team("Acme");
        let registered = self.app(spec);
        self.point(&registered.id, urls);
        let installed = self.install(&registered.id, &team)?;
        let (ana, ben) = (self.person(&team, "Ana"), self.person(&team, "Ben"));
        self.channel(&team, "general", &[&ana, &ben, &installed.user]);
        Ok(installed)
    }

    /// Takes an app out of a workspace: its token is worth nothing any more, and it is told so.
    pub async fn uninstall(&self, installed: &Installed) {
        self.act(|state| {
            let event = serde_json::json!({ "type": "app_uninstalled" });
            state.tell_one(&installed.app, &installed.team, "app_uninstalled", event);
            for one in &mut state.installations {
                if &one.public == installed {
                    one.revoked = true;
                }
            }
        })
        .await;
    }
}

impl State {
    fn new_user(&mut self, team: &TeamId, name: &str, kind: Kind, app: Option<AppId>) -> UserId {
        let id = UserId(self.chance.id("U"));
        let user = User { id: id.clone(), team: team.clone(), name: name.to_owned(), kind, app };
        self.users.insert(id.clone(), user);
        id
    }

    fn new_channel(&mut self, prefix: &str, team: &TeamId, name: &str, sort: Sort, members: &[&UserId]) -> ChannelId {
        let id = ChannelId(self.chance.id(prefix));
        let channel = Channel {
            id: id.clone(),
            team: team.clone(),
            name: name.trim_start_matches('#').to_owned(),
            sort,
            topic: String::new(),
            members: members.iter().copied().cloned().collect::<BTreeSet<_>>(),
            shared: BTreeSet::new(),
            archived: false,
            messages: BTreeMap::new(),
        };
        self.channels.insert(id.clone(), channel);
        id
    }
}
