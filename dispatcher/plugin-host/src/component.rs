//! From a component's bytes to one that may run: its size, its imports and its world are checked before anything of it
//! is called.

#[cfg(feature = "compile")]
use std::panic::{AssertUnwindSafe, catch_unwind};

use signalbox_domain::id::Digest;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, StoreContextMut, Trap};

use crate::bindings::{log, prefetcher, router};
use crate::cache::{Absent, Cache};
use crate::guest::State;
use crate::limits::LOG_CALL_FUEL;
use crate::manifest::{Manifest, World};
use crate::pin::Pin;
use crate::refusal;
#[cfg(feature = "compile")]
use crate::sealed;
use crate::system::System;

/// The one instance with functions that a plugin may import, of its own track.
const LOG: &str = "signalbox:plugin/log@";
/// The same as this host has it: every version of the track is served by the newest.
const LOG_OF_THIS_HOST: &str = "signalbox:plugin/log@0.1.0";
/// The types of the contract; it has no functions.
const TYPES: &str = "signalbox:plugin/types@";

/// A component that was checked and linked.
pub(crate) enum Ready {
    Router(router::RouterPluginPre<State>),
    #[cfg(test)]
    Next(crate::next::Ready),
    Prefetcher(prefetcher::PrefetcherPluginPre<State>),
}

/// A component that was loaded.
pub(crate) struct Loaded {
    /// The digest of the component it was compiled from.
    pub(crate) digest: Digest,
    pub(crate) ready: Ready,
    /// What had to be done anew, and why.
    pub(crate) remark: Option<String>,
}

/// Loads a component, compiled now or before.
pub(crate) fn load(
    engine: &Engine,
    cache: &Cache,
    bytes: &[u8],
    pin: Option<&Pin>,
    manifest: &Manifest,
    system: Option<&dyn System>,
) -> Result<Loaded, String> {
    let most = manifest.bounds().component;
    if bytes.len() as u64 > most {
        return Err(too_large(bytes.len() as u64, most));
    }
    let digest = match pin {
        // The lock names the compiled file, so the component itself need not be here.
        Some(pin) if bytes.is_empty() && pin.compiled.is_some() => pin.component.clone(),
        Some(_) | None => Digest::of(bytes),
    };
    if let Some(pin) = pin {
        pin.check_component(&digest)?;
    }
    let (component, remark) = match cache.load(engine, &digest, pin) {
        Ok(component) => (component, None),
        Err(Absent::Unmade) => (make(engine, cache, bytes, &digest, pin)?, None),
        Err(Absent::Changed(problem)) => {
            let again = make(engine, cache, bytes, &digest, pin).map_err(|error| format!("{problem}. {error}"))?;
            (again, Some(format!("{problem}; it was compiled anew")))
        }
    };
    check_imports(engine, &component, &manifest.api, system)?;
    check_world(engine, &component, manifest)?;
    let ready = link(engine, &component, manifest, system)
        .map_err(|error| format!("it does not fit the contract: {error:#}"))?;
    Ok(Loaded { digest, ready, remark })
}

fn too_large(bytes: u64, most: u64) -> String {
    format!(
        "its component is {} KiB; the most is {} KiB. Build it with opt-level = \"s\", lto and strip, or say \
         limits.component-mib in its manifest",
        bytes / 1024,
        most / 1024
    )
}

/// Compiles and keeps it, and gives what was kept.
#[cfg(feature = "compile")]
fn make(engine: &Engine, cache: &Cache, bytes: &[u8], source: &Digest, pin: Option<&Pin>) -> Result<Component, String> {
    if bytes.is_empty() {
        return Err(uncompiled(source));
    }
    let compiled = compile(engine, bytes)?;
    if let Some(pin) = pin {
        pin.check_compiled(&Digest::of(&compiled))?;
    }
    cache.keep(source, &compiled).map_err(|error| format!("failed to keep its compiled form: {error}"))?;
    sealed::revive(engine, &compiled).map_err(|error| format!("its compiled form does not fit this host: {error:#}"))
}

#[cfg(not(feature = "compile"))]
fn make(_: &Engine, _: &Cache, _: &[u8], source: &Digest, _: Option<&Pin>) -> Result<Component, String> {
    Err(uncompiled(source))
}

fn uncompiled(source: &Digest) -> String {
    format!("{source} is not here as it would have to be to run without compiling; bundle it for this machine")
}

