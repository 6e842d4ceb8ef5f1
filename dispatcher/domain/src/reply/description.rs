//! What a change request says of itself.

use alloc::format;
use alloc::string::String;

use crate::id::RunId;
use crate::reply::{discontent, findings};
use crate::run::{Job, Stage};

/// The most characters of a title.
const MAX_TITLE: usize = 72;

/// A title for a change request whose agent gave none: the request's first line, shortened.
pub(crate) fn title(request: &str) -> String {
    let line = request.lines().find(|line| !line.trim().is_empty()).unwrap_or("Change").trim();
    let mut title: String = line.chars().take(MAX_TITLE).collect();
    if title.len() < line.len() {
        title.push('…');
    }
    title
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
    if !job.checks.is_empty() {
        text.push_str("\nChecks run in devboxes:\n\n");
        for check in &job.checks {
            text.push_str(&format!("- {}: {}\n", check.name, if check.passed { "passed" } else { "failed" }));
        }
    }
    text.push_str(&format!("\n<!-- signalbox run:{id} -->\n"));
    text
}

fn quote(text: &str) -> String {
    text.lines().map(|line| format!("> {line}\n")).collect()
}
