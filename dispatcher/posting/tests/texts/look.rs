//! What a reader, and a chat, would see in a text: by the page it renders to, not by how the code under test reads it.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd, html};

/// What a text shows.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Outside of code.
    pub(crate) outside: String,
    /// In fenced code and between backticks.
    pub(crate) code: String,
    /// Where its links lead.
    pub(crate) links: Vec<String>,
}

impl Seen {
    pub(crate) fn add(&mut self, more: Self) {
        self.outside.push_str(&more.outside);
        self.code.push_str(&more.code);
        self.links.extend(more.links);
    }
}

fn parser(text: &str) -> Parser<'_> {
    Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS)
}

pub(crate) fn seen(text: &str) -> Seen {
    let mut seen = Seen::default();
    let mut fenced = false;
    for event in parser(text) {
        if let Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))) = event {
            fenced = true;
        } else if let Event::End(TagEnd::CodeBlock) = event {
            fenced = false;
        } else if let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = event {
            seen.links.push(dest_url.to_string());
        } else if let Event::Code(words) = event {
            seen.code.push_str(&words);
        } else if let Event::Text(words) = event {
            let part = if fenced { &mut seen.code } else { &mut seen.outside };
            part.push_str(&words);
        }
    }
    seen
}

/// What acts in a text that is shown as Markdown.
pub(crate) fn acting(text: &str) -> Option<String> {
    let mut page = String::new();
    html::push_html(&mut page, parser(text));
    let mut code = 0_usize;
    let mut link: Option<(String, String)> = None;
    for (at, part) in page.split('<').enumerate() {
        let (tag, words) = if at == 0 { ("", part) } else { part.split_once('>')? };
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        match (name, tag.starts_with('/')) {
            ("code" | "pre", false) => code += 1,
            ("code" | "pre", true) => code -= 1,
            ("a", false) => link = Some((decoded(tag.split('"').nth(1)?), String::new())),
            ("a", true) => {
                let (to, label) = link.take()?;
                if let Some(what) = misleads(&to, label.trim()) {
                    return Some(what);
                }
            }
            (
                "" | "p" | "em" | "strong" | "del" | "ul" | "ol" | "li" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6"
                | "hr" | "br" | "blockquote" | "table" | "thead" | "tbody" | "tr" | "th" | "td" | "input",
                _,
            ) => {}
            (other, _) => return Some(format!("the tag {other}")),
        }
        let words = decoded(words);
        if let Some((_, label)) = &mut link {
            label.push_str(&words);
        }
        let bare = link.as_ref().is_some_and(|(to, label)| to == label || *to == format!("mailto:{label}"));
        if code == 0
            && !bare
            && let Some(what) = live(&words)
        {
            return Some(what);
        }
    }
    text.lines().find(|line| commands(line)).map(|line| format!("the command {line:?}"))
}

/// What acts in a text whatever reads it.
pub(crate) fn raw(text: &str) -> Option<String> {
    let bad = ["](", "][", "![", "<!", "<a", "<i", "</", "```", "~~~", "&#"];
    live(text).or_else(|| bad.iter().find(|bad| text.contains(**bad)).map(|bad| format!("{bad:?}")))
}

/// The first character that is not seen, or deceives.
pub(crate) fn hidden(text: &str) -> Option<char> {
    let comment = text.contains("<!--").then_some('<');
    let without_breaks = text.replace("<\u{200B}!--", "");
    comment.or_else(|| {
        without_breaks.chars().find(|c| {
            (c.is_control() && !matches!(c, '\n' | '\t'))
                || matches!(c, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}')
                || matches!(c, '\u{AD}' | '\u{FEFF}' | '\u{E0000}'..='\u{E0FFF}' | '\u{FE00}'..='\u{FE0D}')
        })
    })
}

fn live(words: &str) -> Option<String> {
    let chars: Vec<char> = words.chars().collect();
    chars.iter().enumerate().find_map(|(at, c)| {
        let before = at.checked_sub(1).map(|at| chars[at]);
        let after = chars.get(at + 1).copied().unwrap_or(' ');
        let named = *c == '@'
            && !before.is_some_and(|c| c.is_ascii_alphanumeric())
            && (after.is_alphanumeric() || matches!(after, '_' | '-'));
        let numbered = *c == '#' && after.is_ascii_digit();
        let angled = *c == '<' && matches!(after, '@' | '!' | '#');
        (named || numbered || angled).then(|| format!("{c}{after} in {words:?}"))
    })
}

fn misleads(to: &str, label: &str) -> Option<String> {
    if label == to || to == format!("mailto:{label}") {
        return to.contains('|').then(|| format!("the link {to}"));
    }
    let base = url::Url::parse("https://base.invalid").ok()?;
    let Ok(url) = base.join(to) else { return Some(format!("the link {to}")) };
    let host = url.host_str().unwrap_or_default();
    let web = matches!(url.scheme(), "http" | "https") && url.username().is_empty();
    let shown = host == "base.invalid" || label.contains(host);
    (!web || !shown).then(|| format!("the link {label:?} to {to:?}"))
}

fn commands(line: &str) -> bool {
    let Some(word) = line.trim_start().strip_prefix('/') else { return false };
    let word = word.split_whitespace().next().unwrap_or_default();
    word.starts_with(|c: char| c.is_ascii_alphabetic()) && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

fn decoded(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    text.replace("&#x27;", "'").replace("&amp;", "&")
}
