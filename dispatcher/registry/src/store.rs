//! The files of the plugins that were taken in, by their digests.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use signalbox_domain::id::Digest;

use crate::artifact::Artifact;
use crate::error::Error;

/// A folder of manifests and components. What is read from it is what was put into it, or nothing.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// The folder, which is made when something is put into it.
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf() }
    }

    /// Keeps an artifact.
    pub fn put(&self, artifact: &Artifact) -> Result<(), Error> {
        fs::create_dir_all(&self.folder).map_err(|error| Error::files("make", &self.folder, &error))?;
        for bytes in [artifact.manifest.as_bytes(), &artifact.component] {
            write(&self.path(&Digest::of(bytes)), bytes)?;
        }
        Ok(())
    }

    /// The artifact with these two digests; nothing if it was never put here. What lies here and is not it is refused.
    pub fn get(&self, manifest: &Digest, component: &Digest) -> Result<Option<Artifact>, Error> {
        let (Some(manifest), Some(component)) = (self.bytes(manifest)?, self.bytes(component)?) else {
            return Ok(None);
        };
        let manifest = String::from_utf8(manifest).map_err(|_| Error::refused("its plugin.toml is not text"))?;
        Ok(Some(Artifact { manifest, component }))
    }

    fn bytes(&self, digest: &Digest) -> Result<Option<Vec<u8>>, Error> {
        let path = self.path(digest);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::files("read", &path, &error)),
        };
        let found = Digest::of(&bytes);
        if found != *digest {
            return Err(Error::refused(format!(
                "{} was changed: it holds {found}. Remove it, and it is fetched again",
                path.display()
            )));
        }
        Ok(Some(bytes))
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.folder.join(digest.as_str().replace(':', "-"))
    }
}

/// Writes beside and renames: whoever reads has the old file or the new one, never a part.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let failed = |error| Error::files("write", path, &error);
    let mut beside = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    beside.write_all(bytes).map_err(failed)?;
    beside.as_file().sync_all().map_err(failed)?;
    beside.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_changed_is_refused_and_what_is_not_there_is_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::at(&folder.path().join("files"));
        let artifact = Artifact { manifest: "id = 1".into(), component: b"component".to_vec() };
        let (manifest, component) = artifact.digests();
        assert_eq!(store.get(&manifest, &component).unwrap(), None);
        store.put(&artifact).unwrap();
        assert_eq!(store.get(&manifest, &component).unwrap(), Some(artifact));
        fs::write(store.path(&component), b"Component").unwrap();
        let error = store.get(&manifest, &component).unwrap_err().to_string();
        assert!(error.contains("was changed"), "{error}");
    }
}
