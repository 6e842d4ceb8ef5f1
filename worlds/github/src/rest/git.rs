//! Branches, references, commits and comparisons.

use serde_json::{Value, json};

use crate::call::{Answer, Call, Refusal, Reply};
use crate::git::ZERO;
use crate::push::Push;
use crate::show;
use crate::state::{Repository, State};

/// The most commits a comparison lists.
const MOST_COMMITS: usize = 250;
/// The most files it lists.
const MOST_FILES: usize = 300;

fn branch_shown(call: &Call<'_>, state: &State, found: &Repository, name: &str, sha: &str) -> Value {
    let url = format!("{}/repos/{}/commits/{sha}", call.world.base(), state.full_name(found));
    json!({"name": name, "commit": {"sha": sha, "url": url}, "protected": found.protected.contains(name)})
}

pub(crate) fn branches(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let found = call.repository(&state)?;
    let all = call.world.git(found.id).references("refs/heads/")?;
    let names = all.iter().filter_map(|(name, sha)| Some((name.strip_prefix("refs/heads/")?, sha)));
    Ok(call.page(names.map(|(name, sha)| branch_shown(call, &state, found, name, sha)).collect()))
}

pub(crate) fn branch(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let found = call.repository(&state)?;
    let (git, name) = (call.world.git(found.id), call.param("branch"));
    let gone = || Refusal::new(404, "Branch not found");
    let sha = git.reference(&format!("refs/heads/{name}")).ok_or_else(gone)?;
    let full_name = state.full_name(found);
    let mut shown = branch_shown(call, &state, found, name, &sha);
    let url = format!("{}/repos/{full_name}/branches/{}", call.world.base(), show::escaped(name));
    shown["commit"] = show::commit(&state, call.world.base(), &full_name, &git.commit(&sha)?);
    shown["_links"] = json!({"self": url, "html": format!("{}/{full_name}/tree/{name}", call.world.base())});
    let checks = json!({"enforcement_level": "off", "contexts": [], "checks": []});
    shown["protection"] = json!({"enabled": found.protected.contains(name), "required_status_checks": checks});
    shown["protection_url"] = format!("{url}/protection").into();
    Ok(Reply::json(200, shown))
}

fn reference_shown(call: &Call<'_>, state: &State, found: &Repository, name: &str, sha: &str) -> Value {
    let api = format!("{}/repos/{}", call.world.base(), state.full_name(found));
    json!({
        "ref": name,
        "node_id": format!("REF_{sha}"),
        "url": format!("{api}/git/{name}"),
        "object": {"type": "commit", "sha": sha, "url": format!("{api}/git/commits/{sha}")},
    })
}

pub(crate) fn reference(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let found = call.repository(&state)?;
    let name = format!("refs/{}", call.param("ref"));
    let sha = call.world.git(found.id).reference(&name).ok_or_else(Refusal::not_found)?;
    Ok(Reply::json(200, reference_shown(call, &state, found, &name, &sha)))
}

pub(crate) fn matching(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let found = call.repository(&state)?;
    let prefix = format!("refs/{}", call.param("ref"));
    let all = call.world.git(found.id).references("refs/")?;
    let hits = all.iter().filter(|(name, _)| name.starts_with(&prefix));
    Ok(call.page(hits.map(|(name, sha)| reference_shown(call, &state, found, name, sha)).collect()))
}

pub(crate) fn create(call: &Call<'_>) -> Answer {
    let name = call.required("Reference", "ref")?;
    let sha = call.required("Reference", "sha")?;
    let branch = name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("refs/tags/"));
    if branch.is_none_or(str::is_empty) || !well_formed(&name) {
        return Err(Refusal::new(422, "Reference name is invalid"));
    }
    let mut state = call.world.state();
    let (actor, _) = call.actor()?;
    let id = call.place(&state)?;
    let git = call.world.git(id);
    if git.reference(&name).is_some() {
        return Err(Refusal::new(422, "Reference already exists"));
    }
    if git.commit(&sha).is_err() {
        return Err(Refusal::new(422, "Object does not exist"));
    }
    git.set(&name, Some(&sha))?;
    call.world.pushed(&mut state, &Push { repository: id, reference: &name, before: ZERO, after: &sha, actor });
    let found = &state.repositories[&id];
    Ok(Reply::json(201, reference_shown(call, &state, found, &name, &sha)))
}

fn well_formed(name: &str) -> bool {
    let bad = |c: char| c.is_ascii_control() || " ~^:?*[\\".contains(c);
    !name.contains(bad)
        && !name.contains("..")
        && !name.contains("@{")
        && !name.ends_with(['/', '.'])
        && !name.ends_with(".lock")
}

pub(crate) fn update(call: &Call<'_>) -> Answer {
    let mut state = call.world.state();
    let (actor, _) = call.actor()?;
    let id = call.place(&state)?;
    let name = format!("refs/{}", call.param("ref"));
    let after = call.required("Reference", "sha")?;
    let git = call.world.git(id);
    let before = git.reference(&name).ok_or_else(|| Refusal::new(422, "Reference does not exist"))?;
    if git.commit(&after).is_err() {
        return Err(Refusal::new(422, "Object does not exist"));
    }
    let force = call.body.get("force").and_then(Value::as_bool).unwrap_or(false);
    if !force && !git.contains(&after, &before) {
        return Err(Refusal::new(422, "Update is not a fast forward"));
    }
    git.set(&name, Some(&after))?;
    call.world.pushed(&mut state, &Push { repository: id, reference: &name, before: &before, after: &after, actor });
    let found = &state.repositories[&id];
    Ok(Reply::json(200, reference_shown(call, &state, found, &name, &after)))
}

