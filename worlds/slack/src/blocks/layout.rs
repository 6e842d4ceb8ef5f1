//! Blocks themselves, by their kind.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::blocks::check::Check;
use crate::blocks::{element, text};

pub(super) const TASK_STATUS: &[&str] = &["pending", "in_progress", "complete", "error"];

/// Reads all blocks of a message, or of a view.
pub(super) fn blocks(check: &mut Check, blocks: &[Value], in_view: bool) {
    for (n, block) in blocks.iter().enumerate() {
        check.at(&format!("/blocks/{n}"), |check| one(check, block, in_view));
    }
}

fn one(check: &mut Check, block: &Value, in_view: bool) {
    check.words(block, "block_id", 255, false);
    if let Some(id) = block["block_id"].as_str()
        && !check.block_ids.insert(id.to_owned())
    {
        check.blame("block_id", &format!("block_id `{id}` is used twice"));
    }
    check.action_ids.clear();
    match block["type"].as_str().unwrap_or_default() {
        "section" => section(check, block),
        "divider" => check.fields(block, &["type", "block_id"]),
        "header" => {
            check.fields(block, &["type", "block_id", "text", "level"]);
            text::plain(check, block, "text", 150, true);
        }
        "image" => {
            element::image(check, block, &["type", "block_id", "image_url", "alt_text", "title", "slack_file"]);
            text::plain(check, block, "title", 2_000, false);
        }
        "actions" => {
            check.fields(block, &["type", "block_id", "elements"]);
            for (n, inner) in check.list(block, "elements", 1, 25).iter().enumerate() {
                check.at(&format!("/elements/{n}"), |check| element::element(check, inner, element::ACTION));
            }
        }
        "context" => {
            check.fields(block, &["type", "block_id", "elements"]);
            for (n, inner) in check.list(block, "elements", 1, 10).iter().enumerate() {
                check.at(&format!("/elements/{n}"), |check| {
                    if inner["type"] == "image" {
                        element::image(check, inner, &["type", "image_url", "alt_text", "slack_file"]);
                    } else {
                        text::loose(check, inner, 3_000);
                    }
                });
            }
        }
        "input" => {
            if !in_view {
                check.blame("type", "inputs are for views");
            }
            check.fields(block, &["type", "block_id", "label", "element", "hint", "optional", "dispatch_action"]);
            text::plain(check, block, "label", 2_000, true);
            text::plain(check, block, "hint", 2_000, false);
            check.flag(block, "optional");
            check.flag(block, "dispatch_action");
            check.at("/element", |check| element::element(check, &block["element"], element::INPUT));
        }
        "rich_text" => {
            check.fields(block, &["type", "block_id", "elements"]);
            text::rich(check, block);
        }
        "markdown" if !in_view => {
            check.fields(block, &["type", "block_id", "text"]);
            check.words(block, "text", super::MAX_MARKDOWN, true);
        }
        "plan" if !in_view => plan(check, block),
        "task_card" if !in_view => task(check, block, true),
        "table" if !in_view => table(check, block),
        "alert" => {
            check.fields(block, &["type", "block_id", "text", "level"]);
            text::any(check, block, "text", 3_000, true);
        }
        "context_actions" if !in_view => check.fields(block, &["type", "block_id", "elements"]),
        "file" | "video" | "data_table" | "data_visualization" | "card" | "carousel" | "container" => {}
        other => check.blame("type", &format!("unsupported type: {other}")),
    }
}

fn section(check: &mut Check, block: &Value) {
    check.fields(block, &["type", "block_id", "text", "fields", "accessory", "expand"]);
    text::any(check, block, "text", 3_000, block["fields"].is_null());
    check.flag(block, "expand");
    if !block["fields"].is_null() {
        for (n, field) in check.list(block, "fields", 1, 10).iter().enumerate() {
            check.at(&format!("/fields/{n}"), |check| text::loose(check, field, 2_000));
        }
    }
    if !block["accessory"].is_null() {
        check.at("/accessory", |check| element::element(check, &block["accessory"], element::ACCESSORY));
    }
}

fn plan(check: &mut Check, block: &Value) {
    check.fields(block, &["type", "block_id", "title", "tasks"]);
    check.words(block, "title", 256, true);
    let mut ids = BTreeSet::new();
    for (n, one) in check.list(block, "tasks", 0, 50).iter().enumerate() {
        check.at(&format!("/tasks/{n}"), |check| {
            task(check, one, false);
            if let Some(id) = one["task_id"].as_str()
                && !ids.insert(id.to_owned())
            {
                check.blame("task_id", &format!("task_id `{id}` is used twice"));
            }
        });
    }
}

fn task(check: &mut Check, task: &Value, alone: bool) {
    check.fields(
        task,
        &["type", "block_id", "task_id", "title", "status", "icon", "hide_title", "details", "output", "sources"],
    );
    if !alone && !task["type"].is_null() && task["type"] != "task_card" {
        check.blame("type", "a plan has task cards");
    }
    check.words(task, "task_id", 255, true);
    check.words(task, "title", 256, true);
    check.one_of(task, "status", TASK_STATUS, false);
    check.flag(task, "hide_title");
    for part in ["details", "output"] {
        if task[part].is_null() {
            continue;
        }
        check.at(&format!("/{part}"), |check| {
            check.one_of(&task[part], "type", &["rich_text"], true);
            check.fields(&task[part], &["type", "elements", "block_id"]);
            text::rich(check, &task[part]);
        });
    }
    sources(check, task);
}

/// Where a task has it from: links with a text.
pub(super) fn sources(check: &mut Check, task: &Value) {
    for (n, source) in check.list(task, "sources", 0, 50).iter().enumerate() {
        check.at(&format!("/sources/{n}"), |check| {
            check.fields(source, &["type", "url", "text"]);
            check.one_of(source, "type", &["url"], true);
            check.url(source, "url", true);
            check.words(source, "text", 256, true);
        });
    }
}

fn table(check: &mut Check, block: &Value) {
    check.fields(block, &["type", "block_id", "rows", "column_settings"]);
    for (n, row) in check.list(block, "rows", 1, 100).iter().enumerate() {
        let cells = row.as_array().map_or(&[][..], Vec::as_slice);
        if cells.is_empty() || cells.len() > 20 {
            check.blame(&format!("rows/{n}"), "a row has 1 to 20 cells");
        }
        for (m, cell) in cells.iter().enumerate() {
            check.at(&format!("/rows/{n}/{m}"), |check| match cell["type"].as_str().unwrap_or_default() {
                "raw_text" => {
                    check.fields(cell, &["type", "text"]);
                    check.words(cell, "text", 3_000, true);
                }
                "rich_text" => text::rich(check, cell),
                other => check.blame("type", &format!("unsupported type: {other}")),
            });
        }
    }
}
