//! A box from the inside: where its folders are for who is in the jail, and the jail for one program.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::cache::Caches;
use crate::disk::{Alone, Disk};
use crate::jail::{self, Jail};
use crate::place::{Orders, Place};
use crate::profile::Profile;

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
    /// Whether what we mount is ours alone.
    alone: Option<Alone>,
    /// How what the agent writes is bounded.
    disk: Disk,
    /// How large the disk is that is there already.
    ready: Option<u64>,
    /// What the repository says of its boxes.
    pub(crate) profile: Profile,
    /// What is kept from boxes before it.
    pub(crate) caches: Caches,
    /// The objects of the mirror, for reading.
    pub(crate) objects: Option<PathBuf>,
}

impl Cell {
    /// The box at `place`, of the program `program`.
    pub(crate) fn new(place: Place, orders: Orders, program: PathBuf, alone: Option<Alone>) -> Self {
        let name = place.folder().to_string_lossy().into_owned();
        let user = jail::user(&name).filter(|_| !orders.unsandboxed_i_accept_the_risk);
        let disk = Disk::Watched { folders: vec![place.work()], bytes: orders.sizes.disk };
        Self {
            place,
            orders,
            program,
            user,
            alone,
            disk,
            ready: None,
            profile: Profile::default(),
            caches: Caches::default(),
            objects: None,
        }
    }

    /// Ourselves, on the host.
    pub(crate) fn own_program(&self) -> &Path {
        &self.program
    }

    /// The user that files can be lent to, if this process may lend any: what it mounts must be its own.
    pub(crate) fn borrower(&self) -> Option<u32> {
        self.user.filter(|_| self.alone.is_some())
    }

    /// On this disk, that was made before anybody asked.
    pub(crate) fn with(mut self, disk: Option<u64>) -> Self {
        self.ready = disk;
        self
    }

    /// Makes the disk and the folders of the work.
    pub(crate) fn furnish(&mut self) -> io::Result<()> {
        let bytes = self.orders.sizes.disk;
        if self.ready.take() == Some(bytes) {
            self.disk = Disk::Own { folder: self.place.work() };
        } else if let Some(alone) = self.alone.filter(|_| !self.orders.unsandboxed_i_accept_the_risk) {
            // Over the one that is there, if that has another size.
            match Disk::own(alone, &self.place.image(), &self.place.work(), bytes) {
                Ok(disk) => self.disk = disk,
                // It is watched instead. The folder's log says why.
                Err(error) => eprintln!("no disk of its own: {error}"),
            }
        }
        self.place.furnish(self.user)
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

    /// The home folder that is at `outside`, for who is inside.
    pub(crate) fn home(&self, outside: &Path) -> String {
        self.inside("/signalbox/home", outside)
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
            writable: [(self.checkout(), self.place.checkout()), (self.outputs(), self.place.outputs())]
                .into_iter()
                .chain(
                    self.caches.found.iter().map(|(path, at, _)| (format!("{}/{path}", self.checkout()), at.clone())),
                )
                .collect(),
            command,
            env: common.map(|(name, value)| (name.to_owned(), value)).into_iter().chain(env).collect(),
            folder: self.checkout(),
            hatch: false,
            user: self.user,
            sizes: self.orders.sizes,
            disk: self.disk.clone(),
            doors: vec![],
            unsandboxed: self.orders.unsandboxed_i_accept_the_risk,
        }
    }

    fn inside(&self, inside: &str, outside: &Path) -> String {
        // Without a jail everything is where it is.
        if self.orders.unsandboxed_i_accept_the_risk { outside.display().to_string() } else { inside.to_owned() }
    }
}
