//! A database that somebody else holds: nothing is lost, and work goes on when it is let go.

use rusqlite::Connection;

use crate::program::{PATIENCE, able, until};
use crate::serve::{settings, world};
use crate::site::{of_kind, words};

#[test]
fn a_locked_database_loses_nothing() {
    if !able() {
        return;
    }
    let world = world(&settings("sh agent.sh"), &[]);
    let (dispatcher, site) = world.serve();
    let database = Connection::open(world.data().join("state/signalbox.db")).unwrap();
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    let thread = site.write(&site.room("web"), None, "be friendlier", "once").unwrap();
    // Longer than the program waits for a lock: the person is told that it is kept.
    until("the person is told", PATIENCE, || {
        let messages = site.messages(&thread).ok()?;
        (messages[0]["delivery"]["state"] == "retrying").then_some(())
    });
    database.execute_batch("COMMIT").unwrap();
    let messages = until("the run has ended", PATIENCE, || {
        let messages = site.messages(&thread).ok()?;
        (!of_kind(&messages, "closing").is_empty()).then_some(messages)
    });
    let kinds: Vec<&str> = messages.iter().map(|message| message["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["said", "status", "closing"]);
    assert!(words(&messages[2]).contains("A friendlier greeting"), "{messages:?}");
    assert_eq!(messages[0]["delivery"]["state"], "received");
    assert_eq!(site.runs().unwrap().len(), 1);
    world.assert_vacated();
    dispatcher.end();
}
