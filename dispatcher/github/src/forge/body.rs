//! What a change request says of itself on GitHub: the run's words made harmless, the repository's template, our mark.

use signalbox_domain::id::{EffectId, RunId};
use signalbox_ports::Error;
use signalbox_posting::live::{Live, NAMES, NUMBERS};
use signalbox_posting::split::{Budget, Left, split_saying};
use signalbox_posting::tame::{flat, tame};
use signalbox_posting::unit::Unit;

use super::tree::Tree;
use crate::app::{Github, Place};

/// The most GitHub takes in a body.
const BODY: usize = 65_536;
/// The most it takes in a title.
const TITLE: usize = 256;
/// The largest template that is used, in bytes.
const TEMPLATE: usize = 16 * 1024;
/// What acts in a comment: people are told, and so are issues.
pub(crate) const LIVE: &[Live] = &[NAMES, NUMBERS];

/// Where GitHub looks for a template, in its order; in any case of letters.
const TEMPLATES: [&str; 3] =
    [".github/pull_request_template.md", "pull_request_template.md", "docs/pull_request_template.md"];
/// Below which of its headings our words belong.
const HEADINGS: [&str; 6] = ["description", "summary", "what", "overview", "changes", "about"];

/// What our mark begins with. No text that was made harmless contains it.
const OPENS: &str = "<!-- signalbox ";

/// The hidden mark of a change request: whose it is, and what wrote it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The run.
    pub(crate) run: RunId,
    /// The effect, if it says.
    pub(crate) effect: Option<EffectId>,
}

impl Mark {
    /// The mark in a body: the last one, for ours is.
    pub(crate) fn find(body: &str) -> Option<Self> {
        let words = &body[body.rfind(OPENS)? + OPENS.len()..];
        let words = words.split_once("-->")?.0;
        let word = |name: &str| words.split_whitespace().find_map(|word| word.strip_prefix(name));
        Some(Self { run: word("run:")?.into(), effect: word("effect:").and_then(|effect| effect.parse().ok()) })
    }

    fn words(run: &RunId, effect: &EffectId) -> String {
        format!("{OPENS}run:{run} effect:{effect} -->")
    }
}

impl Github {
    /// The template of a repository's change requests, as its default branch has it: never as the change has it.
    pub(crate) async fn template(&self, place: &Place) -> Result<Option<String>, Error> {
        let head = self.default_head(place).await?;
        let tree = self.tree(place, &head.commit).await?;
        let Some(path) = template(&tree) else { return Ok(None) };
        self.text(place, &head.commit, path, TEMPLATE).await
    }
}

/// The path of the template in a tree.
fn template(tree: &Tree) -> Option<&str> {
    let named = |wanted: &&str| tree.keys().find(|path| path.eq_ignore_ascii_case(wanted));
    TEMPLATES.iter().find_map(named).map(String::as_str)
}

/// The title: one line that does nothing.
pub(crate) fn title(text: &str) -> String {
    let line = flat(text, LIVE).split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(TITLE - 1) {
        Some((end, _)) if line.chars().count() > TITLE => format!("{}…", &line[..end]),
        Some(_) | None => line,
    }
}

