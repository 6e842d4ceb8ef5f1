use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use signalbox_sqlite::Folder;
use signalbox_world::contract;
use tempfile::TempDir;

/// Folders, each new and empty, that are removed at the end.
struct Shelf {
    root: TempDir,
    made: AtomicU32,
}

impl Shelf {
    fn new() -> Self {
        Self { root: TempDir::new().unwrap(), made: AtomicU32::new(0) }
    }

    fn folder(&self) -> Arc<Folder> {
        let name = self.made.fetch_add(1, Ordering::Relaxed).to_string();
        Arc::new(Folder::open(self.root.path().join(name)).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_folder_keeps_the_contract_of_a_store() {
    let shelf = Shelf::new();
    contract::store::suite(|| shelf.folder()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_folder_keeps_the_contract_of_a_queue() {
    let shelf = Shelf::new();
    contract::queue::suite(|| shelf.folder()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_folder_keeps_the_contract_of_blobs() {
    let shelf = Shelf::new();
    contract::blobs::suite(|| shelf.folder()).await;
}
