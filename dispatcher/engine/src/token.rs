//! Tokens of boxes: computed from the box's name, so that asking for a box twice gives it the same one.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use signalbox_domain::id::DevboxId;
use subtle::ConstantTimeEq;

/// What tokens are made with. Never shown, never logged.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl Secret {
    /// A secret of 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// Taking the assignment, once.
    Claim,
    /// Reporting.
    Report,
}

impl Use {
    fn word(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Report => "report",
        }
    }
}

/// The token of a box: `devbox.tag`.
pub(crate) fn token(secret: &Secret, what: Use, devbox: &DevboxId) -> String {
    format!("{devbox}.{}", tag(secret, what, devbox))
}

/// The box a token was made for, if it was made by us for that use.
pub(crate) fn devbox(secret: &Secret, what: Use, token: &str) -> Option<DevboxId> {
    let (name, given) = token.rsplit_once('.')?;
    let devbox = DevboxId::from(name);
    let right = tag(secret, what, &devbox);
    bool::from(right.as_bytes().ct_eq(given.as_bytes())).then_some(devbox)
}

fn tag(secret: &Secret, what: Use, devbox: &DevboxId) -> String {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(&secret.0).expect("a key of 32 bytes");
    mac.update(what.word().as_bytes());
    mac.update(b"\n");
    mac.update(devbox.0.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_box_and_its_use_and_nothing_else_passes() {
        let secret = Secret::new([7; 32]);
        let good = token(&secret, Use::Claim, &"01j-1".into());
        assert_eq!(devbox(&secret, Use::Claim, &good), Some("01j-1".into()));
        assert_eq!(devbox(&secret, Use::Report, &good), None);
        assert_eq!(devbox(&Secret::new([8; 32]), Use::Claim, &good), None);
        assert_eq!(devbox(&secret, Use::Claim, &good.replace("01j-1", "01j-2")), None);
        assert_eq!(devbox(&secret, Use::Claim, "01j-1"), None);
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }
}
