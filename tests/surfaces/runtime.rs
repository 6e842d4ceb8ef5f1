//! Where vendors and edges are served: beside the story, which may wait for them.

use std::future::Future;
use std::sync::{LazyLock, mpsc};

use axum::Router;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

static BESIDE: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
});

/// Does something there, and waits for it.
pub(crate) fn beside<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let (done, waited) = mpsc::channel();
    BESIDE.spawn(async move { drop(done.send(work.await)) });
    waited.recv().expect("what is served beside the story")
}

/// Serves an edge on a free port; where it is.
pub(crate) fn serve(routes: Router) -> String {
    beside(async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        url
    })
}
