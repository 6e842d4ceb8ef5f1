//! The world as it is before anybody acts: people, organisations, repositories, installations.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::auth::random;
use crate::ci::find;
use crate::git::ZERO;
use crate::push::Push;
use crate::rest::content::by;
use crate::show;
use crate::state::{Holder, Installation, Kind, Membership, Repository, Role, State, Token};
use crate::{Error, World};

impl World {
    /// A person by their login; made if they are not there. Gives their number.
    pub fn user(&self, login: &str) -> u64 {
        let kind = if login.ends_with("[bot]") { Kind::Bot } else { Kind::User };
        self.inner.state().make_account(login, kind, self.inner.now())
    }

    /// An organisation; made if it is not there. Gives its number.
    pub fn organization(&self, login: &str) -> u64 {
        self.inner.state().make_account(login, Kind::Organization, self.inner.now())
    }

    /// Makes a person a member of an organisation, as an owner or not, who shows it or not. GitHub's webhooks call those
    /// who do not show it `NONE`.
    pub fn member(&self, organization: &str, login: &str, owner: bool, public: bool) {
        let (organization, member) = (self.organization(organization), self.user(login));
        if let Some(account) = self.inner.state().accounts.get_mut(&organization) {
            account.members.insert(member, Membership { owner, public });
        }
    }

    /// Gives an account another login; its number stays.
    pub fn rename_account(&self, login: &str, to: &str) {
        let id = self.user(login);
        if let Some(account) = self.inner.state().accounts.get_mut(&id) {
            account.login = to.to_owned();
        }
    }

    /// Makes a public repository with one commit on its branch `main`. Its owner is made as an organisation if nobody is
    /// called that. Gives its number.
    pub fn repository(&self, full_name: &str, files: &[(&str, &str)]) -> Result<u64, Error> {
        let (owner, name) = full_name.split_once('/').ok_or_else(|| missing(full_name))?;
        let now = self.inner.now();
        let mut state = self.inner.state();
        if let Some(there) = state.named(owner, name) {
            return Ok(there.id);
        }
        let owner = state.make_account(owner, Kind::Organization, now);
        let id = state.fresh();
        let git = self.inner.git(id);
        git.make("main")?;
        let repository = Repository {
            id,
            owner,
            name: name.to_owned(),
            description: None,
            private: false,
            default_branch: "main".into(),
            created: now,
            updated: now,
            pushed: now,
            fork_of: None,
            collaborators: BTreeMap::new(),
            protected: Default::default(),
            labels: BTreeMap::new(),
            issues: BTreeMap::new(),
            ci: Vec::new(),
        };
        let files: Vec<_> = files.iter().map(|(path, text)| (*path, Some(text.as_bytes()))).collect();
        git.write("main", None, &by(&state, owner, now), "Begin", &files)?;
        state.repositories.insert(id, repository);
        Ok(id)
    }

    /// Hides a repository from strangers, or shows it.
    pub fn private(&self, full_name: &str, private: bool) -> Result<(), Error> {
        let mut state = self.inner.state();
        let id = find(&state, full_name)?;
        if let Some(found) = state.repositories.get_mut(&id) {
            found.private = private;
        }
        Ok(())
    }

    /// What somebody may do in a repository besides what everybody may; `None`: nothing.
    pub fn collaborator(&self, full_name: &str, login: &str, role: Option<Role>) -> Result<(), Error> {
        let person = self.user(login);
        let mut state = self.inner.state();
        let id = find(&state, full_name)?;
        let Some(found) = state.repositories.get_mut(&id) else { return Ok(()) };
        match role {
            Some(role) => found.collaborators.insert(person, role),
            None => found.collaborators.remove(&person),
        };
        Ok(())
    }

    /// Installs the world's own app for an account: on all its repositories, or on those named (without the owner).
    /// Gives the installation's number. The app is told.
    pub fn install(&self, account: &str, repositories: Option<&[&str]>) -> u64 {
        let app = self.app().slug;
        self.install_app(&app, account, repositories)
    }

