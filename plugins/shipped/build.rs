//! Builds the plugins of this repository for Wasm, so that nothing is run by hand.
//!
//! A cargo inside cargo, with the same lock file and a target folder of its own (the outer cargo holds the lock of the
//! usual one). It goes to the network only for crates that were never downloaded.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use wit_component::{ComponentEncoder, DecodedWasm};

/// The plugins, by folder.
const PLUGINS: [&str; 11] = [
    "explicit",
    "keywords",
    "channel",
    "codeowners",
    "schedule",
    "thread",
    "issue",
    "links",
    "ci",
    "repo-guide",
    "history",
];
/// The only imports a plugin may have. `types` holds no function.
const IMPORTS: [&str; 2] = ["signalbox:plugin/log@0.1.0", "signalbox:plugin/types@0.1.0"];
const TARGET: &str = "wasm32-unknown-unknown";

fn main() -> Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../..").canonicalize()?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    watch(&root);
    ensure_target()?;
    let modules = build(&root, &out)?;
    for plugin in PLUGINS {
        let module = modules.join(format!("signalbox_plugin_{}.wasm", plugin.replace('-', "_")));
        let component = componentise(&module).with_context(|| format!("failed to make a component of {plugin}"))?;
        check_imports(&component).with_context(|| format!("{plugin} is not a plugin"))?;
        fs::write(out.join(format!("{plugin}.wasm")), component)?;
    }
    Ok(())
}

fn watch(root: &Path) {
    let plugins = PLUGINS.iter().flat_map(|it| [format!("plugins/{it}/src"), format!("plugins/{it}/Cargo.toml")]);
    let shared = ["plugins/sdk/src", "plugins/sdk/Cargo.toml", "wit", "Cargo.lock"].map(String::from);
    for path in plugins.chain(shared) {
        println!("cargo::rerun-if-changed={}", root.join(path).display());
    }
}

/// Installs the standard library for Wasm if it is not there. `rust-toolchain.toml` usually has brought it already.
fn ensure_target() -> Result<()> {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_string());
    let folder = Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]).output()?;
    if Path::new(String::from_utf8_lossy(&folder.stdout).trim()).is_dir() {
        return Ok(());
    }
    let added = Command::new("rustup").args(["target", "add", TARGET]).status();
    if !added.is_ok_and(|status| status.success()) {
        bail!(
            "the plugins are built for {TARGET}, and this toolchain has no standard library for it; \
             run `rustup target add {TARGET}` and build again"
        );
    }
    Ok(())
}

/// Builds the plugins as modules and returns the folder they are in.
fn build(root: &Path, out: &Path) -> Result<PathBuf> {
    let target = out.join("modules");
    let mut cargo = Command::new(env::var("CARGO")?);
    cargo
        .current_dir(root)
        .args(["build", "--release", "--locked", "--lib", "--target", TARGET, "--target-dir"])
        .arg(&target);
    for plugin in PLUGINS {
        cargo.args(["--package", &format!("signalbox-plugin-{plugin}")]);
    }
    // What is meant for the outer build: its flags may not fit Wasm, its wrapper may be clippy.
    for name in
        ["RUSTFLAGS", "RUSTC_WORKSPACE_WRAPPER", "CARGO_BUILD_TARGET", "CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"]
    {
        cargo.env_remove(name);
    }
    // A build folder that configuration puts elsewhere is locked by the outer cargo.
    cargo.env("CARGO_BUILD_BUILD_DIR", &target);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", remap(root)?.join("\u{1f}"));
    for (name, value) in [
        ("OPT_LEVEL", "s"),
        ("LTO", "true"),
        ("CODEGEN_UNITS", "1"),
        ("STRIP", "true"),
        ("PANIC", "abort"),
        ("DEBUG", "false"),
        ("DEBUG_ASSERTIONS", "false"),
        ("OVERFLOW_CHECKS", "true"),
    ] {
        cargo.env(format!("CARGO_PROFILE_RELEASE_{name}"), value);
    }
    let status = cargo.status().context("failed to start cargo")?;
    ensure!(status.success(), "cargo failed to build the plugins for {TARGET}; its messages are above");
    Ok(target.join(TARGET).join("release"))
}

/// Flags that keep this machine's paths out of panic messages, so that the same sources give the same bytes anywhere.
fn remap(root: &Path) -> Result<Vec<String>> {
    let cargo_home = match env::var("CARGO_HOME") {
        Ok(home) => PathBuf::from(home),
        Err(_) => env::home_dir().context("there is no home folder")?.join(".cargo"),
    };
    Ok(vec![
        format!("--remap-path-prefix={}=", root.join("").display()),
        format!("--remap-path-prefix={}=crates", cargo_home.join("registry/src").display()),
    ])
}

fn componentise(module: &Path) -> Result<Vec<u8>> {
    let module = fs::read(module).with_context(|| format!("failed to read {}", module.display()))?;
    ComponentEncoder::default().validate(true).module(&module)?.encode()
}

fn check_imports(component: &[u8]) -> Result<()> {
    let DecodedWasm::Component(resolve, world) = wit_component::decode(component)? else {
        bail!("it is a package of types, not a component");
    };
    for (key, _) in &resolve.worlds[world].imports {
        let name = resolve.name_world_key(key);
        ensure!(IMPORTS.contains(&name.as_str()), "it imports `{name}`; plugins may import nothing but `log`");
    }
    Ok(())
}
