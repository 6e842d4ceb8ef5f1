//! How long somebody on Slack waits for a sign: from the webhook to 👀, and to the status message.
//!
//! `latency FOLDER [MENTIONS] [MILLISECONDS]`: the dispatcher on a folder and the machine's clock, a Slack that answers
//! each call so late, one mention after the other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use signalbox_domain::id::Repository;
use signalbox_domain::identity::Roles;
use signalbox_domain::talk::Role;
use signalbox_engine::{Agent, Engine, Ports, Secret, Settings};
use signalbox_ports::Error;
use signalbox_ports::clock::System;
use signalbox_slack::{Board, CHAT, Slack, Spend, Summary, Workspace, manifest};
use signalbox_sqlite::Folder;
use signalbox_world::World;
use signalbox_world_slack::{AppSpec, ChannelId, Limits, Options, Ts, Urls, World as Vendor};
use tokio::net::TcpListener;

/// Mentions, unless it is said how many.
const MENTIONS: usize = 40;
/// Milliseconds of every call of Slack's, unless it is said how many.
const LATENCY_MS: u64 = 200;
/// From one mention to the next: what Slack lets one app do in a minute is enough for it.
const PACE: Duration = Duration::from_secs(4);
/// How often somebody looks.
const LOOK: Duration = Duration::from_millis(5);
/// The longest that anything is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// Deliveries that are worked beside each other.
const WORKERS: usize = 4;

/// Nobody looks at a Home here.
struct Blank;

#[async_trait]
impl Board for Blank {
    async fn runs(&self, _person: &str, _limit: usize) -> Result<Vec<Summary>, Error> {
        Ok(Vec::new())
    }

    async fn spend(&self, _person: &str) -> Result<Spend, Error> {
        Ok(Spend::default())
    }

    async fn repositories(&self, _query: &str, _limit: usize) -> Result<Vec<Repository>, Error> {
        Ok(Vec::new())
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let folder = words.first().context("latency FOLDER [MENTIONS] [MILLISECONDS]")?;
    let mentions = words.get(1).map_or(Ok(MENTIONS), |text| text.parse())?;
    let latency = words.get(2).map_or(Ok(LATENCY_MS), |text| text.parse())?;

    let vendor = Vendor::start(Options { limits: Limits::Enforced, ..Options::default() }).await?;
    let team = vendor.team("Acme");
    let app = vendor.app(AppSpec::everything("Signalbox"));
    let bot = vendor.install(&app.id, &team)?;
    let ana = vendor.person(&team, "Ana");
    let web = vendor.channel(&team, "web", &[&ana, &bot.user]);
    vendor.set_topic(&web, "repo:acme/website");

    let state = Arc::new(Folder::open(folder)?);
    let mut settings = signalbox_slack::Settings::new(app.id.to_string());
    settings.api_url = vendor.api_url();
    settings.signing_secrets.push(signalbox_slack::Secret::new(&app.signing_secret));
    let bot_token = signalbox_slack::Secret::new(&bot.token);
    settings.workspaces.push(Workspace { team: team.to_string(), bot_token, watched: Vec::new() });
    settings.roles = Roles { members: Role::Member, ..Roles::default() };
    let slack = Slack::new(settings, Arc::new(System), state.clone(), Arc::new(Blank))?;

    // Code and boxes are in memory, and nobody moves the boxes: what is measured comes before.
    let world = World::default();
    let ports = Ports {
        store: state.clone(),
        queue: state.clone(),
        blobs: state.clone(),
        chats: [(CHAT.to_owned(), Arc::new(slack.clone()) as _)].into(),
        clock: Arc::new(System),
        ..world.engine.ports().clone()
    };
    let mut settings = Settings::new(Secret::new([7; 32]));
    settings.concurrent_runs = 1_000;
    settings.agents.insert("default".into(), Agent { adapter: "scripted".into(), ..Agent::default() });
    let engine = Arc::new(Engine::new(ports, settings));
    let listener = TcpListener::bind("127.0.0.1:0").await.context("failed to listen")?;
    let url = format!("http://{}{}", listener.local_addr()?, manifest::PATH);
    vendor.point(&app.id, Urls::all(&url));
    let router = signalbox_ingress::router(engine.clone(), [signalbox_slack::routes(&slack, engine.clone())]);
    tokio::spawn(signalbox_ingress::serve(listener, router, std::future::pending()));
    tokio::spawn(async move { engine.drive(WORKERS).await });
    vendor.latency(Duration::from_millis(latency));

    let (mut taken, mut marked, mut told) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..mentions {
        let began = Instant::now();
        let root = vendor.say(&ana, &web, &format!("@Signalbox the price should say ${number}")).await?;
        taken.push(began.elapsed());
        marked.push(until(began, || seen(&vendor, &web, &root)).await.context("no mark was seen")?);
        told.push(until(began, || status(&vendor, &web, &root)).await.context("no status message was seen")?);
        tokio::time::sleep(PACE.saturating_sub(began.elapsed())).await;
    }
    let meters = vendor.meters();
    println!("{mentions} mentions, {latency} ms a call; ms from the webhook to");
    println!("{:<22} {:>7} {:>7} {:>7}", "", "p50", "p99", "first");
    for (name, times) in [("the edge's 200", taken), ("a mark", marked), ("the status message", told)] {
        let first = times.first().map_or(0, Duration::as_millis);
        println!("{name:<22} {:>7} {:>7} {first:>7}", percentile(&times, 50), percentile(&times, 99));
    }
    println!("{} calls, {} over a limit, {} early", meters.total(), meters.over_total(), meters.early_total());
    println!("{:?}", meters.calls);
    world.abandon();
    Ok(())
}

/// How long it took until something was there.
async fn until(began: Instant, there: impl Fn() -> bool) -> Option<Duration> {
    while began.elapsed() < PATIENCE {
        if there() {
            return Some(began.elapsed());
        }
        tokio::time::sleep(LOOK).await;
    }
    None
}

/// Whether a message carries a mark.
fn seen(vendor: &Vendor, channel: &ChannelId, root: &Ts) -> bool {
    vendor.message(channel, root).is_ok_and(|message| !message.reactions.is_empty())
}

/// Whether the thread has a status message.
fn status(vendor: &Vendor, channel: &ChannelId, root: &Ts) -> bool {
    let slot = |metadata: &serde_json::Value| metadata.pointer("/event_payload/slot") == Some(&"status".into());
    let thread = vendor.thread(channel, root).unwrap_or_default();
    thread.iter().any(|message| message.metadata.as_ref().is_some_and(slot))
}

/// In milliseconds.
fn percentile(times: &[Duration], percent: usize) -> u128 {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).map_or(0, Duration::as_millis)
}
