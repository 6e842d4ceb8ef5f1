//! The program `signalbox`, its folders, and what of it is alive.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::site::Site;

/// How long anything may take that takes seconds. The machine may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Looks until there is something to see.
pub(crate) fn until<T>(what: &str, within: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(since.elapsed() < within, "not within {within:?}: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The program: `$SIGNALBOX_PROGRAM`, else the one that was built beside these tests.
pub(crate) fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        if let Some(named) = std::env::var_os("SIGNALBOX_PROGRAM") {
            return named.into();
        }
        let tests = std::env::current_exe().unwrap();
        let built = tests.ancestors().nth(2).unwrap().join("signalbox");
        assert!(built.is_file(), "{} is not there: cargo build -p signalbox-cli", built.display());
        built
    })
}

/// Whether this machine can make boxes. If not, says so for whoever reads what the tests print.
pub(crate) fn able() -> bool {
    static WHY_NOT: OnceLock<Option<String>> = OnceLock::new();
    let why_not = WHY_NOT.get_or_init(|| {
        let world = World::new("");
        let findings: Vec<Value> = serde_json::from_slice(&world.run(["doctor", "--json"]).stdout).unwrap();
        let sandbox = findings.into_iter().find(|finding| finding["what"] == "sandbox").unwrap();
        (sandbox["well"] != true).then(|| format!("{}; {}", sandbox["said"], sandbox["remedy"]))
    });
    if let Some(why_not) = why_not {
        println!("skipped: this machine makes no sandbox: {why_not}");
    }
    why_not.is_none()
}

/// A folder for a dispatcher, its settings beside it, and nothing of either left afterwards.
pub(crate) struct World {
    folder: TempDir,
}

impl World {
    /// A folder, with `settings` as its signalbox.toml.
    pub(crate) fn new(settings: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("signalbox-e2e-").tempdir().unwrap();
        fs::write(folder.path().join("signalbox.toml"), settings).unwrap();
        Self { folder }
    }

    /// Where everything of this world is.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What the dispatcher keeps.
    pub(crate) fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// The program with `words`, not started yet.
    pub(crate) fn command<W: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = W>) -> Command {
        let mut command = Command::new(program());
        command.arg("--data").arg(self.data()).args(words).current_dir(self.path());
        command.env_remove("SIGNALBOX_HOME").stdin(Stdio::null());
        command
    }

    /// What the program says to `words`, once it has ended.
    pub(crate) fn run<W: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = W>) -> Output {
        self.command(words).output().unwrap()
    }

    /// A dispatcher on this folder, being started.
    pub(crate) fn start(&self) -> Dispatcher {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.path().join("log")).unwrap();
        let mut command = self.command(["-v", "serve", "--listen", "127.0.0.1:0"]);
        Dispatcher { child: command.stdout(Stdio::piped()).stderr(log).spawn().unwrap() }
    }

    /// A dispatcher on this folder, and its page.
    pub(crate) fn serve(&self) -> (Dispatcher, Site) {
        let mut dispatcher = self.start();
        let site = dispatcher.site();
        (dispatcher, site)
    }

    /// Runners of this folder's boxes that are alive, with their boxes' folders.
    pub(crate) fn runners(&self) -> Vec<(Pid, PathBuf)> {
        let boxes = self.data().join("boxes/boxes");
        processes()
            .into_iter()
            .filter_map(|(pid, words)| {
                let place = words.iter().skip_while(|word| *word != "--box").nth(1).map(PathBuf::from)?;
                place.starts_with(&boxes).then_some((pid, place))
            })
            .collect()
    }

    /// Folders of boxes that are there.
    pub(crate) fn boxes(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.data().join("boxes/boxes")).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
    }

    /// Waits until nothing of a box is left.
    pub(crate) fn assert_vacated(&self) {
        until("every runner has ended and every box is removed", PATIENCE, || {
            (self.runners().is_empty() && self.boxes().is_empty()).then_some(())
        });
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // A story that broke leaves boxes at work.
        for (pid, _) in self.runners() {
            let _ = kill_process(pid, Signal::KILL);
        }
        if std::thread::panicking() {
            let log = fs::read_to_string(self.path().join("log")).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("the dispatcher's log ends:\n{}", lines[lines.len().saturating_sub(60)..].join("\n"));
            if std::env::var_os("SIGNALBOX_KEEP").is_some() {
                self.folder.disable_cleanup(true);
                eprintln!("kept: {}", self.path().display());
            }
        }
    }
}

/// A dispatcher's process.
pub(crate) struct Dispatcher {
    child: Child,
}

impl Dispatcher {
    /// One that `command` starts.
    pub(crate) fn of(mut command: Command) -> Self {
        Self { child: command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap() }
    }

    /// Its process.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Its page, once it is up.
    pub(crate) fn site(&mut self) -> Site {
        self.fresh().unwrap()
    }

    /// Its page, once it is up; nothing if that was asked before.
    pub(crate) fn fresh(&mut self) -> Option<Site> {
        let (said, hear) = channel();
        let lines = BufReader::new(self.child.stdout.take()?).lines();
        std::thread::spawn(move || {
            // To the end, so that it can always write.
            for line in lines.map_while(Result::ok) {
                let _ = said.send(line);
            }
        });
        let address = until("the dispatcher says where it is", PATIENCE, || {
            assert!(self.child.try_wait().unwrap().is_none(), "the dispatcher ended at once; its log says why");
            hear.try_iter().find_map(|line| line.strip_prefix("Open").map(|address| address.trim().to_owned()))
        });
        Some(Site::new(&address))
    }

    /// `kill -9`. Returns whether it was alive.
    pub(crate) fn kill(mut self) -> bool {
        let alive = self.child.try_wait().unwrap().is_none();
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        alive
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn end(mut self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        let status = until("the dispatcher ends when asked to", PATIENCE, || self.child.try_wait().unwrap());
        assert!(status.success(), "the dispatcher ended with {status}");
    }
}

impl Drop for Dispatcher {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Every process, with the words it was started with.
pub(crate) fn processes() -> Vec<(Pid, Vec<String>)> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries
        .filter_map(|entry| {
            let pid = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)?;
            let line = fs::read(entry.path().join("cmdline")).ok()?;
            let words = line.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned());
            Some((pid, words.collect()))
        })
        .collect()
}

/// What a program wrote on its standard output.
pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What a program complained of.
pub(crate) fn complained(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
