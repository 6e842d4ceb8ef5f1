//! The control groups of one jail: what the kernel counts and bounds of everything in it together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use signalbox_domain::id::Digest;

use crate::sizes::{Reached, Sizes};

/// What can be bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Controller {
    /// Memory.
    Memory,
    /// Processes.
    Pids,
    /// Processor time.
    Cpu,
}

/// All of them, with the kernel's names.
const CONTROLLERS: [(Controller, &str); 3] =
    [(Controller::Memory, "memory"), (Controller::Pids, "pids"), (Controller::Cpu, "cpu")];

/// What is only there where the kernel counts swap.
const SWAP: [&str; 2] = ["memory.memsw.limit_in_bytes", "memory.swap.max"];

/// The period that processor time is counted over, in microseconds.
const PERIOD_US: u64 = 100_000;

/// The folders below which this process may make groups, by what they bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hierarchy {
    parents: BTreeMap<Controller, PathBuf>,
    /// The one hierarchy of newer kernels, with other names for the same.
    unified: bool,
}

/// The groups of one jail.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    folders: BTreeMap<Controller, PathBuf>,
    unified: bool,
}

impl Hierarchy {
    /// Where this process may make groups.
    pub fn find() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        Self::read(&read("/proc/self/mountinfo"), &read("/proc/self/cgroup"))
    }

    /// What can be bounded here.
    pub fn bounds(&self) -> impl Iterator<Item = Controller> {
        self.parents.keys().copied()
    }

    fn read(mounts: &str, own: &str) -> Self {
        let mut found = Self::default();
        for (controller, name) in CONTROLLERS {
            // A line of `cgroup`: number, controllers, path. A controller is in one hierarchy or the other.
            let path = own.lines().find_map(|line| {
                let (names, path) = line.split_once(':')?.1.split_once(':')?;
                names.split(',').any(|one| one == name).then_some(path)
            });
            let folder = path.and_then(|path| mounted(mounts, "cgroup", Some(name), path));
            if let Some(folder) = folder.filter(|folder| is_ours(folder)) {
                found.parents.insert(controller, folder);
            }
        }
        if found.parents.is_empty()
            && let Some(path) = own.lines().find_map(|line| line.strip_prefix("0::"))
            && let Some(folder) = mounted(mounts, "cgroup2", None, path)
        {
            found = Self { parents: unified(&folder), unified: true };
        }
        found
    }

    /// Makes the groups of the jail with this root, bounded by `sizes`. What cannot be bounded here has no group.
    pub(super) fn make(&self, root: &Path, sizes: &Sizes) -> io::Result<Groups> {
        let groups = self.groups(root);
        for (controller, folder) in &groups.folders {
            match fs::create_dir(folder) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                Ok(()) | Err(_) => {}
            }
            for (file, value) in groups.values(*controller, sizes) {
                let file = folder.join(file);
                // Swap is counted where the kernel was told to.
                if SWAP.iter().any(|swap| file.ends_with(swap)) && !file.exists() {
                    continue;
                }
                fs::write(&file, &value)
                    .map_err(|error| io::Error::other(format!("{} cannot be set: {error}", file.display())))?;
            }
        }
        Ok(groups)
    }

    /// The groups that the jail with this root has, if it has any.
    pub(super) fn groups(&self, root: &Path) -> Groups {
        let name = format!("signalbox-{}", Digest::of(root.to_string_lossy().as_bytes()).short());
        let folders = self.parents.iter().map(|(controller, parent)| (*controller, parent.join(&name))).collect();
        Groups { folders, unified: self.unified }
    }
}

