//! One event through routers: components, and the same Rust called natively.

use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use serde::de::DeserializeOwned;
use signalbox_domain::route::Said;
use signalbox_plugin::{Event as Given, PluginError, router::Outcome};
use signalbox_plugin_host::Host;
use signalbox_ports::plugins::{Event, Plugins as _};

use crate::figures::Figures;
use crate::samples::{Plan, Samples};

const PLAN: Plan = Plan { warm: 200, count: 3_000, within: Duration::from_secs(5) };
/// Native calls in one sample: one alone is too short.
const CALLS: u32 = 20;
const NAMES: [&str; 3] = ["explicit", "keywords", "channel"];

pub(crate) fn measure(figures: &mut Figures) -> Result<()> {
    let cache = tempfile::tempdir()?;
    let open = |plugins| signalbox_bench::open(plugins, cache.path()).map_err(|refusals| anyhow!("{refusals}"));
    let event = signalbox_bench::event();
    let given = given(&event)?;
    figures.amount("the event as JSON", serde_json::to_vec(&event)?.len() as f64, "bytes");

    let settings = settings();
    let native = [
        native(&given, settings[0], signalbox_plugin_explicit::route)?,
        native(&given, settings[1], signalbox_plugin_keywords::route)?,
        native(&given, settings[2], signalbox_plugin_channel::route)?,
    ];
    for (which, name) in NAMES.iter().enumerate() {
        let host = open(vec![signalbox_bench::router(which)])?;
        let routed = routed(&host, &event)?;
        figures.times(format!("`{name}`, called natively"), &native[which]);
        figures.beside(format!("`{name}`, a component"), &routed, &native[which], "native");
        figures.amount(format!("`{name}`, fuel of the call"), fuel(&host, &event) as f64, "units");
    }
    let host = open((0..NAMES.len()).map(signalbox_bench::router).collect())?;
    let all = native.iter().map(Samples::p50).sum();
    figures.beside("the three shipped routers", &routed(&host, &event)?, &Samples::of(vec![all]), "native");
    let host = open(signalbox_bench::routers(20))?;
    let all = (0..20).map(|number| native[number % NAMES.len()].p50()).sum();
    figures.beside("twenty routers", &routed(&host, &event)?, &Samples::of(vec![all]), "native");
    figures.amount("twenty routers, fuel of the event", fuel(&host, &event) as f64, "units");

    let empty = Event { text: String::new(), repositories: Vec::new(), workflows: Vec::new(), ..event };
    let host = open(vec![signalbox_bench::router(2)])?;
    figures.times("an empty event through `channel`: store, instance, call, teardown", &routed(&host, &empty)?);
    Ok(())
}

fn routed(host: &Host, event: &Event) -> Result<Samples> {
    for opinion in host.route(event) {
        let asked = !matches!(opinion.said, Said::Failed { .. } | Said::Untriggered);
        ensure!(asked, "{} was to be asked: {:?}", opinion.router, opinion.said);
    }
    Samples::take(PLAN, || {
        std::hint::black_box(host.route(std::hint::black_box(event)));
        Ok(())
    })
}

fn fuel(host: &Host, event: &Event) -> u64 {
    host.route(event).iter().map(|opinion| opinion.fuel).sum()
}

/// What a component does with the same event: its settings are read, the router called.
fn native<C: DeserializeOwned>(
    given: &Given,
    settings: &str,
    route: impl Fn(&Given, &C) -> Result<Outcome, PluginError>,
) -> Result<Samples> {
    let call = || route(std::hint::black_box(given), &signalbox_plugin::config::read::<C>(settings)?);
    call().map_err(|error| anyhow!("a native router failed: {error:?}"))?;
    let samples = Samples::take(PLAN, || {
        for _ in 0..CALLS {
            let _ = std::hint::black_box(call());
        }
        Ok(())
    })?;
    Ok(samples.each(CALLS))
}

/// The settings as the host fills them in, from the manifests' defaults.
fn settings() -> [&'static str; 3] {
    [
        "{}",
        r#"{"repositories":{},"workflows":{},"answer":"answer","change":"build"}"#,
        r#"{"rooms":{},"people":{},"team":{}}"#,
    ]
}

/// The event in the guests' types.
fn given(event: &Event) -> Result<Given> {
    let text = serde_json::json!({
        "id": event.id,
        "received_at_ms": event.received_at.0,
        "seed": event.seed,
        "text": event.text,
        "author": { "id": event.author.id, "name": event.author.name, "role": "Member" },
        "thread": {
            "chat": event.thread.chat,
            "room": event.thread.room,
            "room_name": event.room_name,
            "room_topic": event.room_topic,
            "root": event.thread.root,
        },
        "memory": null,
        "repositories": event.repositories.iter().map(|it| serde_json::json!({
            "name": it.name, "description": it.description, "default_branch": it.default_branch,
        })).collect::<Vec<_>>(),
        "workflows": event.workflows.iter().map(|it| serde_json::json!({
            "name": it.name, "description": it.description, "needs_repository": it.repository,
        })).collect::<Vec<_>>(),
        "attrs": [],
        "payload": "null",
    });
    Ok(serde_json::from_value(text)?)
}
