//! From modules to a component: CPython with the plugin already read in, by componentize-py in the plugin's own `.venv`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::language;
use crate::project::Project;
use crate::tool;

/// What a plugin in Python costs, said every time it is built.
const WARNING: &str = "a plugin in Python is some 18 MB, takes seconds to compile and is slow to load; keep it for what only \
                       Python has";
const MISSING: &str = "install Python 3.10 or newer, with its module venv";

pub(crate) fn build(project: &Project, say: &mut dyn FnMut(&str)) -> Result<Vec<u8>, Error> {
    say(&format!("mind: {WARNING}"));
    let environment = environment(project, say)?;
    let world = language::world(project.manifest.world);
    let componentize = |work: &[&str]| {
        let mut command = Command::new(environment.join("bin/componentize-py"));
        command.current_dir(&project.folder).env("VIRTUAL_ENV", &environment);
        command.args(["--quiet", "--wit-path", "sdk/wit", "--world", world]).args(work);
        command
    };
    let failed = "componentize-py did not read the plugin in; its message is above. What a module does outside of its \
                  functions is done while it is built";
    let types = project.at("sdk/types");
    if types.exists() {
        fs::remove_dir_all(&types).map_err(Error::files("empty", &types))?;
    }
    tool::run(&mut componentize(&["bindings", "sdk/types"]), MISSING, failed)?;
    let made = tempfile::NamedTempFile::new().map_err(Error::files("make", Path::new("a temporary file")))?;
    say("building with componentize-py …");
    let mut command = componentize(&["componentize", "component", "-p", "sdk", "-p", "src", "--stub-wasi", "-o"]);
    tool::run(command.arg(made.path()), MISSING, failed)?;
    fs::read(made.path()).map_err(Error::files("read", made.path()))
}

/// The plugin's own environment, with exactly what `sdk/requirements.txt` pins by digest.
fn environment(project: &Project, say: &mut dyn FnMut(&str)) -> Result<PathBuf, Error> {
    let environment = project.at(".venv");
    let pinned = project.at("sdk/requirements.txt");
    let wanted = fs::read_to_string(&pinned).map_err(Error::files("read", &pinned))?;
    let mark = environment.join("installed.txt");
    if fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(environment);
    }
    say("installing componentize-py into .venv, once …");
    let mut python = Command::new("python3");
    python.current_dir(&project.folder).args(["-m", "venv", ".venv"]);
    tool::run(&mut python, MISSING, &format!("`python3 -m venv` failed; {MISSING}"))?;
    let mut pip = Command::new(environment.join("bin/python"));
    pip.current_dir(&project.folder);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--requirement"]);
    tool::run(
        pip.arg(&pinned),
        MISSING,
        "pip did not install componentize-py; its message is above. It is there for Linux and macOS, on x86-64 and ARM",
    )?;
    fs::write(&mark, wanted).map_err(Error::files("write", &mark))?;
    Ok(environment)
}
