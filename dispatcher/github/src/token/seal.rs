//! A secret at rest: readable by whoever has the App's private key, who could make any token anyway.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};
use signalbox_ports::Error;

use crate::settings::Secret;

/// Seals a token for `owner`: it opens for nobody else.
pub(crate) fn seal(key: &[u8; 32], owner: &str, token: &Secret) -> Result<String, Error> {
    let failed = |_| Error::unavailable("a token could not be sealed");
    let mut nonce = [0; NONCE_LEN];
    SystemRandom::new().fill(&mut nonce).map_err(failed)?;
    let mut sealed = token.expose().as_bytes().to_vec();
    open_with(key)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(owner.as_bytes()), &mut sealed)
        .map_err(failed)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat()))
}

/// Opens what was sealed for `owner`. `None`: it was sealed by another key, or for somebody else.
pub(crate) fn open(key: &[u8; 32], owner: &str, sealed: &str) -> Option<Secret> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LEN>()?;
    let mut sealed = sealed.to_vec();
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let text = open_with(key).ok()?.open_in_place(nonce, Aad::from(owner.as_bytes()), &mut sealed).ok()?;
    String::from_utf8(text.to_vec()).ok().map(Secret::new)
}

fn open_with(key: &[u8; 32]) -> Result<LessSafeKey, Error> {
    let key =
        UnboundKey::new(&CHACHA20_POLY1305, key).map_err(|_| Error::unavailable("a token could not be sealed"))?;
    Ok(LessSafeKey::new(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_token_opens_for_its_box_and_its_key_alone() {
        let token = Secret::new("ghs_secret");
        let sealed = seal(&[7; 32], "box-1", &token).unwrap();
        assert!(!sealed.contains("ghs_"));
        assert_ne!(sealed, seal(&[7; 32], "box-1", &token).unwrap(), "no two are alike");
        assert_eq!(open(&[7; 32], "box-1", &sealed), Some(token));
        assert_eq!(open(&[7; 32], "box-2", &sealed), None);
        assert_eq!(open(&[8; 32], "box-1", &sealed), None);
        assert_eq!(open(&[7; 32], "box-1", "AAAA"), None);
    }
}
