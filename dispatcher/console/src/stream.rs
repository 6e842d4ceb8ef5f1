//! Live updates: what changed, as it stands now, numbered so that nothing is missed when a connection is.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures::Stream;
use futures::stream::unfold;
use serde::{Deserialize, Serialize};
use signalbox_domain::talk::Person;
use tokio::sync::watch;

use crate::access::Viewer;
use crate::board::{Board, Touched};
use crate::console::Console;
use crate::encode::{self, MessageView, RoomView, ThreadView};

/// How often a quiet stream says that it lives.
const BEAT: Duration = Duration::from_secs(15);
/// How soon a browser tries again.
const RETRY: Duration = Duration::from_secs(1);

/// Where to go on from.
#[derive(Debug, Deserialize)]
pub(crate) struct After {
    after: Option<u64>,
}

/// Something changed.
#[derive(Debug, Serialize)]
struct Update {
    n: u64,
    room: Option<RoomView>,
    thread: Option<ThreadView>,
    message: Option<MessageView>,
}

struct Feed {
    console: Console,
    viewer: Person,
    cursor: u64,
    latest: watch::Receiver<u64>,
    ready: VecDeque<Event>,
}

/// Everything after the number that the browser saw last (`Last-Event-ID`, or `?after=`), and then everything else as
/// it happens.
pub(crate) async fn stream(
    State(console): State<Console>,
    Extension(Viewer(viewer)): Extension<Viewer>,
    Query(After { after }): Query<After>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let seen = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let latest = console.0.latest.subscribe();
    let newest = *latest.borrow();
    let after = seen.or(after).unwrap_or(newest);
    let mut ready = VecDeque::from([Event::default().event("hello").retry(RETRY).data(newest.to_string())]);
    // A browser that saw more than there is looked at another console: it begins anew.
    if after > newest {
        ready.push_back(Event::default().event("reset").id(newest.to_string()).data("{}"));
    }
    let feed = Feed { console, viewer, cursor: after.min(newest), latest, ready };
    Sse::new(unfold(feed, |mut feed| async move { feed.next().await.map(|event| (Ok(event), feed)) }))
        .keep_alive(KeepAlive::new().interval(BEAT))
}

impl Feed {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            self.latest.mark_unchanged();
            let (cursor, viewer) = (self.cursor, &self.viewer);
            let (updates, newest) = self.console.0.board(|board| {
                let updates =
                    board.since(cursor).into_iter().filter_map(|(n, touched)| update(board, viewer, n, &touched));
                (updates.collect::<Vec<_>>(), board.latest())
            });
            self.cursor = newest;
            self.ready.extend(updates.iter().filter_map(event));
            if self.ready.is_empty() {
                self.latest.changed().await.ok()?;
            }
        }
    }
}

fn event(update: &Update) -> Option<Event> {
    Event::default().event("update").id(update.n.to_string()).json_data(update).ok()
}

fn update(board: &Board, viewer: &Person, n: u64, touched: &Touched) -> Option<Update> {
    match touched {
        Touched::Room(id) => {
            let room = board.room(id).map(encode::room)?;
            Some(Update { n, room: Some(room), thread: None, message: None })
        }
        Touched::Message(place) => {
            let message = encode::message(board, place, viewer)?;
            let thread = board.thread(&place.room, &place.root).and_then(|thread| encode::thread(thread, viewer));
            Some(Update { n, room: None, thread, message: Some(message) })
        }
    }
}
