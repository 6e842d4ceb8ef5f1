//! A secret that is not printed by mistake.

use std::fmt;

/// A secret.
#[derive(Clone)]
pub(crate) struct Hush(String);

impl Hush {
    pub(crate) fn new(secret: String) -> Self {
        Self(secret)
    }

    /// The secret itself.
    pub(crate) fn show(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hush {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}
