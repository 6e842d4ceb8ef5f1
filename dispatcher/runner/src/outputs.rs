//! What the agent left in its outputs folder, read without following anything it planted there.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use serde_json::Value;
use signalbox_domain::devbox::Proposal;

use crate::secret::Secrets;

/// The largest handoff collected, in bytes.
const FILE_BYTES: u64 = 1 << 20;
/// The largest typed output or proposal, in bytes: with the most of them the last report is still a small one.
const JSON_BYTES: u64 = 32 << 10;
/// The most proposals collected.
const PROPOSALS: usize = 16;

/// What was collected.
#[derive(Debug, Default)]
pub(crate) struct Outputs {
    /// The typed output.
    pub(crate) output: Option<Value>,
    /// The proposals, in the order of their files' names.
    pub(crate) proposals: Vec<Proposal>,
    /// The handoffs that were promised and are there, by name.
    pub(crate) handoffs: BTreeMap<String, Vec<u8>>,
    /// What lies there and was not taken, and why.
    pub(crate) refused: Vec<String>,
}

/// Collects from `folder` the typed output, the proposals and the files that `produces` names.
///
/// The jail must have ended.
pub(crate) fn collect(folder: &Path, produces: &[String]) -> io::Result<Outputs> {
    let mut outputs = Outputs::default();
    let root = File::open(folder)?;
    let take = |name: &str, most: u64, refused: &mut Vec<String>| match read_beneath(&root, name, most) {
        Ok(content) => content,
        Err(why) => {
            refused.push(format!("{name} was not taken: {why}"));
            None
        }
    };
    if let Some(content) = take("output.json", JSON_BYTES, &mut outputs.refused) {
        match serde_json::from_slice(&content) {
            Ok(value) => outputs.output = Some(value),
            Err(error) => outputs.refused.push(format!("output.json is not JSON: {error}")),
        }
    }
    for name in proposals(folder, &mut outputs.refused) {
        let Some(content) = take(&name, JSON_BYTES, &mut outputs.refused) else { continue };
        match serde_json::from_slice(&content) {
            Ok(proposal) => outputs.proposals.push(proposal),
            Err(error) => outputs.refused.push(format!("{name} is not a proposal: {error}")),
        }
    }
    for name in produces {
        if let Some(content) = take(name, FILE_BYTES, &mut outputs.refused) {
            outputs.handoffs.insert(name.clone(), content);
        }
    }
    Ok(outputs)
}

impl Outputs {
    /// The same without secrets, down to what is committed of it.
    pub(crate) fn struck(mut self, secrets: &Secrets) -> Self {
        self.output.iter_mut().for_each(|output| secrets.strike_all(output));
        for proposal in &mut self.proposals {
            let mut value = serde_json::to_value(&*proposal).unwrap_or_default();
            secrets.strike_all(&mut value);
            if let Ok(struck) = serde_json::from_value(value) {
                *proposal = struck;
            }
        }
        for content in self.handoffs.values_mut() {
            *content = secrets.strike(&String::from_utf8_lossy(content)).into_bytes();
        }
        self.refused.iter_mut().for_each(|refused| *refused = secrets.strike(refused));
        self
    }
}

fn proposals(folder: &Path, refused: &mut Vec<String>) -> Vec<String> {
    let folder = folder.join("proposals");
    // A link instead of the folder would list somebody else's files.
    if !fs::symlink_metadata(&folder).is_ok_and(|metadata| metadata.is_dir()) {
        return Vec::new();
    }
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> =
        names.filter(|name| name.ends_with(".json")).map(|name| format!("proposals/{name}")).collect();
    names.sort();
    if names.len() > PROPOSALS {
        refused.push(format!("{} proposals were not taken: {PROPOSALS} are the most", names.len() - PROPOSALS));
        names.truncate(PROPOSALS);
    }
    names
}

/// The content of the regular file `name` beneath `root`, reached through no link. Nothing if there is none.
fn read_beneath(root: &File, name: &str, most: u64) -> Result<Option<Vec<u8>>, String> {
    // Not blocking: a pipe that nobody writes to must not hold us.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let file = match rustix::fs::openat2(root, name, flags, Mode::empty(), resolve) {
        Ok(file) => File::from(file),
        Err(Errno::NOENT) => return Ok(None),
        Err(Errno::LOOP | Errno::XDEV) => return Err("it is a link, or leads out of the folder".to_owned()),
        Err(error) => return Err(error.to_string()),
    };
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is not a file".to_owned());
    }
    if metadata.len() > most {
        return Err(format!("it has {} bytes; {most} are the most", metadata.len()));
    }
    let mut content = Vec::new();
    file.take(most).read_to_end(&mut content).map_err(|error| error.to_string())?;
    Ok(Some(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_planted_in_the_folder_is_followed() {
        let box_ = tempfile::tempdir().unwrap();
        let out = box_.path().join("out");
        fs::create_dir_all(out.join("sub")).unwrap();
        fs::write(box_.path().join("secret.json"), r#"{"proposal": "answer", "text": "secret"}"#).unwrap();
        fs::create_dir(box_.path().join("elsewhere")).unwrap();
        std::os::unix::fs::symlink("../secret.json", out.join("output.json")).unwrap();
        std::os::unix::fs::symlink("..", out.join("proposals")).unwrap();
        std::os::unix::fs::symlink("..", out.join("up")).unwrap();
        let fifo = rustix::fs::mknodat(
            File::open(&out).unwrap(),
            "pipe.md",
            rustix::fs::FileType::Fifo,
            Mode::RUSR | Mode::WUSR,
            0,
        );
        fifo.unwrap();
        fs::write(out.join("sub/plan.md"), "fine").unwrap();
        fs::write(out.join("big.md"), vec![b'x'; usize::try_from(FILE_BYTES).unwrap() + 1]).unwrap();
        let wanted = ["sub/plan.md", "up/secret.json", "../secret.json", "pipe.md", "big.md", "not-there.md"];
        let outputs = collect(&out, &wanted.map(str::to_owned)).unwrap();
        assert_eq!(outputs.output, None);
        assert!(outputs.proposals.is_empty(), "{outputs:?}");
        assert_eq!(outputs.handoffs.keys().collect::<Vec<_>>(), ["sub/plan.md"]);
        assert_eq!(outputs.refused.len(), 5, "{:?}", outputs.refused);
    }
}
