//! Repositories come and go: a person's working copy or a remote one becomes a repository of ours.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use serde::{Deserialize, Serialize};
use signalbox_domain::id::{Commit, Repository};
use signalbox_ports::Error;
use signalbox_ports::forge::Known;

use crate::git::{Failed, IMPORT, answer, told};
use crate::source::{Offered, Source};
use crate::{Forge, Place, disk, names};

/// Where an import's branches wait to be compared with ours.
const WAITING: &str = "refs/signalbox/import/";
/// The ways a repository can be fetched from elsewhere.
const TRANSPORTS: &str = "file:https:http:ssh";
/// The most bytes of a readme that are looked at for a description.
const README: usize = 64 << 10;
/// From how many loose objects on they are packed.
const LOOSE: &str = "gc.auto=6700";
/// The most letters of a description found in a readme.
const DESCRIPTION: usize = 200;

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The repository as the forge knows it now.
    pub known: Known,
    /// Where its default branch is.
    pub commit: Commit,
    /// Whether it was new here.
    pub new: bool,
    /// What the person should know: uncommitted changes that did not come along, branches left as they were.
    pub notices: Vec<String>,
}

/// What we know of a repository beside what git knows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct About {
    pub(crate) description: String,
    pub(crate) default_branch: String,
}

impl Forge {
    /// Brings in a repository, or brings ours up to date with it: `source` is a folder (a working copy or a bare
    /// repository) or a URL (`https://…`, `ssh://…`, `user@host:path`); `name` is `owner/name` or `name`, by default
    /// the folder's, with the owner `local`.
    ///
    /// What is committed comes along, nothing else. A branch of ours moves forward only; if the default branch has
    /// moved on at both ends, nothing changes and the error says what to do.
    pub async fn import(&self, source: &str, name: Option<&str>) -> Result<Imported, Error> {
        let source = Source::of(source)?;
        let place = self.place(&source.name(name)?)?;
        let offered = self.offered(&source).await?;
        // Fetching may take long. The repository's lock is for what moves branches, and that comes after.
        let _alone = disk::hold(place.importing()).await?;
        let mut notices = self.uncommitted(&source).await;
        let (about, new) = match self.about(&place)? {
            Some(about) => (about, false),
            None => (About { description: String::new(), default_branch: offered.main(&source, &mut notices)? }, true),
        };
        if new {
            self.prepare(&place, &offered, &about.default_branch).await?;
        }
        self.fetch(&place, &source).await?;
        let held = disk::hold(place.lock.clone()).await?;
        let (commit, left) = self.take(&place, &about.default_branch).await?;
        notices.extend(left);
        let known = self.introduce(&place, about, &commit).await?;
        drop(held);
        // What pushes left in many small files is packed now and then; if it cannot be, nothing is lost.
        let packing = ["-c", LOOSE, "gc", "--auto", "--quiet", "--no-detach"];
        let _ = answer(self.git.command(Some(&place.git), &packing), IMPORT).await;
        Ok(Imported { known, commit, new, notices })
    }

    /// Says in words what a repository is.
    pub async fn describe(&self, repository: &Repository, description: &str) -> Result<(), Error> {
        let place = self.there(repository)?;
        let _held = disk::hold(place.lock.clone()).await?;
        let about = self.about(&place)?;
        let default_branch = about.map(|about| about.default_branch).unwrap_or_default();
        disk::keep(&place.about(), &About { description: description.trim().to_owned(), default_branch })
    }

    /// Takes a repository and its change requests away, and ends every token for it. The folder it was imported from
    /// is not touched. Removing what is not there succeeds.
    pub async fn remove(&self, repository: &Repository) -> Result<(), Error> {
        let place = self.place(repository)?;
        let _alone = disk::hold(place.importing()).await?;
        let _held = disk::hold(place.lock.clone()).await?;
        self.end_all(repository).await?;
        let aside = self.folder.join(".removed");
        let removing = || {
            if place.git.exists() {
                std::fs::create_dir_all(&aside)?;
                // One rename: it is there or it is not, whatever happens to the rest.
                let aside = tempfile::tempdir_in(&aside)?;
                std::fs::rename(&place.git, aside.path().join("repository"))?;
            }
            Ok::<_, std::io::Error>(())
        };
        removing().map_err(|error| Error::unavailable(format!("{repository} could not be removed: {error}")))
    }

