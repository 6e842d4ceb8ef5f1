//! Compiling ahead, for hosts that cannot: where plugins are bundled, not where they run.

use std::path::Path;

use signalbox_domain::id::Digest;

use crate::cache::Cache;
use crate::component;
use crate::engine;

/// Compiles a component into `folder`, which a [`Host`](crate::Host) is then opened on, and gives the compiled file's
/// digest for the [`Pin`](crate::pin::Pin). The same component gives the same file, for every machine of this kind.
///
/// The component is not trusted; that it is one is all this checks. The host checks the rest when it is loaded.
pub fn compile(component: &[u8], folder: &Path) -> Result<Digest, String> {
    let engine = engine::open().map_err(|error| format!("the engine did not start: {error:#}"))?;
    let compiled = component::compile(&engine, component)?;
    Cache::open(folder)
        .and_then(|cache| cache.keep(&Digest::of(component), &compiled))
        .map_err(|error| format!("failed to keep the compiled form in {}: {error}", folder.display()))?;
    Ok(Digest::of(&compiled))
}
