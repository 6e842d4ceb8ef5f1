//! Paths of the API, made of names nobody can bend.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use signalbox_domain::id::Repository;
use signalbox_ports::Error;

/// What stands in a path as itself.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What stands in a path of several parts as itself.
const PARTS: &AsciiSet = &PLAIN.remove(b'/');

/// One part of a path.
pub(crate) fn segment(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

/// Several parts of a path: slashes stay.
pub(crate) fn escaped(text: &str) -> String {
    utf8_percent_encode(text, PARTS).to_string()
}

/// `/repos/owner/name`, of a name that is one.
pub(crate) fn of(repository: &Repository) -> Result<String, Error> {
    let plain = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    match repository.as_str().split_once('/') {
        Some((owner, name)) if plain(owner) && plain(name) => Ok(format!("/repos/{owner}/{name}")),
        Some(_) | None => {
            Err(Error::rejected(format!("{repository} is no repository of GitHub: those are called `owner/name`")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_lead_elsewhere() {
        assert_eq!(of(&"acme/web.site".into()), Ok("/repos/acme/web.site".to_owned()));
        for bent in ["acme", "acme/", "/web", "acme/../user", "acme/..", "a/b/c", "acme/web?x=1", "acme/wéb", "a b/c"]
        {
            assert!(of(&bent.into()).is_err(), "{bent}");
        }
        assert_eq!(segment("a/b c"), "a%2Fb%20c");
        assert_eq!(escaped("fix/ü#1"), "fix/%C3%BC%231");
    }
}
