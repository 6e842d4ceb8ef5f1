//! The files under work: laid out from the mirror without copying history, for the agent and for us.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use signalbox_agents::SETTINGS;
use signalbox_domain::devbox::Checkout;
use signalbox_domain::id::Commit;

use crate::cache::Caches;
use crate::cell::Cell;
use crate::git;
use crate::mirror::Mirror;
use crate::place::give;
use crate::profile::Profile;
use crate::tree::Tree;

/// Lays out the commit, run in the jail: what a repository can make git do when it is checked out happens there.
/// `$1` is where settings are taken from, `$2` says whether the files are there already; the rest are settings.
pub(crate) const LAY_OUT: &str = r#"
trusted=$1 laid=$2; shift 2
[ "$laid" = laid ] || git reset --hard --quiet
export GIT_INDEX_FILE=.git/index-of-trusted
for path do
  rm -rf -- "$path"
  git read-tree "$trusted"
  git ls-files -z -- ":(literal)$path" | git checkout-index --force -z --stdin
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
    /// What the repository says of its boxes.
    #[error("{0}")]
    Profile(String),
    /// A file of ours.
    #[error("a file of the box could not be written: {0}")]
    Io(#[from] std::io::Error),
}

/// The files under work, and the repository that we alone write to.
pub(crate) struct Work {
    /// What was checked out.
    pub(crate) checkout: Checkout,
    /// Settings of agents that differ from the default branch's and were replaced by them: not the agent's doing.
    pub(crate) replaced: Vec<String>,
    /// Whose files lie under it.
    _tree: Option<Tree>,
}

/// Fetches what `checkout` names, reads what the repository says of its boxes, and lays out its files in `cell`. Without
/// a checkout it is a box without files.
pub(crate) fn prepare(cell: &mut Cell, checkout: Option<&Checkout>) -> Result<Option<Work>, Error> {
    let Some(checkout) = checkout else {
        cell.furnish()?;
        return Ok(None);
    };
    validate(checkout)?;
    let config = cell.place.git_config();
    git::write_config(&config)?;
    let mirror = Mirror::with(&cell.orders.mirrors, &config, checkout)?;
    cell.objects = Some(mirror.objects());
    cell.profile = Profile::of(&mirror, checkout, &cell.orders.sizes).map_err(Error::Profile)?;
    cell.orders.sizes = cell.profile.sizes.unwrap_or(cell.orders.sizes);
    cell.furnish()?;
    let work = lay_out(cell, &mirror, checkout)?;
    cell.caches = Caches::lay(cell, &mirror, checkout)?;
    Ok(Some(work))
}

fn lay_out(cell: &Cell, mirror: &Mirror, checkout: &Checkout) -> Result<Work, Error> {
    let trusted = trusted(checkout);
    repository(&cell.place.git(), &mirror.objects().display().to_string(), checkout)?;
    let tree = lent(cell, mirror, checkout)?;
    let own = cell.place.checkout().join(".git");
    repository(&own, &cell.mirror().unwrap_or_default(), checkout)?;
    if let Some(tree) = &tree {
        fs::copy(tree.index(), own.join("index"))?;
    }
    give_all(&own, cell.user)?;
    let replaced: Vec<String> = SETTINGS
        .iter()
        .filter(|path| mirror.object(&checkout.start, path) != mirror.object(trusted, path))
        .map(|path| (*path).into())
        .collect();
    let laid = tree.as_ref().is_some_and(|tree| tree.commit == checkout.start);
    if !laid || !replaced.is_empty() {
        let state = if laid { "laid" } else { "empty" };
        let command = ["sh", "-euc", LAY_OUT, "sh", trusted.as_str(), state].map(str::to_owned);
        let command = command.into_iter().chain(replaced.clone()).collect();
        let env = BTreeMap::from([("GIT_CONFIG_GLOBAL".to_owned(), "/dev/null".to_owned())]);
        cell.jail(command, env).run(&cell.place.jail())?.map_err(Error::LayOut)?;
    }
    // Nothing untrusted has run yet; from here on the two repositories have nothing in common but the mirror.
    fs::copy(own.join("index"), cell.place.git().join("index"))?;
    Ok(Work { checkout: checkout.clone(), replaced, _tree: tree })
}

/// The files of a commit like the one that is wanted, laid under the checkout, if this machine can lend them.
fn lent(cell: &Cell, mirror: &Mirror, checkout: &Checkout) -> Result<Option<Tree>, Error> {
    let Some(user) = cell.borrower() else { return Ok(None) };
    let tree = Tree::near(cell, mirror, checkout)?;
    match tree.lay(cell, user) {
        Ok(()) => Ok(Some(tree)),
        Err(error) => {
            // They are laid out by git instead. The folder's log says why.
            eprintln!("no files are lent: {error}");
            Ok(None)
        }
    }
}

/// The commit that decides about work on `checkout`.
pub(crate) fn trusted(checkout: &Checkout) -> &Commit {
    checkout.trusted.as_ref().unwrap_or(&checkout.base)
}

/// An empty repository at `dir` that borrows `objects` and is on the branch.
pub(crate) fn repository(dir: &Path, objects: &str, checkout: &Checkout) -> std::io::Result<()> {
    let head = dir.join("refs/heads").join(&checkout.branch);
    for folder in [dir.join("objects/info"), head.with_file_name("")] {
        fs::create_dir_all(folder)?;
    }
    fs::write(dir.join("HEAD"), format!("ref: refs/heads/{}\n", checkout.branch))?;
    fs::write(
        dir.join("config"),
        "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tcheckStat = minimal\n\ttrustctime = false\n[user]\n\tname = agent\n\temail = agent@localhost\n",
    )?;
    fs::write(dir.join("objects/info/alternates"), format!("{objects}\n"))?;
    fs::write(head, format!("{}\n", checkout.start))
}

pub(crate) fn give_all(path: &Path, user: Option<u32>) -> std::io::Result<()> {
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
        (
            "a head of the default branch that is no commit:",
            trusted(checkout).as_str(),
            name(trusted(checkout).as_str()),
        ),
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
