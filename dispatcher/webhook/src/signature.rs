//! HMAC-SHA256 over raw bytes, compared in constant time.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

use crate::refused::Refused;
use crate::secrets::Secrets;

/// The length of a signature, in bytes.
const LENGTH: usize = 32;

/// Checks `offered`, `prefix` and 64 hexadecimal digits in lower case, against what each secret makes of the parts of
/// `message`, one behind the other. How long it takes depends on the lengths and on the form of what is offered, never
/// on which digit or which secret is the right one.
pub fn verify(secrets: &Secrets, prefix: &str, offered: &str, message: &[&[u8]]) -> Result<(), Refused> {
    let digits = offered.strip_prefix(prefix).and_then(hex);
    let offered = digits.ok_or_else(|| Refused::BadSignature(prefix.into()))?;
    let mut right = Choice::from(0);
    for secret in secrets.each() {
        right |= sign(secret, message).ct_eq(&offered);
    }
    if right.into() { Ok(()) } else { Err(Refused::WrongSignature) }
}

/// What a sender writes: the prefix and 64 lower-case hexadecimal digits, by the first of the secrets. For tests, and
/// for whoever forwards.
pub fn signature(secrets: &Secrets, prefix: &str, message: &[&[u8]]) -> String {
    let mut text = String::from(prefix);
    for byte in secrets.each().next().map(|secret| sign(secret, message)).unwrap_or_default() {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

fn sign(secret: &[u8], message: &[&[u8]]) -> [u8; LENGTH] {
    // HMAC takes a key of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length will do");
    message.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// Exactly 64 hexadecimal digits. In lower case, so that a signature can be written in one way only.
fn hex(text: &str) -> Option<[u8; LENGTH]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * LENGTH {
        return None;
    }
    let mut bytes = [0; LENGTH];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(bytes)
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}
