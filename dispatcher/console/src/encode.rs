//! What the page and the command line are given: posts, messages and threads as JSON.
//!
//! Text stays text: whoever shows it sets it as text. What is somebody else's is named so, and has lost the
//! characters that make text look like what it is not.

use serde::Serialize;
use signalbox_domain::post::{Action, Button, Line, Mark, Post, Slot, Span};
use signalbox_domain::talk::Person;
use signalbox_domain::time::Time;
use url::Url;

use crate::board::{Board, Body, Entry, Place, Room, Standing, Thread};

/// The longest title of a thread in a list, in characters.
const MAX_TITLE: usize = 140;

/// A message.
#[derive(Debug, Serialize)]
pub(crate) struct MessageView {
    pub(crate) room: String,
    pub(crate) root: String,
    pub(crate) id: String,
    pub(crate) n: u64,
    pub(crate) at: Time,
    /// What it is: `said`, `status`, `question`, `gate`, `reply`, `notice`, `closing`, `whisper`.
    pub(crate) kind: &'static str,
    pub(crate) by: ByView,
    /// Whether the one who looks wrote it.
    pub(crate) mine: bool,
    pub(crate) run: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) post: Option<PostView>,
    pub(crate) edited: bool,
    pub(crate) deleted: bool,
    pub(crate) mark: Option<MarkView>,
    pub(crate) delivery: DeliveryView,
    /// Buttons that were pressed and are on their way.
    pub(crate) busy: Vec<String>,
}

/// Who wrote a message.
#[derive(Debug, Serialize)]
pub(crate) struct ByView {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Whether it is Signalbox.
    pub(crate) us: bool,
}

/// Whether what a person did has reached Signalbox.
#[derive(Debug, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(crate) enum DeliveryView {
    Received,
    Sending,
    Retrying { why: String },
    Declined { why: String },
}

/// A mark.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct MarkView {
    pub(crate) mark: Mark,
    pub(crate) emoji: &'static str,
    pub(crate) words: &'static str,
}

/// A post.
#[derive(Debug, Serialize)]
pub(crate) struct PostView {
    pub(crate) lines: Vec<LineView>,
    pub(crate) buttons: Vec<ButtonView>,
    pub(crate) footer: Vec<SpanView>,
}

/// A line.
#[derive(Debug, Serialize)]
#[serde(tag = "line", rename_all = "snake_case")]
pub(crate) enum LineView {
    Text { spans: Vec<SpanView> },
    Phase { label: String, stage: signalbox_domain::post::Stage, words: &'static str, note: Vec<SpanView> },
    Quote { text: String },
}

/// A part of a line.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "span", rename_all = "snake_case")]
pub(crate) enum SpanView {
    Plain { text: String },
    Strong { text: String },
    Code { text: String },
    Untrusted { text: String },
    Link { text: String, url: String, host: String },
}

/// A button.
#[derive(Debug, Serialize)]
pub(crate) struct ButtonView {
    pub(crate) label: String,
    /// Names it among the message's buttons.
    pub(crate) key: String,
    /// What to send back when it is pressed.
    pub(crate) action: Action,
    /// Where it leads, if it only leads somewhere: an address that was checked, and its host to be shown.
    pub(crate) link: Option<LinkView>,
}

/// An address that was checked.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct LinkView {
    pub(crate) url: String,
    /// Empty: it is on this page's own host.
    pub(crate) host: String,
}

/// A thread in a list.
#[derive(Debug, Serialize)]
pub(crate) struct ThreadView {
    pub(crate) room: String,
    pub(crate) root: String,
    pub(crate) title: String,
    pub(crate) by: String,
    pub(crate) at: Time,
    /// When something was last said in it.
    pub(crate) last: Time,
    pub(crate) replies: usize,
    pub(crate) mark: Option<MarkView>,
    pub(crate) run: Option<String>,
}

/// A room.
#[derive(Debug, Serialize)]
pub(crate) struct RoomView {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) topic: String,
}

