//! The contract in `wit/`, as Rust.

pub(crate) mod router {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "router-plugin",
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
    });
}

pub(crate) mod prefetcher {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "prefetcher-plugin",
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
        with: {
            "signalbox:plugin/types": crate::bindings::router::signalbox::plugin::types,
            "signalbox:plugin/log": crate::bindings::router::signalbox::plugin::log,
        },
    });
}

pub(crate) use prefetcher::exports::signalbox::plugin::prefetcher as fetching;
pub(crate) use router::exports::signalbox::plugin::router as routing;
pub(crate) use router::signalbox::plugin::{log, types};
