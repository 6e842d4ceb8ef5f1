//! Small durable values: how far a sweep came, which account is whose, what somebody set for themselves.

use async_trait::async_trait;

use crate::Error;

/// The longest value, in bytes.
pub const MAX_NOTE: usize = 64 * 1024;

/// A value as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// It.
    pub value: String,
    /// Its version: 1 when it was first put, one more each time.
    pub version: u64,
}

/// Small durable values by key. Keys are `owner/…`, so that what one adapter keeps is never another's.
#[async_trait]
pub trait Notes: Send + Sync {
    /// The value of a key.
    async fn get(&self, key: &str) -> Result<Option<Note>, Error>;

    /// Puts a value in place of the one at `version`; 0 means that there is none yet. Durable when it returns. Returns
    /// the new version. [`Error::Conflict`]: it is not at that version any more, read it again. A value over
    /// [`MAX_NOTE`] is [`Error::Rejected`].
    async fn put(&self, key: &str, value: &str, version: u64) -> Result<u64, Error>;

    /// Keys that begin so, with their values, in the order of their keys, at most `limit`.
    async fn list(&self, prefix: &str, limit: usize) -> Result<Vec<(String, Note)>, Error>;
}
