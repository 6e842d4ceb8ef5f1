//! Makes a plugin written in JavaScript a component: QuickJS, with the plugin already read in.
//!
//! `signalbox-quickjs WIT WORLD MODULE ROOT COMPONENT`: the contract's folder, the world of it, the module that exports it,
//! the folder that module may import from, and where the component goes. `signalbox plugin build` starts it.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use componentize_qjs::{ComponentizeOpts, Runtime, componentize};

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [wit, world, module, root, component] = words.as_slice() else {
        bail!("it is started by `signalbox plugin build`: signalbox-quickjs WIT WORLD MODULE ROOT COMPONENT");
    };
    let source = fs::read_to_string(module).with_context(|| format!("failed to read {module}"))?;
    let options = ComponentizeOpts {
        wit_path: Path::new(wit),
        js_source: &source,
        js_path: Some(Path::new(module)),
        module_root: Some(Path::new(root)),
        world_name: Some(world),
        // The host has no WASI to give; whoever calls one anyway traps.
        stub_wasi: true,
        disable_gc: false,
        // The host's calls are not asynchronous.
        runtime: Runtime::DefaultSync,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let made = runtime.block_on(componentize(&options))?;
    fs::write(component, made).with_context(|| format!("failed to write {component}"))
}
