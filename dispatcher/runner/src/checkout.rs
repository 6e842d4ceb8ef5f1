//! The files under work: laid out from the mirror without copying history, for the agent and for us.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use signalbox_domain::devbox::Checkout;

use crate::cell::Cell;
use crate::git::{self, Git};
use crate::mirror::Mirror;
use crate::place::give;

/// What coding agents obey or run when they find it in a repository. It is taken from the commit the run began at,
/// never from the change under work.
const AGENT_CONFIG: [&str; 2] = [".claude", ".mcp.json"];

/// Lays out the commit, run in the jail: what a repository can make git do when it is checked out happens there.
const LAY_OUT: &str = r#"
base=$1; shift
git reset --hard --quiet
export GIT_INDEX_FILE=.git/index-of-base
for path do
  rm -rf -- "$path"
  git read-tree "$base"
  git ls-files -z -- "$path" | git checkout-index --force -z --stdin
done
"#;

/// Why there is no checkout.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The assignment names something that cannot be a commit, a branch or an address.
    #[error("the assignment's checkout has {what} {value:?}")]
    Malformed {
        /// What.
        what: &'static str,
        /// As it is written.
        value: String,
    },
    /// Git said no.
    #[error(transparent)]
    Git(#[from] git::Error),
    /// In the jail.
    #[error("the files could not be laid out: {0}")]
    LayOut(String),
    /// A file of ours.
    #[error("a file of the box could not be written: {0}")]
    Io(#[from] std::io::Error),
}

/// The files under work, and the repository that we alone write to.
pub(crate) struct Work {
    /// What was checked out.
    pub(crate) checkout: Checkout,
    /// Agent configuration that differs from the run's and was replaced by the base's: not the agent's doing.
    pub(crate) replaced: Vec<String>,
}

/// Lays out `checkout` in `cell`.
pub(crate) fn lay_out(cell: &mut Cell, checkout: &Checkout) -> Result<Work, Error> {
    validate(checkout)?;
    let config = cell.place.git_config();
    git::write_config(&config)?;
    let mirror = Mirror::with(&cell.orders.mirrors, &config, checkout)?;
    cell.objects = Some(mirror.objects());
    repository(&cell.place.git(), &mirror.objects().display().to_string(), checkout)?;
    let own = cell.place.checkout().join(".git");
    repository(&own, &cell.mirror().unwrap_or_default(), checkout)?;
    give_all(&own, cell.user)?;
    let object = |commit: &str, path: &str| {
        Git::new(&config, &cell.place.git(), "rev-parse").args(["--quiet", "--verify", &format!("{commit}:{path}")])
    };
    let differs = |path: &&str| {
        object(checkout.start.as_str(), path).line().ok() != object(checkout.base.as_str(), path).line().ok()
    };
    let replaced: Vec<String> = AGENT_CONFIG.iter().filter(|path| differs(path)).map(|path| (*path).into()).collect();
    let command = ["sh", "-euc", LAY_OUT, "sh", checkout.base.as_str()].map(str::to_owned);
    let command = command.into_iter().chain(replaced.clone()).collect();
    let env = BTreeMap::from([("GIT_CONFIG_GLOBAL".to_owned(), "/dev/null".to_owned())]);
    cell.jail(command, env).run(&cell.place.jail())?.map_err(Error::LayOut)?;
    // Nothing untrusted has run yet; from here on the two repositories have nothing in common but the mirror.
    fs::copy(own.join("index"), cell.place.git().join("index"))?;
    Ok(Work { checkout: checkout.clone(), replaced })
}

/// An empty repository at `dir` that borrows `objects` and is on the branch.
fn repository(dir: &Path, objects: &str, checkout: &Checkout) -> std::io::Result<()> {
    let head = dir.join("refs/heads").join(&checkout.branch);
    for folder in [dir.join("objects/info"), head.with_file_name("")] {
        fs::create_dir_all(folder)?;
    }
    fs::write(dir.join("HEAD"), format!("ref: refs/heads/{}\n", checkout.branch))?;
    fs::write(
        dir.join("config"),
        "[core]\n\trepositoryformatversion = 0\n\tbare = false\n[user]\n\tname = agent\n\temail = agent@localhost\n",
    )?;
    fs::write(dir.join("objects/info/alternates"), format!("{objects}\n"))?;
    fs::write(head, format!("{}\n", checkout.start))
}

fn give_all(path: &Path, user: Option<u32>) -> std::io::Result<()> {
    give(path, user)?;
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            give_all(&entry?.path(), user)?;
        }
    }
    Ok(())
}

fn validate(checkout: &Checkout) -> Result<(), Error> {
    let name = |text: &str| matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with(['.', '-'])
            && !part.ends_with(['.'])
            && !part.ends_with(".lock")
            && !part.contains("..")
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-+=#!,'%&".contains(&byte))
    };
    let branch = |text: &str| text.split('/').all(part);
    let url = |text: &str| ["http://", "https://", "file://", "/"].iter().any(|begin| text.starts_with(begin));
    for (what, value, good) in [
        ("a start that is no commit:", checkout.start.as_str(), name(checkout.start.as_str())),
        ("a base that is no commit:", checkout.base.as_str(), name(checkout.base.as_str())),
        ("a branch that cannot be one:", &checkout.branch, branch(&checkout.branch)),
        ("an address that is neither http(s) nor a path:", &checkout.url, url(&checkout.url)),
    ] {
        if !good {
            return Err(Error::Malformed { what, value: value.to_owned() });
        }
    }
    Ok(())
}
