//! From a component's bytes to one that may run: its size, its imports and its world are checked before anything of it
//! is called.

#[cfg(feature = "compile")]
use std::panic::{AssertUnwindSafe, catch_unwind};

use signalbox_domain::id::Digest;
use wasmtime::Engine;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, HasSelf, Linker};

use crate::bindings::{log, prefetcher, router};
use crate::cache::Cache;
use crate::guest::State;
use crate::limits::COMPONENT;
use crate::manifest::World;
use crate::refusal;

/// The one instance with functions that a plugin may import.
const LOG: &str = "signalbox:plugin/log@0.1.";
/// The types of the contract; it has no functions.
const TYPES: &str = "signalbox:plugin/types@0.1.";

/// A component that was checked and linked.
pub(crate) enum Ready {
    Router(router::RouterPluginPre<State>),
    Prefetcher(prefetcher::PrefetcherPluginPre<State>),
}

/// Loads a component, compiled now or before.
pub(crate) fn load(engine: &Engine, cache: &Cache, bytes: &[u8], world: World) -> Result<Ready, String> {
    if bytes.len() as u64 > COMPONENT.default {
        return Err(format!(
            "its component is {} KiB; the most is {} KiB. Build it with opt-level = \"s\", lto and strip",
            bytes.len() / 1024,
            COMPONENT.default / 1024
        ));
    }
    let source = Digest::of(bytes);
    let component = match cache.load(engine, &source) {
        Some(component) => component,
        None => compile(engine, cache, bytes, &source)?,
    };
    check_imports(engine, &component)?;
    check_world(engine, &component, world)?;
    link(engine, &component, world).map_err(|error| format!("it does not fit the contract: {error:#}"))
}

/// Compiles and keeps it. The compiler is given untrusted input, so a panic of its is a refusal.
#[cfg(feature = "compile")]
fn compile(engine: &Engine, cache: &Cache, bytes: &[u8], source: &Digest) -> Result<Component, String> {
    let compiled = catch_unwind(AssertUnwindSafe(|| engine.precompile_component(bytes)))
        .map_err(|_| {
            "the compiler gave up on it; rebuild it, with a newer toolchain if that does not help".to_string()
        })?
        .map_err(|error| match bytes.get(..8) {
            Some([b'\0', b'a', b's', b'm', 1, 0, 0, 0]) => {
                "it is a core module, not a component; componentise it (`wasm-tools component new`)".to_string()
            }
            Some(_) | None => format!("it is not a component this host can compile: {error:#}"),
        })?;
    cache.keep(source, &compiled).map_err(|error| format!("failed to keep its compiled form: {error}"))?;
    cache.load(engine, source).ok_or_else(|| "its compiled form changed on disk as it was written".to_string())
}

#[cfg(not(feature = "compile"))]
fn compile(_: &Engine, _: &Cache, _: &[u8], source: &Digest) -> Result<Component, String> {
    Err(format!("{source} was not compiled for this host, which has no compiler; compile it where it is packaged"))
}

fn check_imports(engine: &Engine, component: &Component) -> Result<(), String> {
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
            !(name.starts_with(LOG) || (name.starts_with(TYPES) && types_only()))
        })
        .map(|(name, _)| name.to_string())
        .collect();
    if foreign.is_empty() { Ok(()) } else { Err(refusal::of_imports(&foreign)) }
}

fn check_world(engine: &Engine, component: &Component, world: World) -> Result<(), String> {
    let (wanted, other) = match world {
        World::Router => ("router", "prefetcher"),
        World::Prefetcher => ("prefetcher", "router"),
    };
    let ty = component.component_type();
    let exports: Vec<&str> = ty.exports(engine).map(|(name, _)| name).collect();
    let exports_it = |it: &str| exports.iter().any(|name| name.starts_with(&format!("signalbox:plugin/{it}@0.1.")));
    if exports_it(wanted) {
        return Ok(());
    }
    if exports_it(other) {
        return Err(format!("its manifest says world = \"{wanted}\", but it is a {other}; change the manifest"));
    }
    let track = exports.iter().find_map(|name| name.strip_prefix("signalbox:plugin/")?.split_once('@'));
    Err(match track {
        Some((_, track)) => {
            format!("it is built for track {track} of the contract; this host speaks 0.1. Build it anew")
        }
        None => format!("it exports no {wanted}; a plugin exports one, as `signalbox_plugin::{wanted}!` does"),
    })
}

fn link(engine: &Engine, component: &Component, world: World) -> wasmtime::Result<Ready> {
    let mut linker = Linker::new(engine);
    log::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
    let pre = linker.instantiate_pre(component)?;
    Ok(match world {
        World::Router => Ready::Router(router::RouterPluginPre::new(pre)?),
        World::Prefetcher => Ready::Prefetcher(prefetcher::PrefetcherPluginPre::new(pre)?),
    })
}
