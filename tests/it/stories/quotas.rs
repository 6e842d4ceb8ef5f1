//! How much is fetched for one event, whoever asks: what is over it is left out, and the rest comes.

use std::sync::Arc;

use async_trait::async_trait;
use signalbox_domain::time::Span;
use signalbox_engine::Ports;
use signalbox_ports::plugins::Fetch;
use signalbox_ports::web::{Bounds, Page, Refused, Web};
use signalbox_world::chat::Recall;

use super::World;
use super::asks::Asks;

const SITE: &str = "acme/website";

/// A web with a page at every address.
struct Everywhere;

#[async_trait]
impl Web for Everywhere {
    async fn get(&self, url: &str, _: &Bounds) -> Result<Page, Refused> {
        Ok(Page { url: url.into(), text: "A page.".into() })
    }
}

/// What is left out where one prefetcher asks for these, of a website that has also those files.
async fn left_out(rounds: Vec<Vec<Fetch>>, files: &[(String, String)]) -> Vec<String> {
    let web = Arc::new(Everywhere);
    let through =
        |ports: Ports| Ports { plugins: Arc::new(Asks { routers: ports.plugins.clone(), rounds }), web, ..ports };
    let world = World::made(|settings| settings.fetch.tokens = 10_000_000, Recall::Slots, through);
    let edits: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str().into())).collect();
    world.forge.commit(SITE, "main", &edits).expect("a commit");
    world.ask("web", "Ana", "mend the website").await;
    world.pass(Span::minutes(1)).await;
    let first = world.boxes.assignments().into_iter().next().expect("a box was asked for");
    let knew = world.engine.context(&first.attempt.run).await.expect("it was gathered");
    world.abandon();
    knew.omissions.iter().map(|it| format!("{}: {}", it.what, it.why)).collect()
}

fn page(number: usize) -> Fetch {
    Fetch::Http { url: format!("https://docs.example/{number}") }
}

fn file(path: String) -> Fetch {
    Fetch::File { repository: SITE.into(), path }
}

#[tokio::test]
async fn sixteen_pages_are_read_for_an_event_in_all_rounds_together() {
    let rounds = |count: usize| vec![(0..10).map(page).collect(), (10..count).map(page).collect()];
    assert_eq!(left_out(rounds(16), &[]).await, Vec::<String>::new());
    assert_eq!(left_out(rounds(17), &[]).await, ["https://docs.example/16: enough was fetched already"]);
}

#[tokio::test]
async fn a_hundred_and_twenty_eight_things_are_fetched_for_an_event() {
    let files: Vec<_> = (0..129).map(|number| (format!("notes/{number:03}"), "A note.".to_owned())).collect();
    let rounds = |count: usize| {
        let all: Vec<_> = files[..count].iter().map(|(path, _)| file(path.clone())).collect();
        all.chunks(50).map(<[Fetch]>::to_vec).collect::<Vec<_>>()
    };
    assert_eq!(left_out(rounds(128), &files).await, Vec::<String>::new());
    assert_eq!(left_out(rounds(129), &files).await, ["notes/128 of acme/website: enough was fetched already"]);
}

#[tokio::test]
async fn four_mebibytes_are_fetched_for_an_event() {
    let mut files: Vec<_> = (0..64)
        .map(|number| (format!("tomes/{number:02}"), format!("{number:02}{}", "x".repeat(64 * 1024 - 2))))
        .collect();
    files.push(("tomes/last".to_owned(), "x".to_owned()));
    let rounds = |count: usize| vec![files[..count].iter().map(|(path, _)| file(path.clone())).collect()];
    assert_eq!(left_out(rounds(64), &files).await, Vec::<String>::new());
    assert_eq!(left_out(rounds(65), &files).await, ["tomes/last of acme/website: enough was fetched already"]);
}
