//! `kill -9` of the dispatcher or of a box, at random moments, while people ask for things. In the end every request
//! was worked, once.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rusqlite::Connection;
use rustix::process::{Signal, kill_process};
use serde_json::Value;

use crate::program::{Dispatcher, World, able, until};
use crate::repository::{bare, git, make};
use crate::site::{Site, Thread, of_kind, words};

/// Kills, unless `$SIGNALBOX_KILLS` says otherwise.
const KILLS: u32 = 200;
/// Runs at least.
const RUNS: u32 = 20;
/// Conversations beside each other.
const THREADS: u32 = 6;
/// A phase is tried six times at most: a run that loses more boxes than this may end for a good reason.
const BOXES_OF_A_RUN: u32 = 3;
/// The longest pause before a kill, in milliseconds.
const PAUSE_MS: u64 = 700;
/// How long a conversation may take to come to rest when nothing is killed any more.
const REST: Duration = Duration::from_secs(240);

const SETTINGS: &str = r#"
concurrent_runs = 4

[[rooms]]
name = "web"
topic = "repo:acme/site"

[[repositories]]
from = "site"
name = "acme/site"

[agents.default]
adapter = "scripted"
session = '''
{"say": "Thinking."}
{"usage": {"micro_usd": 1000, "turns": 1}}
{"handoff": {"name": "plan.md", "content": "Write the page."}}
'''

[agents.builder]
adapter = "command"
command = '''
page=$(grep -o 'page [0-9][0-9]*' | head -n 1 | cut -d ' ' -f 2)
mkdir -p pages && echo "This is page $page." > "pages/$page.txt"
mkdir -p "$SIGNALBOX_OUT/proposals"
echo '{"proposal": "change_request", "title": "Page '"$page"'", "body": "It is there.", "not_done": ""}' > "$SIGNALBOX_OUT/proposals/1.json"
'''
"#;

const WORKFLOW: &str = r"
name: build
description: Writes a page.
on:
  chat: { roles: [member] }
inputs:
  request: { type: string, required: true }
phases:
  plan:
    label: Plan
    agent: { use: default, model: default, prompt: prompts/plan.md }
    permissions: { contents: read }
    produces: [plan.md]
    retry: { max: 5, backoff: 1s, on: transient }
  build:
    label: Build
    needs: [plan]
    agent: { use: builder, model: default, prompt: prompts/build.md, consumes: [plan.md] }
    permissions: { contents: write }
    retry: { max: 5, backoff: 1s, on: transient }
  check:
    label: Check
    needs: [build]
    permissions: { contents: read }
    retry: { max: 5, backoff: 1s, on: transient }
    run: grep -r 'This is page' pages
  open:
    label: Open
    needs: [check]
    forge: open_change_request
    outputs:
      change_request: { max: 1, draft: true }
";

const PROMPT: &str = "{{ request }}\n\n{{ followups }}\n\n{{ handoffs }}\n\n{{ context }}\n\n{{ outputs_guide }}\n";

#[test]
fn whatever_is_killed_every_request_is_worked_once() {
    if !able() {
        return;
    }
    let world = World::new(SETTINGS);
    let files = [
        ("README.md", "A site.\n"),
        (".signalbox/workflows/build/workflow.yaml", WORKFLOW),
        (".signalbox/workflows/build/prompts/plan.md", PROMPT),
        (".signalbox/workflows/build/prompts/build.md", PROMPT),
    ];
    make(&world.path().join("site"), &files);
    let (dispatcher, site) = world.serve();
    let room = site.room("web");
    let mut killer = Killer::new(&world, dispatcher);
    println!("kill: seed {} (SIGNALBOX_SEED={0} for the same moments)", killer.dice.seed);
    let people = People::new(site, room);

    std::thread::scope(|scope| {
        // Also when this breaks: nobody is asked anything more.
        let _enough = OnDrop(|| people.enough.store(true, Ordering::SeqCst));
        let talks: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| people.talk())).collect();
        let kills = number("SIGNALBOX_KILLS").unwrap_or(KILLS.into());
        let since = Instant::now();
        while u64::from(killer.dispatchers + killer.boxes) < kills && !talks.iter().any(|talk| talk.is_finished()) {
            killer.once(&people);
        }
        println!("kill: the last kill after {} s", since.elapsed().as_secs());
        people.enough.store(true, Ordering::SeqCst);
        killer.rest(&people);
        for talk in talks {
            talk.join().unwrap();
        }
    });
    let asked = people.asked.load(Ordering::SeqCst);
    check(&world, &people.site(), asked, &people.threads.into_inner().unwrap());
    world.assert_vacated();
    let Killer { dispatcher, dispatchers, boxes, .. } = killer;
    dispatcher.unwrap().end();
    let database = Connection::open(world.data().join("state/signalbox.db")).unwrap();
    let integrity: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(integrity, "ok");
    println!(
        "kill: {} kills ({dispatchers} dispatcher, {boxes} boxes) over {asked} runs, lost 0, doubled 0",
        dispatchers + boxes
    );
}

