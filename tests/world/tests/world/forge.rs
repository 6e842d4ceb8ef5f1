use std::collections::BTreeMap;

use expect_test::expect;
use signalbox_domain::change::Proposed;
use signalbox_domain::id::{Commit, DevboxId, EffectId, Repository};
use signalbox_domain::workflow::{Access, Grant};
use signalbox_ports::Error;
use signalbox_ports::forge::Forge as _;
use signalbox_world::forge::{Edit, Forge};

const REPOSITORY: &str = "acme/site";

fn site() -> (Forge, Repository, Commit) {
    let forge = Forge::default();
    let first = forge.create(REPOSITORY, "the site", &[("index.html", "<h1>\n  Hi\n</h1>\n"), ("docs/a.md", "a\n")]);
    (forge, REPOSITORY.into(), first)
}

fn grant(contents: Access) -> Grant {
    Grant { permissions: BTreeMap::from([("contents".into(), contents)]), ..Grant::default() }
}

fn effect(version: u64) -> EffectId {
    EffectId { run: "01J".into(), version, index: 0 }
}

fn proposed(head: &Commit, title: &str) -> Proposed {
    Proposed {
        repository: REPOSITORY.into(),
        base: None,
        branch: "signalbox/01j".into(),
        head: head.clone(),
        title: title.into(),
        body: "Because.".into(),
        draft: false,
        checks: Vec::new(),
    }
}

fn rejected<T>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Rejected(why)) => why,
        Err(other) => panic!("it may work later: {other}"),
        Ok(_) => panic!("it was done"),
    }
}

#[tokio::test]
async fn a_token_opens_its_repository_as_far_as_its_grant_goes_until_it_is_revoked() {
    let (forge, repository, first) = site();
    let (reader, writer) = (DevboxId("reader".into()), DevboxId("writer".into()));
    let read = forge.mint(&reader, &repository, &grant(Access::Read), "b").await.unwrap().token.unwrap();
    let write = forge.mint(&writer, &repository, &grant(Access::Write), "b").await.unwrap().token.unwrap();
    assert_eq!(forge.mint(&writer, &repository, &grant(Access::Write), "b").await.unwrap().token, Some(write.clone()));
    rejected(forge.mint(&reader, &repository, &grant(Access::Write), "b").await);
    assert_eq!(forge.mint(&reader, &repository, &Grant::default(), "b").await.unwrap().token, None);

    assert_eq!(forge.fetch(&read, &repository, &first).unwrap().len(), 2);
    rejected(forge.push(&read, &repository, "b", &first, &[("x", "y".into())]));
    rejected(forge.push(&write, &repository, "main", &first, &[("x", "y".into())]));
    let pushed = forge.push(&write, &repository, "b", &first, &[("x", "y".into())]).unwrap();
    assert_eq!(forge.branches(REPOSITORY)["b"], pushed);
    assert_eq!(forge.live(), [reader, writer.clone()]);

    forge.revoke(&writer).await.unwrap();
    forge.revoke(&writer).await.unwrap();
    rejected(forge.push(&write, &repository, "b", &first, &[("x", "z".into())]));
    assert_eq!(forge.live().len(), 1);
}

#[tokio::test]
async fn a_run_has_one_change_request_whatever_was_tried_before() {
    let (forge, repository, _) = site();
    let head = forge.commit(REPOSITORY, "signalbox/01j", &[("index.html", "<h1>\n  Hello\n</h1>\n".into())]).unwrap();
    let run = "01J".into();
    let change = forge.open(&effect(5), &run, &proposed(&head, "Greet")).await.unwrap();
    assert_eq!((change.number, change.diff.files, change.diff.added, change.diff.removed), (1, 1, 1, 1));
    assert_eq!(forge.open(&effect(5), &run, &proposed(&head, "Greet")).await, Ok(change));
    let head = forge.commit(REPOSITORY, "signalbox/01j", &[("docs/b.md", "b\n".into())]).unwrap();
    let again = forge.open(&effect(9), &run, &proposed(&head, "Greet better")).await.unwrap();
    assert_eq!((again.number, again.title.as_str(), again.diff.files), (1, "Greet better", 2));
    assert_eq!(forge.open(&effect(5), &run, &proposed(&head, "Late")).await, Ok(again));
    assert_eq!(forge.changes().len(), 1);

    let (_, text) = forge.change(&repository, 1, 10_000).await.unwrap().unwrap();
    expect![[r#"
        Because.

        ---
        --- a/docs/b.md
        +++ b/docs/b.md
        @@ -0,0 +1 @@
        +b
        --- a/index.html
        +++ b/index.html
        @@ -1,3 +1,3 @@
         <h1>
        -  Hi
        +  Hello
         </h1>
    "#]]
    .assert_eq(&text);
    let (_, cut) = forge.change(&repository, 1, 50).await.unwrap().unwrap();
    assert_eq!(cut, "Because.\n\n---\n--- a/docs/b.md\n(the rest is cut)\n");
    assert_eq!(forge.change(&repository, 2, 50).await, Ok(None));
}

#[tokio::test]
async fn a_branch_that_moved_or_differs_in_nothing_opens_nothing() {
    let (forge, _, first) = site();
    assert!(rejected(forge.open(&effect(1), &"01J".into(), &proposed(&first, "x")).await).contains("no branch"));
    let same = forge.commit(REPOSITORY, "signalbox/01j", &[]).unwrap();
    assert!(rejected(forge.open(&effect(1), &"01J".into(), &proposed(&same, "x")).await).contains("does not differ"));
    forge.commit(REPOSITORY, "signalbox/01j", &[("x", "y".into())]).unwrap();
    assert!(rejected(forge.open(&effect(1), &"01J".into(), &proposed(&same, "x")).await).contains("not at"));
    assert_eq!(forge.changes(), []);
}

#[tokio::test]
async fn a_commit_can_be_looked_at() {
    let (forge, repository, first) = site();
    let edits = [("docs/a.md", Edit::Remove), ("docs/link", Edit::Link("/etc/passwd".into()))];
    let second = forge.commit(REPOSITORY, "main", &edits).unwrap();
    assert_eq!(forge.head(&repository, None).await.unwrap().commit, second);
    assert_eq!(forge.list(&repository, &first, "docs", 9).await.unwrap(), ["docs/a.md"]);
    assert_eq!(forge.list(&repository, &first, "", 1).await.unwrap(), ["docs/a.md"]);
    assert_eq!(forge.list(&repository, &first, "doc", 9).await.unwrap(), [""; 0]);
    assert_eq!(forge.file(&repository, &first, "docs/a.md", 2).await.unwrap().as_deref(), Some("a\n"));
    assert_eq!(forge.file(&repository, &first, "docs/a.md", 1).await, Ok(None));
    let changed = forge.changed(&repository, &first, &second).await.unwrap();
    let changed: Vec<_> = changed.iter().map(|changed| (changed.path.as_str(), changed.link)).collect();
    assert_eq!(changed, [("docs/a.md", false), ("docs/link", true)]);
    assert!(rejected(forge.head(&"acme/none".into(), None).await).contains("acme/none"));
    assert!(rejected(forge.diff(&repository, &first, &"0".into(), 9).await).contains("no commit"));
}
