//! From a crate to a component: cargo builds a module, which is then given the contract's types.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use wit_component::ComponentEncoder;

use crate::error::Error;
use crate::project::Project;
use crate::tool;

/// Without an operating system: whoever builds for one drags its interfaces in.
const TARGET: &str = "wasm32-unknown-unknown";
/// How a plugin is built, whatever its own profile says: small, stopped by an overflow, and the same everywhere.
const PROFILE: [(&str, &str); 8] = [
    ("OPT_LEVEL", "s"),
    ("LTO", "true"),
    ("CODEGEN_UNITS", "1"),
    ("STRIP", "true"),
    ("PANIC", "abort"),
    ("DEBUG", "false"),
    ("DEBUG_ASSERTIONS", "false"),
    ("OVERFLOW_CHECKS", "true"),
];

pub(crate) fn build(project: &Project, say: &mut dyn FnMut(&str)) -> Result<Vec<u8>, Error> {
    let name = library(&project.folder)?;
    ensure_target(&project.folder, say)?;
    let target = project.at("target");
    let mut cargo = Command::new("cargo");
    cargo.current_dir(&project.folder);
    cargo.args(["build", "--release", "--lib", "--target", TARGET, "--target-dir"]).arg(&target);
    // What is meant for other builds of this machine: its flags may not fit Wasm.
    for meant_for_others in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "CARGO_TARGET_DIR"] {
        cargo.env_remove(meant_for_others);
    }
    cargo.env("CARGO_ENCODED_RUSTFLAGS", remap(project).join("\u{1f}"));
    for (key, value) in PROFILE {
        cargo.env(format!("CARGO_PROFILE_RELEASE_{key}"), value);
    }
    say("building with cargo …");
    tool::run(&mut cargo, RUSTUP, "cargo did not build the plugin; its messages are above")?;
    let module = target.join(TARGET).join("release").join(format!("{name}.wasm"));
    let bytes = fs::read(&module).map_err(Error::files("read", &module))?;
    componentise(&bytes)
}

const RUSTUP: &str = "install Rust from https://rustup.rs";

/// What cargo calls the library.
fn library(folder: &Path) -> Result<String, Error> {
    let file = folder.join("Cargo.toml");
    let text = fs::read_to_string(&file).map_err(Error::files("read", &file))?;
    let table: toml::Table =
        text.parse().map_err(|error| Error::wrong(format!("{} is wrong: {error}", file.display())))?;
    let dynamic = table.get("lib").and_then(|lib| lib.get("crate-type")).and_then(toml::Value::as_array);
    if !dynamic.is_some_and(|types| types.iter().any(|it| it.as_str() == Some("cdylib"))) {
        return Err(Error::wrong(format!(
            "{} makes no module of its library; write crate-type = [\"cdylib\", \"rlib\"] under [lib]",
            file.display()
        )));
    }
    let named = |table: &str, of: &toml::Table| Some(of.get(table)?.get("name")?.as_str()?.replace('-', "_"));
    named("lib", &table)
        .or_else(|| named("package", &table))
        .ok_or_else(|| Error::wrong(format!("{} has no [package] with a name", file.display())))
}

/// Installs the standard library for Wasm if it is not there.
fn ensure_target(folder: &Path, say: &mut dyn FnMut(&str)) -> Result<(), Error> {
    let asked = ["--print", "target-libdir", "--target", TARGET];
    let there = tool::answer(Command::new("rustc").current_dir(folder).args(asked));
    match there {
        None => return Err(Error::Tool(format!("`rustc` is not on this machine; {RUSTUP}"))),
        Some(libraries) if Path::new(&libraries).is_dir() => return Ok(()),
        Some(_) => {}
    }
    say(&format!("this toolchain cannot build for {TARGET} yet; installing what it takes with rustup …"));
    tool::run(
        Command::new("rustup").current_dir(folder).args(["target", "add", TARGET]),
        &format!("this Rust is not rustup's; install its standard library for {TARGET} as you installed Rust"),
        &format!("`rustup target add {TARGET}` failed; its message is above"),
    )
}

/// Keeps this machine's paths out of the component, so that the same sources give the same bytes anywhere.
fn remap(project: &Project) -> Vec<String> {
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
    let crates = cargo_home.map(|home| format!("--remap-path-prefix={}=crates", home.join("registry/src").display()));
    let own = format!("--remap-path-prefix={}=", project.folder.join("").display());
    [Some(own), crates].into_iter().flatten().collect()
}

fn componentise(module: &[u8]) -> Result<Vec<u8>, Error> {
    let mut encoder = ComponentEncoder::default();
    encoder.validate(true);
    encoder.module(module).and_then(ComponentEncoder::encode).map_err(|error| {
        Error::wrong(format!(
            "what cargo built is no plugin: {error:#}. Often a dependency expects an operating system or a browser: \
             look for its features that can be left out"
        ))
    })
}
