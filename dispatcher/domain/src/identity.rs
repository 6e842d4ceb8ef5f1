//! Who somebody is, and what that lets them do: the same rule on every surface.

use alloc::collections::BTreeMap;
use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::talk::Role;

/// What somebody is to the place they speak in, as that place says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// One of its own.
    Member,
    /// Invited to a part of it.
    Guest,
    /// From another organisation, or from nowhere that is known.
    External,
    /// A program.
    Bot,
    /// No longer there.
    Gone,
}

/// What a forge lets somebody do with one repository, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Nothing.
    None,
    /// Look. Of a public repository, everybody may.
    Read,
    /// Sort issues.
    Triage,
    /// Push.
    Write,
    /// Run it.
    Maintain,
    /// Own it.
    Admin,
}

/// What a team decided about people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roles {
    /// By immutable id, `chat:id`. A listing wins over everything but having left.
    pub listed: BTreeMap<String, Role>,
    /// Of every member who is not listed.
    pub members: Role,
}

impl Default for Roles {
    fn default() -> Self {
        Self { listed: BTreeMap::new(), members: Role::Member }
    }
}

impl Roles {
    /// What somebody may do. Where the place is a repository, `permission` is what its forge lets them do there, and
    /// being a member of an organisation is not enough.
    ///
    /// Guests, outsiders and programs may do nothing unless they are listed; whoever is gone may do nothing at all.
    pub fn role(&self, id: &str, standing: Standing, permission: Option<Permission>) -> Role {
        if standing == Standing::Gone {
            return Role::Outsider;
        }
        if let Some(listed) = self.listed.get(id) {
            return *listed;
        }
        match (standing, permission) {
            (Standing::Guest | Standing::External | Standing::Bot | Standing::Gone, _) => Role::Outsider,
            (Standing::Member, None) => self.members,
            (Standing::Member, Some(Permission::Admin | Permission::Maintain)) => Role::Maintainer,
            (Standing::Member, Some(Permission::Write)) => Role::Member,
            (Standing::Member, Some(Permission::Triage)) => Role::Viewer,
            (Standing::Member, Some(Permission::Read | Permission::None)) => Role::Outsider,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_members_and_the_listed_may_ask() {
        let mut roles = Roles::default();
        roles.listed.insert("chat:guest".into(), Role::Viewer);
        roles.listed.insert("chat:left".into(), Role::Admin);
        for (id, standing, permission, role) in [
            ("chat:ana", Standing::Member, None, Role::Member),
            ("chat:guest", Standing::Guest, None, Role::Viewer),
            ("chat:other", Standing::Guest, None, Role::Outsider),
            ("chat:far", Standing::External, None, Role::Outsider),
            ("chat:robot", Standing::Bot, Some(Permission::Admin), Role::Outsider),
            ("chat:left", Standing::Gone, Some(Permission::Admin), Role::Outsider),
            ("forge:1", Standing::Member, Some(Permission::Admin), Role::Maintainer),
            ("forge:2", Standing::Member, Some(Permission::Write), Role::Member),
            ("forge:3", Standing::Member, Some(Permission::Triage), Role::Viewer),
            ("forge:4", Standing::Member, Some(Permission::Read), Role::Outsider),
            ("forge:5", Standing::Member, Some(Permission::None), Role::Outsider),
        ] {
            assert_eq!(roles.role(id, standing, permission), role, "{id}");
        }
    }
}