/// A message as `viewer` sees it; nothing, if it is not for their eyes.
pub(crate) fn message(board: &Board, place: &Place, viewer: &Person) -> Option<MessageView> {
    let entry = board.entry(place).filter(|entry| entry.shown_to(&viewer.id))?;
    let by = match &entry.body {
        Body::Said { by, .. } | Body::Deleted { by } => ByView { id: by.id.clone(), name: clean(&by.name), us: false },
        Body::Ours { .. } | Body::Whisper { .. } => {
            ByView { id: "console:signalbox".into(), name: "Signalbox".into(), us: true }
        }
    };
    let (text, edited) = match &entry.body {
        Body::Said { text, edited, .. } => (Some(clean(text)), *edited),
        Body::Deleted { .. } | Body::Ours { .. } | Body::Whisper { .. } => (None, false),
    };
    Some(MessageView {
        room: place.room.clone(),
        root: place.root.clone(),
        id: place.message.0.clone(),
        n: entry.n,
        at: entry.at,
        kind: kind(&entry.body),
        mine: !by.us && by.id == viewer.id,
        by,
        run: entry.run().map(|run| run.0.clone()),
        text,
        post: entry.post().map(post),
        edited,
        deleted: matches!(entry.body, Body::Deleted { .. }),
        mark: entry.mark.map(mark),
        delivery: delivery(entry),
        busy: busy(entry),
    })
}

/// A thread in a list.
pub(crate) fn thread(thread: &Thread, viewer: &Person) -> Option<ThreadView> {
    let root = thread.root()?;
    let (by, text) = match &root.body {
        Body::Said { by, text, .. } => (by.name.as_str(), text.as_str()),
        Body::Deleted { by } => (by.name.as_str(), "(message deleted)"),
        Body::Ours { .. } | Body::Whisper { .. } => ("Signalbox", ""),
    };
    Some(ThreadView {
        room: thread.room.clone(),
        root: root.id.0.clone(),
        title: title(text),
        by: clean(by),
        at: root.at,
        last: thread.entries.last().map_or(root.at, |entry| entry.at),
        replies: thread.entries.iter().skip(1).filter(|entry| entry.shown_to(&viewer.id)).count(),
        mark: thread.mark().map(mark),
        run: thread.run().map(|run| run.0.clone()),
    })
}

/// A room.
pub(crate) fn room(room: &Room) -> RoomView {
    RoomView { id: room.id.clone(), name: clean(&room.name), topic: clean(&room.topic) }
}

/// A post.
pub(crate) fn post(post: &Post) -> PostView {
    PostView {
        lines: post.lines.iter().map(line).collect(),
        buttons: post.buttons.iter().map(button).collect(),
        footer: post.footer.iter().map(span).collect(),
    }
}

/// A mark.
pub(crate) fn mark(mark: Mark) -> MarkView {
    let words = match mark {
        Mark::Seen => "seen",
        Mark::Working => "working",
        Mark::Waiting => "needs you",
        Mark::Passed => "passed on",
        Mark::Done => "done",
        Mark::Failed => "failed",
        Mark::Stopped => "stopped",
    };
    MarkView { mark, emoji: mark.emoji(), words }
}

/// An address that may be offered: of this page, or `http(s)` without anybody's name or password in it.
pub(crate) fn link(address: &str) -> Option<LinkView> {
    if address.starts_with('/')
        && !address.starts_with("//")
        && !address.contains('\\')
        && !address.contains(char::is_control)
    {
        return Some(LinkView { url: address.into(), host: String::new() });
    }
    let url = Url::parse(address).ok()?;
    let web = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    // The host is given in the form a browser resolves: letters that only look like others are written out.
    let host = url.host_str().filter(|_| web)?;
    let host = url.port().map_or_else(|| host.to_string(), |port| format!("{host}:{port}"));
    Some(LinkView { url: url.to_string(), host })
}

/// Somebody's text without the characters that are not seen but change what is: controls, direction overrides and
/// invisible spaces. Each is shown as `�`, so that nothing is dropped silently.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' => {
                '�'
            }
            '\u{E0000}'..='\u{E007F}' => '�',
            c if c.is_control() && c != '\r' => '�',
            c => c,
        })
        .filter(|c| *c != '\r')
        .collect()
}

/// The first words of a text, cut between characters and saying so.
pub(crate) fn title(text: &str) -> String {
    let text = clean(text);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(MAX_TITLE) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text,
    }
}

