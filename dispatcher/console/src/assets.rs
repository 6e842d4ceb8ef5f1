//! The page's own files, in the program: nothing to build, nothing fetched from elsewhere.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{Html, IntoResponse};
use axum::routing::get;

const SCRIPT: &str = "text/javascript; charset=utf-8";

const FILES: [(&str, &str, &str); 15] = [
    ("/assets/style.css", "text/css; charset=utf-8", include_str!("page/style.css")),
    ("/assets/pages.css", "text/css; charset=utf-8", include_str!("page/pages.css")),
    ("/assets/icon.svg", "image/svg+xml", include_str!("page/icon.svg")),
    ("/assets/app.js", SCRIPT, include_str!("page/app.js")),
    ("/assets/dom.js", SCRIPT, include_str!("page/dom.js")),
    ("/assets/time.js", SCRIPT, include_str!("page/time.js")),
    ("/assets/api.js", SCRIPT, include_str!("page/api.js")),
    ("/assets/store.js", SCRIPT, include_str!("page/store.js")),
    ("/assets/post.js", SCRIPT, include_str!("page/post.js")),
    ("/assets/prose.js", SCRIPT, include_str!("page/prose.js")),
    ("/assets/thread.js", SCRIPT, include_str!("page/thread.js")),
    ("/assets/rooms.js", SCRIPT, include_str!("page/rooms.js")),
    ("/assets/runs.js", SCRIPT, include_str!("page/runs.js")),
    ("/assets/changes.js", SCRIPT, include_str!("page/changes.js")),
    ("/assets/keys.js", SCRIPT, include_str!("page/keys.js")),
];

/// Addresses the page itself tells apart.
const PAGES: [&str; 7] =
    ["/", "/c/{room}", "/c/{room}/{thread}", "/runs", "/runs/{run}", "/changes", "/changes/{*change}"];

pub(crate) fn routes() -> Router {
    let files = FILES.into_iter().fold(Router::new(), |router, (path, kind, text)| {
        let file = move || async move { ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")], text).into_response() };
        router.route(path, get(file))
    });
    let page = || async { Html(include_str!("page/index.html")) };
    PAGES.into_iter().fold(files, |router, path| router.route(path, get(page)))
}
