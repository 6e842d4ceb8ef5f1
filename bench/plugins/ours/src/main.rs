//! Ours. Built without the feature `compile` it is the host as it runs where nothing is compiled; with it, it also
//! prepares the folder: `ours FOLDER bundle COMPONENT-MODULE`.

mod event;
mod opened;

// Recorded events, decided again by this build: `ours FOLDER replay`.
#[path = "../../../../dispatcher/plugin-host/examples/replay.rs"]
#[expect(dead_code, reason = "it has a main of its own")]
mod replay;

use std::fs;

use harness::{Claim, PLUGINS, Setting};
use signalbox_domain::id::Digest;
use signalbox_domain::route::{Place, Said};
use signalbox_plugin_host::pin::Pin;
use signalbox_plugin_host::{Config, Host, Plugin};
use signalbox_ports::plugins::{Event, Plugins as _};

const MANIFEST: &str = "version = \"1.0.0\"\napi = \"0.1\"\nworld = \"router\"\non-error = \"skip\"\n";

fn main() {
    #[cfg(feature = "compile")]
    if std::env::args().nth(2).as_deref() == Some("bundle") {
        return bundle::all();
    }
    if std::env::args().nth(2).as_deref() == Some("replay") {
        let (count, decisions, opinions) = replay::replay(std::env::args().nth(1).unwrap().as_ref());
        println!("{count} events, {decisions} decided otherwise, {opinions} with other opinions or fuel");
        return;
    }
    if std::env::args().nth(2).as_deref() == Some("open") {
        println!("{}", opened::open(std::env::args().nth(1).unwrap().as_ref(), &event::event()));
        return;
    }
    let setting = Setting::read();
    let compiling = setting.folder.join("compiling").exists();
    let locked = fs::read_to_string(setting.folder.join("lock")).unwrap();
    let plugins = locked.lines().enumerate().map(|(number, line)| {
        let (component, compiled) = line.split_once(' ').unwrap();
        let manifest = manifest(number);
        // Nothing but the compiled file is read, unless there is something to compile.
        let bytes = match compiling {
            true => fs::read(setting.folder.join(format!("{number}.wasm"))).unwrap(),
            false => Vec::new(),
        };
        let pin = Pin {
            manifest: Digest::of(manifest.as_bytes()),
            component: Digest(component.to_string()),
            compiled: Some(Digest(compiled.to_string())),
            granted: Vec::new(),
        };
        Plugin { manifest: manifest.into(), component: bytes.into(), settings: Default::default(), pin: Some(pin) }
    });
    let config = Config { plugins: plugins.collect(), ..Config::default() };
    let cache = setting.folder.join(if compiling { "empty" } else { "compiled" });
    let host = Host::open(config, &cache).unwrap_or_else(|refusals| panic!("{refusals}"));
    let event: Event = serde_json::from_str(&setting.json).unwrap();
    setting.measure(move || {
        let opinions = host.route(&event);
        opinions
            .into_iter()
            .map(|opinion| match opinion.said {
                Said::Claim(claim) => Claim {
                    place: match claim.place {
                        Place::Repository(name) => name.0,
                        other => panic!("{other:?}"),
                    },
                    score: claim.score,
                    reason: claim.reason,
                    matched: claim.matched,
                },
                other => panic!("{other:?}"),
            })
            .collect()
    });
}

fn manifest(number: usize) -> String {
    assert!(number < PLUGINS);
    format!("id = \"words-{number}\"\n{MANIFEST}")
}

#[cfg(feature = "compile")]
mod bundle {
    use std::fs;
    use std::path::PathBuf;

    use signalbox_domain::id::Digest;

    /// Twenty components of the module, each with a custom section of its own, compiled, and a lock that names them.
    pub(crate) fn all() {
        let mut arguments = std::env::args().skip(1);
        let folder = PathBuf::from(arguments.next().unwrap());
        let module = fs::read(arguments.nth(1).expect("the module")).unwrap();
        let component =
            wit_component::ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap();
        let mut lock = String::new();
        for number in 0..super::PLUGINS {
            let mut component = component.clone();
            let name = format!("copy-{number}");
            component.extend([0, name.len() as u8 + 1, name.len() as u8]);
            component.extend(name.as_bytes());
            fs::write(folder.join(format!("{number}.wasm")), &component).unwrap();
            let compiled = signalbox_plugin_host::compile(&component, &folder.join("compiled")).unwrap();
            lock += &format!("{} {compiled}\n", Digest::of(&component));
        }
        fs::write(folder.join("lock"), lock).unwrap();
        fs::write(folder.join("event.json"), serde_json::to_string(&super::event::event()).unwrap()).unwrap();
    }
}
