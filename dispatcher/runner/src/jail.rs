//! A jail: the namespaces, the filters and the user that untrusted programs run with.
//!
//! The runner starts itself again as a *keeper*, which makes the namespaces and mounts; in them it starts itself once
//! more as the *init*, process 1, which gives up what is left of its privileges and starts the untrusted program.
//! Each dies with the one before it, and everything in the jail dies with process 1.

mod examine;
mod groups;
pub(crate) mod hatch;
mod init;
mod keeper;
mod lend;
mod loopback;
mod probe;
mod process;
mod syscalls;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use rustix::process::{Signal, WaitOptions};
use serde::{Deserialize, Serialize};

use groups::Groups;

use crate::disk::{Disk, Gauge};
use crate::sizes::{Reached, Sizes};

pub(crate) use examine::examine_here;
pub use examine::{Property, examine};
pub use groups::{Controller, Hierarchy, leave_no_groups};
pub(crate) use hatch::Hatch;
pub(crate) use init::init;
pub(crate) use keeper::keep;
pub(crate) use lend::{hold_names, lend};
pub(crate) use probe::try_out;
pub use probe::{Unable, probe};
pub(crate) use process::descendants;
pub use process::{Identity, belongings, identity, kill};

/// What the keeper and init exit with when they could not start the program. They say why on standard error, on a line
/// that begins with [`COMPLAINT`] or `hakoniwa: `.
const NOT_STARTED: u8 = 125;

/// The beginning of a line in which the jail itself complains.
const COMPLAINT: &str = "jail: ";

/// Our own program, as the jail sees it.
pub(crate) const PROGRAM: &str = "/signalbox/bin/signalbox";

/// The first of the users that boxes run as when the runner is root. Every box has its own.
pub(crate) const FIRST_USER: u32 = 2_000_000_000;

/// How many such users there are.
const USERS: u32 = 100_000_000;

/// How long the kernel may take to end everything in a jail.
const REAPING: Duration = Duration::from_secs(20);

/// A program to run, and everything it may see. Nothing else exists for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Jail {
    /// An empty folder on the host, for the root of the jail to be mounted on.
    pub(crate) root: PathBuf,
    /// Our own program on the host.
    pub(crate) program: PathBuf,
    /// Folders and files it may read: their place in the jail, and on the host.
    pub(crate) readable: BTreeMap<String, PathBuf>,
    /// Folders it may write to: their place in the jail, and on the host.
    pub(crate) writable: BTreeMap<String, PathBuf>,
    /// The program to run and its arguments, by their place in the jail.
    pub(crate) command: Vec<String>,
    /// Its whole environment.
    pub(crate) env: BTreeMap<String, String>,
    /// The folder it starts in, by its place in the jail.
    pub(crate) folder: String,
    /// Whether a listener of its own network is handed out to the runner, for its gateway.
    pub(crate) hatch: bool,
    /// The user it runs as on the host, if the runner is root; else it is the runner's own, in a user namespace.
    pub(crate) user: Option<u32>,
    /// The most it may use.
    pub(crate) sizes: Sizes,
    /// How what it writes is bounded.
    pub(crate) disk: Disk,
    /// Where a process writes itself to be held to them.
    pub(crate) doors: Vec<PathBuf>,
    /// Run it without any of this. Only for who said so in so many words.
    pub(crate) unsandboxed: bool,
}

/// The user that the box called `name` runs as, if this process is root and can choose.
pub(crate) fn user(name: &str) -> Option<u32> {
    let hash = name.bytes().fold(2_166_136_261_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619));
    rustix::process::geteuid().is_root().then(|| FIRST_USER + hash % USERS)
}

