//! The track after this one, in tests only: a second version of the contract beside the first. All that differs is the
//! one conversion here, total in both directions; bounds, failures, fuel and decisions are those of every plugin.

use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Store, StoreContextMut};

use crate::bindings::{log, routing, types};
use crate::guest::State;

mod contract {
    wasmtime::component::bindgen!({ path: "tests/wit-0.2", world: "router-plugin" });
}

use contract::exports::signalbox::plugin::router as said;
use contract::signalbox::plugin::types as given;

/// Its name.
pub(crate) const TRACK: &str = "0.2";
/// The log of this track, under its name there.
const LOG: &str = "signalbox:plugin/log@0.2.0";

/// A router of the next track.
pub(crate) type Ready = contract::RouterPluginPre<State>;

pub(crate) fn link(engine: &Engine, component: &Component) -> wasmtime::Result<Ready> {
    let mut linker = Linker::new(engine);
    linker.instance(LOG)?.func_wrap(
        "write",
        |store: StoreContextMut<'_, State>, (level, line): (contract::signalbox::plugin::log::Level, String)| {
            use contract::signalbox::plugin::log::Level;
            let level = match level {
                Level::Debug => log::Level::Debug,
                Level::Info => log::Level::Info,
                Level::Warn => log::Level::Warn,
                Level::Error => log::Level::Error,
            };
            crate::component::write(store, (level, line))
        },
    )?;
    contract::RouterPluginPre::new(linker.instantiate_pre(component)?)
}

/// Calls it with an event of this track, and gives what it says in words of this track.
pub(crate) fn route(
    router: &contract::RouterPlugin,
    store: &mut Store<State>,
    event: &types::Event,
    settings: &str,
) -> wasmtime::Result<Result<routing::Outcome, types::PluginError>> {
    let gave = router.signalbox_plugin_router().call_route(store, &next(event), settings)?;
    Ok(gave.map(outcome).map_err(|error| match error {
        given::PluginError::Config(text) => types::PluginError::Config(text),
        given::PluginError::Event(text) => types::PluginError::Event(text),
        given::PluginError::Internal(text) => types::PluginError::Internal(text),
    }))
}

fn next(event: &types::Event) -> given::Event {
    let types::Event {
        id,
        received_at_ms,
        seed,
        text,
        author,
        thread,
        memory,
        repositories,
        workflows,
        attrs,
        payload,
    } = event;
    given::Event {
        id: id.clone(),
        received_at_ms: *received_at_ms,
        seed: *seed,
        text: text.clone(),
        author: given::Person {
            id: author.id.clone(),
            name: author.name.clone(),
            role: match author.role {
                types::Role::Outsider => given::Role::Outsider,
                types::Role::Viewer => given::Role::Viewer,
                types::Role::Member => given::Role::Member,
                types::Role::Maintainer => given::Role::Maintainer,
                types::Role::Admin => given::Role::Admin,
            },
        },
        room: given::Room {
            chat: thread.chat.clone(),
            id: thread.room.clone(),
            name: thread.room_name.clone(),
            topic: thread.room_topic.clone(),
        },
        root: thread.root.clone(),
        memory: memory
            .as_ref()
            .map(|it| given::Memory { workflow: it.workflow.clone(), repository: it.repository.clone() }),
        repositories: repositories
            .iter()
            .map(|it| given::Repository {
                name: it.name.clone(),
                description: it.description.clone(),
                default_branch: it.default_branch.clone(),
                owners: it.owners.clone(),
            })
            .collect(),
        workflows: workflows
            .iter()
            .map(|it| given::Workflow {
                name: it.name.clone(),
                description: it.description.clone(),
                needs_repository: it.needs_repository,
                repository: it.repository.clone(),
            })
            .collect(),
        attrs: attrs.iter().map(|it| (it.key.clone(), it.value.clone())).collect(),
        payload: payload.clone(),
    }
}

fn outcome(outcome: said::Outcome) -> routing::Outcome {
    match outcome {
        said::Outcome::Pass(reason) => routing::Outcome::Pass(reason),
        said::Outcome::Claim(claim) => routing::Outcome::Claim(routing::Claim {
            workflow: claim.workflow,
            place: place(claim.place),
            branch: claim.branch,
            inputs: claim.inputs.into_iter().map(|(key, value)| types::Attr { key, value }).collect(),
            score: score(claim.certainty),
            reason: claim.reason,
            rule: claim.rule,
            matched: claim.matched,
        }),
        said::Outcome::Ask(question) => routing::Outcome::Ask(routing::Question {
            text: question.text,
            candidates: question
                .candidates
                .into_iter()
                .map(|it| routing::Candidate { workflow: it.workflow, place: place(it.place), reason: it.reason })
                .collect(),
            score: score(question.certainty),
        }),
    }
}

