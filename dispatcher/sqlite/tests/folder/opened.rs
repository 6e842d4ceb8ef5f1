use rusqlite::Connection;
use signalbox_domain::id::Digest;
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::blobs::Blobs;
use signalbox_ports::queue::Queue;
use signalbox_ports::store::{Claimed, Recorded, Store};
use signalbox_sqlite::Folder;
use tempfile::TempDir;

use crate::story::{advance, folds, said};

/// Why the folder could not be opened.
fn refused(folder: Result<Folder, Error>) -> String {
    match folder {
        Ok(folder) => panic!("{} was opened", folder.path().display()),
        Err(Error::Rejected(why)) => why,
        Err(other) => panic!("it may not work later: {other:?}"),
    }
}

#[tokio::test]
async fn everything_is_there_when_the_folder_is_opened_again() {
    let root = TempDir::new().unwrap();
    let (first, second) = (said("t", 1), said("t", 2));
    let (run, digest) = {
        let folder = Folder::open(root.path()).unwrap();
        folder.record(&first).await.unwrap();
        folder.record(&second).await.unwrap();
        folder.send(&second.thread, &second.event.id).await.unwrap();
        let run = advance(&folder, &first).await.unwrap().unwrap();
        folder.claim(&run.id, Time(u64::MAX), Time(u64::MAX)).await.unwrap();
        (run, folder.put(b"plan").await.unwrap())
    };
    let folder = Folder::open(root.path()).unwrap();
    assert_eq!(folder.record(&first).await, Ok(Recorded::Done));
    assert_eq!(folder.record(&second).await, Ok(Recorded::Pending));
    assert_eq!(folder.runs(9).await, Ok(vec![run]));
    assert_eq!(folder.receive(Time(1), Time(2)).await.unwrap().unwrap().delivery, second.event.id);
    assert_eq!(folder.get(&digest).await.unwrap().as_deref(), Some(&b"plan"[..]));
    assert!(folds(&folder).await);
    let found = folder.verify().await.unwrap();
    assert_eq!((found.deliveries, found.runs, found.steps, &found.problems), (2, 1, 1, &vec![]));
}

#[tokio::test]
async fn what_a_dispatcher_held_when_it_died_is_free_for_the_next_one() {
    let root = TempDir::new().unwrap();
    let (first, second) = (said("t", 1), said("t", 2));
    let (run, ticket, claimed) = {
        let folder = Folder::open(root.path()).unwrap();
        folder.record(&first).await.unwrap();
        folder.record(&second).await.unwrap();
        folder.send(&second.thread, &second.event.id).await.unwrap();
        let run = advance(&folder, &first).await.unwrap().unwrap();
        let claimed = folder.claim(&run.id, Time(u64::MAX), Time(u64::MAX)).await.unwrap();
        (run, folder.receive(Time(1), Time(u64::MAX)).await.unwrap().unwrap(), claimed)
    };
    let folder = Folder::open(root.path()).unwrap();
    let again = folder.receive(Time(1), Time(2)).await.unwrap().unwrap();
    assert_eq!((&again.delivery, again.tries), (&ticket.delivery, ticket.tries + 1));
    let taken = folder.claim(&run.id, Time(u64::MAX), Time(u64::MAX)).await.unwrap();
    assert!(!taken.is_empty());
    let tries = |claimed: &[Claimed]| claimed.iter().map(|claimed| claimed.tries).collect::<Vec<_>>();
    assert_eq!(tries(&taken), tries(&claimed).iter().map(|tries| tries + 1).collect::<Vec<_>>());
}

#[test]
fn a_second_dispatcher_is_turned_away_until_the_first_one_ends() {
    let root = TempDir::new().unwrap();
    let first = Folder::open(root.path()).unwrap();
    assert_eq!(
        refused(Folder::open(root.path())),
        format!(
            "process {} is the dispatcher of {} already: stop it first, or give this one a folder of its own",
            std::process::id(),
            root.path().display()
        )
    );
    drop(first);
    Folder::open(root.path()).unwrap();
}