    /// The same for another app.
    pub fn install_app(&self, slug: &str, account: &str, repositories: Option<&[&str]>) -> u64 {
        let app = self.app_named(slug).id;
        let now = self.inner.now();
        let mut state = self.inner.state();
        let account = state.make_account(account, Kind::Organization, now);
        let chosen = repositories.map(|names| {
            let has = |found: &&Repository| {
                found.owner == account && names.iter().any(|name| found.name.eq_ignore_ascii_case(name))
            };
            state.repositories.values().filter(has).map(|found| found.id).collect()
        });
        let (permissions, events) =
            state.apps.get(&app).map(|app| (app.permissions.clone(), app.events.clone())).unwrap_or_default();
        let id = state.fresh();
        let installation =
            Installation { id, app, account, repositories: chosen, permissions, events, created: now, suspended: None };
        state.installations.insert(id, installation);
        self.tell_installation(&state, id, "created");
        id
    }

    /// What an installation grants from now on, e.g. `("checks", "write")`; `""` takes it away. Tokens that are there
    /// keep what they have.
    pub fn permit(&self, installation: u64, permission: &str, level: &str) {
        let mut state = self.inner.state();
        let Some(found) = state.installations.get_mut(&installation) else { return };
        match level {
            "" => found.permissions.remove(permission),
            level => found.permissions.insert(permission.to_owned(), level.to_owned()),
        };
        self.tell_installation(&state, installation, "new_permissions_accepted");
    }

    /// The events an app is subscribed to from now on, one more or one less.
    pub fn subscribe(&self, slug: &str, event: &str, on: bool) {
        let id = self.app_named(slug).id;
        let mut state = self.inner.state();
        let Some(app) = state.apps.get_mut(&id) else { return };
        if on {
            app.events.insert(event.to_owned());
        } else {
            app.events.remove(event);
        }
        let events = app.events.clone();
        for installation in state.installations.values_mut().filter(|one| one.app == id) {
            installation.events.clone_from(&events);
        }
    }

    /// Suspends an installation, or lets it be again.
    pub fn suspend(&self, installation: u64, on: bool) {
        let now = self.inner.now();
        let mut state = self.inner.state();
        if let Some(found) = state.installations.get_mut(&installation) {
            found.suspended = on.then_some(now);
        }
        self.tell_installation(&state, installation, if on { "suspend" } else { "unsuspend" });
    }

    /// Removes an installation; its tokens are over.
    pub fn uninstall(&self, installation: u64) {
        let mut state = self.inner.state();
        self.tell_installation(&state, installation, "deleted");
        state.installations.remove(&installation);
    }

    /// Adds a repository to an installation on selected ones, or takes it away.
    pub fn select(&self, installation: u64, full_name: &str, on: bool) -> Result<(), Error> {
        let mut state = self.inner.state();
        let id = find(&state, full_name)?;
        let Some(found) = state.installations.get_mut(&installation) else { return Ok(()) };
        let chosen = found.repositories.get_or_insert_default();
        if on {
            chosen.insert(id)
        } else {
            chosen.remove(&id)
        };
        let (found, repository) = (found.clone(), &state.repositories[&id]);
        let (added, removed) =
            if on { (vec![short(&state, repository)], vec![]) } else { (vec![], vec![short(&state, repository)]) };
        let payload = json!({
            "installation": show::installation(&state, self.url(), &found),
            "repository_selection": "selected",
            "repositories_added": added,
            "repositories_removed": removed,
            "requester": Value::Null,
            "sender": show::user(&state, self.url(), found.account),
        });
        let action = if on { "added" } else { "removed" };
        self.inner.post(
            &state,
            found.app,
            Some(installation),
            None,
            "installation_repositories",
            Some(action),
            payload,
        );
        Ok(())
    }

