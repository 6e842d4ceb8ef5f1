//! The contract of [`Forge`].

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use signalbox_domain::change::Proposed;
use signalbox_domain::id::{Commit, DevboxId, EffectId, Repository};
use signalbox_domain::workflow::{Access as Level, Grant};
use signalbox_ports::forge::{Access, Changed, Forge, Head};

use super::value::rejected;
use super::{Story, stories, tell};
use crate::forge::Edit;

/// A forge, and the people who work at it.
#[async_trait]
pub trait Site: Send + Sync {
    /// The forge.
    fn forge(&self) -> &dyn Forge;

    /// Somebody makes a repository whose default branch is `main`, and commits these files.
    async fn create(&self, repository: &str, description: &str, files: &[(&str, &str)]) -> Commit;

    /// Somebody commits to a branch, which begins at the default branch if it is new.
    async fn commit(&self, repository: &str, branch: &str, edits: &[(&str, Edit)]) -> Commit;

    /// Whether what was minted opens the repository now.
    async fn opens(&self, access: &Access, repository: &str) -> bool;
}

/// Tells every story over what `make` makes: a new forge without repositories each time.
pub async fn suite(make: impl Fn() -> Arc<dyn Site>) {
    tell(STORIES, make).await;
}

const STORIES: &[Story<dyn Site>] = stories![
    a_repository_is_known_by_its_name_and_its_default_branch,
    what_is_not_there_is_said_in_words_for_a_person,
    a_file_is_read_as_it_was_at_a_commit,
    a_folder_lists_what_is_below_it,
    every_path_that_differs_is_named,
    a_thousand_paths_that_differ_are_a_thousand_paths,
    a_diff_fits_its_limit_and_says_when_it_was_cut,
    a_run_has_one_change_request_whatever_was_tried_before,
    an_effect_that_is_done_again_late_undoes_nothing,
    a_branch_that_moved_or_differs_in_nothing_opens_nothing,
    a_change_request_is_read_with_its_description_and_its_diff,
    a_token_is_for_one_box_and_its_powers_and_ends_with_it,
    a_box_that_never_had_a_token_ends_all_the_same,
];

const REPOSITORY: &str = "acme/site";
const BRANCH: &str = "signalbox/01j";

async fn begun(site: &dyn Site) -> (Repository, Commit) {
    let files = [("README.md", "# Site\n"), ("docs/a.md", "a\n"), ("src/page.html", "<p>$9</p>\n")];
    (REPOSITORY.into(), site.create(REPOSITORY, "the site", &files).await)
}

fn effect(version: u64) -> EffectId {
    EffectId { run: "01J".into(), version, index: 0 }
}

fn proposed(head: &Commit, title: &str) -> Proposed {
    Proposed {
        repository: REPOSITORY.into(),
        base: None,
        branch: BRANCH.into(),
        head: head.clone(),
        title: title.into(),
        body: "The price was wrong.".into(),
        draft: true,
        checks: Vec::new(),
    }
}

fn grant(contents: Level) -> Grant {
    Grant { permissions: BTreeMap::from([("contents".into(), contents)]), ..Grant::default() }
}

async fn a_repository_is_known_by_its_name_and_its_default_branch(site: Arc<dyn Site>) {
    let (repository, first) = begun(&*site).await;
    site.create("acme/other", "", &[("x", "x\n")]).await;
    let mut known = site.forge().repositories().await.unwrap();
    known.sort_by(|a, b| a.repository.cmp(&b.repository));
    let names: Vec<_> = known.iter().map(|known| (known.repository.as_str(), known.default_branch.as_str())).collect();
    assert_eq!(names, [("acme/other", "main"), ("acme/site", "main")]);
    assert_eq!(known[1].description, "the site");
    let main = Head { branch: "main".into(), commit: first };
    assert_eq!(site.forge().head(&repository, None).await.unwrap(), main);
    assert_eq!(site.forge().head(&repository, Some("main")).await.unwrap(), main);
}

async fn what_is_not_there_is_said_in_words_for_a_person(site: Arc<dyn Site>) {
    let (repository, first) = begun(&*site).await;
    let (forge, nowhere, never) = (site.forge(), "acme/nowhere".into(), Commit("0".repeat(40)));
    assert!(rejected(forge.head(&nowhere, None).await));
    assert!(rejected(forge.head(&repository, Some("no/such-branch")).await));
    assert!(rejected(forge.file(&nowhere, &first, "README.md", 100).await));
    assert!(rejected(forge.file(&repository, &never, "README.md", 100).await));
    assert!(rejected(forge.list(&repository, &never, "", 100).await));
    assert!(rejected(forge.changed(&repository, &first, &never).await));
    assert!(rejected(forge.diff(&repository, &never, &first, 100).await));
    assert!(rejected(forge.mint(&"box-1".into(), &nowhere, &grant(Level::Read), BRANCH).await));
    assert_eq!(forge.change(&repository, 99, 100).await.unwrap(), None);
    assert!(!forge.amendable(&repository, 99).await.unwrap());
}

