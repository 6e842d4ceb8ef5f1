//! Slack, spoken to as people speak to it: by its own protocol, with real boxes at work behind it.

use signalbox_world_slack::AppSpec;

use crate::program::{PATIENCE, able, processes, until};
use crate::serve::{settings, world};
use crate::town::{Slack, keep};

#[test]
fn a_mention_in_slack_is_worked_and_delivered_in_its_thread() {
    if !able() {
        return;
    }
    let slack = Slack::new(AppSpec::everything("Signalbox"), &["Acme"]);
    let world = world(&(settings("sh agent.sh") + &slack.settings("")), &[]);
    keep(&world, &slack.secrets());
    let (dispatcher, site) = world.serve();
    slack.sends_to(&site);
    let place = slack.first();

    let root = slack.ask(place, "make the greeting friendlier");
    slack.hears(place, &root, "Ready for review");
    let request = until("the request is marked as done", PATIENCE, || {
        let request = slack.thread(place, &root).swap_remove(0);
        request.marks().contains('✅').then_some(request)
    });
    assert_eq!(request.marks(), "✅", "{}", slack.transcript(place, &root));
    let thread = slack.thread(place, &root);
    assert_eq!(thread.len(), 3, "the request, one status and one closing message: {thread:#?}");
    assert!(!thread[1].edits.is_empty() && thread[1].text.contains("5 of 5 steps done"), "{:?}", thread[1]);
    assert!(thread[2].text.contains("A friendlier greeting"), "{}", thread[2].text);
    assert_eq!(site.runs().unwrap().len(), 1);
    slack.assert_well_treated();
    world.assert_vacated();
    dispatcher.end();
}

#[test]
fn behind_a_router_slack_is_heard_through_a_socket() {
    if !able() {
        return;
    }
    let slack = Slack::new(AppSpec::everything("Signalbox").with_socket_mode(), &["Acme"]);
    let world = world(&(settings("sh agent.sh") + &slack.settings("socket = true")), &[]);
    keep(&world, &slack.secrets());
    let (dispatcher, _) = world.serve();
    until("a socket is open", PATIENCE, || (slack.world.sockets(&slack.app.id) > 0).then_some(()));
    let place = slack.first();
    let root = slack.ask(place, "make the greeting friendlier");
    slack.hears(place, &root, "Ready for review");
    slack.assert_well_treated();
    world.assert_vacated();
    dispatcher.end();
}

#[test]
fn a_dispatcher_killed_at_work_closes_the_thread_once() {
    if !able() {
        return;
    }
    let slack = Slack::new(AppSpec::everything("Signalbox"), &["Acme"]);
    let world = world(&(settings("sleep 1; sh agent.sh") + &slack.settings("")), &[]);
    keep(&world, &slack.secrets());
    let (dispatcher, site) = world.serve();
    slack.sends_to(&site);
    let place = slack.first();
    let root = slack.ask(place, "make the greeting friendlier");
    until("somebody is at work", PATIENCE, || (!world.runners().is_empty()).then_some(()));
    assert!(dispatcher.kill());

    let (dispatcher, site) = world.serve();
    slack.sends_to(&site);
    slack.hears(place, &root, "Ready for review");
    until("the request is marked", PATIENCE, || (slack.thread(place, &root)[0].marks() == "✅").then_some(()));
    let closing = slack.thread(place, &root).iter().filter(|seen| seen.text.contains("Ready for review")).count();
    assert_eq!((closing, slack.thread(place, &root).len()), (1, 3), "{}", slack.transcript(place, &root));
    slack.assert_well_treated();
    world.assert_vacated();
    dispatcher.end();
}

#[test]
fn the_stop_button_in_slack_stops_what_runs() {
    if !able() {
        return;
    }
    let slack = Slack::new(AppSpec::everything("Signalbox"), &["Acme"]);
    // A number that nobody else sleeps for.
    let world = world(&(settings("sleep 6231") + &slack.settings("")), &[]);
    keep(&world, &slack.secrets());
    let (dispatcher, site) = world.serve();
    slack.sends_to(&site);
    let place = slack.first();
    let root = slack.ask(place, "make the greeting friendlier");
    let sleeping = || processes().iter().any(|(_, words)| words.iter().any(|word| word == "6231"));
    until("the agent sleeps", PATIENCE, || sleeping().then_some(()));
    let status = until("there is a button", PATIENCE, || {
        let mut thread = slack.thread(place, &root).into_iter();
        thread.find(|seen| seen.buttons.iter().any(|button| button == "Stop"))
    });
    slack.wait(slack.world.press(&place.ana, &place.web, &status.ts, "Stop")).unwrap();
    slack.hears(place, &root, "Stopped by Ana");
    assert!(!sleeping(), "it was said too early");
    slack.assert_well_treated();
    world.assert_vacated();
    dispatcher.end();
}

#[test]
fn two_workspaces_share_a_dispatcher_and_nothing_else() {
    if !able() {
        return;
    }
    let slack = Slack::new(AppSpec::everything("Signalbox"), &["Acme", "Mosskit"]);
    let world = world(&(settings("sh agent.sh") + &slack.settings("")), &[]);
    keep(&world, &slack.secrets());
    let (dispatcher, site) = world.serve();
    slack.sends_to(&site);
    let asked: Vec<_> = slack.workspaces.iter().map(|place| (place, slack.ask(place, "be friendlier"))).collect();
    for (place, root) in &asked {
        slack.hears(place, root, "Ready for review");
        assert_eq!(slack.thread(place, root).len(), 3, "{}", slack.transcript(place, root));
    }
    assert_eq!(site.runs().unwrap().len(), 2);
    slack.assert_well_treated();
    world.assert_vacated();
    dispatcher.end();
}