    fn tell_installation(&self, state: &State, id: u64, action: &str) {
        let Some(found) = state.installations.get(&id) else { return };
        let mut payload = json!({
            "installation": show::installation(state, self.url(), found),
            "sender": show::user(state, self.url(), found.account),
        });
        let covered = state.repositories.values().filter(|repository| found.covers(repository));
        payload["repositories"] = covered.map(|repository| short(state, repository)).collect();
        if action == "created" {
            payload["requester"] = Value::Null;
        }
        self.inner.post(state, found.app, Some(id), None, "installation", Some(action), payload);
    }

    /// A token with which a person uses the REST API or git over HTTP.
    pub fn token_of(&self, login: &str) -> String {
        let who = self.user(login);
        let text = format!("ghp_{}", random(36));
        let of = Holder::Person(who);
        let token = Token { text: text.clone(), of, minted: self.inner.now(), expires: None, revoked: None, uses: 0 };
        self.inner.state().tokens.insert(text.clone(), token);
        text
    }

    /// A person says yes to an app: the code it gets at its redirect address, good once.
    pub fn authorize(&self, login: &str, client_id: &str) -> Result<String, Error> {
        let who = self.user(login);
        let mut state = self.inner.state();
        let app = state.apps.values().find(|app| app.client_id == client_id).map(|app| app.id);
        let app = app.ok_or_else(|| Error::Refused { status: 404, message: "there is no such app".into() })?;
        let code = random(20).to_lowercase();
        state.grants.insert(code.clone(), (who, app));
        Ok(code)
    }

    /// A person accepts an app's manifest: the code with which the app learns its keys, good once. The app is made as the
    /// manifest says.
    pub fn accept_manifest(&self, manifest: &Value) -> String {
        let name = manifest["name"].as_str().unwrap_or("app").to_owned();
        let slug: String = name.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
        let id = self.app_named(&slug).id;
        let mut state = self.inner.state();
        if let Some(app) = state.apps.get_mut(&id) {
            app.name = name;
            app.hook = manifest["hook_attributes"]["url"].as_str().map(str::to_owned);
            if let Some(permissions) = manifest["default_permissions"].as_object() {
                let level = |value: &Value| value.as_str().unwrap_or("read").to_owned();
                app.permissions = permissions.iter().map(|(name, value)| (name.clone(), level(value))).collect();
                app.permissions.insert("metadata".into(), "read".into());
            }
            if let Some(events) = manifest["default_events"].as_array() {
                app.events = events.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            }
        }
        let code = random(20).to_lowercase();
        state.manifests.insert(code.clone(), id);
        code
    }

    /// Commits files (`None` removes one) to a branch in somebody's name, as a push; the branch is made from the default
    /// branch if it is not there. Gives the commit.
    pub(crate) fn commit(
        &self,
        login: &str,
        full_name: &str,
        branch: &str,
        message: &str,
        files: &[(&str, Option<&str>)],
    ) -> Result<String, Error> {
        let actor = self.user(login);
        let now = self.inner.now();
        let _one = crate::world::lock(&self.inner.pushing);
        let mut state = self.inner.state();
        let id = find(&state, full_name)?;
        let found = &state.repositories[&id];
        if state.role(found, actor) < Some(Role::Write) {
            let message = format!("{login} may not push to {full_name}");
            return Err(Error::Refused { status: 403, message });
        }
        let git = self.inner.git(id);
        let reference = format!("refs/heads/{branch}");
        let before = git.reference(&reference);
        let from = before.clone().or_else(|| git.reference(&format!("refs/heads/{}", found.default_branch)));
        let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.map(str::as_bytes))).collect();
        let after = git.write(branch, from.as_deref(), &by(&state, actor, now), message, &files)?;
        let before = before.as_deref().unwrap_or(ZERO);
        self.inner.pushed(&mut state, &Push { repository: id, reference: &reference, before, after: &after, actor });
        Ok(after)
    }
}

fn missing(full_name: &str) -> Error {
    Error::Refused { status: 404, message: format!("{full_name} is no owner/name") }
}

fn short(state: &State, found: &Repository) -> Value {
    let full_name = state.full_name(found);
    json!({"id": found.id, "node_id": show::node("R", found.id), "name": found.name, "full_name": full_name, "private": found.private})
}
