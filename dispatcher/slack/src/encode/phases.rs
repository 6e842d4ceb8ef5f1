//! The checklist of phases: one plan with a task a phase, or lines where a workspace knows no plans.

use signalbox_domain::post::{Line, Span, Stage};
use slack_morphism::blocks::{
    SlackBlockId, SlackPlanBlock, SlackRichTextBlock, SlackRichTextElement, SlackRichTextSection, SlackTaskCardBlock,
    SlackTaskCardStatus, SlackTaskId,
};

use super::pack::Unit;
use super::text::{self, Inline, MEASURE, flat};

/// The name of the plan in the status message: the same in every edit, so that Slack redraws it in place.
pub(super) const PLAN: &str = "signalbox.plan";
/// The most tasks of a plan that we rely on.
const MAX_TASKS: usize = 25;
/// The most characters of a plan: a message has to hold more than that.
const MAX_PLAN: usize = 5_000;
/// The longest title of a task.
const MAX_TITLE: usize = 120;

/// A plan of these rows; nothing if there are more than a plan takes.
pub(super) fn plan(rows: &[&Line]) -> Option<Unit> {
    if rows.len() > MAX_TASKS {
        return None;
    }
    let over = rows.iter().filter(|row| matches!(row, Line::Phase { stage: Stage::Done | Stage::Skipped, .. })).count();
    let title = format!("{over} of {} steps done", rows.len());
    let mut size = MEASURE.of(&title);
    let mut plain = String::new();
    let mut tasks = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let Line::Phase { label, stage, note } = row else { continue };
        let label = flat(label, MAX_TITLE);
        let note = details(*stage, note);
        size += MEASURE.of(&label) + note.size();
        if !plain.is_empty() {
            plain.push('\n');
        }
        plain.push_str(&format!("▸ {label:<10} {}", if note.size() == 0 { stage.words() } else { note.words() }));
        let mut task = SlackTaskCardBlock::new(SlackTaskId(at.to_string()), label).with_status(status(*stage));
        if note.size() > 0 {
            let section = SlackRichTextElement::Section(SlackRichTextSection::new(note.elements()));
            task = task.with_details(SlackRichTextBlock::new(vec![section]).into());
        }
        tasks.push(task);
    }
    if size > MAX_PLAN {
        return None;
    }
    let block = SlackPlanBlock::new(title, tasks).with_block_id(SlackBlockId(PLAN.into()));
    Some(Unit::Block { block: Box::new(block.into()), plain, size })
}

/// The rows as lines.
pub(super) fn lines(rows: &[&Line], console: Option<&str>, units: &mut Vec<Unit>) {
    for row in rows {
        let Line::Phase { label, stage, note } = row else { continue };
        let mut spans = vec![Span::Plain(format!("{} ", sign(*stage))), Span::Strong(flat(label, MAX_TITLE))];
        spans.push(Span::Plain("  ".into()));
        if note.is_empty() {
            spans.push(Span::Plain(stage.words().into()));
        } else {
            spans.extend(note.iter().cloned());
        }
        text::spans(&spans, console, units);
    }
}

/// What a phase is at; where nothing is said, what its status does not show.
fn details(stage: Stage, note: &[Span]) -> Inline {
    let mut line = Inline::default();
    for span in note {
        line.push(span, None);
    }
    let silent = line.size() == 0;
    match stage {
        Stage::Skipped | Stage::Waiting if silent => line.text(stage.words(), |run| run),
        Stage::Pending | Stage::Working | Stage::Waiting | Stage::Done | Stage::Skipped | Stage::Failed => {}
    }
    line
}

fn status(stage: Stage) -> SlackTaskCardStatus {
    match stage {
        Stage::Pending => SlackTaskCardStatus::Pending,
        Stage::Working | Stage::Waiting => SlackTaskCardStatus::InProgress,
        Stage::Done | Stage::Skipped => SlackTaskCardStatus::Complete,
        Stage::Failed => SlackTaskCardStatus::Error,
    }
}

fn sign(stage: Stage) -> &'static str {
    match stage {
        Stage::Pending => "○",
        Stage::Working => "▸",
        Stage::Waiting => "❓",
        Stage::Done | Stage::Skipped => "✓",
        Stage::Failed => "✗",
    }
}
