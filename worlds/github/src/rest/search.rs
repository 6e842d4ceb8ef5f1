//! Searching code: the default branch of a repository, for a phrase in quotes.

use serde_json::{Value, json};

use crate::call::{Answer, Call, Caller, Refusal, Reply};

/// The lines around a hit that are shown.
const AROUND: usize = 1;

pub(crate) fn code(call: &Call<'_>) -> Answer {
    let asked = call.asked("q").unwrap_or_default();
    let invalid = |why: &str| Refusal::invalid("Search", "q", "invalid", why);
    let (phrase, rest) = asked
        .strip_prefix('"')
        .and_then(|rest| rest.split_once('"'))
        .ok_or_else(|| invalid("this world only searches for a phrase in quotes"))?;
    let repository =
        rest.trim().strip_prefix("repo:").ok_or_else(|| invalid("this world only searches one repository"))?;
    let state = call.world.state();
    let (owner, name) = repository.split_once('/').unwrap_or_default();
    let covered = |id: u64| match &call.caller {
        Caller::Installation { id: installation, repositories, .. } => {
            let found = state.repositories.get(&id);
            found.is_some_and(|found| state.installations.get(installation).is_some_and(|it| it.covers(found)))
                && repositories.as_ref().is_none_or(|some| some.contains(&id))
        }
        Caller::Nobody | Caller::App(_) | Caller::Person(_) => true,
    };
    let found = state.named(owner, name).filter(|found| covered(found.id));
    // GitHub says of a repository it does not show that it cannot be searched.
    let found = found.ok_or_else(|| invalid("The listed users and repositories cannot be searched"))?;
    let git = call.world.git(found.id);
    let Some(head) = git.commit_of(&found.default_branch) else {
        return Ok(Reply::json(200, json!({"total_count": 0, "incomplete_results": false, "items": []})));
    };
    let mut items = Vec::new();
    for entry in git.tree(&head, None, true)?.into_iter().filter(|entry| entry.kind == "blob") {
        let text = String::from_utf8_lossy(&git.blob(&entry.sha)?).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        let hits = lines.iter().enumerate().filter(|(_, line)| line.to_lowercase().contains(&phrase.to_lowercase()));
        let matches: Vec<Value> = hits
            .take(2)
            .map(|(at, _)| {
                let from = at.saturating_sub(AROUND);
                let fragment = lines[from..(at + AROUND + 1).min(lines.len())].join("\n");
                json!({"object_type": "FileContent", "property": "content", "fragment": fragment, "matches": []})
            })
            .collect();
        if !matches.is_empty() {
            let name = entry.path.rsplit('/').next().unwrap_or_default();
            let mut item = json!({"name": name, "path": entry.path, "sha": entry.sha, "score": 1.0});
            if call.wants("text-match") {
                item["text_matches"] = matches.into();
            }
            items.push(item);
        }
    }
    Ok(Reply::json(200, json!({"total_count": items.len(), "incomplete_results": false, "items": items})))
}
