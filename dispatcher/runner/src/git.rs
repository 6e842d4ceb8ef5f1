//! Git, run by us: with no hook, no helper, no filter and no configuration but ours, whatever lies in the work tree.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;

/// Everything that could run a program or follow what an agent wrote is turned off.
const CONFIG: &str = "\
[core]
\thooksPath = /dev/null
\tfsmonitor = false
\tattributesFile = /dev/null
\texcludesFile = /dev/null
\tuntrackedCache = false
\tcheckStat = minimal
\ttrustctime = false
\tbigFileThreshold = 16m
\tsshCommand = false
\tpager = cat
\teditor = false
[safe]
\tdirectory = *
[credential]
\thelper =
[gc]
\tauto = 0
[maintenance]
\tauto = false
[diff]
\tignoreSubmodules = all
[submodule]
\trecurse = false
[fetch]
\trecurseSubmodules = false
[push]
\trecurseSubmodules = no
[commit]
\tgpgSign = false
[http]
\tfollowRedirects = false
\tlowSpeedLimit = 1000
\tlowSpeedTime = 60
";

/// How long the forge may be out of reach. It is back seconds after it is started again, and no try of the phase should
/// be lost to that.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long to wait before asking it again.
const PAUSE: Duration = Duration::from_millis(500);

/// What git did not do, and its own words for why.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Git said no.
    #[error("git {command}: {complaint}")]
    Refused {
        /// The subcommand.
        command: String,
        /// The end of what it wrote.
        complaint: String,
    },
    /// It could not be run at all.
    #[error("git could not be run: {0}")]
    Io(#[from] io::Error),
}

/// What git says when the network or the other side is at fault.
const PASSING: [&str; 14] = [
    "Could not resolve",
    "Failed to connect",
    "Couldn't connect",
    "Connection",
    "timed out",
    "RPC failed",
    "early EOF",
    "hung up",
    "Empty reply",
    "unexpected disconnect",
    // A push whose dispatcher was killed goes on without it, and may be done before the next one.
    "cannot lock ref",
    "stale info",
    "error: 50",
    "error: 429",
];

impl Error {
    /// Whether trying again later may help.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Refused { complaint, .. } => PASSING.iter().any(|words| complaint.contains(words)),
            Self::Io(_) => true,
        }
    }
}

/// Asks the forge until it answers, or for as long as one is waited for.
pub(crate) fn patiently<T, E>(passing: impl Fn(&E) -> bool, mut ask: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match ask() {
            Err(error) if passing(&error) && Instant::now() < deadline => std::thread::sleep(PAUSE),
            answer => return answer,
        }
    }
}

/// Writes the configuration that [`Git`] reads to `path`.
pub(crate) fn write_config(path: &Path) -> io::Result<()> {
    fs::write(path, CONFIG)
}

/// One git command being put together.
pub(crate) struct Git {
    command: Command,
    name: String,
    input: Vec<u8>,
}

impl Git {
    /// The subcommand `name` on the repository `dir`, configured by the file `config` alone.
    pub(crate) fn new(config: &Path, dir: &Path, name: &str) -> Self {
        let mut command = Command::new("git");
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into()))
            .env("HOME", "/nonexistent")
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", config)
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_ALLOW_PROTOCOL", "http:https:file")
            .env("GIT_DIR", dir)
            .current_dir(dir)
            .arg(name);
        Self { command, name: name.to_owned(), input: Vec::new() }
    }

    /// With these arguments.
    pub(crate) fn args<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(mut self, arguments: I) -> Self {
        self.command.args(arguments);
        self
    }

    /// With this variable.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// On the files in `tree`.
    pub(crate) fn work_tree(mut self, tree: &Path) -> Self {
        self.command.env("GIT_WORK_TREE", tree).current_dir(tree);
        self
    }

    /// With the credential `token` for `url`. It is in the environment, where no argument list shows it.
    pub(crate) fn credential(self, url: &str, token: Option<&str>) -> Self {
        let Some(token) = token.filter(|_| url.starts_with("http://") || url.starts_with("https://")) else {
            return self;
        };
        self.env("GIT_CONFIG_COUNT", "1")
            .env("GIT_CONFIG_KEY_0", format!("http.{url}.extraHeader"))
            .env("GIT_CONFIG_VALUE_0", format!("Authorization: Basic {}", basic(token)))
    }

    /// With this on its standard input.
    pub(crate) fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Its output.
    pub(crate) fn bytes(mut self) -> Result<Vec<u8>, Error> {
        let mut child = self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let (stdin, input) = (child.stdin.take(), self.input);
        let feeder = std::thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&input)));
        let output = child.wait_with_output()?;
        // A git that ended before it read everything says so itself.
        let _ = feeder.join();
        if output.status.success() {
            return Ok(output.stdout);
        }
        if output.status.code().is_none() {
            // Killed, for want of memory perhaps: git did not say no.
            return Err(Error::Io(io::Error::other(format!("git {} ended with {}", self.name, output.status))));
        }
        let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(Error::Refused { command: self.name, complaint: tail(&complaint, 600).to_owned() })
    }

    /// Its output as one line of text.
    pub(crate) fn line(self) -> Result<String, Error> {
        Ok(String::from_utf8_lossy(&self.bytes()?).trim().to_owned())
    }

    /// Only its doing.
    pub(crate) fn run(self) -> Result<(), Error> {
        self.bytes().map(drop)
    }
}

/// What git sends as the password for `token`.
pub(crate) fn basic(token: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(format!("x-access-token:{token}"))
}

/// The last `most` bytes of `text`, not cutting a character.
pub(crate) fn tail(text: &str, most: usize) -> &str {
    let mut start = text.len().saturating_sub(most);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}
