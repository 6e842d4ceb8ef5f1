//! Threads begun for what is no chat of its own.

use async_trait::async_trait;
use signalbox_domain::talk::{Person, ThreadId};
use signalbox_ports::Error;
use signalbox_ports::intake::Begin;

use crate::board::CHAT;
use crate::console::Console;

#[async_trait]
impl Begin for Console {
    async fn begin(&self, room: &str, by: &Person, text: &str, key: &str) -> Result<ThreadId, Error> {
        let place = self.write(by.clone(), room.into(), None, text, Some(key.into())).await?;
        Ok(ThreadId { chat: CHAT.into(), room: place.room, root: place.root })
    }
}
