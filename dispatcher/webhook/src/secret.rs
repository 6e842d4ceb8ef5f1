//! A text that can be used, and cannot be printed.

use std::fmt;

use zeroize::Zeroizing;

/// A secret of a vendor's: a token, a key, what requests are signed with. Never printed; overwritten when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Keeps the text from being printed.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text, for the one who needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_used_and_never_printed() {
        let secret = Secret::new("hush-hush");
        assert_eq!((secret.expose(), format!("{secret:?}").as_str()), ("hush-hush", "Secret(…)"));
    }
}
