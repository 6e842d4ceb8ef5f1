//! What was expected beside what came, a line for a line.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

/// The lines of both: `-` for what was expected and did not come, `+` for what came instead.
pub(crate) fn of(expected: &Value, got: &Value) -> String {
    // Each value on a line of its own, however short, so that both stand alike.
    let [expected, got] = [expected, got].map(|value| format!("{value:#}"));
    let diff = TextDiff::from_lines(&expected, &got);
    let lines = diff.iter_all_changes().map(|change| {
        let mark = match change.tag() {
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
            ChangeTag::Equal => ' ',
        };
        format!("{mark} {}", change.value().trim_end_matches('\n'))
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn only_what_differs_is_marked() {
        let long = "a reason that is so long that what is around it does not fit";
        let claim = |score| json!({ "Ok": { "Claim": { "reason": long, "score": score } } });
        assert_eq!(
            super::of(&claim(750), &claim(700)),
            format!(
                "  {{\n    \"Ok\": {{\n      \"Claim\": {{\n        \"reason\": \"{long}\",\n\
                 -       \"score\": 750\n+       \"score\": 700\n      }}\n    }}\n  }}"
            )
        );
    }
}
