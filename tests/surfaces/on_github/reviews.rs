//! Reviews of what was made: offered to be resolved, worked, and answered remark by remark.

use signalbox_domain::time::Span;
use signalbox_ports::store::Store as _;
use signalbox_world_github::Verdict;

use super::World;
use super::asked::SITE;
use super::code::{delivered, draft, proposed};
use super::stories::acts::{built, wrote};

const REMARKS: [(&str, u64, &str); 2] =
    [("src/pricing.html", 1, "Say: a month."), ("src/pricing.html", 1, "And no paragraph.")];

#[tokio::test]
async fn a_review_that_asks_for_changes_is_offered_and_resolved_and_every_remark_is_answered() {
    for by_a_word in [false, true] {
        let world = World::forged();
        world.script("build", vec![built(), wrote("$12 a month\n", "Monthly")]);
        let (thread, number) = delivered(&world).await;
        let max = world.vendor.person("Max");
        max.review(SITE, number, Verdict::RequestChanges, "Nearly there.", &REMARKS).unwrap();
        world.hear(Span::minutes(2)).await;
        let offered = world.transcript(&thread).await;
        assert!(offered.contains("Max asks for changes") && offered.contains("2 remarks"), "{offered}");
        assert!(offered.contains("[Resolve these] [Dismiss]"), "{offered}");
        assert_eq!(world.store.runs(9).await.unwrap().len(), 1, "nobody decided yet");
        if by_a_word {
            world.vendor.person("Ana").comment(SITE, number, "resolve").unwrap();
        } else {
            assert!(world.press(&thread, "Ana", "Resolve these").await);
        }
        world.hear(Span::minutes(5)).await;
        let told = format!("{:?}", world.boxes.assignments().last().map(|told| &told.task));
        assert!(told.contains("Say: a month.") && told.contains("And no paragraph."), "{told}");
        let (_, read) = draft(&world);
        assert_eq!(proposed(&world, &read, "src/pricing.html"), "$12 a month\n");
        let head = &read.pull.as_ref().unwrap().head[..7];
        let answers = read.review_comments.iter().filter(|(_, said)| said.by.ends_with("[bot]"));
        let answers: Vec<&str> = answers.map(|(_, said)| said.body.lines().next().unwrap_or_default()).collect();
        assert_eq!(answers, [format!("Addressed in {head}."), format!("Addressed in {head}.")]);
        assert_eq!(world.store.runs(9).await.unwrap().len(), 2, "our answers ask for nothing");
        assert!(world.transcript(&thread).await.contains("Ana has them resolved"));
    }
}

#[tokio::test]
async fn a_remark_is_answered_once_whatever_breaks() {
    use signalbox_world_github::Fault;
    let world = World::forged();
    world.script("build", vec![built(), wrote("$12 a month\n", "Monthly")]);
    let (thread, number) = delivered(&world).await;
    world.vendor.person("Max").review(SITE, number, Verdict::RequestChanges, "No.", &REMARKS).unwrap();
    world.hear(Span::minutes(2)).await;
    let mut fell = 0;
    world.vendor.trouble(move |called| {
        if called.method != "POST" || !called.template.ends_with("/replies") {
            return Fault::Pass;
        }
        fell += 1;
        match fell {
            1 => Fault::After,
            2 => Fault::Status(502),
            3 => Fault::StatusAfter(504),
            _ => Fault::Pass,
        }
    });
    assert!(world.press(&thread, "Ana", "Resolve these").await);
    world.hear(Span::minutes(10)).await;
    let (_, read) = draft(&world);
    assert_eq!(read.review_comments.iter().filter(|(_, said)| said.by.ends_with("[bot]")).count(), 2);
}

#[tokio::test]
async fn a_review_that_is_dismissed_changes_nothing() {
    let world = World::forged();
    let (thread, number) = delivered(&world).await;
    let before = draft(&world).1;
    world.vendor.person("Max").review(SITE, number, Verdict::RequestChanges, "No.", &REMARKS).unwrap();
    world.hear(Span::minutes(2)).await;
    assert!(world.press(&thread, "Ana", "Dismiss").await);
    world.hear(Span::minutes(5)).await;
    let after = draft(&world).1;
    assert_eq!(before.pull, after.pull);
    assert_eq!(world.store.runs(9).await.unwrap().len(), 1);
    assert!(after.review_comments.iter().all(|(_, said)| said.by == "Max"), "nothing was made of them");
    let transcript = world.transcript(&thread).await;
    assert!(!transcript.contains("[Resolve these]"), "{transcript}");
}

#[tokio::test]
async fn who_only_may_look_decides_nothing_about_a_review() {
    let world = World::forged();
    let (thread, number) = delivered(&world).await;
    world.vendor.person("Max").review(SITE, number, Verdict::RequestChanges, "No.", &REMARKS).unwrap();
    world.hear(Span::minutes(2)).await;
    for who in ["Vic", "Eve"] {
        world.vendor.person(who).comment(SITE, number, "resolve").unwrap();
        world.hear(Span::minutes(2)).await;
    }
    assert_eq!(world.store.runs(9).await.unwrap().len(), 1);
    assert!(world.transcript(&thread).await.contains("[Resolve these]"), "it is still to be decided");
}