async fn a_file_is_read_as_it_was_at_a_commit(site: Arc<dyn Site>) {
    let (repository, first) = begun(&*site).await;
    let second = site.commit(REPOSITORY, "main", &[("docs/a.md", "b\n".into()), ("ü n.md", "ü\n".into())]).await;
    let read = async |at: &Commit, path: &str, limit| site.forge().file(&repository, at, path, limit).await.unwrap();
    assert_eq!(read(&first, "docs/a.md", 2).await.as_deref(), Some("a\n"));
    assert_eq!(read(&second, "docs/a.md", 2).await.as_deref(), Some("b\n"));
    assert_eq!(read(&second, "ü n.md", 100).await.as_deref(), Some("ü\n"));
    assert_eq!(read(&second, "docs/a.md", 1).await, None, "it is over its limit");
    assert_eq!(read(&first, "ü n.md", 100).await, None, "it was not there yet");
    assert_eq!(read(&first, "docs", 100).await, None, "a folder is no file");
    assert_eq!(read(&first, "../README.md", 100).await, None);
}

async fn a_folder_lists_what_is_below_it(site: Arc<dyn Site>) {
    let (repository, first) = begun(&*site).await;
    let list = async |folder: &str, limit| site.forge().list(&repository, &first, folder, limit).await.unwrap();
    assert_eq!(list("", 100).await, ["README.md", "docs/a.md", "src/page.html"]);
    assert_eq!(list("docs", 100).await, ["docs/a.md"]);
    assert_eq!(list("doc", 100).await, [""; 0]);
    assert_eq!(list("", 2).await.len(), 2);
}

async fn every_path_that_differs_is_named(site: Arc<dyn Site>) {
    let (repository, first) = begun(&*site).await;
    let edits = [
        ("README.md", Edit::from("# The site\n")),
        ("docs/a.md", Edit::Remove),
        ("docs/moved.md", Edit::from("a\n")),
        ("docs/link", Edit::Link("/etc/passwd".into())),
    ];
    let second = site.commit(REPOSITORY, BRANCH, &edits).await;
    let mut changed = site.forge().changed(&repository, &first, &second).await.unwrap();
    changed.sort_by(|a, b| a.path.cmp(&b.path));
    let path = |path: &str, link| Changed { path: path.into(), link };
    let all =
        [path("README.md", false), path("docs/a.md", false), path("docs/link", true), path("docs/moved.md", false)];
    assert_eq!(changed, all);
    assert_eq!(site.forge().changed(&repository, &first, &first).await.unwrap(), []);
}

async fn a_thousand_paths_that_differ_are_a_thousand_paths(site: Arc<dyn Site>) {
    let (repository, first) = begun(&*site).await;
    let paths: Vec<String> = (0..1_000).map(|file| format!("made/{}/{file}.txt", file % 7)).collect();
    let edits: Vec<(&str, Edit)> = paths.iter().map(|path| (path.as_str(), "x\n".into())).collect();
    let second = site.commit(REPOSITORY, BRANCH, &edits).await;
    assert_eq!(site.forge().changed(&repository, &first, &second).await.unwrap().len(), 1_000);
    let diff = site.forge().diff(&repository, &first, &second, 20_000).await.unwrap();
    assert!(diff.len() <= 20_000 && diff.contains("made/0/0.txt"), "{}", diff.len());
}

async fn a_diff_fits_its_limit_and_says_when_it_was_cut(site: Arc<dyn Site>) {
    let (repository, first) = begun(&*site).await;
    let page: String = (0..200).map(|line| format!("<p>line {line}</p>\n")).collect();
    let edits = [("README.md", "# Sites\n".into()), ("src/page.html", page.as_str().into())];
    let second = site.commit(REPOSITORY, BRANCH, &edits).await;
    let whole = site.forge().diff(&repository, &first, &second, 100_000).await.unwrap();
    for line in ["-# Site", "+# Sites", "-<p>$9</p>", "+<p>line 0</p>", "+<p>line 199</p>"] {
        assert!(whole.lines().any(|found| found == line), "{line} in\n{whole}");
    }
    assert!(!whole.contains("cut"));
    let cut = site.forge().diff(&repository, &first, &second, 1_000).await.unwrap();
    assert!(cut.len() <= 1_000 && cut.lines().last().unwrap().contains("cut"), "{cut}");
}

