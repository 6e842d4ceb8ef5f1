//! Blocks and mrkdwn as a person reads them.

use serde_json::Value;

/// The text a person reads in `blocks`: mrkdwn un-escaped, links with where they lead, buttons as `[Label]`, one block
/// to a paragraph. Mentions stay ids.
pub fn plain(blocks: &[Value]) -> String {
    plain_with(blocks, &|_| None)
}

/// [`plain`], with names for the ids that `name` knows.
pub(crate) fn plain_with(blocks: &[Value], name: &dyn Fn(&str) -> Option<String>) -> String {
    let reader = Reader { name };
    let paragraphs: Vec<String> =
        blocks.iter().map(|block| reader.block(block)).filter(|text| !text.trim().is_empty()).collect();
    paragraphs.join("\n")
}

/// mrkdwn as a person reads it.
pub(crate) fn unescape(text: &str, name: &dyn Fn(&str) -> Option<String>) -> String {
    Reader { name }.mrkdwn(text)
}

/// The labels of the buttons, selects and menus in `blocks`, in order.
pub(crate) fn labels(blocks: &[Value]) -> Vec<String> {
    let mut labels = Vec::new();
    for block in blocks {
        for element in elements(block) {
            labels.extend(label(element));
        }
    }
    labels
}

/// Everything in a block that a person can press, pick or fill in.
pub(crate) fn elements(block: &Value) -> Vec<&Value> {
    let mut found: Vec<&Value> = Vec::new();
    found.extend(block["accessory"].as_object().map(|_| &block["accessory"]));
    found.extend(block["element"].as_object().map(|_| &block["element"]));
    let inner = block["elements"].as_array().filter(|_| block["type"] != "rich_text" && block["type"] != "context");
    found.extend(inner.into_iter().flatten());
    let children = block["blocks"].as_array().into_iter().flatten();
    found.extend(children.flat_map(elements));
    found
}

fn label(element: &Value) -> Option<String> {
    let text = match element["type"].as_str()? {
        "button" | "workflow_button" => element["text"]["text"].as_str()?.to_owned(),
        "overflow" => "…".to_owned(),
        "image" => return None,
        _ => element["placeholder"]["text"].as_str().unwrap_or("…").to_owned(),
    };
    Some(text)
}

struct Reader<'a> {
    name: &'a dyn Fn(&str) -> Option<String>,
}

