//! What a lock lets happen, and what it refuses.

use signalbox_domain::id::Digest;
use signalbox_registry::{Lock, Updated};

use crate::plugin::{PAGES, THREAD, artifact, entry, locked};

const ID: &str = "acme/word";

#[test]
fn a_lock_reads_as_it_is_written_and_says_the_same_each_time() {
    let (lock, _) = locked();
    let text = lock.text().unwrap();
    assert!(text.starts_with("# Which plugins this installation has"), "{text}");
    let again = Lock::parse(&text).unwrap();
    assert_eq!(again, lock);
    assert_eq!(again.text().unwrap(), text);
}

#[test]
fn a_lock_is_written_whole_and_one_that_is_not_there_is_empty() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("signalbox.lock");
    assert_eq!(Lock::read(&file).unwrap(), Lock::default());
    let (lock, _) = locked();
    lock.write(&file).unwrap();
    assert_eq!(Lock::read(&file).unwrap(), lock);
}

#[test]
fn no_line_of_a_lock_can_be_changed_by_hand() {
    let (mut lock, _) = locked();
    let second = artifact("1.1.0", PAGES);
    lock.update(ID, entry(&second), &second).unwrap();
    let text = lock.text().unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let mut changed = 0;
    for (place, line) in lines.iter().enumerate() {
        let Some((key, value)) = line.split_once(" = ") else { continue };
        let other = match value {
            "true" => "false".to_string(),
            "false" => "true".to_string(),
            _ if value.starts_with('"') => value.replacen('"', "\"x", 1),
            _ if value.parse::<u64>().is_ok() => format!("{value}1"),
            _ => continue,
        };
        let mut edited = lines.clone();
        let line = format!("{key} = {other}");
        edited[place] = &line;
        assert!(Lock::parse(&edited.join("\n")).is_err(), "{line}");
        changed += 1;
    }
    assert!(changed > 20, "{changed}");
    let error = Lock::parse(&text.replacen("enabled = true", "enabled = false", 1)).unwrap_err().to_string();
    assert!(error.contains("the entry of acme/word was changed by hand, or by a merge"), "{error}");
    let error = Lock::parse(&text.replacen("form = 1", "form = 2", 1)).unwrap_err().to_string();
    assert!(error.contains("it has the form 2"), "{error}");
}

#[test]
fn nothing_is_asked_before_it_was_granted() {
    let first = artifact("1.0.0", THREAD);
    let mut lock = Lock::default();
    lock.add(entry(&first)).unwrap();
    let error = lock.enable(ID, Digest::of(b"{}"), Vec::new(), false).unwrap_err().to_string();
    assert!(error.contains("granted nothing yet") && error.contains("signalbox plugin grant acme/word"), "{error}");
    let error = lock.get(ID).unwrap().admits(&first).unwrap_err().to_string();
    assert!(error.contains("read the conversation"), "{error}");
}

#[test]
fn an_update_that_asks_for_more_waits_and_says_exactly_what() {
    let (mut lock, first) = locked();
    let second = artifact("1.1.0", PAGES);
    let beyond = vec!["read web pages from docs.example.com".to_string()];
    assert_eq!(lock.update(ID, entry(&second), &second).unwrap(), Updated::Waits { beyond });
    let now = lock.get(ID).unwrap();
    assert_eq!((now.version.as_str(), now.enabled), ("1.0.0", true));
    now.admits(&first).unwrap();
    // Whoever puts its bytes in place of the others is stopped too, and so is whoever forges its entry.
    assert!(now.admits(&second).is_err());

    lock.grant(ID, &second, "ana", "today").unwrap();
    let now = lock.get(ID).unwrap();
    assert_eq!((now.version.as_str(), now.enabled), ("1.1.0", true));
    now.admits(&second).unwrap();
}