    /// The repositories here, by name.
    pub(crate) async fn known(&self) -> Result<Vec<Known>, Error> {
        let mut known = Vec::new();
        for owner in folders(&self.folder)? {
            for name in folders(&self.folder.join(&owner))? {
                let Some(name) = name.strip_suffix(".git") else { continue };
                let Ok(place) = self.place(&Repository(format!("{owner}/{name}"))) else { continue };
                if let Some(about) = self.about(&place)? {
                    known.push(of(&place, about));
                }
            }
        }
        Ok(known)
    }

    /// What we know of a repository, if it is here.
    pub(crate) fn about(&self, place: &Place) -> Result<Option<About>, Error> {
        disk::kept(&place.about())
    }

    /// Asks the source what it has.
    async fn offered(&self, source: &Source) -> Result<Offered, Error> {
        let command = self.outside(None, &["ls-remote".into(), "--symref".into(), "--".into(), source.argument()]);
        let answer = answer(command, IMPORT).await.map_err(|failed| source.explain(failed))?;
        let offered = Offered::read(&String::from_utf8_lossy(&answer));
        if offered.branches.is_empty() {
            return Err(Error::rejected(format!(
                "{source} has no commit on any branch yet: commit something (`git add . && git commit`) and import it again"
            )));
        }
        Ok(offered)
    }

    /// An empty repository for what is to come. What an import that was cut off left is begun anew.
    async fn prepare(&self, place: &Place, offered: &Offered, default_branch: &str) -> Result<(), Error> {
        let format =
            offered.branches.values().next().map_or("sha1", |id| if id.len() == 64 { "sha256" } else { "sha1" });
        std::fs::create_dir_all(&place.git).map_err(Error::unavailable)?;
        let arguments = [
            "init".to_owned(),
            "--quiet".into(),
            "--bare".into(),
            "--template=".into(),
            format!("--object-format={format}"),
            format!("--initial-branch={}", names::branch(default_branch)?),
        ];
        self.git.ask(&place.git, &arguments).await?;
        let head = format!("refs/heads/{default_branch}");
        self.git.ask(&place.git, &["symbolic-ref", "HEAD", &head]).await?;
        Ok(())
    }

    /// Fetches the source's branches to where they wait, and its tags.
    async fn fetch(&self, place: &Place, source: &Source) -> Result<(), Error> {
        let options = [
            "fetch",
            "--quiet",
            "--prune",
            "--no-tags",
            "--no-write-fetch-head",
            "--update-shallow",
            "--no-recurse-submodules",
            "--",
        ];
        let mut arguments: Vec<OsString> = options.iter().map(OsString::from).collect();
        arguments.extend([
            source.argument(),
            format!("+refs/heads/*:{WAITING}*").into(),
            "refs/tags/*:refs/tags/*".into(),
        ]);
        match answer(self.outside(Some(&place.git), &arguments), IMPORT).await {
            Ok(_) => Ok(()),
            // A tag that means something else here than there stays as it is; the branches have come.
            Err(Failed::Exit { complaint, .. }) if complaint.contains("would clobber existing tag") => Ok(()),
            Err(failed) => Err(source.explain(failed)),
        }
    }

    /// Moves our branches forward to those that wait, all or none. Gives the default branch's commit, and what stayed.
    async fn take(&self, place: &Place, default_branch: &str) -> Result<(Commit, Vec<String>), Error> {
        let format = "--format=%(objectname) %(refname)";
        let refs = self.git.text(&place.git, &["for-each-ref", format, "refs/heads/", WAITING]).await?;
        let refs: BTreeMap<&str, &str> =
            refs.lines().filter_map(|line| line.split_once(' ')).map(|(id, name)| (name, id)).collect();
        let (mut moves, mut notices) = (String::new(), Vec::new());
        for (waiting, theirs) in &refs {
            let Some(branch) = waiting.strip_prefix(WAITING) else { continue };
            let name = format!("refs/heads/{branch}");
            match refs.get(name.as_str()) {
                None => moves.push_str(&format!("create {name} {theirs}\n")),
                Some(ours) if ours == theirs || self.follows(place, theirs, ours).await? => {}
                Some(ours) if self.follows(place, ours, theirs).await? => {
                    moves.push_str(&format!("update {name} {theirs} {ours}\n"));
                }
                Some(_) if branch == default_branch => {
                    return Err(Error::rejected(format!(
                        "the branch {branch} has moved on both here and there, so neither follows from the other; nothing \
                         was changed. Merge ours into yours (`git pull {} {branch}`) and import again, or remove {} \
                         here and import it anew",
                        place.git.display(),
                        place.repository
                    )));
                }
                Some(_) => notices
                    .push(format!("the branch {branch} has moved on both here and there; ours was left as it is")),
            }
        }
        if !moves.is_empty() {
            let command = self.git.command(Some(&place.git), &["update-ref", "--stdin"]);
            told(command, moves.into_bytes(), crate::git::QUESTION).await?;
        }
        let commit = self
            .tip(place, default_branch)
            .await?
            .ok_or_else(|| Error::rejected(format!("{} has no branch {default_branch} any more", place.repository)))?;
        Ok((commit, notices))
    }

