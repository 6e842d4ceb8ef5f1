//! The folder of boxes: made, listed and removed one at a time, also by several processes.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use signalbox_domain::devbox::Listed;
use signalbox_domain::id::{DevboxId, Digest};
use signalbox_domain::time::{Span, Time};
use signalbox_ports::Error;
use signalbox_ports::devbox::Spec;
use signalbox_runner::jail::{self, Property, Unable};
use signalbox_runner::place::{Orders, Place};

use crate::Config;

/// How long a box waits for a dispatcher that is silent before it ends itself.
const PATIENCE: Span = Span::minutes(10);
/// How long a runner may take to be in its box. It takes a few milliseconds.
const ARRIVING: Duration = Duration::from_secs(10);
/// How long the kernel may take to end everything in a box.
const LEAVING: Duration = Duration::from_secs(20);
/// How often it is looked.
const LOOKING: Duration = Duration::from_millis(2);
/// The most boxes of one machine at once, with those that have ended and are not stopped yet.
const MOST: usize = 100;
/// Folders of boxes that are not made yet begin so. No box's begins with a point.
const UNFINISHED: &str = ".new-";

/// Folders of boxes that are stopped begin so until they are removed.
const STOPPED: &str = ".stopped-";

/// All boxes of this machine.
pub(crate) struct Boxes {
    pub(crate) config: Config,
    able: OnceLock<()>,
    swept: OnceLock<()>,
    /// Boxes that were ready when they were asked for, and that were not.
    pub(crate) ready: AtomicU64,
    pub(crate) made: AtomicU64,
}

