//! What requests are signed with: one secret, or two while one replaces the other.

use std::fmt;

use zeroize::Zeroizing;

/// One secret or two. Never printed; overwritten when dropped.
#[derive(Clone)]
pub struct Secrets(Vec<Zeroizing<Vec<u8>>>);

impl Secrets {
    /// The secret, and the one it replaces or is replaced by while both are in use. Nothing, if neither says anything:
    /// an empty setting is a missing one, never a secret of no length.
    pub fn new(current: &str, other: Option<&str>) -> Option<Self> {
        let both = [Some(current), other].into_iter().flatten();
        let said = both.map(str::trim).filter(|secret| !secret.is_empty());
        let secrets: Vec<_> = said.map(|secret| Zeroizing::new(secret.as_bytes().to_vec())).collect();
        (!secrets.is_empty()).then_some(Self(secrets))
    }

    /// Each of them.
    pub(crate) fn each(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(|secret| secret.as_slice())
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed_and_an_empty_one_is_none() {
        let secrets = Secrets::new("hush-hush", Some("older")).unwrap();
        assert_eq!(format!("{secrets:?}"), "Secrets(2)");
        assert_eq!(secrets.each().count(), 2);
        assert_eq!(Secrets::new(" only \n", Some("")).unwrap().each().collect::<Vec<_>>(), [b"only"]);
        assert!(Secrets::new("", None).is_none() && Secrets::new("  ", Some("")).is_none());
    }
}
