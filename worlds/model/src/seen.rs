//! What was asked, as it came.

use serde_json::Value;

use crate::protocol::Protocol;
use crate::script::Tokens;

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Its method.
    pub method: String,
    /// Its path and query.
    pub path: String,
    /// Its headers, by their names in small letters, in order; one that came twice is here twice.
    pub headers: Vec<(String, String)>,
    /// Its body; nothing if that is no JSON.
    pub body: Value,
    /// How it was asked, where it was for a model.
    pub protocol: Option<Protocol>,
    /// Which session and turn answered, if one did. The turn counts from 0.
    pub answered: Option<(usize, usize)>,
    /// What was billed for it, if anything was.
    pub billed: Option<Tokens>,
    /// The status it was answered with.
    pub status: u16,
    /// Why it was refused, if it was.
    pub refused: Option<String>,
}

impl Seen {
    /// The header's value, the first if there are several.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}
