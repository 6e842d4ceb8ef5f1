//! Prompts: text with places for a fixed few values.
//!
//! `{{ request }}` is replaced by the value of `request`; a value is never looked into again, so nothing that somebody
//! wrote can name another. A line that holds only a place whose value is empty goes away with it. `\{{` is a plain `{{`.

use std::collections::BTreeMap;

/// Everything a prompt may name, with what it stands for. A prompt that names anything else does not load.
pub const VARIABLES: [(&str, &str); 6] = [
    ("request", "what the person asked for, in their words"),
    ("followups", "what people added while the run worked"),
    ("context", "what was gathered for the request, and where it lies in the box"),
    ("handoffs", "the handoffs the phase consumes, and where they lie in the box"),
    ("feedback", "what an earlier round found wrong"),
    ("outputs_guide", "which files the phase must or may write, where, and in which form"),
];

/// Something in a prompt that is not a place for a value, or a value that was not given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its line, from 1.
    pub line: usize,
    /// Its column in characters, from 1.
    pub column: usize,
    /// The text at fault.
    pub text: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {} ({})", self.line, self.column, self.message, self.help)
    }
}

impl std::error::Error for Fault {}

/// The prompt with its places filled. Every value that the prompt names must be given; it may be empty.
pub fn render(prompt: &str, values: &BTreeMap<&str, &str>) -> Result<String, Fault> {
    let mut text = String::with_capacity(prompt.len());
    for (number, line) in prompt.split_inclusive('\n').enumerate() {
        let pieces = pieces(line).map_err(|fault| Fault { line: number + 1, ..fault })?;
        let (mut rendered, mut vanished) = (String::new(), false);
        for piece in &pieces {
            match piece {
                Piece::Text(plain) => rendered.push_str(plain),
                Piece::Value { name, column } => {
                    let value = values.get(name).ok_or_else(|| Fault {
                        line: number + 1,
                        column: *column,
                        text: (*name).to_owned(),
                        message: format!("no value was given for `{name}`"),
                        help: "give one; it may be empty".into(),
                    })?;
                    vanished |= value.is_empty();
                    rendered.push_str(value);
                }
            }
        }
        if !(vanished && rendered.trim().is_empty()) {
            text.push_str(&rendered);
        }
    }
    Ok(text)
}

/// Everything wrong with a prompt, whatever the values.
pub(crate) fn faults(prompt: &str) -> Vec<Fault> {
    let lines = prompt.lines().enumerate();
    lines.filter_map(|(number, line)| pieces(line).err().map(|fault| Fault { line: number + 1, ..fault })).collect()
}

/// Whether the prompt has a place for that value.
pub(crate) fn names(prompt: &str, variable: &str) -> bool {
    prompt
        .lines()
        .filter_map(|line| pieces(line).ok())
        .flatten()
        .any(|piece| matches!(piece, Piece::Value { name, .. } if name == variable))
}

enum Piece<'a> {
    Text(&'a str),
    Value { name: &'a str, column: usize },
}

fn pieces(line: &str) -> Result<Vec<Piece<'_>>, Fault> {
    let mut pieces = Vec::new();
    let mut rest = line;
    while let Some(open) = rest.find("{{") {
        let (before, at) = rest.split_at(open);
        if let Some(plain) = before.strip_suffix('\\') {
            pieces.extend([Piece::Text(plain), Piece::Text("{{")]);
            rest = &at[2..];
            continue;
        }
        let column = line[..line.len() - at.len()].chars().count() + 1;
        let Some(close) = at.find("}}") else {
            return Err(Fault {
                line: 1,
                column,
                text: "{{".into(),
                message: "`{{` is not closed in its line".into(),
                help: "write `}}` after the name, or `\\{{` for the braces themselves".into(),
            });
        };
        let name = at[2..close].trim();
        if !VARIABLES.iter().any(|(known, _)| *known == name) {
            let known: Vec<&str> = VARIABLES.iter().map(|(known, _)| *known).collect();
            return Err(Fault {
                line: 1,
                column,
                text: at[..close + 2].to_owned(),
                message: format!("a prompt has no `{name}`"),
                help: crate::problem::suggest(name, &known),
            });
        }
        pieces.extend([Piece::Text(before), Piece::Value { name, column }]);
        rest = &at[close + 2..];
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}
