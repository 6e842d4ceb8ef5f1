//! A request's words, from a payload's: `{/issue/title}` is what stands there.

use serde::Deserialize;
use serde_json::Value;
use signalbox_posting::clean::clean;
use signalbox_posting::unit::Unit;

/// The most characters one placeholder puts into a text; what is cut is told.
const MAX_PLACED: usize = 2_000;
/// The most characters of a text; what is cut is told.
const MAX_TEXT: usize = 3_500;

/// A text with places in it. Written `{` JSON pointer `}`; a brace that begins no pointer stands for itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Template(pub String);

impl Template {
    /// The text for a payload: texts as they are, cleaned; numbers and the like as JSON; `(none)` where nothing is.
    pub fn fill(&self, payload: &Value) -> String {
        let mut out = String::new();
        let mut rest = self.0.as_str();
        while let Some(at) = rest.find("{/") {
            let Some(end) = rest[at..].find('}') else { break };
            out.push_str(&rest[..at]);
            out.push_str(&placed(payload.pointer(&rest[at + 1..at + end])));
            rest = &rest[at + end + 1..];
        }
        out.push_str(rest);
        bounded(&out, MAX_TEXT)
    }
}

fn placed(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "(none)".into(),
        Some(Value::String(text)) => bounded(&clean(text), MAX_PLACED),
        Some(value @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_))) => {
            bounded(&clean(&value.to_string()), MAX_PLACED)
        }
    }
}

fn bounded(text: &str, most: usize) -> String {
    let end = Unit::Chars.end(text, most);
    match Unit::Chars.of(&text[end..]) {
        0 => text.into(),
        more => format!("{} … ({more} more {} left out)", &text[..end], Unit::Chars.words(more)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_says_what_the_payload_says_and_what_was_left_out() {
        let payload =
            serde_json::json!({"a": {"b~c": "x\u{202E}y", "n": 7}, "long": "é".repeat(3_000), "list": [1, "z"]});
        let fill = |text: &str| Template(text.into()).fill(&payload);
        assert_eq!(fill("{/a/b~0c} is {/a/n} {/list/1} {/gone} {x} {/open"), "x�y is 7 z (none) {x} {/open");
        assert_eq!(fill("{/long}"), format!("{} … (1000 more characters left out)", "é".repeat(2_000)));
        assert_eq!(fill("{/list}"), "[1,\"z\"]");
    }
}
