//! Whether this machine can make jails, and if not, why and what to do about it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use super::{Jail, user};
use crate::disk::Disk;
use crate::sizes::Sizes;

/// Why this machine cannot make jails.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this machine cannot make a sandbox: {reason}. {remedy}")]
pub struct Unable {
    /// What is missing.
    pub reason: String,
    /// What to do about it: a sentence, with the command.
    pub remedy: String,
}

/// Settings of the kernel that forbid jails to who is not root: the file, the value that forbids, what to do.
const SETTINGS: [(&str, &str, &str); 3] = [
    ("kernel/unprivileged_userns_clone", "0", "Run `sudo sysctl -w kernel.unprivileged_userns_clone=1`"),
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "Run `sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`",
    ),
    ("user/max_user_namespaces", "0", "Run `sudo sysctl -w user.max_user_namespaces=15000`"),
];

/// Whether `program` (the one that calls [`crate::main`]) can make a jail in `scratch` and run `true` in it.
pub fn probe(program: &Path, scratch: &Path) -> Result<(), Unable> {
    // In a process of its own: the kernel's bookkeeping of jails must not meet the other children of this one.
    let output = Command::new(program).args(["runner", "probe"]).arg(scratch).env_clear().stdin(Stdio::null()).output();
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let setting = |name: &str| fs::read_to_string(Path::new("/proc/sys").join(name)).ok();
            Err(explain(String::from_utf8_lossy(&output.stderr).trim(), &setting))
        }
        Err(error) => Err(Unable {
            reason: format!("{} could not be started: {error}", program.display()),
            remedy: "Check that the file is there and may be executed".to_owned(),
        }),
    }
}

/// The other side of [`probe`]: tries, and complains on standard error.
pub(crate) fn try_out(scratch: &Path) -> ExitCode {
    let jail = |program| Jail {
        root: scratch.join("root"),
        program,
        readable: BTreeMap::new(),
        writable: BTreeMap::new(),
        command: vec!["/bin/true".to_owned()],
        env: BTreeMap::new(),
        folder: "/".to_owned(),
        hatch: false,
        user: user("probe"),
        sizes: Sizes::default(),
        disk: Disk::Watched { folders: vec![], bytes: 0 },
        doors: vec![],
        unsandboxed: false,
    };
    let tried = std::env::current_exe().and_then(|program| jail(program).run(&scratch.join("jail.json")));
    match tried.unwrap_or_else(|error| Err(error.to_string())) {
        Ok(_) => ExitCode::SUCCESS,
        Err(complaint) => {
            eprintln!("{complaint}");
            ExitCode::FAILURE
        }
    }
}

fn explain(complaint: &str, setting: &dyn Fn(&str) -> Option<String>) -> Unable {
    for (name, forbids, remedy) in SETTINGS {
        if setting(name).is_some_and(|value| value.trim() == forbids) {
            let reason = format!("the kernel's setting {} is {forbids} ({complaint})", name.replace('/', "."));
            return Unable { reason, remedy: remedy.to_owned() };
        }
    }
    let remedy = if complaint.to_lowercase().contains("landlock") {
        "Boot a kernel of version 5.13 or later with `landlock` in its `lsm=` list"
    } else if complaint.contains("EPERM") {
        "If this is a container, start it with `--security-opt seccomp=unconfined --security-opt \
         apparmor=unconfined`, or give Signalbox a machine of its own"
    } else {
        "Give Signalbox a Linux machine of its own"
    };
    Unable { reason: complaint.to_owned(), remedy: remedy.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_that_forbids_it_is_named_with_the_command_that_allows_it() {
        let ubuntu = |name: &str| (name == "kernel/apparmor_restrict_unprivileged_userns").then(|| "1\n".to_owned());
        let unable = explain("unshare(..) => EPERM", &ubuntu);
        assert_eq!(unable.remedy, "Run `sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`");
        let container = explain("unshare(..) => EPERM: Operation not permitted", &|_| None);
        assert!(container.remedy.contains("--security-opt"), "{container}");
    }
}
