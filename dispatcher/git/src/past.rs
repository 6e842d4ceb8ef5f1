//! Finding: words in the files of a commit, and the commits before it that touched a path.

use signalbox_domain::id::Commit;
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::forge::{Hit, Past};

use crate::git::Failed;
use crate::{Forge, Place, names};

/// The most bytes of what is found that are read.
const FOUND: usize = 256 * 1024;
/// The most of a line that is shown, in characters.
const LINE: usize = 300;

impl Forge {
    /// The lines in which words occur, taken literally, in any case.
    pub(crate) async fn grep(&self, place: &Place, at: &Commit, words: &str, limit: usize) -> Result<Vec<Hit>, Error> {
        let at = names::commit(at)?;
        if words.contains(['\0', '\n']) {
            return Ok(Vec::new());
        }
        let arguments = ["grep", "-I", "-i", "-n", "-z", "--full-name", "--fixed-strings", "-e", words, at, "--"];
        let (found, _) = match self.git.first(&place.git, &arguments, FOUND).await {
            Ok(found) => found,
            // Nothing was found.
            Err(Failed::Exit { code: Some(1), .. }) => return Ok(Vec::new()),
            Err(failed) => return Err(failed.into()),
        };
        let found = String::from_utf8_lossy(&found);
        let hits = found.lines().filter_map(|line| {
            let mut parts = line.splitn(3, '\0');
            let path = parts.next()?.strip_prefix(at)?.strip_prefix(':')?;
            let line = parts.next()?.parse().ok()?;
            Some(Hit { path: path.into(), line: Some(line), text: parts.next()?.chars().take(LINE).collect() })
        });
        Ok(hits.take(limit).collect())
    }

    /// The newest commits that touched a path, newest first.
    pub(crate) async fn touched(
        &self,
        place: &Place,
        at: &Commit,
        path: &str,
        limit: usize,
    ) -> Result<Vec<Past>, Error> {
        let at = names::commit(at)?;
        let Some(path) = names::path(path) else { return Ok(Vec::new()) };
        let most = format!("--max-count={limit}");
        let arguments =
            ["--literal-pathspecs", "log", &most, "--no-color", "--format=%H%x09%ct%x09%an%x09%s", at, "--", path];
        let (log, _) = self.git.first(&place.git, &arguments, FOUND).await?;
        let log = String::from_utf8_lossy(&log);
        let past = log.lines().filter_map(|line| {
            let mut parts = line.splitn(4, '\t');
            let commit = Commit(parts.next()?.into());
            let seconds: u64 = parts.next()?.parse().ok()?;
            Some(Past { commit, by: parts.next()?.into(), at: Time(seconds * 1_000), title: parts.next()?.into() })
        });
        Ok(past.collect())
    }
}
