//! Saying something once: the marker in each message, a look at the thread where it may have been said before, and one
//! message of each piece left there.

use serde_json::Value;
use signalbox_domain::id::EffectId;
use signalbox_domain::post::Slot;
use signalbox_domain::talk::MessageId;
use signalbox_domain::time::{Span, Time};
use signalbox_ports::Error;
use signalbox_ports::chat::Utterance;

use super::marker::Marker;
use crate::Slack;
use crate::api::{Room, Trouble};
use crate::encode::{About, Dialect, Encoded, encode};

/// The least time between two edits of one status message.
const PACE: Span = Span::seconds(2);
/// What Slack says of blocks that it does not know.
const UNKNOWN_BLOCKS: &[&str] = &["invalid_blocks", "invalid_blocks_format", "invalid_arguments"];
/// What Slack says where files may not be put.
const NO_FILES: &[&str] = &["missing_scope", "access_denied", "no_permission", "file_uploads_disabled", "not_allowed"];

/// What was said last in a message, and when.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    effect: EffectId,
    at: Time,
}

/// A message of ours, found in the thread.
struct Found {
    ts: String,
    marker: Marker,
}

pub(super) async fn say(slack: &Slack, utterance: &Utterance) -> Result<MessageId, Error> {
    let room = Room::of(&utterance.thread)?;
    if let Some(known) = &utterance.known
        && let Some(said) = slack.0.memory.said.get(&(room.clone(), known.0.clone()), slack.now())
    {
        if said.effect > utterance.id || (said.effect == utterance.id && !utterance.retried) {
            return Ok(known.clone());
        }
        let until = said.at + PACE;
        if utterance.slot == Slot::Status && until > slack.now() {
            return Err(Error::later(until, "the status message was edited a moment ago"));
        }
    }
    match speak(slack, &room, utterance, slack.dialect(&room.team)).await {
        Err(trouble) if trouble.is(UNKNOWN_BLOCKS) && slack.dialect(&room.team).plans => {
            // Not every workspace takes plans. If it is something else, it is refused again.
            tracing::warn!(team = room.team, "Slack refused blocks; saying it without a plan");
            slack.learn(&room.team, |dialect| dialect.plans = false);
            Ok(speak(slack, &room, utterance, slack.dialect(&room.team)).await?)
        }
        Err(trouble) => Err(trouble.into()),
        Ok(message) => Ok(message),
    }
}

async fn speak(slack: &Slack, room: &Room, utterance: &Utterance, dialect: Dialect) -> Result<MessageId, Trouble> {
    let slot = utterance.slot.key();
    let about = About {
        run: &utterance.run,
        slot: &slot,
        thread: &utterance.thread,
        console: slack.0.settings.console_url.as_deref(),
    };
    let mut encoded = encode(&utterance.post, &about, dialect);
    // A message that was said in pieces may have to lose some: only the thread knows which.
    let look = utterance.retried
        || (utterance.known.is_some() && (utterance.slot != Slot::Status || encoded.pieces.len() > 1));
    let thread = if look { slack.thread(room, &utterance.thread.root).await? } else { Vec::new() };
    let found = ours(slack, room, &thread, utterance, &slot).await?;
    if let Some(newer) = found.iter().find(|found| found.marker.effect > utterance.id) {
        let first = found.iter().find(|found| found.marker.piece == 0).unwrap_or(newer);
        return Ok(MessageId(first.ts.clone()));
    }
    if let Some(text) = encoded.file.clone()
        && !attach(slack, room, utterance, &slot, &thread, &text).await?
    {
        encoded = encode(&utterance.post, &about, slack.dialect(&room.team));
    }
    slack.keep(&encoded.kept).await?;
    let mut first = None;
    for at in 0..encoded.pieces.len() {
        let ts = piece(slack, room, utterance, &encoded, at, &slot, &found).await?;
        first.get_or_insert(ts);
    }
    for stale in found.iter().filter(|found| found.marker.piece >= encoded.pieces.len()) {
        slack.take_back(room, &stale.ts).await?;
    }
    let Some(ts) = first else { return Err(Trouble::Rejected("there is nothing to say".into())) };
    let now = slack.now();
    slack.0.memory.said.put((room.clone(), ts.clone()), Said { effect: utterance.id.clone(), at: now }, now);
    Ok(MessageId(ts))
}

