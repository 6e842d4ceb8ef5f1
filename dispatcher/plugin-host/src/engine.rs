//! The engine's settings: one function for whoever compiles and whoever runs, because both must agree on every one.

use wasmtime::{Config, Engine, WasmFeatures};

/// Part of the name of every compiled file. Raise it with every change to [`open`].
pub(crate) const SETTINGS: &str = "48.0.8-1";

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
    config.generate_address_map(false);
    config.wasm_backtrace_max_frames(None);
    for feature in OFF {
        config.wasm_features(feature, false);
    }
    #[cfg(feature = "compile")]
    config.cranelift_nan_canonicalization(true);
    Engine::new(&config)
}
