//! Elements of blocks: buttons, selects, inputs.

use serde_json::Value;

use crate::blocks::check::Check;
use crate::blocks::text;

/// Elements a section takes beside its text.
pub(super) const ACCESSORY: &[&str] = &[
    "button",
    "checkboxes",
    "datepicker",
    "image",
    "multi_static_select",
    "multi_external_select",
    "multi_users_select",
    "multi_conversations_select",
    "multi_channels_select",
    "overflow",
    "radio_buttons",
    "static_select",
    "external_select",
    "users_select",
    "conversations_select",
    "channels_select",
    "timepicker",
    "workflow_button",
];
/// Elements in a row of actions.
pub(super) const ACTION: &[&str] = &[
    "button",
    "checkboxes",
    "datepicker",
    "datetimepicker",
    "overflow",
    "radio_buttons",
    "static_select",
    "external_select",
    "users_select",
    "conversations_select",
    "channels_select",
    "timepicker",
    "workflow_button",
];
/// Elements to fill in.
pub(super) const INPUT: &[&str] = &[
    "checkboxes",
    "datepicker",
    "datetimepicker",
    "email_text_input",
    "file_input",
    "multi_static_select",
    "multi_external_select",
    "multi_users_select",
    "multi_conversations_select",
    "multi_channels_select",
    "number_input",
    "plain_text_input",
    "radio_buttons",
    "rich_text_input",
    "static_select",
    "external_select",
    "users_select",
    "conversations_select",
    "channels_select",
    "timepicker",
    "url_text_input",
];

/// Fields that many elements have.
const COMMON: &[&str] = &["type", "action_id", "confirm", "focus_on_load", "placeholder"];

/// Reads an element that must be one of `allowed`.
pub(super) fn element(check: &mut Check, element: &Value, allowed: &[&str]) {
    let kind = element["type"].as_str().unwrap_or_default();
    if !allowed.contains(&kind) {
        check.blame("type", &format!("unsupported type: {kind}"));
        return;
    }
    if kind == "image" {
        image(check, element, &["type", "image_url", "alt_text", "slack_file"]);
        return;
    }
    check.words(element, "action_id", 255, false);
    if let Some(id) = element["action_id"].as_str()
        && !check.action_ids.insert(id.to_owned())
    {
        check.blame("action_id", &format!("action_id `{id}` is used twice in the block"));
    }
    confirm(check, element);
    check.flag(element, "focus_on_load");
    text::plain(check, element, "placeholder", 150, false);
    if kind == "button" || kind == "workflow_button" {
        button(check, element);
        return;
    }
    fields(check, element, kind);
    if kind.ends_with("static_select") || matches!(kind, "overflow" | "radio_buttons" | "checkboxes") {
        options(check, element, kind);
    }
    if kind == "plain_text_input" || kind == "number_input" {
        check.flag(element, "multiline");
        check.words(element, "initial_value", 3_000, false);
    }
    if kind == "number_input" && !element["is_decimal_allowed"].is_boolean() {
        check.blame("is_decimal_allowed", "missing required field: is_decimal_allowed");
    }
}

/// An image, as an element or a block.
pub(super) fn image(check: &mut Check, image: &Value, fields: &[&str]) {
    check.fields(image, fields);
    check.words(image, "alt_text", 2_000, true);
    match (image["image_url"].is_null(), image["slack_file"].is_null()) {
        (false, true) => check.url(image, "image_url", true),
        (true, false) => {}
        (true, true) | (false, false) => check.blame("image_url", "one of image_url and slack_file is needed"),
    }
}

fn button(check: &mut Check, button: &Value) {
    check.fields(
        button,
        &["type", "text", "action_id", "url", "value", "style", "confirm", "accessibility_label", "workflow"],
    );
    text::plain(check, button, "text", 75, true);
    check.words(button, "value", 2_000, false);
    if !button["url"].is_null() {
        check.url(button, "url", true);
    }
    check.one_of(button, "style", &["primary", "danger"], false);
    check.words(button, "accessibility_label", 75, false);
}

