//! The console: what people and runs do in it, each kept before it is answered.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use signalbox_domain::event::{Delivery, Event, Fact};
use signalbox_domain::id::{DeliveryId, Digest};
use signalbox_domain::post::Action;
use signalbox_domain::talk::{Message, MessageId, Person, ThreadId};
use signalbox_domain::time::{Span, Time};
use tokio::sync::watch;

use crate::board::{Board, Body, CHAT, Place, press_key};
use crate::log::{Log, OpenError};
use crate::record::What;
use crate::settings::Settings;

/// The longest message, in bytes.
pub const MAX_TEXT: usize = 16 * 1024;
/// Two presses of one button by one person within this are one press.
const DOUBLE_CLICK: Span = Span(1_000);
/// The longest name and topic of a room, in bytes.
const MAX_TOPIC: usize = 250;

/// The built-in chat. Clones are the same console.
#[derive(Clone)]
pub struct Console(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    state: Mutex<(Log, Board)>,
    /// The number of the last record, for those who wait for the next.
    pub(crate) latest: watch::Sender<u64>,
    pub(crate) settings: Settings,
    /// Tells this console's cookie from that of another one on the same machine.
    pub(crate) cookie: String,
}

/// Why something a person asked for is not done, in words for them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trouble {
    /// There is no such thing.
    #[error("{0}")]
    Missing(String),
    /// It makes no sense.
    #[error("{0}")]
    Bad(String),
    /// They may not.
    #[error("{0}")]
    Forbidden(String),
    /// It is not as they last saw it.
    #[error("{0}")]
    Changed(String),
    /// Not now.
    #[error("{0}")]
    Unavailable(String),
}

