//! Markdown as it is to be seen, for a chat that takes structure and not markup: letters stay letters there, so that
//! nothing in them acts, and only what is in the structure has a look, or leads somewhere.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::link::{Place, label, place};

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A paragraph, or a heading.
    Words(Vec<Run>),
    /// What is quoted.
    Quote(Vec<Run>),
    /// Items of a list, of the same depth and one behind the other.
    List {
        /// The number of the first, if they are numbered.
        first: Option<u64>,
        /// How many lists they are within.
        depth: usize,
        /// The items.
        items: Vec<Vec<Run>>,
    },
    /// Code, and whatever is only to be read in letters of one width.
    Code(String),
}

/// Words of one look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// The words.
    pub text: String,
    /// Their look.
    pub look: Look,
    /// Where they lead: a page of the web, whose host the words show.
    pub link: Option<String>,
}

/// A look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Bold; a heading is.
    pub bold: bool,
    /// Italic.
    pub italic: bool,
    /// Struck out.
    pub struck: bool,
    /// Code.
    pub code: bool,
}

/// The text as it is to be seen. It is to be cleaned before, and split before if it is to be split.
///
/// Every letter and digit of it is in the blocks, in its order, but for the language of code and what an address has
/// behind its host: where reading it as Markdown would lose one, that part is shown as it is written.
pub fn rich(text: &str) -> Vec<Block> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let (mut blocks, mut part, mut depth, mut done) = (Vec::new(), Vec::new(), 0_usize, 0);
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        depth += usize::from(matches!(event, Event::Start(_)));
        depth -= usize::from(matches!(event, Event::End(_)));
        part.push((event, range.clone()));
        if depth == 0 {
            // What lies between is no part of what is seen: definitions of links.
            raw(&text[done..range.start.max(done)], &mut blocks);
            blocks.append(&mut seen(text, std::mem::take(&mut part), &range));
            done = done.max(range.end);
        }
    }
    raw(&text[done..], &mut blocks);
    blocks
}