/// Who kills, and starts again.
struct Killer<'w> {
    world: &'w World,
    dispatcher: Option<Dispatcher>,
    dice: Dice,
    dispatchers: u32,
    boxes: u32,
    /// Boxes killed, by run.
    lost: BTreeMap<String, u32>,
}

impl<'w> Killer<'w> {
    fn new(world: &'w World, dispatcher: Dispatcher) -> Self {
        let dispatcher = Some(dispatcher);
        Self { world, dispatcher, dice: Dice::new(), dispatchers: 0, boxes: 0, lost: BTreeMap::new() }
    }

    /// One kill, at some moment from now.
    fn once(&mut self, people: &People) {
        // This wait is the random moment itself.
        std::thread::sleep(Duration::from_millis(100 + self.dice.below(PAUSE_MS - 100)));
        if self.dice.below(2) == 0 && self.kill_a_box() {
            self.boxes += 1;
            return;
        }
        self.dispatchers += u32::from(self.dispatcher.take().unwrap().kill());
        self.dispatcher = Some(self.world.start());
        // Now and then it is killed while it starts.
        if self.dice.below(4) > 0 {
            self.rest(people);
        }
    }

    /// Waits until the dispatcher is up.
    fn rest(&mut self, people: &People) {
        if let Some(site) = self.dispatcher.as_mut().and_then(Dispatcher::fresh) {
            people.moved(site);
        }
    }

    fn kill_a_box(&mut self) -> bool {
        let mut runners = self.world.runners();
        runners.retain(|(_, place)| self.lost.get(&run_of(place)).is_none_or(|lost| *lost < BOXES_OF_A_RUN));
        if runners.is_empty() {
            return false;
        }
        let (pid, place) = runners.swap_remove(usize::try_from(self.dice.below(runners.len() as u64)).unwrap());
        let killed = kill_process(pid, Signal::KILL).is_ok();
        *self.lost.entry(run_of(&place)).or_default() += u32::from(killed);
        killed
    }
}

/// The run of a box's folder: `run-epoch-digest`.
fn run_of(place: &Path) -> String {
    place.file_name().unwrap().to_string_lossy().split('-').next().unwrap().to_owned()
}

/// Who asks.
struct People {
    site: Mutex<Site>,
    room: String,
    asked: AtomicU32,
    enough: AtomicBool,
    threads: Mutex<Vec<(Thread, Vec<u32>)>>,
}

impl People {
    fn new(site: Site, room: String) -> Self {
        let threads = Mutex::default();
        Self { site: Mutex::new(site), room, asked: AtomicU32::new(0), enough: AtomicBool::new(false), threads }
    }

    fn site(&self) -> Site {
        self.site.lock().unwrap().clone()
    }

    fn moved(&self, site: Site) {
        *self.site.lock().unwrap() = site;
    }

    /// A conversation: a request, and the next one when that is over, until there were enough.
    fn talk(&self) {
        let mut thread = None;
        let mut pages = Vec::new();
        while !self.enough.load(Ordering::SeqCst) || self.asked.load(Ordering::SeqCst) < RUNS {
            let page = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
            pages.push(page);
            let text = format!("write page {page}");
            // What was not acknowledged is said again, as the page does.
            let place = self.patiently("a request is taken", |site| {
                site.write(&self.room, thread.as_ref(), &text, &format!("page-{page}")).ok()
            });
            self.patiently(&format!("page {page} is done"), |site| {
                let messages = site.messages(&place).ok()?;
                (of_kind(&messages, "closing").len() >= pages.len()).then_some(())
            });
            thread = Some(place);
        }
        self.threads.lock().unwrap().extend(thread.map(|thread| (thread, pages)));
    }

