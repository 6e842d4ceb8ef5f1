//! The git command line, run so that nothing of the machine, of a repository or of an argument can steer it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use signalbox_ports::Error;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

/// The oldest git that can be told to leave the machine's settings alone (2.32), with a margin.
const OLDEST: (u32, u32) = (2, 34);
/// How long one question to git may take.
pub(crate) const QUESTION: Duration = Duration::from_secs(60);
/// How long fetching a repository from elsewhere may take.
pub(crate) const IMPORT: Duration = Duration::from_secs(30 * 60);
/// The most bytes of an answer that must be read whole.
pub(crate) const ANSWER: usize = 32 << 20;
/// The most bytes kept of what git says when it fails.
const COMPLAINT: usize = 8 << 10;

/// The settings every git process gets, whoever starts it. A file rather than `-c` options, because git hides those
/// from the processes it starts for another repository.
const SETTINGS: &str = "\
[safe]
	directory = *
[core]
	hooksPath = /dev/null
	fsync = committed,reference
	quotePath = false
	logAllRefUpdates = true
[gc]
	auto = 0
[maintenance]
	auto = false
[transfer]
	hideRefs = refs/signalbox
[receive]
	fsckObjects = true
	denyDeletes = true
	autogc = false
	advertisePushOptions = false
[uploadpack]
	allowFilter = true
	allowReachableSHA1InWant = true
";

/// What a person without git is told.
const MISSING: &str = "git is not installed, or not on the PATH. Install it (Debian and Ubuntu: `sudo apt install git`; \
Fedora: `sudo dnf install git`; Alpine: `apk add git`; macOS: `xcode-select --install`) and try again";

/// Git, ready to be asked.
#[derive(Debug)]
pub(crate) struct Git {
    home: PathBuf,
    settings: PathBuf,
}

/// Why git gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    /// There is no git.
    #[error("{MISSING}")]
    Missing,
    /// It is too old.
    #[error("{0} is too old: install git {major}.{minor} or newer and try again", major = OLDEST.0, minor = OLDEST.1)]
    Old(String),
    /// It said no.
    #[error("git: {complaint}")]
    Exit {
        /// Its exit code; none if a signal ended it.
        code: Option<i32>,
        /// The end of what it wrote to its error stream.
        complaint: String,
    },
    /// It took too long and was killed.
    #[error("git took longer than {} s and was ended", .0.as_secs())]
    Slow(Duration),
    /// It said more than can be kept.
    #[error("git answered with more than {0} bytes")]
    Long(usize),
    /// It could not be started or talked to.
    #[error("git could not be run: {0}")]
    Io(#[from] std::io::Error),
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Missing | Failed::Old(_) | Failed::Long(_) => Self::rejected(failed),
            Failed::Exit { .. } | Failed::Slow(_) | Failed::Io(_) => Self::unavailable(failed),
        }
    }
}

impl Git {
    /// Git with its settings written into `folder`.
    pub(crate) fn at(folder: &Path) -> Result<Self, Error> {
        let settings = folder.join(".gitconfig");
        crate::disk::write(&settings, SETTINGS.as_bytes())?;
        Ok(Self { home: folder.to_path_buf(), settings })
    }

    /// Whether git is there and new enough.
    pub(crate) async fn sufficient(&self) -> Result<(), Failed> {
        let answer = answer(self.command(None, &["version"]), QUESTION).await?;
        let words = String::from_utf8_lossy(&answer).trim().to_owned();
        match version(&words) {
            // An unusual build is given the benefit of the doubt.
            None => Ok(()),
            Some(found) if found >= OLDEST => Ok(()),
            Some(_) => Err(Failed::Old(words)),
        }
    }