impl Jail {
    /// Starts the program with `input` on its standard input. `notes` is a file of ours for the keeper to read.
    ///
    /// The thread that calls this must live until the program has ended: the kernel ends the jail with it.
    pub(crate) fn start(&self, notes: &Path, input: &[u8]) -> io::Result<Inmate> {
        fs::create_dir_all(&self.root)?;
        let groups =
            if self.unsandboxed { Groups::default() } else { Hierarchy::find().make(&self.root, &self.sizes)? };
        fs::write(notes, serde_json::to_vec(&Self { doors: groups.doors(), ..self.clone() })?)?;
        // Whatever the jail leaves behind becomes our child, so that we can wait until nothing of it is left.
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
        let mut child = Command::new(&self.program)
            .args(["runner", "keep"])
            .arg(notes)
            .arg(rustix::process::getpid().as_raw_nonzero().to_string())
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            let input = input.to_vec();
            // On a thread: a program that does not read its input must not block us.
            thread::spawn(move || stdin.write_all(&input));
        }
        let holders = if self.unsandboxed { 0 } else { 2 };
        let gauge = Gauge::new(self.disk.clone());
        Ok(Inmate { child, holders, groups, gauge, sizes: self.sizes, told: Reached::default(), gone: false })
    }

    /// Runs a short program of our own choice to its end: what it wrote, or what it complained of.
    pub(crate) fn run(&self, notes: &Path) -> io::Result<Result<Vec<u8>, String>> {
        let mut inmate = self.start(notes, &[])?;
        let (stdout, stderr) = (inmate.child.stdout.take(), inmate.child.stderr.take());
        let complaints = thread::spawn(move || stderr.map(io::read_to_string).transpose());
        let mut output = Vec::new();
        if let Some(mut stdout) = stdout {
            io::Read::read_to_end(&mut stdout, &mut output)?;
        }
        let status = inmate.child.wait()?;
        inmate.kill()?;
        let complaints = complaints.join().unwrap_or(Ok(None)).ok().flatten().unwrap_or_default();
        Ok(if status.success() { Ok(output) } else { Err(format!("{status}: {}", complaints.trim())) })
    }
}

/// A program in its jail.
pub(crate) struct Inmate {
    /// The keeper, with the program's standard output and error.
    pub(crate) child: Child,
    /// The generations of the keeper's children that are ours: one outside of the jail, and process 1.
    holders: u32,
    groups: Groups,
    gauge: Gauge,
    sizes: Sizes,
    /// What of its sizes was told.
    told: Reached,
    gone: bool,
}

impl Inmate {
    /// The exit code, once the program has ended. 128 and a signal's number if it was killed.
    pub(crate) fn ended(&mut self) -> io::Result<Option<i32>> {
        use std::os::unix::process::ExitStatusExt as _;
        Ok(self.child.try_wait()?.map(|status| status.code().or(status.signal().map(|s| 128 + s)).unwrap_or(-1)))
    }

    /// Asks the program and its children to end.
    pub(crate) fn terminate(&self) {
        // Not those that hold the jail: with them it would end at once.
        let jailed = |process: &process::Process| process.generation > self.holders;
        for process in descendants(self.child.id()).into_iter().filter(jailed) {
            // Whoever is gone already need not be asked.
            let _ = rustix::process::kill_process(process.pid, Signal::TERM);
        }
    }

    /// Processor time used so far by everything in the jail, in clock ticks.
    pub(crate) fn ticks(&self) -> u64 {
        descendants(self.child.id()).iter().map(|process| process.ticks).sum()
    }

    /// Which of its sizes it reached since this was asked last, in words.
    pub(crate) fn reached(&mut self) -> Vec<String> {
        let now = Reached { disk: self.told.disk || self.gauge.is_full(), ..self.groups.reached() };
        now.since(std::mem::replace(&mut self.told, now), &self.sizes)
    }

    /// Whether it has to be ended, because nothing else keeps it from filling the disk of everybody.
    pub(crate) fn overflows(&mut self) -> bool {
        self.gauge.is_boundless() && self.gauge.is_full()
    }

    /// Ends the jail. When it returns well, no process of it is left; nor is any other child of this process.
    pub(crate) fn kill(&mut self) -> io::Result<()> {
        if self.gone {
            return Ok(());
        }
        let before = descendants(self.child.id());
        self.child.kill()?;
        self.child.wait()?;
        let deadline = Instant::now() + REAPING;
        // With the keeper gone the kernel ends the rest; each of it becomes our child and is waited for. Without a
        // jail nothing ends by itself, so what is left is killed by name.
        loop {
            for process in before.iter().chain(&descendants(std::process::id())) {
                if process.is_alive() {
                    let _ = rustix::process::kill_process(process.pid, Signal::KILL);
                }
            }
            match rustix::process::wait(WaitOptions::NOHANG) {
                Err(rustix::io::Errno::CHILD) => break,
                Ok(Some(_)) => {}
                Ok(None) if Instant::now() > deadline => {
                    return Err(io::Error::other("processes of the jail are still there although they were killed"));
                }
                Ok(None) => thread::sleep(Duration::from_millis(2)),
                Err(error) => return Err(error.into()),
            }
        }
        self.groups.remove();
        self.gone = true;
        Ok(())
    }
}

impl Drop for Inmate {
    fn drop(&mut self) {
        // Best effort: the kernel does the same when this process ends.
        let _ = self.kill();
    }
}

/// Whether `code` and the last line on standard error say that the jail itself failed, and how.
pub(crate) fn complaint(code: i32, last: &str) -> Option<&str> {
    (code == i32::from(NOT_STARTED)).then(|| last.strip_prefix(COMPLAINT).or(last.strip_prefix("hakoniwa: "))).flatten()
}
