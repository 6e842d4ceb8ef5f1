//! How long the context is waited for: one fetch, and all of an event together. The clock stands still but for what is
//! waited for, so nothing here depends on how fast a machine is.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use signalbox_domain::time::Span;
use signalbox_engine::Ports;
use signalbox_ports::plugins::Fetch;
use signalbox_ports::web::{Bounds, Page, Refused, Web};
use signalbox_world::chat::Recall;
use tokio::time::Instant;

use super::World;
use super::asks::Asks;

/// How long each page was waited for, in the order they were given up or came.
type Waits = Arc<Mutex<Vec<(String, Duration)>>>;

/// A web whose pages take as many milliseconds as their address ends with.
struct Slow(Waits);

/// Notes how long it lived.
struct Waited<'a> {
    url: &'a str,
    since: Instant,
    waits: &'a Waits,
}

impl Drop for Waited<'_> {
    fn drop(&mut self) {
        let mut waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        waits.push((self.url.to_owned(), self.since.elapsed()));
    }
}

#[async_trait]
impl Web for Slow {
    async fn get(&self, url: &str, _: &Bounds) -> Result<Page, Refused> {
        let _waited = Waited { url, since: Instant::now(), waits: &self.0 };
        let takes = url.rsplit('/').next().and_then(|takes| takes.parse().ok()).unwrap_or_default();
        tokio::time::sleep(Duration::from_millis(takes)).await;
        Ok(Page { url: url.into(), text: format!("It took {takes} ms.") })
    }
}

/// Ana asks; what the agent is given, and how long each page was waited for, in tenths of a second.
async fn gathered(rounds: &[&[&str]]) -> (String, Vec<(String, u128)>) {
    let waits = Waits::default();
    let web = Arc::new(Slow(waits.clone()));
    let page = |url: &&str| Fetch::Http { url: (*url).into() };
    let rounds = rounds.iter().map(|urls| urls.iter().map(page).collect()).collect();
    let through =
        |ports: Ports| Ports { plugins: Arc::new(Asks { routers: ports.plugins.clone(), rounds }), web, ..ports };
    let world = World::made(|_| {}, Recall::Slots, through);
    world.ask("web", "Ana", "mend the website").await;
    world.pass(Span::minutes(1)).await;
    let first = world.boxes.assignments().into_iter().next().expect("a box was asked for");
    world.abandon();
    let waits = waits.lock().unwrap_or_else(PoisonError::into_inner);
    let tenths = |waited: &Duration| (waited.as_millis() + 50) / 100;
    let waits = waits.iter().map(|(url, waited)| (url.clone(), tenths(waited))).collect();
    (first.files.get("context.md").cloned().unwrap_or_default(), waits)
}

#[tokio::test(start_paused = true)]
async fn one_page_is_waited_for_two_seconds_and_the_others_come_all_the_same() {
    let (context, waits) =
        gathered(&[&["https://a.example/1900", "https://b.example/2100", "https://c.example/0"]]).await;
    let expected = [("https://c.example/0", 0), ("https://a.example/1900", 19), ("https://b.example/2100", 20)];
    assert_eq!(waits, expected.map(|(url, waited)| (url.to_owned(), waited)));
    assert!(context.contains("It took 1900 ms.") && context.contains("It took 0 ms."), "{context}");
    assert!(!context.contains("It took 2100 ms."), "{context}");
    assert!(context.contains("Left out: https://b.example/2100 ("), "{context}");
}

#[tokio::test(start_paused = true)]
async fn all_pages_of_an_event_are_waited_for_five_seconds_whatever_the_rounds() {
    let (context, waits) =
        gathered(&[&["https://a.example/1900"], &["https://b.example/99000"], &["https://c.example/1900"]]).await;
    let expected = [("https://a.example/1900", 19), ("https://b.example/99000", 20), ("https://c.example/1900", 11)];
    assert_eq!(waits, expected.map(|(url, waited)| (url.to_owned(), waited)));
    assert!(context.contains("https://a.example/1900") && context.contains("It took 1900 ms."), "{context}");
    for late in ["https://b.example/99000", "https://c.example/1900"] {
        assert!(context.contains(&format!("Left out: {late} (")), "{late}: {context}");
    }
}
