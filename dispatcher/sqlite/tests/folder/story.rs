//! What a dispatcher does all day, in small.

use signalbox_domain::effect::Effect;
use signalbox_domain::event::{Delivery, Event, Fact};
use signalbox_domain::run::Run;
use signalbox_domain::step::{Step, fold, step};
use signalbox_domain::talk::{Message, Person, Role, ThreadId};
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::store::{Commit, Store, Subject};
use signalbox_sqlite::Folder;

pub(crate) fn thread(root: &str) -> ThreadId {
    ThreadId { chat: "test".into(), room: "C1".into(), root: root.into() }
}

/// Ana writes the message of that number in the thread.
pub(crate) fn said(root: &str, number: u64) -> Delivery {
    let thread = thread(root);
    let by = Person { id: "test:ana".into(), name: "Ana".into(), role: Role::Member };
    let message = Message {
        id: format!("{root}.{number}").as_str().into(),
        by,
        text: format!("make it {number} times nicer"),
        attachments: Vec::new(),
    };
    let id = Event::said(&thread, &message);
    let event = Event { id, at: Time(1_700_000_000_000 + number), fact: Fact::Said { message, addressed: true } };
    Delivery { thread, run: None, event }
}

/// Works a recorded delivery the way the engine does; gives the run as it is then.
pub(crate) async fn advance(folder: &Folder, delivery: &Delivery) -> Result<Option<Run>, Error> {
    let Delivery { thread, event, .. } = delivery;
    let before = folder.load(&Subject::Thread(thread.clone())).await?;
    match step(before.as_ref(), thread, event) {
        Step::Advanced { run, effects } => {
            let fresh = before.as_ref().is_none_or(|before| before.id != run.id);
            let commit = Commit {
                delivery: event.id.clone(),
                loaded: run.version - 1,
                after: before.filter(|_| fresh).map(|before| before.id),
                event: event.clone(),
                effects: Effect::owed(&run, event.at, effects),
                run: run.clone(),
            };
            folder.commit(&commit).await?;
            Ok(Some(run))
        }
        Step::Ignored(reason) => {
            folder.ignore(&event.id, before.as_ref().map(|run| &run.id), reason).await?;
            Ok(before)
        }
    }
}

/// Whether the history of every run, folded, gives the run.
pub(crate) async fn folds(folder: &Folder) -> bool {
    for run in folder.runs(usize::MAX).await.unwrap() {
        let history = folder.history(&run.id).await.unwrap();
        if fold(None, &run.thread, history.iter().map(|entry| &entry.event)) != Some(run) {
            return false;
        }
    }
    true
}
