//! What is made ready before anybody asks for it: a box with its disk and its runner, the files of a repository.

use std::fs::{self, File};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{io, thread};

use signalbox_domain::devbox::Checkout;

use crate::cell::Cell;
use crate::checkout::Error;
use crate::disk::{Alone, Disk};
use crate::git;
use crate::mirror::Mirror;
use crate::place::Place;
use crate::tree::Tree;

/// How long a box waits for somebody to ask for it.
const WAITING: Duration = Duration::from_secs(15 * 60);
/// How often it looks whether somebody did.
const LOOKING: Duration = Duration::from_millis(4);

/// What of a box was made before it was asked for.
pub(crate) struct Ready {
    /// That this process is the one in it.
    pub(crate) occupied: File,
    /// How large its disk is, if it has one.
    pub(crate) disk: Option<u64>,
}

/// Makes the box in `folder` ready and waits until it is somebody's: its folder has another name then, and a claim in it.
/// Nothing, if nobody came.
pub(crate) fn wait(folder: &Path, alone: Option<Alone>) -> io::Result<Option<(Place, Ready)>> {
    let place = Place::at(folder);
    let orders = place.orders()?;
    let _ = rustix::process::setsid();
    let made = alone.filter(|_| !orders.unsandboxed_i_accept_the_risk).map(|alone| {
        fs::create_dir_all(place.work())?;
        Disk::own(alone, &place.image(), &place.work(), orders.sizes.disk)
    });
    let disk = made.and_then(Result::ok).map(|_| orders.sizes.disk);
    // The folder whatever it is called.
    let handle = File::open(folder)?;
    let own = PathBuf::from(format!("/proc/self/fd/{}", handle.as_raw_fd()));
    let dispatcher = rustix::process::getppid();
    // From here on it can be taken.
    let occupied = place.occupy()?;
    let until = Instant::now() + WAITING;
    // A box that nobody asked for ends with who might have.
    while Instant::now() < until && rustix::process::getppid() == dispatcher {
        if Place::at(&own).is_unclaimed() {
            return Ok(Some((Place::at(fs::read_link(&own)?), Ready { occupied, disk })));
        }
        thread::sleep(LOOKING);
    }
    Ok(None)
}

/// Has the mirror and a tree for the checkout that `checkout.json` in `folder` names.
pub(crate) fn warm(folder: &Path, alone: Option<Alone>) -> Result<(), Error> {
    let place = Place::at(folder);
    let orders = place.orders()?;
    let checkout: Checkout =
        serde_json::from_slice(&fs::read(folder.join("checkout.json"))?).map_err(io::Error::from)?;
    // It may hold a token.
    fs::remove_file(folder.join("checkout.json"))?;
    let config = place.git_config();
    git::write_config(&config)?;
    let mirror = Mirror::with(&orders.mirrors, &config, &checkout)?;
    let mut cell = Cell::new(place, orders, std::env::current_exe()?, alone);
    cell.objects = Some(mirror.objects());
    cell.place.furnish(cell.user)?;
    if cell.borrower().is_some() {
        Tree::near(&cell, &mirror, &checkout)?;
    }
    Ok(())
}
