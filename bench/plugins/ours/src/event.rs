//! The event everybody is asked about: about 4.6 kB of JSON, a team with twenty repositories.

use signalbox_domain::talk::{Person, Role, ThreadId};
use signalbox_domain::time::Time;
use signalbox_ports::plugins::{Event, KnownRepository, KnownWorkflow};

const TEXT: &str = "the pricing page says $9 a month and $90 a year, but since Tuesday we charge $12 and $120. Please \
    change both on the website and wherever else they are said (the FAQ has them, I think, and maybe the footer), and \
    keep the note about annual billing as it is.\nWhile you are there: the button says \"Start free trial\" on pricing \
    and \"Try it free\" on the front page; make it the same words everywhere, whichever is used more often.\nNothing \
    else should move; legal has signed off on the rest of the text, see the last change request.";

/// The event.
pub(crate) fn event() -> Event {
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
        ],
    }
}