/// The body: the run's words in the repository's template, and our mark, in at most what GitHub takes. What does not
/// fit is left out of the words, and they say how much.
pub(crate) fn body(run: &RunId, effect: &EffectId, words: &str, template: Option<&str>) -> String {
    let mark = Mark::words(run, effect);
    let (before, after) = template.map_or((String::new(), String::new()), around);
    let frame = [&before, &after, &mark].iter().map(|part| part.chars().count() + 4).sum::<usize>();
    let budget = Budget { unit: Unit::Chars, size: BODY - frame.min(BODY - 1_000), pieces: 1 };
    // The mark the words came with is ours, and is written anew; anything else like it becomes visible.
    let words = tame(unmarked(words, run), LIVE);
    let notice = |left: &Left| format!("{}: GitHub takes {BODY} characters", left.words());
    let words = split_saying(&words, &budget, &notice).pieces.into_iter().next().unwrap_or_default();
    [before.trim(), words.trim(), after.trim(), &mark]
        .iter()
        .filter(|part| !part.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// A text in at most `size` characters, which says what is not in it.
pub(crate) fn fitted(text: &str, size: usize) -> String {
    let budget = Budget { unit: Unit::Chars, size, pieces: 1 };
    split_saying(text, &budget, &Left::words).pieces.into_iter().next().unwrap_or_default()
}

/// The words without the mark of the run at their end.
fn unmarked<'a>(words: &'a str, run: &RunId) -> &'a str {
    let end = words.trim_end();
    let bare = end.strip_suffix("-->").and_then(|rest| rest.rfind(OPENS).map(|at| (&end[..at], &rest[at..])));
    match bare {
        Some((before, mark)) if mark.contains(run.as_str()) && !mark.contains("-->") => before,
        Some(_) | None => words,
    }
}

/// What of a template stands before our words, and what behind: they are the description, if it has such a heading.
fn around(template: &str) -> (String, String) {
    let mut end = 0;
    for line in template.split_inclusive('\n') {
        end += line.len();
        let heading = line.trim().strip_prefix('#').map(|rest| rest.trim_start_matches('#').trim().to_lowercase());
        if heading.is_some_and(|words| HEADINGS.iter().any(|one| words.starts_with(one))) {
            return (template[..end].to_owned(), template[end..].to_owned());
        }
    }
    (String::new(), format!("---\n\n{template}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect() -> EffectId {
        EffectId { run: "01J".into(), version: 7, index: 2 }
    }

    #[test]
    fn the_words_stand_below_the_templates_description_and_the_mark_last() {
        let template = "## Description\n<!-- what and why -->\n\n## Checklist\n- [ ] tests\n";
        let body = body(&"01J".into(), &effect(), "Says $12.\n\n<!-- signalbox run:01J -->\n", Some(template));
        assert_eq!(
            body,
            "## Description\n\nSays $12.\n\n<!-- what and why -->\n\n## Checklist\n- [ ] tests\n\n\
             <!-- signalbox run:01J effect:01J.7.2 -->"
        );
        assert_eq!(Mark::find(&body), Some(Mark { run: "01J".into(), effect: Some(effect()) }));
    }

    #[test]
    fn a_template_without_such_a_heading_follows_the_words() {
        let body = body(&"01J".into(), &effect(), "Says $12.", Some("- [ ] tests"));
        assert!(body.starts_with("Says $12.\n\n---\n\n- [ ] tests\n\n<!-- signalbox"), "{body}");
    }

    #[test]
    fn nobody_but_us_can_write_the_mark() {
        let forged = "<!-- signalbox run:02X effect:02X.9.9 -->\nHi @everyone, fixes #12";
        let body = body(&"01J".into(), &effect(), forged, None);
        assert_eq!(Mark::find(&body).unwrap().run, "01J".into());
        assert_eq!(body.matches(OPENS).count(), 1);
        assert!(!body.contains("@everyone") && !body.contains("#12"), "{body}");
    }

    #[test]
    fn a_body_always_fits_and_says_what_is_not_in_it() {
        let words = "Zeile für Zeile 🙂\n".repeat(10_000);
        let body = body(&"01J".into(), &effect(), &words, Some(&"x\n".repeat(8_000)));
        assert!(body.chars().count() <= BODY);
        assert!(body.contains("are not shown here_: GitHub takes 65536 characters"), "what was cut is said");
        assert!(Mark::find(&body).is_some());
        assert!(title(&"long ".repeat(100)).chars().count() <= TITLE);
        assert_eq!(title("  Fix\n@ana's price "), format!("Fix @{}ana's price", signalbox_posting::clean::BREAK));
    }
}
