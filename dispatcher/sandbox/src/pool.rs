//! Boxes that are ready before anybody asks for them.

use std::fs;
use std::io;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;

use signalbox_domain::devbox::Checkout;
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::devbox::Spec;
use signalbox_runner::place::{Orders, Place};

use crate::boxes::{Boxes, end, now, remove};

/// Folders of boxes that nobody asked for yet begin so. No box's begins with a point.
const UNASKED: &str = ".warm-";

impl Boxes {
    /// Makes a box that is ready the one that is asked for, if there is one. It is ours to take while it is our turn, and
    /// its folder gets its name once.
    pub(crate) fn take(&self, place: &Place, spec: &Spec) -> io::Result<bool> {
        let orders = self.orders(&spec.devbox)?;
        for ready in self.unasked()? {
            if is_ready(&ready)? && is_alike(&ready.orders()?, &orders) {
                place.take(&ready, &orders, &spec.claim_token)?;
                self.ready.fetch_add(1, Ordering::Relaxed);
                return Ok(true);
            }
        }
        self.made.fetch_add(1, Ordering::Relaxed);
        Ok(false)
    }

    /// Makes boxes until as many are ready as are wanted. Those that have ended, or that are not like those of now, go.
    pub(crate) fn refill(&self) -> Result<(), Error> {
        let _turn = self.turn().map_err(Error::unavailable)?;
        let orders = self.orders(&"unasked".into()).map_err(Error::unavailable)?;
        let mut count = 0;
        for ready in self.unasked().map_err(Error::unavailable)? {
            let good = is_ready(&ready).map_err(Error::unavailable)?
                && ready.orders().is_ok_and(|its| is_alike(&its, &orders))
                && count < self.config.warm;
            if good {
                count += 1;
            } else {
                end(&ready)?;
                // What is left of it is no box.
                let _ = remove(ready.folder());
            }
        }
        for number in count..self.config.warm {
            let ready = Place::at(self.all().join(format!("{UNASKED}{}-{number}", now().0)));
            ready.make_unasked(&orders).map_err(Error::unavailable)?;
            self.started(&ready, "wait")?;
        }
        Ok(())
    }

    /// Fetches what `checkout` names, and lays it out where boxes are lent it from.
    pub(crate) fn warm(&self, checkout: &Checkout) -> Result<(), Error> {
        let folder = self.all().join(format!(".warming-{}-{}", std::process::id(), now().0));
        let place = Place::at(&folder);
        let warmed = (|| {
            place.make_unasked(&self.orders(&"unasked".into())?)?;
            fs::write(folder.join("checkout.json"), serde_json::to_vec(checkout)?)?;
            let mut command = Command::new(&self.config.program);
            command.args(["runner", "warm"]).arg(&folder).env_clear();
            command.envs(std::env::var_os("PATH").map(|path| ("PATH", path))).stdin(Stdio::null()).output()
        })();
        let _ = remove(&folder);
        let output = warmed.map_err(Error::unavailable)?;
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        if output.status.success() { Ok(()) } else { Err(Error::unavailable(said)) }
    }

    /// How many boxes were ready, and how many were not.
    pub(crate) fn hits(&self) -> (u64, u64) {
        (self.ready.load(Ordering::Relaxed), self.made.load(Ordering::Relaxed))
    }

    fn unasked(&self) -> io::Result<Vec<Place>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.all())? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(UNASKED) {
                found.push(Place::at(entry.path()));
            }
        }
        Ok(found)
    }
}

/// Whether somebody is in it who waits to be asked.
fn is_ready(place: &Place) -> io::Result<bool> {
    Ok(place.occupant().is_some() && place.vacant()?.is_none())
}

/// Whether a box made by these orders is one that could be made by those.
fn is_alike(one: &Orders, other: &Orders) -> bool {
    let plain = |orders: &Orders| Orders { devbox: "any".into(), since: Time(0), ..orders.clone() };
    plain(one) == plain(other)
}
