//! The disk of a box: a file system of its own, in a file, so that it can be full without anything else being.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, io};

use rustix::mount::{MountPropagationFlags, mount_change};
use rustix::thread::UnshareFlags;
use serde::{Deserialize, Serialize};

/// What a file system may have left and be full, in bytes: less than anything that is worth writing.
const LEFT: u64 = 1 << 20;
/// How long a look at everything that lies there waits for the next: so many times as long as it took.
const REST: u32 = 20;
/// The least it waits.
const LEAST: Duration = Duration::from_millis(200);
/// What an entry costs beside its content: its inode and its name, about.
const ENTRY: u64 = 1_024;
/// Where the programs are that make file systems, which not everybody has in the path.
const PROGRAMS: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// How what lies in the writable folders is bounded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Disk {
    /// They lie in a file system of this folder, which cannot hold more.
    Own {
        /// Where it is mounted, for this process and what comes from it.
        folder: PathBuf,
    },
    /// They lie beside everything else, and are looked at: who has more is ended.
    Watched {
        /// The folders.
        folders: Vec<PathBuf>,
        /// The most, in bytes.
        bytes: u64,
    },
}

/// Proof that what this process mounts is seen by nobody else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alone(());

/// Gives this process its own view of what is mounted: what it mounts is seen by nobody else, and gone with it. Only
/// root may, and only before it has threads.
pub(crate) fn mount_alone() -> io::Result<Alone> {
    #[expect(unsafe_code, reason = "this process has one thread, and nothing that depends on where things are mounted")]
    unsafe {
        rustix::thread::unshare_unsafe(UnshareFlags::NEWNS)?;
    }
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
    Ok(Alone(()))
}

impl Disk {
    /// Makes a file system of `bytes` in the file `image`, and mounts it at `folder`.
    pub(crate) fn own(_alone: Alone, image: &Path, folder: &Path, bytes: u64) -> io::Result<Self> {
        // What is left of a try before this one.
        match fs::remove_file(image) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        // A file that says how long it is and takes what is written to it, no more.
        fs::File::create(image)?.set_len(bytes)?;
        fs::create_dir_all(folder)?;
        // No journal: a disk that lives as long as a box need not survive it.
        let options = ["-q", "-F", "-m", "0", "-O", "^has_journal", "-E", "lazy_itable_init=1,nodiscard"];
        program("mkfs.ext4", &options, &[image])?;
        program("mount", &["-o", "loop,nosuid,nodev,noatime"], &[image, folder])?;
        Ok(Self::Own { folder: folder.to_path_buf() })
    }
}

fn program(name: &str, options: &[&str], paths: &[&Path]) -> io::Result<()> {
    let mut command = Command::new(name);
    command.args(options).args(paths).env_clear().env("PATH", PROGRAMS).stdin(Stdio::null());
    let output = command.output().map_err(|error| io::Error::other(format!("{name}: {error}")))?;
    let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() { Ok(()) } else { Err(io::Error::other(format!("{name}: {complaint}"))) }
}

/// Looks at a disk while somebody writes to it.
pub(crate) struct Gauge {
    disk: Disk,
    next: Instant,
    full: bool,
}

impl Gauge {
    pub(crate) fn new(disk: Disk) -> Self {
        Self { disk, next: Instant::now(), full: false }
    }

    /// Whether it is full now, as far as one looks all the time.
    pub(crate) fn is_full(&mut self) -> bool {
        let began = Instant::now();
        if began < self.next {
            return self.full;
        }
        self.full = match &self.disk {
            Disk::Own { folder } => rustix::fs::statvfs(folder)
                .is_ok_and(|left| left.f_bavail * left.f_frsize < LEFT || (left.f_files > 0 && left.f_ffree == 0)),
            Disk::Watched { folders, bytes } => {
                let mut sum = 0;
                folders.iter().for_each(|folder| weigh(folder, *bytes, &mut sum));
                sum > *bytes
            }
        };
        self.next = Instant::now() + (began.elapsed() * REST).max(LEAST);
        self.full
    }

    /// Whether nothing but an end keeps it from taking more.
    pub(crate) fn is_boundless(&self) -> bool {
        matches!(self.disk, Disk::Watched { .. })
    }
}

/// Adds what lies in `folder` to `sum`, until that is more than `most`. Files come and go while it looks.
fn weigh(folder: &Path, most: u64, sum: &mut u64) {
    use std::os::unix::fs::MetadataExt as _;
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if *sum > most {
            return;
        }
        let Ok(metadata) = entry.metadata() else { continue };
        *sum += metadata.blocks() * 512 + ENTRY;
        if metadata.is_dir() {
            weigh(&entry.path(), most, sum);
        }
    }
}
