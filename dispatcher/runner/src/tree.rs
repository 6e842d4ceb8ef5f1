//! The files of a commit, laid out once and lent to many boxes: each sees them as its own, and changes only copies.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ffi::CString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::mount::{MountFlags, mount};
use signalbox_domain::devbox::Checkout;
use signalbox_domain::id::Commit;

use crate::cell::Cell;
use crate::checkout::{Error, LAY_OUT, give_all, repository};
use crate::jail;
use crate::mirror::Mirror;
use crate::place::{Place, give};

/// Whom the files of all trees are of. No box runs as that user.
pub(crate) const OWNER: u32 = jail::FIRST_USER - 1;
/// How many trees are kept of one repository.
const KEPT: usize = 3;
/// From how many files on a commit gets a tree of its own, and is not laid out over another's.
const FAR: usize = 2_000;

/// A commit's files. They stay while this lives.
pub(crate) struct Tree {
    folder: PathBuf,
    /// The commit.
    pub(crate) commit: Commit,
    /// Whoever removes trees asks for all of this lock.
    _kept: File,
}

impl Tree {
    /// A tree of `checkout`'s start or of a commit like it, made now if there is none.
    pub(crate) fn near(cell: &Cell, mirror: &Mirror, checkout: &Checkout) -> Result<Self, Error> {
        let all = mirror.trees();
        fs::create_dir_all(&all)?;
        // Boxes that need the same tree take turns: the first makes it.
        let turn = File::create(all.join("lock"))?;
        turn.lock()?;
        let trees = trees(&all)?;
        let exact = trees.iter().find(|(commit, _)| *commit == checkout.start);
        let near = || trees.iter().find(|(commit, _)| mirror.distance(commit, &checkout.start) < FAR);
        if let Some((commit, folder)) = exact.or_else(near) {
            return Ok(Self { folder: folder.clone(), commit: commit.clone(), _kept: keep(folder)? });
        }
        let of = if mirror.distance(&checkout.base, &checkout.start) < FAR { &checkout.base } else { &checkout.start };
        let tree = make(cell, checkout, of, &all)?;
        thin(&all, KEPT)?;
        Ok(tree)
    }

    /// Lays the files at `place`'s checkout, for the box of `cell`: they are there at once, however many.
    pub(crate) fn lay(&self, cell: &Cell, user: u32) -> io::Result<()> {
        let mut layers = Layers::below(&cell.place, "tree");
        layers.merged = cell.place.checkout();
        lend(cell, &self.files(), &layers, user)
    }

    /// What git knows of the files.
    pub(crate) fn index(&self) -> PathBuf {
        self.folder.join("index")
    }

    fn files(&self) -> PathBuf {
        self.folder.join("files")
    }
}

/// Where the parts of a folder are that is lent: what is lent, what is changed of it, and both together.
pub(crate) struct Layers {
    lower: PathBuf,
    upper: PathBuf,
    scratch: PathBuf,
    /// Both together.
    pub(crate) merged: PathBuf,
}

impl Layers {
    /// Folders of their own for `name`. What is changed lies on the box's disk.
    pub(crate) fn below(place: &Place, name: &str) -> Self {
        let own = place.work().join(name);
        Self {
            lower: place.folder().join(format!("lower-{name}")),
            upper: own.join("upper"),
            scratch: own.join("scratch"),
            merged: place.folder().join(format!("merged-{name}")),
        }
    }
}

/// Mounts `files` at `layers`, for `user` to change what they see of them.
pub(crate) fn lend(cell: &Cell, files: &Path, layers: &Layers, user: u32) -> io::Result<()> {
    let Layers { lower, upper, scratch, merged } = layers;
    jail::lend(cell.own_program(), files, OWNER, lower, user)?;
    for folder in [upper, scratch, merged] {
        fs::create_dir_all(folder)?;
    }
    give(upper, Some(user))?;
    let path = |path: &Path| match path.to_str() {
        Some(text) if !text.contains([':', ',', '\\']) => Ok(text.to_owned()),
        _ => Err(io::Error::other(format!("{} has a name that cannot be mounted", path.display()))),
    };
    let options = format!("lowerdir={},upperdir={},workdir={}", path(lower)?, path(upper)?, path(scratch)?);
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    Ok(mount("overlay", merged, "overlay", flags, CString::new(options)?.as_c_str())?)
}

/// Removes all but the newest of the folders in `all` that nobody has.
pub(crate) fn thin(all: &Path, kept: usize) -> io::Result<()> {
    trees(all)?.iter().skip(kept).for_each(|(_, folder)| remove(folder));
    Ok(())
}

/// The trees of a repository, the newest first.
fn trees(all: &Path) -> io::Result<Vec<(Commit, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(all)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // What is half made has another name.
        if entry.file_type()?.is_dir() && !name.starts_with('.') {
            let made = entry.metadata()?.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            found.push((made, Commit(name), entry.path()));
        }
    }
    found.sort_by_key(|(made, _, _)| Reverse(*made));
    Ok(found.into_iter().map(|(_, commit, folder)| (commit, folder)).collect())
}

/// Keeps what lies in `folder` while the file lives.
pub(crate) fn keep(folder: &Path) -> io::Result<File> {
    let lock = File::create(folder.join("lock"))?;
    lock.lock_shared()?;
    Ok(lock)
}

/// Lays out `commit`, in a jail: what a repository can make git do when it is checked out happens there.
fn make(cell: &Cell, checkout: &Checkout, commit: &Commit, all: &Path) -> Result<Tree, Error> {
    let new = all.join(format!(".new-{commit}"));
    if new.exists() {
        fs::remove_dir_all(&new)?;
    }
    let (files, own) = (new.join("files"), new.join("files/.git"));
    fs::create_dir_all(&files)?;
    let of = Checkout { start: commit.clone(), ..checkout.clone() };
    repository(&own, &cell.mirror().unwrap_or_default(), &of)?;
    give_all(&files, Some(OWNER))?;
    let command = ["sh", "-euc", LAY_OUT, "sh", commit.as_str(), "empty"].map(str::to_owned);
    let env = BTreeMap::from([("GIT_CONFIG_GLOBAL".to_owned(), "/dev/null".to_owned())]);
    let mut layout = cell.jail(command.into(), env);
    layout.user = Some(OWNER);
    layout.writable = BTreeMap::from([(cell.checkout(), files)]);
    layout.run(&cell.place.jail())?.map_err(Error::LayOut)?;
    fs::rename(own.join("index"), new.join("index"))?;
    fs::remove_dir_all(own)?;
    let folder = all.join(commit.as_str());
    fs::rename(new, &folder)?;
    let _kept = keep(&folder)?;
    Ok(Tree { folder, commit: commit.clone(), _kept })
}

/// Removes a tree, unless a box still has it.
fn remove(folder: &Path) {
    let lock = File::create(folder.join("lock"));
    match lock.map(|lock| lock.try_lock().map(|()| lock)) {
        Ok(Ok(_all)) => {
            // Under another name, so that nobody takes half of one; what is left of it is removed with the next.
            let gone = folder.with_file_name(format!(".gone-{}", folder.file_name().unwrap_or_default().display()));
            if fs::rename(folder, &gone).is_ok() {
                let _ = fs::remove_dir_all(gone);
            }
        }
        Ok(Err(TryLockError::WouldBlock | TryLockError::Error(_))) | Err(_) => {}
    }
}
