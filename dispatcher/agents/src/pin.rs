//! Which version of each agent is installed: the one that was tried, with everything it needs, each by its digest.

/// A version that was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The agent's name.
    pub name: &'static str,
    /// Its package.
    pub package: &'static str,
    /// Its version.
    pub version: &'static str,
    /// What npm needs to install exactly that: a `package-lock.json`, with the digest of everything in it.
    pub lock: &'static str,
    /// The program it is started as.
    pub program: &'static str,
    /// Where that program is below the folder of the installation, on Linux with this processor.
    pub at: &'static str,
    /// Whether it needs Node to run.
    pub node: bool,
}

/// By the processor.
macro_rules! by_processor {
    ($x64:literal, $arm64:literal) => {
        if cfg!(target_arch = "aarch64") { $arm64 } else { $x64 }
    };
}

/// Every agent's.
pub const PINS: [Pin; 5] = [
    Pin {
        name: "claude-code",
        package: "@anthropic-ai/claude-code",
        version: "2.1.329",
        lock: include_str!("../pins/claude-code.json"),
        program: "claude",
        at: by_processor!(
            "node_modules/@anthropic-ai/claude-code-linux-x64/claude",
            "node_modules/@anthropic-ai/claude-code-linux-arm64/claude"
        ),
        node: false,
    },
    Pin {
        name: "codex",
        package: "@openai/codex",
        version: "0.169.0",
        lock: include_str!("../pins/codex.json"),
        program: "codex",
        at: by_processor!(
            "node_modules/@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex",
            "node_modules/@openai/codex-linux-arm64/vendor/aarch64-unknown-linux-musl/bin/codex"
        ),
        node: false,
    },
    Pin {
        name: "opencode",
        package: "opencode-ai",
        version: "1.18.33",
        lock: include_str!("../pins/opencode.json"),
        program: "opencode",
        at: by_processor!(
            "node_modules/opencode-linux-x64/bin/opencode",
            "node_modules/opencode-linux-arm64/bin/opencode"
        ),
        node: false,
    },
    Pin {
        name: "gemini",
        package: "@google/gemini-cli",
        version: "0.61.0",
        lock: include_str!("../pins/gemini.json"),
        program: "gemini",
        at: "node_modules/.bin/gemini",
        node: true,
    },
    Pin {
        name: "pi",
        package: "@mariozechner/pi-coding-agent",
        version: "0.73.1",
        lock: include_str!("../pins/pi.json"),
        program: "pi",
        at: "node_modules/.bin/pi",
        node: true,
    },
];

/// The pin of the agent of that name.
pub fn pin(name: &str) -> Option<Pin> {
    PINS.into_iter().find(|pin| pin.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NAMES, named};

    #[test]
    fn everything_that_is_installed_is_known_by_its_digest() {
        assert_eq!(PINS.map(|pin| pin.name), NAMES);
        for pin in PINS {
            assert!(named(pin.name).is_some(), "{}", pin.name);
            let lock: serde_json::Value = serde_json::from_str(pin.lock).unwrap_or_default();
            let packages = lock["packages"].as_object().expect("a lock has packages");
            assert_eq!(packages[""]["dependencies"][pin.package], pin.version, "{}", pin.name);
            for (place, package) in packages.iter().filter(|(place, _)| !place.is_empty()) {
                let digest = package["integrity"].as_str().unwrap_or_default();
                assert!(digest.starts_with("sha512-"), "{}: {place} has no digest", pin.name);
            }
        }
    }
}
