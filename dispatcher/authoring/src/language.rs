//! What a plugin is written in, and what it is.

pub use signalbox_plugin_host::manifest::World;

/// What a plugin is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Small and fast: about 130 KB, and little fuel.
    Rust,
    /// On QuickJS: about 1.6 MB, two million units.
    JavaScript,
    /// On CPython: about 18 MB, slow to compile and to load. For what only Python has.
    Python,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rust, Self::JavaScript, Self::Python];

    /// The file that a plugin in this language begins with.
    pub fn source(self) -> &'static str {
        match self {
            Self::Rust => "src/lib.rs",
            Self::JavaScript => "src/plugin.js",
            Self::Python => "src/plugin.py",
        }
    }

    /// The ending of its sources.
    pub(crate) fn ending(self) -> &'static str {
        match self {
            Self::Rust => "rs",
            Self::JavaScript => "js",
            Self::Python => "py",
        }
    }
}

/// The world of the contract that a plugin of this kind has.
pub(crate) fn world(world: World) -> &'static str {
    match world {
        World::Router => "router-plugin",
        World::Prefetcher => "prefetcher-plugin",
    }
}

/// What a manifest calls it.
pub(crate) fn word(world: World) -> &'static str {
    match world {
        World::Router => "router",
        World::Prefetcher => "prefetcher",
    }
}
