//! `signalbox.toml`: what the team decided. A key that is not known is an error that names its place.

mod edges;
mod fetch;
mod models;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use serde::Deserialize;
use signalbox_domain::talk::Role;
use signalbox_sandbox::{Sizes, Wanted};
use signalbox_webhook::Hook;

pub(crate) use edges::{Bound, Github, Slack};
pub(crate) use fetch::Fetch;
pub(crate) use models::Model;

/// The settings of a dispatcher.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// What the page calls the person whose token is printed at the start.
    pub(crate) name: String,
    /// Where to listen. Anything but a loopback address has to be meant: see `open_to_the_network`.
    pub(crate) listen: String,
    /// Listen on an address that others can reach.
    pub(crate) open_to_the_network: bool,
    /// How many runs work at once.
    pub(crate) concurrent_runs: u32,
    /// Paths (globs) that no change may touch, in any repository.
    pub(crate) protect: Vec<String>,
    /// Folders of tools that agents may read and run, beside those of the system.
    pub(crate) tools: Vec<PathBuf>,
    /// The most a box may use: memory, cpus, processes, disk.
    pub(crate) boxes: Wanted,
    /// How many boxes are kept ready that nobody asked for yet.
    pub(crate) warm_boxes: usize,
    /// Run agents without a sandbox: they may do whatever this user may.
    pub(crate) unsandboxed_i_accept_the_risk: bool,
    /// Rooms to begin with.
    pub(crate) rooms: Vec<Room>,
    /// More people, each with a token of their own.
    pub(crate) people: Vec<Member>,
    /// Repositories to take in.
    pub(crate) repositories: Vec<Repository>,
    /// Where others reach this dispatcher: `https://…`, without a slash at its end. Links in chats lead there.
    pub(crate) public_url: Option<String>,
    /// Slack, if people ask there.
    pub(crate) slack: Option<Slack>,
    /// GitHub, if people ask or code lives there.
    pub(crate) github: Option<Github>,
    /// What people may do, by their immutable id: `slack:T…/U…`, `github:…`.
    pub(crate) roles: BTreeMap<String, Role>,
    /// What may be asked for in a room.
    pub(crate) bounds: Vec<Bound>,
    /// Webhooks of other systems. What they are signed with is in secrets.toml, under `[hooks]`.
    pub(crate) hooks: Vec<Hook>,
    /// Agents, by the name workflows use; `default` is the one they mean when they name none.
    pub(crate) agents: BTreeMap<String, Agent>,
    /// Providers of models, by name: `anthropic`, `openai`, `gemini`.
    pub(crate) models: BTreeMap<String, Model>,
    /// The file with what models cost that are not in the shipped table, or cost this team something else.
    pub(crate) prices: Option<PathBuf>,
    /// What may be gathered for a request.
    pub(crate) fetch: Fetch,
    /// Settings of plugins, by their id.
    pub(crate) plugins: BTreeMap<String, toml::Table>,
    /// The folder of the settings file, if there is one.
    #[serde(skip)]
    pub(crate) folder: Option<PathBuf>,
    /// The settings file, if there is one.
    #[serde(skip)]
    pub(crate) file: Option<PathBuf>,
    /// Agents whose sessions this program brings along: the demo's.
    #[serde(skip)]
    pub(crate) recorded: BTreeMap<String, signalbox_engine::Agent>,
}

/// A room.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Room {
    /// Its name.
    pub(crate) name: String,
    /// Its topic; `repo:owner/name` makes that its default repository.
    #[serde(default)]
    pub(crate) topic: String,
}

/// Someone who may use the page.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Member {
    /// A short name that never changes.
    pub(crate) id: String,
    /// What to call them.
    pub(crate) name: String,
    /// What they may do.
    pub(crate) role: Role,
    /// What lets them in: 16 characters at least.
    pub(crate) token: String,
}

/// A repository to take in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Repository {
    /// Its folder (from the settings file) or URL.
    pub(crate) from: String,
    /// Its name here, `owner/name`.
    pub(crate) name: Option<String>,
    /// What it is, in words.
    pub(crate) description: Option<String>,
}

/// An agent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Agent {
    /// What drives it: `claude-code`, `codex`, `opencode`, `gemini`, `pi`, `command`, `scripted`.
    pub(crate) adapter: String,
    /// The provider's name for the model.
    pub(crate) model: Option<String>,
    /// The agents, by name, that go on one after the other where its model's provider lets nobody in or is out of order.
    #[serde(default)]
    pub(crate) then: Vec<String>,
    /// `command`: the program, which reads the prompt on its standard input and edits the files it is started in.
    pub(crate) command: Option<String>,
    /// `scripted`: the recorded session, a file of the repository.
    pub(crate) session: Option<String>,
    /// The same for one phase, by `workflow.phase`, or one of its rounds, by `workflow.phase.2`.
    #[serde(default)]
    pub(crate) phases: BTreeMap<String, Own>,
}

/// What an agent does otherwise in one phase.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Own {
    /// `command`: the program.
    pub(crate) command: Option<String>,
    /// `scripted`: the recorded session.
    pub(crate) session: Option<String>,
}

/// Where the page listens unless the settings say otherwise.
const LISTEN: &str = "127.0.0.1:7420";

