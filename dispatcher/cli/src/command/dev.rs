//! `dev slack` and `dev github`: a vendor of one's own on this machine, with a few people in it, that a dispatcher can be
//! tried with. Nothing of it leaves the machine, and all of it is forgotten at the end.

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
    let app = world.app(AppSpec::everything("Signalbox").with_command("/signalbox"));
    let installed = world.install(&app.id, &team)?;
    let web = world.channel(&team, "web", &[&ana, &max, &installed.user]);
    world.set_topic(&web, "repo:acme/website");
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
    print::line(format_args!("A Slack is at http://{address}/ — open it to write as Ana or Max."));
    print::line(format_args!("Its keys are in {}. Add to signalbox.toml:\n", home.path().display()));
    print::line(format_args!(
        "[slack]\napi_url = \"http://{address}/api\"\n\n[roles]\n\"slack:{team}/{max}\" = \"maintainer\"\n"
    ));
    print::line(format_args!("Then: signalbox serve --data {}   (Ctrl-C ends this Slack)", home.path().display()));
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
            world.repository("acme/website", &[("index.html", "<p>$9</p>\n"), ("README.md", "# The website\n")])?;
        }
        world.collaborator("acme/website", login, Some(role))?;
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
    print::line(format_args!("A GitHub is at {url}/ — open it to write as ana or max."));
    print::line(format_args!("Its keys are in {}. Add to signalbox.toml:\n", home.path().display()));
    print::line(format_args!("[github]\napi_url = \"{url}\"\nweb_url = \"{url}\"\n"));
    print::line(format_args!("Then: signalbox serve --data {}   (Ctrl-C ends this GitHub)", home.path().display()));
    super::interrupted().await;
    forget(home, |kept| kept.github = None)
}

/// The secrets of a folder that has none of that kind: real ones are never overwritten.
fn vacant(home: &Home, taken: impl Fn(&Secrets) -> bool) -> Result<Secrets> {
    let kept = Secrets::load(home)?;
    if taken(&kept) {
        bail!("{} holds the keys of another one already; name another folder with --data", home.path().display());
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
