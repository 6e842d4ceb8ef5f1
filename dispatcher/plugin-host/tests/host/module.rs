//! Components written by hand, to do what no SDK would let them.

use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// A router whose `route` is this WebAssembly text. It has `$log`, and `$pass`, which answers with a pass of so many
/// bytes of memory.
pub(crate) fn router(route: &str) -> Vec<u8> {
    build("router-plugin", "", &[("signalbox:plugin/router@0.1.0#route", route)], "")
}

/// A router that does this before it is called.
pub(crate) fn router_that_starts(start: &str) -> Vec<u8> {
    let route = ("signalbox:plugin/router@0.1.0#route", "i32.const 0 call $pass");
    build("router-plugin", "", &[route], &format!("(func $start {start}) (start $start)"))
}

/// A prefetcher whose functions trap.
pub(crate) fn prefetcher() -> Vec<u8> {
    let (plan, assemble) = ("signalbox:plugin/prefetcher@0.1.0#plan", "signalbox:plugin/prefetcher@0.1.0#assemble");
    build("prefetcher-plugin", "", &[(plan, "unreachable"), (assemble, "unreachable")], "")
}

/// A router that also imports this interface.
pub(crate) fn router_that_imports(interface: &str) -> Vec<u8> {
    let route = ("signalbox:plugin/router@0.1.0#route", "i32.const 0 call $pass");
    let import = format!("(import \"{interface}\" \"f\" (func $f)) ");
    build("greedy", &import, &[route], "")
}

fn build(world: &str, imports: &str, exports: &[(&str, &str)], extra: &str) -> Vec<u8> {
    let functions: String = exports
        .iter()
        .map(|(name, body)| {
            format!(
                "(func ${} (export \"{name}\") (param i32) (result i32) {body})\n",
                name.rsplit('#').next().unwrap()
            )
        })
        .collect();
    let module = format!(
        r#"(module
            (import "signalbox:plugin/log@0.1.0" "write" (func $log (param i32 i32 i32)))
            {imports}
            (memory (export "memory") 64)
            (global $free (mut i32) (i32.const 2097152))
            (data (i32.const 16) "the words")
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                global.get $free
                global.get $free local.get 3 i32.add i32.const 7 i32.add i32.const -8 i32.and global.set $free)
            ;; ok(pass(the first so many bytes of memory)), at 1024
            (func $pass (param i32) (result i32)
                i32.const 1024 i32.const 0 i32.store8
                i32.const 1028 i32.const 2 i32.store8
                i32.const 1032 i32.const 16 i32.store
                i32.const 1036 local.get 0 i32.store
                i32.const 1024)
            {extra}
            {functions})"#
    );
    let mut module = wat::parse_str(&module).unwrap();
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(Path::new("../../wit")).unwrap();
    let package = match world {
        "greedy" => resolve.push_str("greedy.wit", GREEDY).unwrap(),
        _ => package,
    };
    let name = if world == "greedy" { imports_world(imports) } else { world };
    let world = resolve.select_world(&[package], Some(name)).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap()
}

fn imports_world(imports: &str) -> &'static str {
    if imports.contains("wasi:") { "greedy-for-wasi" } else { "greedy-for-secrets" }
}

const GREEDY: &str = "
package test:greedy;
world greedy-for-wasi {
    import signalbox:plugin/log@0.1.0;
    import wasi:clocks/wall-clock@0.2.6;
    export signalbox:plugin/router@0.1.0;
}
world greedy-for-secrets {
    import signalbox:plugin/log@0.1.0;
    import vault:keys/read@1.0.0;
    export signalbox:plugin/router@0.1.0;
}
package wasi:clocks@0.2.6 { interface wall-clock { f: func(); } }
package vault:keys@1.0.0 { interface read { f: func(); } }
";
