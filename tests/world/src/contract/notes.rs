//! The contract of [`Notes`].

use std::sync::Arc;

use signalbox_ports::Error;
use signalbox_ports::notes::{MAX_NOTE, Note, Notes};

use super::value::rejected;
use super::{Story, stories, tell};

/// Tells every story over what `make` makes: a new and empty one each time.
pub async fn suite(make: impl Fn() -> Arc<dyn Notes>) {
    tell(STORIES, make).await;
}

const STORIES: &[Story<dyn Notes>] = stories![
    a_value_comes_back_with_its_version,
    only_who_has_read_a_value_replaces_it,
    keys_are_listed_by_how_they_begin,
    a_value_at_the_limit_fits_and_one_more_byte_does_not,
    of_many_who_put_at_once_one_wins_each_version,
];

async fn a_value_comes_back_with_its_version(notes: Arc<dyn Notes>) {
    assert_eq!(notes.get("a/one").await.unwrap(), None);
    assert_eq!(notes.put("a/one", "1", 0).await.unwrap(), 1);
    assert_eq!(notes.put("a/one", "2", 1).await.unwrap(), 2);
    assert_eq!(notes.get("a/one").await.unwrap(), Some(Note { value: "2".into(), version: 2 }));
}

async fn only_who_has_read_a_value_replaces_it(notes: Arc<dyn Notes>) {
    assert_eq!(notes.put("a/one", "1", 7).await, Err(Error::Conflict));
    notes.put("a/one", "1", 0).await.unwrap();
    for stale in [0, 2, u64::MAX] {
        assert_eq!(notes.put("a/one", "2", stale).await, Err(Error::Conflict));
    }
    assert_eq!(notes.get("a/one").await.unwrap().unwrap().value, "1");
}

async fn keys_are_listed_by_how_they_begin(notes: Arc<dyn Notes>) {
    for key in ["a/2", "b/1", "a/1", "a%", "a_", "A/1", "a/10", "ä/1"] {
        notes.put(key, key, 0).await.unwrap();
    }
    let keys = |found: Vec<(String, Note)>| found.into_iter().map(|(key, _)| key).collect::<Vec<_>>();
    assert_eq!(keys(notes.list("a/", 10).await.unwrap()), ["a/1", "a/10", "a/2"]);
    assert_eq!(keys(notes.list("a/", 2).await.unwrap()), ["a/1", "a/10"]);
    assert_eq!(keys(notes.list("a%", 10).await.unwrap()), ["a%"]);
    assert_eq!(keys(notes.list("c", 10).await.unwrap()), Vec::<String>::new());
    assert_eq!(notes.list("", 100).await.unwrap().len(), 8);
}

async fn a_value_at_the_limit_fits_and_one_more_byte_does_not(notes: Arc<dyn Notes>) {
    let mut value = "x".repeat(MAX_NOTE);
    notes.put("a", &value, 0).await.unwrap();
    value.push('x');
    assert!(rejected(notes.put("a", &value, 1).await));
    assert_eq!(notes.get("a").await.unwrap().unwrap().value.len(), MAX_NOTE);
}

async fn of_many_who_put_at_once_one_wins_each_version(notes: Arc<dyn Notes>) {
    let putters: Vec<_> = (0..16)
        .map(|number| {
            let notes = notes.clone();
            tokio::spawn(async move { notes.put("a", &number.to_string(), 0).await.is_ok() })
        })
        .collect();
    let mut won = 0;
    for putter in putters {
        won += usize::from(putter.await.unwrap());
    }
    assert_eq!((won, notes.get("a").await.unwrap().unwrap().version), (1, 1));
}
