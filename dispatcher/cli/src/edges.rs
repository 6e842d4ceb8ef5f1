//! The chats and forges of other people: made from the settings and the secrets, and what each serves and does beside.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, bail};
use async_trait::async_trait;
use axum::Router;
use signalbox_console::Console;
use signalbox_domain::identity::Roles;
use signalbox_engine::Engine;
use signalbox_github::{Comments, Forwarder, Github, Linked};
use signalbox_ports::Error;
use signalbox_ports::chat::Chat;
use signalbox_ports::clock::{Clock, System};
use signalbox_ports::forge::Forge;
use signalbox_slack::Slack;
use signalbox_sqlite::Folder;
use signalbox_webhook::{Counter, Hook, Secrets as HookSecrets};
use tokio::task::JoinSet;

use crate::board::Board;
use crate::config::Config;
use crate::forges::Forges;
use crate::secrets::Secrets;

/// Slack and GitHub, as far as they are set up.
pub(crate) struct Edges {
    pub(crate) slack: Option<Slack>,
    pub(crate) github: Option<Github>,
    /// The built-in forge and GitHub, as one.
    pub(crate) forge: Arc<dyn Forge>,
    hooks: Vec<Hook>,
    socket: bool,
    forward: bool,
    links: bool,
    state: Arc<Folder>,
}

impl Edges {
    /// What the settings ask for. What they ask for and cannot be had, for want of a secret, is an error that says which
    /// command sets it up.
    pub(crate) fn open(
        config: &Config,
        secrets: &Secrets,
        state: &Arc<Folder>,
        built_in: Arc<dyn Forge>,
        url: &str,
    ) -> Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(System);
        let github = github(config, secrets, clock.clone(), state)?;
        let mut forges = vec![built_in];
        if let Some(github) = &github {
            forges.push(Arc::new(github.clone()));
        }
        let forge: Arc<dyn Forge> = Arc::new(Forges(forges));
        let board = Board {
            store: state.clone(),
            forge: forge.clone(),
            clock: clock.clone(),
            url: Some(config.public_url.clone().unwrap_or_else(|| url.to_owned())),
        };
        Ok(Self {
            slack: slack(config, secrets, clock, state, board)?,
            hooks: hooks(config, secrets),
            socket: config.slack.as_ref().is_some_and(|slack| slack.socket),
            forward: config.github.as_ref().is_some_and(|github| github.forward),
            links: config.github.as_ref().is_some_and(|github| github.link),
            github,
            forge,
            state: state.clone(),
        })
    }

    /// The chats, by the names that threads carry.
    pub(crate) fn chats(&self) -> BTreeMap<String, Arc<dyn Chat>> {
        let mut chats: BTreeMap<String, Arc<dyn Chat>> = BTreeMap::new();
        if let Some(slack) = &self.slack {
            chats.insert(signalbox_slack::CHAT.into(), Arc::new(slack.clone()));
        }
        if let Some(github) = &self.github {
            chats.insert(signalbox_github::CHAT.into(), Arc::new(Comments::new(github.clone(), self.state.clone())));
        }
        chats
    }

    /// What is served for them.
    pub(crate) fn routes(&self, engine: &Arc<Engine>, console: &Console) -> Router {
        let mut router = Router::new();
        if let Some(slack) = &self.slack {
            router = router.merge(signalbox_slack::routes(slack, engine.clone()));
        }
        if let Some(github) = &self.github {
            router = router.merge(signalbox_github::routes(github, engine.clone(), Arc::new(Counter::default())));
            if self.links {
                router = router.merge(signalbox_github::link_routes(github, Arc::new(Waiting(engine.clone()))));
            }
        }
        if self.hooks.is_empty() {
            return router;
        }
        let begin = Arc::new(console.clone());
        router.merge(signalbox_webhook::routes(
            self.hooks.clone(),
            begin,
            Arc::new(System),
            Arc::new(Counter::default()),
        ))
    }

    /// What has to go on beside: a socket to hear through, webhooks to fetch. It goes on until it is dropped.
    pub(crate) fn listen(&self, engine: &Arc<Engine>) -> JoinSet<()> {
        let mut listening = JoinSet::new();
        if let Some(slack) = self.slack.clone().filter(|_| self.socket) {
            listening.spawn(signalbox_slack::socket::listen(slack, engine.clone()));
        }
        if let Some(github) = self.github.clone().filter(|_| self.forward) {
            let forwarder = Forwarder::new(github, engine.clone());
            listening.spawn(async move { forwarder.run().await });
        }
        listening
    }
}

/// Requests that wait to learn who asked.
struct Waiting(Arc<Engine>);

#[async_trait]
impl Linked for Waiting {
    async fn linked(&self, person: &str) -> Result<(), Error> {
        self.0.linked(person).await
    }
}

