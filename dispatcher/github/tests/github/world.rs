//! A GitHub with people, the App installed in it, and git as anybody runs it.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use serde_json::{Value, json};
use signalbox_domain::id::Commit;
use signalbox_domain::workflow::{Access as Level, Grant};
use signalbox_github::{Github, Oauth, Secret, Settings};
use signalbox_ports::Error;
use signalbox_ports::clock::Clock as _;
use signalbox_ports::forge::Forge as _;
use signalbox_world::clock::Clock;
use signalbox_world::forge::Edit;
use signalbox_world::notes::Notes;
use signalbox_world_github::{OpenApi, Role, World};
use tempfile::TempDir;

/// The repository most stories are about.
pub(crate) const SITE: &str = "acme/site";

pub(crate) struct Place {
    pub(crate) world: World,
    pub(crate) github: Github,
    pub(crate) clock: Arc<Clock>,
    pub(crate) notes: Arc<Notes>,
    folder: TempDir,
}

impl Place {
    /// An organisation with the App and no repository. Ana owns it.
    pub(crate) fn empty() -> Self {
        let clock = Arc::new(Clock::default());
        let time = clock.clone();
        Self::over(World::start(move || time.now().0).unwrap(), clock)
    }

    /// The same with [`SITE`], which nobody else sees.
    pub(crate) fn new() -> Self {
        let place = Self::empty();
        place.repository(SITE, "the site", &[("page.html", "<p>$9</p>\n"), ("README.md", "# Site\n")]);
        place
    }

    /// The same, with everything that is sent compared with GitHub's own description, where it was fetched.
    pub(crate) fn checked() -> Self {
        let clock = Arc::new(Clock::default());
        let time = clock.clone();
        let place = match OpenApi::fetched().unwrap() {
            Some(description) => Self::over(World::start_checked(move || time.now().0, description).unwrap(), clock),
            None => {
                eprintln!("SKIPPED: nothing is compared with GitHub's description of its API; tests/fetch fetches it");
                Self::over(World::start(move || time.now().0).unwrap(), clock)
            }
        };
        place.repository(SITE, "the site", &[("page.html", "<p>$9</p>\n")]);
        place
    }

    fn over(world: World, clock: Arc<Clock>) -> Self {
        world.member("acme", "ana", true, true);
        world.install("acme", None);
        let notes = Arc::new(Notes::default());
        let github = app(&world, &clock, &notes);
        Self { world, github, clock, notes, folder: tempfile::tempdir().unwrap() }
    }

    /// The same after the process ended and began anew.
    pub(crate) fn restarted(self) -> Self {
        let github = app(&self.world, &self.clock, &self.notes);
        Self { github, ..self }
    }

    /// Makes a private repository; gives its first commit.
    pub(crate) fn repository(&self, name: &str, description: &str, files: &[(&str, &str)]) -> Commit {
        self.world.repository(name, files).unwrap();
        self.world.private(name, true).unwrap();
        self.act("ana", "PATCH", &format!("/repos/{name}"), json!({ "description": description }));
        let main = self.world.branches(name).unwrap().into_iter().find(|(branch, _)| branch == "main");
        Commit(main.unwrap().1)
    }

