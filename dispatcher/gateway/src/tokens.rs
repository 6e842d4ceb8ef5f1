//! Tokens of one call, each counted once, whatever a provider counts together.

/// Tokens of one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Read, and not from a cache.
    pub input: u64,
    /// Read from the provider's cache.
    pub cached: u64,
    /// Read, and put in a cache for minutes.
    pub kept: u64,
    /// Read, and put in a cache for an hour.
    pub kept_long: u64,
    /// Written, with those of thoughts.
    pub output: u64,
}

/// What a call asks to be kept in the provider's cache, at the longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Keeps {
    /// Nothing that costs more than reading it.
    Nothing,
    /// For minutes.
    Short,
    /// For an hour.
    Long,
}

impl Tokens {
    /// All that were read.
    pub fn read(&self) -> u64 {
        self.input.saturating_add(self.cached).saturating_add(self.kept).saturating_add(self.kept_long)
    }
}
