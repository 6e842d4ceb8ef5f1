//! The other process: loads what it is told, answers what it is asked, and ends when nobody asks any more.

use std::borrow::Cow;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use serde::Serialize;
use signalbox_ports::plugins::{Plugins as _, Prefetcher};

use super::frame::{self, Call, Open, Opened};
use crate::host::{Config, Host, Plugin};
use crate::manifest::World;
use crate::refusal::Refusals;

/// Serves the plugins over `input` and `output` until `input` ends. Nothing else may write to `output`.
pub fn serve(input: impl Read, mut output: impl Write) -> io::Result<()> {
    let mut input = BufReader::new(input);
    let Some(open) = frame::read(&mut input)? else { return Ok(()) };
    let open: Open = serde_json::from_slice(&open)?;
    let (config, cache) = read(open, &mut input)?;
    let host = match Host::open(config, Path::new(&cache)) {
        Ok(host) => host,
        Err(refusals) => return answer(&mut output, &Err::<Opened, _>(refusals)),
    };
    let mut opened = opened(&host);
    if let Err(problem) = super::confine() {
        opened.remarks.push(format!("the process that plugins run in is not confined: {problem}"));
    }
    answer(&mut output, &Ok::<_, Refusals>(opened))?;
    while let Some(call) = frame::read(&mut input)? {
        match serde_json::from_slice(&call)? {
            Call::Route { event } => answer(&mut output, &host.route(&event))?,
            Call::Prefetchers { event, scope } => answer(&mut output, &host.prefetchers(&event, &scope))?,
            Call::Gather { prefetcher, event, scope, round, fetched } => {
                answer(&mut output, &host.gather(&prefetcher, &event, &scope, round, &fetched))?;
            }
        }
    }
    Ok(())
}

/// What is to be loaded, with the components that follow it.
fn read(open: Open, input: &mut impl Read) -> io::Result<(Config, String)> {
    let mut plugins = Vec::new();
    for listed in open.plugins {
        let component = frame::read(input)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        plugins.push(Plugin {
            manifest: Cow::Owned(listed.manifest),
            component: Cow::Owned(component),
            settings: listed.settings,
            pin: listed.pin,
        });
    }
    let (policy, event_fuel, most_plugins) = (open.policy, open.event_fuel, open.most_plugins);
    Ok((Config { plugins, policy, event_fuel, most_plugins }, open.cache))
}

fn opened(host: &Host) -> Opened {
    let prefetchers = host.loaded().iter().filter(|it| it.manifest.world == World::Prefetcher);
    Opened {
        names: host.manifests().map(crate::manifest::Manifest::name).collect(),
        prefetchers: prefetchers
            .map(|it| Prefetcher {
                name: it.manifest.name(),
                digest: it.digest.clone(),
                required: it.manifest.on_error == crate::manifest::OnError::FailEvent,
            })
            .collect(),
        remarks: host.remarks().to_vec(),
    }
}

fn answer(output: &mut impl Write, answer: &impl Serialize) -> io::Result<()> {
    frame::write(output, &serde_json::to_vec(answer)?)
}
