//! The contract of a chat, kept in the comments of an issue.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use signalbox_domain::talk::{MessageId, ThreadId};
use signalbox_domain::time::Time;
use signalbox_ports::chat::Chat;
use signalbox_ports::clock::Clock as _;
use signalbox_world::contract::chat::{Talk, suite};
use signalbox_world_github::Fault;

use crate::desk::{Desk, thread};
use crate::world::SITE;

/// An issue of Ana's.
struct Issue {
    desk: Desk,
    number: u64,
}

#[async_trait]
impl Talk for Issue {
    fn chat(&self) -> &dyn Chat {
        &self.desk.comments
    }

    fn thread(&self) -> (ThreadId, MessageId) {
        (thread(self.number), MessageId(format!("issue:{}", self.number)))
    }

    fn nowhere(&self) -> Option<ThreadId> {
        Some(thread(self.number + 1_000))
    }

    async fn read(&self) -> Vec<String> {
        self.desk.shown(self.number)
    }

    fn lose(&self) -> bool {
        let lost = AtomicBool::new(false);
        self.desk.place.world.trouble(move |called| {
            let post = called.method == "POST" && called.template.ends_with("/comments");
            if post && !lost.swap(true, Ordering::SeqCst) { Fault::After } else { Fault::Pass }
        });
        true
    }

    fn now(&self) -> Time {
        self.desk.place.clock.now()
    }

    fn wait(&self, until: Time) {
        self.desk.place.clock.set(until.max(self.now()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn comments_keep_the_contract_of_a_chat() {
    let issue = async || {
        let desk = Desk::new().await;
        let number = desk.place.world.person("ana").open_issue(SITE, "Prices", "They say $9.").unwrap();
        Issue { desk, number }
    };
    suite(|| Arc::new(tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(issue())))).await;
}
