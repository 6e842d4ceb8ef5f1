//! Every key of the language, once: what it means, what it takes, and whether this version can do it.
//!
//! The check for unknown keys, the refusals of what is not supported yet and the schema for editors all read this one
//! table.

use crate::bounds::{MAX_NAME, MAX_ROUNDS, MAX_SENTENCE, MAX_TRIES};

/// The keys of one kind of mapping.
pub(crate) struct Table {
    pub(crate) keys: &'static [Key],
}

/// One key.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// What it means, for editors.
    pub(crate) about: &'static str,
    pub(crate) takes: Takes,
    pub(crate) required: bool,
}

/// What a key takes.
pub(crate) enum Takes {
    /// Text in one or more lines.
    Text,
    /// Text in one line, of at most so many characters.
    Line(usize),
    /// `true` or `false`.
    Flag,
    /// A whole number within these.
    Count(u64, u64),
    /// A number, maybe with a fraction, of more than none and at most this.
    Number(u32),
    /// Dollars, more than none.
    Money,
    /// A length of time: `90m`.
    Span,
    /// A condition in CEL.
    Condition,
    /// One of these words.
    Choice(Words),
    /// A list of these words, not empty.
    Choices(Words),
    /// A list of texts.
    Texts,
    /// A list of names of handoff files.
    Handoffs,
    /// A list of hosts, each with its port.
    Hosts,
    /// The path of a file beside the workflow's, with that ending.
    File(&'static str),
    /// A mapping with these keys.
    Record(&'static Table),
    /// A mapping of names of the file's own choice to such records.
    Named(&'static Table),
    /// It is in the language, but this version cannot do it. What to do instead.
    Later(&'static str),
}

/// Words that may be chosen from.
#[derive(Clone, Copy)]
pub(crate) struct Words {
    pub(crate) now: &'static [&'static str],
    /// In the language, but this version cannot do them.
    pub(crate) later: &'static [&'static str],
}

impl Table {
    pub(crate) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// The names of the keys that this version can do.
    pub(crate) fn supported(&self) -> Vec<&'static str> {
        self.keys.iter().filter(|key| !matches!(key.takes, Takes::Later(_))).map(|key| key.name).collect()
    }
}

const fn key(name: &'static str, takes: Takes, about: &'static str) -> Key {
    Key { name, about, takes, required: false }
}

const fn must(name: &'static str, takes: Takes, about: &'static str) -> Key {
    Key { name, about, takes, required: true }
}

const fn later(name: &'static str, instead: &'static str) -> Key {
    Key { name, about: "", takes: Takes::Later(instead), required: false }
}

const fn of(now: &'static [&'static str]) -> Words {
    Words { now, later: &[] }
}

const ROLES: Words = of(&["viewer", "member", "maintainer", "admin"]);

/// A workflow file.
pub(crate) static WORKFLOW: Table = Table {
    keys: &[
        must("name", Takes::Line(MAX_NAME), "The workflow's name: that of its file."),
        must("description", Takes::Line(MAX_SENTENCE), "What it does, in a sentence shown to people."),
        key(
            "repository",
            Takes::Choice(of(&["required", "optional"])),
            "Whether it needs a repository. Without this key it does if a phase may see or change contents.",
        ),
        key("on", Takes::Record(&ON), "What may start it; a router still decides."),
        key("inputs", Takes::Named(&INPUT), "Values a router may give."),
        key("budget", Takes::Record(&BUDGET), "What a whole run may use up."),
        must("phases", Takes::Named(&PHASE), "Its phases, by name."),
        later("concurrency", "remove it; the team's limiter bounds how many runs work at once"),
        later("returns", "remove it; the outcome is computed by the engine"),
        later("include", "write the phases into this file"),
        later("tier", "add a gate instead"),
        later("mode", "remove it"),
        later("messages", "remove it; one status message is kept up to date anyway"),
        later("status", "remove it; the status is a checklist of the phases"),
        later("secrets", "remove it; no secret enters a box"),
    ],
};