#[test]
fn what_is_granted_is_what_was_shown() {
    let (mut lock, _) = locked();
    let second = artifact("1.1.0", PAGES);
    lock.update(ID, entry(&second), &second).unwrap();
    let more = artifact("1.1.0", &PAGES.replace("docs.example.com", "*"));
    assert!(lock.grant(ID, &more, "ana", "today").is_err());
    assert_eq!(lock.get(ID).unwrap().version, "1.0.0");
}

#[test]
fn an_update_that_asks_for_no_more_is_used_and_can_be_taken_back() {
    let (mut lock, first) = locked();
    let second = artifact("1.1.0", THREAD);
    let done = Updated::Done { from: "1.0.0".into(), to: "1.1.0".into() };
    assert_eq!(lock.update(ID, entry(&second), &second).unwrap(), done);
    lock.rollback(ID).unwrap();
    let now = lock.get(ID).unwrap();
    assert_eq!((now.version.as_str(), now.enabled), ("1.0.0", true));
    now.admits(&first).unwrap();
    lock.rollback(ID).unwrap();
    assert_eq!(lock.get(ID).unwrap().version, "1.1.0");
}

#[test]
fn going_back_lets_what_was_only_tried_in_nowhere() {
    let (mut lock, _) = locked();
    let second = artifact("1.1.0", THREAD);
    lock.update(ID, entry(&second), &second).unwrap();
    let now = |lock: &Lock| {
        let now = lock.get(ID).unwrap();
        (now.version.clone(), now.shadow, now.rooms.clone())
    };
    for (rooms, shadow) in [(vec!["lab".to_string()], false), (vec![], true)] {
        lock.enable(ID, Digest::of(b"{}"), rooms.clone(), shadow).unwrap();
        lock.rollback(ID).unwrap();
        assert_eq!(now(&lock), ("1.0.0".into(), false, vec![]), "everywhere, as it was");
        lock.rollback(ID).unwrap();
        assert_eq!(now(&lock), ("1.1.0".into(), shadow, rooms), "only where it was tried");
    }
}

#[test]
fn what_an_update_no_longer_asks_for_is_no_longer_granted() {
    let first = artifact("1.0.0", PAGES);
    let mut lock = Lock::default();
    lock.add(entry(&first)).unwrap();
    lock.grant(ID, &first, "ana", "today").unwrap();
    let second = artifact("1.1.0", THREAD);
    lock.update(ID, entry(&second), &second).unwrap();
    let third = artifact("1.2.0", PAGES);
    assert!(matches!(lock.update(ID, entry(&third), &third).unwrap(), Updated::Waits { .. }));
}

#[test]
fn a_version_is_never_older_and_never_another_plugin() {
    let (mut lock, _) = locked();
    let older = artifact("0.9.0", THREAD);
    let error = lock.update(ID, entry(&older), &older).unwrap_err().to_string();
    assert!(error.contains("is older than 1.0.0") && error.contains("rollback"), "{error}");
    let mut other = artifact("1.1.0", THREAD);
    other.manifest = other.manifest.replace("acme/word", "acme/other");
    let error = lock.update(ID, entry(&other), &other).unwrap_err().to_string();
    assert!(error.contains("it is acme/other, not acme/word"), "{error}");
}

#[test]
fn the_names_of_shipped_plugins_are_taken() {
    let mut plain = artifact("1.0.0", THREAD);
    plain.manifest = plain.manifest.replace("acme/word", "explicit");
    let error = signalbox_registry::Entry::new(&plain, crate::plugin::source(), None).unwrap_err().to_string();
    assert!(error.contains("your-team/explicit"), "{error}");
}

#[test]
fn what_came_with_the_program_is_left_out_and_asked_again() {
    let (mut lock, _) = locked();
    let before = lock.text().unwrap();
    lock.leave_out("keywords", true);
    lock.leave_out("keywords", true);
    let text = lock.text().unwrap();
    assert!(text.contains("left-out = [\"keywords\"]"), "{text}");
    let mut again = Lock::parse(&text).unwrap();
    assert!(again.left_out().contains("keywords"));
    again.leave_out("keywords", false);
    assert_eq!(again.text().unwrap(), before);
}
