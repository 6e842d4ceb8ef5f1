use std::sync::Arc;

use async_trait::async_trait;
use signalbox_domain::id::Commit;
use signalbox_domain::talk::{MessageId, ThreadId};
use signalbox_domain::time::Time;
use signalbox_ports::clock::Clock as _;
use signalbox_ports::forge::Access;
use signalbox_world::chat::{Chat, Recall};
use signalbox_world::clock::Clock;
use signalbox_world::fault::{Fault, Script};
use signalbox_world::forge::{Edit, Forge};
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

struct Memory(Forge);

#[async_trait]
impl contract::forge::Site for Memory {
    fn forge(&self) -> &dyn signalbox_ports::forge::Forge {
        &self.0
    }

    async fn create(&self, repository: &str, description: &str, files: &[(&str, &str)]) -> Commit {
        self.0.create(repository, description, files)
    }

    async fn commit(&self, repository: &str, branch: &str, edits: &[(&str, Edit)]) -> Commit {
        self.0.commit(repository, branch, edits).unwrap()
    }

    async fn opens(&self, access: &Access, repository: &str) -> bool {
        let live = |token: &signalbox_world::forge::Token| !token.revoked && token.repository.0 == repository;
        let secret = access.token.as_deref().unwrap();
        self.0.tokens().iter().any(|token| live(token) && token.secret == secret)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_forge_in_memory_keeps_its_contract() {
    contract::forge::suite(|| Arc::new(Memory(Forge::default()))).await;
}

struct Talk {
    chat: Chat,
    clock: Arc<Clock>,
    faults: Arc<Script>,
    thread: ThreadId,
    request: MessageId,
}

impl Talk {
    fn new(recall: Recall) -> Self {
        let (clock, faults) = (Arc::new(Clock::default()), Arc::new(Script::default()));
        let chat = Chat::new("chat", clock.clone(), faults.clone()).recalling(recall);
        let (thread, request) = chat.open("web", &signalbox_world::person("Ana"), "the price is wrong");
        Self { chat, clock, faults, thread, request: request.id }
    }
}

#[async_trait]
impl contract::chat::Talk for Talk {
    fn chat(&self) -> &dyn signalbox_ports::chat::Chat {
        &self.chat
    }

    fn thread(&self) -> (ThreadId, MessageId) {
        (self.thread.clone(), self.request.clone())
    }

    fn nowhere(&self) -> Option<ThreadId> {
        None
    }

    async fn read(&self) -> Vec<String> {
        let shown = self.chat.shown(&self.thread);
        shown.iter().filter(|shown| !shown.gone).filter_map(|shown| Some(shown.post()?.plain())).collect()
    }

    fn lose(&self) -> bool {
        self.faults.fail_next("chat.say", Fault::FailAfter(signalbox_ports::Error::unavailable("lost")));
        true
    }

    fn now(&self) -> Time {
        self.clock.now()
    }

    fn wait(&self, until: Time) {
        self.clock.set(until);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_chat_in_memory_keeps_its_contract() {
    contract::chat::suite(|| Arc::new(Talk::new(Recall::Slots))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_chat_in_memory_keeps_its_contract_by_markers_alone() {
    contract::chat::suite(|| Arc::new(Talk::new(Recall::Markers))).await;
}
