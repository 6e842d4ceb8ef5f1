//! Files of one user, lent to another: mounted so that they are the other's, without a byte of them being changed.

use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::{fs, mem, ptr};

use rustix::fs::CWD;
use rustix::mount::{MoveMountFlags, OpenTreeFlags, move_mount, open_tree};
use rustix::thread::UnshareFlags;

/// Mounts the folder `files` of the user `owner` at `at`, to read, as if it were the user `borrower`'s. `program` is
/// ours.
pub(crate) fn lend(program: &Path, files: &Path, owner: u32, at: &Path, borrower: u32) -> io::Result<()> {
    let names = names(program, owner, borrower)?;
    let tree = open_tree(CWD, files, OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC)?;
    let attributes = libc::mount_attr {
        attr_set: libc::MOUNT_ATTR_IDMAP | libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV,
        attr_clr: 0,
        propagation: 0,
        userns_fd: u64::try_from(names.as_raw_fd()).unwrap_or_default(),
    };
    #[expect(unsafe_code, reason = "the call has no other face yet; both pointers live until it returns")]
    let answer = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH,
            ptr::from_ref(&attributes),
            mem::size_of_val(&attributes),
        )
    };
    if answer != 0 {
        return Err(io::Error::last_os_error());
    }
    fs::create_dir_all(at)?;
    Ok(move_mount(&tree, "", CWD, at, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)?)
}

/// A namespace in which `borrower` goes by the name of `owner`: the kernel reads such a thing off a process only.
fn names(program: &Path, owner: u32, borrower: u32) -> io::Result<OwnedFd> {
    let mut child = Command::new(program)
        .args(["runner", "names"])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let made = (|| {
        let mut ready = [0];
        child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?.read_exact(&mut ready)?;
        let own = Path::new("/proc").join(child.id().to_string());
        for map in ["uid_map", "gid_map"] {
            fs::write(own.join(map), format!("{owner} {borrower} 1\n"))?;
        }
        Ok(OwnedFd::from(fs::File::open(own.join("ns/user"))?))
    })();
    drop(child.stdin.take());
    child.wait()?;
    made
}

/// The other side of [`names`]: is in a namespace of its own, until nobody needs it.
pub(crate) fn hold_names() -> ExitCode {
    #[expect(unsafe_code, reason = "this process has one thread, and nothing that depends on who it is")]
    let made = unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWUSER) };
    if made.is_err() || io::stdout().write_all(b".").and_then(|()| io::stdout().flush()).is_err() {
        return ExitCode::FAILURE;
    }
    let _ = io::stdin().read(&mut [0]);
    ExitCode::SUCCESS
}
