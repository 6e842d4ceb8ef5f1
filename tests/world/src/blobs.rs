//! Bytes in a map.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use signalbox_domain::id::Digest;
use signalbox_ports::Error;
use signalbox_ports::blobs::MAX_BLOB;

use crate::fault::{Calm, Faults, call};

/// Keeps bytes in memory.
pub struct Blobs {
    faults: Arc<dyn Faults>,
    kept: Mutex<BTreeMap<Digest, Vec<u8>>>,
}

impl Blobs {
    /// An empty one whose calls meet `faults`.
    pub fn new(faults: Arc<dyn Faults>) -> Self {
        Self { faults, kept: Mutex::default() }
    }

    /// Replaces what is kept under a digest, as a bad disk would.
    pub fn corrupt(&self, digest: &Digest, bytes: &[u8]) {
        self.kept().insert(digest.clone(), bytes.to_vec());
    }

    /// How many are kept.
    pub fn count(&self) -> usize {
        self.kept().len()
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<Digest, Vec<u8>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Blobs {
    fn default() -> Self {
        Self::new(Arc::new(Calm))
    }
}

#[async_trait]
impl signalbox_ports::blobs::Blobs for Blobs {
    async fn put(&self, bytes: &[u8]) -> Result<Digest, Error> {
        call(&*self.faults, "blobs.put", || {
            if bytes.len() > MAX_BLOB {
                return Err(Error::rejected(format!(
                    "a blob of {} bytes is over the limit of {MAX_BLOB}",
                    bytes.len()
                )));
            }
            let digest = Digest::of(bytes);
            self.kept().insert(digest.clone(), bytes.to_vec());
            Ok(digest)
        })
        .await
    }

    async fn get(&self, digest: &Digest) -> Result<Option<Vec<u8>>, Error> {
        call(&*self.faults, "blobs.get", || match self.kept().get(digest) {
            Some(bytes) if Digest::of(bytes) != *digest => {
                Err(Error::rejected(format!("the bytes kept as {digest} have changed since they were written")))
            }
            Some(bytes) => Ok(Some(bytes.clone())),
            None => Ok(None),
        })
        .await
    }
}
