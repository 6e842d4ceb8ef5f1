//! Headers that decide something: exactly one, plain, bounded.

use axum::http::HeaderMap;

use crate::refused::Refused;

/// The most headers of a request.
pub const MAX_HEADERS: usize = 100;
/// The most bytes of all header names and values together.
pub const MAX_BYTES: usize = 32 * 1024;
/// The longest value of a header that decides something, in bytes.
pub const MAX_VALUE: usize = 1024;

/// The one header of this name. None, two or more (also the same value twice), and anything but visible ASCII are
/// refused.
pub fn one<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Refused> {
    optional(headers, name)?.ok_or_else(|| Refused::MissingHeader(name.into()))
}

/// The header of this name, if there is one; else as [`one`].
pub fn optional<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Refused> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Refused::RepeatedHeader(name.into()));
    }
    let text = value.to_str().ok().filter(|text| text.len() <= MAX_VALUE && !text.contains('\t'));
    text.map(Some).ok_or_else(|| Refused::BadHeader(name.into()))
}

/// Refuses headers that are too many or too long together.
pub fn bounded(headers: &HeaderMap) -> Result<(), Refused> {
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers.len() > MAX_HEADERS || bytes > MAX_BYTES { Err(Refused::LargeHeaders) } else { Ok(()) }
}