static ON: Table = Table {
    keys: &[
        key("chat", Takes::Record(&CHAT), "Somebody asks in a thread."),
        later("forge", "start it from a chat"),
        later("schedule", "start it from a chat"),
    ],
};

static CHAT: Table = Table {
    keys: &[must("roles", Takes::Choices(ROLES), "The roles that may start it, and all above the least of them.")],
};

static INPUT: Table = Table {
    keys: &[
        must(
            "type",
            Takes::Choice(Words { now: &["string"], later: &["number", "integer", "boolean", "list"] }),
            "The type of the value.",
        ),
        key("required", Takes::Flag, "Whether there is always a value. Only `request` may say so."),
        key("enum", Takes::Texts, "The values it may have."),
        key("description", Takes::Line(MAX_SENTENCE), "What it is for."),
        later("default", "leave it out; a condition over an input without a value does not hold"),
    ],
};

static BUDGET: Table = Table {
    keys: &[
        key("usd", Takes::Money, "Dollars, for all phases together."),
        key("wall", Takes::Span, "Time by the clock, from start to end."),
        key("turns", Takes::Count(1, 10_000), "Turns of the model, for all phases together."),
    ],
};

/// A phase.
pub(crate) static PHASE: Table = Table {
    keys: &[
        key("label", Takes::Line(MAX_NAME), "What people see. The name, if it is left out."),
        key("needs", Takes::Texts, "The phases that must have ended well, or been skipped, before it starts."),
        key("when", Takes::Condition, "It is skipped unless this holds."),
        key("agent", Takes::Record(&AGENT), "A coding agent in a fresh devbox."),
        key("run", Takes::Text, "A shell script in a fresh devbox: deterministic, no model."),
        key("gate", Takes::Record(&GATE), "A person decides."),
        key(
            "forge",
            Takes::Choice(Words { now: &["open_change_request", "watch_checks"], later: &[] }),
            "An effect that the dispatcher performs.",
        ),
        key(
            "permissions",
            Takes::Record(&PERMISSIONS),
            "What it may see or change on the forge. Nothing, if it is left out.",
        ),
        key("network", Takes::Record(&NETWORK), "What its agent or script may reach. Nothing, if it is left out."),
        key("outputs", Takes::Record(&OUTPUTS), "What it may cause. Nothing, if it is left out."),
        key("produces", Takes::Handoffs, "The handoff files it must leave."),
        key("output", Takes::Record(&OUTPUT), "Its typed output."),
        key("timeout", Takes::Record(&TIMEOUT), "How long it may take."),
        key("retry", Takes::Record(&RETRY), "How often it is tried again after trouble that is not its own."),
        key("fix", Takes::Record(&FIX), "What to do when its result is not good enough."),
        later("plugin", "write it as a `run` phase"),
        later("chat", "remove it; results are told in the thread anyway"),
        later("workflow", "write the phases into this file"),
        later("for_each", "ask once for each item"),
        later("loop", "use `fix`, which is a loop with a bound"),
        later("candidates", "use one agent"),
        later("join", "remove it; a phase starts when all it needs have ended well or were skipped"),
        later("budget", "bound the whole run with the workflow's `budget`, and this phase with `timeout`"),
        later("secrets", "remove it; no secret enters a box"),
        later("messages", "remove it; one status message is kept up to date anyway"),
        later("tier", "add a gate instead"),
    ],
};

/// The keys of a phase that say what it is: it has exactly one of them.
pub(crate) const KINDS: [&str; 4] = ["agent", "run", "gate", "forge"];

static AGENT: Table = Table {
    keys: &[
        key("use", Takes::Line(MAX_NAME), "Which coding agent, by its adapter's name; `default` is the team's choice."),
        key("model", Takes::Line(MAX_NAME), "Which model, by the team's name for it; `default` is the team's choice."),
        must("prompt", Takes::File(".md"), "The prompt's file: prompts/plan.md."),
        key("consumes", Takes::Texts, "Handoffs of earlier phases it reads; `diff` is the change so far."),
        key(
            "session",
            Takes::Choice(Words { now: &["fresh"], later: &["continue"] }),
            "Every phase has a fresh session.",
        ),
        later("fallback", "name one agent; a team's settings may replace it"),
        later("candidates", "use one agent"),
    ],
};

