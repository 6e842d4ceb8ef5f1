//! Our posts in GitHub's Markdown. Whatever somebody else wrote can be read in it, and does nothing else.

use signalbox_domain::post::{Action, Button, Line, Post, Span, Stage};
use signalbox_posting::link::{self, Place};
use signalbox_posting::live::{Live, NAMES, NUMBERS};
use signalbox_posting::split::{Budget, split};
use signalbox_posting::tame::{flat, tame};
use signalbox_posting::unit::Unit;

/// The longest comment of ours, in what GitHub may count at most; it takes 65,536. The rest is for the hidden line.
pub(crate) const BUDGET: usize = 64_000;
/// The least that is left for what a post says, however much there is to press.
const LEAST: usize = 8_000;
/// What acts in a comment by being written: names call people, numbers leave a trace on other issues.
const LIVE: [Live; 2] = [NAMES, NUMBERS];

/// The post as a comment; `name` is what we are mentioned by. Buttons are words to write, since GitHub has none.
pub(crate) fn comment(post: &Post, name: &str) -> String {
    let tail = tail(post, name);
    let room = BUDGET.saturating_sub(Unit::Utf16.of(&tail)).max(LEAST);
    let text = split(&lines(&post.lines), &Budget { unit: Unit::Utf16, size: room, pieces: 1 });
    let mut parts: Vec<&str> = text.pieces.iter().map(String::as_str).collect();
    if !tail.is_empty() {
        parts.push(&tail);
    }
    parts.join("\n\n")
}

/// The phases of a post as a checklist, and where it stands: for a check. `None`: it shows no phases.
pub(crate) fn checklist(post: &Post) -> Option<String> {
    let phases: Vec<Line> = post.lines.iter().filter(|line| matches!(line, Line::Phase { .. })).cloned().collect();
    let text = split(&lines(&phases), &Budget { unit: Unit::Utf16, size: BUDGET, pieces: 1 });
    text.pieces.into_iter().next()
}

/// Somebody else's words as literal text in Markdown.
pub(crate) fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in flat(text, &LIVE).chars() {
        match c {
            '\\' | '`' | '*' | '_' | '~' | '[' | ']' | '<' | '>' | '|' | '&' => out.extend(['\\', c]),
            // A new line could begin a list, a heading, a quote or a table.
            '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    match out.trim_start().chars().next() {
        Some('#' | '-' | '+' | '=') => format!("\\{}", out.trim_start()),
        Some(_) | None => out,
    }
}

fn lines(lines: &[Line]) -> String {
    let mut text = String::new();
    let mut listed = false;
    for line in lines {
        let phase = matches!(line, Line::Phase { .. });
        if !text.is_empty() {
            text.push_str(if phase && listed { "\n" } else { "\n\n" });
        }
        listed = phase;
        match line {
            Line::Text { spans: said } => text.push_str(&spans(said)),
            Line::Phase { label, stage, note } => {
                let note = match spans(note) {
                    note if note.is_empty() => stage.words().to_owned(),
                    note => note,
                };
                text.push_str(&format!("- {} **{}** · {note}", sign(*stage), literal(label)));
            }
            Line::Quote { text: words } => text.push_str(&quote(words)),
        }
    }
    text
}

