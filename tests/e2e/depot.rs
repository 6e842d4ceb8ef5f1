//! A registry of plugins on this machine: the reference one, as Debian has it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;

use tempfile::TempDir;

use crate::program::PATIENCE;

/// A registry that is up.
pub(crate) struct Depot {
    child: Child,
    _folder: TempDir,
    /// `127.0.0.1:…`
    pub(crate) address: String,
}

impl Depot {
    /// Starts one; nothing where there is no program for it, which is then said.
    pub(crate) fn start() -> Option<Self> {
        let Some(program) = program() else {
            println!("skipped: there is no docker-registry on this machine; apt-get install docker-registry");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.yml");
        let storage = folder.path().join("storage");
        let text = format!(
            "version: 0.1\nlog:\n  level: info\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: \
             127.0.0.1:0\n",
            storage.display()
        );
        fs::write(&config, text).unwrap();
        let mut command = Command::new(program);
        command.arg("serve").arg(&config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (said, hear) = channel();
        std::thread::spawn(move || {
            // To the end, so that it can always write.
            for line in lines.map_while(Result::ok) {
                let _ = said.send(line);
            }
        });
        let address = loop {
            let line = hear.recv_timeout(PATIENCE).expect("the registry says where it listens");
            if let Some((_, rest)) = line.split_once("listening on ") {
                break rest.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ':')).collect();
            }
        };
        Some(Self { child, _folder: folder, address })
    }
}

impl Drop for Depot {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Debian's name for it, then its own.
fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    ["docker-registry", "registry"]
        .iter()
        .flat_map(|name| std::env::split_paths(&path).map(|folder| folder.join(name)).collect::<Vec<_>>())
        .find(|program| Path::is_file(program))
}
