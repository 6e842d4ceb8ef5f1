//! The edge alone: webhooks verified, kept and queued in a folder, as the dispatcher does it, and nothing worked.
//!
//! `edge FOLDER PORT SLACK_SECRET GITHUB_SECRET`

use std::sync::Arc;

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use signalbox_domain::id::Repository;
use signalbox_engine::{Engine, Ports, Secret, Settings};
use signalbox_github::Github;
use signalbox_ports::Error;
use signalbox_ports::clock::System;
use signalbox_slack::{Board, Slack, Spend, Summary};
use signalbox_sqlite::Folder;
use signalbox_webhook::Counter;
use signalbox_world::World;
use tokio::net::TcpListener;

/// Nobody looks at anything here.
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
    let [folder, port, slack_secret, github_secret] = words.as_slice() else {
        anyhow::bail!("edge FOLDER PORT SLACK_SECRET GITHUB_SECRET");
    };
    let state = Arc::new(Folder::open(folder)?);
    let world = World::default();
    let ports =
        Ports { store: state.clone(), queue: state.clone(), blobs: state.clone(), ..world.engine.ports().clone() };
    let engine = Arc::new(Engine::new(ports, Settings::new(Secret::new([7; 32]))));

    let mut settings = signalbox_slack::Settings::new("A0BENCH");
    settings.signing_secrets.push(signalbox_slack::Secret::new(slack_secret.as_str()));
    let bot_token = signalbox_slack::Secret::new("xoxb-bench");
    settings.workspaces.push(signalbox_slack::Workspace { team: "T0BENCH".into(), bot_token, watched: Vec::new() });
    let slack = Slack::new(settings, Arc::new(System), state.clone(), Arc::new(Blank))?;

    // The edge never uses the key; any that can be read will do.
    let key = signalbox_github::Secret::new(include_str!("key.pem"));
    let mut settings = signalbox_github::Settings::new(1, key, "signalbox");
    settings.webhook_secrets.push(signalbox_github::Secret::new(github_secret.as_str()));
    let github = Github::new(settings, Arc::new(System), state.clone())?;

    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await.context("failed to listen")?;
    let router = signalbox_ingress::router(
        engine.clone(),
        [
            signalbox_slack::routes(&slack, engine.clone()),
            signalbox_github::routes(&github, engine.clone(), Arc::new(Counter::default())),
        ],
    );
    signalbox_ingress::serve(listener, router, std::future::pending()).await;
    Ok(())
}
