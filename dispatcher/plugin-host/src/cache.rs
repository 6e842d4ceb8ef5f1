//! Compiled components on disk, by what they were compiled from. A compiled file is native code that checks nothing
//! itself: one flipped byte would run. So it is read once, to where nobody else writes ([`crate::sealed`]), its digest is
//! checked there, and those bytes are run.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use signalbox_domain::id::Digest;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::engine;
use crate::pin::Pin;
use crate::sealed::Sealed;

/// A folder of compiled components, readable and writable by its owner only: who can write to it can run code that is
/// not pinned.
pub(crate) struct Cache {
    folder: PathBuf,
}

/// Why there is no compiled component to use.
pub(crate) enum Absent {
    /// None was ever made of this component, for this kind of machine, by this engine.
    Unmade,
    /// There is one, and it is not what was made. In words.
    Changed(String),
}

impl Cache {
    /// Opens the folder, which is made if it is not there.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        if !folder.is_dir() {
            fs::create_dir_all(folder)?;
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
            }
        }
        Ok(Self { folder: folder.to_path_buf() })
    }

    /// The component, if it was compiled before with these settings and is byte for byte what was compiled: what the pin
    /// says of it, or without one what was written beside it.
    pub(crate) fn load(&self, engine: &Engine, source: &Digest, pin: Option<&Pin>) -> Result<Component, Absent> {
        let compiled = self.verified(source, pin)?;
        compiled
            .revive(engine)
            .map_err(|error| Absent::Changed(format!("its compiled file does not fit this host: {error:#}")))
    }

    /// The bytes, if they are those that were kept.
    fn verified(&self, source: &Digest, pin: Option<&Pin>) -> Result<Sealed, Absent> {
        let path = self.path(source);
        let compiled = match Sealed::read(&path) {
            Ok(compiled) => compiled,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(Absent::Unmade),
            Err(error) => return Err(Absent::Changed(format!("its compiled file cannot be read: {error}"))),
        };
        match pin {
            Some(pin) if pin.compiled.is_some() => pin.check_compiled(compiled.digest()).map_err(Absent::Changed)?,
            Some(_) | None => {
                let kept = fs::read(path.with_extension("sha256")).unwrap_or_default();
                if kept != compiled.digest().as_str().as_bytes() {
                    let problem = "its compiled file is not the one that was made, or its digest is not".to_string();
                    return Err(Absent::Changed(problem));
                }
            }
        }
        Ok(compiled)
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
        self.write(&path.with_extension("sha256"), Digest::of(compiled).as_str().as_bytes())
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

#[cfg(all(test, feature = "compile"))]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_any_bit_changed_is_not_the_one_that_was_kept() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        let source = Digest::of(b"a component");
        let kept: Vec<u8> = (0..1_250u32).map(|n| n.to_le_bytes()[0]).collect();
        cache.keep(&source, &kept).unwrap();
        assert!(cache.verified(&source, None).is_ok());
        let path = cache.path(&source);
        for place in 0..kept.len() {
            for bit in 0..8 {
                let mut flipped = kept.clone();
                flipped[place] ^= 1 << bit;
                fs::write(&path, flipped).unwrap();
                assert!(cache.verified(&source, None).is_err(), "bit {bit} of byte {place}");
            }
        }
        fs::write(&path, kept).unwrap();
        assert!(cache.verified(&source, None).is_ok());
    }
}