/// A block of the outermost level as it is seen.
fn seen(text: &str, events: Vec<(Event<'_>, Range<usize>)>, range: &Range<usize>) -> Vec<Block> {
    let source = &text[range.clone()];
    if matches!(events.first(), Some((Event::Start(Tag::Table(_)), _))) {
        return vec![Block::Code(source.trim_end().into())];
    }
    let mut page = Page::default();
    let read = events.into_iter().try_for_each(|(event, _)| page.take(event));
    if read.is_some() && keeps(source, &page.said) {
        return page.blocks;
    }
    let mut blocks = Vec::new();
    raw(source, &mut blocks);
    blocks
}

/// A text as it is written; a backtick that was kept from meaning something is only itself.
fn raw(text: &str, blocks: &mut Vec<Block>) {
    if !text.trim().is_empty() {
        let text = text.trim_matches('\n').trim_end().replace("\\`", "`");
        blocks.push(Block::Words(vec![Run { text, ..Run::default() }]));
    }
}

/// Whether every letter and digit of a text is said, in its order.
fn keeps(text: &str, said: &str) -> bool {
    let mut said = said.chars();
    text.chars().filter(|c| c.is_alphanumeric()).all(|wanted| said.any(|c| c == wanted))
}

/// What is seen of one block, as it grows.
#[derive(Default)]
struct Page {
    blocks: Vec<Block>,
    /// Everything that was in the text and is not lost.
    said: String,
    runs: Vec<Run>,
    looks: [usize; 3],
    quotes: usize,
    /// The lists that are open, and the number of the next item of each.
    lists: Vec<Option<u64>>,
    /// Whether what is seen now begins an item, and under which number.
    item: Option<Option<u64>>,
    /// Where the label of an open link begins, and what is to be said of it.
    links: Vec<(usize, String, String)>,
    code: Option<String>,
}

const BOLD: usize = 0;
const ITALIC: usize = 1;
const STRUCK: usize = 2;

impl Page {
    /// Nothing, if it is something that is only shown as it is written.
    fn take(&mut self, event: Event<'_>) -> Option<()> {
        match event {
            Event::Start(tag) => return self.open(tag),
            Event::End(tag) => return self.close(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => {
                    self.said.push_str(&text);
                    code.push_str(&text);
                }
                None => self.say(&text, false),
            },
            Event::Code(text) => self.say(&text, true),
            Event::Html(text) | Event::InlineHtml(text) => self.say(&text, false),
            Event::SoftBreak | Event::HardBreak => self.say("\n", false),
            Event::Rule => self.blocks.push(Block::Words(vec![Run { text: "───".into(), ..Run::default() }])),
            Event::TaskListMarker(done) => self.say(if done { "[x] " } else { "[ ] " }, false),
            Event::FootnoteReference(_) | Event::InlineMath(_) | Event::DisplayMath(_) => return None,
        }
        Some(())
    }

    fn open(&mut self, tag: Tag<'_>) -> Option<()> {
        match tag {
            Tag::Paragraph if !self.runs.is_empty() => self.say("\n\n", false),
            Tag::Paragraph | Tag::HtmlBlock => {}
            Tag::Heading { .. } => {
                self.flush();
                self.looks[BOLD] += 1;
            }
            Tag::BlockQuote(_) => {
                self.flush();
                self.quotes += 1;
            }
            Tag::CodeBlock(kind) => {
                self.flush();
                if let pulldown_cmark::CodeBlockKind::Fenced(language) = kind {
                    self.said.push_str(&language);
                }
                self.code = Some(String::new());
            }
            Tag::List(first) => {
                self.flush();
                self.lists.push(first);
            }
            Tag::Item => {
                self.flush();
                let next = self.lists.last_mut()?;
                self.item = Some(*next);
                if let Some(number) = next {
                    self.said.push_str(&number.to_string());
                    *number += 1;
                }
            }
            Tag::Emphasis => self.looks[ITALIC] += 1,
            Tag::Strong => self.looks[BOLD] += 1,
            Tag::Strikethrough => self.looks[STRUCK] += 1,
            Tag::Link { dest_url, title, .. } | Tag::Image { dest_url, title, .. } => {
                self.links.push((self.runs.len(), dest_url.into(), title.into()));
            }
            Tag::Table(_)
            | Tag::TableHead
            | Tag::TableRow
            | Tag::TableCell
            | Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Superscript
            | Tag::Subscript
            | Tag::MetadataBlock(_) => return None,
        }
        Some(())
    }

    fn close(&mut self, tag: TagEnd) -> Option<()> {
        match tag {
            // What follows in a quotation or an item is a part of it.
            TagEnd::Paragraph if self.quotes > 0 || self.item.is_some() => {}
            TagEnd::Paragraph | TagEnd::HtmlBlock | TagEnd::Item => self.flush(),
            TagEnd::Heading(_) => {
                self.flush();
                self.looks[BOLD] -= 1;
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.quotes -= 1;
            }
            TagEnd::CodeBlock => {
                let code = self.code.take()?;
                self.blocks.push(Block::Code(code.trim_end_matches('\n').into()));
            }
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
            }
            TagEnd::Emphasis => self.looks[ITALIC] -= 1,
            TagEnd::Strong => self.looks[BOLD] -= 1,
            TagEnd::Strikethrough => self.looks[STRUCK] -= 1,
            TagEnd::Link | TagEnd::Image => self.lead()?,
            TagEnd::Table
            | TagEnd::TableHead
            | TagEnd::TableRow
            | TagEnd::TableCell
            | TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::MetadataBlock(_) => return None,
        }
        Some(())
    }

    fn look(&self) -> Look {
        let [bold, italic, struck] = self.looks.map(|many| many > 0);
        Look { bold, italic, struck, code: false }
    }

    fn say(&mut self, text: &str, code: bool) {
        self.said.push_str(text);
        let look = Look { code, ..self.look() };
        match self.runs.last_mut() {
            Some(run) if run.look == look && run.link.is_none() && self.links.is_empty() => run.text.push_str(text),
            Some(_) | None => self.runs.push(Run { text: text.into(), look, link: None }),
        }
    }

    /// A link is over: its label says where it leads, or it leads nowhere and the address stands behind it.
    fn lead(&mut self) -> Option<()> {
        let (from, to, title) = self.links.pop()?;
        let said: String = self.runs.get(from..)?.iter().map(|run| run.text.as_str()).collect();
        let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
        // What is its own label stands there once.
        if words != to {
            self.said.push_str(&to);
        }
        self.said.push_str(&title);
        let behind = if title.is_empty() { String::new() } else { format!(" “{title}”") };
        let within = !self.links.is_empty() || self.runs[from..].iter().any(|run| run.link.is_some());
        let run = match place(&to) {
            Place::Web { url, host } if !within => {
                Run { text: label(&words, &host), look: self.look(), link: Some(url) }
            }
            Place::Web { .. } | Place::Here | Place::Nowhere if words == to => {
                Run { text: words, look: self.look(), link: None }
            }
            Place::Web { .. } | Place::Here | Place::Nowhere => {
                Run { text: format!("{words} ({to})").trim_start().into(), look: self.look(), link: None }
            }
        };
        self.runs.truncate(from);
        self.runs.push(run);
        if !behind.is_empty() {
            self.runs.push(Run { text: behind, look: self.look(), link: None });
        }
        Some(())
    }

    /// What was said so far becomes a block, or an item.
    fn flush(&mut self) {
        let runs: Vec<Run> = std::mem::take(&mut self.runs).into_iter().filter(|run| !run.text.is_empty()).collect();
        let blank = runs.iter().all(|run| run.text.trim().is_empty());
        if let Some(number) = self.item.take() {
            let depth = self.lists.len().saturating_sub(1);
            match self.blocks.last_mut() {
                Some(Block::List { first, depth: at, items })
                    if *at == depth && first.map(|first| first + items.len() as u64) == number =>
                {
                    items.push(runs);
                }
                Some(_) | None => self.blocks.push(Block::List { first: number, depth, items: vec![runs] }),
            }
        } else if !blank {
            let quoted = self.quotes > 0;
            self.blocks.push(if quoted { Block::Quote(runs) } else { Block::Words(runs) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A short form of blocks.
    fn told(text: &str) -> String {
        let runs = |runs: &[Run]| -> String {
            let one = |run: &Run| {
                let look = run.look;
                let signs = [(look.bold, "b"), (look.italic, "i"), (look.struck, "s"), (look.code, "c")];
                let signs: String = signs.into_iter().filter(|(on, _)| *on).map(|(_, sign)| sign).collect();
                let link = run.link.as_ref().map(|url| format!("→{url}")).unwrap_or_default();
                if signs.is_empty() && link.is_empty() {
                    run.text.clone()
                } else {
                    format!("{signs}[{}{link}]", run.text)
                }
            };
            runs.iter().map(one).collect()
        };
        let one = |block: &Block| match block {
            Block::Words(words) => runs(words),
            Block::Quote(words) => format!("> {}", runs(words)),
            Block::Code(code) => format!("```{code}```"),
            Block::List { first, depth, items } => {
                let items = items.iter().map(|item| runs(item)).collect::<Vec<_>>().join(" | ");
                format!("{first:?}@{depth}: {items}")
            }
        };
        rich(text).iter().map(one).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_is_marked_up_has_a_look() {
        assert_eq!(
            told("# It *works*\nSo **very** well, ~~or~~ `x < 1`."),
            "b[It ]bi[works]\nSo b[very] well, s[or] c[x < 1]."
        );
        assert_eq!(told("- a\n- b\n  1. c\n  2. d\n- e"), "None@0: a | b\nSome(1)@1: c | d\nNone@0: e");
        assert_eq!(told("7) x\n8) y"), "Some(7)@0: x | y");
        assert_eq!(told("> said\n> so\n\nand\nmore"), "> said\nso\nand\nmore");
        assert_eq!(told("- a:\n  ```sh\n  ls\n  ```\n  then"), "None@0: a:\n```ls```\nthen");
        assert_eq!(told("- [x] done\n- [ ] not"), "None@0: [x] done | [ ] not");
        assert_eq!(told("|a|b|\n|-|-|\n|1|2|"), "```|a|b|\n|-|-|\n|1|2|```");
    }

    #[test]
    fn a_link_says_where_it_leads_and_an_image_is_only_a_link() {
        assert_eq!(told("[docs](https://docs.example/a)"), "[docs (docs.example)→https://docs.example/a]");
        assert_eq!(
            told("[https://bank.example](https://evil.example)"),
            "[https://bank.example (evil.example)→https://evil.example/]"
        );
        assert_eq!(told("<https://a.example/x>"), "[https://a.example/x→https://a.example/x]");
        assert_eq!(told("[run](javascript:alert(1))"), "run (javascript:alert(1))");
        assert_eq!(told("![cat](https://a.example/c.png)"), "[cat (a.example)→https://a.example/c.png]");
        assert_eq!(
            told("[![x](https://a.example/i)](https://b.example)"),
            "[x (https://a.example/i) (b.example)→https://b.example/]"
        );
    }

    #[test]
    fn what_would_be_lost_is_shown_as_it_is_written() {
        assert_eq!(told("a &amp; b"), "a &amp; b");
        assert_eq!(
            told("[a]: https://a.example\n\nso [a]"),
            "[a]: https://a.example\nso [a (a.example)→https://a.example/]"
        );
        assert_eq!(told("<b>x</b> <@U1> @here"), "<b>x</b> <@U1> @here");
        assert_eq!(told("3. a\n3. b"), "3. a\n3. b");
        assert_eq!(told("so \\`it\\` is &lt;"), "so `it` is &lt;");
        assert_eq!(told("<https://a@example.com> &amp;"), "<https://a@example.com> &amp;");
    }
}
