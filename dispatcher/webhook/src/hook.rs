//! A generic webhook as a team sets it up.

use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::Value;
use signalbox_domain::talk::{Person, Role};

use crate::gate::{Gate, MAX_BODY, Signed};
use crate::header;
use crate::refused::Refused;
use crate::secrets::Secrets;
use crate::template::Template;

/// The longest idempotency key, in bytes.
const MAX_KEY: usize = 256;

/// A webhook: who may send, what counts, and what is asked for when it does.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hook {
    /// Its name, the last part of its address: letters, digits, `-` and `_`.
    pub name: String,
    /// What it is signed with; never read from a file. None: it is off.
    #[serde(skip)]
    pub secrets: Option<Secrets>,
    /// The header the signature is in.
    pub signature: String,
    /// What stands before the signature's digits.
    #[serde(default)]
    pub prefix: String,
    /// What is signed. Without a timestamp, only the idempotency key keeps a request from being sent again.
    #[serde(default)]
    pub signed: Signed,
    /// The largest body, in bytes.
    #[serde(default = "body_bytes")]
    pub body_bytes: usize,
    /// What tells one event from another.
    pub key: Key,
    /// What a payload must hold to count: all of these.
    #[serde(default)]
    pub filters: Vec<Filter>,
    /// The room a thread is begun in.
    pub room: String,
    /// What is asked for: a text with `{/json/pointer}` where the payload's words go. They are somebody else's words;
    /// commands and names of repositories in them count as if they had been typed, so place no more than is needed.
    pub text: Template,
    /// What its requests may ask for.
    pub role: Role,
}

/// Where the idempotency key is: the same key is the same event.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// In a header. It is not signed: whoever can send a request again can give it another key. Prefer a pointer, or
    /// sign a timestamp.
    Header(String),
    /// In the payload: a text or a number.
    Pointer(String),
}

/// A thing a payload must hold.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// Where, as a JSON pointer.
    pub pointer: String,
    /// What.
    pub test: Test,
}

/// What a value must be.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// This.
    Equals(Value),
    /// One of these.
    OneOf(Vec<Value>),
    /// Anything but `null`.
    Exists,
}

fn body_bytes() -> usize {
    MAX_BODY
}

impl Hook {
    /// A hook over a signed body, that takes every payload, as a member. Change its fields as needed.
    pub fn new(
        name: &str,
        secrets: Option<Secrets>,
        signature: &str,
        prefix: &str,
        key: Key,
        room: &str,
        text: &str,
    ) -> Self {
        Self {
            name: name.into(),
            secrets,
            signature: signature.into(),
            prefix: prefix.into(),
            signed: Signed::Body,
            body_bytes: MAX_BODY,
            key,
            filters: Vec::new(),
            room: room.into(),
            text: Template(text.into()),
            role: Role::Member,
        }
    }

    /// Its gate.
    pub(crate) fn gate(&self) -> Gate {
        let mut gate = Gate::new(&self.name, self.secrets.clone(), &self.signature, &self.prefix);
        gate.signed = self.signed.clone();
        gate.body_bytes = self.body_bytes;
        gate
    }

    /// Who asks.
    pub(crate) fn person(&self) -> Person {
        Person { id: format!("hook:{}", self.name), name: self.name.clone(), role: self.role }
    }

    /// The event's key.
    pub(crate) fn key(&self, headers: &HeaderMap, payload: &Value) -> Result<String, Refused> {
        let (place, key) = match &self.key {
            Key::Header(name) => (format!("the header {name}"), header::optional(headers, name)?.map(str::to_owned)),
            Key::Pointer(pointer) => (pointer.clone(), payload.pointer(pointer).and_then(scalar)),
        };
        match key.as_deref().map(str::trim) {
            Some(key) if key.len() > MAX_KEY => Err(Refused::NoKey(format!("{place}, in at most {MAX_KEY} bytes,"))),
            Some(key) if !key.is_empty() => Ok(key.into()),
            Some(_) | None => Err(Refused::NoKey(place)),
        }
    }

    /// The first filter the payload does not pass, in words.
    pub(crate) fn misses(&self, payload: &Value) -> Option<String> {
        self.filters.iter().find_map(|filter| filter.misses(payload))
    }
}

impl Filter {
    fn misses(&self, payload: &Value) -> Option<String> {
        let value = payload.pointer(&self.pointer).unwrap_or(&Value::Null);
        let (passes, wanted) = match &self.test {
            Test::Equals(wanted) => (value == wanted, format!("is {wanted}")),
            Test::OneOf(wanted) => (wanted.contains(value), format!("is one of {}", Value::Array(wanted.clone()))),
            Test::Exists => (!value.is_null(), "is there".into()),
        };
        (!passes).then(|| format!("this hook counts only what has a {} that {wanted}", self.pointer))
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
