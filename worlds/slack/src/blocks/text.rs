//! Text objects, rich text, and how much text there is.

use serde_json::Value;

use crate::blocks::check::Check;

/// A text object, of either kind.
pub(super) fn any(check: &mut Check, value: &Value, name: &str, most: usize, needed: bool) {
    object(check, value, name, &["plain_text", "mrkdwn"], most, needed);
}

/// A `plain_text` object.
pub(super) fn plain(check: &mut Check, value: &Value, name: &str, most: usize, needed: bool) {
    object(check, value, name, &["plain_text"], most, needed);
}

/// A text object in a list, where it has no name.
pub(super) fn loose(check: &mut Check, text: &Value, most: usize) {
    read(check, text, &["plain_text", "mrkdwn"], most);
}

fn object(check: &mut Check, value: &Value, name: &str, kinds: &[&str], most: usize, needed: bool) {
    if value[name].is_null() {
        if needed {
            check.blame(name, &format!("missing required field: {name}"));
        }
        return;
    }
    check.at(&format!("/{name}"), |check| read(check, &value[name], kinds, most));
}

fn read(check: &mut Check, text: &Value, kinds: &[&str], most: usize) {
    let kind = text["type"].as_str().unwrap_or_default();
    check.one_of(text, "type", kinds, true);
    let fields: &[&str] = if kind == "mrkdwn" { &["type", "text", "verbatim"] } else { &["type", "text", "emoji"] };
    check.fields(text, fields);
    check.words(text, "text", most, true);
}

/// A `rich_text` block's elements, or those of anything in it.
pub(super) fn rich(check: &mut Check, value: &Value) {
    for (n, element) in check.list(value, "elements", 0, 1_000).iter().enumerate() {
        check.at(&format!("/elements/{n}"), |check| {
            let fields: &[&str] = match element["type"].as_str().unwrap_or_default() {
                "rich_text_section" => &["type", "elements"],
                "rich_text_list" => &["type", "style", "elements", "indent", "offset", "border"],
                "rich_text_preformatted" => &["type", "elements", "border", "language"],
                "rich_text_quote" => &["type", "elements", "border"],
                "text" => &["type", "text", "style"],
                "link" => &["type", "url", "text", "unsafe", "style"],
                "user" => &["type", "user_id", "style"],
                "channel" => &["type", "channel_id", "style"],
                "usergroup" => &["type", "usergroup_id", "style"],
                "emoji" => &["type", "name", "unicode", "skin_tone"],
                "date" => &["type", "timestamp", "format", "url", "fallback", "style"],
                "broadcast" => &["type", "range", "style"],
                "color" => &["type", "value"],
                other => {
                    check.blame("type", &format!("unsupported type: {other}"));
                    return;
                }
            };
            check.fields(element, fields);
            if element["type"] == "text" {
                check.words(element, "text", 12_000, true);
            }
            if element["elements"].is_array() {
                rich(check, element);
            }
        });
    }
}

/// How many characters a block shows: all of its `text`, wherever it is, but not what its buttons are worth.
pub(super) fn length(block: &Value) -> usize {
    if let Some(list) = block.as_array() {
        return list.iter().map(length).sum();
    }
    let fields = block.as_object().into_iter().flatten();
    fields
        .map(|(name, value)| match (name.as_str(), value.as_str()) {
            ("text" | "title" | "details" | "output" | "alt_text", Some(text)) => text.chars().count(),
            (_, Some(_)) => 0,
            (_, None) => length(value),
        })
        .sum()
}
