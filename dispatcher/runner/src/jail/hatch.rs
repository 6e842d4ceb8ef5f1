//! How a listener of the jail's own network comes out to the runner: handed through a socket that is gone before
//! anything untrusted runs. The jail has no other way out, and this one leads to the runner's gateway only.

use std::fs;
use std::io::{self, IoSlice, IoSliceMut, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};

/// The folder of the socket, as the jail sees it. It is empty by the time somebody could look.
pub(crate) const FOLDER: &str = "/signalbox/gate";
/// The port on the jail's loopback that leads to the gateway.
pub(crate) const PORT: u16 = 7070;

const SOCKET: &str = "socket";

/// In the jail, before anything untrusted runs: listens on [`PORT`] of its loopback, and hands that out.
pub(super) fn hand_out() -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, PORT))?;
    let mut stream = UnixStream::connect(Path::new(FOLDER).join(SOCKET))?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut rights = SendAncillaryBuffer::new(&mut space);
    let handed = [listener.as_fd()];
    rights.push(SendAncillaryMessage::ScmRights(&handed));
    sendmsg(&stream, &[IoSlice::new(b"!")], &mut rights, SendFlags::empty())?;
    // Nothing runs here before the hatch is closed.
    stream.read_exact(&mut [0])
}

/// The outer side of the hatch.
pub(crate) struct Hatch {
    /// Where it is knocked, once.
    pub(crate) listener: UnixListener,
    socket: PathBuf,
}

impl Hatch {
    /// Opens one in `folder`, which is made. It has to be closed to everybody else.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let socket = folder.join(SOCKET);
        if socket.exists() {
            fs::remove_file(&socket)?;
        }
        // By the folder's descriptor: the address of a socket may be no longer than 107 bytes, and folders may.
        let held = rustix::fs::open(folder, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let short = format!("/proc/self/fd/{}/{SOCKET}", held.as_raw_fd());
        Ok(Self { listener: UnixListener::bind(short)?, socket })
    }

    /// Takes the listener that `stream` hands out, and closes the hatch for good.
    pub(crate) fn take(self, mut stream: &UnixStream) -> io::Result<TcpListener> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut rights = RecvAncillaryBuffer::new(&mut space);
        let mut byte = [0];
        recvmsg(stream, &mut [IoSliceMut::new(&mut byte)], &mut rights, RecvFlags::CMSG_CLOEXEC)?;
        let mut handed = None;
        for message in rights.drain() {
            if let RecvAncillaryMessage::ScmRights(mut descriptors) = message {
                handed = handed.or(descriptors.next());
            }
        }
        let handed = handed.ok_or_else(|| io::Error::other("the jail handed out nothing"))?;
        fs::remove_file(&self.socket)?;
        drop(self.listener);
        stream.write_all(b"!")?;
        Ok(TcpListener::from(handed))
    }
}
