//! Why an event changed nothing. Every one is recorded and shown by `why`.

use alloc::string::String;

use serde::{Deserialize, Serialize};

/// Why an event changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It was talk in the thread, not addressed to Signalbox.
    NotAddressed,
    /// There is no run it could be about.
    NoRun,
    /// It is the answer to something that is no longer asked.
    Late,
    /// It is from a box that was replaced or declared lost.
    Fenced,
    /// It was said before, with a smaller or equal number.
    Repeated,
    /// The run is over.
    Over,
    /// The alarm is about something that has passed.
    Passed,
    /// The message it is about is not one this run was asked by.
    Unrelated,
    /// It could not be worked and never will be; the log says why.
    Unworkable,
    /// It was taken apart into what it means.
    Understood,
    /// It means nothing for any run, and this is why.
    Meaningless(String),
}

impl Reason {
    /// In words for a person.
    pub fn words(&self) -> &str {
        match self {
            Self::NotAddressed => "it was not addressed to Signalbox",
            Self::NoRun => "there is no run it could be about",
            Self::Late => "it answers something that is no longer asked",
            Self::Fenced => "it comes from a devbox that was replaced",
            Self::Repeated => "it was said before",
            Self::Over => "the run is over",
            Self::Passed => "the alarm is about something that has passed",
            Self::Unrelated => "the message is not part of this run's request",
            Self::Unworkable => "it could not be worked; the log says why",
            Self::Understood => "it was handed on as what it means",
            Self::Meaningless(why) => why,
        }
    }
}