    /// Somebody who may commits to a branch, which begins at the default branch if it is new.
    pub(crate) fn commit(&self, repository: &str, branch: &str, edits: &[(&str, Edit)]) -> Commit {
        let owner = repository.split('/').next().unwrap();
        let login = if owner == "acme" { "ana" } else { owner };
        let plain = |(path, edit): &(&'_ str, Edit)| match edit {
            Edit::Write(text) => Some((path.to_string(), Some(text.clone()))),
            Edit::Remove => Some((path.to_string(), None)),
            Edit::Link(_) => None,
        };
        if let Some(files) = edits.iter().map(plain).collect::<Option<Vec<_>>>() {
            let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_deref())).collect();
            return Commit(self.world.person(login).push(repository, branch, "A change", &files).unwrap());
        }
        // Links take git itself.
        let token = self.world.token_of(login);
        let folder = self.copy(&token, repository, branch);
        for (path, edit) in edits {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            match edit {
                Edit::Write(text) => std::fs::write(path, text).unwrap(),
                Edit::Link(to) => std::os::unix::fs::symlink(to, path).unwrap(),
                Edit::Remove => std::fs::remove_file(path).unwrap(),
            }
        }
        commit(folder.path());
        said(&git(folder.path(), &["push", "-q", "origin", branch]));
        Commit(said(&git(folder.path(), &["rev-parse", "HEAD"])))
    }

    /// A box of the App's commits to a branch with a token of its own.
    pub(crate) async fn pushed_by_the_app(&self, branch: &str, path: &str, text: &str) -> Commit {
        let grant = Grant { permissions: [("contents".to_owned(), Level::Write)].into(), ..Grant::default() };
        let access = self.github.mint(&"01J.9.0".into(), &SITE.into(), &grant, branch).await.unwrap();
        let folder = self.copy(access.token.as_deref().unwrap(), SITE, branch);
        std::fs::write(folder.path().join(path), text).unwrap();
        commit(folder.path());
        said(&git(folder.path(), &["push", "-q", "origin", branch]));
        Commit(said(&git(folder.path(), &["rev-parse", "HEAD"])))
    }

    /// Whether a token fetches a repository.
    pub(crate) fn pulls(&self, token: &str, repository: &str) -> bool {
        git(self.folder.path(), &["ls-remote", "-q", &self.with(token, repository)]).status.success()
    }

    /// Whether a token pushes a change of a file.
    pub(crate) fn pushes(&self, token: &str, repository: &str, branch: &str, path: &str) -> bool {
        let folder = self.copy(&self.world.token_of("ana"), repository, branch);
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "changed\n").unwrap();
        commit(folder.path());
        git(folder.path(), &["push", "-q", &self.with(token, repository), branch]).status.success()
    }

    /// What the API answers the bearer of a token with.
    pub(crate) fn with_token(&self, token: &str, path: &str, body: &Value) -> u16 {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let request =
            agent.post(format!("{}{path}", self.world.url())).header("Authorization", format!("Bearer {token}"));
        request.send(body.to_string()).unwrap().status().as_u16()
    }

    /// Somebody acts.
    pub(crate) fn act(&self, login: &str, method: &str, path: &str, body: Value) -> Value {
        self.world.rest(login, method, path, body).unwrap()
    }

    /// Ana looks.
    pub(crate) fn read(&self, path: &str) -> Value {
        self.act("ana", "GET", path, Value::Null)
    }

    /// Somebody's immutable id.
    pub(crate) fn account(&self, login: &str) -> String {
        format!("github:{}", self.world.user(login))
    }

    /// Lets somebody do something with [`SITE`].
    pub(crate) fn allow(&self, login: &str, role: Role) {
        self.world.collaborator(SITE, login, Some(role)).unwrap();
    }

    /// The tokens for one repository that still open it.
    pub(crate) fn live_tokens(&self) -> Vec<String> {
        let tokens = self.world.tokens().into_iter();
        tokens.filter(|token| token.live && token.repositories.is_some()).map(|token| token.text).collect()
    }

    fn with(&self, token: &str, repository: &str) -> String {
        format!("{}/{repository}.git", self.world.url().replace("http://", &format!("http://x-access-token:{token}@")))
    }

    fn copy(&self, token: &str, repository: &str, branch: &str) -> TempDir {
        let folder = tempfile::tempdir_in(self.folder.path()).unwrap();
        said(&git(folder.path(), &["clone", "-q", &self.with(token, repository), "."]));
        if !git(folder.path(), &["checkout", "-q", branch]).status.success() {
            said(&git(folder.path(), &["checkout", "-q", "-b", branch]));
        }
        folder
    }
}

fn app(world: &World, clock: &Arc<Clock>, notes: &Arc<Notes>) -> Github {
    let app = world.app();
    let settings = Settings {
        api_url: world.url().to_owned(),
        web_url: world.url().to_owned(),
        oauth: Some(Oauth { client_id: app.client_id, client_secret: Secret::new(app.client_secret) }),
        ..Settings::new(app.id, Secret::new(app.private_key), "signalbox")
    };
    Github::new(settings, clock.clone(), notes.clone()).unwrap()
}

pub(crate) fn rejected<T>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Rejected(why)) => why,
        Err(other) => panic!("it may work later: {other}"),
        Ok(_) => panic!("it was done"),
    }
}

fn commit(folder: &Path) {
    said(&git(folder, &["add", "-A"]));
    said(&git(folder, &["commit", "-q", "-m", "A change"]));
}

fn git(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("git");
    command.current_dir(folder).args(arguments).env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "Ana").env(format!("GIT_{role}_EMAIL"), "ana@example.com");
    }
    command.output().unwrap()
}

#[track_caller]
fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