fn quote(words: &str) -> String {
    let tamed = tame(words, &LIVE);
    tamed.trim_end().lines().map(|line| format!("> {line}").trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn spans(spans: &[Span]) -> String {
    spans.iter().map(span).collect()
}

fn span(span: &Span) -> String {
    match span {
        // Our sentences hold people's names and plugins' reasons.
        Span::Plain(text) | Span::Untrusted(text) => literal(text),
        Span::Strong(text) => bold(text),
        Span::Code(text) => code(text),
        Span::Link { label, url } => match link::place(url) {
            Place::Web { url, .. } => format!("[{}]({})", literal(label), url.replace('(', "%28").replace(')', "%29")),
            Place::Here | Place::Nowhere => literal(label),
        },
    }
}

fn bold(text: &str) -> String {
    let inner = literal(text);
    let trimmed = inner.trim();
    if trimmed.is_empty() { inner } else { inner.replacen(trimmed, &format!("**{trimmed}**"), 1) }
}

/// A code span: its fence is longer than any in it.
fn code(text: &str) -> String {
    let text = signalbox_posting::clean::clean(text).replace('\n', " ");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') || text.trim().is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

fn sign(stage: Stage) -> &'static str {
    match stage {
        Stage::Pending => "▫️",
        Stage::Working => "⏳",
        Stage::Waiting => "❓",
        Stage::Done => "✅",
        Stage::Skipped => "⏭️",
        Stage::Failed => "❌",
    }
}

/// What can be pressed, as words to write, and the small print.
fn tail(post: &Post, name: &str) -> String {
    let mut parts = Vec::new();
    let links: Vec<String> = post.buttons.iter().filter_map(place_to_go).collect();
    if !links.is_empty() {
        parts.push(links.join(" · "));
    }
    let words: Vec<String> = post.buttons.iter().filter_map(|button| word(button, name)).collect();
    if !words.is_empty() {
        parts.push(format!("**In a comment of its own:**\n{}", words.join("\n")));
    }
    let footer = spans(&post.footer);
    if !footer.is_empty() {
        parts.push(format!("<sub>{footer}</sub>"));
    }
    parts.join("\n\n")
}

fn place_to_go(button: &Button) -> Option<String> {
    match &button.action {
        Action::View { url } => Some(span(&Span::Link { label: button.label.clone(), url: url.clone() })),
        Action::Stop
        | Action::Why
        | Action::Details
        | Action::Retry
        | Action::Approve { .. }
        | Action::Deny { .. }
        | Action::Choose { .. }
        | Action::Resolve { .. }
        | Action::Dismiss { .. } => None,
    }
}

/// The line that says what to write for a button.
fn word(button: &Button, name: &str) -> Option<String> {
    let word = match &button.action {
        Action::Stop => "stop".to_owned(),
        Action::Why => "why".to_owned(),
        Action::Details => "details".to_owned(),
        Action::Retry => "retry".to_owned(),
        Action::Approve { .. } => "approve".to_owned(),
        Action::Deny { .. } => "deny, and why".to_owned(),
        Action::Choose { target } => crate::press::choice(target),
        Action::Resolve { review } => format!("resolve {review}"),
        Action::Dismiss { review } => format!("dismiss {review}"),
        Action::View { .. } => return None,
    };
    Some(format!("- {}: {}", literal(&button.label), code(&format!("@{name} {word}"))))
}

#[cfg(test)]
mod tests {
    use signalbox_domain::route::Target;

    use super::*;

    fn text(spans: Vec<Span>) -> Post {
        Post { lines: vec![Line::Text { spans }], ..Post::default() }
    }

    #[test]
    fn a_status_is_a_checklist_with_words_for_its_buttons() {
        let phase = |label: &str, stage, note: Vec<Span>| Line::Phase { label: label.into(), stage, note };
        let mut post = text(vec![
            Span::Plain("Changing ".into()),
            Span::Code("acme/website".into()),
            Span::Plain(" — I'll plan and build it.".into()),
        ])
        .and(phase("Plan", Stage::Done, vec![Span::Plain("done · 41 s".into())]))
        .and(phase("Build", Stage::Working, vec![Span::Untrusted("editing @ana's #12".into())]))
        .and(phase("Check", Stage::Pending, vec![]))
        .button("Stop", Action::Stop)
        .button("View pull request", Action::View { url: "https://github.example/acme/website/pull/2".into() });
        post.footer = vec![Span::Plain("2 min 10 s · $0.31 of $8".into())];
        assert_eq!(
            comment(&post, "signalbox"),
            "Changing `acme/website` — I'll plan and build it.\n\n\
             - ✅ **Plan** · done · 41 s\n\
             - ⏳ **Build** · editing @\u{200B}ana's #\u{200B}12\n\
             - ▫️ **Check** · —\n\n\
             [View pull request](https://github.example/acme/website/pull/2)\n\n\
             **In a comment of its own:**\n- Stop: `@signalbox stop`\n\n\
             <sub>2 min 10 s · $0.31 of $8</sub>"
        );
    }

    #[test]
    fn a_choice_is_what_the_person_would_write() {
        let target = Target {
            workflow: "build".into(),
            repository: Some("acme/website".into()),
            branch: None,
            inputs: Default::default(),
        };
        let post = Post::line("Where does this go?").button("acme/website", Action::Choose { target });
        assert!(comment(&post, "signalbox").ends_with("`@signalbox workflow:build repo:acme/website`"));
    }

    #[test]
    fn our_own_words_mention_nobody_whoever_named_them() {
        for name in [
            "@everyone",
            "#1",
            "![x](http://evil.example/p.png)",
            "<img src=x>",
            "[a](javascript:x)",
            "\n/merge",
            "*a*",
            "&#64;all",
        ] {
            let said =
                comment(&text(vec![Span::Plain(format!("asked by {name}")), Span::Strong(name.into())]), "signalbox");
            let read: Vec<_> = pulldown_cmark::Parser::new(&said).collect();
            let acts = read.iter().any(|event| {
                matches!(
                    event,
                    pulldown_cmark::Event::Html(_)
                        | pulldown_cmark::Event::InlineHtml(_)
                        | pulldown_cmark::Event::Start(
                            pulldown_cmark::Tag::Link { .. } | pulldown_cmark::Tag::Image { .. }
                        )
                )
            });
            assert!(!acts, "{said}");
            assert!(crate::mention::said(&said, "everyone").is_empty(), "{said}");
            assert!(!said.lines().any(|line| line.starts_with('/')), "{said}");
        }
    }

    #[test]
    fn a_long_answer_fits_and_says_what_is_missing() {
        let mut post = Post::default().and(Line::Quote { text: "a long line of words\n".repeat(10_000) });
        post.footer = vec![Span::Plain("acme/website".into())];
        let said = comment(&post, "signalbox");
        assert!(Unit::Utf16.of(&said) <= BUDGET + 10, "{}", Unit::Utf16.of(&said));
        assert!(said.contains("not shown here"));
        assert!(said.ends_with("<sub>acme/website</sub>"));
    }

    #[test]
    fn what_we_say_never_speaks_to_ourselves() {
        let post = Post::line("Ask @signalbox stop")
            .and(Line::Quote { text: "@signalbox retry".into() })
            .button("Stop", Action::Stop);
        assert_eq!(crate::mention::said(&comment(&post, "signalbox"), "signalbox"), Vec::<String>::new());
    }
}
