//! Who is asking: the app by its JWT, an installation or a person by a token.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ring::rand::SecureRandom as _;
use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::Value;

use crate::call::{Caller, Refusal, Request};
use crate::state::{Holder, State};

/// The private key of every app of this world. Everybody knows it: it opens nothing else.
pub(crate) const KEY: &str = include_str!("key.pem");

/// The longest a JWT may be good for, in seconds.
const JWT_SECONDS: u64 = 600;
/// How far the app's clock may be ahead, in seconds.
const SKEW_SECONDS: u64 = 60;

/// Who a request is from. Bad credentials are refused, none are [`Caller::Nobody`].
pub(crate) fn identify(state: &mut State, request: &Request, now: u64) -> Result<Caller, Refusal> {
    let Some(header) = request.header("authorization") else { return Ok(Caller::Nobody) };
    let (scheme, value) = header.split_once(' ').unwrap_or(("", header));
    let value = value.trim();
    if scheme.eq_ignore_ascii_case("basic") {
        let bad = || Refusal::new(401, "Bad credentials");
        let text = String::from_utf8(BASE64_STANDARD.decode(value).map_err(|_| bad())?).map_err(|_| bad())?;
        let (_, password) = text.split_once(':').ok_or_else(bad)?;
        return token(state, password, now);
    }
    if scheme.eq_ignore_ascii_case("bearer") && value.split('.').count() == 3 {
        return jwt(state, value, now).map(Caller::App);
    }
    token(state, value, now)
}

fn token(state: &mut State, text: &str, now: u64) -> Result<Caller, Refusal> {
    let bad = || Refusal::new(401, "Bad credentials");
    let token = state.tokens.get_mut(text).ok_or_else(bad)?;
    if token.revoked.is_some() || token.expires.is_some_and(|end| end <= now) {
        return Err(bad());
    }
    token.uses += 1;
    match token.of.clone() {
        Holder::Person(id) => Ok(Caller::Person(id)),
        Holder::Installation { id, repositories, permissions } => {
            let installation = state.installations.get(&id).ok_or_else(bad)?;
            if installation.suspended.is_some() {
                return Err(Refusal::new(403, "This installation has been suspended"));
            }
            let app = installation.app;
            let bot = state.apps.get(&app).map_or(0, |app| app.bot);
            Ok(Caller::Installation { token: text.to_owned(), id, app, bot, repositories, permissions })
        }
    }
}

/// The app that signed a JWT which is good now.
fn jwt(state: &State, text: &str, now: u64) -> Result<u64, Refusal> {
    let undecodable = || Refusal::new(401, "A JSON web token could not be decoded");
    let parts: Vec<_> = text.split('.').collect();
    let &[header, claims, signature] = parts.as_slice() else { return Err(undecodable()) };
    let read = |part: &str| -> Result<Value, Refusal> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| undecodable())?;
        serde_json::from_slice(&bytes).map_err(|_| undecodable())
    };
    let (header, claims_read) = (read(header)?, read(claims)?);
    if header["alg"] != "RS256" {
        return Err(undecodable());
    }
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).map_err(|_| undecodable())?;
    let signed = text.rsplit_once('.').map_or("", |(signed, _)| signed);
    let key = public_key().ok_or_else(undecodable)?;
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key)
        .verify(signed.as_bytes(), &signature)
        .map_err(|_| undecodable())?;
    let seconds = now / 1_000;
    let Some(issued) = claims_read["iat"].as_u64() else {
        return Err(Refusal::new(
            401,
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
        ));
    };
    let Some(expires) = claims_read["exp"].as_u64().filter(|expires| *expires > seconds) else {
        return Err(Refusal::new(
            401,
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
        ));
    };
    if issued > seconds + SKEW_SECONDS {
        return Err(Refusal::new(
            401,
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
        ));
    }
    if expires > seconds + JWT_SECONDS + SKEW_SECONDS || expires.saturating_sub(issued) > JWT_SECONDS + 2 * SKEW_SECONDS
    {
        return Err(Refusal::new(401, "'Expiration time' claim ('exp') is too far in the future"));
    }
    let issuer = &claims_read["iss"];
    let issuer = issuer.as_str().map_or_else(|| issuer.to_string(), str::to_owned);
    let by = |app: &&crate::state::App| app.id.to_string() == issuer || app.client_id == issuer;
    state.apps.values().find(by).map(|app| app.id).ok_or_else(|| Refusal::new(404, "Integration not found"))
}

fn public_key() -> Option<Vec<u8>> {
    let body: String = KEY.lines().filter(|line| !line.starts_with('-')).collect();
    let pair = RsaKeyPair::from_der(&BASE64_STANDARD.decode(body).ok()?).ok()?;
    Some(pair.public_key().as_ref().to_vec())
}

/// Letters and digits nobody can guess.
pub(crate) fn random(length: usize) -> String {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut bytes = vec![0; length];
    // Without randomness every token would be the same one: nothing here could be right.
    ring::rand::SystemRandom::new().fill(&mut bytes).expect("this machine has randomness");
    bytes.into_iter().map(|byte| char::from(LETTERS[usize::from(byte) % LETTERS.len()])).collect()
}

/// A new GUID.
pub(crate) fn guid() -> String {
    let hex: String = random(32).bytes().map(|byte| char::from(b"0123456789abcdef"[usize::from(byte) % 16])).collect();
    format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}