    /// A git process that is yet to be started: the clean environment, the repository, the arguments.
    pub(crate) fn command<A: AsRef<OsStr>>(&self, repository: Option<&Path>, arguments: &[A]) -> Command {
        let mut command = Command::new("git");
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.home)
            .env("LC_ALL", "C.UTF-8")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", &self.settings)
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_LITERAL_PATHSPECS", "1")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_ADVICE", "0")
            // No transport at all; an import names those it needs.
            .env("GIT_ALLOW_PROTOCOL", "")
            .current_dir(&self.home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if let Some(repository) = repository {
            command.env("GIT_DIR", repository);
        }
        command.args(arguments);
        command
    }

    /// The whole answer to a question about `repository`.
    pub(crate) async fn ask<A: AsRef<OsStr>>(&self, repository: &Path, arguments: &[A]) -> Result<Vec<u8>, Failed> {
        answer(self.command(Some(repository), arguments), QUESTION).await
    }

    /// The answer as text without its last line end.
    pub(crate) async fn text<A: AsRef<OsStr>>(&self, repository: &Path, arguments: &[A]) -> Result<String, Failed> {
        let bytes = self.ask(repository, arguments).await?;
        Ok(String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned())
    }

    /// Whether git says yes (exit code 0) or no (exit code 1).
    pub(crate) async fn whether<A: AsRef<OsStr>>(&self, repository: &Path, arguments: &[A]) -> Result<bool, Failed> {
        match self.ask(repository, arguments).await {
            Ok(_) => Ok(true),
            Err(Failed::Exit { code: Some(1), .. }) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// At most the first `limit` bytes of the answer, and whether there was more. Git is not kept running for the
    /// rest.
    pub(crate) async fn first<A: AsRef<OsStr>>(
        &self,
        repository: &Path,
        arguments: &[A],
        limit: usize,
    ) -> Result<(Vec<u8>, bool), Failed> {
        let mut child = spawn(self.command(Some(repository), arguments))?;
        let (bytes, complaint) = read(&mut child, limit, QUESTION).await?;
        if bytes.len() > limit {
            child.kill().await?;
            return Ok((bytes[..limit].to_vec(), true));
        }
        let status = child.wait().await?;
        ended(status, complaint).map(|()| (bytes, false))
    }
}

/// Runs a command to its end.
pub(crate) async fn answer(command: Command, time: Duration) -> Result<Vec<u8>, Failed> {
    let mut child = spawn(command)?;
    let (bytes, complaint) = read(&mut child, ANSWER, time).await?;
    if bytes.len() > ANSWER {
        child.kill().await?;
        return Err(Failed::Long(ANSWER));
    }
    let status = child.wait().await?;
    ended(status, complaint).map(|()| bytes)
}

/// Runs a command that is told `input`.
pub(crate) async fn told(mut command: Command, input: Vec<u8>, time: Duration) -> Result<Vec<u8>, Failed> {
    command.stdin(Stdio::piped());
    let mut child = spawn(command)?;
    let stdin = child.stdin.take();
    let tell = async move {
        if let Some(mut stdin) = stdin {
            // A git that ends early closes the pipe; its exit code says why.
            let _ = stdin.write_all(&input).await;
        }
    };
    let ((), read) = tokio::join!(tell, read(&mut child, ANSWER, time));
    let (bytes, complaint) = read?;
    let status = child.wait().await?;
    ended(status, complaint).map(|()| bytes)
}

/// Starts a command; one that is not there is [`Failed::Missing`].
pub(crate) fn spawn(mut command: Command) -> Result<Child, Failed> {
    command
        .spawn()
        .map_err(|error| if error.kind() == std::io::ErrorKind::NotFound { Failed::Missing } else { Failed::Io(error) })
}

/// Reads until both streams end, the time is up, or one byte over `limit` has come: then the pipe closes, and git with it.
async fn read(child: &mut Child, limit: usize, time: Duration) -> Result<(Vec<u8>, String), Failed> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let answering = async move {
        let mut bytes = Vec::new();
        if let Some(stdout) = stdout {
            stdout.take(limit as u64 + 1).read_to_end(&mut bytes).await?;
        }
        Ok::<_, std::io::Error>(bytes)
    };
    match tokio::time::timeout(time, async { tokio::join!(answering, complaint(stderr)) }).await {
        Ok((bytes, complaint)) => Ok((bytes?, complaint)),
        Err(_) => {
            child.kill().await?;
            Err(Failed::Slow(time))
        }
    }
}

/// What git says on its error stream, cut; the rest is read and dropped, so that git never waits for us.
pub(crate) async fn complaint(stream: Option<impl AsyncRead + Unpin>) -> String {
    let mut kept = Vec::new();
    if let Some(mut stream) = stream {
        let _ = (&mut stream).take(COMPLAINT as u64).read_to_end(&mut kept).await;
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    }
    String::from_utf8_lossy(&kept).trim().to_owned()
}

fn ended(status: ExitStatus, complaint: String) -> Result<(), Failed> {
    if status.success() { Ok(()) } else { Err(Failed::Exit { code: status.code(), complaint }) }
}

/// The version in `git version 2.47.3`.
fn version(words: &str) -> Option<(u32, u32)> {
    let mut numbers = words.split(' ').nth(2)?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_gits_words() {
        assert_eq!(version("git version 2.47.3"), Some((2, 47)));
        assert_eq!(version("git version 2.39.5 (Apple Git-154)"), Some((2, 39)));
        assert_eq!(version("git version next"), None);
    }

    #[tokio::test]
    async fn without_git_a_person_is_told_how_to_get_it() {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::at(folder.path()).unwrap();
        let mut command = git.command(None, &["version"]);
        command.env("PATH", folder.path());
        let error = Error::from(answer(command, QUESTION).await.unwrap_err());
        assert!(matches!(&error, Error::Rejected(words) if words.contains("sudo apt install git")), "{error}");
    }

    #[tokio::test]
    async fn a_git_that_takes_too_long_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::at(folder.path()).unwrap();
        // It waits for objects' names that never come.
        let mut command = git.command(None, &["hash-object", "--stdin"]);
        command.stdin(Stdio::piped());
        let failed = answer(command, Duration::ZERO).await.unwrap_err();
        assert!(matches!(failed, Failed::Slow(_)), "{failed}");
    }

    #[tokio::test]
    async fn nothing_of_the_machine_reaches_git() {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::at(folder.path()).unwrap();
        let settings = answer(git.command(None, &["config", "--list", "--show-origin"]), QUESTION).await.unwrap();
        let settings = String::from_utf8(settings).unwrap();
        assert!(settings.contains("safe.directory=*"));
        assert!(settings.lines().all(|line| line.contains("/.gitconfig\t")), "{settings}");
    }
}