impl Reader<'_> {
    fn block(&self, block: &Value) -> String {
        let text = match block["type"].as_str().unwrap_or_default() {
            "section" => self.section(block),
            "header" | "markdown" | "alert" => self.words(&block["text"]),
            "divider" => "———".to_owned(),
            "image" => format!("[image: {}]", block["alt_text"].as_str().unwrap_or_default()),
            "video" => format!("[video: {}]", block["alt_text"].as_str().unwrap_or_default()),
            "context" => self.all(&block["elements"], " "),
            "actions" | "context_actions" => String::new(),
            "input" => self.words(&block["label"]),
            "rich_text" => self.rich(block),
            "task_card" => self.task(block),
            "plan" => self.plan(block),
            "table" | "data_table" => self.table(block),
            "container" => plain_with(block["blocks"].as_array().map_or(&[], Vec::as_slice), self.name),
            "file" => "[file]".to_owned(),
            other => format!("[{other}]"),
        };
        let labels = elements(block).into_iter().filter_map(label).map(|label| format!("[{label}]"));
        let buttons: Vec<String> = if block["type"] == "container" { Vec::new() } else { labels.collect() };
        match (text.is_empty(), buttons.is_empty()) {
            (_, true) => text,
            (true, false) => buttons.join(" "),
            (false, false) => format!("{text} {}", buttons.join(" ")),
        }
    }

    fn section(&self, block: &Value) -> String {
        let mut lines = Vec::new();
        if block["text"].is_object() {
            lines.push(self.words(&block["text"]));
        }
        lines.extend(block["fields"].as_array().into_iter().flatten().map(|field| self.words(field)));
        lines.join("\n")
    }

    fn task(&self, task: &Value) -> String {
        let mark = match task["status"].as_str().unwrap_or("pending") {
            "in_progress" => "▸",
            "complete" => "✓",
            "error" => "✗",
            _ => "·",
        };
        let mut line = format!("{mark} {}", task["title"].as_str().unwrap_or_default());
        for part in ["details", "output"] {
            let text = if let Some(text) = task[part].as_str() { text.to_owned() } else { self.rich(&task[part]) };
            if !text.is_empty() {
                line.push_str(&format!(" — {text}"));
            }
        }
        for source in task["sources"].as_array().into_iter().flatten() {
            let text = source["text"].as_str().unwrap_or_default();
            line.push_str(&format!(" ({text}: {})", source["url"].as_str().unwrap_or_default()));
        }
        line
    }

    fn plan(&self, plan: &Value) -> String {
        let mut lines = vec![plan["title"].as_str().unwrap_or_default().to_owned()];
        lines.extend(plan["tasks"].as_array().into_iter().flatten().map(|task| self.task(task)));
        lines.join("\n")
    }

    fn table(&self, table: &Value) -> String {
        let rows = table["rows"].as_array().into_iter().flatten().map(|row| {
            let cells = row.as_array().into_iter().flatten();
            cells.map(|cell| self.rich(cell)).collect::<Vec<_>>().join(" | ")
        });
        rows.collect::<Vec<_>>().join("\n")
    }

    fn all(&self, elements: &Value, between: &str) -> String {
        let texts = elements.as_array().into_iter().flatten().map(|element| {
            if element["type"] == "image" {
                format!("[image: {}]", element["alt_text"].as_str().unwrap_or_default())
            } else {
                self.words(element)
            }
        });
        texts.collect::<Vec<_>>().join(between)
    }

    /// A text object, or a bare string.
    fn words(&self, text: &Value) -> String {
        match (text.as_str(), text["type"].as_str()) {
            (Some(text), _) => text.to_owned(),
            (None, Some("mrkdwn")) => self.mrkdwn(text["text"].as_str().unwrap_or_default()),
            (None, _) => text["text"].as_str().unwrap_or_default().to_owned(),
        }
    }

    /// A rich text block or anything inside one.
    fn rich(&self, element: &Value) -> String {
        let inner = |between: &str| {
            let parts = element["elements"].as_array().into_iter().flatten().map(|inner| self.rich(inner));
            parts.collect::<Vec<_>>().join(between)
        };
        match element["type"].as_str().unwrap_or_default() {
            "rich_text" => inner("\n"),
            "rich_text_list" => {
                let items = element["elements"].as_array().into_iter().flatten().enumerate().map(|(n, item)| {
                    let ordered = element["style"] == "ordered";
                    let mark = if ordered { format!("{}.", n + 1) } else { "•".to_owned() };
                    format!("{mark} {}", self.rich(item))
                });
                items.collect::<Vec<_>>().join("\n")
            }
            "rich_text_quote" => format!("> {}", inner("")),
            "rich_text_preformatted" => format!("```\n{}\n```", inner("")),
            "text" if element["style"]["code"] == true => {
                format!("`{}`", element["text"].as_str().unwrap_or_default())
            }
            "text" | "raw_text" | "raw_number" => element["text"].as_str().unwrap_or_default().to_owned(),
            "user" => self.at(element["user_id"].as_str().unwrap_or_default()),
            "channel" => self.hash(element["channel_id"].as_str().unwrap_or_default(), None),
            "usergroup" => format!("@{}", element["usergroup_id"].as_str().unwrap_or_default()),
            "broadcast" => format!("@{}", element["range"].as_str().unwrap_or_default()),
            "emoji" => emoji(element["name"].as_str().unwrap_or_default()),
            "link" => {
                let url = element["url"].as_str().unwrap_or_default();
                link(url, element["text"].as_str())
            }
            _ => inner(""),
        }
    }

    fn mrkdwn(&self, text: &str) -> String {
        let mut read = String::new();
        let mut rest = text;
        while let Some(start) = rest.find('<') {
            read.push_str(&entities(&rest[..start]));
            let Some(length) = rest[start..].find('>') else {
                rest = &rest[start..];
                break;
            };
            read.push_str(&self.token(&rest[start + 1..start + length]));
            rest = &rest[start + length + 1..];
        }
        read.push_str(&entities(rest));
        shortcodes(&read)
    }

    fn token(&self, token: &str) -> String {
        let (target, label) = token.split_once('|').map_or((token, None), |(target, label)| (target, Some(label)));
        if let Some(user) = target.strip_prefix('@') {
            return self.at(user);
        }
        if let Some(channel) = target.strip_prefix('#') {
            return self.hash(channel, label);
        }
        if let Some(special) = target.strip_prefix('!') {
            return label.map_or_else(|| format!("@{special}"), entities);
        }
        link(&entities(target), label.map(entities).as_deref())
    }

    fn at(&self, user: &str) -> String {
        format!("@{}", (self.name)(user).unwrap_or_else(|| user.to_owned()))
    }

    fn hash(&self, channel: &str, label: Option<&str>) -> String {
        let name = (self.name)(channel).or_else(|| label.map(str::to_owned));
        format!("#{}", name.unwrap_or_else(|| channel.to_owned()))
    }
}

