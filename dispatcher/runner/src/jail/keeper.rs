//! The keeper: makes the namespaces and the mounts, and stays outside until the jail has ended.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

use hakoniwa::landlock::{CompatMode, FsAccess, Resource, Ruleset};
use hakoniwa::{Container, MountOptions, Namespace, Rlimit};
use rustix::fs::StatVfsMountFlags;
use rustix::process::Signal;

use super::{COMPLAINT, Jail, NOT_STARTED, PROGRAM, hatch, loopback};

/// Folders of the system that every jail may read.
const SYSTEM: [&str; 7] = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

/// The parts of `/etc` that programs need and that hold no secret.
const SETTINGS: [&str; 9] = [
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
];

/// Memory for `/tmp` and `/dev/shm`.
const SCRATCH: &str = "mode=1777,size=1g";

/// The largest file a program may write, in bytes.
const FILE_BYTES: u64 = 2 << 30;
/// Private memory of one process, in bytes.
const DATA_BYTES: u64 = 16 << 30;
/// Open files of one process.
const OPEN_FILES: u64 = 8_192;
/// Processes of one jail.
const PROCESSES: u64 = 4_096;

/// Runs the jail that `notes` describes to its end, and exits as its program did. It ends with `parent`.
pub(crate) fn keep(notes: &Path, parent: u32) -> ExitCode {
    match try_keep(notes, parent) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{COMPLAINT}{error}");
            ExitCode::from(NOT_STARTED)
        }
    }
}

fn try_keep(notes: &Path, parent: u32) -> io::Result<ExitCode> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // The runner may have died before the kernel was told to end us with it.
    if rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get().unsigned_abs()) != Some(parent) {
        return Err(io::Error::other("the runner is gone"));
    }
    let jail: Jail = serde_json::from_slice(&fs::read(notes)?)?;
    if jail.unsandboxed {
        return run_openly(&jail);
    }
    for door in &jail.doors {
        fs::write(door, "0").map_err(|error| io::Error::other(format!("{}: {error}", door.display())))?;
    }
    let container = container(&jail)?;
    let (env, folder) = (jail.env.clone(), jail.folder.clone());
    let enter = move || {
        let error = enter(&jail);
        eprintln!("{COMPLAINT}{error}");
        i32::from(NOT_STARTED)
    };
    #[expect(unsafe_code, reason = "the keeper has one thread: after a fork the child may do everything")]
    let mut command = unsafe { container.command_from_closure(enter) };
    let status =
        command.envs(&env).current_dir(&folder).spawn().and_then(|mut child| child.wait()).map_err(io::Error::other)?;
    if status.exit_code.is_none() && status.code == i32::from(NOT_STARTED) {
        return Err(io::Error::other(status.reason));
    }
    Ok(ExitCode::from(u8::try_from(status.code & 0xff).unwrap_or(NOT_STARTED)))
}

/// What process 1 does before it is the init: what needs the privileges that are lost with the next program.
fn enter(jail: &Jail) -> io::Error {
    let network = || loopback::up().and_then(|()| if jail.hatch { hatch::hand_out() } else { Ok(()) });
    if let Err(error) = network() {
        return error;
    }
    let user = jail.user.map_or("-".to_owned(), |user| user.to_string());
    std::process::Command::new(PROGRAM).args(["runner", "init", &user]).args(&jail.command).exec()
}

