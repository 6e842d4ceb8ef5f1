//! JSON: read in one way, or not at all.

use serde_json::json;
use signalbox_webhook::Refused;
use signalbox_webhook::json::{MAX_DEPTH, MAX_VALUES, parse};

#[test]
fn a_document_is_read_as_it_is() {
    let text = br#" {"a": [1, -2, 2.5, true, null, "x\u00e9"], "b": {"c": {}}, "": 18446744073709551615} "#;
    let value = json!({"a": [1, -2, 2.5, true, null, "xé"], "b": {"c": {}}, "": u64::MAX});
    assert_eq!(parse(text), Ok(value));
}

#[test]
fn a_name_twice_is_refused_however_deep_and_however_it_is_written() {
    for text in [
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"b":{},"\u0061":2}"#,
        r#"{"x":[{"y":{"a":null,"a":null}}]}"#,
        r#"[[],[{"a":{},"a":[]}]]"#,
    ] {
        assert_eq!(parse(text.as_bytes()), Err(Refused::RepeatedName("a".into())), "{text}");
    }
    assert!(parse(br#"{"a":{"a":1},"b":{"a":2}}"#).is_ok(), "other objects have their own names");
}

#[test]
fn what_is_no_document_or_too_much_of_one_is_refused() {
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse(deep(MAX_DEPTH).as_bytes()).is_ok());
    let wide = format!("[{}0]", "0,".repeat(MAX_VALUES));
    for text in [
        deep(MAX_DEPTH + 1),
        deep(100_000),
        wide,
        "{} {}".into(),
        "{}x".into(),
        String::new(),
        "nul".into(),
        "{\"a\":1,}".into(),
        "{'a':1}".into(),
        "1e999".into(),
        "\"\\ud800\"".into(),
        "NaN".into(),
    ] {
        let shown: String = text.chars().take(40).collect();
        assert!(matches!(parse(text.as_bytes()), Err(Refused::Unreadable(_))), "{shown}");
    }
    assert!(parse(b"\"\xFF\"").is_err());
}
