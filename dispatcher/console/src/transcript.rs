//! A transcript, read for people: what the agent was told, said and did.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::encode::clean;

/// The most entries that are shown.
const MAX_ENTRIES: usize = 5_000;

/// Something that happened. All of it is untrusted.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Entry {
    /// `begin`, `prompt`, `text`, `tool_call`, `tool_result`, `usage`, `complaint`, `note`, `end`; whatever else the
    /// runner names it.
    pub(crate) kind: String,
    /// Milliseconds since the attempt began.
    pub(crate) at_ms: Option<u64>,
    /// In a word or two: the tool, the exit.
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) ok: bool,
}

/// Reads JSON Lines. A line that is not understood is shown as it is.
pub(crate) fn entries(bytes: &[u8]) -> Vec<Entry> {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let mut entries: Vec<Entry> = lines.by_ref().take(MAX_ENTRIES).map(entry).collect();
    let rest = lines.count();
    if rest > 0 {
        entries.push(note(format!("{rest} entries more are not shown")));
    }
    entries
}

fn entry(line: &str) -> Entry {
    let Ok(Value::Object(mut fields)) = serde_json::from_str(line) else { return note(line.into()) };
    let at_ms = fields.remove("at_ms").and_then(|at| at.as_u64());
    let kind = take(&mut fields, &["entry"]).unwrap_or_else(|| "note".into());
    let ok = fields.remove("ok").and_then(|ok| ok.as_bool()).unwrap_or(true);
    let title = take(&mut fields, &["tool", "agent", "end"]).unwrap_or_default();
    let text = take(&mut fields, &["text", "input", "output", "detail"]);
    fields.remove("digest");
    let rest = fields.iter().map(|(name, value)| match value {
        Value::String(text) => format!("{name}: {text}"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            format!("{name}: {value}")
        }
    });
    let rest = rest.collect::<Vec<_>>().join(" · ");
    let text = match text {
        Some(text) if rest.is_empty() => text,
        Some(text) => format!("{text}\n{rest}"),
        None => rest,
    };
    Entry { kind: clean(&kind), at_ms, title: clean(&title), text: clean(&text), ok }
}

fn take(fields: &mut Map<String, Value>, names: &[&str]) -> Option<String> {
    let name = names.iter().find(|name| fields.get(**name).is_some_and(Value::is_string))?;
    fields.remove(*name).and_then(|value| value.as_str().map(ToString::to_string))
}

fn note(text: String) -> Entry {
    Entry { kind: "note".into(), at_ms: None, title: String::new(), text: clean(&text), ok: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_understood_is_named_and_what_is_not_is_shown_as_it_is() {
        let lines = b"{\"at_ms\":5,\"entry\":\"tool_call\",\"tool\":\"edit\",\"input\":\"a.txt\"}\n{\"entry\":\"usage\",\"turns\":2}\nnot json\n";
        let read = entries(lines);
        assert_eq!(
            (read[0].kind.as_str(), read[0].title.as_str(), read[0].text.as_str()),
            ("tool_call", "edit", "a.txt")
        );
        assert_eq!(read[1].text, "turns: 2");
        assert_eq!(read[2].text, "not json");
    }
}
