//! Keys on the curve P-256, in the PEM files that cosign and openssl read and write.

use std::fmt;

use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::ecdsa::{Signature, SigningKey as Secret, VerifyingKey};
use p256::pkcs8::{
    DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _, LineEnding,
};
use signalbox_domain::id::Digest;

use crate::error::Error;

/// The public half of a key: whoever has it can tell what the other half signed.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads a PEM file, `-----BEGIN PUBLIC KEY-----`.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        let wrong = |error| {
            Error::refused(format!(
                "it is not a public key on the curve P-256 ({error}); it begins with -----BEGIN PUBLIC KEY-----, as \
                 `signalbox plugin publish --key` and `cosign generate-key-pair` write it"
            ))
        };
        VerifyingKey::from_public_key_pem(pem).map(Self).map_err(wrong)
    }

    /// As a PEM file.
    pub fn to_pem(&self) -> Result<String, Error> {
        self.0.to_public_key_pem(LineEnding::LF).map_err(|error| Error::refused(format!("failed to write it: {error}")))
    }

    /// A name for it that is computed: the digest of its DER form.
    pub fn fingerprint(&self) -> Digest {
        let der = self.0.to_public_key_der();
        Digest::of(der.as_ref().map(|der| der.as_bytes()).unwrap_or_default())
    }

    /// Whether the other half signed `message`, ECDSA over SHA-256. `signature` is in DER.
    pub(crate) fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_der(signature).is_ok_and(|signature| self.0.verify(message, &signature).is_ok())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.fingerprint())
    }
}

/// The half of a key that signs. Never printed.
pub struct SigningKey(Secret);

impl SigningKey {
    /// A new one, of 32 random bytes; nothing in the rare case that they are no key.
    pub fn new(random: [u8; 32]) -> Option<Self> {
        Secret::from_slice(&random).ok().map(Self)
    }

    /// Reads a PEM file, `-----BEGIN PRIVATE KEY-----`.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        let wrong = |error| {
            Error::refused(format!(
                "it is not a private key on the curve P-256 ({error}); it begins with -----BEGIN PRIVATE KEY-----. A \
                 key of cosign's own is encrypted: sign with `cosign sign --key` after publishing without a key"
            ))
        };
        Secret::from_pkcs8_pem(pem).map(Self).map_err(wrong)
    }

    /// As a PEM file, not encrypted.
    pub fn to_pem(&self) -> Result<String, Error> {
        let pem = self.0.to_pkcs8_pem(LineEnding::LF);
        pem.map(|pem| pem.to_string()).map_err(|error| Error::refused(format!("failed to write it: {error}")))
    }

    /// Its public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(*self.0.verifying_key())
    }

    /// A signature, in DER. The same key and message give the same signature.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: Signature = self.0.sign(message);
        signature.to_der().as_bytes().to_vec()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey")
    }
}
