//! The App's private key: what proves to GitHub that it is us.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::RSA_PKCS1_SHA256;
use ring::{digest, hmac};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::json;
use signalbox_domain::time::{Span, Time};
use signalbox_ports::Error;

use crate::settings::Secret;

/// How far in the past a proof begins, for clocks that go wrong by less.
const BEFORE: Span = Span::minutes(1);
/// How long a proof holds from now; with [`BEFORE`] it is GitHub's limit of ten minutes.
const AFTER: Span = Span::minutes(9);

/// A private key that was read.
pub(crate) struct Key {
    pair: KeyPair,
    /// What everything derived from the key is derived from.
    root: [u8; 32],
}

impl Key {
    /// Reads PEM.
    pub(crate) fn read(pem: &Secret) -> Result<Self, Error> {
        let wrong = || {
            Error::rejected(
                "the GitHub App's private key is no RSA key in PEM (the file GitHub hands out begins with \
                 `-----BEGIN RSA PRIVATE KEY-----`); make a new one on the App's settings page",
            )
        };
        let der = PrivateKeyDer::from_pem_slice(pem.expose().trim().as_bytes()).map_err(|_| wrong())?;
        let pair = match &der {
            PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Sec1(_) | _ => return Err(wrong()),
        };
        let mut root = [0; 32];
        root.copy_from_slice(digest::digest(&digest::SHA256, der.secret_der()).as_ref());
        Ok(Self { pair: pair.map_err(|_| wrong())?, root })
    }

    /// A JSON web token that says we are the App, for some minutes around `now`.
    pub(crate) fn proof(&self, app_id: u64, now: Time) -> Result<Secret, Error> {
        let seconds = now.0 / 1_000;
        let claims = json!({
            "iat": seconds.saturating_sub(BEFORE.0 / 1_000),
            "exp": seconds + AFTER.0 / 1_000,
            "iss": app_id.to_string(),
        });
        let encode = |value: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(value);
        let signed = format!("{}.{}", encode(br#"{"alg":"RS256","typ":"JWT"}"#), encode(claims.to_string().as_bytes()));
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .map_err(|_| Error::unavailable("the App's key could not sign"))?;
        Ok(Secret::new(format!("{signed}.{}", encode(&signature))))
    }

    /// Another secret, for `purpose`: whoever has the key can make it, nobody else can.
    pub(crate) fn derive(&self, purpose: &str) -> [u8; 32] {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.root), purpose.as_bytes());
        let mut derived = [0; 32];
        derived.copy_from_slice(tag.as_ref());
        derived
    }
}
