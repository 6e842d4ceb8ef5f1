//! Decides recorded events again, in another process and perhaps another build: `replay FOLDER`.
//!
//! `FOLDER` holds the plugins (`NAME.toml`, `NAME.wasm`, `NAME.json` with their settings) and `events.jsonl`: an event,
//! what each router said of it, and the decision, a line each. Says how many lines came out other than they are.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::ExitCode;

use signalbox_domain::route::{Decision, Opinion};
use signalbox_plugin_host::{Config, Host, Plugin};
use signalbox_ports::plugins::{Event, Plugins as _};

/// One line of `events.jsonl`.
#[derive(serde::Deserialize)]
struct Recorded {
    event: Event,
    opinions: Vec<Opinion>,
    decision: Decision,
}

/// How many events there were, how many were decided otherwise, and how many burnt other fuel or were said otherwise.
pub fn replay(folder: &Path) -> (usize, usize, usize) {
    let mut plugins = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be listed").path();
        if path.extension().is_some_and(|it| it == "toml") {
            let settings = fs::read(path.with_extension("json")).expect("there are settings beside the manifest");
            plugins.push(Plugin {
                manifest: fs::read_to_string(&path).expect("a manifest is text").into(),
                component: fs::read(path.with_extension("wasm")).expect("there is a component beside it").into(),
                settings: serde_json::from_slice(&settings).expect("settings are an object"),
                pin: None,
            });
        }
    }
    let host = Host::open(Config { plugins, ..Config::default() }, &folder.join("compiled"));
    let host = host.unwrap_or_else(|refusals| panic!("{refusals}"));
    let events = BufReader::new(fs::File::open(folder.join("events.jsonl")).expect("there are events"));
    let (mut count, mut decisions, mut opinions) = (0, 0, 0);
    for line in events.lines() {
        let recorded: Recorded = serde_json::from_str(&line.expect("a line is text")).expect("a line is a record");
        let again = host.route(&recorded.event);
        count += 1;
        decisions += usize::from(recorded.event.decide(&again) != recorded.decision);
        opinions += usize::from(again != recorded.opinions);
    }
    (count, decisions, opinions)
}

fn main() -> ExitCode {
    let folder = std::env::args().nth(1).expect("the folder");
    let (count, decisions, opinions) = replay(Path::new(&folder));
    println!("{count} events, {decisions} decided otherwise, {opinions} with other opinions or fuel");
    ExitCode::from(u8::from(count == 0 || decisions + opinions > 0))
}
