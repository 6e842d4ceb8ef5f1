//! Connecting Slack and GitHub, as somebody does who is no engineer; and what `doctor` says when something is wrong.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Stdio};

use serde_json::Value;
use signalbox_world_slack::AppSpec;

use crate::program::{World, complained, said};
use crate::town::{Github, Slack, keep, now};
use crate::web::{Web, hidden};

#[test]
fn slack_is_set_up_by_one_link_and_what_is_copied() {
    let slack = Slack::new(AppSpec::everything("Signalbox").with_socket_mode(), &["Acme"]);
    let world = World::new(&slack.settings("socket = true"));
    let mut setup = begun(&world, &["setup", "slack"]);
    let place = slack.first();
    let answers = [&slack.app.id.0, &slack.app.signing_secret, &slack.app.app_token, &place.app.token];
    for answer in answers {
        writeln!(setup.stdin.as_mut().unwrap(), "{answer}").unwrap();
    }
    let output = setup.wait_with_output().unwrap();
    let told = said(&output);
    assert!(output.status.success(), "{told}\n{}", complained(&output));
    assert!(told.contains("https://api.slack.com/apps?new_app=1&manifest_json="), "{told}");
    assert!(told.contains(&format!("Connected to Acme ({})", place.team)), "{told}");
    for secret in &answers[1..] {
        assert!(!told.contains(secret.as_str()), "a secret was printed: {told}");
    }
    let manifest: Value = serde_json::from_slice(&fs::read(world.data().join("slack-manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["settings"]["socket_mode_enabled"], true, "{manifest}");
    closed_to_others(&world);
    let (well, told) = doctor(&world, &[]);
    assert!(well, "{told}");
    assert!(told.contains("I may do everything that is switched on"), "{told}");

    // A token that opens nothing is not kept.
    let mut again = begun(&world, &["setup", "slack"]);
    again.stdin.as_mut().unwrap().write_all(b"\n\n\nxoxb-of-nobody\n").unwrap();
    let refused = again.wait_with_output().unwrap();
    assert!(!refused.status.success() && complained(&refused).contains("nothing was kept"), "{}", complained(&refused));
    assert!(!fs::read_to_string(world.data().join("secrets.toml")).unwrap().contains("of-nobody"));
}

#[test]
fn the_app_at_github_is_made_by_the_press_of_a_button() {
    let github = Github::new();
    let world = World::new(&github.settings("forward = true"));
    let mut setup = begun(&world, &["setup", "github", "--name", "Acme Signalbox"]);
    let mut lines = BufReader::new(setup.stdout.take().unwrap()).lines().map_while(Result::ok);
    let page =
        lines.find_map(|line| line.trim().starts_with("http://127.0.0.1").then(|| line.trim().to_owned())).unwrap();

    let web = Web::new();
    let form = web.get(&page);
    let manifest: Value = serde_json::from_str(&hidden(&form, "manifest")).unwrap();
    let target = form.split("action=\"").nth(1).unwrap().split('"').next().unwrap();
    let state = target.split("state=").nth(1).unwrap();
    assert!(target.starts_with(github.world.url()), "{target}");
    let code = github.world.accept_manifest(&manifest);
    let back = manifest["redirect_url"].as_str().unwrap();
    let forged = web.get(&format!("{back}?code={code}&state=0123"));
    assert!(forged.contains("Begin there again"), "{forged}");
    let made = web.get(&format!("{back}?code={code}&state={state}"));
    assert!(made.contains("its keys are kept"), "{made}");
    let told: Vec<String> = lines.collect();
    assert!(setup.wait().unwrap().success(), "{told:?}");
    assert!(told.iter().any(|line| line.contains("/apps/acme-signalbox/installations/new")), "{told:?}");
    closed_to_others(&world);

    let (well, told) = doctor(&world, &[]);
    assert!(!well && told.contains("installed nowhere"), "{told}");
    let installation = github.world.install_app("acme-signalbox", "acme", None);
    let (well, told) = doctor(&world, &[]);
    assert!(well, "{told}");
    assert!(told.contains("It may work on 2 repositories in 1 installations"), "{told}");

    // Another one is made only if it is asked for.
    let again = world.run(["setup", "github"]);
    assert!(!again.status.success() && complained(&again).contains("--replace"), "{}", complained(&again));
    github.world.uninstall(installation);
}

#[test]
fn doctor_says_in_words_what_is_wrong_with_github() {
    let github = Github::new();
    github.sends_nowhere();
    let world = World::new(&github.settings("forward = true"));
    keep(&world, &github.secrets());
    let (well, told) = doctor(&world, &[]);
    assert!(well, "{told}");

    let app = github.world.app();
    github.world.subscribe(&app.slug, "issue_comment", false);
    wrong(&world, &[], "does not hear of what", "Subscribe to these events");
    github.world.subscribe(&app.slug, "issue_comment", true);

    let installation = github.world.install("mosskit", None);
    github.world.permit(installation, "checks", "");
    wrong(&world, &[], "mosskit has not accepted what the App asks for: checks (write)", "accepts it at");
    github.world.permit(installation, "checks", "write");

    let (well, told) = doctor(&world, &[]);
    assert!(well, "{told}");
    keep(&world, &github.secrets().replace(&format!("app_id = {}", app.id), "app_id = 1"));
    wrong(&world, &[], "GitHub does not know us", "private key belong together");
}

#[test]
fn doctor_says_in_words_what_is_wrong_with_slack() {
    let spec = AppSpec::everything("Signalbox").with_command("/signalbox").with_shortcut("signalbox:ask");
    let slack = Slack::new(spec.with_socket_mode(), &["Acme"]);
    let world = World::new(&slack.settings("socket = true"));
    keep(&world, &slack.secrets());
    let token = slack.world.config_token();
    let own = [("SIGNALBOX_SLACK_CONFIG_TOKEN", token.as_str())];
    let app = &slack.app.id;

    slack.world.change_app(app, |spec| {
        spec.events.remove("app_mention");
    });
    wrong(&world, &own, "app_mention", "event");
    slack.world.change_app(app, |spec| {
        spec.events.insert("app_mention".into());
        spec.scopes.remove("reactions:write");
    });
    wrong(&world, &own, "the app lacks reactions:write", "");
    slack.world.change_app(app, |spec| {
        spec.scopes.insert("reactions:write".into());
    });

    slack.wait(slack.world.uninstall(&slack.first().app));
    wrong(&world, &own, slack.first().team.0.as_str(), "");
}

#[test]
fn doctor_notices_a_clock_that_is_off() {
    let ahead = || now() + 3_600_000;
    let github = Github::at(ahead);
    github.sends_nowhere();
    let world = World::new(&github.settings("forward = true"));
    keep(&world, &github.secrets());
    wrong(&world, &[], "clock", "clock");
}

fn begun(world: &World, words: &[&str]) -> Child {
    let mut command = world.command(words);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[track_caller]
fn closed_to_others(world: &World) {
    let mode = fs::metadata(world.data().join("secrets.toml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// What doctor says of what is connected, and whether all of that is well.
fn doctor(world: &World, own: &[(&str, &str)]) -> (bool, String) {
    let output = world.command(["doctor", "--json"]).envs(own.iter().copied()).output().unwrap();
    let findings: Vec<Value> =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", complained(&output)));
    let connected = ["slack", "github", "connected"];
    let findings: Vec<_> =
        findings.into_iter().filter(|found| connected.iter().any(|one| found["what"] == *one)).collect();
    let lines = findings.iter().map(|found| {
        let mark = if found["well"] == true { '✓' } else { '✗' };
        format!("{mark} {} → {}\n", found["said"].as_str().unwrap(), found["remedy"].as_str().unwrap())
    });
    let told: String = lines.collect();
    println!("{told}");
    (!findings.is_empty() && findings.iter().all(|found| found["well"] == true), told)
}

#[track_caller]
fn wrong(world: &World, own: &[(&str, &str)], what: &str, remedy: &str) {
    let (well, told) = doctor(world, own);
    let line = told.lines().find(|line| line.starts_with('✗') && line.contains(what) && line.contains(remedy));
    assert!(!well && line.is_some(), "`{what}` is not told:\n{told}");
}
