//! Bytes as files, named by their digest: written aside, synchronised, and moved into place.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use signalbox_domain::id::Digest;
use signalbox_ports::Error;
use signalbox_ports::blobs::{Blobs, MAX_BLOB};

use crate::Folder;
use crate::error::{Trouble, file};

/// The files of a folder's blobs.
pub(crate) struct Files {
    root: PathBuf,
    written: u64,
}

#[async_trait]
impl Blobs for Folder {
    async fn put(&self, bytes: &[u8]) -> Result<Digest, Error> {
        if bytes.len() > MAX_BLOB {
            return Err(Error::rejected(format!("a blob of {} bytes is over the limit of {MAX_BLOB}", bytes.len())));
        }
        let bytes = bytes.to_vec();
        self.files(move |files| Ok(files.put(&bytes)?)).await
    }

    async fn get(&self, digest: &Digest) -> Result<Option<Vec<u8>>, Error> {
        let digest = digest.clone();
        self.files(move |files| files.get(&digest).map_err(Trouble::from)).await
    }
}

impl Files {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { root: folder.join("blobs"), written: 0 }
    }

    /// Makes the place for blobs, and removes what a process that died left half-written.
    pub(crate) fn ready(&self) -> Result<(), Error> {
        let aside = self.aside();
        let make = || {
            fs::create_dir_all(&aside)?;
            fs::remove_dir_all(&aside)?;
            fs::create_dir(&aside)?;
            self.root.parent().map_or(Ok(()), sync)?;
            sync(&self.root)
        };
        make().map_err(|error| file(&error, "make ready", &self.root))
    }

    fn put(&mut self, bytes: &[u8]) -> Result<Digest, Error> {
        let digest = Digest::of(bytes);
        let (Some(path), Some(home)) = (self.path(&digest), self.home(&digest)) else {
            return Err(Error::rejected(format!("{digest} is no digest")));
        };
        self.written += 1;
        let aside = self.aside().join(self.written.to_string());
        let write = || {
            // Bytes that went bad on the disk are written anew.
            if fs::read(&path).is_ok_and(|kept| kept == bytes) {
                return Ok(());
            }
            fs::create_dir_all(&home)?;
            let mut file = File::create(&aside)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&aside, &path)
        };
        // A file is there once the folder that names it is on the disk, too: also if it was written by a call that
        // failed here.
        write().and_then(|()| sync(&home)).and_then(|()| sync(&self.root)).map_err(|error| {
            drop(fs::remove_file(&aside));
            file(&error, "write the blob", &path)
        })?;
        Ok(digest)
    }

    fn get(&self, digest: &Digest) -> Result<Option<Vec<u8>>, Error> {
        let Some(path) = self.path(digest) else { return Ok(None) };
        match fs::read(&path) {
            Ok(bytes) if Digest::of(&bytes) == *digest => Ok(Some(bytes)),
            Ok(_) => Err(Error::rejected(format!(
                "the bytes in {} have changed since they were written: restore the file from a backup",
                path.display()
            ))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(file(&error, "read the blob", &path)),
        }
    }

    /// Where a digest's bytes are. Nothing but a digest leads anywhere: no text of an adversary becomes a path.
    fn path(&self, digest: &Digest) -> Option<PathBuf> {
        Some(self.home(digest)?.join(digits(digest)?.get(2..)?))
    }

    fn home(&self, digest: &Digest) -> Option<PathBuf> {
        Some(self.root.join(digits(digest)?.get(..2)?))
    }

    fn aside(&self) -> PathBuf {
        self.root.join("aside")
    }
}

/// The 64 digits of a digest.
fn digits(digest: &Digest) -> Option<&str> {
    let digits = digest.0.strip_prefix("sha256:")?;
    let hexadecimal = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (digits.len() == 64 && digits.bytes().all(hexadecimal)).then_some(digits)
}

/// Puts on the disk which files a folder has.
fn sync(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}
