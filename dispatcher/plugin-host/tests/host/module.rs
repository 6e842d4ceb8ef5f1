//! Components written by hand, to do what no SDK would let them.

use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The instance a plugin's functions are in.
const ROUTE: &str = "signalbox:plugin/router@0.1.0#route";

/// The parts of a router's module that a story changes.
pub(crate) struct Module<'a> {
    /// What `route` does. It has `$log`, and `$pass`, which answers with a pass of so many bytes of memory.
    pub(crate) route: &'a str,
    /// What else there is in the module.
    pub(crate) extra: &'a str,
    /// Pages of memory to begin with.
    pub(crate) pages: u32,
    /// What `cabi_realloc` does.
    pub(crate) realloc: &'a str,
}

/// One that behaves.
pub(crate) const FAIR: Module<'_> = Module {
    route: "i32.const 9 call $pass",
    extra: "",
    pages: 64,
    realloc: "global.get $free
        global.get $free local.get 3 i32.add i32.const 7 i32.add i32.const -8 i32.and global.set $free",
};

/// A router whose `route` is this WebAssembly text.
pub(crate) fn router(route: &str) -> Vec<u8> {
    Module { route, ..FAIR }.build()
}

/// A router that does this before it is called.
pub(crate) fn router_that_starts(start: &str) -> Vec<u8> {
    router_with(&format!("(func $start {start}) (start $start)"))
}

/// A router that has this besides.
pub(crate) fn router_with(extra: &str) -> Vec<u8> {
    Module { extra, ..FAIR }.build()
}

/// A prefetcher whose functions trap.
pub(crate) fn prefetcher() -> Vec<u8> {
    let name = |function: &str| format!("signalbox:plugin/prefetcher@0.1.0#{function}");
    let functions =
        ["plan", "assemble"].map(|it| format!("(func (export \"{}\") (param i32) (result i32) unreachable)", name(it)));
    encode("prefetcher-plugin", &body(&Module { extra: &functions.concat(), ..FAIR }))
}

/// A component of so many core instances.
pub(crate) fn router_of_instances(count: usize) -> Vec<u8> {
    let text = wasmprinter::print_bytes(Module { ..FAIR }.build()).unwrap();
    let there = text.lines().filter(|line| line.contains("(core instance") && line.contains("(instantiate ")).count();
    let more = "(core instance (instantiate $none))".repeat(count - there);
    let end = text.rfind(')').unwrap();
    wat::parse_str(format!("{} (core module $none) {more})", &text[..end])).unwrap()
}

impl Module<'_> {
    pub(crate) fn build(&self) -> Vec<u8> {
        let route = format!("(func $route (export \"{ROUTE}\") (param i32) (result i32) {})", self.route);
        let extra = format!("{} {route}", self.extra);
        encode("router-plugin", &body(&Module { extra: &extra, ..*self }))
    }
}

fn body(module: &Module<'_>) -> String {
    let Module { route: _, extra, pages, realloc } = module;
    format!(
        r#"(module
            (import "signalbox:plugin/log@0.1.0" "write" (func $log (param i32 i32 i32)))
            (memory (export "memory") {pages})
            (global $free (mut i32) (i32.const 2097152))
            (data (i32.const 16) "the words")
            (data (i32.const 4194300) "\ff\fe\fd")
            (func $realloc (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) {realloc})
            ;; ok(pass(the first so many bytes of memory)), at 1024
            (func $pass (param i32) (result i32)
                i32.const 1024 i32.const 0 i32.store8
                i32.const 1028 i32.const 2 i32.store8
                i32.const 1032 i32.const 16 i32.store
                i32.const 1036 local.get 0 i32.store
                i32.const 1024)
            {extra})"#
    )
}

fn encode(world: &str, module: &str) -> Vec<u8> {
    let mut module = wat::parse_str(module).unwrap();
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(Path::new("../../wit")).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap()
}
