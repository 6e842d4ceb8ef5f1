//! The plugins every installation has, as components, built along with everything else.
//!
//! They are plugins like any other: the host checks, bounds and can replace each of them.

/// A plugin and its manifest.
#[derive(Clone, Copy, Debug)]
pub struct Shipped {
    /// Its `plugin.toml`.
    pub manifest: &'static str,
    /// Its component.
    pub component: &'static [u8],
}

macro_rules! shipped {
    ($id:literal) => {
        Shipped {
            manifest: include_str!(concat!("../../", $id, "/plugin.toml")),
            component: include_bytes!(concat!(env!("OUT_DIR"), "/", $id, ".wasm")),
        }
    };
}

/// All of them: routers, then prefetchers.
pub const ALL: [Shipped; 11] = [
    shipped!("explicit"),
    shipped!("keywords"),
    shipped!("channel"),
    shipped!("codeowners"),
    shipped!("schedule"),
    shipped!("thread"),
    shipped!("issue"),
    shipped!("links"),
    shipped!("ci"),
    shipped!("repo-guide"),
    shipped!("history"),
];
