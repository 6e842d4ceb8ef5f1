//! Files and folders at a commit.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::call::{Answer, Call, Refusal, Reply};
use crate::git::{By, Entry, ZERO};
use crate::push::Push;
use crate::show::{self, escaped};
use crate::state::{Repository, State};

/// Larger files come without their content.
const INLINE_BYTES: usize = 1 << 20;
/// A listing is cut there and says so.
const MOST_ENTRIES: usize = 100_000;

/// The commit that is asked for.
fn commit_of(call: &Call<'_>, found: &Repository) -> Result<String, Refusal> {
    let name = call.asked("ref").unwrap_or(&found.default_branch);
    let gone = || Refusal::new(404, format!("No commit found for the ref {name}"));
    call.world.git(found.id).commit_of(name.strip_prefix("refs/heads/").unwrap_or(name)).ok_or_else(gone)
}

fn shown(call: &Call<'_>, state: &State, found: &Repository, commit: &str, entry: &Entry) -> Value {
    let full_name = state.full_name(found);
    let (base, path) = (call.world.base(), escaped(&entry.path));
    let at = call.asked("ref").unwrap_or(&found.default_branch);
    let kind = match (entry.kind.as_str(), entry.mode.as_str()) {
        ("tree", _) => "dir",
        ("commit", _) => "submodule",
        (_, "120000") => "symlink",
        _ => "file",
    };
    let url = format!("{base}/repos/{full_name}/contents/{path}?ref={}", escaped(at));
    let folder = if kind == "dir" { "trees" } else { "blobs" };
    let git = format!("{base}/repos/{full_name}/git/{folder}/{}", entry.sha);
    let html = format!("{base}/{full_name}/blob/{commit}/{path}");
    let download = if kind == "dir" { Value::Null } else { format!("{base}/{full_name}/raw/{commit}/{path}").into() };
    json!({
        "name": entry.path.rsplit('/').next(),
        "path": entry.path,
        "sha": entry.sha,
        "size": entry.size.unwrap_or(0),
        "url": url,
        "html_url": html,
        "git_url": git,
        "download_url": download,
        "type": kind,
        "_links": {"self": url, "git": git, "html": html},
    })
}

pub(crate) fn get(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let found = call.repository(&state)?;
    let git = call.world.git(found.id);
    let commit = commit_of(call, found)?;
    let path = call.param("path").trim_matches('/');
    let entry = match path.is_empty() {
        true => None,
        false => Some(git.tree(&commit, Some(path), false)?.into_iter().next().ok_or_else(Refusal::not_found)?),
    };
    let Some(entry) = entry.filter(|entry| entry.kind != "tree") else {
        let inside = if path.is_empty() { None } else { Some(format!("{path}/")) };
        let entries = git.tree(&commit, inside.as_deref(), false)?;
        return Ok(Reply::json(200, entries.iter().map(|one| shown(call, &state, found, &commit, one)).collect()));
    };
    let bytes = git.blob(&entry.sha)?;
    if call.wants("raw") {
        return Ok(Reply::raw("application/vnd.github.raw; charset=utf-8", bytes));
    }
    let mut file = shown(call, &state, found, &commit, &entry);
    let large = bytes.len() > INLINE_BYTES;
    match file["type"].as_str() {
        Some("symlink") => file["target"] = String::from_utf8_lossy(&bytes).into_owned().into(),
        Some(_) | None => {
            file["encoding"] = if large { "none" } else { "base64" }.into();
            file["content"] = if large { String::new() } else { lines(&bytes) }.into();
        }
    }
    Ok(Reply::json(200, file))
}

/// Base64 in lines of 60, as GitHub writes it.
fn lines(bytes: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(bytes);
    let mut broken = String::with_capacity(text.len() + text.len() / 60 + 1);
    for (index, letter) in text.chars().enumerate() {
        broken.push(letter);
        if index % 60 == 59 {
            broken.push('\n');
        }
    }
    if !broken.is_empty() && !broken.ends_with('\n') {
        broken.push('\n');
    }
    broken
}