fn slack(
    config: &Config,
    secrets: &Secrets,
    clock: Arc<dyn Clock>,
    state: &Arc<Folder>,
    board: Board,
) -> Result<Option<Slack>> {
    let Some(wanted) = &config.slack else { return Ok(None) };
    let Some(kept) = &secrets.slack else {
        bail!("signalbox.toml has [slack], and no secret of Slack's is here: run `signalbox setup slack`");
    };
    let mut settings = slack_settings(config, wanted);
    settings.app.clone_from(&kept.app);
    settings.signing_secrets = kept.signing.iter().map(signalbox_slack::Secret::new).collect();
    settings.app_token = kept.app_token.as_ref().map(signalbox_slack::Secret::new);
    if wanted.socket && settings.app_token.is_none() {
        bail!("[slack] has `socket = true`, which needs an app-level token (xapp-…): run `signalbox setup slack`");
    }
    settings.workspaces = kept
        .workspaces
        .iter()
        .map(|(team, token)| signalbox_slack::Workspace {
            team: team.clone(),
            bot_token: signalbox_slack::Secret::new(token),
            watched: wanted.watch.get(team).cloned().unwrap_or_default(),
        })
        .collect();
    if settings.workspaces.is_empty() {
        bail!("the Slack app is in no workspace yet: run `signalbox setup slack`");
    }
    let slack = Slack::new(settings, clock, state.clone(), Arc::new(board)).context("Slack cannot be set up")?;
    Ok(Some(slack))
}

/// The settings of Slack, without its secrets.
pub(crate) fn slack_settings(config: &Config, wanted: &crate::config::Slack) -> signalbox_slack::Settings {
    let named = |name: &str| (!name.is_empty()).then(|| name.to_owned());
    let mut settings = signalbox_slack::Settings::new("");
    if let Some(url) = &wanted.api_url {
        settings.api_url.clone_from(url);
    }
    settings.console_url.clone_from(&config.public_url);
    settings.features = signalbox_slack::Features {
        command: named(&wanted.command),
        shortcut: wanted.shortcut,
        emoji: named(&wanted.emoji),
        direct: wanted.direct,
        files: wanted.files,
        home: wanted.home,
        agent: wanted.agent,
    };
    settings.roles = Roles { listed: config.roles.clone(), members: wanted.members };
    settings
}

fn github(config: &Config, secrets: &Secrets, clock: Arc<dyn Clock>, state: &Arc<Folder>) -> Result<Option<Github>> {
    let Some(wanted) = &config.github else { return Ok(None) };
    let Some(kept) = &secrets.github else {
        bail!("signalbox.toml has [github], and no key of a GitHub App is here: run `signalbox setup github`");
    };
    let key = signalbox_github::Secret::new(kept.private_key.as_str());
    let mut settings = signalbox_github::Settings::new(kept.app_id, key, &kept.mention);
    settings.webhook_secrets = kept.webhook.iter().map(signalbox_github::Secret::new).collect();
    if let Some(url) = &wanted.api_url {
        settings.api_url.clone_from(url);
    }
    if let Some(url) = &wanted.web_url {
        settings.web_url.clone_from(url);
    }
    settings.label = (!wanted.label.is_empty()).then(|| wanted.label.clone());
    settings.assignee.clone_from(&wanted.assignee);
    settings.roles.listed.clone_from(&config.roles);
    for (account, app) in &wanted.bots {
        let account = account.parse().map_err(|_| anyhow!("[github] bots: `{account}` is no account's id"))?;
        settings.bots.insert(account, *app);
    }
    if wanted.link {
        let (Some(client_id), Some(secret)) = (&kept.client_id, &kept.client_secret) else {
            bail!("[github] has `link = true`, and the App's client secret is not here: run `signalbox setup github`");
        };
        let client_secret = signalbox_github::Secret::new(secret.as_str());
        settings.oauth = Some(signalbox_github::Oauth { client_id: client_id.clone(), client_secret });
    }
    let github = Github::new(settings, clock, state.clone()).context("GitHub cannot be set up")?;
    Ok(Some(github))
}

/// The generic webhooks with their secrets. One without is served and refuses everything, which it says.
fn hooks(config: &Config, secrets: &Secrets) -> Vec<Hook> {
    let mut hooks = config.hooks.clone();
    for hook in &mut hooks {
        let kept = secrets.hooks.get(&hook.name).map(Vec::as_slice).unwrap_or_default();
        hook.secrets = match kept {
            [] => None,
            [current, rest @ ..] => HookSecrets::new(current, rest.first().map(String::as_str)),
        };
        if hook.secrets.is_none() {
            tracing::error!(hook = hook.name, "the webhook has no secret in secrets.toml and takes nothing");
        }
    }
    hooks
}
