//! Each property of a jail, proved by trying to break it, once, on this machine.

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::{fs, thread};

use serde::{Deserialize, Serialize};

use super::{Controller, FIRST_USER, Hierarchy, Jail, Unable, probe, user};
use crate::disk::{Alone, Disk, mount_alone};
use crate::sizes::{Reached, Sizes};

/// A property of boxes on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Property {
    /// Its name.
    pub name: String,
    /// Whether it was proved.
    pub proved: bool,
    /// What was tried, and what came of it.
    pub said: String,
    /// What to do where it was not.
    pub remedy: String,
}

const MB: u64 = 1 << 20;
/// Small enough to be reached at once.
const SMALL: Sizes = Sizes { memory: 96 * MB, cpu: 20, processes: 24, disk: 64 * MB };

/// What a box may not, and a command that succeeds if it can. `$CANARY` is a file of the machine's, `$PID` a process.
const WALLS: [(&str, &str, &str); 6] = [
    (
        "who it is",
        "it is nobody, without any privilege, and can become nobody else",
        "[ $(id -u) = 0 ] || grep -q '^CapEff:.*[1-9a-f]' /proc/self/status || ! grep -q '^NoNewPrivs:.1' /proc/self/status",
    ),
    (
        "system calls",
        "what escapes are made of is refused",
        "! grep -q '^Seccomp:.2' /proc/self/status || unshare --user true || unshare --mount true || chroot / true",
    ),
    (
        "files",
        "no file of this machine's people or services is there",
        "cat $CANARY || cat /etc/shadow || ls /root || ls /var/lib || ls /run || ls /sys/kernel",
    ),
    (
        "the system",
        "its programs can be read and not be changed",
        "touch /usr/signalbox-trial || touch /etc/signalbox-trial || true >> /bin/sh",
    ),
    (
        "processes",
        "no process but its own is seen, and none can be ended",
        "kill -0 $PID || [ $(ls -d /proc/[0-9]* | wc -l) -gt 12 ] || cat /proc/$PID/environ",
    ),
    (
        "network",
        "there is no link but its own loopback, and no way to anywhere",
        "grep : /proc/net/dev | grep -v ' lo:' || grep -q . /proc/net/arp && [ $(wc -l < /proc/net/route) -gt 1 ]",
    ),
];