/// The compiled form. The compiler is given untrusted input, so a panic of its is a refusal.
#[cfg(feature = "compile")]
pub(crate) fn compile(engine: &Engine, bytes: &[u8]) -> Result<Vec<u8>, String> {
    catch_unwind(AssertUnwindSafe(|| engine.precompile_component(bytes)))
        .map_err(|_| {
            "the compiler gave up on it; rebuild it, with a newer toolchain if that does not help".to_string()
        })?
        .map_err(|error| match bytes.get(..8) {
            Some([b'\0', b'a', b's', b'm', 1, 0, 0, 0]) => {
                "it is a core module, not a component; componentise it (`wasm-tools component new`)".to_string()
            }
            Some(_) | None => format!("it is not a component this host can compile: {error:#}"),
        })
}

fn check_imports(
    engine: &Engine,
    component: &Component,
    track: &str,
    system: Option<&dyn System>,
) -> Result<(), String> {
    let ty = component.component_type();
    let foreign: Vec<_> = ty
        .imports(engine)
        .filter(|(name, item)| {
            let types_only = || match &item.ty {
                ComponentItem::ComponentInstance(instance) => {
                    instance.exports(engine).all(|(_, export)| matches!(export.ty, ComponentItem::Type(_)))
                }
                ComponentItem::ComponentFunc(_)
                | ComponentItem::CoreFunc(_)
                | ComponentItem::Module(_)
                | ComponentItem::Component(_)
                | ComponentItem::Type(_)
                | ComponentItem::Resource(_) => false,
            };
            let is = |it: &str| {
                name.strip_prefix(it).and_then(|it| it.strip_prefix(track)).is_some_and(|it| it.starts_with('.'))
            };
            !(is(LOG) || (is(TYPES) && types_only()) || system.is_some_and(|system| system.has(name)))
        })
        .map(|(name, _)| name.to_string())
        .collect();
    if foreign.is_empty() { Ok(()) } else { Err(refusal::of_imports(&foreign)) }
}

fn check_world(engine: &Engine, component: &Component, manifest: &Manifest) -> Result<(), String> {
    let track = &manifest.api;
    let (wanted, other) = match manifest.world {
        World::Router => ("router", "prefetcher"),
        World::Prefetcher => ("prefetcher", "router"),
    };
    let ty = component.component_type();
    let exports: Vec<&str> = ty.exports(engine).map(|(name, _)| name).collect();
    let exports_it = |it: &str| exports.iter().any(|name| name.starts_with(&format!("signalbox:plugin/{it}@{track}.")));
    if exports_it(wanted) {
        return Ok(());
    }
    if exports_it(other) {
        return Err(format!("its manifest says world = \"{wanted}\", but it is a {other}; change the manifest"));
    }
    let built = exports.iter().find_map(|name| name.strip_prefix("signalbox:plugin/")?.split_once('@'));
    Err(match built {
        Some((_, built)) => {
            format!("it is built for {built} of the contract, and its manifest says {track}. Build it anew")
        }
        None => format!("it exports no {wanted}; a plugin exports one, as `signalbox_plugin::{wanted}!` does"),
    })
}

fn link(
    engine: &Engine,
    component: &Component,
    manifest: &Manifest,
    system: Option<&dyn System>,
) -> wasmtime::Result<Ready> {
    #[cfg(test)]
    if manifest.api == crate::next::TRACK {
        return Ok(Ready::Next(crate::next::link(engine, component)?));
    }
    let mut linker = Linker::new(engine);
    linker.instance(LOG_OF_THIS_HOST)?.func_wrap("write", write)?;
    system.map_or(Ok(()), |system| system.link(&mut linker))?;
    let pre = linker.instantiate_pre(component)?;
    Ok(match manifest.world {
        World::Router => Ready::Router(router::RouterPluginPre::new(pre)?),
        World::Prefetcher => Ready::Prefetcher(prefetcher::PrefetcherPluginPre::new(pre)?),
    })
}

/// The one function a plugin may call. What it costs the host is charged to the plugin: fuel does not count what happens
/// outside of its own code, and a line can be a mebibyte.
pub(crate) fn write(
    mut store: StoreContextMut<'_, State>,
    (level, line): (log::Level, String),
) -> wasmtime::Result<()> {
    let price = LOG_CALL_FUEL + line.len() as u64;
    let left = store.get_fuel()?;
    store.set_fuel(left.saturating_sub(price))?;
    if price > left {
        return Err(Trap::OutOfFuel.into());
    }
    store.data_mut().listen();
    store.data_mut().log.write(level, &line);
    Ok(())
}