    /// Writes down what we know of the repository: from now on it is here.
    async fn introduce(&self, place: &Place, mut about: About, commit: &Commit) -> Result<Known, Error> {
        // Somebody may have described it meanwhile.
        if let Some(newer) = self.about(place)? {
            about = newer;
        }
        if about.description.is_empty() {
            for readme in ["README.md", "README", "README.txt", "readme.md"] {
                if let Some(text) = self.text(place, commit, readme, README).await? {
                    about.description = description(&text);
                    break;
                }
            }
        }
        disk::keep(&place.about(), &about)?;
        Ok(of(place, about))
    }

    /// Says so if a working copy has changes that are not committed. Git reads the folder by its own rules here: one
    /// that belongs to somebody else is not looked into.
    async fn uncommitted(&self, source: &Source) -> Vec<String> {
        let Source::Folder(folder) = source else { return Vec::new() };
        if !folder.join(".git").exists() {
            return Vec::new();
        }
        let mut arguments: Vec<OsString> = ["-c", "core.fsmonitor=false", "-C"].iter().map(OsString::from).collect();
        arguments.extend([folder.into(), "status".into(), "--porcelain".into(), "--ignore-submodules".into()]);
        let mut command = self.git.command(None, &arguments);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null");
        match answer(command, crate::git::QUESTION).await {
            Ok(status) => match String::from_utf8_lossy(&status).lines().count() {
                0 => Vec::new(),
                1 => vec!["1 file with uncommitted changes did not come along: only what is committed does".into()],
                files => vec![format!(
                    "{files} files with uncommitted changes did not come along: only what is committed does"
                )],
            },
            Err(_) => vec![
                "whether the folder has uncommitted changes could not be seen; only what is committed came along"
                    .into(),
            ],
        }
    }

    /// A git process that may reach other repositories.
    fn outside(&self, repository: Option<&Path>, arguments: &[OsString]) -> tokio::process::Command {
        let mut command = self.git.command(repository, arguments);
        command.env("GIT_ALLOW_PROTOCOL", TRANSPORTS).env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes");
        for name in
            ["SSH_AUTH_SOCK", "HTTPS_PROXY", "https_proxy", "http_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE"]
        {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
    }
}

fn of(place: &Place, about: About) -> Known {
    Known { repository: place.repository.clone(), description: about.description, default_branch: about.default_branch }
}

/// The folders in a folder, by name, without the hidden ones.
fn folders(folder: &Path) -> Result<Vec<String>, Error> {
    let reading = || {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir()
                && let Ok(name) = entry.file_name().into_string()
                && !name.starts_with('.')
            {
                names.push(name);
            }
        }
        names.sort();
        Ok::<_, std::io::Error>(names)
    };
    reading().map_err(|error| Error::unavailable(format!("{} could not be read: {error}", folder.display())))
}

/// The first sentence-like line of a readme; its title, if there is none.
fn description(readme: &str) -> String {
    let line = |line: &&str| line.starts_with(|letter: char| letter.is_alphanumeric());
    let mut lines = readme.lines().map(str::trim);
    let found = lines.clone().find(line).or_else(|| lines.find(|line| !line.is_empty()));
    found.unwrap_or_default().trim_start_matches(['#', '=', ' ']).chars().take(DESCRIPTION).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_readme_says_what_its_repository_is() {
        assert_eq!(description("# Title\n\n[badge]\n\nThe website of it.\nMore."), "The website of it.");
        assert_eq!(description("# Title\n"), "Title");
        assert_eq!(description(""), "");
    }
}
