//! What was decided is decided again in another process: the same decisions, the same words, the same fuel.

use std::env;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};
use signalbox_domain::id::Repository;
use signalbox_domain::route::Target;
use signalbox_domain::talk::Role;
use signalbox_plugin_host::Plugin;
use signalbox_plugin_host::manifest::{Manifest, World};
use signalbox_ports::plugins::{Event, Plugins as _};

use crate::installation::{event, host, shipped};

/// Openings, things, and ends: what people write, put together.
const OPENINGS: [&str; 12] = [
    "fix",
    "why is",
    "please look at",
    "add",
    "can you change",
    "the tests fail since",
    "bitte ändere",
    "corrige",
    "repo:acme/billing",
    "in acme/website,",
    "what is",
    "[repo=acme/website, branch=next] rename",
];
const THINGS: [&str; 14] = [
    "the title on the website",
    "the rounding in billing",
    "src/pricing/page.tsx",
    "`cart.total()`",
    "#123",
    "https://forge.example/acme/billing/pull/7",
    "the FAQ",
    "a monad",
    "den Preis",
    "la page des prix",
    "dark mode",
    "@nora's change",
    "the webiste",
    "invoices and the public website",
];
const ENDS: [&str; 8] = [
    "",
    " again",
    ", see the thread",
    " by Friday!",
    "?",
    "\n```\nlet x = billing.round();\n```",
    " 🙏 ありがとう",
    " and say why; nothing else should move, legal has signed off on the rest of the text",
];

/// Numbers that look random and are the same everywhere.
struct Dice(u64);

impl Dice {
    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        &of[(self.0 >> 33) as usize % of.len()]
    }
}

/// The messages of the corpus, where there is one.
fn corpus() -> Vec<String> {
    let mut texts = Vec::new();
    for part in ["known", "held", "fresh", "later", "unseen"] {
        let Ok(files) = fs::read_dir(Path::new("../../tests/routing").join(part)) else { continue };
        let mut files: Vec<PathBuf> = files.map(|it| it.unwrap().path()).collect();
        files.sort();
        for file in files {
            for line in fs::read_to_string(file).unwrap().lines() {
                let message: Value = serde_json::from_str(line).unwrap();
                texts.push(message["text"].as_str().unwrap().to_string());
            }
        }
    }
    texts
}

fn events(count: usize) -> impl Iterator<Item = Event> {
    let corpus = corpus();
    let mut dice = Dice(4);
    (0..count).map(move |number| {
        let made = format!("{} {}{}", dice.one(&OPENINGS), dice.one(&THINGS), dice.one(&ENDS));
        let text = corpus.get(number).cloned().unwrap_or(made);
        let topics = ["", "", "repo:acme/billing", "everything about the website", "repo:acme/website workflow:answer"];
        let memory = |repository: &str| Target {
            workflow: "build".to_string(),
            repository: Some(Repository::from(repository)),
            branch: None,
            inputs: [].into(),
        };
        let mut event = event(&text);
        event.id = format!("said:web:R1:{number}");
        event.seed = number as u64;
        event.room_topic = (*dice.one(&topics)).to_string();
        event.author.role = *dice.one(&[Role::Member, Role::Viewer, Role::Admin]);
        event.memory =
            dice.one(&[None, None, None, Some(memory("acme/website")), Some(memory("acme/billing"))]).clone();
        event.usual = dice.one(&[None, None, Some("acme/website".to_string())]).clone();
        event
    })
}

/// `SIGNALBOX_EVENTS=10000` for as many; `SIGNALBOX_RECORD=FOLDER` keeps them for a replay by another build.
#[test]
fn another_process_decides_the_same_and_burns_the_same_fuel() {
    let count = env::var("SIGNALBOX_EVENTS").map_or(300, |it| it.parse().unwrap());
    let temporary = tempfile::tempdir().unwrap();
    let folder = env::var_os("SIGNALBOX_RECORD").map_or(temporary.path().to_path_buf(), PathBuf::from);
    let routers: Vec<Plugin> = signalbox_shipped::ALL
        .iter()
        .map(|it| Manifest::parse(it.manifest).unwrap())
        .filter(|it| it.world == World::Router)
        .map(|it| shipped(&it.id))
        .collect();
    for (number, plugin) in routers.iter().enumerate() {
        let path = folder.join(number.to_string());
        fs::write(path.with_extension("toml"), &*plugin.manifest).unwrap();
        fs::write(path.with_extension("wasm"), &plugin.component).unwrap();
        fs::write(path.with_extension("json"), json!(Map::<String, Value>::new()).to_string()).unwrap();
    }
    let host = host(routers);
    let mut recorded = fs::File::create(folder.join("events.jsonl")).unwrap();
    let (mut fuel, mut went) = (0, 0);
    for event in events(count) {
        let opinions = host.route(&event);
        let decision = event.decide(&opinions);
        fuel += opinions.iter().map(|it| it.fuel).sum::<u64>();
        went += usize::from(matches!(decision, signalbox_domain::route::Decision::Go { .. }));
        let line = json!({ "event": event, "opinions": opinions, "decision": decision });
        writeln!(recorded, "{line}").unwrap();
    }
    assert!(fuel > 0 && went > count / 4 && went < count, "{went} of {count} went somewhere");
    let replay = env::current_exe().unwrap().parent().unwrap().join("../examples/replay");
    let output = Command::new(&replay).arg(&folder).env_clear().output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert_eq!(said.trim(), format!("{count} events, 0 decided otherwise, 0 with other opinions or fuel"));
}