    /// Looks until there is something to see; the clock runs only while nothing is killed.
    fn patiently<T>(&self, what: &str, mut look: impl FnMut(&Site) -> Option<T>) -> T {
        loop {
            let killing = !self.enough.load(Ordering::SeqCst);
            let since = Instant::now();
            let seen = until(what, REST, || match look(&self.site()) {
                Some(seen) => Some(Some(seen)),
                None if killing && (self.enough.load(Ordering::SeqCst) || since.elapsed() > REST / 2) => Some(None),
                None => None,
            });
            if let Some(seen) = seen {
                return seen;
            }
        }
    }
}

/// Every request has one run, delivered; one status, one closing message; every thread has one change request, with its
/// own pages alone, a commit each.
fn check(world: &World, site: &Site, asked: u32, threads: &[(Thread, Vec<u32>)]) {
    let runs = site.runs().unwrap();
    assert_eq!(runs.len(), usize::try_from(asked).unwrap(), "runs");
    let forge = bare(&world.data(), "acme/site");
    // One by one: the list ends at a hundred.
    let changes: Vec<Value> =
        (1..).map_while(|number| site.get(&format!("/api/changes/acme/site/{number}")).ok()).collect();
    let branches = git(&forge, &["for-each-ref", "--format=%(refname:short)", "refs/heads"]);
    for (thread, pages) in threads {
        let messages = site.messages(thread).unwrap();
        let kinds: Vec<&str> = messages.iter().map(|message| message["kind"].as_str().unwrap()).collect();
        let story =
            || messages.iter().map(|message| format!("{}: {}\n", message["kind"], words(message))).collect::<String>();
        assert_eq!(kinds, ["said", "status", "closing"].repeat(pages.len()), "{}", story());
        // What is asked for later in a thread goes on with the change request that is open there.
        let Some(first) = pages.first() else { continue };
        for (page, closing) in pages.iter().zip(of_kind(&messages, "closing")) {
            let run = found(&runs, *page);
            let told = words(closing);
            assert!(
                told.contains(&format!("Page {first}")) && told.contains(run),
                "page {page} is not delivered:\n{}",
                story()
            );
        }
        let title = format!("Page {first}");
        let own: Vec<&Value> = changes.iter().filter(|change| change["title"] == title.as_str()).collect();
        assert_eq!(own.len(), 1, "change requests for page {first}: {own:?}");
        let id = found(&runs, *first);
        let named: Vec<&str> = branches.lines().filter(|branch| branch.to_uppercase().contains(id)).collect();
        let [branch] = named[..] else { panic!("branches of {id}: {named:?} of {branches}") };
        let mut files: Vec<String> = pages.iter().map(|page| format!("pages/{page}.txt")).collect();
        files.sort();
        assert_eq!(git(&forge, &["diff", "--name-only", &format!("main...{branch}")]), files.join("\n"));
        for page in pages {
            assert_eq!(git(&forge, &["show", &format!("{branch}:pages/{page}.txt")]), format!("This is page {page}."));
        }
        let commits = git(&forge, &["rev-list", "--count", &format!("main..{branch}")]);
        assert_eq!(commits, pages.len().to_string(), "commits of the thread that began with page {first}");
    }
    let begun = threads.iter().filter(|(_, pages)| !pages.is_empty()).count();
    assert_eq!(changes.len(), begun, "change requests");
    for run in &runs {
        let id = run["id"].as_str().unwrap();
        let replay = site.get(&format!("/cli/runs/{id}/replay")).unwrap();
        assert_eq!(replay["differences"].as_array().map(Vec::len), Some(0), "{replay}");
    }
}

/// The id of the run that a page was asked for by.
fn found(runs: &[Value], page: u32) -> &str {
    let asked = |run: &&Value| run["request"]["text"].as_str().unwrap().ends_with(&format!(" {page}"));
    let run = runs.iter().find(asked).unwrap_or_else(|| panic!("no run was asked for page {page}"));
    run["id"].as_str().unwrap()
}

/// Does it in the end, whatever comes.
struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Numbers that are the same for the same seed.
struct Dice {
    seed: u64,
    state: u64,
}

impl Dice {
    fn new() -> Self {
        let fresh = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let seed = number("SIGNALBOX_SEED").unwrap_or_else(fresh);
        Self { seed, state: seed }
    }

    /// SplitMix64.
    fn below(&mut self, bound: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}