/// Has `program` prove every property in `scratch`.
pub fn examine(program: &Path, scratch: &Path) -> Result<Vec<Property>, Unable> {
    probe(program, scratch)?;
    let unable = |error: String| Unable { reason: error, remedy: "Try again".to_owned() };
    let output =
        Command::new(program).args(["runner", "examine"]).arg(scratch).env_clear().stdin(Stdio::null()).output();
    let output = output.map_err(|error| unable(error.to_string()))?;
    serde_json::from_slice(&output.stdout)
        .map_err(|_| unable(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

/// The other side of [`examine`].
pub(crate) fn examine_here(scratch: &Path) -> ExitCode {
    let alone = mount_alone().ok();
    match all(scratch, alone).and_then(|found| Ok(serde_json::to_string(&found)?)) {
        Ok(found) => {
            println!("{found}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn all(scratch: &Path, alone: Option<Alone>) -> io::Result<Vec<Property>> {
    let work = scratch.join("work");
    let own = alone.map(|alone| Disk::own(alone, &scratch.join("disk.img"), &work, SMALL.disk));
    fs::create_dir_all(work.join("checkout"))?;
    crate::place::give(&work.join("checkout"), user("examine"))?;
    let canary = scratch.join("canary");
    fs::write(&canary, "a canary\n")?;
    let disk = match &own {
        Some(Ok(disk)) => disk.clone(),
        Some(Err(_)) | None => Disk::Watched { folders: vec![work.clone()], bytes: SMALL.disk },
    };
    let trial = Trial { scratch, work: work.join("checkout"), disk };
    let mut found = walls(&trial, &canary)?;
    found.extend(sizes(&trial)?);
    found.push(match own {
        Some(Ok(_)) => {
            let (_, reached, _) = trial.run(SMALL, "dd if=/dev/zero of=big bs=1M count=200 2>/dev/null")?;
            property("disk", reached.disk, "it has a file system of its own, and filled it without filling another")
        }
        Some(Err(error)) => watched(&format!("no file system of its own could be made ({error})")),
        None => watched("only root can give it a file system of its own"),
    });
    found.push(match (alone, user("examine")) {
        (Some(_), Some(user)) => lent(&trial, user),
        (Some(_) | None, _) => doubt(
            "files at once",
            "only root can lend files: git lays them out for each box",
            "run Signalbox as root to have large repositories at once",
        ),
    });
    Ok(found)
}

fn walls(trial: &Trial<'_>, canary: &Path) -> io::Result<Vec<Property>> {
    let mut script = format!("exec 2>/dev/null; CANARY={} PID={}\n", canary.display(), std::process::id());
    for (name, _, way) in WALLS {
        script.push_str(&format!("if {{ {way}; }} >/dev/null; then echo '{name}'; fi\n"));
    }
    let (_, _, broken) = trial.run(Sizes::default(), &format!("{script}echo tried"))?;
    let tried = broken.ends_with("tried\n");
    Ok(WALLS
        .map(|(name, said, _)| {
            let proved = tried && !broken.lines().any(|line| line == name);
            Property { remedy: if proved { String::new() } else { REPORT.to_owned() }, ..property(name, proved, said) }
        })
        .into())
}

/// What to do where a wall does not stand.
const REPORT: &str = "do not run agents on this machine, and tell Signalbox's maintainers: this should not be possible";

fn sizes(trial: &Trial<'_>) -> io::Result<Vec<Property>> {
    let bounds: Vec<Controller> = Hierarchy::find().bounds().collect();
    let mut found = Vec::new();
    for (controller, name, said, without, script) in [
        (
            Controller::Memory,
            "memory",
            "a program that took more than it was given was ended",
            "each process is bounded, and all together are not",
            "head -c 400000000 /dev/zero | tail | wc -c",
        ),
        (
            Controller::Pids,
            "number of processes",
            "more processes than it was given could not be started",
            "only all boxes of one user together are bounded",
            "n=0; while [ $n -lt 60 ]; do sleep 1 & n=$((n+1)); done; wait",
        ),
        (
            Controller::Cpu,
            "processors",
            "a program that only turns was held to its share",
            "a busy box slows its neighbours down",
            "n=0; while [ $n -lt 100000 ]; do n=$((n+1)); done",
        ),
    ] {
        if !bounds.contains(&controller) {
            let remedy = "run Signalbox as root, or as a service of systemd with `Delegate=yes`";
            found.push(doubt(name, &format!("{without}: the kernel's control groups are not handed on to us"), remedy));
            continue;
        }
        // So little that it is held back before it has begun.
        let cpu = if controller == Controller::Cpu { 5 } else { SMALL.cpu };
        let (throttled, reached, _) = trial.run(Sizes { cpu, ..SMALL }, script)?;
        let proved = match controller {
            Controller::Memory => reached.memory > 0,
            Controller::Pids => reached.processes > 0,
            Controller::Cpu => throttled > 0,
        };
        found.push(property(name, proved, said));
    }
    Ok(found)
}

fn lent(trial: &Trial<'_>, user: u32) -> Property {
    let tried = || {
        let files = trial.scratch.join("files");
        fs::create_dir_all(&files)?;
        crate::place::give(&files, Some(FIRST_USER - 1))?;
        super::lend(&std::env::current_exe()?, &files, FIRST_USER - 1, &trial.scratch.join("lent"), user)?;
        use std::os::unix::fs::MetadataExt as _;
        Ok::<_, io::Error>(fs::metadata(trial.scratch.join("lent"))?.uid() == user)
    };
    match tried() {
        Ok(true) => property("files at once", true, "files laid out once are lent to a box as its own"),
        Ok(false) | Err(_) => doubt(
            "files at once",
            "files cannot be lent: git lays them out for each box",
            "a kernel of version 5.19 or later and a folder on ext4, xfs or btrfs make large repositories quick",
        ),
    }
}

fn watched(why: &str) -> Property {
    let said = format!("{why}: what it writes is looked at, and who writes more than it may is ended");
    doubt("disk", &said, "run Signalbox as root on a machine with loop devices and `mkfs.ext4`")
}

fn property(name: &str, proved: bool, said: &str) -> Property {
    let said = if proved { said.to_owned() } else { format!("it was tried, and this is not so: {said}") };
    Property { name: name.to_owned(), proved, said, remedy: String::new() }
}

fn doubt(name: &str, said: &str, remedy: &str) -> Property {
    Property { name: name.to_owned(), proved: false, said: said.to_owned(), remedy: remedy.to_owned() }
}

/// A jail to try things in.
struct Trial<'a> {
    scratch: &'a Path,
    work: PathBuf,
    disk: Disk,
}

impl Trial<'_> {
    /// Runs `script`: how often it was held back, what it reached, and what it printed.
    fn run(&self, sizes: Sizes, script: &str) -> io::Result<(u64, Reached, String)> {
        let jail = Jail {
            root: self.scratch.join("root"),
            program: std::env::current_exe()?,
            readable: BTreeMap::new(),
            writable: BTreeMap::from([("/checkout".to_owned(), self.work.clone())]),
            command: ["/bin/sh", "-c", script].map(str::to_owned).into(),
            env: BTreeMap::from([("PATH".to_owned(), "/usr/sbin:/usr/bin:/sbin:/bin".to_owned())]),
            folder: "/checkout".to_owned(),
            hatch: false,
            user: user("examine"),
            sizes,
            disk: self.disk.clone(),
            doors: vec![],
            unsandboxed: false,
        };
        let mut inmate = jail.start(&self.scratch.join("jail.json"), &[])?;
        let (mut said, stderr) = (String::new(), inmate.child.stderr.take());
        thread::spawn(move || stderr.map(io::read_to_string));
        if let Some(mut stdout) = inmate.child.stdout.take() {
            stdout.read_to_string(&mut said)?;
        }
        inmate.child.wait()?;
        let reached = Reached { disk: inmate.gauge.is_full(), ..inmate.groups.reached() };
        let throttled = inmate.groups.throttled();
        inmate.kill()?;
        Ok((throttled, reached, said))
    }
}
