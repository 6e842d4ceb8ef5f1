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

#[cfg(test)]
mod tests {
    use signalbox_domain::talk::Role;

    use super::*;
    use crate::settings::Settings;

    #[tokio::test]
    async fn the_same_key_is_the_same_thread_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Console::open(folder.path(), Settings::local("Ana", "token")).unwrap();
        let by = Person { id: "hook:alerts".into(), name: "alerts".into(), role: Role::Viewer };
        let console = open();
        let first = console.begin("general", &by, "look into it", "a1").await.unwrap();
        assert_eq!(console.begin("general", &by, "look into it", "a1").await, Ok(first.clone()));
        assert_ne!(console.begin("general", &by, "look into it", "a2").await, Ok(first.clone()));
        drop(console);
        assert_eq!(open().begin("general", &by, "look into it", "a1").await, Ok(first));
        let nowhere = open().begin("nowhere", &by, "look into it", "a3").await;
        assert!(matches!(nowhere, Err(Error::Rejected(_))), "{nowhere:?}");
    }
}
