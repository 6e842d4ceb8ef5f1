//! Folders as every release wrote them: all later ones read them.

use std::path::Path;

use expect_test::expect_file;
use rusqlite::Connection;
use signalbox_domain::devbox::Control;
use signalbox_domain::event::{Delivery, Event, Fact};
use signalbox_domain::id::{DevboxId, Digest};
use signalbox_domain::route::{Candidate, Decision, Target};
use signalbox_domain::time::{Span, Time};
use signalbox_ports::queue::Queue;
use signalbox_ports::store::{Lease, Settlement, Store};
use signalbox_sqlite::Folder;
use tempfile::TempDir;

use crate::story::{advance, folds, said, thread};

/// The database that each version wrote, oldest first. Add one when what is written changes; never change one that was
/// released.
const SHAPES: [&str; 1] = [include_str!("../shapes/1.sql")];

#[tokio::test]
async fn what_any_release_wrote_is_read_and_folds_to_the_same_run() {
    for (place, shape) in SHAPES.iter().enumerate() {
        let root = TempDir::new().unwrap();
        Connection::open(root.path().join("signalbox.db")).unwrap().execute_batch(shape).unwrap();
        let folder = Folder::open(root.path()).unwrap();
        let found = folder.verify().await.unwrap();
        assert_eq!(found.problems, Vec::<String>::new(), "shape {}", place + 1);
        assert!(found.deliveries > 0 && found.runs > 0 && found.steps > 0 && found.effects > 0, "{found:?}");
        assert!(folds(&folder).await, "shape {}", place + 1);
        assert!(folder.receive(Time(u64::MAX), Time(u64::MAX)).await.unwrap().is_some());
        assert_eq!(folder.lapsed(Time(u64::MAX), 9).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn what_is_written_now_is_the_newest_shape() {
    let root = TempDir::new().unwrap();
    day(&Folder::open(root.path()).unwrap()).await;
    expect_file!["../shapes/1.sql"].assert_eq(&dump(&root.path().join("signalbox.db")));
}

/// A little of everything a folder keeps.
async fn day(folder: &Folder) {
    let asked = said("t", 1);
    folder.record(&asked).await.unwrap();
    folder.send(&asked.thread, &asked.event.id).await.unwrap();
    let run = advance(folder, &asked).await.unwrap().unwrap();

    let soon = asked.event.at + Span::minutes(1);
    for (place, claimed) in folder.claim(&run.id, asked.event.at, soon).await.unwrap().iter().enumerate() {
        let settlement = match place {
            0 => Settlement::Done { message: Some("m1".into()), result: Some(routed(&asked)) },
            _ => Settlement::Later { due: soon, why: "the chat is busy".into() },
        };
        folder.settle(claimed, &settlement, soon).await.unwrap();
    }
    advance(folder, &routed(&asked)).await.unwrap();
    let mut talk = said("t", 2);
    if let Fact::Said { addressed, .. } = &mut talk.event.fact {
        *addressed = false;
    }
    folder.record(&talk).await.unwrap();
    advance(folder, &talk).await.unwrap();

    let waiting = said("u", 3);
    folder.record(&waiting).await.unwrap();
    folder.send(&waiting.thread, &waiting.event.id).await.unwrap();
    let (devbox, control) = (DevboxId::of(&run.id, 1), Control::Stop);
    let lease =
        Lease { devbox, run: run.id.clone(), thread: thread("t"), epoch: 1, deadline: soon, claimed: true, control };
    folder.lease(&lease).await.unwrap();
    folder.admit("all", 1, &run.id, soon).await.unwrap();
    folder.admit("all", 1, &"another".into(), soon).await.unwrap();
}

fn routed(asked: &Delivery) -> Delivery {
    let target = Target {
        workflow: "fix".into(),
        repository: Some("acme/site".into()),
        branch: None,
        inputs: [("depth".into(), "2".into())].into(),
    };
    let decision = Decision::Ask {
        candidates: vec![Candidate { target, reason: "it was worked on last".into() }],
        question: "Which one?".into(),
        failed: vec![("keywords@1.0.0".into(), "out of fuel".into())],
    };
    let fact = Fact::Routed { asked: 1, decision, trace: Digest::of(b"trace"), parts: Vec::new(), verbose: false };
    let event = Event { id: "routed".into(), at: asked.event.at + Span::seconds(2), fact };
    Delivery { thread: asked.thread.clone(), run: None, event }
}

/// The database as SQL that makes it again, its versions first.
fn dump(path: &Path) -> String {
    let database = Connection::open(path).unwrap();
    let mut text = String::new();
    for name in ["application_id", "user_version"] {
        let value: i64 = database.pragma_query_value(None, name, |row| row.get(0)).unwrap();
        text.push_str(&format!("PRAGMA {name} = {value};\n"));
    }
    for sql in texts(&database, "SELECT sql || ';' FROM sqlite_schema WHERE sql NOT NULL AND name NOT LIKE 'sqlite_%'")
    {
        text.push_str(&format!("{sql}\n"));
    }
    for table in ["delivery", "run", "thread", "history", "effect", "box", "place", "queue"] {
        let columns = texts(&database, &format!("SELECT name FROM pragma_table_info('{table}')"));
        let quoted: Vec<String> = columns.iter().map(|column| format!("quote({column})")).collect();
        let rows = format!("SELECT {} FROM {table}", quoted.join(" || ', ' || "));
        for row in texts(&database, &rows) {
            text.push_str(&format!("INSERT INTO {table} ({}) VALUES ({row});\n", columns.join(", ")));
        }
    }
    text
}

fn texts(database: &Connection, sql: &str) -> Vec<String> {
    let mut sql = database.prepare(sql).unwrap();
    let found = sql.query_map([], |row| row.get(0)).unwrap();
    found.collect::<Result<_, _>>().unwrap()
}