#[test]
fn a_dispatcher_that_is_just_leaving_is_waited_for() {
    let root = TempDir::new().unwrap();
    let first = Folder::open(root.path()).unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            tell.send(()).unwrap();
            Folder::open(root.path()).unwrap();
        });
        told.recv().unwrap();
        drop(first);
    });
}

#[tokio::test]
async fn somebody_may_look_in_while_a_dispatcher_works_and_changes_nothing() {
    let root = TempDir::new().unwrap();
    assert!(refused(Folder::look(root.path())).contains("holds nothing"));
    let folder = Folder::open(root.path()).unwrap();
    let looking = Folder::look(root.path()).unwrap();
    let delivery = said("t", 1);
    folder.record(&delivery).await.unwrap();
    let run = advance(&folder, &delivery).await.unwrap();
    assert_eq!(looking.runs(9).await, Ok(Vec::from_iter(run)));
    let refused = looking.record(&said("t", 2)).await;
    assert!(matches!(refused, Err(Error::Rejected(_))), "{refused:?}");
}

#[test]
fn a_folder_of_a_newer_signalbox_is_refused() {
    let root = TempDir::new().unwrap();
    drop(Folder::open(root.path()).unwrap());
    let newer = Connection::open(root.path().join("signalbox.db")).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    for refused in [refused(Folder::open(root.path())), refused(Folder::look(root.path()))] {
        assert!(refused.contains("has schema 99, written by a newer Signalbox"), "{refused}");
        assert!(refused.contains(&root.path().display().to_string()), "{refused}");
    }
}

#[test]
fn another_programs_database_is_left_alone() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("signalbox.db");
    Connection::open(&path).unwrap().execute_batch("PRAGMA application_id = 7; CREATE TABLE theirs (x)").unwrap();
    assert!(refused(Folder::open(root.path())).contains("another program's database"));
    let tables: i64 =
        Connection::open(&path).unwrap().query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 1);
}

#[test]
fn a_file_that_is_no_database_is_refused_in_words() {
    let root = TempDir::new().unwrap();
    std::fs::write(root.path().join("signalbox.db"), "this is not a database, whatever its name says").unwrap();
    assert!(refused(Folder::open(root.path())).contains("the database is damaged"));
}

#[tokio::test]
async fn what_is_damaged_is_found() {
    let root = TempDir::new().unwrap();
    let folder = Folder::open(root.path()).unwrap();
    for number in 1..=2 {
        let delivery = said("t", number);
        folder.record(&delivery).await.unwrap();
        advance(&folder, &delivery).await.unwrap();
    }
    let hand = Connection::open(root.path().join("signalbox.db")).unwrap();
    hand.execute_batch("UPDATE delivery SET body = '{\"v\":2}' WHERE seq = 1; DELETE FROM history WHERE version = 1")
        .unwrap();
    let problems = folder.verify().await.unwrap().problems;
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].contains("was written by another Signalbox"), "{problems:?}");
    assert!(problems[1].contains("is at version 2, and its history has 1 steps from 2 to 2"), "{problems:?}");
}

#[tokio::test]
async fn bytes_that_changed_on_the_disk_are_not_given_out_and_mend_when_put_again() {
    let root = TempDir::new().unwrap();
    let folder = Folder::open(root.path()).unwrap();
    let digest = folder.put(b"plan").await.unwrap();
    let path = root.path().join("blobs").join(&digest.0[7..9]).join(&digest.0[9..]);
    std::fs::write(&path, b"plot").unwrap();
    let error = folder.get(&digest).await.unwrap_err();
    assert!(matches!(&error, Error::Rejected(why) if why.contains("have changed since they were written")), "{error}");
    folder.put(b"plan").await.unwrap();
    assert_eq!(folder.get(&Digest::of(b"plan")).await.unwrap().as_deref(), Some(&b"plan"[..]));
}
