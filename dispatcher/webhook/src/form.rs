//! A body of `application/x-www-form-urlencoded`, each name once.

use std::collections::BTreeMap;

use url::form_urlencoded;

use crate::refused::Refused;

/// The most fields of a form.
const MAX_FIELDS: usize = 100;
/// What stands in a text that was read for what is no UTF-8.
const SIGN: char = '\u{FFFD}';

/// The form's fields. A name that is there twice is refused, as is anything that is no UTF-8.
pub fn fields(body: &[u8]) -> Result<BTreeMap<String, String>, Refused> {
    let mut fields = BTreeMap::new();
    for (count, (name, value)) in form_urlencoded::parse(body).enumerate() {
        if count == MAX_FIELDS {
            return Err(Refused::Unreadable(format!("it has more than {MAX_FIELDS} fields")));
        }
        if fields.contains_key(name.as_ref()) {
            return Err(Refused::RepeatedName(name.chars().take(100).collect()));
        }
        fields.insert(name.into_owned(), value.into_owned());
    }
    let replaced: usize = fields.iter().map(|(name, value)| signs(name) + signs(value)).sum();
    if replaced > written(body) {
        return Err(Refused::Unreadable("it is not UTF-8".into()));
    }
    Ok(fields)
}

/// How many signs there are that stand for what is no UTF-8.
fn signs(text: &str) -> usize {
    text.matches(SIGN).count()
}

/// How many of those signs the sender wrote.
fn written(body: &[u8]) -> usize {
    let text = String::from_utf8_lossy(body).to_ascii_lowercase();
    let broken = std::str::from_utf8(body).is_err();
    text.matches("%ef%bf%bd").count() + if broken { 0 } else { signs(&text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_in_one_way_only() {
        assert_eq!(fields(b"payload=%7B%7D&a=b+c").unwrap()["payload"], "{}");
        assert_eq!(fields(b"a=1&b=2&a=1"), Err(Refused::RepeatedName("a".into())));
        assert_eq!(fields(b"a=1&%61=2"), Err(Refused::RepeatedName("a".into())));
        assert!(fields(b"a=%FF").is_err() && fields(b"a=\xFF").is_err() && fields(b"%FF=a").is_err());
        assert_eq!(fields("a=%EF%BF%BD\u{FFFD}".as_bytes()).unwrap()["a"], "\u{FFFD}\u{FFFD}");
        let many: String = (0..101).map(|n| format!("f{n}=1&")).collect();
        assert!(fields(many.as_bytes()).is_err());
    }
}
