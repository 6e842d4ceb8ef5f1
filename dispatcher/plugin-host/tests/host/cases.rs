//! The cases of every shipped plugin, through its component.

use std::path::PathBuf;

use serde_json::{Value, json};
use signalbox_plugin::testing::{PrefetcherCase, RouterCase, cases, gather};
use signalbox_plugin_host::manifest::{Manifest, World};
use signalbox_plugin_host::{Host, Trial, Trialled};

use crate::installation::{host, shipped};

#[test]
fn every_case_holds_for_the_component_too() {
    let mut wrong = Vec::new();
    for plugin in signalbox_shipped::ALL {
        let manifest = Manifest::parse(plugin.manifest).unwrap();
        let host = host(vec![shipped(&manifest.id)]);
        match manifest.world {
            World::Router => router(&host, &manifest.id, &mut wrong),
            World::Prefetcher => prefetcher(&host, &manifest.id, &mut wrong),
        }
    }
    assert!(wrong.is_empty(), "{} cases fail:\n\n{}", wrong.len(), wrong.join("\n\n"));
}

fn router(host: &Host, id: &str, wrong: &mut Vec<String>) {
    for case in cases(&folder(id), |case: &RouterCase| &case.event) {
        let got = tried(host, id, Trial::Route { event: case.event }, &case.case.config);
        if !same(&case.case.expect, &got) {
            wrong.push(format!("{id}: {}\n  expected {:#}\n  got {got:?}", case.name, case.case.expect));
        }
    }
}

fn prefetcher(host: &Host, id: &str, wrong: &mut Vec<String>) {
    for case in cases(&folder(id), |case: &PrefetcherCase| &case.event) {
        let route = json!(case.case.route);
        let plan = Trial::Plan { event: case.event.clone(), route: route.clone() };
        let did = gather(
            &case.case.world,
            || parsed(tried(host, id, plan, &case.case.config)),
            |round, responses| {
                let (event, route, responses) = (case.event.clone(), route.clone(), json!(responses));
                parsed(tried(host, id, Trial::Assemble { event, route, round, responses }, &case.case.config))
            },
        );
        if did != case.case.expect {
            wrong.push(format!(
                "{id}: {}\n  expected {:#}\n  got {:#}",
                case.name,
                json!(case.case.expect),
                json!(did)
            ));
        }
    }
}

fn folder(id: &str) -> PathBuf {
    PathBuf::from("../../plugins").join(id).join("cases")
}

fn tried(host: &Host, id: &str, trial: Trial, config: &Value) -> Result<Value, String> {
    let settings = config.as_object().expect("settings are an object");
    host.trial(id, trial, settings).and_then(|Trialled { gave, .. }| gave)
}

fn parsed<T: for<'a> serde::Deserialize<'a>>(gave: Result<Value, String>) -> Result<T, String> {
    gave.map(|value| serde_json::from_value(value).expect("the component speaks the contract"))
}

/// An error loses its kind on the way out of the host, and keeps its words.
fn same(expect: &Value, got: &Result<Value, String>) -> bool {
    match got {
        Ok(value) => expect["Ok"] == *value,
        Err(error) => expect["Err"].as_object().is_some_and(|error_of| {
            error_of.values().any(|words| words.as_str().is_some_and(|words| error.contains(words)))
        }),
    }
}
