//! Asked on somebody's pull request, wherever words are there: it begins at its head, and leaves it alone.

use signalbox_domain::time::Span;
use signalbox_ports::store::Store as _;
use signalbox_world_github::{NewPull, Verdict};

use super::World;
use super::asked::{SITE, thread};
use super::code::{draft, proposed};
use super::stories::acts::{built, wrote};

const ASK: &str = "@signalbox it should say $12";

/// Max's pull request, which says $10 on the page.
fn opened(world: &World, body: &str) -> (u64, String) {
    let max = world.vendor.person("Max");
    let head = max.push(SITE, "ten", "Say $10", &[("src/faq.html", Some("<p>It costs $10.</p>\n"))]).unwrap();
    let pull = NewPull { title: "Say $10", body, head: "ten", ..NewPull::default() };
    (max.open_pull(SITE, &pull).unwrap(), head)
}

fn branch(world: &World, name: &str) -> Option<String> {
    world.vendor.branches(SITE).unwrap().into_iter().find(|(found, _)| found == name).map(|(_, head)| head)
}

#[tokio::test]
async fn wherever_it_is_asked_it_begins_at_the_head_and_makes_a_pull_request_of_its_own_for_it() {
    for place in ["description", "comment", "review", "comment on a line"] {
        let world = World::forged();
        let ana = world.vendor.person("Ana");
        let (number, head) = opened(&world, if place == "description" { ASK } else { "It is better." });
        let mut asks = ASK;
        match place {
            "comment" => drop(ana.comment(SITE, number, asks).unwrap()),
            "review" => drop(ana.review(SITE, number, Verdict::Comment, asks, &[]).unwrap()),
            "comment on a line" => {
                asks = "(about src/faq.html, line 1)";
                ana.review_comment(SITE, number, "src/faq.html", 1, ASK).unwrap();
            }
            _ => asks = "Say $10",
        }
        world.hear(Span::minutes(5)).await;
        let transcript = world.transcript(&thread(number)).await;
        assert!(transcript.contains("Ready for review"), "{place}: {transcript}");
        assert_eq!(world.store.runs(9).await.unwrap().len(), 1, "{place}");
        let told = format!("{:?}", world.boxes.assignments()[0].task);
        assert!(told.contains(asks.trim_start_matches("@signalbox ")), "{place}: {told}");
        assert_eq!(world.boxes.assignments()[0].checkout.as_ref().unwrap().start.0, head, "{place}");
        let (_, ours) = draft(&world);
        assert_eq!(ours.pull.as_ref().unwrap().base_branch, "ten", "{place}");
        assert_eq!(proposed(&world, &ours, "src/faq.html"), "<p>It costs $10.</p>\n", "{place}: what Max did is there");
        assert_eq!(proposed(&world, &ours, "src/pricing.html"), "<p>$12</p>\n", "{place}");
        assert_eq!(branch(&world, "ten"), Some(head), "{place}: nobody pushes to Max's branch");
        let read = world.vendor.conversation(SITE, number).unwrap();
        let seen = match place {
            "description" => read.opening.reactions,
            "comment" => read.comments[0].reactions.clone(),
            "comment on a line" => read.review_comments[0].1.reactions.clone(),
            // GitHub lets nobody react to a review's own words.
            _ => vec![("signalbox[bot]".into(), "hooray".into())],
        };
        assert_eq!(seen, [("signalbox[bot]".to_owned(), "hooray".to_owned())], "{place}");
    }
}

#[tokio::test]
async fn what_is_asked_on_a_runs_own_pull_request_is_added_to_it() {
    let world = World::forged();
    world.script("build", vec![built(), wrote("<p>$12 a month</p>\n", "Monthly")]);
    let (first, number) = super::code::delivered(&world).await;
    let before = draft(&world).1;
    world.vendor.person("Bo").comment(SITE, number, "@signalbox say: a month").unwrap();
    world.hear(Span::minutes(5)).await;
    let after = draft(&world).1;
    let (was, is) = (before.pull.as_ref().unwrap(), after.pull.as_ref().unwrap());
    assert_eq!(was.head_branch, is.head_branch);
    assert_ne!(was.head, is.head);
    assert_eq!(proposed(&world, &after, "src/pricing.html"), "<p>$12 a month</p>\n");
    let runs = world.store.runs(9).await.unwrap();
    assert_eq!(runs.len(), 2);
    assert!(runs.iter().all(|run| run.thread == first), "it goes on where it was asked for first");
    let transcript = world.transcript(&first).await;
    assert_eq!(transcript.matches("Ready for review").count(), 2, "{transcript}");
}

#[tokio::test]
async fn once_it_is_merged_the_next_request_has_a_pull_request_of_its_own() {
    let world = World::forged();
    world.script("build", vec![built(), wrote("<p>$12 a month</p>\n", "Monthly")]);
    let (first, number) = super::code::delivered(&world).await;
    let max = world.vendor.person("Max");
    max.ready(SITE, number, true).unwrap();
    max.merge(SITE, number).unwrap();
    world.reply(&first, "Ana", "say: a month").await;
    world.hear(Span::minutes(5)).await;
    let pulls = world.vendor.pulls(SITE);
    assert_eq!(pulls.len(), 2, "{}", world.transcript(&first).await);
    let newest = world.vendor.conversation(SITE, pulls[1]).unwrap();
    assert_eq!(proposed(&world, &newest, "src/pricing.html"), "<p>$12 a month</p>\n");
}

#[tokio::test]
async fn work_that_is_given_to_us_is_a_request() {
    let world = World::forged_with(|settings| settings.assignee = Some("robot".into()), |_| {});
    world.vendor.collaborator(SITE, "robot", Some(signalbox_world_github::Role::Write)).unwrap();
    let issue = world.vendor.person("Eve").open_issue(SITE, "The price should say $12", "").unwrap();
    world.vendor.person("Ana").assign(SITE, issue, "robot").unwrap();
    let (pull, _) = opened(&world, "And on the page, too.");
    world.vendor.person("Bo").assign(SITE, pull, "robot").unwrap();
    world.vendor.person("Eve").open_issue(SITE, "Mine, too", "").unwrap();
    world.hear(Span::minutes(5)).await;
    for number in [issue, pull] {
        let transcript = world.transcript(&thread(number)).await;
        assert!(transcript.contains("Ready for review"), "{number}: {transcript}");
    }
    assert_eq!(world.store.runs(9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_command_at_the_beginning_of_a_line_is_heard_like_a_mention() {
    let world = World::forged();
    let ana = world.vendor.person("Ana");
    let issue = ana.open_issue(SITE, "Prices", "They are wrong. See docs/signalbox stop.").unwrap();
    ana.comment(SITE, issue, "/signalbox the price should say $12").unwrap();
    world.hear(Span::minutes(5)).await;
    ana.comment(SITE, issue, "Thanks.\n/signalbox cost").unwrap();
    world.hear(Span::minutes(5)).await;
    let transcript = world.transcript(&thread(issue)).await;
    assert_eq!(transcript.lines().filter(|line| line.starts_with("Signalbox")).count(), 3, "{transcript}");
    assert_eq!(world.store.runs(9).await.unwrap().len(), 1);
}