fn place(place: said::Place) -> routing::Place {
    match place {
        said::Place::Repository(name) => routing::Place::Repository(name),
        said::Place::Nowhere => routing::Place::Nowhere,
        said::Place::Open => routing::Place::Open,
    }
}

fn score(certainty: said::Certainty) -> u16 {
    match certainty {
        said::Certainty::Guess => 300,
        said::Certainty::Likely => 600,
        said::Certainty::Sure => 900,
        said::Certainty::Said => 1000,
    }
}

mod tests {
    use std::path::Path;

    use serde_json::Map;
    use signalbox_domain::route::Said;
    use signalbox_domain::talk::{Person, Role, ThreadId};
    use signalbox_domain::time::Time;
    use signalbox_ports::plugins::{Event, Plugins as _};
    use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
    use wit_parser::Resolve;

    use crate::{Config, Host, Plugin};

    /// A router of that track: it logs the topic of the room, and claims with it as its reason, being as sure as that.
    fn component(track: &str, folder: &str, sure: &str) -> Vec<u8> {
        let module = format!(
            r#"(module
                (import "signalbox:plugin/log@{track}.0" "write" (func $log (param i32 i32 i32)))
                (memory (export "memory") 1)
                (global $free (mut i32) (i32.const 4096))
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                    global.get $free
                    global.get $free local.get 3 i32.add i32.const 7 i32.add i32.const -8 i32.and global.set $free)
                ;; The topic is in the same place of both events; so is everything of both claims but how sure they are.
                (func (export "signalbox:plugin/router@{track}.0#route") (param i32) (result i32)
                    i32.const 1 local.get 0 i32.load offset=76 local.get 0 i32.load offset=80 call $log
                    i32.const 1044 i32.const 1 i32.store8
                    i32.const 1076 {sure}
                    i32.const 1080 local.get 0 i32.load offset=76 i32.store
                    i32.const 1084 local.get 0 i32.load offset=80 i32.store
                    i32.const 1024))"#
        );
        let mut module = wat::parse_str(&module).unwrap();
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir(Path::new(folder)).unwrap();
        let world = resolve.select_world(&[package], Some("router-plugin")).unwrap();
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
        ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap()
    }

    fn plugin(id: &str, track: &str, component: Vec<u8>) -> Plugin {
        let manifest =
            format!("id = \"{id}\"\nversion = \"1.0.0\"\napi = \"{track}\"\nworld = \"router\"\non-error = \"skip\"\n");
        Plugin { manifest: manifest.into(), component: component.into(), settings: Map::new(), pin: None }
    }

    fn this() -> Vec<u8> {
        component("0.1", "../../wit", "i32.const 900 i32.store16")
    }

    fn next() -> Vec<u8> {
        component("0.2", "tests/wit-0.2", "i32.const 2 i32.store8")
    }

    fn event() -> Event {
        Event {
            id: "said:web:R1:1".to_string(),
            received_at: Time(1),
            seed: 7,
            text: "hello".to_string(),
            author: Person { id: "web:ana".to_string(), name: "Ana".to_string(), role: Role::Member },
            thread: ThreadId { chat: "web".to_string(), room: "R1".to_string(), root: "1".to_string() },
            room_name: "general".to_string(),
            room_topic: "all about billing".to_string(),
            memory: None,
            usual: None,
            attrs: [].into(),
            repositories: Vec::new(),
            workflows: Vec::new(),
        }
    }

    #[test]
    fn two_tracks_answer_the_same_event_beside_each_other() {
        let cache = tempfile::tempdir().unwrap();
        let plugins = vec![plugin("this", "0.1", this()), plugin("next", "0.2", next())];
        let host =
            Host::open(Config { plugins, ..Config::default() }, cache.path()).map_err(|it| it.to_string()).unwrap();
        let opinions = host.route(&event());
        let [next, this] = opinions.as_slice() else { panic!("{opinions:?}") };
        assert_eq!((next.router.as_str(), this.router.as_str()), ("next@1.0.0", "this@1.0.0"));
        let Said::Claim(claim) = &next.said else { panic!("{next:?}") };
        assert_eq!((claim.reason.as_str(), claim.score), ("all about billing", 900));
        assert_eq!((&next.said, &next.log), (&this.said, &this.log));
        assert_eq!(next.log, ["info: all about billing"]);
        assert!(next.fuel > 0);
    }

    #[test]
    fn the_manifest_and_the_component_are_of_one_track() {
        let cache = tempfile::tempdir().unwrap();
        for (track, component) in [("0.1", next()), ("0.2", this())] {
            let config = Config { plugins: vec![plugin("a", track, component)], ..Config::default() };
            let refusals = Host::open(config, cache.path()).err().unwrap().to_string();
            assert!(refusals.contains("it imports `signalbox:plugin/log@"), "{refusals}");
        }
    }
}
