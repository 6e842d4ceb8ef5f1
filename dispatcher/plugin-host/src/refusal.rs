//! Why a plugin was not loaded, in words its author can act on.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A plugin that was not loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{plugin} was not loaded: {problem}")]
pub struct Refusal {
    /// The plugin, by its manifest's id as far as that could be read.
    pub plugin: String,
    /// What is wrong, and what to do.
    pub problem: String,
}

/// Every plugin that was not loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub struct Refusals(pub Vec<Refusal>);

impl fmt::Display for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, refusal) in self.0.iter().enumerate() {
            let line_break = if place == 0 { "" } else { "\n" };
            write!(f, "{line_break}{refusal}")?;
        }
        Ok(())
    }
}

/// What to do about an import that no plugin may have.
pub(crate) fn of_imports(imports: &[String]) -> String {
    let wasi: Vec<_> = imports.iter().filter_map(|it| it.strip_prefix("wasi:")).collect();
    if wasi.is_empty() {
        let names: Vec<_> = imports.iter().map(|it| format!("`{it}`")).collect();
        return format!(
            "it imports {}. A plugin may import nothing but `signalbox:plugin/log`; what it needs to know is in its event, \
             what it needs to fetch it plans",
            names.join(", ")
        );
    }
    // `wasi:io/poll@0.2.6` is `io` to its author.
    let mut packages: Vec<_> = wasi.iter().filter_map(|it| it.split(['/', '@']).next()).collect();
    packages.dedup();
    format!(
        "it needs WASI ({}), and plugins run without it. `signalbox plugin build` builds it without; by hand, build it \
         for wasm32-unknown-unknown instead of a wasip target, and look for println!, std::time, std::env, std::fs or \
         a random number. `signalbox plugin run --dev` tries it as it is",
        packages.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wasi_is_refused_in_words_an_author_understands() {
        let problem =
            of_imports(&["wasi:io/poll@0.2.6".into(), "wasi:io/error@0.2.6".into(), "wasi:cli/stdout@0.2.6".into()]);
        assert!(problem.starts_with("it needs WASI (io, cli), and plugins run without it."), "{problem}");
    }
}
