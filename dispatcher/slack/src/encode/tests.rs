use std::collections::BTreeSet;

use serde_json::{Value, json};
use signalbox_domain::id::RunId;
use signalbox_domain::post::{Action, Button, Line, Post, Span, Stage};
use signalbox_domain::route::Target;
use signalbox_domain::talk::ThreadId;
use signalbox_posting::clean::clean;

use super::*;

/// Posts that are made up and encoded, unless `POSTS` says how many.
const POSTS: usize = 3_000;

fn thread() -> ThreadId {
    ThreadId { chat: "slack".into(), room: "T1/C1".into(), root: "1.2".into() }
}

fn encoded(post: &Post, dialect: Dialect) -> Encoded {
    let (run, thread) = (RunId("01JQ".into()), thread());
    let about = About { run: &run, slot: "closing", thread: &thread, console: Some("https://signalbox.example") };
    encode(post, &about, dialect)
}

const ALL: Dialect = Dialect { plans: true, files: true };

/// A message as a person reads it: what stands in its blocks.
fn read(piece: &Piece) -> String {
    fn into(value: &Value, out: &mut String) {
        match value {
            Value::Array(all) => all.iter().for_each(|one| into(one, out)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value.as_str() {
                        Some(text) if matches!(name.as_str(), "text" | "title" | "url") => {
                            let marked = fields.get("type") == Some(&json!("mrkdwn"));
                            out.push_str(&if marked { unescape(text) } else { text.to_owned() });
                            out.push(' ');
                        }
                        Some(_) => {}
                        None if name == "confirm" => {}
                        None => into(value, out),
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut out = String::new();
    into(&serde_json::to_value(&piece.blocks).unwrap(), &mut out);
    out
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[test]
fn a_status_is_one_plan_that_is_redrawn_in_place() {
    let phase = |label: &str, stage, note: &str| Line::Phase {
        label: label.into(),
        stage,
        note: if note.is_empty() { vec![] } else { vec![Span::Untrusted(note.into())] },
    };
    let mut post = Post::default()
        .and(Line::Text { spans: vec![Span::Plain("Changing ".into()), Span::Strong("acme/website".into())] })
        .and(phase("Plan", Stage::Done, "done · 41 s"))
        .and(phase("Build", Stage::Working, "editing <src/pricing.html> …"))
        .and(phase("Check", Stage::Pending, ""))
        .button("Stop", Action::Stop)
        .button("Why here?", Action::Why);
    post.footer = vec![Span::Plain("2 min 10 s · $0.31 of $8".into())];
    let with = encoded(&post, ALL);
    assert_eq!(with.pieces.len(), 1);
    assert!(with.planned);
    let blocks = serde_json::to_value(&with.pieces[0].blocks).unwrap();
    let kinds: Vec<&str> = blocks.as_array().unwrap().iter().map(|block| block["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["rich_text", "plan", "actions", "context"]);
    assert_eq!(blocks[1]["block_id"], "signalbox.plan");
    let tasks: Vec<_> = blocks[1]["tasks"].as_array().unwrap().iter().map(|task| task["status"].clone()).collect();
    assert_eq!(tasks, ["complete", "in_progress", "pending"]);
    assert_eq!(blocks[2]["elements"][0]["confirm"]["title"]["text"], "Stop?");
    assert_eq!(
        unescape(&with.pieces[0].text),
        "Changing acme/website\n▸ Plan       done · 41 s\n▸ Build      editing <src/pricing.html> …\n▸ Check      —\n\
         [Stop] [Why here?]\n2 min 10 s · $0.31 of $8"
    );
    let without = encoded(&post, Dialect { plans: false, files: true });
    assert!(!without.planned);
    assert!(read(&without.pieces[0]).contains("editing <src/pricing.html> …"));
    assert!(read(&without.pieces[0]).contains('—'), "a workspace without plans reads the same words");
}

#[test]
fn a_button_comes_back_as_what_it_does_however_long_that_is() {
    let inputs = [("words".to_owned(), "é".repeat(3_000))].into();
    let target = Target { workflow: "change".into(), repository: Some("acme/website".into()), branch: None, inputs };
    let post = Post::line("Where?").button("acme/website", Action::Choose { target });
    let encoded = encoded(&post, ALL);
    let blocks = serde_json::to_value(&encoded.pieces[0].blocks).unwrap();
    let value = blocks[1]["elements"][0]["value"].as_str().unwrap();
    assert!(value.starts_with("kept:sha256:"), "{value}");
    let [(key, whole)] = encoded.kept.as_slice() else { panic!("one is kept: {:?}", encoded.kept) };
    assert_eq!(key.strip_prefix("slack/press/"), value.strip_prefix("kept:"));
    let press: Press = serde_json::from_str(whole).unwrap();
    assert_eq!((&press.action, press.thread()), (&post.buttons[0].action, thread()));
    assert_eq!(blocks[1]["elements"][1]["action_id"], SEARCH, "and there is a search beside it");
}

#[test]
fn a_long_answer_is_several_messages_and_a_very_long_one_a_file_and_both_say_so() {
    let answer = |words: usize| {
        let text: String = (0..words).map(|n| format!("word{n} ")).collect();
        let mut post = Post::default().and(Line::Quote { text }).button("Retry", Action::Retry);
        post.footer = vec![Span::Plain("the end".into())];
        post
    };
    let some = encoded(&answer(2_500), ALL);
    assert!(some.pieces.len() > 1 && some.pieces.len() <= MAX_PIECES, "{}", some.pieces.len());
    assert_eq!(some.file, None);
    let words: String = some.pieces.iter().map(read).collect();
    assert!((0..2_500).all(|n| words.contains(&format!("word{n} "))), "every word is there");
    assert!(read(some.pieces.last().unwrap()).contains("the end"));

    let long = encoded(&answer(50_000), ALL);
    assert_eq!(long.pieces.len(), MAX_PIECES);
    assert!(long.file.unwrap().contains("word49999"));
    let last = read(long.pieces.last().unwrap());
    assert!(
        last.contains("not shown here; the whole text is the file in this thread") && last.contains("the end"),
        "{last}"
    );
    let without = encoded(&answer(50_000), Dialect { plans: true, files: false });
    assert_eq!(without.file, None);
    assert!(read(without.pieces.last().unwrap()).contains("the whole text is at https://signalbox.example"));
}

#[test]
fn fenced_code_stays_code_and_a_link_shows_its_host() {
    let text = "Look:\n```rust\nfn main() { println!(\"<@U1>\"); }\n```\nThat's it.";
    let spans = vec![
        Span::Link { label: "the docs".into(), url: "https://docs.example/a".into() },
        Span::Link { label: "https://bank.example".into(), url: "https://evil.example/".into() },
        Span::Link { label: "run".into(), url: "javascript:alert(1)".into() },
        Span::Link { label: "here".into(), url: "/changes/1".into() },
    ];
    let post = Post::default().and(Line::Text { spans }).and(Line::Quote { text: text.into() });
    let blocks = serde_json::to_value(&encoded(&post, ALL).pieces[0].blocks).unwrap();
    let line = &blocks[0]["elements"][0]["elements"];
    assert_eq!(line[0]["text"], "the docs (docs.example)");
    assert_eq!(line[1]["text"], "https://bank.example (evil.example)");
    assert_eq!(line[2], json!({ "type": "text", "text": "run (javascript:alert(1))" }));
    assert_eq!(line[3]["url"], "https://signalbox.example/changes/1");
    let kinds: Vec<_> = blocks[0]["elements"].as_array().unwrap().iter().map(|one| one["type"].clone()).collect();
    assert_eq!(kinds, ["rich_text_section", "rich_text_quote", "rich_text_preformatted", "rich_text_quote"]);
    assert_eq!(blocks[0]["elements"][2]["elements"][0]["text"], "fn main() { println!(\"<@U1>\"); }");
}

/// What is wrong with a message, in the eyes of Slack.
fn wrong(piece: &Piece) -> Option<String> {
    if piece.text.is_empty() || piece.text.chars().count() > 40_000 || !escaped(&piece.text) {
        return Some(format!("its text is empty, too long or live: {:?}", piece.text));
    }
    if piece.blocks.len() > MAX_BLOCKS {
        return Some(format!("{} blocks", piece.blocks.len()));
    }
    let blocks = serde_json::to_value(&piece.blocks).unwrap();
    let size = size(&blocks);
    if size > MAX_MESSAGE {
        return Some(format!("{size} characters"));
    }
    let (mut ids, mut names) = (BTreeSet::new(), BTreeSet::new());
    for block in blocks.as_array().unwrap() {
        if let Some(id) = block["block_id"].as_str()
            && !ids.insert(id.to_owned())
        {
            return Some(format!("two blocks {id}"));
        }
        for element in block["elements"].as_array().into_iter().flatten() {
            if let Some(name) = element["action_id"].as_str() {
                let long = |at: &str, most: usize| {
                    element.pointer(at).is_some_and(|it| it.as_str().unwrap().chars().count() > most)
                };
                if !names.insert(name.to_owned())
                    || long("/value", 2_000)
                    || long("/text/text", 75)
                    || long("/url", 3_000)
                {
                    return Some(format!("a button is not one: {element}"));
                }
            }
        }
    }
    strange(&blocks)
}

fn escaped(text: &str) -> bool {
    let entity = |at: usize| ["&amp;", "&lt;", "&gt;"].iter().any(|entity| text[at..].starts_with(entity));
    !text.contains(['<', '>']) && text.match_indices('&').all(|(at, _)| entity(at))
}

fn size(value: &Value) -> usize {
    match value {
        Value::Array(all) => all.iter().map(size).sum(),
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| *name != "confirm" && *name != "placeholder")
            .map(|(name, value)| match value.as_str() {
                Some(text) if matches!(name.as_str(), "text" | "title") => text.chars().count(),
                Some(_) => 0,
                None => size(value),
            })
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// An element that could call somebody or load something, or words in a field that is read as markup.
fn strange(value: &Value) -> Option<String> {
    const KNOWN: &[&str] = &[
        "rich_text",
        "rich_text_section",
        "rich_text_quote",
        "rich_text_preformatted",
        "rich_text_list",
        "text",
        "link",
        "plan",
        "actions",
        "button",
        "external_select",
        "plain_text",
        "context",
        "mrkdwn",
        "task_card",
    ];
    match value {
        Value::Array(all) => all.iter().find_map(strange),
        Value::Object(fields) => {
            let kind = fields.get("type").and_then(Value::as_str);
            let text = fields.get("text").and_then(Value::as_str);
            if kind.is_some_and(|kind| !KNOWN.contains(&kind)) {
                return Some(format!("a {kind:?}"));
            }
            if kind == Some("mrkdwn")
                && (text.is_some_and(|text| !escaped(text)) || fields.get("verbatim") != Some(&json!(true)))
            {
                return Some(format!("live: {text:?}"));
            }
            if kind == Some("mrkdwn") && text.is_some_and(|text| text.chars().count() > MAX_BLOCK) {
                return Some("a long footer".into());
            }
            if kind == Some("text") && text.is_none_or(str::is_empty) {
                return Some("a text without words".into());
            }
            fields.values().find_map(strange)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

#[test]
fn whatever_is_said_nobody_is_called_nothing_is_too_long_and_nothing_is_lost_unsaid() {
    let mut chance = Chance(0x5EED_1234_5678_9ABC);
    let mut pieces = 0;
    let posts = std::env::var("POSTS").ok().and_then(|posts| posts.parse().ok()).unwrap_or(POSTS);
    for at in 0..posts {
        let post = chance.post();
        let dialect = Dialect { plans: at % 3 != 0, files: at % 5 != 0 };
        let encoded = encoded(&post, dialect);
        assert!((1..=MAX_PIECES + 1).contains(&encoded.pieces.len()), "{} messages: {post:#?}", encoded.pieces.len());
        for piece in &encoded.pieces {
            assert_eq!(wrong(piece), None, "post {at}: {post:#?}");
        }
        pieces += encoded.pieces.len();
        let shown: String = encoded.pieces.iter().map(read).collect();
        if !shown.contains("not shown here") && !shown.contains("characters in all") {
            // What frames code, marks words up or sets a list off is shown by its look; a link shows its host, too.
            let seen = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            let shown = seen(&shown);
            for text in texts_of(&post).iter().map(|text| seen(text)) {
                let mut rest = shown.chars();
                let kept = text.chars().all(|wanted| rest.any(|c| c == wanted));
                assert!(kept, "post {at} lost some of {text:?}: {post:#?}\n{shown}");
            }
        }
    }
    assert!(pieces > posts, "some were long: {pieces}");
}

/// Every text that a person is to read.
fn texts_of(post: &Post) -> Vec<String> {
    let of = |spans: &[Span]| -> Vec<String> {
        let text = |span: &Span| match span {
            Span::Plain(text) | Span::Strong(text) | Span::Code(text) | Span::Untrusted(text) => clean(text),
            Span::Link { label, .. } => clean(label),
        };
        spans.iter().map(text).collect()
    };
    let mut texts = of(&post.footer);
    texts.extend(post.buttons.iter().map(|button| clean(&button.label)));
    for line in &post.lines {
        match line {
            Line::Text { spans } => texts.extend(of(spans)),
            Line::Phase { label, note, .. } => {
                texts.push(clean(label));
                texts.extend(of(note));
            }
            Line::Quote { text } => texts.push(clean(text)),
        }
    }
    // Lines that open or close code say only that.
    let code = |row: &&str| row.trim_start_matches([' ', '\t', '>']).starts_with(['`', '~']);
    texts.iter().map(|text| text.lines().filter(|row| !code(row)).collect()).collect()
}

/// Chance that is the same every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % most.max(1)
    }

    fn text(&mut self, most: usize) -> String {
        const BITS: &[&str] = &[
            "<@U123ABC>",
            "<!channel>",
            "<!here|x>",
            "<#C1|general>",
            "<https://evil.example|good.example>",
            "@everyone",
            "&",
            "<",
            ">",
            "&lt;!channel&gt;",
            "```\n",
            "\n```rust\n",
            "`code`",
            "*bold*",
            "_it_",
            "~~~\n",
            "![x](https://evil.example/p.png)",
            "[a](javascript:1)",
            "<!subteam^S1>",
            "<!date^1^{date}|x>",
            "\u{202E}",
            "\u{200B}",
            "👩‍👩‍👧",
            "é",
            "漢字",
            ":smile:",
            "\n",
            "\n\n",
            "/merge",
            "<!--",
            "-->",
            " ",
            " words ",
            "acme/website",
            "src/pricing.html",
            "https://example.com/a?b=1&c=2",
            "\0",
            "\t",
            "> quoted",
            "mailto:a@b.c",
            "\u{E0041}",
            "0123456789",
        ];
        let mut text = String::new();
        for _ in 0..self.below(most) {
            text.push_str(BITS[self.below(BITS.len())]);
        }
        text
    }

    fn span(&mut self) -> Span {
        let long = if self.below(100) == 0 { 400 } else { 8 };
        let text = self.text(long);
        match self.below(8) {
            0 => Span::Strong(text),
            1 => Span::Code(text),
            2 | 3 => Span::Plain(text),
            4 => {
                let urls =
                    ["https://example.com/x", "/changes/1", "javascript:1", "https://a@b.example/", "", "nowhere"];
                Span::Link { label: text, url: urls[self.below(urls.len())].into() }
            }
            _ => Span::Untrusted(text),
        }
    }

    fn spans(&mut self, most: usize) -> Vec<Span> {
        (0..self.below(most)).map(|_| self.span()).collect()
    }

    fn line(&mut self) -> Line {
        let stages = [Stage::Pending, Stage::Working, Stage::Waiting, Stage::Done, Stage::Skipped, Stage::Failed];
        match self.below(6) {
            0 | 1 => Line::Text { spans: self.spans(6) },
            2 | 3 => Line::Phase { label: self.text(4), stage: stages[self.below(6)], note: self.spans(3) },
            _ => {
                let long = if self.below(800) == 0 { 9_000 } else { 40 };
                Line::Quote { text: self.text(long) }
            }
        }
    }

    fn button(&mut self) -> Button {
        let action = match self.below(6) {
            0 => Action::Stop,
            1 => Action::Approve { phase: "plan".into(), digest: "sha256:1".into() },
            2 => Action::Deny { phase: "plan".into(), digest: "sha256:1".into(), reason: self.text(200) },
            3 => Action::View { url: ["https://example.com/pr/1", "/changes/1", "javascript:1"][self.below(3)].into() },
            4 => Action::Choose {
                target: Target {
                    workflow: self.text(3),
                    repository: None,
                    branch: None,
                    inputs: std::collections::BTreeMap::new(),
                },
            },
            _ => Action::Why,
        };
        Button { label: self.text(5), action }
    }

    fn post(&mut self) -> Post {
        let lines = if self.below(400) == 0 { 120 } else { 8 };
        let buttons = if self.below(100) == 0 { 60 } else { 5 };
        Post {
            lines: (0..self.below(lines)).map(|_| self.line()).collect(),
            buttons: (0..self.below(buttons)).map(|_| self.button()).collect(),
            footer: self.spans(3),
        }
    }
}