/// Writes one file.
pub(crate) fn put(call: &Call<'_>) -> Answer {
    let mut state = call.world.state();
    let (actor, _) = call.actor()?;
    let found = call.repository(&state)?.clone();
    let git = call.world.git(found.id);
    let message = call.required("Commit", "message")?;
    let content = call.required("Commit", "content")?.replace('\n', "");
    let bytes = BASE64_STANDARD.decode(content).map_err(|_| Refusal::new(422, "content is not valid Base64"))?;
    let branch = call.owned("branch").unwrap_or_else(|| found.default_branch.clone());
    let before = git.reference(&format!("refs/heads/{branch}"));
    let path = call.param("path").to_owned();
    let there = match &before {
        Some(before) => git.tree(before, Some(&path), false)?.into_iter().next(),
        None => None,
    };
    if let Some(there) = &there
        && call.text("sha") != Some(&there.sha)
    {
        return Err(Refusal::new(409, format!("{path} does not match {}", call.text("sha").unwrap_or_default())));
    }
    let by = by(&state, actor, call.now);
    let after = git.write(&branch, before.as_deref(), &by, &message, &[(&path, Some(&bytes))])?;
    let reference = format!("refs/heads/{branch}");
    let push = Push {
        repository: found.id,
        reference: &reference,
        before: before.as_deref().unwrap_or(ZERO),
        after: &after,
        actor,
    };
    call.world.pushed(&mut state, &push);
    let entry = git.tree(&after, Some(&path), false)?.into_iter().next().ok_or_else(Refusal::not_found)?;
    let full_name = state.full_name(&found);
    let about = git.commit(&after)?;
    let mut commit = show::commit(&state, call.world.base(), &full_name, &about)["commit"].clone();
    commit["sha"] = after.as_str().into();
    commit["node_id"] = format!("C_{after}").into();
    commit["html_url"] = format!("{}/{full_name}/commit/{after}", call.world.base()).into();
    commit["parents"] = json!([]);
    let body = json!({"content": shown(call, &state, &found, &after, &entry), "commit": commit});
    Ok(Reply::json(if there.is_some() { 200 } else { 201 }, body))
}

/// Somebody as git writes them: the login is the name, so that commits find their accounts.
pub(crate) fn by(state: &State, account: u64, at: u64) -> By {
    let login = state.login(account).to_owned();
    By { email: format!("{account}+{login}@users.noreply.github.com"), name: login, at }
}

pub(crate) fn tree(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let found = call.repository(&state)?;
    let git = call.world.git(found.id);
    let asked = call.param("tree_sha");
    let object = git.commit_of(asked).or_else(|| git.object(asked)).ok_or_else(Refusal::not_found)?;
    let tree = git.object(&format!("{object}^{{tree}}")).ok_or_else(Refusal::not_found)?;
    let recursive = call.asked("recursive").is_some_and(|value| !value.is_empty());
    let entries = git.tree(&tree, None, recursive)?;
    let api = format!("{}/repos/{}/git", call.world.base(), state.full_name(found));
    let truncated = entries.len() > MOST_ENTRIES;
    let list: Vec<_> = entries
        .iter()
        .take(MOST_ENTRIES)
        .map(|entry| {
            let folder = if entry.kind == "tree" { "trees" } else { "blobs" };
            let mut shown = json!({
                "path": entry.path, "mode": entry.mode, "type": entry.kind, "sha": entry.sha,
                "url": format!("{api}/{folder}/{}", entry.sha),
            });
            if let Some(size) = entry.size {
                shown["size"] = size.into();
            }
            shown
        })
        .collect();
    let url = format!("{api}/trees/{tree}");
    Ok(Reply::json(200, json!({"sha": tree, "url": url, "tree": list, "truncated": truncated})))
}

pub(crate) fn blob(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let found = call.repository(&state)?;
    let sha = call.param("file_sha");
    let bytes = call.world.git(found.id).blob(sha).map_err(|_| Refusal::not_found())?;
    if call.wants("raw") {
        return Ok(Reply::raw("application/vnd.github.raw; charset=utf-8", bytes));
    }
    let url = format!("{}/repos/{}/git/blobs/{sha}", call.world.base(), state.full_name(found));
    let node = format!("B_{sha}");
    let content = lines(&bytes);
    Ok(Reply::json(
        200,
        json!({"sha": sha, "node_id": node, "size": bytes.len(), "url": url, "content": content, "encoding": "base64"}),
    ))
}