impl Boxes {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            config,
            able: OnceLock::new(),
            swept: OnceLock::new(),
            ready: AtomicU64::new(0),
            made: AtomicU64::new(0),
        }
    }

    /// Makes a jail and runs nothing much in it.
    pub(crate) fn probe(&self) -> Result<(), Unable> {
        let unable = |error: io::Error| Unable {
            reason: format!("{} cannot be written: {error}", self.config.folder.display()),
            remedy: "Choose a folder of your own".to_owned(),
        };
        let _turn = self.turn().map_err(unable)?;
        let scratch = self.all().join(".probe");
        fs::create_dir_all(&scratch).map_err(unable)?;
        let result = jail::probe(&self.config.program, &scratch);
        // Left behind it does no harm.
        let _ = fs::remove_dir_all(scratch);
        result
    }

    /// Tries each property of a jail.
    pub(crate) fn examine(&self) -> Result<Vec<Property>, Unable> {
        let unable = |error: io::Error| Unable {
            reason: format!("{} cannot be written: {error}", self.config.folder.display()),
            remedy: "Choose a folder of your own".to_owned(),
        };
        let scratch = self.all().join(".examined");
        fs::create_dir_all(&scratch).map_err(unable)?;
        let result = jail::examine(&self.config.program, &scratch);
        // Left behind it does no harm.
        let _ = remove(&scratch);
        result
    }

    pub(crate) fn provision(&self, spec: &Spec) -> Result<(), Error> {
        if self.able.get().is_none() && !self.config.unsandboxed_i_accept_the_risk {
            self.probe().map_err(Error::rejected)?;
            let _ = self.able.set(());
        }
        let _turn = self.turn().map_err(Error::unavailable)?;
        let place = self.place(&spec.devbox);
        if place.folder().exists() {
            // One that was taken from the pool when we were killed.
            place.let_claim().map_err(Error::unavailable)?;
        } else {
            self.is_there_room()?;
            if self.take(&place, spec).map_err(Error::unavailable)? {
                return Ok(());
            }
            self.make(&place, spec).map_err(Error::unavailable)?;
        }
        // One that never got its runner, because we were killed in between, gets it now. One that had it is the box
        // that was asked for, whatever became of it.
        if place.is_unclaimed() && place.vacant().map_err(Error::unavailable)?.is_some() {
            self.start(&place)?;
        }
        Ok(())
    }

    pub(crate) fn stop(&self, devbox: &DevboxId) -> Result<(), Error> {
        let _turn = self.turn().map_err(Error::unavailable)?;
        let place = self.place(devbox);
        if !place.folder().exists() {
            return Ok(());
        }
        end(&place)?;
        let vacant = place.vacant().map_err(Error::unavailable)?;
        if vacant.is_none() {
            return Err(Error::unavailable(format!("{} is still running", place.folder().display())));
        }
        jail::leave_no_groups(&place.root());
        // It is nobody's box from here on. A large checkout takes its time to remove, and nobody need wait for that.
        let name = place.folder().file_name().unwrap_or_default().to_string_lossy();
        let stopped = place.folder().with_file_name(format!("{STOPPED}{}-{name}", now().0));
        fs::rename(place.folder(), &stopped).map_err(Error::unavailable)?;
        thread::spawn(move || remove(&stopped));
        Ok(())
    }

    pub(crate) fn list(&self) -> Result<Vec<Listed>, Error> {
        let _turn = self.turn().map_err(Error::unavailable)?;
        let mut listed = Vec::new();
        for folder in self.folders().map_err(Error::unavailable)? {
            let place = Place::at(folder);
            let orders = place.orders().map_err(Error::unavailable)?;
            let alive = place.vacant().map_err(Error::unavailable)?.is_none();
            listed.push(Listed { devbox: orders.devbox, since: orders.since, alive });
        }
        listed.sort_by(|a, b| a.devbox.cmp(&b.devbox));
        Ok(listed)
    }

    /// Makes the folder in one go: what is half made has another name.
    fn make(&self, place: &Place, spec: &Spec) -> io::Result<()> {
        let name = place.folder().file_name().unwrap_or_default().to_string_lossy();
        let new = place.folder().with_file_name(format!("{UNFINISHED}{name}"));
        if new.exists() {
            fs::remove_dir_all(&new)?;
        }
        Place::at(&new).make(&self.orders(&spec.devbox)?, &spec.claim_token)?;
        fs::rename(new, place.folder())
    }

    /// Room for one more.
    fn is_there_room(&self) -> Result<(), Error> {
        let there = self.folders().map_err(Error::unavailable)?.len();
        if there < MOST {
            return Ok(());
        }
        Err(Error::unavailable(format!(
            "this machine has {there} boxes, the most it may have at once (`machine boxes`): this one is made when another \
             has ended"
        )))
    }

    /// What the runner of a box is told.
    pub(crate) fn orders(&self, devbox: &DevboxId) -> io::Result<Orders> {
        Ok(Orders {
            devbox: devbox.clone(),
            since: now(),
            endpoint: std::path::absolute(&self.config.endpoint)?,
            patience: PATIENCE,
            mirrors: std::path::absolute(self.config.folder.join("mirrors"))?,
            tools: self.config.tools.clone(),
            sizes: self.config.sizes,
            unsandboxed_i_accept_the_risk: self.config.unsandboxed_i_accept_the_risk,
        })
    }

    fn start(&self, place: &Place) -> Result<(), Error> {
        self.started(place, "--box")
    }

    /// Starts a runner in the box, by this word of its own, and waits until it is in it.
    pub(crate) fn started(&self, place: &Place, word: &str) -> Result<(), Error> {
        let mut child = self.spawn(place, word).map_err(|error| {
            Error::unavailable(format!("{} could not be started: {error}", self.config.program.display()))
        })?;
        let deadline = Instant::now() + ARRIVING;
        // Until it is in the box it would not be listed as alive.
        while place.occupant().is_none_or(|occupant| occupant.pid != child.id()) {
            if let Some(status) = child.try_wait().map_err(Error::unavailable)? {
                let log = fs::read_to_string(place.log()).unwrap_or_default();
                return Err(Error::unavailable(format!("the runner ended at once ({status}): {}", log.trim())));
            }
            if Instant::now() > deadline {
                return Err(Error::unavailable("the runner does not come up"));
            }
            thread::sleep(LOOKING);
        }
        // Somebody must bury it when it ends.
        thread::spawn(move || child.wait());
        Ok(())
    }

    fn spawn(&self, place: &Place, word: &str) -> io::Result<Child> {
        let log = File::create(place.log())?;
        let mut command = Command::new(&self.config.program);
        command.args(["runner", word]).arg(place.folder()).current_dir(place.folder());
        // Nothing of our environment, where people keep their secrets; only where programs are found.
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()
    }

    fn place(&self, devbox: &DevboxId) -> Place {
        let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
        let name: String = devbox.as_str().trim_start_matches('.').chars().map(plain).take(80).collect();
        let digest = Digest::of(devbox.as_str().as_bytes());
        Place::at(self.all().join(format!("{name}-{}", digest.short())))
    }

    fn folders(&self) -> io::Result<Vec<PathBuf>> {
        let mut folders = Vec::new();
        for entry in fs::read_dir(self.all())? {
            let entry = entry?;
            if entry.file_type()?.is_dir() && !entry.file_name().to_string_lossy().starts_with('.') {
                folders.push(entry.path());
            }
        }
        Ok(folders)
    }

    /// Everybody who changes the folder takes turns. The turn ends when the file is dropped.
    pub(crate) fn turn(&self) -> io::Result<File> {
        fs::create_dir_all(self.all())?;
        let lock = File::create(self.all().join("lock"))?;
        lock.lock()?;
        if self.swept.set(()).is_ok() {
            self.sweep()?;
        }
        Ok(lock)
    }

    /// Removes what a process before this one had no time to.
    fn sweep(&self) -> io::Result<()> {
        for entry in fs::read_dir(self.all())? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(STOPPED) {
                thread::spawn(move || remove(&entry.path()));
            }
        }
        Ok(())
    }

    pub(crate) fn all(&self) -> PathBuf {
        self.config.folder.join("boxes")
    }
}

/// Ends the runner and everything that came from it, and waits until none of it is left. None comes while the proof of
/// that is held: asking for another could meet a program of ours that is just being started and has our files open.
pub(crate) fn end(place: &Place) -> Result<File, Error> {
    let deadline = Instant::now() + LEAVING;
    loop {
        let vacant = place.vacant().map_err(Error::unavailable)?;
        let occupant = place.occupant();
        let left = occupant.map(jail::belongings).unwrap_or_default();
        let occupied = vacant.is_none();
        if let Some(vacant) = vacant.filter(|_| left.is_empty()) {
            return Ok(vacant);
        }
        if Instant::now() > deadline {
            let numbers: Vec<u32> = left.iter().map(|process| process.pid).collect();
            return Err(Error::unavailable(format!("processes {numbers:?} of the box do not end")));
        }
        // The runner first, so that it starts nothing new. With it the kernel ends the jail.
        for process in occupant.into_iter().filter(|_| occupied).chain(left) {
            jail::kill(process);
        }
        thread::sleep(LOOKING);
    }
}

/// Removes the folder, also what an agent made unreadable for its own user.
pub(crate) fn remove(folder: &Path) -> io::Result<()> {
    if fs::remove_dir_all(folder).is_ok() {
        return Ok(());
    }
    open_up(folder)?;
    fs::remove_dir_all(folder)
}

pub(crate) fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    Time(u64::try_from(since).unwrap_or(u64::MAX))
}

fn open_up(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_up(&entry.path())?;
        }
    }
    Ok(())
}
