//! `doctor`: each thing that is needed, tried; what is missing, with the command that mends it.

use std::process::{Command, ExitCode};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use serde_json::json;
use signalbox_github::{Expected, Feature, Weight, examine};
use signalbox_sandbox::Sandbox;
use signalbox_slack::doctor::{State, Visit};
use signalbox_sqlite::Folder;
use url::Url;

use crate::arguments::Doctor;
use crate::client::Client;
use crate::config::Config;
use crate::dispatcher;
use crate::edges::Edges;
use crate::forges::Forges;
use crate::home::Home;
use crate::print;
use crate::secrets::Secrets;

/// The app's configuration token at Slack, in the environment. It holds for twelve hours, so nothing keeps it.
const CONFIG_TOKEN: &str = "SIGNALBOX_SLACK_CONFIG_TOKEN";

/// One thing that was tried.
struct Finding {
    what: &'static str,
    how: How,
    said: String,
    remedy: String,
}

/// How a thing is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Well,
    /// Not seen yet, or people can do without it.
    Doubtful,
    Wrong,
}

impl How {
    fn mark(self) -> char {
        match self {
            Self::Well => '✓',
            Self::Doubtful => '?',
            Self::Wrong => '✗',
        }
    }
}

pub(crate) fn doctor(home: &Home, config: &Config, asked: &Doctor) -> Result<ExitCode> {
    let mut findings = vec![git()];
    findings.extend(sandbox(home, config)?);
    findings.extend([plugins(home, config), folder(home), agents(home, config)]);
    findings.extend(models(config));
    findings.push(running(home));
    findings.extend(edges(home, config));
    if asked.json {
        let all: Vec<_> = findings
            .iter()
            .map(|Finding { what, how, said, remedy }| {
                let (well, doubtful) = (*how != How::Wrong, *how == How::Doubtful);
                json!({ "what": what, "well": well, "doubtful": doubtful, "said": said, "remedy": remedy })
            })
            .collect();
        print::line(format_args!("{}", serde_json::to_string_pretty(&all)?));
    } else {
        for Finding { what, how, said, remedy } in &findings {
            print::line(format_args!("{} {what:<10} {said}", how.mark()));
            if !remedy.is_empty() {
                print::line(format_args!("             → {remedy}"));
            }
        }
    }
    let well = findings.iter().all(|found| found.how != How::Wrong);
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn good(what: &'static str, said: impl Into<String>) -> Finding {
    Finding { what, how: How::Well, said: said.into(), remedy: String::new() }
}

fn bad(what: &'static str, said: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding { what, how: How::Wrong, said: said.into(), remedy: remedy.into() }
}

fn git() -> Finding {
    match Command::new("git").arg("--version").output() {
        Ok(output) if output.status.success() => good("git", String::from_utf8_lossy(&output.stdout).trim()),
        Ok(output) => bad("git", String::from_utf8_lossy(&output.stderr).trim(), "apt-get install git"),
        Err(error) => bad("git", format!("it cannot be started: {error}"), "apt-get install git"),
    }
}

fn sandbox(home: &Home, config: &Config) -> Result<Vec<Finding>> {
    let sandbox = Sandbox::new(signalbox_sandbox::Config {
        folder: home.at("boxes"),
        program: std::env::current_exe().context("failed to find this program")?,
        endpoint: home.at("endpoint"),
        tools: config.tools.clone(),
        sizes: config.sizes()?,
        warm: 0,
        unsandboxed_i_accept_the_risk: false,
    });
    let runtime = tokio::runtime::Runtime::new().context("failed to start")?;
    let properties = match runtime.block_on(sandbox.examine()) {
        Ok(properties) => properties,
        Err(unable) => return Ok(vec![bad("sandbox", unable.reason, unable.remedy)]),
    };
    let mut found = vec![good("sandbox", "a box was made, each of its walls and limits was tried, and it was removed")];
    found.extend(properties.into_iter().map(|property| Finding {
        what: "sandbox",
        how: match (property.proved, property.remedy.is_empty()) {
            (true, _) => How::Well,
            // Something is missing that one can do without.
            (false, false) if !property.said.starts_with("it was tried") => How::Doubtful,
            (false, _) => How::Wrong,
        },
        said: format!("{}: {}", property.name, property.said),
        remedy: property.remedy,
    }));
    Ok(found)
}

fn plugins(home: &Home, config: &Config) -> Finding {
    match dispatcher::plugins(home, config) {
        Ok(host) => {
            let names: Vec<String> = host.manifests().map(|manifest| manifest.id.clone()).collect();
            good("plugins", names.join(", "))
        }
        Err(error) => bad("plugins", format!("{error:#}"), "correct [plugins.…] in signalbox.toml"),
    }
}

fn folder(home: &Home) -> Finding {
    let trial = home.at(".trial");
    match crate::home::write_private(&trial, "trial").and_then(|()| Ok(std::fs::remove_file(&trial)?)) {
        Ok(()) => good("folder", home.path().display().to_string()),
        Err(error) => bad("folder", format!("{error:#}"), "name a folder you may write with --data"),
    }
}

fn agents(home: &Home, config: &Config) -> Finding {
    let asked = config.agents.values().filter_map(|agent| signalbox_agents::pin(&agent.adapter));
    let missing: Vec<&str> = asked.filter(|pin| !crate::command::is_installed(home, pin)).map(|pin| pin.name).collect();
    if !missing.is_empty() {
        let names = missing.join(" ");
        return Finding {
            what: "agents",
            // They may be among the tools that the settings name.
            how: if config.tools.is_empty() { How::Wrong } else { How::Doubtful },
            said: format!("not installed here: {names}"),
            remedy: format!("signalbox agents install {names}"),
        };
    }
    if config.agents.contains_key("default") {
        let names: Vec<&str> = config.agents.keys().map(String::as_str).collect();
        return good("agents", names.join(", "));
    }
    bad(
        "agents",
        "no agent is set up, so nothing can be worked",
        "add to signalbox.toml:  [agents.default]  adapter = \"command\"  command = \"PROGRAM\"",
    )
}

/// Providers of models: whether there is a key. It is shown to nobody, and nothing is asked of them: that costs money.
fn models(config: &Config) -> Vec<Finding> {
    let found = config.models.iter().map(|(name, model)| {
        let tried =
            model.provider(name).and_then(|provider| Ok((provider, model.key(name, config.folder.as_deref())?)));
        match tried {
            Ok((provider, _)) => good("models", format!("{name}: at {}, with a key", provider.upstream)),
            Err(error) => bad("models", format!("{error:#}"), "see docs/agents.md, “Keys”"),
        }
    });
    found.collect()
}

fn running(home: &Home) -> Finding {
    match Client::running(home) {
        Some(_) => good("dispatcher", "one is running on this folder"),
        None => good("dispatcher", "none is running on this folder; `signalbox serve` starts one"),
    }
}

/// What is connected: everything the adapters find. What cannot be opened at all says why.
fn edges(home: &Home, config: &Config) -> Vec<Finding> {
    if config.slack.is_none() && config.github.is_none() {
        return Vec::new();
    }
    connected(home, config).unwrap_or_else(|error| {
        vec![bad("connected", format!("{error:#}"), "run `signalbox setup slack` or `signalbox setup github`")]
    })
}

fn connected(home: &Home, config: &Config) -> Result<Vec<Finding>> {
    let runtime = tokio::runtime::Runtime::new().context("failed to start")?;
    runtime.block_on(async {
        let secrets = Secrets::load(home)?;
        // What was seen so far is in the dispatcher's own folder, which it may be at work in: it is only looked at.
        let state = match Folder::look(home.at("state")) {
            Ok(folder) => folder,
            Err(_) => Folder::open(home.at("state"))?,
        };
        let edges = Edges::open(config, &secrets, &Arc::new(state), Arc::new(Forges(Vec::new())), "")?;
        let mut found = Vec::new();
        let address = config.public_url.as_deref().and_then(|url| Url::parse(url).ok());
        if let Some(slack) = &edges.slack {
            let socket = config.slack.as_ref().is_some_and(|slack| slack.socket);
            let token = std::env::var(CONFIG_TOKEN).ok().filter(|token| !token.trim().is_empty());
            let token = token.map(|token| signalbox_slack::Secret::new(token.trim()));
            let visit = Visit { address: address.as_ref().filter(|_| !socket), config_token: token.as_ref() };
            for finding in signalbox_slack::doctor::doctor(slack, visit).await {
                let how = match finding.state {
                    State::Good => How::Well,
                    State::Doubtful => How::Doubtful,
                    State::Wrong => How::Wrong,
                };
                let remedy = finding.remedy.unwrap_or_default();
                found.push(Finding { what: "slack", how, said: finding.what, remedy });
            }
        }
        if let Some(github) = &edges.github {
            let forward = config.github.as_ref().is_some_and(|github| github.forward);
            let expected =
                Expected { features: Feature::ALL.into(), public_url: config.public_url.clone().filter(|_| !forward) };
            for finding in examine(github, &expected).await {
                let how = match finding.weight {
                    Weight::Fine => How::Well,
                    Weight::Odd => How::Doubtful,
                    Weight::Broken => How::Wrong,
                };
                found.push(Finding { what: "github", how, said: finding.what, remedy: finding.then });
            }
        }
        Ok(found)
    })
}
