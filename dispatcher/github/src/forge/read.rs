//! Looking: branches, files, folders.
//!
//! Whoever decides something by a file (a workflow, a policy, `CODEOWNERS`, a change request's template) asks for it at
//! the commit that [`Github::default_head`] names, never at the one that is being worked on.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use signalbox_domain::id::Commit;
use signalbox_ports::Error;
use signalbox_ports::forge::Head;

use super::open::Pull;
use crate::app::{Github, Place, Trouble, escaped};

#[derive(Deserialize)]
struct About {
    id: u64,
    default_branch: String,
}

#[derive(Deserialize)]
struct Ref {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    sha: String,
}

#[derive(Deserialize)]
struct Blob {
    content: String,
    encoding: String,
}

impl Github {
    /// The commit of a branch: a name, or `pull/N/head` for the branch that a change request comes from. Nothing begins
    /// in a fork: whoever owns it changes it as they like, and what lies there was reviewed by nobody here.
    pub(crate) async fn branch_head(&self, place: &Place, branch: &str) -> Result<Head, Error> {
        if let Some(number) = pulled(branch) {
            let pull = place.caller.find::<Pull>(&format!("{}/pulls/{number}", place.path)).await?;
            let Some(pull) = pull else {
                return Err(Error::rejected(format!("{} has no pull request #{number}", place.repository)));
            };
            if !pull.here(&place.repository) {
                return Err(Error::rejected(format!(
                    "pull request #{number} comes from a fork, and I neither begin there nor push there. Bring its \
                     branch into {} and ask on a pull request of that, or add `branch:{}` to have it done apart from it",
                    place.repository, pull.base.name
                )));
            }
            return Ok(Head { branch: pull.head.name, commit: Commit(pull.head.sha) });
        }
        match self.tip(place, branch).await? {
            Some(commit) => Ok(Head { branch: branch.to_owned(), commit }),
            None => Err(Error::rejected(format!("{} has no branch {branch}", place.repository))),
        }
    }

    /// The commit of the default branch.
    pub(crate) async fn default_head(&self, place: &Place) -> Result<Head, Error> {
        let about = self.about(place).await?;
        match self.tip(place, &about.1).await? {
            Some(commit) => Ok(Head { branch: about.1, commit }),
            None => Err(Error::rejected(format!("{} is empty: it has no commit yet", place.repository))),
        }
    }

    /// A repository's immutable id and its default branch.
    pub(crate) async fn about(&self, place: &Place) -> Result<(u64, String), Error> {
        let about: Result<About, Trouble> = place.caller.get(&place.path).await;
        let about = about.map_err(|trouble| trouble.or(|| crate::app::absent(&place.repository)))?;
        Ok((about.id, about.default_branch))
    }

    /// Where a branch is, if it is there.
    pub(crate) async fn tip(&self, place: &Place, branch: &str) -> Result<Option<Commit>, Error> {
        let path = format!("{}/git/ref/heads/{}", place.path, escaped(named(branch)?));
        let found: Result<Option<Ref>, Trouble> = place.caller.find(&path).await;
        match found {
            Ok(found) => Ok(found.map(|found| Commit(found.object.sha))),
            // A repository without a commit.
            Err(trouble) if trouble.is(http::StatusCode::CONFLICT) => Ok(None),
            Err(trouble) => Err(trouble.into()),
        }
    }

    /// The text of a file.
    pub(crate) async fn text(
        &self,
        place: &Place,
        at: &Commit,
        path: &str,
        limit: usize,
    ) -> Result<Option<String>, Error> {
        let tree = self.tree(place, at).await?;
        let Some(entry) = tree.get(path.trim_start_matches('/')).filter(|entry| entry.plain()) else { return Ok(None) };
        if entry.size > limit as u64 {
            return Ok(None);
        }
        let bytes = self.content(place, &entry.sha).await?;
        Ok(String::from_utf8(bytes).ok().filter(|text| text.len() <= limit && !text.contains('\0')))
    }

    /// The bytes of a file's content.
    pub(crate) async fn content(&self, place: &Place, sha: &str) -> Result<Vec<u8>, Error> {
        let blob: Blob = place.caller.get(&format!("{}/git/blobs/{sha}", place.path)).await?;
        match blob.encoding.as_str() {
            "base64" => {
                let packed: String = blob.content.split_ascii_whitespace().collect();
                BASE64_STANDARD
                    .decode(packed)
                    .map_err(|error| Error::unavailable(format!("{sha} came broken: {error}")))
            }
            _ => Ok(blob.content.into_bytes()),
        }
    }

    /// The paths below a folder, in order.
    pub(crate) async fn below(
        &self,
        place: &Place,
        at: &Commit,
        folder: &str,
        limit: usize,
    ) -> Result<Vec<String>, Error> {
        let tree = self.tree(place, at).await?;
        let folder = folder.trim_matches('/');
        let inside =
            |path: &&String| folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        Ok(tree.keys().filter(inside).take(limit).cloned().collect())
    }
}

/// The number of the change request whose proposal is named.
fn pulled(branch: &str) -> Option<u64> {
    branch.strip_prefix("pull/")?.strip_suffix("/head")?.parse().ok()
}

/// A branch's name, if it can be one.
pub(crate) fn named(branch: &str) -> Result<&str, Error> {
    let odd = |part: &str| part.is_empty() || part.starts_with('.') || part.ends_with(".lock") || part.ends_with('.');
    let bent = branch.contains("..")
        || branch.contains("@{")
        || branch.starts_with('-')
        || branch.bytes().any(|byte| byte <= b' ' || byte == 0x7f || b"~^:?*[\\".contains(&byte));
    if bent || branch.split('/').any(odd) {
        return Err(Error::rejected(format!("{branch:?} cannot be the name of a branch")));
    }
    Ok(branch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_is_named_as_git_would_have_it() {
        for good in ["main", "fix/price", "signalbox/run-01J", "ünï", "pull/x/head"] {
            assert_eq!(named(good), Ok(good));
        }
        for bad in
            ["", "/a", "a/", "a//b", "a..b", "a b", "-f", "a~1", "a^", "a:b", "x.lock", ".a", "a/.b", "a@{1}", "a."]
        {
            assert!(named(bad).is_err(), "{bad}");
        }
        assert_eq!(["pull/12/head", "pull/x/head", "pull//head", "main"].map(pulled), [Some(12), None, None, None]);
    }
}
