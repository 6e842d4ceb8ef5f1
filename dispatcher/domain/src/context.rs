//! What was gathered for a request: labelled pieces, and the bundle made of them.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::id::Digest;

/// How far a piece of context is to be believed, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Written by anyone.
    Untrusted,
    /// Written by someone of the team.
    Team,
    /// Reviewed: the default branch of the repository.
    Reviewed,
}

/// One piece of context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What it is, for people: `AGENTS.md`, `the conversation so far`.
    pub title: String,
    /// Where it is from, in a form that finds it again.
    pub source: String,
    /// Who wrote it, where known.
    pub author: Option<String>,
    /// How far to believe it.
    pub trust: Trust,
    /// The prefetcher that brought it.
    pub prefetcher: String,
    /// The text, sanitised.
    pub text: String,
    /// The digest of the text.
    pub digest: Digest,
    /// Larger is kept longer when the bundle is over its budget.
    pub weight: u16,
}

/// Something that is not in the bundle, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Omission {
    /// What.
    pub what: String,
    /// Why, in words.
    pub why: String,
}

/// The context of one request. The same bundle gives the same prompt bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// The pieces, in the order the agent reads them.
    pub items: Vec<Item>,
    /// What was trimmed, refused or late.
    pub omissions: Vec<Omission>,
    /// How many tokens the pieces have, where they had to be counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// The record of how it was gathered. The agent is told nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gathering: Option<Digest>,
    /// The bytes that agents are given of it, where it holds anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Digest>,
}
