//! What the benchmarks and the program they start have in common: an installation's plugins, and an event for them.

use std::path::Path;

use serde_json::Map;
use signalbox_domain::talk::{Person, Role, ThreadId};
use signalbox_domain::time::Time;
use signalbox_plugin_host::{Config, Host, Plugin, Refusals};
use signalbox_ports::plugins::{Event, KnownRepository, KnownWorkflow};
use signalbox_shipped::{ALL, Shipped};

/// The shipped routers' places in [`signalbox_shipped::ALL`].
const ROUTERS: std::ops::Range<usize> = 0..3;
/// What people write, three lines of it: it names a repository outright, so that every shipped router has its say.
const TEXT: &str = "repo:acme/website the pricing page says $9 a month and $90 a year, but since Tuesday we charge $12 \
    and $120. Please change both on the pricing page and wherever else they are said (the FAQ has them, I think, and \
    maybe the footer), and keep the note about annual billing as it is.\n\
    While you are there: the button says \"Start free trial\" on pricing and \"Try it free\" on the front page; make it \
    the same words everywhere, whichever is used more often.\n\
    Nothing else should move; legal has signed off on the rest of the text, see the last change request.";

/// The shipped plugins, all of them.
pub fn shipped() -> Vec<Plugin> {
    ALL.iter().map(|shipped| plugin(shipped, shipped.manifest.into())).collect()
}

/// One shipped router: 0 is `explicit`, 1 `keywords`, 2 `channel`.
pub fn router(which: usize) -> Plugin {
    let shipped = &ALL[ROUTERS][which];
    plugin(shipped, shipped.manifest.into())
}

/// So many routers: the shipped ones in turn, each under an id of its own and of different bytes, so that each is
/// compiled, kept and loaded by itself.
pub fn routers(count: usize) -> Vec<Plugin> {
    let shipped = ALL[ROUTERS].iter().cycle().take(count);
    shipped.enumerate().map(|(number, shipped)| copy(shipped, number)).collect()
}

/// A host with these plugins.
pub fn open(plugins: Vec<Plugin>, cache: &Path) -> Result<Host, Refusals> {
    Host::open(Config { plugins, ..Config::default() }, cache)
}

/// A request in a team with twenty repositories and five workflows.
pub fn event() -> Event {
    let names = ["website", "billing", "mobile-app", "design-system", "search", "mail", "reports", "gateway", "docs"];
    let repositories = names.iter().cycle().take(20).enumerate().map(|(number, name)| KnownRepository {
        name: if number == 0 { "acme/website".into() } else { format!("acme/{name}-{number}").into() },
        description: format!("What the {name} team looks after: code, tests and the notes of its releases"),
        default_branch: "main".into(),
        owners: None,
    });
    let workflow = |name: &str, description: &str, repository| KnownWorkflow {
        name: name.into(),
        description: description.into(),
        repository,
        only: None,
    };
    Event {
        id: "said:console:general:m1".into(),
        received_at: Time(1_700_000_000_000),
        seed: 7,
        text: TEXT.into(),
        author: Person { id: "console:ana".into(), name: "Ana".into(), role: Role::Member },
        thread: ThreadId { chat: "console".into(), room: "general".into(), root: "m1".into() },
        room_name: "general".into(),
        room_topic: String::new(),
        memory: None,
        usual: None,
        attrs: [].into(),
        repositories: repositories.collect(),
        workflows: vec![
            workflow("build", "Turn a request into a reviewed draft change request.", true),
            workflow("answer", "Answer a question, with or without a repository.", false),
            workflow("hotfix", "Mend what is broken in production, with a maintainer's word.", true),
            workflow("upgrade", "Bring dependencies up to date.", true),
            workflow("triage", "Say what an issue is about and who should look.", false),
        ],
    }
}

fn plugin(shipped: &Shipped, manifest: String) -> Plugin {
    Plugin { manifest: manifest.into(), component: shipped.component.into(), settings: Map::new(), pin: None }
}

fn copy(shipped: &Shipped, number: usize) -> Plugin {
    let mut component = shipped.component.to_vec();
    // A custom section: code 0, its size, then a name with its size. The component does what it did before.
    let name = format!("copy-{number}");
    let size = u8::try_from(name.len()).unwrap_or(u8::MAX);
    component.extend([0, size + 1, size]);
    component.extend(name.as_bytes());
    let line = |line: &str| match line.strip_prefix("id = \"").and_then(|rest| rest.strip_suffix('"')) {
        Some(id) => format!("id = \"{id}-{number}\"\n"),
        None => format!("{line}\n"),
    };
    let manifest: String = shipped.manifest.lines().map(line).collect();
    Plugin { component: component.into(), ..plugin(shipped, manifest) }
}
