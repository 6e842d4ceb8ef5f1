//! What a person said, as words.

/// The text without what the person did not say themselves: fenced and inline code, quoted lines, HTML comments.
///
/// Each is replaced by a space, so that words on its two sides do not grow together. A fence or comment that is never
/// closed goes on to the end.
pub fn said(text: &str) -> String {
    let text = without(text, "```", "```");
    let text = without(&text, "<!--", "-->");
    let text = without(&text, "`", "`");
    text.lines().filter(|line| !line.trim_start().starts_with('>')).collect::<Vec<_>>().join("\n")
}

/// The words of a text: what stands between spaces, without the punctuation around it. What is left of a link
/// in angle brackets (`<https://…|label>`) is the link.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().map(bare).filter(|word| !word.is_empty())
}

/// A word without the punctuation around it.
pub fn bare(word: &str) -> &str {
    let around = |c: char| "()<>{}\"'“”‘’,;:!?*_~…".contains(c);
    // A dot before a word may be the name's own; a dot after it ends a sentence, inside of brackets or outside.
    let word = word.trim_start_matches(around).trim_end_matches(|c| around(c) || c == '.');
    match word.split_once('|') {
        Some((link, _label)) if link.contains("://") => link,
        Some(_) | None => word,
    }
}

fn without(text: &str, open: &str, close: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(open) {
        kept.push_str(before);
        kept.push(' ');
        rest = match after.split_once(close) {
            Some((_hidden, after)) => after,
            // A single backtick is an apostrophe somebody mistyped more often than code.
            None if open == "`" => after,
            None => "",
        };
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_quotes_and_comments_are_not_what_a_person_said() {
        assert_eq!(said("a ```repo:x/y``` b"), "a   b");
        assert_eq!(said("a `repo:x/y` b <!-- repo:x/z --> c"), "a   b   c");
        assert_eq!(said("> repo:x/y\nfix it"), "fix it");
        assert_eq!(said("fix it\n```\nrepo:x/y"), "fix it\n ");
    }

    #[test]
    fn words_lose_their_punctuation_but_not_their_meaning() {
        let found: Vec<_> = words("(see acme/website, \"docs\") <https://a.b/c|here>.").collect();
        assert_eq!(found, ["see", "acme/website", "docs", "https://a.b/c"]);
    }
}
