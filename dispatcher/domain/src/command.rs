//! What people type: a word of ours, or a request in their own.

use alloc::string::{String, ToString};

/// What a message addressed to Signalbox means. A word counts only as the whole message: "looks fine but don't approve
/// yet" approves nothing, and nothing in code, quotes or comments does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Nothing was said.
    Nothing,
    /// `help`
    Help,
    /// `status`
    Status,
    /// `why`
    Why,
    /// `plan`
    Plan,
    /// `cost`
    Cost,
    /// `approve`
    Approve,
    /// `deny <reason>`
    Deny(String),
    /// `stop`
    Stop,
    /// `retry`, `continue`
    Retry,
    /// `aside …`: talk that is not for the agent.
    Aside,
    /// `mute`
    Mute,
    /// `unmute`, `quiet`
    Quiet,
    /// `verbose`
    Verbose,
    /// `settings`, `list`: shown on the dashboard.
    Dashboard,
    /// `now: …`: interrupts the work.
    Now(String),
    /// A request, or more of one.
    Words(String),
}

/// Reads a message, after the mention.
pub fn parse(text: &str) -> Command {
    let visible = visible(text);
    let whole = unpleased(visible.trim());
    if whole.is_empty() {
        // A message that is all code or quote still asks for something.
        return if text.trim().is_empty() { Command::Nothing } else { Command::Words(text.trim().to_string()) };
    }
    let (first, rest) = whole.split_once(char::is_whitespace).unwrap_or((whole, ""));
    let word = first.trim_end_matches(['.', '!', ',', ':']).to_lowercase();
    let rest = rest.trim();
    let alone = rest.is_empty();
    match word.as_str() {
        "help" if alone => Command::Help,
        "status" if alone => Command::Status,
        "why" if alone || first == "why?" => Command::Why,
        "why?" if alone => Command::Why,
        "plan" if alone => Command::Plan,
        "cost" if alone => Command::Cost,
        "approve" | "approved" if alone => Command::Approve,
        "deny" => Command::Deny(rest.to_string()),
        "stop" | "cancel" if alone => Command::Stop,
        "retry" | "continue" if alone => Command::Retry,
        "aside" => Command::Aside,
        "mute" if alone => Command::Mute,
        "unmute" | "quiet" if alone => Command::Quiet,
        "verbose" if alone => Command::Verbose,
        "settings" | "list" if alone => Command::Dashboard,
        "now" if first.ends_with(':') && !alone => Command::Now(rest.to_string()),
        _ => Command::Words(text.trim().to_string()),
    }
}

/// The text without a `please` before or after it.
fn unpleased(text: &str) -> &str {
    let bare = text.trim_end_matches(['.', '!']);
    let (Some((first, rest)), Some((most, last))) = (bare.split_once(' '), bare.rsplit_once(' ')) else { return text };
    if first.eq_ignore_ascii_case("please") {
        rest.trim()
    } else if last.eq_ignore_ascii_case("please") {
        most.trim().trim_end_matches(',')
    } else {
        text
    }
}

/// The text without code blocks, quotes and HTML comments.
fn visible(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("<!--") {
        kept.push_str(&rest[..start]);
        rest = rest[start..].find("-->").map_or("", |end| &rest[start + end + 3..]);
    }
    kept.push_str(rest);

    let mut fenced = false;
    let mut out = String::new();
    for line in kept.lines() {
        let trimmed = line.trim_start();
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            fenced = !fenced;
        } else if !fenced && !trimmed.starts_with('>') && !trimmed.starts_with("&gt;") {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(line);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_counts_only_as_the_whole_message() {
        assert_eq!(parse(" Approve! "), Command::Approve);
        assert_eq!(parse("deny too risky"), Command::Deny("too risky".into()));
        assert_eq!(parse("now: use the other table"), Command::Now("use the other table".into()));
        assert_eq!(parse("why?"), Command::Why);
        assert_eq!(parse("please stop"), Command::Stop);
        assert_eq!(parse("Stop, please!"), Command::Stop);
        for words in [
            "looks fine but don't approve yet",
            "approve the invoice page text",
            "stop using tabs",
            "why is it $9?",
            "> approve",
            "```\nstop\n```",
        ] {
            assert!(matches!(parse(words), Command::Words(_)), "{words}");
        }
    }

    #[test]
    fn what_is_hidden_commands_nothing() {
        assert_eq!(parse("<!-- approve -->"), Command::Words("<!-- approve -->".into()));
        assert_eq!(parse("> they said\nstop"), Command::Stop);
        assert_eq!(parse("   "), Command::Nothing);
    }
}
