//! One box, its dispatcher and a repository on a forge, in a temporary folder.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

use rustix::process::{Pid, Signal};
use serde_json::json;
use signalbox_domain::devbox::{Assignment, Attempt, Author, Checkout, Finish, Task};
use signalbox_domain::id::{Commit, DevboxId};
use signalbox_domain::patch::Rules;
use signalbox_domain::time::{Span, Time};
use signalbox_domain::workflow::{Budget, Timeout};
use signalbox_runner::jail::identity;
use signalbox_runner::place::{Orders, Place};
use signalbox_runner::sizes::Sizes;
use tempfile::TempDir;

use crate::dispatcher::{CLAIM, Dispatcher, PATIENCE, REPORT};

pub(crate) const TOKEN: &str = "forge-canary-71aa";
pub(crate) const BRANCH: &str = "signalbox/pricing";

pub(crate) struct World {
    folder: TempDir,
    pub(crate) dispatcher: Dispatcher,
    pub(crate) unsandboxed: bool,
    pub(crate) user: Option<u32>,
    pub(crate) tools: Vec<PathBuf>,
    pub(crate) patience: Span,
    pub(crate) sizes: Sizes,
}

/// A runner that was started. It is killed with all its children when the story ends.
pub(crate) struct Runner(pub(crate) Child);

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = Self {
            folder,
            dispatcher: Dispatcher::default(),
            unsandboxed: false,
            user: None,
            tools: vec![],
            sizes: Sizes::default(),
            patience: Span::minutes(5),
        };
        world.dispatcher.listen(&world.endpoint());
        world.git(&["init", "--quiet", "--bare", "--initial-branch=main"], world.forge());
        world
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn endpoint(&self) -> PathBuf {
        self.path().join("endpoint")
    }

    pub(crate) fn forge(&self) -> PathBuf {
        let forge = self.path().join("forge/acme/shop.git");
        fs::create_dir_all(&forge).unwrap();
        forge
    }

    pub(crate) fn place(&self) -> Place {
        Place::at(self.path().join("boxes/one"))
    }

    /// Commits these files, beside what is there, to `branch` on the forge.
    pub(crate) fn commit(&self, branch: &str, files: &[(&str, &str)]) -> Commit {
        let clone = self.path().join(format!("clone-{}", fs::read_dir(self.path()).unwrap().count()));
        self.git(&["clone", "--quiet", ".", clone.to_str().unwrap()], self.forge());
        let found = self.try_git(&["checkout", "--quiet", branch], &clone);
        if found.is_none() {
            self.git(&["checkout", "--quiet", "-B", branch], &clone);
        }
        for (name, content) in files {
            fs::create_dir_all(clone.join(name).parent().unwrap()).unwrap();
            fs::write(clone.join(name), content).unwrap();
        }
        self.git(&["add", "--all", "--force"], &clone);
        self.git(&["commit", "--quiet", "--message=By a person"], &clone);
        self.git(&["push", "--quiet", "origin", branch], &clone);
        Commit(self.git(&["rev-parse", "HEAD"], &clone))
    }

    pub(crate) fn git(&self, arguments: &[&str], folder: impl AsRef<Path>) -> String {
        self.try_git(arguments, folder).unwrap_or_else(|| panic!("git {arguments:?}"))
    }

    pub(crate) fn try_git(&self, arguments: &[&str], folder: impl AsRef<Path>) -> Option<String> {
        let output = Command::new("git")
            .args(["-c", "user.name=Pat", "-c", "user.email=pat@acme.example", "-c", "safe.directory=*"])
            .args(arguments)
            .current_dir(folder)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim_end().to_owned())
    }

    /// What the forge has at `path` on the run's branch.
    pub(crate) fn pushed(&self, path: &str) -> Option<String> {
        self.try_git(&["show", &format!("{BRANCH}:{path}")], self.forge())
    }

    pub(crate) fn checkout(&self, start: &Commit) -> Checkout {
        Checkout {
            repository: "acme/shop".into(),
            url: self.forge().to_str().unwrap().to_owned(),
            token: Some(TOKEN.to_owned()),
            start: start.clone(),
            base: start.clone(),
            trusted: None,
            branch: BRANCH.to_owned(),
            push: true,
            subject: "Correct the price".to_owned(),
            trailers: vec!["Signalbox-Run: 01J".to_owned(), "Requested-by: Dana".to_owned()],
            rules: Rules::default(),
        }
    }

    /// Hands the work out and starts a box for it.
    pub(crate) fn start(&self, assignment: Assignment) -> Runner {
        self.dispatcher.assign(assignment);
        let orders = Orders {
            devbox: assignment_box(),
            since: Time(0),
            endpoint: self.endpoint(),
            patience: self.patience,
            mirrors: self.path().join("mirrors"),
            tools: self.tools.clone(),
            sizes: self.sizes,
            unsandboxed_i_accept_the_risk: self.unsandboxed,
        };
        let program = self.path().join("signalbox");
        fs::copy(env!("CARGO_BIN_EXE_signalbox-runner"), &program).unwrap();
        self.place().make(&orders, CLAIM).unwrap();
        let mut command = Command::new(program);
        command.args(["runner", "--box"]).arg(self.place().folder()).stdin(Stdio::null());
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).process_group(0);
        if let Some(user) = self.user {
            let chown = Command::new("chown").args(["-R", &format!("{user}:{user}")]).arg(self.path()).status();
            assert!(chown.unwrap().success());
            command.uid(user).gid(user);
        }
        Runner(command.spawn().unwrap())
    }

    /// Hands the work out, starts a box for it, and waits for its end.
    pub(crate) fn run(&self, assignment: Assignment) -> Finish {
        let mut runner = self.start(assignment);
        let finish = self.dispatcher.finish();
        assert!(runner.ended().success());
        finish
    }
}

