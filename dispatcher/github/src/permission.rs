//! What somebody may do with a repository, by asking GitHub each time: not knowing is not allowing.

use serde::Deserialize;
use signalbox_domain::identity::Permission;
use signalbox_ports::Error;

use crate::app::{Github, Place, segment};

/// What an account's id of ours begins with.
const ACCOUNT: &str = "github:";

#[derive(Deserialize)]
struct User {
    id: u64,
    login: String,
}

#[derive(Deserialize)]
struct Collaborator {
    permission: String,
    #[serde(default)]
    role_name: String,
    #[serde(default)]
    user: Option<User>,
}

impl Github {
    /// What the account `github:id` may do. Its login is looked up by the id, which is immutable; GitHub answers by
    /// login, so the answer counts only if it is about that id. Nobody, if there is no such account or it is no
    /// collaborator; every other trouble is an error, never a permission.
    pub(crate) async fn allows(&self, place: &Place, account: &str) -> Result<Permission, Error> {
        let id: u64 = account.strip_prefix(ACCOUNT).and_then(|id| id.parse().ok()).ok_or_else(|| {
            Error::rejected(format!("{account:?} is no account of GitHub: those are called github:id"))
        })?;
        let Some(user) = place.caller.find::<User>(&format!("/user/{id}")).await? else { return Ok(Permission::None) };
        let path = format!("{}/collaborators/{}/permission", place.path, segment(&user.login));
        let Some(found) = place.caller.find::<Collaborator>(&path).await? else { return Ok(Permission::None) };
        match &found.user {
            Some(found) if found.id == id && user.id == id => {}
            Some(_) | None => {
                return Err(Error::unavailable(format!(
                    "GitHub's answer is not about the account {id}: it was renamed?"
                )));
            }
        }
        Ok(found.permission())
    }
}

impl Collaborator {
    /// The role, or for one that an organisation made up itself, what it is based on.
    fn permission(&self) -> Permission {
        let named = |name: &str| match name {
            "admin" => Some(Permission::Admin),
            "maintain" => Some(Permission::Maintain),
            "write" | "push" => Some(Permission::Write),
            "triage" => Some(Permission::Triage),
            "read" | "pull" => Some(Permission::Read),
            "none" => Some(Permission::None),
            _ => None,
        };
        named(&self.role_name).or_else(|| named(&self.permission)).unwrap_or(Permission::None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_that_is_made_up_counts_as_what_it_is_based_on() {
        let read = |permission: &str, role_name: &str| {
            Collaborator { permission: permission.into(), role_name: role_name.into(), user: None }.permission()
        };
        assert_eq!(read("write", "maintain"), Permission::Maintain);
        assert_eq!(read("read", "triage"), Permission::Triage);
        assert_eq!(read("write", "release-captain"), Permission::Write);
        assert_eq!(read("admin", ""), Permission::Admin);
        assert_eq!(read("superuser", "superuser"), Permission::None);
    }
}
