//! From sources to `plugin.wasm`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::language::Language;
use crate::project::{COMPONENT, Project};
use crate::{javascript, python, rust};

/// What was built.
#[derive(Clone, Debug)]
pub struct Built {
    /// The component.
    pub component: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Builds a plugin's component. `say` is told what takes time; what tools say goes to standard error.
pub fn build(project: &Project, say: &mut dyn FnMut(&str)) -> Result<Built, Error> {
    let component = match project.language {
        Language::Rust => rust::build(project, say)?,
        Language::JavaScript => javascript::build(project, say)?,
        Language::Python => python::build(project, say)?,
    };
    let path = project.at(COMPONENT);
    write(&path, &component)?;
    Ok(Built { component: path, bytes: component.len() as u64 })
}

/// Writes beside and renames: nobody finds half a component.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let beside = path.with_extension("wasm-new");
    fs::write(&beside, bytes).map_err(Error::files("write", &beside))?;
    fs::rename(&beside, path).map_err(Error::files("write", path))
}
