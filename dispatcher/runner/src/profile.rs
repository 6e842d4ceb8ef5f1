//! What a repository says of its boxes, as the default branch has it.

use signalbox_domain::devbox::Checkout;
use signalbox_workflow::devbox::{self, Devbox};

use crate::checkout::trusted;
use crate::mirror::Mirror;
use crate::sizes::{Sizes, Wanted};

/// What one box is to be like.
#[derive(Clone, Debug, Default)]
pub(crate) struct Profile {
    /// As it is written.
    pub(crate) said: Devbox,
    /// The sizes it comes to, if any are named.
    pub(crate) sizes: Option<Sizes>,
}

impl Profile {
    /// Of the default branch, never of what is under work. `most` is what the installation gives a box.
    pub(crate) fn of(mirror: &Mirror, checkout: &Checkout, most: &Sizes) -> Result<Self, String> {
        let Some(text) = mirror.file(trusted(checkout), devbox::FILE) else { return Ok(Self::default()) };
        let wrong = |what: &str| format!("the repository's {} cannot be followed: {what}", devbox::FILE);
        let text = String::from_utf8(text).map_err(|_| wrong("it is no UTF-8 text"))?;
        let said = devbox::read(&text).map_err(|problems| {
            let problems: Vec<String> =
                problems.iter().map(|problem| format!("{} ({})", problem.brief(), problem.help)).collect();
            wrong(&problems.join("; "))
        })?;
        let cpus = said.cpus.as_deref().map(str::parse).transpose().map_err(|_| wrong("cpus: write 0.5, 2 or 16"))?;
        let wanted = Wanted { memory: said.memory.clone(), cpus, processes: said.processes, disk: said.disk.clone() };
        let sizes = wanted.within(most).map_err(|error| wrong(&error))?;
        Ok(Self { said, sizes: Some(sizes) })
    }
}