/// A reaction or an emoji by its short name; `:name:` for one nobody drew.
pub(crate) fn emoji(name: &str) -> String {
    let base = name.split("::").next().unwrap_or(name);
    emojis::get_by_shortcode(base).map_or_else(|| format!(":{name}:"), |emoji| emoji.as_str().to_owned())
}

fn link(url: &str, label: Option<&str>) -> String {
    match label.filter(|label| *label != url && !label.is_empty()) {
        Some(label) => format!("{label} ({url})"),
        None => url.to_owned(),
    }
}

fn entities(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// `:eyes:` as it is drawn; what is no emoji stays.
fn shortcodes(text: &str) -> String {
    let mut read = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(':') {
        read.push_str(&rest[..start]);
        let after = &rest[start + 1..];
        let drawn = after.find(':').filter(|end| *end > 0).and_then(|end| {
            let name = &after[..end];
            let is_name = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_+-".contains(c));
            let emoji = emojis::get_by_shortcode(name).filter(|_| is_name)?;
            Some((emoji.as_str(), end))
        });
        if let Some((emoji, end)) = drawn {
            read.push_str(emoji);
            rest = &after[end + 1..];
        } else {
            read.push(':');
            rest = after;
        }
    }
    read.push_str(rest);
    read
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_status_message_reads_as_a_person_sees_it() {
        let blocks = [
            json!({ "type": "section", "text": { "type": "mrkdwn", "text": "Changing <https://x.test/a?b&amp;c|acme/website> for <@U1> &amp; co :eyes: 12:30:00" } }),
            json!({ "type": "plan", "title": "Working", "tasks": [
                { "task_id": "1", "title": "Plan", "status": "complete" },
                { "task_id": "2", "title": "Build", "status": "in_progress", "details": { "type": "rich_text", "elements": [
                    { "type": "rich_text_section", "elements": [{ "type": "text", "text": "editing" }, { "type": "text", "text": "a.rs", "style": { "code": true } }] }] } },
            ] }),
            json!({ "type": "actions", "elements": [
                { "type": "button", "text": { "type": "plain_text", "text": "Stop" } },
                { "type": "external_select", "placeholder": { "type": "plain_text", "text": "Search" } },
            ] }),
            json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": "2 min · *$0.31*" }] }),
        ];
        let expected = "Changing acme/website (https://x.test/a?b&c) for @U1 & co 👀 12:30:00\n\
                        Working\n✓ Plan\n▸ Build — editing`a.rs`\n\
                        [Stop] [Search]\n\
                        2 min · *$0.31*";
        assert_eq!(plain(&blocks), expected);
        assert_eq!(labels(&blocks), ["Stop", "Search"]);
    }
}
