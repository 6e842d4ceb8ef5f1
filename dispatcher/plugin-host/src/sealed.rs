//! Compiled bytes that nobody can change between being checked and being run.
//!
//! On Linux they are written to a file without a name, digested on the way, and sealed: from then on nobody can write to
//! it, this process included, and it is mapped. Mapping the file in the folder instead would run what somebody writes into
//! it after it was checked. Where there are no such files, the bytes are kept in memory and copied.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};
use signalbox_domain::id::Digest;
use wasmtime::Engine;
use wasmtime::component::Component;

/// How much is read, digested and written at a time: it stays in the processor's cache from the one to the other.
const PIECE: usize = 64 * 1024;

/// Bytes of a compiled file, and their digest.
pub(crate) struct Sealed {
    bytes: Bytes,
    digest: Digest,
}

enum Bytes {
    #[cfg(target_os = "linux")]
    Mapped(File),
    Copied(Vec<u8>),
}

impl Sealed {
    /// Reads a file, once.
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        let mut from = File::open(path)?;
        let mut to = nowhere();
        let mut hash = Sha256::new();
        let mut piece = vec![0; PIECE];
        loop {
            let read = match from.read(&mut piece) {
                Ok(0) => break,
                Ok(read) => &piece[..read],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            hash.update(read);
            match &mut to {
                #[cfg(target_os = "linux")]
                Bytes::Mapped(file) => file.write_all(read)?,
                Bytes::Copied(bytes) => bytes.extend_from_slice(read),
            }
        }
        #[cfg(target_os = "linux")]
        if let Bytes::Mapped(file) = &to {
            use rustix::fs::{SealFlags, fcntl_add_seals};
            fcntl_add_seals(file, SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL)?;
        }
        let digest = Digest::from(<[u8; 32]>::from(hash.finalize()));
        Ok(Self { bytes: to, digest })
    }

    /// The digest of the very bytes that [`revive`](Self::revive) runs.
    pub(crate) fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The component. Whoever asks for it has compared the digest.
    pub(crate) fn revive(&self, engine: &Engine) -> wasmtime::Result<Component> {
        match &self.bytes {
            #[cfg(target_os = "linux")]
            Bytes::Mapped(file) => map(engine, file),
            Bytes::Copied(bytes) => revive(engine, bytes),
        }
    }
}

/// Where the bytes are kept: a file without a name, if there are such files and they can be mapped by the name that a
/// process has for what it has open.
fn nowhere() -> Bytes {
    #[cfg(target_os = "linux")]
    if Path::new("/proc/self/fd").is_dir()
        && let Ok(file) = {
            use rustix::fs::{MemfdFlags, memfd_create};
            memfd_create("plugin", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)
        }
    {
        return Bytes::Mapped(file.into());
    }
    Bytes::Copied(Vec::new())
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "compiled code is trusted for its digest, of a file that nobody can write to any more")]
fn map(engine: &Engine, file: &File) -> wasmtime::Result<Component> {
    use std::os::fd::AsRawFd as _;
    let name = format!("/proc/self/fd/{}", file.as_raw_fd());
    // SAFETY: whoever calls this has checked that the bytes are those that were compiled, and they are sealed.
    unsafe { Component::deserialize_file(engine, name) }
}

/// Copies the checked bytes and makes the copy executable.
#[expect(unsafe_code, reason = "compiled code is trusted for its digest, checked in this very buffer")]
pub(crate) fn revive(engine: &Engine, compiled: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: whoever calls this has checked that the bytes are those that were compiled.
    unsafe { Component::deserialize(engine, compiled) }
}