static GATE: Table = Table {
    keys: &[
        must(
            "kind",
            Takes::Choice(Words { now: &["approve"], later: &["choose", "reply"] }),
            "What the person is asked.",
        ),
        key("binds", Takes::Texts, "The handoffs the approval is bound to; `head` is the commit."),
        key("roles", Takes::Choices(ROLES), "The roles that may decide, and all above the least of them."),
        key("not_requester", Takes::Flag, "Whether the person who asked may not decide."),
        key("expires", Takes::Span, "How long it stays open."),
        key("remind", Takes::Span, "How long until the person is reminded."),
        later("quorum", "one person decides"),
        later("on_deny", "remove it; a denied run ends and keeps the reason"),
    ],
};

static PERMISSIONS: Table = Table {
    keys: &[
        key(
            "contents",
            Takes::Choice(of(&["read", "write"])),
            "The repository's files; `write` is to the run's own branch.",
        ),
        key("issues", Takes::Choice(of(&["read"])), "Issues. What a phase wants to write there is an output."),
        key(
            "change_requests",
            Takes::Choice(of(&["read"])),
            "Change requests. What a phase wants to write there is an output.",
        ),
        key("checks", Takes::Choice(of(&["read"])), "Results of checks."),
    ],
};

static NETWORK: Table = Table { keys: &[must("allow", Takes::Hosts, "Hosts it may reach, host:port.")] };

static OUTPUTS: Table = Table {
    keys: &[
        key("change_request", Takes::Record(&CHANGE_REQUEST), "The run's change request."),
        key("answer", Takes::Record(&ANSWER), "An answer, said in the thread."),
        later("comment", "give an `answer`"),
        later("labels", "remove it"),
        later("question", "an agent that cannot go on says that it is blocked, which needs no grant"),
    ],
};

static CHANGE_REQUEST: Table = Table {
    keys: &[
        key("max", Takes::Count(1, 1), "At most this many: a run has one."),
        key("draft", Takes::Flag, "Whether it stays a draft. It does, if this is left out."),
        key("title_prefix", Takes::Line(MAX_NAME), "What its title begins with."),
        key("protect", Takes::Texts, "Paths (globs) that no change may touch."),
        key(
            "allow",
            Takes::Texts,
            "Paths (globs) it may touch although they are guarded: CI, hooks, lock files, what agents obey.",
        ),
    ],
};

static ANSWER: Table = Table { keys: &[key("max", Takes::Count(1, 1), "At most this many: a run ends with one.")] };

static OUTPUT: Table =
    Table { keys: &[must("schema", Takes::File(".json"), "The JSON Schema's file: schemas/plan.json.")] };

static TIMEOUT: Table = Table {
    keys: &[
        key("wall", Takes::Span, "From the box's claim to the phase's end."),
        key("idle", Takes::Span, "Without a sign of activity."),
        key("start", Takes::Span, "From asking for the box to its claim."),
    ],
};

static RETRY: Table = Table {
    keys: &[
        key("max", Takes::Count(0, MAX_TRIES), "Tries after the first."),
        key("backoff", Takes::Span, "How long to wait before each."),
        key(
            "on",
            Takes::Choice(of(&["transient"])),
            "Trouble that is not the phase's own: a lost box, an unreachable model.",
        ),
    ],
};

static FIX: Table = Table {
    keys: &[
        key("until", Takes::Condition, "Good enough means this holds; a script is good enough when it exits 0."),
        must(
            "with",
            Takes::Line(MAX_NAME),
            "The earlier agent phase that mends it; everything after that phase is done again.",
        ),
        must("max", Takes::Count(1, MAX_ROUNDS), "At most so many rounds."),
        must(
            "on_exhausted",
            Takes::Choice(of(&["pause", "fail", "handoff"])),
            "What to do then: ask a person, fail, or hand over a draft that says what is wrong.",
        ),
    ],
};