impl Groups {
    fn values(&self, controller: Controller, sizes: &Sizes) -> Vec<(&'static str, String)> {
        let quota = sizes.cpu * PERIOD_US / 100;
        match (controller, self.unified) {
            (Controller::Memory, true) => {
                vec![("memory.max", sizes.memory.to_string()), ("memory.swap.max", "0".to_owned())]
            }
            (Controller::Memory, false) => vec![
                ("memory.limit_in_bytes", sizes.memory.to_string()),
                ("memory.memsw.limit_in_bytes", sizes.memory.to_string()),
            ],
            (Controller::Pids, _) => vec![("pids.max", sizes.processes.to_string())],
            (Controller::Cpu, true) => vec![("cpu.max", format!("{quota} {PERIOD_US}"))],
            (Controller::Cpu, false) => {
                vec![("cpu.cfs_period_us", PERIOD_US.to_string()), ("cpu.cfs_quota_us", quota.to_string())]
            }
        }
    }

    /// Where a process writes itself to be in them.
    pub(super) fn doors(&self) -> Vec<PathBuf> {
        let mut doors: Vec<PathBuf> = self.folders.values().map(|folder| folder.join("cgroup.procs")).collect();
        doors.dedup();
        doors
    }

    /// What has been reached so far.
    pub(super) fn reached(&self) -> Reached {
        let counted = |controller, file: &str, name: &str| {
            let text = fs::read_to_string(self.folders.get(&controller)?.join(file)).ok()?;
            text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok())
        };
        let memory = if self.unified { "memory.events" } else { "memory.oom_control" };
        Reached {
            memory: counted(Controller::Memory, memory, "oom_kill ").unwrap_or(0),
            processes: counted(Controller::Pids, "pids.events", "max ").unwrap_or(0),
            disk: false,
        }
    }

    /// How often it was kept waiting for more processor time than it was given.
    pub(super) fn throttled(&self) -> u64 {
        let text =
            self.folders.get(&Controller::Cpu).and_then(|folder| fs::read_to_string(folder.join("cpu.stat")).ok());
        let count = text.as_deref().and_then(|text| text.lines().find_map(|line| line.strip_prefix("nr_throttled ")));
        count.and_then(|count| count.parse().ok()).unwrap_or(0)
    }

    /// Removes them. They hold no process any more.
    pub(super) fn remove(&self) {
        for folder in self.folders.values() {
            // What the kernel has not let go of yet is removed by who stops the box.
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Removes the groups that the jail with this root left behind.
pub fn leave_no_groups(root: &Path) {
    Hierarchy::find().groups(root).remove();
}

/// Where the group `path` is, in the hierarchy of this kind that has this controller.
fn mounted(mounts: &str, kind: &str, controller: Option<&str>, path: &str) -> Option<PathBuf> {
    mounts.lines().find_map(|line| {
        // number, parent, device, root, mount point, options, optional fields, -, kind, source, options
        let (before, after) = line.split_once(" - ")?;
        let (before, after): (Vec<&str>, Vec<&str>) = (before.split(' ').collect(), after.split(' ').collect());
        let has = controller.is_none_or(|name| after.get(2).is_some_and(|it| it.split(',').any(|one| one == name)));
        if after.first() != Some(&kind) || !has {
            return None;
        }
        let (root, point) = (before.get(3)?, before.get(4)?);
        let below = Path::new(path).strip_prefix(root).ok()?;
        Some(Path::new(point).join(below))
    })
}

/// The nearest folder at or above `own` that hands the most controllers on and that we may make groups in. A group
/// with processes in it hands none on, so it is seldom our own.
fn unified(own: &Path) -> BTreeMap<Controller, PathBuf> {
    let mut best = BTreeMap::new();
    for folder in own.ancestors().take_while(|folder| folder.join("cgroup.procs").exists()) {
        let handed = || fs::read_to_string(folder.join("cgroup.subtree_control")).unwrap_or_default();
        if handed().trim().is_empty() {
            // Only where nobody is in it, and in the outermost: it fails everywhere else.
            let _ = fs::write(folder.join("cgroup.subtree_control"), "+memory +pids +cpu");
        }
        let handed = handed();
        let has = |name: &str| handed.split_ascii_whitespace().any(|one| one == name);
        let here = CONTROLLERS.iter().filter(|(_, name)| has(name)).map(|(it, _)| (*it, folder.to_path_buf()));
        let here: BTreeMap<_, _> = here.collect();
        if here.len() > best.len() && is_ours(folder) {
            best = here;
        }
    }
    best
}

/// Whether we may make groups there: it is tried.
fn is_ours(folder: &Path) -> bool {
    let trial = folder.join(format!("signalbox-trial-{}", std::process::id()));
    let ours = fs::create_dir(&trial).is_ok();
    let _ = fs::remove_dir(trial);
    ours
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that looks like a mount of control groups.
    fn mount() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn each_controller_is_found_where_it_is_mounted() {
        let folder = mount();
        let point = folder.path().display();
        for group in ["memory/us", "pids", "cpu"] {
            fs::create_dir_all(folder.path().join(group)).unwrap();
        }
        let mounts = format!(
            "40 1 0:3 / {point}/memory rw - cgroup cgroup rw,memory\n41 1 0:4 / {point}/pids rw - cgroup cgroup \
             rw,pids\n42 1 0:5 / {point}/cpu rw shared:1 - cgroup cgroup rw,cpu,cpuacct\n"
        );
        let found = Hierarchy::read(&mounts, "4:memory:/us\n8:pids:/\n1:cpu,cpuacct:/\n0::/\n");
        assert_eq!(found.bounds().collect::<Vec<_>>(), [Controller::Memory, Controller::Pids, Controller::Cpu]);
        assert_eq!(found.parents[&Controller::Memory], folder.path().join("memory/us"));
        let groups = found.make(Path::new("/box/root"), &Sizes::default());
        // Files that the kernel makes with the folder; here they are ours.
        assert!(groups.is_ok() && groups.unwrap().doors().len() == 3);
        let limit = fs::read_dir(folder.path().join("memory/us")).unwrap().next().unwrap().unwrap().path();
        assert_eq!(fs::read_to_string(limit.join("memory.limit_in_bytes")).unwrap(), (8_u64 << 30).to_string());
    }

    #[test]
    fn in_the_one_hierarchy_it_is_the_nearest_that_hands_them_on() {
        let folder = mount();
        let own = folder.path().join("user/app/us");
        fs::create_dir_all(&own).unwrap();
        for group in [folder.path(), &folder.path().join("user"), &folder.path().join("user/app"), &own] {
            fs::write(group.join("cgroup.procs"), "").unwrap();
        }
        fs::write(folder.path().join("user/app/cgroup.subtree_control"), "cpu memory pids\n").unwrap();
        let mounts = format!("30 1 0:2 / {} rw - cgroup2 cgroup2 rw\n", folder.path().display());
        let found = Hierarchy::read(&mounts, "0::/user/app/us\n");
        assert!(found.unified);
        // Files of a plain folder take whatever is written: the kernel's would refuse it here.
        let groups = found.make(Path::new("/box/root"), &Sizes { cpu: 150, ..Sizes::default() }).unwrap();
        assert_eq!(groups.doors().len(), 1);
        let group = groups.folders[&Controller::Cpu].clone();
        assert_eq!(fs::read_to_string(group.join("cpu.max")).unwrap(), "150000 100000");
        fs::write(group.join("memory.events"), "low 0\nmax 3\noom 1\noom_kill 2\n").unwrap();
        fs::write(group.join("pids.events"), "max 7\n").unwrap();
        assert_eq!(groups.reached(), Reached { memory: 2, processes: 7, disk: false });
    }

    #[test]
    fn where_nothing_is_handed_on_nothing_is_bounded() {
        assert_eq!(Hierarchy::read("", "0::/\n").bounds().count(), 0);
        assert!(Hierarchy::default().make(Path::new("/box/root"), &Sizes::default()).unwrap().doors().is_empty());
    }
}
