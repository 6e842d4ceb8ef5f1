//! Compiled components on disk, by what they were compiled from. A compiled file is native code that checks nothing
//! itself: one flipped byte would run. So its digest is checked first, and the very file that was checked is mapped.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use signalbox_domain::id::Digest;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::engine;

/// A folder of compiled components, readable and writable by its owner only: who can write to it can run code.
pub(crate) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// Opens the folder, which is made if it is not there.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        }
        Ok(Self { folder: folder.to_path_buf() })
    }

    /// The component, if it was compiled before with these settings and is byte for byte what was compiled.
    pub(crate) fn load(&self, engine: &Engine, source: &Digest) -> Option<Component> {
        let (file, compiled) = self.verified(source)?;
        revive(engine, &file, &compiled).ok()
    }

    /// The open file and its bytes, if they are those that were kept.
    fn verified(&self, source: &Digest) -> Option<(File, Vec<u8>)> {
        let path = self.path(source);
        let expected = fs::read_to_string(path.with_extension("sha256")).ok()?;
        let mut file = File::open(&path).ok()?;
        let mut compiled = Vec::new();
        file.read_to_end(&mut compiled).ok()?;
        (hex(&Sha256::digest(&compiled)) == expected.trim()).then_some((file, compiled))
    }

    fn path(&self, source: &Digest) -> PathBuf {
        let source = source.as_str().trim_start_matches("sha256:");
        self.folder.join(format!("{source}-{}-{}.cwasm", engine::SETTINGS, std::env::consts::ARCH))
    }
}

#[cfg(feature = "compile")]
impl Cache {
    /// Keeps a compiled component. A crash in between leaves the old one or none.
    pub(crate) fn keep(&self, source: &Digest, compiled: &[u8]) -> io::Result<()> {
        let path = self.path(source);
        self.write(&path, compiled)?;
        self.write(&path.with_extension("sha256"), hex(&Sha256::digest(compiled)).as_bytes())
    }

    /// Writes beside and renames: whoever reads has the old file or the new one, never a part.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        use std::io::Write as _;
        let mut beside = tempfile::NamedTempFile::new_in(&self.folder)?;
        beside.write_all(bytes)?;
        beside.as_file().sync_all()?;
        beside.persist(path)?;
        Ok(())
    }
}

/// Maps the file that was checked, not whatever its path leads to by now.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "compiled code is trusted for its digest, checked through this very descriptor")]
fn revive(engine: &Engine, file: &File, _: &[u8]) -> wasmtime::Result<Component> {
    use std::os::fd::AsRawFd as _;
    // SAFETY: the caller has checked that the bytes are those this host compiled and kept.
    unsafe { Component::deserialize_file(engine, format!("/proc/self/fd/{}", file.as_raw_fd())) }
}

/// Copies the bytes that were checked, where an open file has no path of its own to map it by.
#[cfg(not(target_os = "linux"))]
#[expect(unsafe_code, reason = "compiled code is trusted for its digest, checked in this very buffer")]
fn revive(engine: &Engine, _: &File, compiled: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: the caller has checked that the bytes are those this host compiled and kept.
    unsafe { Component::deserialize(engine, compiled) }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(all(test, feature = "compile"))]
mod tests {
    use std::io::{Seek as _, SeekFrom, Write as _};

    use super::*;

    #[test]
    fn a_file_with_any_bit_changed_is_not_the_one_that_was_kept() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        let source = Digest::of(b"a component");
        let kept: Vec<u8> = (0..1_250u32).map(|n| n.to_le_bytes()[0]).collect();
        cache.keep(&source, &kept).unwrap();
        assert!(cache.verified(&source).is_some());
        let mut file = File::options().write(true).open(cache.path(&source)).unwrap();
        let mut put = |place: usize, byte: u8| {
            file.seek(SeekFrom::Start(place as u64)).unwrap();
            file.write_all(&[byte]).unwrap();
        };
        for (place, byte) in kept.iter().enumerate() {
            for bit in 0..8 {
                put(place, byte ^ (1 << bit));
                assert!(cache.verified(&source).is_none(), "bit {bit} of byte {place}");
            }
            put(place, *byte);
        }
        assert!(cache.verified(&source).is_some());
    }
}
