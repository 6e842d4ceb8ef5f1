//! The page, in a browser: a request is written, watched, approved, denied, stopped, and its change read.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::browser::{Browser, Screen};
use crate::program::{PATIENCE, able, processes};
use crate::serve::{GATED_FILES, settings, world};

const ENTER: &str = "\u{E007}";

/// One after the other, on one thread: what is told here is what one person sees.
fn alone(story: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(story);
}

#[test]
fn a_request_is_written_and_watched_and_its_change_read() {
    if !able() {
        return;
    }
    let world = world(&settings("sleep 0.5; sh agent.sh"), &[]);
    let (dispatcher, site) = world.serve();
    alone(async {
        let browser = Browser::open(&site.door, Screen::Desk).await;
        browser.see("textarea").await;
        browser.shoot("1-begin").await;
        assert!(!browser.path().await.contains("token"));
        browser.type_keys("make the greeting friendlier").await;
        browser.type_keys(ENTER).await;

        let pictures = watch(&browser).await;
        assert!(pictures.len() >= 4, "the status was not seen changing: {pictures:?}");
        for label in ["Plan", "Build", "Check", "Review"] {
            assert!(pictures.iter().any(|picture| picture.contains(label)), "{label}: {pictures:?}");
        }
        let closing = browser.text(".message.closing").await;
        assert!(closing.contains("Ready for review") && closing.contains("A friendlier greeting"), "{closing}");
        browser.read(".message.said .mark", "done").await;
        assert_eq!(browser.excess().await, 0);
        browser.shoot("2-done").await;

        browser.click(".message.closing a", "View change request").await;
        browser.read("h1", "A friendlier greeting").await;
        let diff = browser.read(".diff", "Good day, everybody.").await;
        assert!(diff.contains("greeting.txt") && diff.contains("Hello."), "{diff}");
        browser.shoot("3-change").await;

        browser.go(&format!("{}/runs", site.url)).await;
        browser.click(".card", "make the greeting friendlier").await;
        browser.read(".run", "Phases").await;
        browser.shoot("4-run").await;
        browser.close().await;
    });
    world.assert_vacated();
    dispatcher.end();
}

/// Watches until the closing message is there: always one status message at most. Returns what it said.
async fn watch(browser: &Browser) -> BTreeSet<String> {
    let mut pictures = BTreeSet::new();
    let since = Instant::now();
    let mut shot = false;
    while browser.count(".message.closing").await == 0 {
        assert!(browser.count(".message.status").await <= 1, "two status messages");
        let picture = browser.text(".message.status").await;
        if !shot && picture.contains("Build") && pictures.len() > 2 {
            browser.shoot("1-working").await;
            shot = true;
        }
        pictures.insert(picture);
        assert!(since.elapsed() < PATIENCE, "no closing message: {pictures:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!((browser.count(".message.closing").await, browser.count(".message.status").await), (1, 1));
    pictures
}

#[test]
fn a_gate_is_approved_or_denied_with_a_reason() {
    if !able() {
        return;
    }
    let world = world(&settings("sh agent.sh"), &GATED_FILES);
    let (dispatcher, site) = world.serve();
    alone(async {
        let browser = Browser::open(&site.door, Screen::Desk).await;
        browser.see("textarea").await;
        browser.type_keys(&format!("be friendlier{ENTER}")).await;
        let gate = browser.read(".message.gate", "Approve").await;
        assert!(gate.contains("needs a decision") && gate.contains("can decide"), "{gate}");
        browser.shoot("5-gate").await;
        browser.click(".message.gate button", "Approve").await;
        browser.read(".message.closing", "Ready for review").await;
        let gate = browser.text(".message.gate").await;
        assert!(gate.contains("approved by You"), "{gate}");
        assert_eq!(browser.count(".message.gate button").await, 0, "{gate}");

        browser.click("a", "New").await;
        browser.read("h1", "New request").await;
        browser.type_keys(&format!("be even friendlier{ENTER}")).await;
        browser.read(".message.gate", "needs a decision").await;
        browser.click(".message.gate button", "Deny").await;
        browser.type_keys("We are friendly enough.").await;
        browser.shoot("6-deny").await;
        browser.type_keys(ENTER).await;
        let closing = browser.read(".message.closing", "You said no").await;
        assert!(closing.contains("We are friendly enough."), "{closing}");
        let gate = browser.read(".message.gate", "denied by You").await;
        assert!(!gate.contains("Approve"), "{gate}");
        browser.shoot("7-denied").await;
        browser.close().await;
    });
    world.assert_vacated();
    dispatcher.end();
}

#[test]
fn a_run_is_stopped_by_its_button() {
    if !able() {
        return;
    }
    // A number that nobody else sleeps for.
    let world = world(&settings("sleep 6321"), &[]);
    let (dispatcher, site) = world.serve();
    alone(async {
        let browser = Browser::open(&site.door, Screen::Desk).await;
        browser.see("textarea").await;
        browser.type_keys(&format!("be friendlier{ENTER}")).await;
        let sleeping = || processes().iter().any(|(_, words)| words.iter().any(|word| word == "6321"));
        let since = Instant::now();
        while !sleeping() {
            assert!(since.elapsed() < PATIENCE, "the agent never began");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        browser.click(".message.status button", "Stop").await;
        browser.read(".message.closing", "Stopped by You").await;
        assert!(!sleeping(), "it was said too early");
        browser.read(".message.said .mark", "stopped").await;
        browser.shoot("8-stopped").await;
        browser.close().await;
    });
    world.assert_vacated();
    dispatcher.end();
}

#[test]
fn a_phone_is_wide_enough() {
    if !able() {
        return;
    }
    let world = world(&settings("sh agent.sh"), &[]);
    let (dispatcher, site) = world.serve();
    alone(async {
        let browser = Browser::open(&site.door, Screen::Phone).await;
        browser.see("#list").await;
        fits(&browser, "9-phone-list").await;
        browser.click("a", "New").await;
        browser.see("textarea").await.click().await.unwrap();
        fits(&browser, "10-phone-new").await;
        browser.type_keys(&format!("make the greeting friendlier{ENTER}")).await;
        browser.read(".message.closing", "Ready for review").await;
        fits(&browser, "11-phone-thread").await;
        browser.click(".message.closing a", "View change request").await;
        browser.read(".diff", "Good day, everybody.").await;
        fits(&browser, "12-phone-change").await;
        for (path, words) in [("/runs", "Runs"), ("/changes", "Change requests")] {
            browser.go(&format!("{}{path}", site.url)).await;
            browser.read("h1", words).await;
            browser.see(".card").await;
            fits(&browser, &format!("13-phone{}", path.replace('/', "-"))).await;
        }
        browser.close().await;
    });
    world.assert_vacated();
    dispatcher.end();
}

async fn fits(browser: &Browser, name: &str) {
    browser.shoot(name).await;
    assert_eq!((browser.overhang().await, browser.excess().await), (Vec::<String>::new(), 0), "{name}");
}
