//! Values as text in the database: JSON that names the version of its shape.
//!
//! A stored shape is a promise. To change one, add a version here and read the old one too; `tests/shapes` holds a
//! database of every version ever written.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use signalbox_domain::talk::ThreadId;
use signalbox_domain::time::Time;
use signalbox_ports::Error;

/// The version written.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Written<'a, T> {
    v: u32,
    is: &'a T,
}

#[derive(Deserialize)]
struct Read<T> {
    is: T,
}

#[derive(Deserialize)]
struct Shape {
    v: u32,
}

/// The value as text.
pub(crate) fn encode<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(&Written { v: VERSION, is: value })
        .map_err(|error| Error::rejected(format!("it cannot be written as JSON: {error}")))
}

/// The value of a text; `what` names it for people.
pub(crate) fn decode<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, Error> {
    let unreadable = |error| Error::rejected(format!("{what} cannot be read back from the database: {error}"));
    match serde_json::from_str::<Shape>(text).map_err(unreadable)?.v {
        VERSION => Ok(serde_json::from_str::<Read<T>>(text).map_err(unreadable)?.is),
        newer => Err(Error::rejected(format!(
            "{what} was written by another Signalbox (shape {newer}; this one reads {VERSION}): use that version"
        ))),
    }
}

/// A thread as a key: the same text in every version, whatever else changes.
pub(crate) fn key(thread: &ThreadId) -> Result<String, Error> {
    serde_json::to_string(&[&thread.chat, &thread.room, &thread.root])
        .map_err(|error| Error::rejected(format!("the thread {thread} cannot be written as JSON: {error}")))
}

/// The thread of a key.
pub(crate) fn thread(key: &str) -> Result<ThreadId, Error> {
    let [chat, room, root] = serde_json::from_str(key)
        .map_err(|error| Error::rejected(format!("the database has a thread `{key}` that is none: {error}")))?;
    Ok(ThreadId { chat, room, root })
}

/// A moment as the database keeps it. What is too far off for it is as far off as it can say.
pub(crate) fn ms(time: Time) -> i64 {
    i64::try_from(time.0).unwrap_or(i64::MAX)
}

/// A moment read back.
pub(crate) fn time(ms: i64) -> Time {
    Time(u64::try_from(ms).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_reads_back_as_written() {
        let text = encode(&Time(7)).unwrap();
        assert_eq!(text, r#"{"v":1,"is":7}"#);
        assert_eq!(decode::<Time>(&text, "the time"), Ok(Time(7)));
    }

    #[test]
    fn a_shape_of_a_newer_signalbox_is_refused_in_words() {
        let error = decode::<Time>(r#"{"v":2,"was":7}"#, "the time").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the time was written by another Signalbox (shape 2; this one reads 1): use that version"
        );
    }

    #[test]
    fn a_threads_key_reads_back_and_no_two_threads_share_one() {
        let [one, two] = [("a:b", "c"), ("a", "b:c")].map(|(chat, room)| ThreadId {
            chat: chat.into(),
            room: room.into(),
            root: "\"1\"".into(),
        });
        assert_eq!(one.to_string(), two.to_string(), "as people see them they look alike");
        assert_eq!(key(&one).unwrap(), r#"["a:b","c","\"1\""]"#);
        assert_ne!(key(&one), key(&two));
        assert_eq!(thread(&key(&one).unwrap()), Ok(one));
        assert!(matches!(thread("a:b:c"), Err(Error::Rejected(_))));
    }

    #[test]
    fn a_time_too_far_off_stays_far_off() {
        assert_eq!(ms(Time(u64::MAX)), i64::MAX);
        assert_eq!(time(-1), Time(0));
        assert_eq!(time(ms(Time(1_700_000_000_000))), Time(1_700_000_000_000));
    }
}
