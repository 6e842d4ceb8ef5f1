//! Real coding agents, installed as people install them, in real boxes, on models that say what a script says: from a
//! sentence in a room to a draft change request, paid to the token.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Value, json};
use signalbox_world_model as model;
use signalbox_world_model::{Script, Session, Tokens, Turn, When};
use tokio::runtime::Runtime;

use crate::program::{PATIENCE, World, able, complained, program, said, until};
use crate::repository::{bare, git, make};
use crate::site::{Site, Thread, of_kind, words};

/// The credential, which only the dispatcher holds.
pub(crate) const KEY: &str = "sk-canary-7f3e91d2c4b8a605e1";

/// The folder with the real agents, installed once and kept in the user's cache. Without npm, says so.
pub(crate) fn installed() -> Option<&'static Path> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let home = PathBuf::from(std::env::var_os("HOME")?);
        let cache = home.join(".cache/signalbox/tools");
        fs::create_dir_all(&cache).unwrap();
        // Tests run beside each other, in processes of their own.
        let lock = fs::File::create(cache.join("agents.lock")).unwrap();
        lock.lock().unwrap();
        let install = Command::new(program())
            .arg("--data")
            .arg(&cache)
            .args(["agents", "install", "claude-code", "codex"])
            .current_dir(&cache)
            .output()
            .unwrap();
        let why = complained(&install);
        assert!(install.status.success() || why.contains("npm"), "{}{why}", said(&install));
        if !install.status.success() {
            println!("SKIPPED: the agents could not be installed: {why}");
        }
        install.status.success().then(|| cache.join("agents"))
    });
    folder.as_deref()
}

/// Models on this machine that say what a script says.
pub(crate) struct Models {
    pub(crate) world: model::World,
    _runtime: Runtime,
}

impl Models {
    pub(crate) fn say(sessions: Vec<Session>) -> Self {
        let runtime = Runtime::new().unwrap();
        let script = Script { keys: vec![KEY.to_owned()], sessions, aside: None };
        let world = runtime.block_on(model::World::start(script)).unwrap();
        Self { world, _runtime: runtime }
    }
}

/// A world with a sample repository and one agent on `models`, and a page to ask on.
pub(crate) fn world(agents: &Path, models: &Models, provider: &str, settings: &str) -> World {
    let world = World::new(&format!(
        "[[rooms]]\nname = \"web\"\ntopic = \"repo:acme/shop\"\n\n[[repositories]]\nfrom = \"shop\"\nname = \"acme/shop\"\n\n\
         [models.{provider}]\nurl = \"{}\"\nkey_file = \"model.key\"\n\n{settings}",
        models.world.url()
    ));
    let key = world.path().join("model.key");
    fs::write(&key, KEY).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    fs::create_dir_all(world.data()).unwrap();
    symlink(agents, world.data().join("agents")).unwrap();
    make(&world.path().join("shop"), &SHOP);
    world
}

/// A sample repository, with a test that runs without anything installed.
const SHOP: [(&str, &str); 6] = [
    ("README.md", "# Shop\n"),
    (".gitignore", "__pycache__/\n"),
    ("src/pricing.py", "def price(seats):\n    return seats * 10\n"),
    ("src/page.py", "from src.pricing import price\n\ndef page(seats):\n    return f\"<p>{price(seats)} USD</p>\"\n"),
    ("tests/__init__.py", ""),
    (
        "tests/test_page.py",
        "import unittest\nfrom src.page import page\n\nclass Page(unittest.TestCase):\n    def test_page(self):\n        \
         self.assertIn('20 USD', page(2))\n",
    ),
];

pub(crate) const REQUEST: &str = "@signalbox seats from 100 on cost 8, and the page says that the price is a month's";
const TEST: &str = "import unittest\nfrom src.pricing import price\n\nclass Pricing(unittest.TestCase):\n    \
                    def test_many(self):\n        self.assertEqual(price(100), 800)\n";