/// A line.
fn line(line: &Line) -> LineView {
    match line {
        Line::Text { spans } => LineView::Text { spans: spans.iter().map(span).collect() },
        Line::Phase { label, stage, note } => LineView::Phase {
            label: clean(label),
            stage: *stage,
            words: stage.words(),
            note: note.iter().map(span).collect(),
        },
        Line::Quote { text } => LineView::Quote { text: clean(text) },
    }
}

/// A part of a line.
pub(crate) fn span(span: &Span) -> SpanView {
    match span {
        Span::Plain(text) => SpanView::Plain { text: clean(text) },
        Span::Strong(text) => SpanView::Strong { text: clean(text) },
        Span::Code(text) => SpanView::Code { text: clean(text) },
        Span::Untrusted(text) => SpanView::Untrusted { text: clean(text) },
        Span::Link { label, url } => match link(url) {
            Some(LinkView { url, host }) => SpanView::Link { text: clean(label), url, host },
            None => SpanView::Untrusted { text: clean(&format!("{label} ({url})")) },
        },
    }
}

fn button(button: &Button) -> ButtonView {
    let link = match &button.action {
        Action::View { url } => link(url),
        Action::Stop
        | Action::Why
        | Action::Details
        | Action::Retry
        | Action::Approve { .. }
        | Action::Deny { .. }
        | Action::Choose { .. }
        | Action::Resolve { .. }
        | Action::Dismiss { .. } => None,
    };
    let (key, action) = (crate::board::press_key(&button.action), button.action.clone());
    ButtonView { label: clean(&button.label), key, action, link }
}

fn kind(body: &Body) -> &'static str {
    match body {
        Body::Said { .. } | Body::Deleted { .. } => "said",
        Body::Whisper { .. } => "whisper",
        Body::Ours { slot, .. } => match slot {
            Slot::Status => "status",
            Slot::Question(_) => "question",
            Slot::Gate(..) => "gate",
            Slot::Reply(_) => "reply",
            Slot::Notice(_) | Slot::Review(_) => "notice",
            Slot::Closing => "closing",
        },
    }
}

fn busy(entry: &Entry) -> Vec<String> {
    let under_way = entry.unsettled.values().filter(|it| !matches!(it.standing, Standing::Declined(_)));
    under_way.filter_map(|it| it.action.as_ref().map(crate::board::press_key)).collect()
}

fn delivery(entry: &Entry) -> DeliveryView {
    match entry.unsettled.values().map(|it| &it.standing).max() {
        None => DeliveryView::Received,
        Some(Standing::Sending) => DeliveryView::Sending,
        Some(Standing::Retrying(why)) => DeliveryView::Retrying { why: clean(why) },
        Some(Standing::Declined(why)) => DeliveryView::Declined { why: clean(why) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_offered_only_if_it_leads_where_it_says() {
        let host = |address: &str| link(address).map(|link| link.host);
        assert_eq!(host("https://example.com/a?b"), Some("example.com".into()));
        assert_eq!(host("http://127.0.0.1:7878/changes/a/b/1"), Some("127.0.0.1:7878".into()));
        assert_eq!(host("/changes/a/b/1"), Some(String::new()));
        assert_eq!(host("https://gооgle.com/"), Some("xn--ggle-55da.com".into()), "Cyrillic letters are written out");
        for bad in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,<script>alert(1)</script>",
            "//evil.example/",
            "/\\evil.example",
            "https://example.com@evil.example/",
            "https://user:pass@example.com/",
            "file:///etc/passwd",
            "vbscript:x",
            "",
            "no address",
        ] {
            assert_eq!(link(bad), None, "{bad}");
        }
    }

    #[test]
    fn text_loses_what_cannot_be_seen_and_keeps_everything_else() {
        assert_eq!(clean("pay\u{202E}load\u{200B} 👩‍👩‍👧 é\n\tok\r\n"), "pay�load� 👩‍👩‍👧 é\n\tok\n");
        assert_eq!(clean(&clean("a\u{0}b\u{2066}")), clean("a\u{0}b\u{2066}"));
        let long = "é".repeat(500);
        assert_eq!(title(&long).chars().count(), MAX_TITLE + 1);
    }
}
