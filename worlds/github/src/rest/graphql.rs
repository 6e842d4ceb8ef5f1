//! The one question of the other API that has no answer in this one: the review threads of a pull request, and whether
//! they are resolved.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::call::{Answer, Call, Caller, Refusal, Reply};
use crate::state::{Kind, Remark, State};

pub(crate) fn answer(call: &Call<'_>) -> Answer {
    let asked = call.text("query").unwrap_or_default();
    if asked.contains("resolveReviewThread") {
        return resolve(call);
    }
    if !asked.contains("reviewThreads") {
        return Err(Refusal::new(400, "this world knows no other question"));
    }
    let variables = &call.body["variables"];
    let text = |name: &str| variables[name].as_str().unwrap_or_default();
    let number = variables["number"].as_u64().unwrap_or_default();
    let state = call.world.state();
    let missing = |what: String| {
        let error = json!({"type": "NOT_FOUND", "path": ["repository"], "message": what});
        Ok(Reply::json(200, json!({"data": {"repository": null}, "errors": [error]})))
    };
    let Some(found) = state.named(text("owner"), text("name")).filter(|found| match &call.caller {
        Caller::Installation { id, .. } => state.installations.get(id).is_some_and(|it| it.covers(found)),
        Caller::Nobody | Caller::App(_) | Caller::Person(_) => true,
    }) else {
        return missing(format!(
            "Could not resolve to a Repository with the name '{}/{}'.",
            text("owner"),
            text("name")
        ));
    };
    let Some((issue, pull)) = found.issues.get(&number).and_then(|issue| Some((issue, issue.pull.as_ref()?))) else {
        return missing(format!("Could not resolve to a PullRequest with the number of {number}."));
    };
    let mut threads: BTreeMap<u64, Vec<&Remark>> = BTreeMap::new();
    let here = |one: &&Remark| one.repository == found.id && one.number == number && one.post.deleted.is_none();
    for remark in state.remarks.values().filter(here) {
        threads.entry(remark.answers.unwrap_or(remark.id)).or_default().push(remark);
    }
    let nodes: Vec<Value> = threads.iter().map(|(id, remarks)| thread(&state, *id, remarks)).collect();
    let stands = if pull.merged.is_some() {
        "MERGED"
    } else if issue.open {
        "OPEN"
    } else {
        "CLOSED"
    };
    let shown = json!({
        "url": format!("{}/{}/pull/{number}", call.world.base(), state.full_name(found)),
        "title": issue.title,
        "state": stands,
        "reviewThreads": {"totalCount": nodes.len(), "nodes": nodes},
    });
    Ok(Reply::json(200, json!({"data": {"repository": {"pullRequest": shown}}})))
}

fn thread(state: &State, id: u64, remarks: &[&Remark]) -> Value {
    let comments: Vec<Value> = remarks
        .iter()
        .map(|one| {
            let author = state.accounts.get(&one.post.author).map(|account| match account.kind {
                Kind::Bot => json!({"__typename": "Bot", "login": account.login}),
                Kind::User | Kind::Organization => {
                    json!({"__typename": "User", "login": account.login, "databaseId": account.id})
                }
            });
            json!({
                "body": one.post.body.clone().unwrap_or_default(),
                "createdAt": crate::time::stamp(one.post.created),
                "author": author,
            })
        })
        .collect();
    let first = remarks.first();
    json!({
        "id": format!("PRRT_{id}"),
        "isResolved": state.resolved.contains(&id),
        "path": first.map(|one| one.path.clone()),
        "line": first.and_then(|one| one.line),
        "comments": {"totalCount": comments.len(), "nodes": comments},
    })
}

fn resolve(call: &Call<'_>) -> Answer {
    let id = call.body["variables"]["thread"].as_str().and_then(|id| id.strip_prefix("PRRT_")?.parse().ok());
    let id: u64 = id.ok_or_else(Refusal::not_found)?;
    let mut state = call.world.state();
    if !state.remarks.contains_key(&id) {
        return Err(Refusal::not_found());
    }
    state.resolved.insert(id);
    Ok(Reply::json(200, json!({"data": {"resolveReviewThread": {"thread": {"isResolved": true}}}})))
}
