//! What stands at the end of a message: buttons, a search where something is to be chosen.

use signalbox_domain::post::{Action, Button, Post};
use slack_morphism::SlackActionId;
use slack_morphism::blocks::{
    SlackActionBlockElement, SlackActionsBlock, SlackBlockButtonElement, SlackBlockButtonStyle, SlackBlockConfirmItem,
    SlackBlockExternalSelectElement, SlackBlockPlainText, SlackBlockPlainTextOnly,
};
use url::Url;

use super::pack::Unit;
use super::press::Press;
use super::text::{MEASURE, flat, web};
use super::{About, text};

/// The name of the search for a repository among the buttons of a question.
pub(crate) const SEARCH: &str = "signalbox.search";
/// The longest label of a button.
const MAX_LABEL: usize = 75;
/// The most elements of one row of buttons: Slack takes 25.
const MAX_ROW: usize = 20;

/// The end of a message.
pub(super) struct Tail {
    pub(super) units: Vec<Unit>,
    pub(super) kept: Vec<(String, String)>,
}

/// The buttons of a post. One that leads nowhere a person should be led is shown as words instead.
pub(super) fn tail(post: &Post, about: &About<'_>) -> Tail {
    let mut tail = Tail { units: Vec::new(), kept: Vec::new() };
    let mut row = Row::default();
    for (at, button) in post.buttons.iter().enumerate() {
        if row.elements.len() == MAX_ROW {
            row.flush(&mut tail.units);
        }
        match element(at, button, about, &mut tail.kept) {
            Some(element) => row.push(&button.label, element),
            None => {
                let Action::View { url } = &button.action else { continue };
                let spans = [signalbox_domain::post::Span::Untrusted(format!("{}: {url}", button.label))];
                text::spans(&spans, about.console, &mut tail.units);
            }
        }
    }
    if post.buttons.iter().any(|button| matches!(button.action, Action::Choose { .. })) {
        let search = SlackBlockExternalSelectElement::new()
            .with_action_id(SlackActionId(SEARCH.into()))
            .with_placeholder(words("Another one …"))
            .with_min_query_length(1);
        row.push("Another one …", search.into());
    }
    row.flush(&mut tail.units);
    tail
}

#[derive(Default)]
struct Row {
    elements: Vec<SlackActionBlockElement>,
    plain: Vec<String>,
    size: usize,
}

impl Row {
    fn push(&mut self, label: &str, element: SlackActionBlockElement) {
        let label = flat(label, MAX_LABEL);
        self.size += MEASURE.of(&label);
        self.plain.push(format!("[{label}]"));
        self.elements.push(element);
    }

    fn flush(&mut self, units: &mut Vec<Unit>) {
        let row = std::mem::take(self);
        if !row.elements.is_empty() {
            let block = SlackActionsBlock::new(row.elements);
            units.push(Unit::Block { block: Box::new(block.into()), plain: row.plain.join(" "), size: row.size });
        }
    }
}

fn element(
    at: usize,
    button: &Button,
    about: &About<'_>,
    kept: &mut Vec<(String, String)>,
) -> Option<SlackActionBlockElement> {
    let label = flat(&button.label, MAX_LABEL);
    let label = if label.is_empty() { "…".into() } else { label };
    let id = SlackActionId(format!("signalbox.{}.{at}", name(&button.action)));
    let element = SlackBlockButtonElement::new(words(&label)).with_action_id(id);
    if let Action::View { url } = &button.action {
        let (url, _) = web(url, about.console)?;
        return Some(element.with_url(Url::parse(&url).ok()?).into());
    }
    let press = Press {
        run: about.run.clone(),
        slot: about.slot.into(),
        room: about.thread.room.clone(),
        root: about.thread.root.clone(),
        action: button.action.clone(),
    };
    let (value, note) = press.value();
    kept.extend(note);
    let element = element.with_value(value).opt_style(style(&button.action)).opt_confirm(confirm(&button.action));
    Some(element.into())
}

fn name(action: &Action) -> &'static str {
    match action {
        Action::Stop => "stop",
        Action::Why => "why",
        Action::Details => "details",
        Action::Retry => "retry",
        Action::Approve { .. } => "approve",
        Action::Deny { .. } => "deny",
        Action::Choose { .. } => "choose",
        Action::Resolve { .. } => "resolve",
        Action::Dismiss { .. } => "dismiss",
        Action::View { .. } => "view",
    }
}

fn style(action: &Action) -> Option<SlackBlockButtonStyle> {
    match action {
        Action::Approve { .. } | Action::Resolve { .. } => Some(SlackBlockButtonStyle::Primary),
        Action::Stop | Action::Deny { .. } => Some(SlackBlockButtonStyle::Danger),
        Action::Why
        | Action::Details
        | Action::Retry
        | Action::Choose { .. }
        | Action::Dismiss { .. }
        | Action::View { .. } => None,
    }
}

/// Asked again where something ends or begins that a slip of the finger should not.
fn confirm(action: &Action) -> Option<SlackBlockConfirmItem> {
    let (title, text, yes) = match action {
        Action::Stop => ("Stop?", "The work so far is kept. Nothing more is done or spent.", "Stop it"),
        Action::Approve { .. } => ("Approve?", "What the message shows is approved, and the work goes on.", "Approve"),
        Action::Deny { .. } => ("Deny?", "What the message shows is not done.", "Deny"),
        Action::Why
        | Action::Details
        | Action::Retry
        | Action::Choose { .. }
        | Action::Resolve { .. }
        | Action::Dismiss { .. }
        | Action::View { .. } => return None,
    };
    Some(SlackBlockConfirmItem::new(
        words(title),
        SlackBlockPlainText::new(text.into()).as_block_text(),
        words(yes),
        words("Back"),
    ))
}

/// Our words as plain text, in which nothing is read as an emoji.
pub(crate) fn words(text: &str) -> SlackBlockPlainTextOnly {
    SlackBlockPlainText::new(text.into()).with_emoji(false).into()
}