fn tokens(turn: u64) -> Tokens {
    Tokens { input: 8 + turn, cached: 9_000, kept: 400 + turn, kept_long: 0, output: 60 + turn, thought: 0 }
}

/// Turns with usage of their own each.
fn metered(turns: Vec<Turn>) -> Vec<Turn> {
    (1..).zip(turns).map(|(number, turn)| turn.tokens(tokens(number))).collect()
}

pub(crate) fn calls(words: &str, calls: &[(&str, Value)]) -> Turn {
    let calls = calls.iter().map(|(tool, input)| model::Call { tool: (*tool).to_owned(), input: input.clone() });
    Turn { say: words.to_owned(), calls: calls.collect(), ..Turn::default() }
}

fn session(says: &str, turns: Vec<Turn>) -> Session {
    Session { when: When { says: Some(says.to_owned()), ..When::default() }, turns: metered(turns) }
}

/// How claude-code makes the change: it plans, edits two files, writes a third, runs it, and reviews.
pub(crate) fn claude() -> Vec<Session> {
    let write = |path: &str, content: &str| ("Write", json!({ "file_path": path, "content": content }));
    let edit = |path: &str, old: &str, new: &str| {
        ("Edit", json!({ "file_path": path, "old_string": old, "new_string": new, "replace_all": false }))
    };
    let read = |path: &str| ("Read", json!({ "file_path": path }));
    let plan = session(
        "You plan a change",
        vec![
            calls("I'll look at the code first.", &[read("/checkout/src/pricing.py"), read("/checkout/src/page.py")]),
            calls(
                "",
                &[
                    write("/signalbox/out/plan.md", "Change pricing.py and page.py, add a test.\n"),
                    write(
                        "/signalbox/out/output.json",
                        r#"{"summary": "Seats from 100 on cost 8.", "risk": "low", "files": ["src/pricing.py"]}"#,
                    ),
                ],
            ),
            Turn::say("The plan is written."),
        ],
    );
    let build = session(
        "You make a change",
        vec![
            calls("I'll look at the code first.", &[read("/checkout/src/pricing.py"), read("/checkout/src/page.py")]),
            calls(
                "",
                &[
                    edit(
                        "/checkout/src/pricing.py",
                        "    return seats * 10",
                        "    if seats >= 100:\n        return seats * 8\n    return seats * 10",
                    ),
                    edit("/checkout/src/page.py", " USD</p>", " USD a month</p>"),
                    write("/checkout/tests/test_pricing.py", TEST),
                ],
            ),
            calls(
                "",
                &[(
                    "Bash",
                    json!({ "command": "python3 -m unittest discover -s tests -t . 2>&1", "description": "Run the tests" }),
                )],
            ),
            calls(
                "",
                &[
                    write("/signalbox/out/summary.md", "Seats from 100 on cost 8 each.\n"),
                    write("/signalbox/out/proposals/1.json", PROPOSAL),
                ],
            ),
            Turn::say("Seats from 100 on cost 8 USD each; the page says that the price is a month's."),
        ],
    );
    let review = session(
        "You review a change",
        vec![
            calls("", &[write("/signalbox/out/output.json", r#"{"verdict": "approve", "comments": []}"#)]),
            Turn::say("It does what was asked."),
        ],
    );
    vec![plan, build, review]
}

const PROPOSAL: &str = r#"{"proposal": "change_request", "title": "Seats from 100 on cost 8", "body": "The price of many seats, and the page says that it is a month's.", "not_done": ""}"#;

/// What came of the request, once it is over: the thread's messages, and the run as it is stored.
pub(crate) fn over(site: &Site, thread: &Thread) -> (Vec<Value>, Value) {
    let messages = until("the run is over", PATIENCE * 3, || {
        site.messages(thread).ok().filter(|messages| !of_kind(messages, "closing").is_empty())
    });
    (messages, site.runs().unwrap().remove(0))
}

/// What a run used up: millionths of a dollar, tokens read and written, turns.
fn used(run: &Value) -> [u64; 4] {
    ["micro_usd", "tokens_in", "tokens_out", "turns"]
        .map(|name| run["spent"][name].as_u64().unwrap_or_else(|| panic!("{run:#}")))
}

/// How codex makes it: by commands.
fn codex() -> Vec<Session> {
    let run = |command: &str| ("exec_command", json!({ "cmd": command }));
    let left = |file: &str, content: &str| run(&format!("cat > /signalbox/out/{file} <<'END'\n{content}\nEND"));
    let edit = "sed -i 's/^    return seats \\* 10$/    return seats * (8 if seats >= 100 else 10)/' src/pricing.py && \
                sed -i 's, USD</p>, USD a month</p>,' src/page.py";
    let plan = session(
        "You plan a change",
        vec![
            calls("I'll look at the code first.", &[run("cat src/pricing.py src/page.py")]),
            calls("", &[left("plan.md", "Change pricing.py and page.py, add a test.")]),
            calls("", &[left("output.json", PLANNED)]),
            Turn::say("The plan is written."),
        ],
    );
    let build = session(
        "You make a change",
        vec![
            calls("I'll look at the code first.", &[run("cat src/pricing.py src/page.py")]),
            calls("", &[run(edit)]),
            calls("", &[run(&format!("cat > tests/test_pricing.py <<'END'\n{TEST}END"))]),
            calls("", &[run("python3 -m unittest discover -s tests -t . 2>&1")]),
            calls("", &[left("summary.md", "Seats from 100 on cost 8 each.")]),
            calls("", &[left("proposals/1.json", PROPOSAL)]),
            Turn::say("Seats from 100 on cost 8 USD each; the page says that the price is a month's."),
        ],
    );
    let review = session(
        "You review a change",
        vec![
            calls("", &[left("output.json", r#"{"verdict": "approve", "comments": []}"#)]),
            Turn::say("It does what was asked."),
        ],
    );
    vec![plan, build, review]
}

const PLANNED: &str = r#"{"summary": "Seats from 100 on cost 8.", "risk": "low", "files": ["src/pricing.py"]}"#;

/// Asks, waits, and looks at the change request and the bill.
fn change(world: &World, models: &Models, calls: usize) -> Vec<Value> {
    let (dispatcher, site) = world.serve();
    let thread = site.write(&site.room("web"), None, REQUEST, "one").unwrap();
    let (messages, run) = over(&site, &thread);
    let closing = words(of_kind(&messages, "closing")[0]);
    if std::env::var_os("SIGNALBOX_KEEP").is_some() {
        for seen in models.world.seen() {
            let tools: Vec<_> = seen.body["tools"].as_array().into_iter().flatten().map(|tool| &tool["name"]).collect();
            println!("{} {} {} {:?} {:?} {tools:?}", seen.method, seen.path, seen.status, seen.answered, seen.refused);
        }
    }
    assert!(closing.contains("Ready for review:  “Seats from 100 on cost 8”"), "{closing}\n{run:#}");
    assert!(closing.contains("3 files changed"), "{closing}");
    let forge = bare(&world.data(), "acme/shop");
    let branches = git(&forge, &["for-each-ref", "--format=%(refname:short)", "refs/heads"]);
    let branch = branches.lines().find(|branch| *branch != "main").unwrap();
    let changed = git(&forge, &["diff", "--name-only", "main", branch, "--", "src", "tests"]);
    assert_eq!(changed, "src/page.py\nsrc/pricing.py\ntests/test_pricing.py");
    assert!(git(&forge, &["show", &format!("{branch}:src/page.py")]).contains("USD a month"));
    let (answers, billed) = models.world.billed();
    let [micro_usd, tokens_in, tokens_out, turns] = used(&run);
    assert_eq!((answers, tokens_in, tokens_out), (calls, billed.read(), billed.output), "{run:#}");
    assert_eq!(turns, calls as u64);
    let cents = (micro_usd + 5_000) / 10_000;
    let cost = format!("${}.{:02}", cents / 100, cents % 100);
    println!(
        "{answers} answers, {tokens_in} tokens read, {tokens_out} written, {micro_usd} millionths of a dollar; {closing}"
    );
    assert!(micro_usd > 0 && closing.contains(&cost), "{cost} in {closing}");
    let keys: Vec<_> = models.world.seen().iter().flat_map(|seen| seen.headers.clone()).collect();
    assert!(keys.iter().all(|(_, value)| !value.contains("placeholder")), "what the agent shows goes no further");
    world.assert_vacated();
    dispatcher.end();
    messages
}

#[test]
fn claude_code_makes_a_change_of_several_files_and_is_paid_to_the_token() {
    let Some(agents) = able().then(installed).flatten() else { return };
    let models = Models::say(claude());
    let agent = "[agents.default]\nadapter = \"claude-code\"\nmodel = \"claude-sonnet-4-5\"\n";
    let world = world(agents, &models, "anthropic", agent);
    change(&world, &models, 10);
}

#[test]
fn codex_makes_a_change_of_several_files_and_is_paid_to_the_token() {
    let Some(agents) = able().then(installed).flatten() else { return };
    let models = Models::say(codex());
    let agent = "[agents.default]\nadapter = \"codex\"\nmodel = \"gpt-5.1\"\n";
    let world = world(agents, &models, "openai", agent);
    change(&world, &models, 13);
}

#[test]
fn the_call_that_would_pass_the_cap_reaches_no_model_and_the_thread_says_so() {
    let Some(agents) = able().then(installed).flatten() else { return };
    let mut sessions = claude();
    // The first answer costs most of the dollar.
    sessions[0].turns[0].tokens =
        Tokens { input: 8, cached: 0, kept: 100_000, kept_long: 0, output: 25_000, thought: 0 };
    let models = Models::say(sessions);
    let agent = "[agents.default]\nadapter = \"claude-code\"\nmodel = \"claude-sonnet-4-5\"\n";
    let world = world(agents, &models, "anthropic", agent);
    let capped = [
        (".signalbox/workflows/build/workflow.yaml", CAPPED),
        (".signalbox/workflows/build/prompts/build.md", "You plan a change\n\n{{ request }}\n\n{{ outputs_guide }}\n"),
    ];
    for (path, content) in capped {
        let path = world.path().join("shop").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    git(&world.path().join("shop"), &["add", "--all"]);
    git(&world.path().join("shop"), &["commit", "--quiet", "--message", "A dollar at most"]);
    let (dispatcher, site) = world.serve();
    let thread = site.write(&site.room("web"), None, REQUEST, "one").unwrap();
    let (messages, run) = over(&site, &thread);
    let closing = words(of_kind(&messages, "closing")[0]);
    println!("{closing}");
    let (answers, billed) = models.world.billed();
    let [micro_usd, tokens_in, tokens_out, turns] = used(&run);
    assert_eq!((answers, models.world.seen().len()), (1, 1), "{closing}");
    assert_eq!((tokens_in, tokens_out, turns), (billed.read(), billed.output, 1));
    assert!(micro_usd <= 1_000_000, "{micro_usd}");
    assert!(closing.contains("I stopped at the budget of $1."), "{closing}");
    world.assert_vacated();
    dispatcher.end();
}

/// One phase, and a dollar.
const CAPPED: &str = "
name: build
description: Builds for a dollar at most.
on:
  chat: { roles: [member] }
inputs:
  request: { type: string, required: true }
budget: { usd: 1, wall: 30m, turns: 50 }
phases:
  build:
    label: Build
    agent: { use: default, model: default, prompt: prompts/build.md }
    permissions: { contents: write }
  open:
    label: Open
    needs: [build]
    forge: open_change_request
    outputs:
      change_request: { max: 1, draft: true }
";
