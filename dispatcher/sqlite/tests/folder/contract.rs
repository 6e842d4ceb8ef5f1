use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use signalbox_ports::store::Store;
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

#[tokio::test]
async fn the_folder_answers_whatever_it_is_asked_as_the_store_in_memory_does() {
    let shelf = Shelf::new();
    let mut refused = 0;
    for seed in 1..=12 {
        let memory: Arc<dyn Store> = Arc::new(signalbox_world::store::Store::default());
        let folder: Arc<dyn Store> = shelf.folder();
        refused += contract::store::twins(&memory, &folder, seed, 500).await;
    }
    assert!((300..3_000).contains(&refused), "{refused} of 6,000 refused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_folder_keeps_the_contract_of_notes() {
    let shelf = Shelf::new();
    contract::notes::suite(|| shelf.folder()).await;
}
