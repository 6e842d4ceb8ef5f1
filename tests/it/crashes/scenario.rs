//! What people do while things break.

use serde_json::json;
use signalbox_domain::change::{Checks, Ran, Verdict};
use signalbox_domain::time::Span;
use signalbox_world::World;
use signalbox_world::boxes::Act;

/// One thing that happens, once what was before it has come to rest.
#[derive(Clone, Copy, Debug)]
pub(super) enum Beat {
    /// Somebody begins a thread. Threads are numbered from 0.
    Ask(&'static str, &'static str),
    /// Somebody writes in a thread.
    Reply(usize, &'static str, &'static str),
    /// Somebody changes the thread's first message.
    Edit(usize, &'static str),
    /// Somebody presses a button, as soon as it is there.
    Press(usize, &'static str, &'static str),
    /// Somebody reviews the thread's change request.
    Review(usize, &'static str, &'static str),
    /// Somebody says who they are at the forge, once they were asked.
    Link(usize, &'static str),
    /// A phase is being worked on.
    Await(usize, &'static str),
    /// The thread's run is over.
    Over(usize),
}

/// A story, and how it has to end whatever breaks.
pub(super) struct Scenario {
    pub(super) name: &'static str,
    /// How many runs are worked at once.
    pub(super) places: u32,
    /// Whether edges hand in what only the chat can say the meaning of.
    pub(super) raw: bool,
    pub(super) arrange: fn(&World),
    pub(super) beats: &'static [Beat],
    /// How the runs of all threads end, thread by thread, oldest first.
    pub(super) outcomes: &'static [&'static str],
    /// How many change requests there are then.
    pub(super) changes: usize,
}

const CHANGE: &str = "the pricing page says $9, it should say $12";

/// Every story.
pub(super) const ALL: [Scenario; 11] = [
    Scenario {
        name: "build",
        places: 4,
        raw: false,
        arrange: |_| {},
        beats: &[Beat::Ask("Ana", CHANGE)],
        outcomes: &["delivered"],
        changes: 1,
    },
    Scenario {
        name: "gate",
        places: 4,
        raw: false,
        arrange: risky,
        beats: &[Beat::Ask("Ana", CHANGE), Beat::Press(0, "Max", "Approve")],
        outcomes: &["delivered"],
        changes: 1,
    },
    Scenario {
        name: "stop",
        places: 4,
        raw: false,
        arrange: |world| world.script("build", vec![vec![Act::Report("thinking"), Act::Hang]]),
        beats: &[Beat::Ask("Ana", CHANGE), Beat::Await(0, "build"), Beat::Reply(0, "Ana", "stop")],
        outcomes: &["stopped"],
        changes: 0,
    },
    Scenario {
        name: "stop, then again",
        places: 4,
        raw: false,
        arrange: |world| world.script("build", vec![vec![Act::Hang], build()]),
        beats: &[
            Beat::Ask("Ana", CHANGE),
            Beat::Await(0, "build"),
            Beat::Press(0, "Ana", "Stop"),
            Beat::Over(0),
            Beat::Press(0, "Ana", "Retry"),
        ],
        outcomes: &["stopped", "delivered"],
        changes: 1,
    },
    Scenario {
        name: "deaf",
        places: 4,
        raw: false,
        arrange: |world| world.script("build", vec![vec![Act::Deaf]]),
        beats: &[Beat::Ask("Ana", CHANGE), Beat::Await(0, "build"), Beat::Reply(0, "Ana", "stop")],
        outcomes: &["stopped"],
        changes: 0,
    },
    Scenario {
        name: "lost box",
        places: 4,
        raw: false,
        arrange: |world| {
            world.script("build", vec![vec![Act::Report("thinking"), Act::Vanish], build()]);
        },
        beats: &[Beat::Ask("Ana", CHANGE)],
        outcomes: &["delivered"],
        changes: 1,
    },
    Scenario {
        name: "follow-up",
        places: 4,
        raw: false,
        arrange: |world| world.script("build", vec![vec![Act::Report("thinking"), Act::Hang], build()]),
        beats: &[
            Beat::Ask("Ana", CHANGE),
            Beat::Await(0, "build"),
            Beat::Reply(0, "Max", "the FAQ, too"),
            Beat::Reply(0, "Ana", "now: and be quick"),
        ],
        outcomes: &["delivered"],
        changes: 1,
    },
    Scenario {
        name: "second thoughts",
        places: 4,
        raw: false,
        arrange: |_| {},
        beats: &[
            Beat::Ask("Ana", CHANGE),
            Beat::Edit(0, "the pricing page says $9, it should say $12, please"),
            Beat::Reply(0, "Ana", "status"),
            Beat::Reply(0, "Eve", "hello"),
        ],
        outcomes: &["delivered"],
        changes: 1,
    },
    Scenario {
        name: "checks and a review",
        places: 4,
        raw: false,
        arrange: |world| {
            world.script("build", vec![page("<p>12$</p>\n"), build()]);
            let checks = [Verdict::Pending, Verdict::Failed].map(ran);
            world.forge.check(vec![checks.into(), vec![ran(Verdict::Passed)]]);
        },
        beats: &[
            Beat::Ask("Ana", CHANGE),
            Beat::Over(0),
            Beat::Review(0, "Max", "Say: a month."),
            Beat::Press(0, "Ana", "Resolve these"),
        ],
        outcomes: &["delivered", "delivered"],
        changes: 1,
    },
    Scenario {
        name: "raw, from somebody unknown",
        places: 4,
        raw: true,
        arrange: |world| world.forge.ask_who(),
        beats: &[Beat::Ask("Ana", CHANGE), Beat::Reply(0, "Ana", "status"), Beat::Link(0, "Ana")],
        outcomes: &["delivered"],
        changes: 1,
    },
    Scenario {
        name: "two threads, one place",
        places: 1,
        raw: false,
        arrange: |_| {},
        beats: &[Beat::Ask("Ana", CHANGE), Beat::Ask("Bob", "why do we show prices with tax?")],
        outcomes: &["delivered", "answered"],
        changes: 1,
    },
];

/// What a build that goes well does.
fn build() -> Vec<Act> {
    page("<p>$12</p>\n")
}

fn page(text: &'static str) -> Vec<Act> {
    vec![
        Act::Write("src/pricing.html", text),
        Act::Spend(400_000),
        Act::Report("editing src/pricing.html"),
        Act::Handoff("summary.md", "Changed one price."),
    ]
}

fn ran(verdict: Verdict) -> Checks {
    Checks {
        ran: vec![Ran { name: "unit".into(), verdict, url: String::new(), log: "12$ is no price".into() }],
        held: false,
    }
}

fn risky(world: &World) {
    let plan = json!({ "summary": "Change $9 to $12.", "risk": "high", "files": ["src/pricing.html"] });
    world.script("plan", vec![vec![Act::Handoff("plan.md", "Change $9 to $12."), Act::Output(plan)]]);
}

/// How long a person, or a story, waits for something before it counts as lost.
pub(super) const PATIENCE: Span = Span::hours(2);
