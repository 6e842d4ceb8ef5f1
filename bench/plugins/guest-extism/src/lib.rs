//! The work, as an Extism plugin: JSON in, JSON out, as its documentation has it.

use extism_pdk::{FnResult, Json, plugin_fn};

#[derive(serde::Deserialize)]
struct Event {
    text: String,
    repositories: Vec<Repository>,
}

#[derive(serde::Deserialize)]
struct Repository {
    name: String,
    description: String,
}

#[derive(serde::Serialize)]
struct Claim {
    place: String,
    score: u16,
    reason: String,
    matched: Vec<String>,
}

#[plugin_fn]
pub fn route(Json(event): Json<Event>) -> FnResult<Json<Claim>> {
    let all = event.repositories.iter().map(|it| (it.name.as_str(), it.description.as_str()));
    let found = rules::find(&event.text, all);
    let place = event.repositories[found.best].name.clone();
    let reason = format!("the request speaks of {place}");
    Ok(Json(Claim { place, score: found.score, reason, matched: found.matched }))
}
