//! Blocks, checked as strictly as Slack does, and given the ids they lack.

mod check;
mod element;
mod layout;
mod text;

use serde_json::{Value, json};

use crate::chance::Chance;

use check::Check;

/// So many blocks fit in a message.
pub const MAX_BLOCKS: usize = 50;
/// So many blocks fit in a view.
pub const MAX_VIEW_BLOCKS: usize = 100;
/// All text in a message's blocks together; Slack says it nowhere, and refuses more.
pub const MAX_BLOCK_TEXT: usize = 9_600;
/// All markdown blocks of a message together.
pub const MAX_MARKDOWN: usize = 12_000;

/// Why blocks are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// `invalid_blocks`, with what is wrong.
    Invalid(Vec<String>),
    /// `msg_blocks_too_long`.
    TooLong(String),
}

/// Checks the blocks of a message and fills in ids.
pub(crate) fn message(blocks: &[Value], chance: &mut Chance) -> Result<Vec<Value>, Wrong> {
    let mut check = Check::default();
    if blocks.len() > MAX_BLOCKS {
        check.wrong(format!("no more than {MAX_BLOCKS} items allowed [json-pointer:/blocks]"));
    }
    layout::blocks(&mut check, blocks, false);
    let kinds = |kind: &str| blocks.iter().filter(|block| block["type"] == kind).count();
    if kinds("plan") > 0 && kinds("task_card") > 0 {
        check.wrong("a message has a plan or task cards, not both [json-pointer:/blocks]".to_owned());
    }
    for (kind, most) in [("plan", 1), ("table", 1), ("data_visualization", 2)] {
        if kinds(kind) > most {
            check.wrong(format!("no more than {most} `{kind}` allowed [json-pointer:/blocks]"));
        }
    }
    let wrong = check.finish();
    if !wrong.is_empty() {
        return Err(Wrong::Invalid(wrong));
    }
    let markdown: usize = blocks
        .iter()
        .filter(|block| block["type"] == "markdown")
        .filter_map(|block| block["text"].as_str())
        .map(|text| text.chars().count())
        .sum();
    if markdown > MAX_MARKDOWN {
        return Err(Wrong::TooLong(format!("{markdown} characters of markdown, {MAX_MARKDOWN} are allowed")));
    }
    let all: usize = blocks.iter().map(text::length).sum();
    if all > MAX_BLOCK_TEXT {
        return Err(Wrong::TooLong(format!("{all} characters of text in blocks, {MAX_BLOCK_TEXT} are allowed")));
    }
    Ok(filled(blocks, chance))
}

/// Checks a view and fills in ids.
pub(crate) fn view(view: &Value, chance: &mut Chance) -> Result<Value, Vec<String>> {
    let mut check = Check::default();
    let kind = view["type"].as_str().unwrap_or_default();
    let fields: &[&str] = match kind {
        "home" => &["type", "blocks", "private_metadata", "callback_id", "external_id"],
        "modal" => &[
            "type",
            "title",
            "blocks",
            "close",
            "submit",
            "private_metadata",
            "callback_id",
            "clear_on_close",
            "notify_on_close",
            "external_id",
            "submit_disabled",
        ],
        _ => {
            check.wrong("a view is of type `modal` or `home` [json-pointer:/view/type]".to_owned());
            return Err(check.finish());
        }
    };
    check.at("/view", |check| {
        check.fields(view, fields);
        if kind == "modal" {
            text::plain(check, view, "title", 24, true);
            text::plain(check, view, "close", 24, false);
            text::plain(check, view, "submit", 24, false);
        }
        check.words(view, "private_metadata", 3_000, false);
        check.words(view, "callback_id", 255, false);
        check.words(view, "external_id", 255, false);
    });
    let blocks = view["blocks"].as_array().map_or(&[][..], Vec::as_slice);
    if !view["blocks"].is_array() || blocks.len() > MAX_VIEW_BLOCKS {
        check.wrong(format!("must be a list of at most {MAX_VIEW_BLOCKS} blocks [json-pointer:/view/blocks]"));
    }
    layout::blocks(&mut check, blocks, true);
    let inputs = blocks.iter().any(|block| block["type"] == "input");
    if kind == "modal" && inputs && view["submit"].is_null() {
        check.wrong("a modal with inputs needs `submit` [json-pointer:/view/submit]".to_owned());
    }
    let wrong = check.finish();
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let mut whole = view.clone();
    whole["blocks"] = Value::Array(filled(blocks, chance));
    Ok(whole)
}

