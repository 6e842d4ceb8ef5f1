//! An installation with some plugins, and events for it.

use std::path::Path;

use serde_json::Map;
use signalbox_domain::route::{Opinion, Said};
use signalbox_domain::talk::{Person, Role, ThreadId};
use signalbox_domain::time::Time;
use signalbox_plugin_host::{Config, Host, Plugin, Refusals};
use signalbox_ports::plugins::{Event, KnownRepository, KnownWorkflow, Plugins as _};

/// A shipped plugin.
pub(crate) fn shipped(id: &str) -> Plugin {
    let is_it = |it: &&signalbox_shipped::Shipped| it.manifest.contains(&format!("id = \"{id}\"\n"));
    let found = signalbox_shipped::ALL.iter().find(is_it).expect("the plugin is shipped");
    Plugin { manifest: found.manifest.into(), component: found.component.into(), settings: Map::new(), pin: None }
}

/// A router of that id, which is asked before every shipped one.
pub(crate) fn router(id: &str, component: Vec<u8>) -> Plugin {
    let manifest = format!(
        "id = \"{id}\"\nversion = \"1.0.0\"\napi = \"0.1\"\nworld = \"router\"\npriority = 1\non-error = \"skip\"\n"
    );
    Plugin { manifest: manifest.into(), component: component.into(), settings: Map::new(), pin: None }
}

pub(crate) fn open(plugins: Vec<Plugin>, cache: &Path) -> Result<Host, Refusals> {
    Host::open(Config { plugins, ..Config::default() }, cache)
}

/// A host with these plugins. What it compiles is kept for the next test, and the next run.
pub(crate) fn host(plugins: Vec<Plugin>) -> Host {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
    open(plugins, &cache).unwrap_or_else(|refusals| panic!("{refusals}"))
}

/// What each router says of a text, by its id.
pub(crate) fn said(host: &Host, text: &str) -> Vec<(String, Said)> {
    let named = |it: Opinion| (it.router.split('@').next().unwrap_or_default().to_string(), it.said);
    host.route(&event(text)).into_iter().map(named).collect()
}

/// A request in a room that is about nothing in particular.
pub(crate) fn event(text: &str) -> Event {
    let repository = |name: &str, description: &str| KnownRepository {
        name: name.into(),
        description: description.to_string(),
        default_branch: "main".to_string(),
        owners: None,
    };
    let workflow = |name: &str, description: &str, repository| KnownWorkflow {
        name: name.to_string(),
        description: description.to_string(),
        repository,
        only: None,
    };
    Event {
        id: "said:web:R1:1".to_string(),
        received_at: Time(1_700_000_000_000),
        seed: 7,
        text: text.to_string(),
        author: Person { id: "web:ana".to_string(), name: "Ana".to_string(), role: Role::Member },
        thread: ThreadId { chat: "web".to_string(), room: "R1".to_string(), root: "1".to_string() },
        room_name: "general".to_string(),
        room_topic: String::new(),
        memory: None,
        usual: None,
        attrs: [].into(),
        repositories: vec![
            repository("acme/website", "The public website: pricing, FAQ, blog"),
            repository("acme/billing", "Invoices and payments"),
        ],
        workflows: vec![
            workflow("build", "Changes code and opens a change request", true),
            workflow("answer", "Answers a question", false),
        ],
    }
}
