//! Folders that are kept from one box for the next: what `setup` made of a lock file, and nothing an agent did.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use signalbox_domain::devbox::Checkout;
use signalbox_domain::id::Digest;

use crate::cell::Cell;
use crate::checkout::trusted;
use crate::mirror::Mirror;
use crate::place::give;
use crate::tree::{self, OWNER};

/// How many are kept of one repository.
const KEPT: usize = 8;

/// The kept folders of one box.
#[derive(Debug, Default)]
pub(crate) struct Caches {
    /// Those that are there: their path in the checkout, where they are mounted, and what keeps them.
    pub(crate) found: Vec<(String, PathBuf, File)>,
    /// Those that are not: their path in the checkout, and where they would be kept.
    missing: Vec<(String, PathBuf)>,
    /// Whether what this box makes may be read by others: everything it starts from is on the default branch.
    trusted: bool,
}

impl Caches {
    /// Lays what is kept for `checkout` over its place, for this box to change as it likes: nobody else sees that.
    pub(crate) fn lay(cell: &Cell, mirror: &Mirror, checkout: &Checkout) -> io::Result<Self> {
        let mut caches = Self { trusted: mirror.is_in(&checkout.start, trusted(checkout)), ..Self::default() };
        let Some(user) = cell.borrower() else { return Ok(caches) };
        let said = &cell.profile.said;
        for (number, (name, cache)) in said.caches.iter().enumerate() {
            // What is in it follows from who makes it, of what; a lock file that is not there says nothing.
            let mut of = format!("{name}\0{}\0{}", cache.path, said.setup.as_deref().unwrap_or_default());
            let objects: Option<Vec<String>> =
                cache.key.iter().map(|path| mirror.object(&checkout.start, path)).collect();
            let Some(objects) = objects else { continue };
            objects.iter().for_each(|object| of.push_str(&format!("\0{object}")));
            let folder = mirror.caches().join(Digest::of(of.as_bytes()).as_str().replace(':', "-"));
            if !folder.join("files").is_dir() {
                caches.missing.push((cache.path.clone(), folder));
                continue;
            }
            let kept = tree::keep(&folder)?;
            // Its place in the checkout is an empty folder, which no commit has.
            let Some(at) = plain_folder(&cell.place.checkout(), &cache.path, Some(user))? else { continue };
            if fs::read_dir(&at)?.next().is_some() {
                continue;
            }
            let place = tree::Layers::below(&cell.place, &format!("cache-{number}"));
            tree::lend(cell, &folder.join("files"), &place, user)?;
            caches.found.push((cache.path.clone(), place.merged, kept));
        }
        Ok(caches)
    }

    /// Whether everything that `setup` makes is there.
    pub(crate) fn are_warm(&self) -> bool {
        !self.found.is_empty() && self.missing.is_empty()
    }

    /// Keeps what `setup` made, before anybody else was in the box. Its programs have ended.
    pub(crate) fn keep(&self, cell: &Cell) -> io::Result<()> {
        if !self.trusted {
            return Ok(());
        }
        for (path, folder) in &self.missing {
            let Some(made) = plain_folder(&cell.place.checkout(), path, None)? else { continue };
            let all = folder.parent().unwrap_or(folder);
            fs::create_dir_all(all)?;
            let turn = File::create(all.join("lock"))?;
            turn.lock()?;
            if folder.exists() {
                continue;
            }
            let new = all.join(format!(".new-{}", std::process::id()));
            fs::create_dir_all(&new)?;
            // Links are copied as links; nothing of ours follows them.
            program("cp", &["-a", "--no-target-directory", "--"], &[&made, &new.join("files")])?;
            program("chown", &["-R", "-h", &format!("{OWNER}:{OWNER}"), "--"], &[&new.join("files")])?;
            fs::rename(new, folder)?;
            tree::thin(all, KEPT)?;
        }
        Ok(())
    }
}

/// The folder `path` below `top`, if no part of it is a link or a file. With `user` what is missing of it is made, and
/// is theirs.
fn plain_folder(top: &Path, path: &str, user: Option<u32>) -> io::Result<Option<PathBuf>> {
    let mut folder = top.to_path_buf();
    for part in path.split('/') {
        folder.push(part);
        match fs::symlink_metadata(&folder) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound && user.is_some() => {
                fs::create_dir(&folder)?;
                give(&folder, user)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok(Some(folder))
}

fn program(name: &str, options: &[&str], paths: &[&Path]) -> io::Result<()> {
    let output = Command::new(name).args(options).args(paths).stdin(Stdio::null()).output()?;
    let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() { Ok(()) } else { Err(io::Error::other(format!("{name}: {complaint}"))) }
}