fn container(jail: &Jail) -> io::Result<Container> {
    let mut container = Container::empty();
    container.rootdir(&jail.root);
    for namespace in [Namespace::Mount, Namespace::Pid, Namespace::Network, Namespace::Ipc, Namespace::Uts] {
        container.unshare(namespace);
    }
    // Root gives the jail a user of its own. Anybody else stays who they are, in a namespace where that means nothing.
    if jail.user.is_none() {
        container.unshare(Namespace::User);
        container.uidmap(rustix::process::geteuid().as_raw());
        container.gidmap(rustix::process::getegid().as_raw());
    }
    container.hostname("devbox");
    for folder in SYSTEM {
        match fs::read_link(folder) {
            Ok(target) => drop(container.symlink(text(&target)?, folder)),
            Err(_) if Path::new(folder).exists() => mount(&mut container, Path::new(folder), folder, false)?,
            Err(_) => {}
        }
    }
    for part in SETTINGS.map(Path::new).into_iter().filter(|part| part.exists()) {
        mount(&mut container, &part.canonicalize()?, text(part)?, false)?;
    }
    mount(&mut container, &jail.program, PROGRAM, false)?;
    for (inside, outside) in &jail.readable {
        mount(&mut container, outside, inside, false)?;
    }
    for (inside, outside) in &jail.writable {
        mount(&mut container, outside, inside, true)?;
    }
    container.devfsmount("/dev").procfsmount("/proc");
    let scratch = MountOptions::NOSUID | MountOptions::NODEV;
    for folder in ["/tmp", "/dev/shm"] {
        container.mount("tmpfs", folder, "tmpfs", scratch, Some(SCRATCH.to_owned()));
    }
    let user = jail.user.unwrap_or(rustix::process::geteuid().as_raw());
    let group = jail.user.unwrap_or(rustix::process::getegid().as_raw());
    container
        .dir("/etc", 0o755)
        .file("/etc/passwd", &format!("agent:x:{user}:{group}:agent:/tmp:/bin/sh\n"))
        .file("/etc/group", &format!("agent:x:{group}:\n"))
        .file("/etc/hosts", "127.0.0.1 localhost devbox\n::1 localhost\n")
        .file("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n");
    limit(&mut container);
    container.landlock_ruleset(landlock(jail));
    Ok(container)
}

/// Mounts what is at `outside`, to read or to write.
fn mount(container: &mut Container, outside: &Path, inside: &str, write: bool) -> io::Result<()> {
    let mut options = MountOptions::BIND | MountOptions::NOSUID;
    options |= if write { MountOptions::NODEV } else { MountOptions::REC | MountOptions::RDONLY };
    // In a user namespace a mount must keep the restrictions that the host gave it.
    let flags = rustix::fs::statvfs(outside)?.f_flag;
    for (host, option) in [
        (StatVfsMountFlags::NODEV, MountOptions::NODEV),
        (StatVfsMountFlags::NOEXEC, MountOptions::NOEXEC),
        (StatVfsMountFlags::RDONLY, MountOptions::RDONLY),
    ] {
        if flags.contains(host) {
            options |= option;
        }
    }
    container.mount(text(outside)?, inside, "", options, None);
    Ok(())
}

fn limit(container: &mut Container) {
    let open_files = rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum.unwrap_or(OPEN_FILES);
    for (resource, most) in [
        (Rlimit::Core, 0),
        (Rlimit::Fsize, FILE_BYTES),
        (Rlimit::Data, DATA_BYTES),
        (Rlimit::Nofile, OPEN_FILES.min(open_files)),
        (Rlimit::Nproc, PROCESSES),
    ] {
        container.setrlimit(resource, most, most);
    }
}

/// The same permissions once more, by path: a mistake in the mounts is not yet an escape.
fn landlock(jail: &Jail) -> Ruleset {
    let mut rules = Ruleset::default();
    rules.restrict(Resource::FS, CompatMode::Enforce);
    rules.allow_path("/", FsAccess::R | FsAccess::X);
    for folder in jail.writable.keys().map(String::as_str).chain(["/tmp", "/dev"]) {
        rules.allow_path(folder, FsAccess::R | FsAccess::W | FsAccess::X);
    }
    rules
}

fn run_openly(jail: &Jail) -> io::Result<ExitCode> {
    let (program, arguments) = jail.command.split_first().ok_or_else(|| io::Error::other("nothing to run"))?;
    let status = std::process::Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(&jail.env)
        .current_dir(&jail.folder)
        .status()
        .map_err(|error| io::Error::other(format!("{program} could not be started: {error}")))?;
    Ok(super::init::exit_code(status))
}

fn text(path: &Path) -> io::Result<&str> {
    path.to_str().ok_or_else(|| io::Error::other(format!("{} is not UTF-8: choose another folder", path.display())))
}
