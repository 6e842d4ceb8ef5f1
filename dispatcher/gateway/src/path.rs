//! A path that means one thing, whoever reads it.

use percent_encoding::percent_decode_str;

/// `path` with its escapes resolved; nothing if two readers could take it for two places.
///
/// An escaped slash is a slash (package registries name packages so), and steps that lead up or nowhere are refused, as
/// are escapes of escapes, backslashes and control characters.
pub(crate) fn plain(path: &str) -> Option<String> {
    if !path.starts_with('/') || path.contains('#') {
        return None;
    }
    // Every `%` is followed by two digits, or it is read as itself by some and as an escape by others.
    let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let bytes = path.as_bytes();
    let escapes = (0..bytes.len()).filter(|place| bytes[*place] == b'%');
    if escapes.into_iter().any(|place| !digit(bytes.get(place + 1)) || !digit(bytes.get(place + 2))) {
        return None;
    }
    let decoded = percent_decode_str(path).decode_utf8().ok()?.into_owned();
    let odd = |character: char| character.is_control() || matches!(character, '\\' | '%' | '?' | '#' | ';');
    if decoded.chars().any(odd) {
        return None;
    }
    let steps: Vec<&str> = decoded[1..].split('/').collect();
    let last = steps.len() - 1;
    let leads = |(place, step): (usize, &&str)| matches!(*step, "." | "..") || (step.is_empty() && place != last);
    if steps.iter().enumerate().any(leads) { None } else { Some(decoded) }
}

/// Whether `path` is `prefix` or lies below it.
pub(crate) fn below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || prefix.ends_with('/') || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_means_one_thing_or_nothing() {
        assert_eq!(plain("/a/b").as_deref(), Some("/a/b"));
        assert_eq!(plain("/@babel%2fcore/").as_deref(), Some("/@babel/core/"));
        assert_eq!(plain("/").as_deref(), Some("/"));
        for odd in [
            "",
            "a",
            "/a/../b",
            "/a/..",
            "/a/%2e%2e/b",
            "/a/.%2E/b",
            "/a%2f..%2fb",
            "/a//b",
            "//a",
            "/a\\b",
            "/a%5cb",
            "/a%00",
            "/a%0d%0ab",
            "/%252e%252e/a",
            "/a;b=c",
            "/a%3fb",
            "/a%",
            "/a%2",
            "/a%zz",
            "/a%ff",
            "/./a",
            "/a#b",
        ] {
            assert_eq!(plain(odd), None, "{odd}");
        }
    }

    #[test]
    fn below_is_not_beside() {
        assert!(below("/org/repo", "/org/repo") && below("/org/repo/x", "/org/repo") && below("/org/x", "/org/"));
        assert!(!below("/org/repository", "/org/repo") && !below("/org", "/org/"));
    }
}