async fn a_run_has_one_change_request_whatever_was_tried_before(site: Arc<dyn Site>) {
    begun(&*site).await;
    let forge = site.forge();
    let head = site.commit(REPOSITORY, BRANCH, &[("src/page.html", "<p>$12</p>\n".into())]).await;
    let run = "01J".into();
    let change = forge.open(&effect(5), &run, &proposed(&head, "Price: $12")).await.unwrap();
    assert_eq!((change.title.as_str(), &change.head, change.draft), ("Price: $12", &head, true));
    assert_eq!((change.diff.files, change.diff.added, change.diff.removed), (1, 1, 1));
    assert!(forge.amendable(&REPOSITORY.into(), change.number).await.unwrap());
    assert_eq!(forge.open(&effect(5), &run, &proposed(&head, "Price: $12")).await.unwrap(), change);
    let head = site.commit(REPOSITORY, BRANCH, &[("docs/b.md", "b\n".into())]).await;
    let again = forge.open(&effect(9), &run, &proposed(&head, "Price: $12, told")).await.unwrap();
    assert_eq!((again.number, again.title.as_str(), &again.head), (change.number, "Price: $12, told", &head));
    assert_eq!(again.diff.files, 2);
}

async fn an_effect_that_is_done_again_late_undoes_nothing(site: Arc<dyn Site>) {
    let (repository, _) = begun(&*site).await;
    let head = site.commit(REPOSITORY, BRANCH, &[("src/page.html", "<p>$12</p>\n".into())]).await;
    let run = "01J".into();
    let newer = site.forge().open(&effect(9), &run, &proposed(&head, "Newer")).await.unwrap();
    let older = site.forge().open(&effect(5), &run, &proposed(&head, "Older")).await.unwrap();
    assert_eq!(older, newer);
    let (change, _) = site.forge().change(&repository, newer.number, 10_000).await.unwrap().unwrap();
    assert_eq!(change.title, "Newer");
}

async fn a_branch_that_moved_or_differs_in_nothing_opens_nothing(site: Arc<dyn Site>) {
    let (repository, first) = begun(&*site).await;
    let open = async |head: &Commit| site.forge().open(&effect(1), &"01J".into(), &proposed(head, "x")).await;
    assert!(rejected(open(&first).await), "there is no such branch");
    let head = site.commit(REPOSITORY, BRANCH, &[("x", "x\n".into())]).await;
    assert!(rejected(open(&first).await), "it is elsewhere");
    let mut elsewhere = proposed(&head, "x");
    elsewhere.base = Some("no-such-base".into());
    assert!(rejected(site.forge().open(&effect(1), &"01J".into(), &elsewhere).await));
    assert_eq!(site.forge().change(&repository, 1, 100).await.unwrap(), None);
}

async fn a_change_request_is_read_with_its_description_and_its_diff(site: Arc<dyn Site>) {
    let (repository, _) = begun(&*site).await;
    let head = site.commit(REPOSITORY, BRANCH, &[("src/page.html", "<p>$12</p>\n".into())]).await;
    let opened = site.forge().open(&effect(5), &"01J".into(), &proposed(&head, "Price")).await.unwrap();
    let (change, text) = site.forge().change(&repository, opened.number, 10_000).await.unwrap().unwrap();
    assert_eq!(change, opened);
    assert!(text.starts_with("The price was wrong.") && text.contains("\n+<p>$12</p>\n"), "{text}");
    let (_, cut) = site.forge().change(&repository, opened.number, 60).await.unwrap().unwrap();
    assert!(cut.len() <= 60 && cut.contains("cut"), "{cut}");
}

async fn a_token_is_for_one_box_and_its_powers_and_ends_with_it(site: Arc<dyn Site>) {
    let (repository, _) = begun(&*site).await;
    let (forge, reader, writer) = (site.forge(), DevboxId("01J.3.0".into()), DevboxId("01J.4.0".into()));
    assert_eq!(forge.mint(&reader, &repository, &Grant::default(), BRANCH).await.unwrap().token, None);
    let read = forge.mint(&reader, &repository, &grant(Level::Read), BRANCH).await.unwrap();
    let write = forge.mint(&writer, &repository, &grant(Level::Write), BRANCH).await.unwrap();
    assert!(!write.url.contains(write.token.as_deref().unwrap()), "an address carries no secret");
    let again = forge.mint(&writer, &repository, &grant(Level::Write), BRANCH).await.unwrap();
    assert!(rejected(forge.mint(&reader, &repository, &grant(Level::Write), BRANCH).await), "never more than it had");
    assert!(site.opens(&read, REPOSITORY).await && site.opens(&again, REPOSITORY).await);
    forge.revoke(&writer).await.unwrap();
    forge.revoke(&writer).await.unwrap();
    assert!(!site.opens(&write, REPOSITORY).await && !site.opens(&again, REPOSITORY).await);
    assert!(site.opens(&read, REPOSITORY).await, "another box has its own");
}

async fn a_box_that_never_had_a_token_ends_all_the_same(site: Arc<dyn Site>) {
    begun(&*site).await;
    site.forge().revoke(&"01J.3.0".into()).await.unwrap();
    site.forge().revoke(&"01J.3.0".into()).await.unwrap();
}
