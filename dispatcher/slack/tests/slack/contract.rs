//! The contract of a chat, kept on Slack.

use std::sync::Arc;

use async_trait::async_trait;
use signalbox_domain::talk::{MessageId, ThreadId};
use signalbox_domain::time::Time;
use signalbox_ports::chat::Chat;
use signalbox_world::contract::chat::{Talk, suite};
use signalbox_world_slack::{AppSpec, Fault, Limits};

use crate::desk::Desk;

#[async_trait]
impl Talk for Desk {
    fn chat(&self) -> &dyn Chat {
        &self.slack
    }

    fn thread(&self) -> (ThreadId, MessageId) {
        (self.thread(), MessageId(self.root.0.clone()))
    }

    fn nowhere(&self) -> Option<ThreadId> {
        Some(ThreadId { room: format!("{}/C0NOWHERE", self.team), ..self.thread() })
    }

    async fn read(&self) -> Vec<String> {
        self.ours().into_iter().map(|seen| seen.text).collect()
    }

    fn lose(&self) -> bool {
        self.world.fault(Some("chat.postMessage"), Fault::DropAfter, 1);
        true
    }

    fn now(&self) -> Time {
        self.clock_now()
    }

    fn wait(&self, until: Time) {
        self.clock.set(until.max(self.clock_now()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn slack_keeps_the_contract_of_a_chat() {
    let desk = || Desk::new(AppSpec::everything("Signalbox"), Limits::Enforced);
    let wait = |desk| tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(desk));
    suite(|| Arc::new(wait(desk()))).await;
}
