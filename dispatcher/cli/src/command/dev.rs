//! `dev slack` and `dev github`: a vendor of one's own on this machine, with a few people in it, that a dispatcher can be
//! tried with; settings for one, with a script in place of an agent, are written beside. Nothing of it leaves the machine.

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use signalbox_ports::clock::{Clock as _, System};
use signalbox_world_github::{Role, World as Github};
use signalbox_world_slack::{AppSpec, Options, Urls, World as Slack, serve};
use tokio::net::TcpListener;

use crate::arguments::{Dev, DevWorld};
use crate::home::Home;
use crate::print;
use crate::secrets::{self, Secrets};

/// The settings of the dispatcher that is tried, in its folder.
const SETTINGS: &str = "dev.toml";
/// What stands in for an agent there.
const AGENT: &str = include_str!("dev/agent.sh");
/// The repository that is worked on.
const REPOSITORY: &str = "acme/website";

/// Runs one of them until Ctrl-C.
pub(crate) fn dev(home: &Home, asked: &Dev) -> Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new().context("failed to start")?;
    runtime.block_on(async {
        match asked {
            Dev::Slack(asked) => slack(home, asked).await,
            Dev::Github(asked) => github(home, asked).await,
        }
    })
}

async fn slack(home: &Home, asked: &DevWorld) -> Result<ExitCode> {
    let mut kept = vacant(home, |kept| kept.slack.is_some())?;
    let listener = TcpListener::bind(("127.0.0.1", asked.port)).await.context("failed to listen")?;
    let world = Slack::new(Options::default());
    let team = world.team("Acme");
    let (ana, max) = (world.person(&team, "Ana"), world.person(&team, "Max"));
    let app = world.app(spec());
    let installed = world.install(&app.id, &team)?;
    let web = world.channel(&team, "web", &[&ana, &max, &installed.user]);
    world.set_topic(&web, &format!("repo:{REPOSITORY}"));
    world.channel(&team, "lobby", &[&ana, &max, &installed.user]);
    world.point(&app.id, Urls::all(&format!("{}/hooks/slack", asked.dispatcher)));

    kept.slack = Some(secrets::Slack {
        app: app.id.0.clone(),
        signing: vec![app.signing_secret.clone()],
        app_token: Some(app.app_token.clone()),
        workspaces: [(team.0.clone(), installed.token.clone())].into(),
    });
    kept.save(home)?;
    let address = listener.local_addr().context("failed to learn where it listens")?;
    let website = home.at("website");
    if !website.exists() {
        signalbox_git::sample::website(&website).await.context("failed to make the sample repository")?;
    }
    let settings = format!(
        "[slack]\napi_url = \"http://{address}/api\"\n\n[roles]\n\"slack:{team}/{max}\" = \"maintainer\"\n\n\
         [[repositories]]\nfrom = \"website\"\nname = \"{REPOSITORY}\"\n"
    );
    said(home, "Slack", "Ana, or as Max, who may approve", &format!("http://{address}"), &settings)?;
    print::line(format_args!("Write there, in #web:  @Signalbox the pricing page says $9, it should say $12"));
    tokio::select! {
        served = serve(listener, world) => served.context("it broke off")?,
        () = super::interrupted() => {}
    }
    forget(home, |kept| kept.slack = None)
}

async fn github(home: &Home, asked: &DevWorld) -> Result<ExitCode> {
    let mut kept = vacant(home, |kept| kept.github.is_some())?;
    let world = Github::start_at(SocketAddr::from(([127, 0, 0, 1], asked.port)), || System.now().0, None)?;
    world.organization("acme");
    for (login, role) in [("ana", Role::Write), ("max", Role::Maintain)] {
        world.user(login);
        world.member("acme", login, false, true);
        if login == "ana" {
            world.repository(REPOSITORY, &[("index.html", "<p>$9</p>\n"), ("README.md", "# The website\n")])?;
        }
        world.collaborator(REPOSITORY, login, Some(role))?;
    }
    world.install("acme", None);
    world.hook(&format!("{}/hooks/github", asked.dispatcher));
    let app = world.app();
    kept.github = Some(secrets::Github {
        app_id: app.id,
        mention: app.slug.clone(),
        private_key: app.private_key.clone(),
        webhook: vec![app.webhook_secret.clone()],
        client_id: None,
        client_secret: None,
    });
    kept.save(home)?;
    let url = world.url();
    let settings = format!("[github]\napi_url = \"{url}\"\nweb_url = \"{url}\"\n");
    said(home, "GitHub", "ana, or as max, who may approve", url, &settings)?;
    print::line(format_args!("Open an issue there:  @{} the pricing page says $9, it should say $12", app.slug));
    super::interrupted().await;
    forget(home, |kept| kept.github = None)
}

/// An app that has what the product asks for.
fn spec() -> AppSpec {
    let features = signalbox_slack::Settings::new("").features;
    let manifest = signalbox_slack::manifest::manifest(&features, "Signalbox", None);
    let named = |place: &str| manifest.pointer(place).and_then(|name| name.as_str()).unwrap_or_default().to_owned();
    AppSpec::everything("Signalbox")
        .with_command(&named("/features/slash_commands/0/command"))
        .with_shortcut(&named("/features/shortcuts/0/callback_id"))
}

/// Writes the settings of a dispatcher to try it with, and says how to begin.
fn said(home: &Home, what: &str, who: &str, url: &str, settings: &str) -> Result<()> {
    let file = home.at(SETTINGS);
    let agent = format!("[agents.default]\nadapter = \"command\"\ncommand = '''\n{AGENT}'''\n");
    std::fs::write(&file, format!("{settings}\n{agent}"))
        .with_context(|| format!("failed to write {}", file.display()))?;
    let (data, file) = (home.path().display(), file.display());
    print::line(format_args!("A {what} is at  {url}/  — write there as {who}."));
    print::line(format_args!("In another terminal:  signalbox serve --data {data} --config {file}"));
    print::line(format_args!("\n{settings}\n(With a script in place of an agent. Ctrl-C ends this {what}.)"));
    Ok(())
}

/// The secrets of a folder that has none of that kind: real ones are never overwritten.
fn vacant(home: &Home, taken: impl Fn(&Secrets) -> bool) -> Result<Secrets> {
    let kept = Secrets::load(home)?;
    if taken(&kept) {
        bail!(
            "{} lets a dispatcher into another one already; name another folder with --data, or remove it from there",
            home.at("secrets.toml").display()
        );
    }
    Ok(kept)
}

/// The keys open nothing any more.
fn forget(home: &Home, which: impl Fn(&mut Secrets)) -> Result<ExitCode> {
    let mut kept = Secrets::load(home)?;
    which(&mut kept);
    kept.save(home)?;
    Ok(ExitCode::SUCCESS)
}
