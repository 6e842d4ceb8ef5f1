//! What the kernel says about processes: who came from whom, how busy they were, and whether a number still means the
//! same process.

use std::collections::BTreeMap;
use std::fs;

use rustix::process::Pid;
use serde::{Deserialize, Serialize};

/// A process that cannot be mistaken for a later one with the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Its number.
    pub pid: u32,
    /// When it was started, in clock ticks since the machine was.
    pub started: u64,
}

/// The process that has the number `pid` now, unless it has ended.
pub fn identity(pid: u32) -> Option<Identity> {
    Process::read(pid).filter(|process| !process.ended).map(|process| process.identity)
}

/// A process as the kernel lists it.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    identity: Identity,
    parent: u32,
    group: u32,
    ended: bool,
    /// How far it is from whom it came: 1 for a child.
    pub(crate) generation: u32,
    /// Its number.
    pub(crate) pid: Pid,
    /// Processor time of it and of the children it has waited for, in clock ticks.
    pub(crate) ticks: u64,
}

impl Process {
    fn read(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name, in parentheses, may hold anything; the numbers begin after the last one.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
        let number = |field: usize| fields.get(field - 3).and_then(|text| text.parse::<u64>().ok());
        Some(Self {
            identity: Identity { pid, started: number(22)? },
            parent: u32::try_from(number(4)?).ok()?,
            group: u32::try_from(number(5)?).ok()?,
            generation: 0,
            ended: matches!(fields.first(), Some(&("Z" | "X"))),
            pid: Pid::from_raw(i32::try_from(pid).ok()?)?,
            ticks: (14..=17).filter_map(number).sum(),
        })
    }

    /// Whether the process is still there and not just waiting to be reaped.
    pub(crate) fn is_alive(&self) -> bool {
        identity(self.identity.pid) == Some(self.identity)
    }
}

/// Everything that belongs to the runner `leader`: what came from it, and what is left of its group when it is gone.
/// Not what has ended.
pub fn belongings(leader: Identity) -> Vec<Identity> {
    let family = descendants(leader.pid).into_iter();
    let group = all().filter(|process| process.group == leader.pid && process.identity.started >= leader.started);
    family.chain(group).filter(|process| !process.ended).map(|process| process.identity).collect()
}

/// Ends the process at once, unless it has ended and its number belongs to another by now.
pub fn kill(process: Identity) {
    if identity(process.pid) == Some(process)
        && let Some(pid) = i32::try_from(process.pid).ok().and_then(Pid::from_raw)
    {
        // It may have ended in between.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}

/// Every process that came from `pid`, without itself.
pub(crate) fn descendants(pid: u32) -> Vec<Process> {
    let mut children: BTreeMap<u32, Vec<Process>> = BTreeMap::new();
    for process in all() {
        children.entry(process.parent).or_default().push(process);
    }
    let (mut found, mut next) = (Vec::new(), vec![(pid, 1)]);
    while let Some((parent, generation)) = next.pop() {
        for process in children.remove(&parent).unwrap_or_default() {
            next.push((process.identity.pid, generation + 1));
            found.push(Process { generation, ..process });
        }
    }
    found
}

fn all() -> impl Iterator<Item = Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| Process::read(entry.file_name().to_str()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_used_again_is_not_the_same_process() {
        let own = identity(std::process::id()).unwrap();
        assert_ne!(Some(Identity { started: own.started + 1, ..own }), identity(own.pid));
        assert_eq!(identity(0), None);
    }

    #[test]
    fn a_grandchild_is_found() {
        let mut child = std::process::Command::new("sh").args(["-c", "sleep 60 & wait"]).spawn().unwrap();
        let found = loop {
            let found = descendants(std::process::id());
            if found.len() >= 2 {
                break found;
            }
        };
        for process in found {
            rustix::process::kill_process(process.pid, rustix::process::Signal::KILL).unwrap();
        }
        child.wait().unwrap();
    }
}
