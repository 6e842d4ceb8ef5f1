//! Content-addressed bytes: context bundles, transcripts, artifacts, prompts.

use async_trait::async_trait;
use signalbox_domain::id::Digest;

use crate::Error;

/// The largest blob, in bytes.
pub const MAX_BLOB: usize = 16 * 1024 * 1024;

/// Keeps bytes under their content address.
#[async_trait]
pub trait Blobs: Send + Sync {
    /// Keeps the bytes; durable when it returns. Putting the same bytes again changes nothing. Bytes over
    /// [`MAX_BLOB`] are [`Error::Rejected`].
    async fn put(&self, bytes: &[u8]) -> Result<Digest, Error>;

    /// The bytes, if they are kept. What is returned has been checked against its digest: bytes that do not match are
    /// [`Error::Rejected`].
    async fn get(&self, digest: &Digest) -> Result<Option<Vec<u8>>, Error>;
}