impl Console {
    /// Opens the console kept in `folder` (one file, `console.jsonl`), made if it is not there.
    pub fn open(folder: &Path, settings: Settings) -> Result<Self, OpenError> {
        let (log, records) = Log::open(folder)?;
        let board = Board::of(records);
        let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.into());
        let cookie = format!("signalbox-{}", Digest::of(whole.to_string_lossy().as_bytes()).short());
        let (latest, _) = watch::channel(board.latest());
        let inner = Inner { state: Mutex::new((log, board)), latest, settings, cookie };
        let console = Self(Arc::new(inner));
        if console.0.board(|board| board.rooms.is_empty()) {
            for (name, topic) in &console.0.settings.rooms {
                let (room, name, topic) = (slug(name), name.clone(), topic.clone());
                let made = console.0.decide(|_, _, _| Ok(((), Some(What::Room { room, name, topic }))));
                made.map_err(|error| OpenError::Io { path: folder.into(), error: std::io::Error::other(error) })?;
            }
        }
        Ok(console)
    }

    /// Does what `decide` says, on a thread that may wait for the disk.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        decide: impl FnOnce(&Board, u64, Time) -> Result<(T, Option<What>), Trouble> + Send + 'static,
    ) -> Result<T, Trouble> {
        let inner = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || inner.decide(decide)).await;
        done.unwrap_or_else(|error| Err(Trouble::Unavailable(format!("the console failed to keep it: {error}"))))
    }

    /// A person writes: a reply in the thread `root` began, or a new thread. Sent again under the same `key`, it is the
    /// same message.
    pub(crate) async fn write(
        &self,
        by: Person,
        room: String,
        root: Option<String>,
        text: &str,
        key: Option<String>,
    ) -> Result<Place, Trouble> {
        let text = words(text)?;
        self.change(move |board, n, at| {
            let key = key.map(|key| format!("{}:{key}", by.id));
            if let Some(place) = key.as_ref().and_then(|key| board.sent(key)) {
                return Ok((place.clone(), None));
            }
            board.room(&room).ok_or_else(|| Trouble::Missing(format!("there is no room {room}")))?;
            let id = MessageId(format!("m{n}"));
            let root = root.unwrap_or_else(|| id.0.clone());
            if root != id.0 && board.thread(&room, &root).is_none() {
                return Err(Trouble::Missing("that thread is not there".into()));
            }
            let place = Place { room: room.clone(), root: root.clone(), message: id.clone() };
            let thread = ThreadId { chat: CHAT.into(), room, root };
            let message = Message { id, by, text, attachments: Vec::new() };
            let event = Event { id: Event::said(&thread, &message), at, fact: Fact::Said { message, addressed: true } };
            let delivery = Box::new(Delivery { thread, run: None, event });
            Ok((place, Some(What::Sent { delivery, on: None, key })))
        })
        .await
    }

    /// A person changes what they wrote.
    pub(crate) async fn rewrite(
        &self,
        by: Person,
        room: String,
        message: MessageId,
        text: &str,
    ) -> Result<Place, Trouble> {
        let text = words(text)?;
        self.change(move |board, n, at| {
            let (place, before) = own(board, &by, &room, &message)?;
            if before == text {
                return Ok((place, None));
            }
            let id = DeliveryId(format!("edited:{CHAT}:{room}:{}:{n}", message.0));
            let fact = Fact::Edited { message: Message { id: message, by, text, attachments: Vec::new() } };
            Ok((place.clone(), Some(sent(delivery(place, id, at, fact)))))
        })
        .await
    }

    /// A person takes back what they wrote.
    pub(crate) async fn delete(&self, by: Person, room: String, message: MessageId) -> Result<Place, Trouble> {
        self.change(move |board, _, at| {
            let (place, _) = own(board, &by, &room, &message)?;
            let id = DeliveryId(format!("deleted:{CHAT}:{room}:{}", message.0));
            let fact = Fact::Deleted { message, by };
            Ok((place.clone(), Some(sent(delivery(place, id, at, fact)))))
        })
        .await
    }

    /// A person presses a button of a message of ours; or, on a message of a person, puts ❌ on it, which is Stop.
    /// A double click is one press; pressing again later is another.
    pub(crate) async fn press(
        &self,
        by: Person,
        room: String,
        message: MessageId,
        action: Action,
    ) -> Result<Place, Trouble> {
        self.change(move |board, _, at| {
            let missing = || Trouble::Missing("that message is not there".into());
            let place = board.place(&room, &message).ok_or_else(missing)?;
            let entry = board.entry(&place).filter(|entry| entry.shown_to(&by.id)).ok_or_else(missing)?;
            let key = press_key(&action);
            let offered = match entry.post() {
                Some(post) => post.buttons.iter().any(|button| press_key(&button.action) == key),
                None => action == Action::Stop,
            };
            if !offered || matches!(action, Action::View { .. }) {
                return Err(Trouble::Changed("that button is no longer there: the message has changed since".into()));
            }
            let mut same = entry.presses.iter().filter(|press| press.key == key && press.by == by.id);
            if same.any(|press| at - press.at < DOUBLE_CLICK) {
                return Ok((place, None));
            }
            let run = entry.run().cloned();
            let times = entry.presses.iter().filter(|press| press.key == key).count() + 1;
            let about = run.as_ref().map_or("-", |run| run.as_str());
            let id = DeliveryId(format!("pressed:{about}:{}@{}:{key}:{times}", message.0, version(&entry.body)));
            let fact = Fact::Pressed { action, by };
            let delivery = Box::new(Delivery { run, ..delivery(place.clone(), id, at, fact) });
            Ok((place, Some(What::Sent { delivery, on: Some(message), key: None })))
        })
        .await
    }

    /// A person makes a room.
    pub(crate) async fn make_room(&self, name: String, topic: String) -> Result<String, Trouble> {
        let (name, topic) = (label(&name)?, label(&topic)?);
        let id = slug(&name);
        if id.is_empty() {
            return Err(Trouble::Bad("a room needs a name with a letter or a digit in it".into()));
        }
        self.change(move |board, _, _| {
            if board.room(&id).is_some() {
                return Err(Trouble::Changed(format!("there is a room {id} already")));
            }
            Ok((id.clone(), Some(What::Room { room: id, name, topic })))
        })
        .await
    }

    /// A person changes a room's topic.
    pub(crate) async fn set_topic(&self, room: String, topic: String) -> Result<(), Trouble> {
        let topic = label(&topic)?;
        self.change(move |board, _, _| {
            let kept = board.room(&room).ok_or_else(|| Trouble::Missing(format!("there is no room {room}")))?;
            let changed = kept.topic != topic;
            let name = kept.name.clone();
            Ok(((), changed.then_some(What::Room { room, name, topic })))
        })
        .await
    }
}

