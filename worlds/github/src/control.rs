//! The world's own addresses: a page to play with, and JSON for scripts.

use serde_json::json;

use crate::call::{Body, Reply, Request};
use crate::world::{Inner, lock};

/// Answers below `/_world`, and the page at `/`.
pub(crate) fn serve(world: &Inner, request: &Request) -> Reply {
    let mut parts = request.path.trim_start_matches("/_world").trim_matches('/').splitn(2, '/');
    let (first, rest) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    match (request.method.as_str(), first) {
        ("GET", "") => Reply::raw("text/html; charset=utf-8", include_bytes!("page.html").to_vec()),
        ("GET", "logs") => log(world, rest),
        ("GET", "meters") => Reply::json(200, serde_json::to_value(&*lock(&world.meters)).unwrap_or_default()),
        _ => crate::server::not_there(),
    }
}

fn log(world: &Inner, job: &str) -> Reply {
    let state = world.state();
    match job.parse().ok().and_then(|id: u64| state.jobs.get(&id)) {
        Some(job) => Reply {
            status: 200,
            headers: Vec::new(),
            body: Body::Raw("text/plain; charset=utf-8", job.log.clone().into_bytes()),
        },
        None => Reply::json(404, json!({"message": "Not Found"})),
    }
}
