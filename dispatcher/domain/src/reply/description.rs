//! What a change request says of itself.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::id::RunId;
use crate::reply::{discontent, findings};
use crate::run::{Job, Stage};

/// The most characters of a title.
const MAX_TITLE: usize = 72;

/// What a person sets outright says where a request goes, not what it is.
const SETTINGS: [&str; 5] = ["repo", "repository", "branch", "model", "workflow"];

/// A title for a change request whose agent gave none: the request's first line, without what only says where it goes,
/// shortened.
pub(crate) fn title(request: &str) -> String {
    let line = request.lines().map(unplaced).find(|line| !line.is_empty()).unwrap_or_else(|| "Change".into());
    let mut title: String = line.chars().take(MAX_TITLE).collect();
    if title.len() < line.len() {
        title.push('…');
    }
    title
}

/// A line without `repo:owner/name` and its like, also in brackets.
fn unplaced(line: &str) -> String {
    let sets = |pair: &str, between: char| {
        pair.split_once(between)
            .is_some_and(|(key, _)| SETTINGS.iter().any(|known| key.trim().eq_ignore_ascii_case(known)))
    };
    let mut kept = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('[') {
        kept.push_str(before);
        rest = match after.split_once(']') {
            Some((inside, after)) if inside.split(',').any(|pair| sets(pair, '=')) => after,
            Some(_) | None => {
                kept.push('[');
                after
            }
        };
    }
    kept.push_str(rest);
    let mut words = Vec::new();
    let mut all = kept.split_whitespace().peekable();
    while let Some(word) = all.next() {
        match word.split_once(':') {
            // `repo: owner/name`, as many people type it.
            Some((key, "")) if sets(word, ':') && !key.eq_ignore_ascii_case("model") => {
                if all.next_if(|next| next.contains('/')).is_none() {
                    words.push(word);
                }
            }
            Some((_, value)) if sets(word, ':') && !value.is_empty() => {}
            Some(_) | None => words.push(word),
        }
    }
    words.join(" ")
}

/// The description of the change request of the run `id`.
pub(crate) fn description(id: &RunId, by: &str, request: &str, body: &str, not_done: &str, job: &Job) -> String {
    let mut text = String::new();
    if let Some(reason) = &job.handoff {
        text.push_str(&format!("**This is not finished.** {reason} A person needs to take it from here.\n\n"));
        for (name, progress) in &job.phases {
            if matches!(progress.stage, Stage::Failed)
                && let Some(found) = findings(job, name)
            {
                text.push_str(&quote(&found));
                text.push('\n');
            }
        }
    }
    for phase in discontent(job) {
        text.push_str(&format!("**{} is not content with this**; a person let it pass.\n\n", phase.label));
        text.push_str(&findings(job, &phase.name).map_or_else(String::new, |found| quote(&found) + "\n"));
    }
    if !body.trim().is_empty() {
        text.push_str(body.trim());
        text.push_str("\n\n");
    }
    if !not_done.trim().is_empty() {
        text.push_str(&format!("**Not done:** {}\n\n", not_done.trim()));
    }
    text.push_str(&format!("Asked for by {by}:\n\n{}", quote(request)));
    text.push_str(&format!("\n<!-- signalbox run:{id} -->\n"));
    text
}

fn quote(text: &str) -> String {
    text.lines().map(|line| format!("> {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_says_what_not_where() {
        for (request, is) in [
            ("fix the price", "fix the price"),
            ("repo:acme/website fix the price", "fix the price"),
            ("repo: acme/website fix  the price branch:spring", "fix the price"),
            ("[repo=acme/website, branch=spring]\nfix the [old] price", "fix the [old] price"),
            ("say workflow: build it", "say workflow: build it"),
            ("repo:acme/website", "Change"),
        ] {
            assert_eq!(title(request), is, "{request}");
        }
    }
}