impl Inner {
    /// Looks at the board.
    pub(crate) fn board<T>(&self, look: impl FnOnce(&Board) -> T) -> T {
        look(&self.lock().1)
    }

    fn decide<T>(
        &self,
        decide: impl FnOnce(&Board, u64, Time) -> Result<(T, Option<What>), Trouble>,
    ) -> Result<T, Trouble> {
        let mut state = self.lock();
        let (log, board) = &mut *state;
        let now = self.settings.clock.now();
        let (done, what) = decide(board, log.next(), now)?;
        if let Some(what) = what {
            let record = log.append(now, what).map_err(|error| {
                tracing::error!(%error, "a record could not be written");
                Trouble::Unavailable(format!("the console failed to keep it: {error}; nothing was done, try again"))
            })?;
            let n = record.n;
            board.apply(record);
            self.latest.send_replace(n);
        }
        Ok(done)
    }

    fn lock(&self) -> MutexGuard<'_, (Log, Board)> {
        // Nothing between a write and its place on the board panics; a board seen after a panic is still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The message, if it is the person's to change, and what it says.
fn own(board: &Board, by: &Person, room: &str, message: &MessageId) -> Result<(Place, String), Trouble> {
    let missing = || Trouble::Missing("that message is not there".into());
    let place = board.place(room, message).ok_or_else(missing)?;
    match &board.entry(&place).ok_or_else(missing)?.body {
        Body::Said { by: author, text, .. } if author.id == by.id => Ok((place, text.clone())),
        Body::Deleted { .. } => Err(missing()),
        Body::Said { .. } | Body::Ours { .. } | Body::Whisper { .. } => {
            Err(Trouble::Forbidden("only the person who wrote a message may change it".into()))
        }
    }
}

fn delivery(place: Place, id: DeliveryId, at: Time, fact: Fact) -> Delivery {
    let thread = ThreadId { chat: CHAT.into(), room: place.room, root: place.root };
    Delivery { thread, run: None, event: Event { id, at, fact } }
}

fn sent(delivery: Delivery) -> What {
    What::Sent { delivery: Box::new(delivery), on: None, key: None }
}

/// Which state of a message was pressed on: presses are counted anew when it is said anew.
fn version(body: &Body) -> u64 {
    match body {
        Body::Ours { id, .. } | Body::Whisper { id, .. } => id.version,
        Body::Said { .. } | Body::Deleted { .. } => 0,
    }
}

/// A message's words, without the mention that is implied here.
fn words(text: &str) -> Result<String, Trouble> {
    const MENTION: &str = "@signalbox";
    let mut text = text.trim();
    if text.get(..MENTION.len()).is_some_and(|start| start.eq_ignore_ascii_case(MENTION)) {
        let rest = &text[MENTION.len()..];
        if !rest.starts_with(|next: char| next.is_alphanumeric() || next == '-' || next == '_') {
            text = rest.trim_start_matches([':', ',']).trim_start();
        }
    }
    if text.len() > MAX_TEXT {
        let kib = MAX_TEXT / 1024;
        return Err(Trouble::Bad(format!(
            "the message is {} bytes long; at most {kib} KiB fit: shorten it",
            text.len()
        )));
    }
    Ok(text.replace('\0', ""))
}

fn label(text: &str) -> Result<String, Trouble> {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let text = text.trim();
    if text.len() > MAX_TOPIC {
        return Err(Trouble::Bad(format!("that is {} bytes long; at most {MAX_TOPIC} fit: shorten it", text.len())));
    }
    Ok(text.into())
}

/// A room's immutable id, from the name it was made with.
fn slug(name: &str) -> String {
    let dashed: String = name.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    dashed.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}
