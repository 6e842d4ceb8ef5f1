//! A box from the inside: where its folders are for who is in the jail, and the jail for one program.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::jail::{self, Jail};
use crate::place::{Orders, Place};

/// Programs are looked for here, after the tools.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A furnished box.
pub(crate) struct Cell {
    pub(crate) place: Place,
    pub(crate) orders: Orders,
    /// Ourselves.
    program: PathBuf,
    /// The user of the jail, if we may choose one.
    pub(crate) user: Option<u32>,
    /// The objects of the mirror, for reading.
    pub(crate) objects: Option<PathBuf>,
}

impl Cell {
    /// The box at `place`, of the program `program`.
    pub(crate) fn new(place: Place, orders: Orders, program: PathBuf) -> Self {
        let name = place.folder().to_string_lossy().into_owned();
        let user = jail::user(&name).filter(|_| !orders.unsandboxed_i_accept_the_risk);
        Self { place, orders, program, user, objects: None }
    }

    /// The checkout, for who is inside.
    pub(crate) fn checkout(&self) -> String {
        self.inside("/checkout", &self.place.checkout())
    }

    /// The folder of files given, for who is inside.
    pub(crate) fn inputs(&self) -> String {
        self.inside("/signalbox/in", &self.place.inputs())
    }

    /// The folder of files to give, for who is inside.
    pub(crate) fn outputs(&self) -> String {
        self.inside("/signalbox/out", &self.place.outputs())
    }

    /// The mirror's objects, for who is inside.
    pub(crate) fn mirror(&self) -> Option<String> {
        self.objects.as_ref().map(|objects| self.inside("/signalbox/mirror", objects))
    }

    /// Ourselves, for who is inside.
    pub(crate) fn program(&self) -> String {
        self.inside(jail::PROGRAM, &self.program)
    }

    /// The jail for `command`, with `env` beside what every program is told.
    pub(crate) fn jail(&self, command: Vec<String>, env: BTreeMap<String, String>) -> Jail {
        let tools = self.orders.tools.iter().map(|folder| (folder.display().to_string(), folder.clone()));
        let mirror = self.mirror().zip(self.objects.clone());
        let path = self.orders.tools.iter().map(|folder| folder.join("bin").display().to_string());
        let path: Vec<String> = path.chain([PATH.to_owned()]).collect();
        let common = [
            ("PATH", path.join(":")),
            ("HOME", "/tmp".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            ("TERM", "dumb".to_owned()),
            ("USER", "agent".to_owned()),
            ("GIT_CONFIG_NOSYSTEM", "1".to_owned()),
            ("SIGNALBOX_IN", self.inputs()),
            ("SIGNALBOX_OUT", self.outputs()),
        ];
        Jail {
            root: self.place.root(),
            program: self.program.clone(),
            readable: tools.chain([(self.inputs(), self.place.inputs())]).chain(mirror).collect(),
            writable: BTreeMap::from([
                (self.checkout(), self.place.checkout()),
                (self.outputs(), self.place.outputs()),
            ]),
            command,
            env: common.map(|(name, value)| (name.to_owned(), value)).into_iter().chain(env).collect(),
            folder: self.checkout(),
            user: self.user,
            unsandboxed: self.orders.unsandboxed_i_accept_the_risk,
        }
    }

    fn inside(&self, inside: &str, outside: &Path) -> String {
        // Without a jail everything is where it is.
        if self.orders.unsandboxed_i_accept_the_risk { outside.display().to_string() } else { inside.to_owned() }
    }
}