/// One message of what is said, where it is to be.
async fn piece(
    slack: &Slack,
    room: &Room,
    utterance: &Utterance,
    encoded: &Encoded,
    at: usize,
    slot: &str,
    found: &[Found],
) -> Result<String, Trouble> {
    let marker = Marker {
        run: utterance.run.clone(),
        slot: slot.into(),
        piece: at,
        of: encoded.pieces.len(),
        effect: utterance.id.clone(),
    };
    let Some(words) = encoded.pieces.get(at) else { return Err(Trouble::Rejected("there is no such piece".into())) };
    let known = utterance.known.as_ref().filter(|_| at == 0).map(|known| known.0.clone());
    let mut copies: Vec<&Found> = found.iter().filter(|found| found.marker.piece == at).collect();
    copies.sort_by(|one, other| one.ts.cmp(&other.ts));
    let keep = copies.iter().find(|copy| Some(&copy.ts) == known.as_ref()).or(copies.first()).copied();
    for copy in &copies {
        if keep.is_some_and(|keep| keep.ts != copy.ts) {
            slack.take_back(room, &copy.ts).await?;
        }
    }
    if let Some(keep) = keep.filter(|keep| keep.marker == marker) {
        return Ok(keep.ts.clone());
    }
    let place = keep.map(|keep| keep.ts.clone()).or(known);
    if let Some(ts) = place
        && slack.edit(room, &ts, words, Some(marker.metadata())).await?
    {
        return Ok(ts);
    }
    slack.post(room, Some(&utterance.thread.root), words, Some(marker.metadata())).await
}

/// Our messages of this slot that are in the thread.
async fn ours(
    slack: &Slack,
    room: &Room,
    thread: &[Value],
    utterance: &Utterance,
    slot: &str,
) -> Result<Vec<Found>, Trouble> {
    let marked: Vec<(Marker, &Value)> = thread
        .iter()
        .filter_map(|message| Some((Marker::of(message)?, message)))
        .filter(|(marker, _)| marker.run == utterance.run && marker.slot == slot)
        .collect();
    if marked.is_empty() {
        return Ok(Vec::new());
    }
    // Another app may write what looks like a marker; what it wrote is not ours to edit.
    let us = slack.us(&room.team).await?;
    let by_us = |message: &Value| message.get("user").and_then(Value::as_str) == Some(us.user.as_str());
    Ok(marked
        .into_iter()
        .filter(|(_, message)| by_us(message))
        .filter_map(|(marker, message)| Some(Found { ts: message.get("ts")?.as_str()?.into(), marker }))
        .collect())
}

/// Puts the whole text into the thread as a file, once. False: files are not taken here.
async fn attach(
    slack: &Slack,
    room: &Room,
    utterance: &Utterance,
    slot: &str,
    thread: &[Value],
    text: &str,
) -> Result<bool, Trouble> {
    let slot = slot.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    let name = format!("signalbox-{}-{slot}-{}.txt", utterance.run, utterance.id.version);
    let named = |file: &Value| file.get("name").and_then(Value::as_str) == Some(&name);
    let there = thread.iter().filter_map(|message| message.get("files")?.as_array()).flatten().any(named);
    if there {
        return Ok(true);
    }
    let title = format!("The whole text ({} characters)", text.chars().count());
    match slack.0.api.upload(room, &utterance.thread.root, &name, &title, text).await {
        Ok(()) => Ok(true),
        Err(trouble) if trouble.is(NO_FILES) => {
            tracing::warn!(team = room.team, %trouble, "a long text is not put into the thread as a file");
            slack.learn(&room.team, |dialect| dialect.files = false);
            Ok(false)
        }
        Err(trouble) => Err(trouble),
    }
}
