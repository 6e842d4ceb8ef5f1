//! From modules to a component: QuickJS with the plugin already read in, by a program of its own.
//!
//! That program brings a second compiler, so it is no part of this one. It is looked for beside it, where a release has
//! put it; then among the tools of this user; then it is built there, once, from the sources brought along, whose lock file
//! pins every part of it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use signalbox_domain::id::Digest;

use crate::error::Error;
use crate::language;
use crate::project::Project;
use crate::tool;

const PROGRAM: &str = "signalbox-quickjs";
const SOURCES: [(&str, &str); 3] = [
    ("Cargo.toml", include_str!("../../../plugins/sdk-js/compiler/Cargo.toml")),
    ("Cargo.lock", include_str!("../../../plugins/sdk-js/compiler/Cargo.lock")),
    ("src/main.rs", include_str!("../../../plugins/sdk-js/compiler/src/main.rs")),
];

pub(crate) fn build(project: &Project, say: &mut dyn FnMut(&str)) -> Result<Vec<u8>, Error> {
    let program = program(say)?;
    let made = tempfile::NamedTempFile::new().map_err(Error::files("make", Path::new("a temporary file")))?;
    say("building with QuickJS …");
    let mut command = Command::new(&program);
    command.current_dir(&project.folder);
    command.args(["sdk/wit", language::world(project.manifest.world), "sdk/component.js", "."]).arg(made.path());
    tool::run(
        &mut command,
        "remove it, and it is built again",
        "QuickJS did not read the plugin in; its message is above. What a module does outside of its functions is done \
         while it is built",
    )?;
    fs::read(made.path()).map_err(Error::files("read", made.path()))
}

fn program(say: &mut dyn FnMut(&str)) -> Result<PathBuf, Error> {
    let beside = env::current_exe().ok().and_then(|this| Some(this.parent()?.join(PROGRAM)));
    if let Some(beside) = beside.filter(|it| it.is_file()) {
        return Ok(beside);
    }
    let folder = tool::folder()?.join(format!("quickjs-{}", version()));
    let program = folder.join(PROGRAM);
    if !program.is_file() {
        install(&folder, say)?;
    }
    Ok(program)
}

/// Other sources are another program, in a folder of its own.
fn version() -> String {
    let all: String = SOURCES.map(|(_, text)| text).concat();
    Digest::of(all.as_bytes()).as_str().trim_start_matches("sha256:").chars().take(12).collect()
}

fn install(folder: &Path, say: &mut dyn FnMut(&str)) -> Result<(), Error> {
    say(&format!("building the compiler for JavaScript into {}; this takes some minutes, once …", folder.display()));
    for (path, text) in SOURCES {
        let file = folder.join(path);
        let parent = file.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(Error::files("make", parent))?;
        fs::write(&file, text).map_err(Error::files("write", &file))?;
    }
    let target = folder.join("target");
    let mut cargo = Command::new("cargo");
    cargo.current_dir(folder).args(["build", "--release", "--locked", "--target-dir"]).arg(&target);
    for meant_for_others in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "CARGO_TARGET_DIR"] {
        cargo.env_remove(meant_for_others);
    }
    tool::run(
        &mut cargo,
        &format!(
            "it builds the compiler for JavaScript once. Install Rust from https://rustup.rs, or put the `{PROGRAM}` of a \
             release beside `signalbox`"
        ),
        "cargo did not build the compiler for JavaScript; its messages are above",
    )?;
    let built = target.join("release").join(PROGRAM);
    let program = folder.join(PROGRAM);
    fs::rename(&built, &program).map_err(Error::files("move", &built))?;
    fs::remove_dir_all(&target).map_err(Error::files("remove", &target))
}
