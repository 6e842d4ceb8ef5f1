use std::sync::Arc;

use signalbox_world::{blobs::Blobs, contract, notes::Notes, queue::Queue, store::Store};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_store_in_memory_keeps_its_contract() {
    contract::store::suite(|| Arc::new(Store::default())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_queue_in_memory_keeps_its_contract() {
    contract::queue::suite(|| Arc::new(Queue::default())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_blobs_in_memory_keep_their_contract() {
    contract::blobs::suite(|| Arc::new(Blobs::default())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_notes_in_memory_keep_their_contract() {
    contract::notes::suite(|| Arc::new(Notes::default())).await;
}
