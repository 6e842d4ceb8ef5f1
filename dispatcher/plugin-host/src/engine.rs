//! The engine's settings: one function for whoever compiles and whoever runs, because both must agree on every one.

use wasmtime::{Config, Engine, OperatorCost, WasmFeatures};

/// Part of the name of every compiled file. Raise it with every change to [`open`].
pub(crate) const SETTINGS: &str = "48.0.8-3";

/// What a compiled file is for: the kind of machine and the engine's settings. Locks name compiled files by it.
pub fn target() -> String {
    format!("{}-{SETTINGS}", std::env::consts::ARCH)
}

/// What no plugin needs, and what a runtime without a compiler could not run.
const OFF: [WasmFeatures; 9] = [
    WasmFeatures::THREADS,
    WasmFeatures::SHARED_EVERYTHING_THREADS,
    WasmFeatures::GC,
    WasmFeatures::EXCEPTIONS,
    WasmFeatures::LEGACY_EXCEPTIONS,
    WasmFeatures::STACK_SWITCHING,
    WasmFeatures::CM_ASYNC,
    WasmFeatures::MEMORY64,
    WasmFeatures::RELAXED_SIMD,
];

/// What growing costs, in fuel: it leaves the plugin's code for the host's, and a refused growth would otherwise cost as
/// little as an addition. Filling and copying are charged by the byte already.
const GROWTH: u8 = 200;

/// An engine in which the same component, given the same input, burns the same fuel and gives the same output.
///
/// Multi-memory stays on: without it this version panics on components with adapters. Memory is allocated on demand:
/// the pooling allocator was slower for one event at a time, and has leaked data between instances before.
pub(crate) fn open() -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config.consume_fuel(true);
    config.epoch_interruption(false);
    config.memory_init_cow(true);
    config.concurrency_support(false);
    // What only a backtrace through a plugin would read: a failure names the plugin, not a place in it.
    config.generate_address_map(false);
    config.native_unwind_info(false);
    config.wasm_backtrace_max_frames(None);
    for feature in OFF {
        config.wasm_features(feature, false);
    }
    config.operator_cost(costs());
    // Compiled for every machine of this kind, not for the processor it happens to be compiled on: what is bundled here
    // runs elsewhere, and the same component gives the same bytes.
    #[cfg(all(feature = "compile", target_os = "linux"))]
    config.target(&format!("{}-unknown-linux-gnu", std::env::consts::ARCH))?;
    #[cfg(feature = "compile")]
    config.cranelift_nan_canonicalization(true);
    Engine::new(&config)
}

fn costs() -> OperatorCost {
    let mut costs = OperatorCost { MemoryGrow: GROWTH, TableGrow: GROWTH, ..OperatorCost::new() };
    costs.variable.memory_grow_per_page = GROWTH;
    costs
}

/// What plugins run on here.
pub(crate) fn about() -> signalbox_ports::plugins::About {
    signalbox_ports::plugins::About { engine: format!("wasmtime {SETTINGS}"), track: crate::manifest::API.to_string() }
}
