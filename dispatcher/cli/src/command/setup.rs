//! `setup`: the app at Slack or GitHub, made in the browser by the person it will belong to; what lets us in is kept in
//! the folder.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow, bail};
use signalbox_github::{Feature, Setup, manifest as github_manifest};
use signalbox_slack::doctor::workspace_of;
use signalbox_slack::manifest;
use tokio::net::TcpListener;
use url::Url;

use crate::arguments::{SetupGithub, SetupSlack};
use crate::config::{Config, Github, Slack};
use crate::edges::slack_settings;
use crate::home::Home;
use crate::print;
use crate::secrets::{self, Secrets};

/// The manifest's file.
const MANIFEST: &str = "slack-manifest.json";

/// Makes the app at Slack, and keeps what lets us in.
pub(crate) fn slack(home: &Home, config: &Config, asked: &SetupSlack) -> Result<ExitCode> {
    let wanted = config.slack.clone().unwrap_or(Slack { socket: config.public_url.is_none(), ..Slack::default() });
    let settings = slack_settings(config, &wanted);
    let address = match (&config.public_url, wanted.socket) {
        (Some(url), false) => Some(Url::parse(url).with_context(|| format!("`public_url` is no address: {url}"))?),
        (None, false) => bail!(
            "Slack cannot reach this dispatcher: set `public_url = \"https://…\"` in signalbox.toml, or `socket = true` \
             under [slack]"
        ),
        (_, true) => None,
    };
    let manifest = manifest::manifest(&settings.features, &asked.name, address.as_ref());
    let file = home.at(MANIFEST);
    std::fs::write(&file, serde_json::to_string_pretty(&manifest)?)
        .with_context(|| format!("failed to write {}", file.display()))?;
    print::line("1. Open this link, choose your workspace, and press Create. Slack shows what the app may do.\n");
    print::line(format_args!("   {}\n", manifest::link(&manifest)));
    print::line(format_args!("   (The same as a file: {})", file.display()));
    if asked.manifest_only {
        return Ok(ExitCode::SUCCESS);
    }
    print::line("2. Press Install to Workspace. Then copy these from the app's pages:\n");
    let mut secrets = Secrets::load(home)?;
    let kept = secrets.slack.clone().unwrap_or_default();
    let app = ask("App ID, A… (Basic Information)", Some(&kept.app))?;
    let signing = ask("Signing Secret (Basic Information)", kept.signing.first().map(String::as_str))?;
    let app_token = if wanted.socket {
        let label =
            "App-Level Token, xapp-… (Basic Information → App-Level Tokens → Generate, scope connections:write)";
        Some(ask(label, kept.app_token.as_deref())?)
    } else {
        kept.app_token.clone()
    };
    let token = ask("Bot User OAuth Token, xoxb-… (OAuth & Permissions)", None)?;
    let runtime = tokio::runtime::Runtime::new().context("failed to start")?;
    let (team, name) = runtime
        .block_on(workspace_of(&settings.api_url, &signalbox_slack::Secret::new(token.as_str())))
        .context("nothing was kept; copy the Bot User OAuth Token (xoxb-…) anew and run this again")?;
    let mut workspaces = kept.workspaces;
    workspaces.insert(team.clone(), token);
    // The secret before this one holds until the next setup: it may be rotated just now.
    let before = kept.signing.into_iter().find(|before| *before != signing);
    let signing = std::iter::once(signing).chain(before).collect();
    secrets.slack = Some(secrets::Slack { app, signing, app_token, workspaces });
    secrets.save(home)?;
    print::line(format_args!("\nConnected to {name} ({team}). For another workspace, run this again there."));
    if config.slack.is_none() {
        let socket = if wanted.socket { "\nsocket = true" } else { "" };
        print::line(format_args!("Add to signalbox.toml:\n\n[slack]{socket}\n"));
    }
    print::line(
        "Then start `signalbox serve`, invite the app to a channel (/invite), and look with `signalbox doctor`.",
    );
    Ok(ExitCode::SUCCESS)
}

/// Makes the App at GitHub in the browser, and keeps its keys.
pub(crate) fn github(home: &Home, config: &Config, asked: &SetupGithub) -> Result<ExitCode> {
    let wanted = config.github.clone().unwrap_or(Github { forward: config.public_url.is_none(), ..Github::default() });
    let mut secrets = Secrets::load(home)?;
    if let Some(kept) = secrets.github.as_ref().filter(|_| !asked.replace) {
        bail!("the keys of App {} are here already; to make another one, add --replace", kept.app_id);
    }
    let features: BTreeSet<Feature> = Feature::ALL.into();
    let mut state = [0; 16];
    getrandom::fill(&mut state).context("failed to get randomness from the system")?;
    let setup = Setup {
        web_url: wanted.web_url.clone().unwrap_or_else(|| "https://github.com".into()),
        api_url: wanted.api_url.clone().unwrap_or_else(|| "https://api.github.com".into()),
        organisation: asked.organisation.clone(),
        manifest: github_manifest(&features, &asked.name, config.public_url.as_deref(), ""),
        state: state.iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    let runtime = tokio::runtime::Runtime::new().context("failed to start")?;
    let made = runtime.block_on(async {
        let listener =
            TcpListener::bind(("127.0.0.1", asked.port)).await.context("failed to listen for the way back")?;
        let address = listener.local_addr().context("failed to learn where to come back to")?;
        let (router, made) = setup.serve(address);
        print::line(format_args!("Open this on this machine, and press the button there:\n\n   http://{address}/\n"));
        tokio::select! {
            served = async { axum::serve(listener, router).await } => {
                served.context("the page broke off")?;
                Err(anyhow!("the page ended before GitHub came back"))
            }
            made = made => made.context("GitHub handed out nothing"),
            () = super::interrupted() => bail!("stopped; no App was kept. One may have been made: look at GitHub"),
        }
    })?;
    let webhook = made.webhook_secret.iter().map(|secret| secret.expose().to_owned()).collect();
    let install = made.install_url.clone();
    secrets.github = Some(secrets::Github {
        app_id: made.app_id,
        mention: made.slug.clone(),
        private_key: made.private_key.expose().to_owned(),
        webhook,
        client_id: Some(made.client_id.clone()),
        client_secret: Some(made.client_secret.expose().to_owned()),
    });
    secrets.save(home)?;
    print::line(format_args!("The App {} is made and its keys are kept. Now install it:\n\n   {install}\n", made.slug));
    if config.github.is_none() {
        let forward = if wanted.forward { "\nforward = true" } else { "" };
        print::line(format_args!("Add to signalbox.toml:\n\n[github]{forward}\n"));
    }
    print::line(format_args!("Then start `signalbox serve`, and write @{} in an issue.", made.slug));
    Ok(ExitCode::SUCCESS)
}

/// Asks a person for one line. An empty one keeps what is kept.
fn ask(label: &str, kept: Option<&str>) -> Result<String> {
    let kept = kept.filter(|kept| !kept.is_empty());
    let hint = if kept.is_some() { " [Enter keeps the one that is here]" } else { "" };
    let mut out = std::io::stdout().lock();
    write!(out, "   {label}{hint}: ").and_then(|()| out.flush()).context("failed to ask")?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("failed to read the answer")?;
    match (line.trim(), kept) {
        ("", Some(kept)) => Ok(kept.to_owned()),
        ("", None) => bail!("nothing was given for: {label}"),
        (given, _) => Ok(given.to_owned()),
    }
}
