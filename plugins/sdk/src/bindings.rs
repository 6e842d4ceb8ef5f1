//! The contract in `wit/`, as Rust.

/// What routers are given and say.
pub mod router {
    wit_bindgen::generate!({
        path: "wit",
        world: "router-plugin",
        pub_export_macro: true,
        export_macro_name: "export_router",
        default_bindings_module: "signalbox_plugin::bindings::router",
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
    });
}

/// What prefetchers are given and say.
pub mod prefetcher {
    wit_bindgen::generate!({
        path: "wit",
        world: "prefetcher-plugin",
        pub_export_macro: true,
        export_macro_name: "export_prefetcher",
        default_bindings_module: "signalbox_plugin::bindings::prefetcher",
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
        with: {
            "signalbox:plugin/types@0.1.0": crate::bindings::router::signalbox::plugin::types,
            "signalbox:plugin/log@0.1.0": crate::bindings::router::signalbox::plugin::log,
        },
    });
}
