//! GitHub, spoken to as people speak to it: a comment becomes a draft pull request by real git, with tokens that may do
//! no more than the phase they are for.

use signalbox_world_slack::AppSpec;

use crate::program::{PATIENCE, World, able, until};
use crate::serve::settings;
use crate::town::{Github, REPOSITORY, Slack, keep};
use crate::web::{Web, hidden};

#[test]
fn a_comment_becomes_a_draft_pull_request_by_real_git() {
    if !able() {
        return;
    }
    let github = Github::new();
    let world = World::new(&(agent() + &github.settings("")));
    keep(&world, &github.secrets());
    let (dispatcher, site) = world.serve();
    github.sends_to(&site);
    let ana = github.world.person("ana");
    let issue = ana.open_issue(REPOSITORY, "The greeting", "It is a bit cold.").unwrap();
    ana.comment(REPOSITORY, issue, "@signalbox make the greeting friendlier").unwrap();
    github.hears(issue, "Ready for review");
    a_pull_request_is_there(&github);

    github.assert_revoked();
    let narrow: Vec<_> = github.world.tokens().into_iter().filter(|token| token.repositories.is_some()).collect();
    assert!(!narrow.is_empty());
    for token in &narrow {
        let repositories = token.repositories.clone().unwrap();
        assert_eq!(repositories, [REPOSITORY], "a token for more than the repository: {token:?}");
    }
    let written = narrow.iter().filter(|token| token.permissions.iter().any(|one| one == "contents:write"));
    assert!(written.count() >= 1, "nobody could push: {narrow:?}");
    let meters = github.world.meters();
    assert!(meters.over.is_empty() && meters.breaches.is_empty(), "{:?} {:?}", meters.over, meters.breaches);
    world.assert_vacated();
    dispatcher.end();
}

/// A draft that says who asked, and for which run, with what was checked.
fn a_pull_request_is_there(github: &Github) {
    let pulls = github.world.pulls(REPOSITORY);
    let [pull] = pulls[..] else { panic!("one pull request was expected: {pulls:?}") };
    let read = github.read(pull);
    let made = read.pull.as_ref().unwrap();
    assert!(made.draft && !made.merged, "{made:?}");
    assert_eq!(made.base_branch, "main");
    let body = &read.opening.body;
    assert!(body.contains("Asked for by ana"), "whoever asked is not named:\n{body}");
    assert!(body.contains("<!-- signalbox"), "no marker:\n{body}");
    let greeting = github.world.file(REPOSITORY, &made.head, "greeting.txt").unwrap();
    assert_eq!(greeting, "Good day, everybody.\n");
    println!("{}\n{body}", read.title);

    let checks = until("every check is completed", PATIENCE, || {
        let checks = github.world.checks(REPOSITORY, Some(&made.head));
        (!checks.is_empty() && checks.iter().all(|check| check.status == "completed")).then_some(checks)
    });
    for check in &checks {
        println!("{}: {:?}", check.name, check.conclusion);
        assert_ne!(check.conclusion.as_deref(), Some("failure"), "{check:?}");
    }
}

#[test]
fn behind_a_router_github_is_asked_for_its_webhooks() {
    if !able() {
        return;
    }
    let github = Github::new();
    github.sends_nowhere();
    let world = World::new(&(agent() + &github.settings("forward = true")));
    keep(&world, &github.secrets());
    let (dispatcher, site) = world.serve();
    let ana = github.world.person("ana");
    let issue = ana.open_issue(REPOSITORY, "The greeting", "@signalbox make the greeting friendlier").unwrap();
    github.hears(issue, "Ready for review");
    assert_eq!(github.world.pulls(REPOSITORY).len(), 1);
    assert_eq!(site.runs().unwrap().len(), 1);
    world.assert_vacated();
    dispatcher.end();
}

#[test]
fn somebody_who_asks_in_slack_says_who_they_are_on_github_and_the_request_goes_on() {
    if !able() {
        return;
    }
    let github = Github::new();
    let slack = Slack::new(AppSpec::everything("Signalbox"), &["Acme"]);
    let world = World::new(&(agent() + &github.settings("link = true") + &slack.settings("")));
    keep(&world, &(github.secrets() + &slack.secrets()));
    let (dispatcher, site) = world.serve();
    slack.sends_to(&site);
    github.sends_to(&site);
    let place = slack.first();
    let root = slack.ask(place, "make the greeting friendlier");

    let private = until("Ana is told in private", PATIENCE, || {
        slack.thread(place, &root).into_iter().find(|seen| seen.only_for.as_ref() == Some(&place.ana))
    });
    println!("{}", slack.transcript(place, &root));
    let words = format!("{} {}", private.text, serde_json::Value::from(private.blocks));
    let state = words.split("state=").nth(1).unwrap_or_else(|| panic!("no way to sign in: {words}"));
    let state = state.split(|c: char| !(c.is_alphanumeric() || "-_.%~".contains(c))).next().unwrap();
    assert!(github.world.pulls(REPOSITORY).is_empty());

    let code = github.world.authorize("ana", &github.world.app().client_id).unwrap();
    let web = Web::new();
    let link = format!("{}/link/github", site.url);
    let page = web.get(&format!("{link}?code={code}&state={state}"));
    assert!(page.contains("Is this you?") && page.contains("ana"), "{page}");
    let linked = web.post_form(&link, &[("ticket", &hidden(&page, "ticket"))]);
    assert!(linked.contains("Linked"), "{linked}");

    slack.hears(place, &root, "Ready for review");
    assert_eq!(site.runs().unwrap().len(), 1, "the same request goes on");
    assert_eq!(github.world.pulls(REPOSITORY).len(), 1);
    github.assert_revoked();
    slack.assert_well_treated();
    world.assert_vacated();
    dispatcher.end();
}

/// Settings with an agent that does what the repository's own script says.
fn agent() -> String {
    let all = settings("sh agent.sh");
    all[all.find("[agents.default]").unwrap()..].to_owned()
}