impl Runner {
    pub(crate) fn ended(&mut self) -> ExitStatus {
        self.0.wait().unwrap()
    }

    pub(crate) fn kill(&self, signal: Signal) {
        rustix::process::kill_process(Pid::from_child(&self.0), signal).unwrap();
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        let _ = rustix::process::kill_process_group(Pid::from_child(&self.0), Signal::KILL);
        let _ = self.0.wait();
    }
}

fn assignment_box() -> DevboxId {
    "box-1".into()
}

pub(crate) fn assignment(task: Task, checkout: Option<Checkout>) -> Assignment {
    Assignment {
        devbox: assignment_box(),
        attempt: Attempt { run: "01J".into(), phase: "implement".into(), epoch: 3 },
        checkout,
        task,
        files: BTreeMap::new(),
        produces: vec![],
        output_schema: None,
        network: vec![],
        timeout: Timeout { wall: Span::minutes(5), idle: Span::minutes(5), start: Span::minutes(1) },
        budget: Budget { micro_usd: 1_000_000, wall: Span::minutes(30), turns: 100 },
        heartbeat: Span(50),
        author: Author { name: "Dana".to_owned(), email: "dana@acme.example".to_owned() },
        report_token: REPORT.to_owned(),
    }
}

pub(crate) fn script(script: &str) -> Task {
    Task::Script { script: script.to_owned() }
}

/// A recorded session of these steps.
pub(crate) fn session(steps: &[serde_json::Value]) -> Task {
    let lines: Vec<String> = steps.iter().map(ToString::to_string).collect();
    agent("scripted", "session", &lines.join("\n"))
}

pub(crate) fn agent(adapter: &str, setting: &str, value: &str) -> Task {
    Task::Agent {
        adapter: adapter.to_owned(),
        model: None,
        settings: BTreeMap::from([(setting.to_owned(), value.to_owned())]),
        prompt: "Make the price right.".to_owned(),
        then: Vec::new(),
        prices: String::new(),
    }
}

pub(crate) fn edit(path: &str, find: &str, replace: &str) -> serde_json::Value {
    json!({"edit": {"path": path, "find": find, "replace": replace}})
}

/// Host processes whose command line holds `word`. What a broken run left behind earlier is not ours.
pub(crate) fn processes(word: &str) -> Vec<String> {
    let own = identity(std::process::id()).unwrap();
    let numbers = fs::read_dir("/proc").unwrap().flatten();
    let numbers = numbers.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let ours = numbers.filter(|number| identity(*number).is_some_and(|process| process.started >= own.started));
    let lines = ours.filter_map(|number| fs::read(format!("/proc/{number}/cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).into_owned()).filter(|line| line.contains(word)).collect()
}

/// Waits until it is so.
pub(crate) fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::yield_now();
    }
}