/// What is wrong with a chunk of a stream.
pub(crate) fn chunk(chunk: &Value) -> Vec<String> {
    let mut check = Check::default();
    match chunk["type"].as_str().unwrap_or_default() {
        "markdown_text" => {
            check.fields(chunk, &["type", "text"]);
            check.words(chunk, "text", MAX_MARKDOWN, true);
        }
        "task_update" => {
            check.fields(
                chunk,
                &["type", "id", "title", "hide_title", "icon", "status", "details", "output", "sources"],
            );
            check.words(chunk, "id", 255, true);
            check.words(chunk, "title", 256, true);
            check.words(chunk, "details", 3_000, false);
            check.words(chunk, "output", 3_000, false);
            check.one_of(chunk, "status", layout::TASK_STATUS, true);
            layout::sources(&mut check, chunk);
        }
        "plan_update" => {
            check.fields(chunk, &["type", "title"]);
            check.words(chunk, "title", 256, true);
        }
        "blocks" => check.fields(chunk, &["type", "blocks"]),
        other => check.wrong(format!("unknown chunk type `{other}`")),
    }
    check.finish()
}

/// The same blocks with the ids that Slack makes up.
fn filled(blocks: &[Value], chance: &mut Chance) -> Vec<Value> {
    let mut blocks = blocks.to_vec();
    for block in &mut blocks {
        if block["block_id"].is_null() {
            block["block_id"] = json!(chance.text(5));
        }
        if block["accessory"].is_object() {
            name(&mut block["accessory"], chance);
        }
        if block["element"].is_object() {
            name(&mut block["element"], chance);
        }
        if block["type"] == "actions"
            && let Some(elements) = block["elements"].as_array_mut()
        {
            elements.iter_mut().for_each(|element| name(element, chance));
        }
    }
    blocks
}

fn name(element: &mut Value, chance: &mut Chance) {
    if element["type"] != "image" && element["action_id"].is_null() {
        element["action_id"] = json!(chance.text(5));
    }
    if element["type"] == "image"
        && let Some(fields) = element.as_object_mut()
    {
        fields.remove("action_id");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(blocks: Value) -> String {
        match message(blocks.as_array().unwrap(), &mut Chance::new(1)) {
            Ok(_) => String::new(),
            Err(Wrong::Invalid(why)) => why.join("\n"),
            Err(Wrong::TooLong(why)) => format!("too long: {why}"),
        }
    }

    fn section(text: &str) -> Value {
        json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
    }

    fn button(value: &str, action: &str) -> Value {
        json!({ "type": "button", "action_id": action, "value": value, "text": { "type": "plain_text", "text": "Stop" } })
    }

    #[test]
    fn a_section_takes_3000_characters_and_not_one_more() {
        assert_eq!(refused(json!([section(&"é".repeat(3_000))])), "");
        assert!(refused(json!([section(&"é".repeat(3_001))])).contains("must be less than 3001 characters"));
        assert!(refused(json!([section("")])).contains("must be more than 0 characters"));
    }

    #[test]
    fn all_blocks_together_have_a_limit_nobody_wrote_down() {
        let blocks = |n: usize| Value::Array((0..n).map(|_| section(&"x".repeat(2_400))).collect());
        assert_eq!(refused(blocks(4)), "");
        assert!(refused(blocks(5)).starts_with("too long"));
    }

    #[test]
    fn ids_are_not_used_twice() {
        let twice = json!([{ "type": "divider", "block_id": "a" }, { "type": "divider", "block_id": "a" }]);
        assert!(refused(twice).contains("`a` is used twice"));
        let twice = json!([{ "type": "actions", "elements": [button("1", "a"), button("2", "a")] }]);
        assert!(refused(twice).contains("action_id `a` is used twice"));
        let apart = json!([{ "type": "actions", "elements": [button("1", "a")] }, { "type": "actions", "elements": [button("2", "a")] }]);
        assert_eq!(refused(apart), "");
    }

    #[test]
    fn what_slack_does_not_know_is_refused() {
        assert!(refused(json!([{ "type": "sektion" }])).contains("unsupported type: sektion"));
        assert!(refused(json!([{ "type": "divider", "colour": 1 }])).contains("unknown field `colour`"));
        let long = json!([{ "type": "actions", "elements": [button(&"x".repeat(2_001), "a")] }]);
        assert!(refused(long).contains("must be less than 2001 characters"));
        let mixed = json!([
            { "type": "plan", "title": "t", "tasks": [{ "task_id": "1", "title": "a" }, { "task_id": "1", "title": "b" }] },
            { "type": "task_card", "task_id": "2", "title": "c" },
        ]);
        let why = refused(mixed);
        assert!(why.contains("a plan or task cards, not both") && why.contains("task_id `1` is used twice"), "{why}");
        assert!(refused(Value::Array(vec![json!({ "type": "divider" }); 51])).contains("no more than 50 items"));
    }
}
