//! A body of `application/x-www-form-urlencoded`, each name once.

use std::collections::BTreeMap;

use url::form_urlencoded;

use crate::refused::Refused;

/// The most fields of a form.
const MAX_FIELDS: usize = 100;

/// The form's fields. A name that is there twice is refused, as is anything that is no UTF-8.
pub fn fields(body: &[u8]) -> Result<BTreeMap<String, String>, Refused> {
    let mut fields = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(body).take(MAX_FIELDS + 1) {
        // What is no UTF-8 was replaced while it was read.
        if name.contains('\u{FFFD}')
            || value.contains('\u{FFFD}')
                && !std::str::from_utf8(body)
                    .is_ok_and(|it| it.contains("%EF%BF%BD") || it.contains("%ef%bf%bd") || it.contains('\u{FFFD}'))
        {
            return Err(Refused::Unreadable("it is not UTF-8".into()));
        }
        if fields.insert(name.to_string(), value.into_owned()).is_some() {
            return Err(Refused::RepeatedName(name.into()));
        }
    }
    if fields.len() > MAX_FIELDS {
        return Err(Refused::Unreadable(format!("it has more than {MAX_FIELDS} fields")));
    }
    Ok(fields)
}
