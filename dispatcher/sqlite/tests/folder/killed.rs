//! Processes that are killed in the middle of their work.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::ops::Range;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use signalbox_domain::id::{DeliveryId, Digest};
use signalbox_domain::time::Time;
use signalbox_ports::blobs::Blobs;
use signalbox_ports::queue::Queue;
use signalbox_ports::store::{Store, Subject};
use signalbox_sqlite::Folder;
use tempfile::TempDir;

use crate::story::{advance, folds, said, thread};

/// Where the process that is to be killed works; nothing in a process that is not.
const FOLDER: &str = "SIGNALBOX_KILLED_FOLDER";
/// Which of them it is.
const NUMBER: &str = "SIGNALBOX_KILLED_NUMBER";
/// How many are killed in one folder, one after the other: a few seconds' worth.
const EACH: u64 = 50;
/// How many folders that is done in; one, where this says nothing else.
const FOLDERS: &str = "SIGNALBOX_KILLED_FOLDERS";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_a_process_that_is_killed() {
    let folders: u64 = std::env::var(FOLDERS).map_or(1, |folders| folders.parse().unwrap());
    let (mut acknowledged, mut absent) = (0, Vec::new());
    for number in 0..folders {
        let root = TempDir::new().unwrap();
        let told = kill(root.path(), number * EACH..(number + 1) * EACH).await;
        let folder = Folder::open(root.path()).unwrap();
        assert!(folds(&folder).await);
        let queued = queued(&folder).await;
        acknowledged += told.len();
        for line in told {
            if !kept(&folder, &queued, &line).await {
                absent.push(line);
            }
        }
        eprintln!("{} killed, {acknowledged} acknowledged, {} absent", (number + 1) * EACH, absent.len());
    }
    assert_eq!(absent, Vec::<String>::new());
    assert!(acknowledged > 1_000, "only {acknowledged} acknowledged: the kills proved little");
}

/// Kills one process after the other in the same folder, and gives what they acknowledged. After each, the folder is
/// whole.
async fn kill(root: &Path, numbers: Range<u64>) -> Vec<String> {
    let mut acknowledged: Vec<String> = Vec::new();
    for number in numbers {
        let mut child = spawn(root, number);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        // Anywhere from its first breath to a hundred acknowledgements; it goes on while it is being killed.
        let patience = usize::try_from(number * number % 97).unwrap();
        acknowledged.extend(lines.by_ref().filter_map(acknowledgement).take(patience));
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged.extend(lines.filter_map(acknowledgement));

        let folder = Folder::open(root).unwrap();
        assert_eq!(folder.verify().await.unwrap().problems, Vec::<String>::new(), "after kill {number}");
    }
    acknowledged
}

fn spawn(folder: &Path, number: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["killed::a_process_that_works_until_it_is_killed", "--exact", "--nocapture"])
        .env(FOLDER, folder)
        .env(NUMBER, number.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn acknowledgement(line: String) -> Option<String> {
    line.strip_prefix("acknowledged ").map(str::to_owned)
}

/// Whether what was acknowledged is there: `recorded <delivery>`, `queued <delivery>`, `worked <delivery>`,
/// `version <number> <thread>`, `put <digest>`.
async fn kept(folder: &Folder, queued: &BTreeSet<DeliveryId>, line: &str) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    match words[..] {
        ["recorded", id] => folder.delivery(&id.into()).await.unwrap().is_some(),
        ["queued", id] => queued.contains(&id.into()),
        ["worked", id] => folder.delivery(&id.into()).await.unwrap().is_some_and(|(_, worked)| worked),
        ["version", version, root] => {
            let run = folder.load(&Subject::Thread(thread(root))).await.unwrap();
            run.is_some_and(|run| run.version >= version.parse().unwrap())
        }
        ["put", digest] => folder.get(&Digest::from(digest)).await.unwrap().is_some(),
        _ => panic!("nobody acknowledges `{line}`"),
    }
}

/// Everything that is queued.
async fn queued(folder: &Folder) -> BTreeSet<DeliveryId> {
    let mut queued = BTreeSet::new();
    while let Some(ticket) = folder.receive(Time(0), Time(0)).await.unwrap() {
        folder.finish(&ticket).await.unwrap();
        queued.insert(ticket.delivery);
    }
    queued
}

/// No story: the body of the processes above.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_works_until_it_is_killed() {
    let (Ok(root), Ok(number)) = (std::env::var(FOLDER), std::env::var(NUMBER)) else { return };
    let folder = std::sync::Arc::new(Folder::open(root).unwrap());
    let workers = (0..4).map(|worker| tokio::spawn(work(folder.clone(), format!("{number}-{worker}"))));
    for worker in workers.collect::<Vec<_>>() {
        worker.await.unwrap();
    }
}

async fn work(folder: std::sync::Arc<Folder>, root: String) {
    for number in 1..100_000 {
        let delivery = said(&root, number);
        let id = &delivery.event.id;
        folder.record(&delivery).await.unwrap();
        acknowledge(&format!("recorded {id}"));
        if number == 1 {
            folder.send(&delivery.thread, id).await.unwrap();
            acknowledge(&format!("queued {id}"));
        }
        let run = advance(&folder, &delivery).await.unwrap().unwrap();
        acknowledge(&format!("worked {id}"));
        acknowledge(&format!("version {} {root}", run.version));
        let digest = folder.put(format!("{root} {number}").as_bytes()).await.unwrap();
        acknowledge(&format!("put {digest}"));
    }
}

/// Past the test harness, which would hold it back.
fn acknowledge(what: &str) {
    std::io::stdout().lock().write_all(format!("acknowledged {what}\n").as_bytes()).unwrap();
}