impl Default for Config {
    fn default() -> Self {
        Self {
            name: "You".into(),
            listen: LISTEN.into(),
            open_to_the_network: false,
            concurrent_runs: 4,
            protect: Vec::new(),
            tools: Vec::new(),
            boxes: Wanted::default(),
            warm_boxes: 0,
            unsandboxed_i_accept_the_risk: false,
            public_url: None,
            slack: None,
            github: None,
            roles: BTreeMap::new(),
            bounds: Vec::new(),
            hooks: Vec::new(),
            rooms: vec![Room { name: "general".into(), topic: String::new() }],
            people: Vec::new(),
            repositories: Vec::new(),
            agents: BTreeMap::new(),
            models: BTreeMap::new(),
            prices: None,
            fetch: Fetch::default(),
            plugins: BTreeMap::new(),
            folder: None,
            file: None,
            recorded: BTreeMap::new(),
        }
    }
}

impl Config {
    /// The settings in `file`, or in `signalbox.toml` here; without either, the defaults.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self> {
        let here = Path::new("signalbox.toml");
        let file = match file {
            Some(file) => file,
            None if here.is_file() => here,
            None => return Ok(Self::default()),
        };
        let text = fs::read_to_string(file).with_context(|| format!("failed to read {}", file.display()))?;
        let mut config: Self = toml::from_str(&text).map_err(|error| anyhow!("{}: {error}", file.display()))?;
        config.check().map_err(|problem| anyhow!("{}: {problem}", file.display()))?;
        let folder = file.parent().unwrap_or(Path::new("."));
        for repository in &mut config.repositories {
            let beside = folder.join(&repository.from);
            if !repository.from.contains("://") && beside.exists() {
                repository.from = beside.display().to_string();
            }
        }
        config.folder = Some(folder.to_path_buf());
        config.file = Some(file.to_path_buf());
        Ok(config)
    }

    /// The most a box may use.
    pub(crate) fn sizes(&self) -> Result<Sizes> {
        self.boxes.over(Sizes::default()).map_err(|problem| anyhow!("[boxes] {problem}"))
    }

    /// The settings as their file has them now. Those of the command line stay as they are.
    pub(crate) fn reloaded(&self) -> Result<Self> {
        match &self.file {
            Some(file) => Ok(Self { plugins: Self::load(Some(file))?.plugins, ..self.clone() }),
            None => Ok(self.clone()),
        }
    }

    /// What models cost that are not in the shipped table, as TOML.
    pub(crate) fn prices(&self) -> Result<String> {
        let Some(file) = &self.prices else { return Ok(String::new()) };
        let file = self.folder.as_deref().unwrap_or(Path::new(".")).join(file);
        let text = fs::read_to_string(&file).with_context(|| format!("failed to read {}", file.display()))?;
        signalbox_gateway::Prices::read(&text).with_context(|| file.display().to_string())?;
        Ok(text)
    }

    fn check(&self) -> Result<()> {
        if self.concurrent_runs == 0 {
            return Err(anyhow!("`concurrent_runs = 0` lets nothing run; write 1 or more"));
        }
        self.sizes()?;
        for member in &self.people {
            if member.token.len() < 16 {
                return Err(anyhow!("the token of {} has fewer than 16 characters; take a longer one", member.id));
            }
        }
        for (name, agent) in &self.agents {
            let needs = match agent.adapter.as_str() {
                "command" | "scripted" if !agent.phases.is_empty() => None,
                "command" => agent.command.is_none().then_some("command = \"PROGRAM\""),
                "scripted" => agent.session.is_none().then_some("session = \"FILE\""),
                other => {
                    let Some(provider) = signalbox_agents::provider(other) else {
                        let known = signalbox_agents::NAMES.map(|name| format!("`{name}`")).join(", ");
                        return Err(anyhow!(
                            "[agents.{name}] has the adapter `{other}`; there are {known}, `command` and `scripted`"
                        ));
                    };
                    if !self.models.contains_key(provider) {
                        return Err(anyhow!(
                            "[agents.{name}] asks the models of `{provider}`, which is not set up: add [models.{provider}]"
                        ));
                    }
                    None
                }
            };
            if let Some(unknown) = agent.then.iter().find(|next| !self.agents.contains_key(*next)) {
                return Err(anyhow!("[agents.{name}] is followed by `{unknown}`, and there is no [agents.{unknown}]"));
            }
            if let Some(needs) = needs {
                return Err(anyhow!("[agents.{name}] needs a line `{needs}`"));
            }
        }
        Ok(())
    }
}

impl Agent {
    /// As the engine hands it to runners.
    pub(crate) fn for_engine(&self) -> signalbox_engine::Agent {
        let own = |own: &Own| settings(&own.command, &own.session);
        signalbox_engine::Agent {
            adapter: self.adapter.clone(),
            model: self.model.clone(),
            provider: signalbox_agents::provider(&self.adapter).map(str::to_owned),
            then: self.then.clone(),
            settings: settings(&self.command, &self.session),
            phases: self.phases.iter().map(|(phase, settings)| (phase.clone(), own(settings))).collect(),
        }
    }
}

fn settings(command: &Option<String>, session: &Option<String>) -> BTreeMap<String, String> {
    let all = [("command", command), ("session", session)];
    all.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.clone()?))).collect()
}