fn fields(check: &mut Check, element: &Value, kind: &str) {
    let own: &[&str] = match kind {
        "static_select" => &["options", "option_groups", "initial_option"],
        "multi_static_select" => &["options", "option_groups", "initial_options", "max_selected_items"],
        "external_select" => &["initial_option", "min_query_length"],
        "multi_external_select" => &["initial_options", "min_query_length", "max_selected_items"],
        "users_select" => &["initial_user", "response_url_enabled"],
        "multi_users_select" => &["initial_users", "max_selected_items"],
        "conversations_select" => {
            &["initial_conversation", "default_to_current_conversation", "response_url_enabled", "filter"]
        }
        "multi_conversations_select" => {
            &["initial_conversations", "default_to_current_conversation", "max_selected_items", "filter"]
        }
        "channels_select" => &["initial_channel", "response_url_enabled"],
        "multi_channels_select" => &["initial_channels", "max_selected_items"],
        "overflow" => &["options"],
        "radio_buttons" => &["options", "initial_option"],
        "checkboxes" => &["options", "initial_options"],
        "datepicker" => &["initial_date"],
        "timepicker" => &["initial_time", "timezone"],
        "datetimepicker" => &["initial_date_time"],
        "plain_text_input" => &["initial_value", "multiline", "min_length", "max_length", "dispatch_action_config"],
        "number_input" => {
            &["initial_value", "is_decimal_allowed", "min_value", "max_value", "dispatch_action_config", "multiline"]
        }
        "email_text_input" | "url_text_input" | "rich_text_input" => &["initial_value", "dispatch_action_config"],
        "file_input" => &["filetypes", "max_files"],
        _ => &[],
    };
    let all: Vec<&str> = COMMON.iter().chain(own).copied().collect();
    check.fields(element, &all);
}

fn options(check: &mut Check, element: &Value, kind: &str) {
    let most = match kind {
        "overflow" => 5,
        "radio_buttons" | "checkboxes" => 10,
        _ => 100,
    };
    if element["options"].is_null() && kind.ends_with("static_select") {
        for (n, group) in check.list(element, "option_groups", 1, 100).iter().enumerate() {
            check.at(&format!("/option_groups/{n}"), |check| {
                check.fields(group, &["label", "options"]);
                text::plain(check, group, "label", 75, true);
                listed(check, group, 100, false);
            });
        }
        return;
    }
    let marked = matches!(kind, "radio_buttons" | "checkboxes");
    listed(check, element, most, marked);
    let all = element["options"].as_array().cloned().unwrap_or_default();
    if !element["initial_option"].is_null() && !all.contains(&element["initial_option"]) {
        check.blame("initial_option", "must be one of the options");
    }
}

fn listed(check: &mut Check, of: &Value, most: usize, marked: bool) {
    for (n, option) in check.list(of, "options", 1, most).iter().enumerate() {
        check.at(&format!("/options/{n}"), |check| {
            check.fields(option, &["text", "value", "description", "url"]);
            if marked {
                text::any(check, option, "text", 75, true);
                text::any(check, option, "description", 75, false);
            } else {
                text::plain(check, option, "text", 75, true);
                text::plain(check, option, "description", 75, false);
            }
            check.words(option, "value", 150, true);
        });
    }
}

fn confirm(check: &mut Check, element: &Value) {
    let confirm = &element["confirm"];
    if confirm.is_null() {
        return;
    }
    check.at("/confirm", |check| {
        check.fields(confirm, &["title", "text", "confirm", "deny", "style"]);
        text::plain(check, confirm, "title", 100, true);
        text::any(check, confirm, "text", 300, true);
        text::plain(check, confirm, "confirm", 30, true);
        text::plain(check, confirm, "deny", 30, true);
        check.one_of(confirm, "style", &["primary", "danger"], false);
    });
}