pub(crate) fn delete(call: &Call<'_>) -> Answer {
    let mut state = call.world.state();
    let (actor, _) = call.actor()?;
    let id = call.place(&state)?;
    let name = format!("refs/{}", call.param("ref"));
    let git = call.world.git(id);
    let before = git.reference(&name).ok_or_else(|| Refusal::new(422, "Reference does not exist"))?;
    git.set(&name, None)?;
    call.world.pushed(&mut state, &Push { repository: id, reference: &name, before: &before, after: ZERO, actor });
    Ok(Reply::empty())
}

pub(crate) fn commits(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let found = call.repository(&state)?;
    let git = call.world.git(found.id);
    let from = call.asked("sha").unwrap_or(&found.default_branch);
    let Some(from) = git.commit_of(from) else {
        return Err(match git.references("refs/heads/")?.is_empty() {
            true => Refusal::new(409, "Git Repository is empty."),
            false => Refusal::not_found(),
        });
    };
    let full_name = state.full_name(found);
    let log = git.log(&from, call.asked("path"), 1_000)?;
    Ok(call.page(log.iter().map(|one| show::commit(&state, call.world.base(), &full_name, one)).collect()))
}

pub(crate) fn commit(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let found = call.repository(&state)?;
    let git = call.world.git(found.id);
    let name = call.param("ref");
    let sha = git.commit_of(name).ok_or_else(|| Refusal::new(422, format!("No commit found for SHA: {name}")))?;
    if call.wants("sha") {
        return Ok(Reply::raw("application/vnd.github.sha; charset=utf-8", sha.into_bytes()));
    }
    let full_name = state.full_name(found);
    let about = git.commit(&sha)?;
    let parent = about.parents.first().cloned().unwrap_or_else(|| "4b825dc642cb6eb9a060e54bf8d69288fbee4904".into());
    if call.wants("diff") {
        return Ok(Reply::raw("application/vnd.github.diff; charset=utf-8", git.diff(&parent, &sha)?));
    }
    let differences = git.differences(&parent, &sha)?;
    let mut shown = show::commit(&state, call.world.base(), &full_name, &about);
    let (additions, deletions) =
        differences.iter().fold((0, 0), |sum, one| (sum.0 + one.additions, sum.1 + one.deletions));
    shown["stats"] = json!({"additions": additions, "deletions": deletions, "total": additions + deletions});
    shown["files"] = differences.iter().map(|one| show::file(call.world.base(), &full_name, &sha, one)).collect();
    Ok(Reply::json(200, shown))
}

pub(crate) fn compare(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let found = call.repository(&state)?;
    let git = call.world.git(found.id);
    let (one, other) = call.param("basehead").split_once("...").ok_or_else(Refusal::not_found)?;
    let side = |name: &str| {
        let Some((owner, branch)) = name.split_once(':') else { return git.commit_of(name) };
        let there = state.named(owner, &found.name).or_else(|| {
            let owner = state.account(owner)?.id;
            state.repositories.values().find(|other| other.owner == owner && other.fork_of == Some(found.id))
        })?;
        let from = call.world.git(there.id);
        let sha = from.commit_of(branch)?;
        if there.id != found.id {
            git.take(&from, branch, &format!("refs/world/{}/{branch}", there.id)).ok()?;
        }
        Some(sha)
    };
    let (base, head) = (side(one).ok_or_else(Refusal::not_found)?, side(other).ok_or_else(Refusal::not_found)?);
    let common = git
        .base(&base, &head)
        .ok_or_else(|| Refusal::new(404, format!("No common ancestor between {one} and {other}.")))?;
    if call.wants("diff") {
        return Ok(Reply::raw("application/vnd.github.diff; charset=utf-8", git.diff(&common, &head)?));
    }
    let full_name = state.full_name(found);
    let mut ahead = git.log(&format!("{base}..{head}"), None, 10_000)?;
    let behind = git.log(&format!("{head}..{base}"), None, 10_000)?.len();
    ahead.reverse();
    let status = match (ahead.is_empty(), behind == 0) {
        (true, true) => "identical",
        (false, true) => "ahead",
        (true, false) => "behind",
        (false, false) => "diverged",
    };
    let shown = |sha: &str| -> Result<Value, Refusal> {
        Ok(show::commit(&state, call.world.base(), &full_name, &git.commit(sha)?))
    };
    let html = format!("{}/{full_name}/compare/{one}...{other}", call.world.base());
    let files = git.differences(&common, &head)?;
    let files: Vec<_> =
        files.iter().take(MOST_FILES).map(|one| show::file(call.world.base(), &full_name, &head, one)).collect();
    let total = ahead.len();
    let list: Vec<_> =
        ahead.iter().take(MOST_COMMITS).map(|one| show::commit(&state, call.world.base(), &full_name, one)).collect();
    Ok(Reply::json(
        200,
        json!({
            "url": format!("{}{}", call.world.base(), call.request.path),
            "html_url": html,
            "permalink_url": html,
            "diff_url": format!("{html}.diff"),
            "patch_url": format!("{html}.patch"),
            "base_commit": shown(&base)?,
            "merge_base_commit": shown(&common)?,
            "status": status,
            "ahead_by": total,
            "behind_by": behind,
            "total_commits": total,
            "commits": list,
            "files": files,
        }),
    ))
}
